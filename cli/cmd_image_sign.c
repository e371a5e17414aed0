/* SPDX-License-Identifier: Apache-2.0 */
/* otter image sign; see docs/man/otter-image.1. */
#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/key_option.h"
#include "cli/map_option.h"
#include "cli/report.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    if (key != ARGP_KEY_END) {
        return image_parse(key, arg, state);
    }
    if (options->out == NULL) {
        options->out = options->in;
    }
    error_t err = image_check_in_and_key(options);
    return err == 0 && image_has_trailer_options(options) ? image_check_trailer_options(options)
                                                          : err;
}

static const struct argp argp = {
    .options =
        (const struct argp_option[]){
            {"key", 'k', "KEY.pem", 0, "the private key", 0},
            {"output", 'o', "OUT", 0,
             "where the image goes; .hex: Intel HEX; in place if not given", 0},
            KEY_PASS_OPTION,
            {"json", 'j', NULL, 0, "print one JSON object", 0},
            {0}},
    .parser = parse,
    .args_doc = "IN",
    .doc = "Sign an image (.bin, .hex or .elf), or sign it anew. One without trailer gets one "
           "from --hardware and "
           "--version.",
    .children = image_trailer_and_map};

static int sign(const struct image_options *options, const struct image_file *in,
                const struct key_file *key)
{
    static uint8_t data[MAP_SLOT_MAX];
    struct otter_image image = {.length = 0};
    struct host_error error;
    uint32_t size = 0;

    if (image_check_output(options, options->out, true, &error) != 0 ||
        image_prepare(options, in, data, &image, &size, &error) != 0) {
        return report_error(&error);
    }
    uint32_t signed_len = size - OTTER_IMAGE_SIGNATURE_SIZE;
    image.key_id = key->id;
    otter_image_put_trailer(data + image.length, &image);
    if (key_file_sign(key, data, signed_len, data + signed_len, &error) != 0 ||
        image_save(options, data, size, &error) != 0) {
        return report_error(&error);
    }
    image_warn(options, in, &image);
    return image_print_signed(options, data, size, &image);
}

int cmd_image_sign(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image sign", sign};
    return image_run(&command, argc, argv);
}
