/* SPDX-License-Identifier: Apache-2.0 */
/* otter image make: put a trailer behind a .bin; see docs/man/otter-image.1. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/key_option.h"
#include "cli/map_option.h"
#include "cli/report.h"

enum { OPT_TO_SIGN = 256 };

static error_t check(struct image_options *options)
{
    if (options->in == NULL || options->out == NULL) {
        return cmd_misuse(NULL, "%s not given",
                          options->in == NULL ? "input file" : "output file (-o)");
    }
    if (options->to_sign != NULL && options->key == NULL) {
        return cmd_misuse("--to-sign", "goes with --key: who signs is part of what is signed");
    }
    if (options->to_sign != NULL && strcmp(options->to_sign, options->out) == 0) {
        return cmd_misuse("--to-sign", "is the file of -o, too");
    }
    /* an image that has a trailer can still be made ready for a key */
    return options->key == NULL || image_has_trailer_options(options)
               ? image_check_trailer_options(options)
               : 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    switch (key) {
    case OPT_TO_SIGN:
        options->to_sign = arg;
        return 0;
    case ARGP_KEY_END:
        return check(options);
    default:
        return image_parse(key, arg, state);
    }
}

static const struct argp argp = {
    .options =
        (const struct argp_option[]){
            {"output", 'o', "OUT", 0, "where the image goes; .hex: Intel HEX", 0},
            {"key", 'k', "PUB.pem", 0, "the key that will sign it: its public half will do", 0},
            {"to-sign", OPT_TO_SIGN, "FILE", 0, "write what that key must sign to FILE", 0},
            KEY_PASS_OPTION,
            {0}},
    .parser = parse,
    .args_doc = "IN",
    .doc = "Write IN (.bin, .hex or .elf) with otter's trailer behind it, not signed. With "
           "--key it is complete but for the signature, for `otter image attach`.",
    .children = image_trailer_and_map};

/* Both files, after looking at both names. The second must not be the first. */
static int save(const struct image_options *options, uint8_t data[], uint32_t size,
                struct host_error *out_error)
{
    const char *message = options->to_sign;

    if (image_check_output(options, options->out, false, out_error) != 0 ||
        (message != NULL && image_check_output(options, message, false, out_error) != 0) ||
        image_save(options, data, size, out_error) != 0) {
        return -1;
    }
    return message == NULL ? 0
                           : (file_check_output(message, &options->out, 1, out_error) != 0
                                  ? -1
                                  : file_write(message, data, size - OTTER_IMAGE_SIGNATURE_SIZE,
                                               out_error));
}

static int make(const struct image_options *options, const struct image_file *in,
                const struct key_file *key)
{
    static uint8_t data[MAP_SLOT_MAX];
    struct otter_image image;
    struct host_error error;
    uint32_t size = 0;

    if (in->has_trailer && key == NULL) {
        return report_failure(options->in, "has a trailer already");
    }
    if (image_prepare(options, in, data, &image, &size, &error) != 0) {
        return report_error(&error);
    }
    image.key_id = key != NULL ? key->id : 0;
    otter_image_put_trailer(data + image.length, &image); /* without a signature */
    if (save(options, data, size, &error) != 0) {
        return report_error(&error);
    }
    image_warn(options, in, &image);
    return CMD_OK;
}

int cmd_image_make(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image make", make};
    return image_run(&command, argc, argv);
}
