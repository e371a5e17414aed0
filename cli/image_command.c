/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image_command.h"

#include <errno.h>
#include <string.h>
#include "cli/app_file.h"
#include "cli/cmd.h"
#include "cli/key_option.h"
#include "cli/map_option.h"
#include "cli/report.h"
#include "host/json.h"
#include "host/number.h"

enum { IMAGE_ALIGN = 4 }; /* the trailer begins on a word, so that a device reads it as such */

/* ---- options ---- */

static bool is_field(const char *text)
{
    if (strlen(text) != 8) {
        return false;
    }
    for (; *text != 0; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static error_t parse_trailer_option(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    switch (key) {
    case 'H':
    case 'V':
        if (!is_field(arg)) {
            return cmd_bad_value(key == 'H' ? "--hardware" : "--version", arg,
                                 "not 8 printable characters");
        }
        *(key == 'H' ? &options->hardware : &options->version) = arg;
        return 0;
    case 'n':
        options->number_text = arg;
        return cmd_number32("--number", arg, 0, UINT32_MAX, &options->number);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp trailer_argp = {
    .options =
        (const struct argp_option[]){
            {"hardware", 'H', "H", 0, "hardware id, 8 characters, as the MCU reports it", 0},
            {"version", 'V', "V", 0, "version, 8 characters, as the MCU reports it", 0},
            {"number", 'n', "N", 0,
             "the version as a number that only grows; the version read as hexadecimal if not "
             "given",
             0},
            {0}},
    .parser = parse_trailer_option};
const struct argp_child image_trailer_and_map[] = {
    {.argp = &trailer_argp}, {.argp = &map_option}, {0}};
const struct argp_child image_map[] = {{.argp = &map_option}, {0}};

static void give_inputs(struct image_options *options, const struct argp_state *state)
{
    const struct argp_child *children = cmd_argp(state)->children;

    for (unsigned i = 0; children != NULL && children[i].argp != NULL; i++) {
        state->child_inputs[i] =
            children[i].argp == &map_option ? (void *)&options->map : options;
    }
}

error_t image_parse(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        give_inputs(options, state);
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'k':
        options->key = arg;
        return 0;
    case 'o':
        options->out = arg;
        return 0;
    case OPT_PASS_FILE:
        options->pass_file = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->in != NULL) {
            return cmd_misuse(arg, "one file at a time");
        }
        options->in = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

error_t image_check_in_and_key(const struct image_options *options)
{
    if (options->in != NULL && options->key != NULL) {
        return 0;
    }
    return cmd_misuse(NULL, "%s not given", options->in == NULL ? "image" : "--key");
}

bool image_has_trailer_options(const struct image_options *options)
{
    return options->hardware != NULL || options->version != NULL ||
           options->number_text != NULL;
}

error_t image_check_trailer_options(struct image_options *options)
{
    if (options->hardware == NULL || options->version == NULL) {
        return cmd_misuse(NULL, "%s not given",
                          options->hardware == NULL ? "--hardware" : "--version");
    }
    /* 03010102 is number 0x03010102, so versions in this form order as numbers do. */
    if (options->number_text == NULL &&
        number_parse_hex_digits(options->version, &options->number) != 0) {
        return cmd_bad_value("--version", options->version,
                             "not hexadecimal, so it needs --number");
    }
    return 0;
}

/* ---- work ---- */

static int run_with_key(const struct image_command *command,
                        const struct image_options *options, const struct image_file *image)
{
    struct host_error error;
    struct key_file key;

    if (options->key == NULL) {
        return command->run(options, image, NULL);
    }
    if (key_option_load(&key, options->key, options->pass_file, &error) != 0) {
        return report_error(&error);
    }
    int code = command->run(options, image, &key);
    key_file_free(&key);
    return code;
}

int image_run(const struct image_command *command, int argc, char **argv)
{
    struct image_options options = {.map = map_option_default()};
    struct image_file image;
    struct host_error error;

    int err = cmd_parse(command->argp, command->usage, argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (app_file_load(&image, options.in, &options.map, &options.in_kind, &error) != 0) {
        return report_error(&error);
    }
    int code = run_with_key(command, &options, &image);
    image_file_free(&image);
    return code;
}

static int add_trailer(const struct image_options *options, const struct image_file *in,
                       uint8_t out[], struct otter_image *out_image, uint32_t *out_size,
                       struct host_error *out_error)
{
    size_t length = (in->file.len + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
    size_t size = length + OTTER_IMAGE_TRAILER_SIZE;

    if (size > options->map.app.size) {
        return host_error_set(
            out_error, options->in,
            "with its trailer %zu bytes, which do not fit the slot of %u bytes", size,
            options->map.app.size);
    }
    *out_image = (struct otter_image){.length = (uint32_t)length, .number = options->number};
    memcpy(out, in->file.data, in->file.len);
    memset(out + in->file.len, 0xFF, length - in->file.len);
    memcpy(out_image->hardware, options->hardware, sizeof out_image->hardware);
    memcpy(out_image->version, options->version, sizeof out_image->version);
    otter_image_put_trailer(out + length, out_image);
    *out_size = (uint32_t)size;
    return 0;
}

int image_prepare(const struct image_options *options, const struct image_file *in,
                  uint8_t out[], struct otter_image *out_image, uint32_t *out_size,
                  struct host_error *out_error)
{
    if (image_file_check_startable(in, &options->map, out_error) != 0) {
        return -1;
    }
    bool adds_trailer = image_has_trailer_options(options);
    if (in->has_trailer && adds_trailer) {
        return host_error_set(out_error, options->in,
                              "has a trailer already; hardware and version are what it says");
    }
    if (adds_trailer) {
        return add_trailer(options, in, out, out_image, out_size, out_error);
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

int image_check_output(const struct image_options *options, const char *path, bool in_place,
                       struct host_error *out_error)
{
    const char *const inputs[] = {in_place ? NULL : options->in, options->key,
                                  options->pass_file, options->signature};

    if (strcmp(path, options->in) == 0 &&
        options->in_kind != (program_file_is_hex(path) ? LOADER_HEX : LOADER_BIN)) {
        return host_error_set(out_error, path,
                              "its name and what it is do not go together; give -o");
    }
    return file_check_output(path, inputs, sizeof inputs / sizeof inputs[0], out_error);
}

int image_save(const struct image_options *options, uint8_t data[], uint32_t size,
               struct host_error *out_error)
{
    const struct file file = {data, size};
    const struct program_part image = {options->map.app.addr, &file};

    return program_file_save(options->out, &image, 1, out_error);
}

void image_warn(const struct image_options *options, const struct image_file *in,
                const struct otter_image *image)
{
    if (image_has_trailer_options(options)) {
        cmd_warn_of_version(in, image->version);
    }
}

int image_print_signed(const struct image_options *options, uint8_t *data, uint32_t size,
                       const struct otter_image *image)
{
    struct file file = {data, size};
    uint8_t md5[32];
    char version[9];

    if (file_is_standard_output(options->out)) {
        return CMD_OK;
    }
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
