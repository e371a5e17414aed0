/* SPDX-License-Identifier: Apache-2.0 */
/* otter image sign; see docs/man/otter-image.1. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/report.h"
#include "host/json.h"
#include "port/stm32f103/partitions.h"

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
    .options = (const struct argp_option[]){{"key", 'k', "KEY.pem", 0, "the private key", 0},
                                            {"output", 'o', "OUT.bin", 0,
                                             "where the image goes; in place if not given", 0},
                                            {"json", 'j', NULL, 0, "print one JSON object", 0},
                                            {0}},
    .parser = parse,
    .args_doc = "IN.bin",
    .doc =
        "Sign an image, or sign it anew. A .bin without trailer gets one from --hardware and "
        "--version.",
    .children = image_trailer_options};

static int print_signed(const struct image_options *options, uint8_t *data, uint32_t size,
                        const struct otter_image *image)
{
    struct file file = {data, size};
    uint8_t md5[32];
    char version[9];

    image_file_text(image->version, version);
    if (!options->json) {
        printf("%s: version %s, signed with key 0x%08x\n", options->out, version,
               image->key_id);
        return CMD_OK;
    }
    file_md5_hex(&file, md5);
    json_t *signed_image = json_object();
    json_add(&signed_image, "file", json_text(options->out));
    json_add(&signed_image, "size", json_count(size));
    json_add(&signed_image, "md5", json_stringn((const char *)md5, sizeof md5));
    json_add(&signed_image, "version", json_text(version));
    json_add(&signed_image, "key_id", json_count(image->key_id));
    return cmd_print_json(signed_image);
}

/* The image to sign: as it is, or with a new trailer. */
static int prepare(const struct image_options *options, const struct image_file *in,
                   uint8_t out[OTTER_APP_SIZE_MAX], struct otter_image *out_image,
                   uint32_t *out_size, struct host_error *out_error)
{
    if (image_file_check_startable(in, OTTER_APP_ADDR, out_error) != 0) {
        return -1;
    }
    bool adds_trailer = image_has_trailer_options(options);
    if (in->has_trailer && adds_trailer) {
        return host_error_set(out_error, options->in,
                              "has a trailer already; hardware and version are what it says");
    }
    if (adds_trailer) {
        return image_add_trailer(options, in, out, out_image, out_size, out_error);
    }
    if (!in->has_trailer) {
        return host_error_set(out_error, options->in,
                              "has no trailer; give --hardware and --version");
    }
    memcpy(out, in->file.data, in->file.len);
    *out_image = in->image;
    *out_size = (uint32_t)in->file.len;
    return 0;
}

static int sign(const struct image_options *options, const struct image_file *in,
                const struct key_file *key)
{
    uint8_t data[OTTER_APP_SIZE_MAX];
    struct otter_image image = {.length = 0};
    struct host_error error;
    uint32_t size = 0;

    if (prepare(options, in, data, &image, &size, &error) != 0) {
        return report_error(&error);
    }
    uint32_t signed_len = size - OTTER_IMAGE_SIGNATURE_SIZE;
    image.key_id = key->id;
    otter_image_put_trailer(data + image.length, &image);
    if (key_file_sign(key, data, signed_len, data + signed_len, &error) != 0 ||
        file_write(options->out, data, size, &error) != 0) {
        return report_error(&error);
    }
    return print_signed(options, data, size, &image);
}

int cmd_image_sign(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image sign", sign};
    return image_run(&command, argc, argv);
}
