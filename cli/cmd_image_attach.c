/* SPDX-License-Identifier: Apache-2.0 */
/* otter image attach: a signature that was made elsewhere; see docs/man/otter-image.1. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/key_option.h"
#include "cli/map_option.h"
#include "cli/report.h"

enum { SIGNATURE_FILE_MAX = 4096 };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    if (key == 's') {
        options->signature = arg;
        return 0;
    }
    if (key != ARGP_KEY_END) {
        return image_parse(key, arg, state);
    }
    if (options->out == NULL) {
        options->out = options->in;
    }
    error_t err = image_check_in_and_key(options);
    return err == 0 && options->signature == NULL ? cmd_misuse(NULL, "--signature not given")
                                                  : err;
}

static const struct argp argp = {
    .options =
        (const struct argp_option[]){
            {"signature", 's', "FILE", 0, "the signature, 64 bytes", 0},
            {"key", 'k', "PUB.pem", 0, "the key that made it: its public half will do", 0},
            {"output", 'o', "OUT", 0,
             "where the image goes; .hex: Intel HEX; in place if not given", 0},
            KEY_PASS_OPTION,
            {"json", 'j', NULL, 0, "print one JSON object", 0},
            {0}},
    .parser = parse,
    .args_doc = "IN",
    .doc = "Put a signature into an image that `otter image make --key` has made, if it is the "
           "right one.",
    .children = image_map};

static int check_key(const struct image_options *options, const struct image_file *in,
                     const struct key_file *key, struct host_error *out_error)
{
    if (!in->has_trailer || in->image.key_id == 0) {
        return host_error_set(out_error, options->in,
                              "does not say who signs it; see `otter image make --key`");
    }
    return in->image.key_id == key->id
               ? 0
               : host_error_set(out_error, options->in,
                                "is to be signed with key 0x%08x; %s is 0x%08x",
                                in->image.key_id, key->path, key->id);
}

static int read_signature(const char *path, uint8_t out[OTTER_IMAGE_SIGNATURE_SIZE],
                          struct host_error *out_error)
{
    struct file file;

    if (file_read_stream(path, SIGNATURE_FILE_MAX, &file, out_error) != 0) {
        return -1;
    }
    size_t len = file.len;
    if (len == OTTER_IMAGE_SIGNATURE_SIZE) {
        memcpy(out, file.data, OTTER_IMAGE_SIGNATURE_SIZE);
    }
    file_free(&file);
    return len == OTTER_IMAGE_SIGNATURE_SIZE
               ? 0
               : host_error_set(out_error, path, "%zu bytes; an Ed25519 signature has %d", len,
                                OTTER_IMAGE_SIGNATURE_SIZE);
}

static int attach(const struct image_options *options, const struct image_file *in,
                  const struct key_file *key)
{
    static uint8_t data[MAP_SLOT_MAX];
    struct host_error error;
    size_t size = in->file.len, signed_len = size - OTTER_IMAGE_SIGNATURE_SIZE;

    if (image_check_output(options, options->out, true, &error) != 0 ||
        check_key(options, in, key, &error) != 0) {
        return report_error(&error);
    }
    memcpy(data, in->file.data, size);
    if (read_signature(options->signature, data + signed_len, &error) != 0) {
        return report_error(&error);
    }
    if (!key_file_verify(key, data, signed_len, data + signed_len)) {
        return report_failure(options->signature,
                              "not the signature of %s by %s; to be signed is all that "
                              "--to-sign wrote, as it is and not its hash",
                              options->in, options->key);
    }
    if (image_save(options, data, (uint32_t)size, &error) != 0) {
        return report_error(&error);
    }
    return image_print_signed(options, data, (uint32_t)size, &in->image);
}

int cmd_image_attach(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image attach", attach};
    return image_run(&command, argc, argv);
}
