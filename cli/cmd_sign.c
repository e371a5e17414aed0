/* SPDX-License-Identifier: Apache-2.0 */
/* otter image make, sign and verify; see docs/man/otter-image.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/report.h"
#include "host/image_file.h"
#include "host/key_file.h"
#include "host/number.h"
#include "port/stm32f103/partitions.h"

enum { IMAGE_ALIGN = 4 }; /* the trailer begins on a word, so that a device reads it as such */

struct options {
    const char *in, *out, *key;
    const char *hardware, *version, *number_text; /* what a new trailer says */
    uint32_t number;
    bool json;
};

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

static error_t parse_field(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

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

static const struct argp fields_argp = {
    .options =
        (const struct argp_option[]){
            {"hardware", 'H', "H", 0, "hardware id, 8 characters, as the MCU reports it", 0},
            {"version", 'V', "V", 0, "version, 8 characters, as the MCU reports it", 0},
            {"number", 'n', "N", 0,
             "the version as a number that only grows; the version read as hexadecimal if not "
             "given",
             0},
            {0}},
    .parser = parse_field};
static const struct argp_child with_fields[] = {{.argp = &fields_argp}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'j':
        options->json = true;
        return 0;
    case 'k':
        options->key = arg;
        return 0;
    case 'o':
        options->out = arg;
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

/* Is there all that a new trailer says? */
static error_t check_fields(struct options *options)
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

/* ---- a trailer behind a .bin ---- */

static size_t aligned_len(const struct image_file *in)
{
    return (in->file.len + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

static bool fits(const struct options *options, const struct image_file *in)
{
    size_t size = aligned_len(in) + OTTER_IMAGE_TRAILER_SIZE;

    if (size <= OTTER_APP_SIZE) {
        return true;
    }
    (void)report_failure(options->in,
                         "with its trailer %zu bytes, which do not fit the slot of %d bytes",
                         size, OTTER_APP_SIZE);
    return false;
}

/* A plain .bin with a trailer, not signed. Returns the size. */
static uint32_t add_trailer(const struct options *options, const struct image_file *in,
                            uint8_t out[OTTER_APP_SIZE], struct otter_image *out_image)
{
    uint32_t length = (uint32_t)aligned_len(in);

    *out_image = (struct otter_image){.length = length, .number = options->number};
    memcpy(out, in->file.data, in->file.len);
    memset(out + in->file.len, 0xFF, length - in->file.len);
    memcpy(out_image->hardware, options->hardware, sizeof out_image->hardware);
    memcpy(out_image->version, options->version, sizeof out_image->version);
    otter_image_put_trailer(out + length, out_image);
    return length + OTTER_IMAGE_TRAILER_SIZE;
}

/* ---- make ---- */

static error_t parse_make(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = options;
        return 0;
    }
    if (key != ARGP_KEY_END) {
        return parse(key, arg, state);
    }
    if (options->in == NULL || options->out == NULL) {
        return cmd_misuse(NULL, "%s not given",
                          options->in == NULL ? "input file" : "output file (-o)");
    }
    return check_fields(options);
}

static const struct argp make_argp = {
    .options =
        (const struct argp_option[]){{"output", 'o', "OUT.bin", 0, "where the image goes", 0},
                                     {0}},
    .parser = parse_make,
    .args_doc = "IN.bin",
    .doc = "Write IN.bin with otter's trailer behind it, not signed.",
    .children = with_fields};

static int make(const struct options *options, const struct image_file *in)
{
    uint8_t data[OTTER_APP_SIZE];
    struct otter_image image;
    struct host_error error;

    if (image_file_check_startable(in, OTTER_APP_ADDR, OTTER_APP_SIZE, &error) != 0) {
        return report_error(&error);
    }
    if (in->has_trailer) {
        return report_failure(options->in, "has a trailer already");
    }
    if (!fits(options, in)) {
        return CMD_FAILED;
    }
    if (image_file_is_same(options->in, options->out)) {
        return report_failure(options->out, "input and output are the same file");
    }
    uint32_t size = add_trailer(options, in, data, &image);
    return file_write(options->out, data, size, &error) == 0 ? CMD_OK : report_error(&error);
}

int cmd_image_make(int argc, char **argv)
{
    struct options options = {0};
    struct image_file in;
    struct host_error error;

    int err = cmd_parse(&make_argp, "otter image make", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&in, options.in, OTTER_APP_SIZE, &error) != 0) {
        return report_error(&error);
    }
    int code = make(&options, &in);
    image_file_free(&in);
    return code;
}

/* ---- sign ---- */

static bool has_fields(const struct options *options)
{
    return options->hardware != NULL || options->version != NULL ||
           options->number_text != NULL;
}

static error_t check_in_and_key(const struct options *options)
{
    if (options->in != NULL && options->key != NULL) {
        return 0;
    }
    return cmd_misuse(NULL, "%s not given", options->in == NULL ? "image" : "--key");
}

static error_t parse_sign(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = options;
        return 0;
    }
    if (key != ARGP_KEY_END) {
        return parse(key, arg, state);
    }
    if (options->out == NULL) {
        options->out = options->in;
    }
    error_t err = check_in_and_key(options);
    return err == 0 && has_fields(options) ? check_fields(options) : err;
}

static const struct argp sign_argp = {
    .options = (const struct argp_option[]){{"key", 'k', "KEY.pem", 0, "the private key", 0},
                                            {"output", 'o', "OUT.bin", 0,
                                             "where the image goes; in place if not given", 0},
                                            {"json", 'j', NULL, 0, "print one JSON object", 0},
                                            {0}},
    .parser = parse_sign,
    .args_doc = "IN.bin",
    .doc =
        "Sign an image, or sign it anew. A .bin without trailer gets one from --hardware and "
        "--version.",
    .children = with_fields};

static void print_signed(const struct options *options, uint8_t *data, uint32_t size,
                         const struct otter_image *image)
{
    struct file file = {data, size};
    uint8_t md5[32];
    char version[9];

    image_file_text(image->version, version);
    if (!options->json) {
        printf("%s: version %s, signed with key 0x%08x\n", options->out, version,
               image->key_id);
        return;
    }
    file_md5_hex(&file, md5);
    printf("{\"file\": ");
    json_string(stdout, options->out);
    printf(", \"size\": %u, \"md5\": \"%.32s\", \"version\": ", size, (const char *)md5);
    json_string(stdout, version);
    printf(", \"key_id\": %u}\n", image->key_id);
}

/* The image to sign, in `out`. Returns its size, or 0 after saying why. */
static uint32_t prepare(const struct options *options, const struct image_file *in,
                        uint8_t out[OTTER_APP_SIZE], struct otter_image *out_image)
{
    struct host_error error;

    if (image_file_check_startable(in, OTTER_APP_ADDR, OTTER_APP_SIZE, &error) != 0) {
        (void)report_error(&error);
        return 0;
    }
    if (in->has_trailer != has_fields(options)) {
        if (in->has_trailer) {
            memcpy(out, in->file.data, in->file.len);
            *out_image = in->image;
            return (uint32_t)in->file.len;
        }
        return fits(options, in) ? add_trailer(options, in, out, out_image) : 0;
    }
    (void)report_failure(options->in, "%s",
                         in->has_trailer
                             ? "has a trailer already; hardware and version are what it says"
                             : "has no trailer; give --hardware and --version");
    return 0;
}

static int sign(const struct options *options, const struct image_file *in,
                const struct key_file *key)
{
    uint8_t data[OTTER_APP_SIZE];
    struct otter_image image;
    struct host_error error;
    uint32_t size = prepare(options, in, data, &image);

    if (size == 0) {
        return CMD_FAILED;
    }
    uint32_t signed_len = size - OTTER_IMAGE_SIGNATURE_SIZE;
    image.key_id = key->id;
    otter_image_put_trailer(data + image.length, &image);
    if (key_file_sign(key, data, signed_len, data + signed_len, &error) != 0 ||
        file_write(options->out, data, size, &error) != 0) {
        return report_error(&error);
    }
    print_signed(options, data, size, &image);
    return CMD_OK;
}

int cmd_image_sign(int argc, char **argv)
{
    struct options options = {0};
    struct image_file in;
    struct host_error error;
    struct key_file key;

    int err = cmd_parse(&sign_argp, "otter image sign", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&in, options.in, OTTER_APP_SIZE, &error) != 0) {
        return report_error(&error);
    }
    int code = CMD_FAILED;
    if (key_file_load(&key, options.key, &error) == 0) {
        code = sign(&options, &in, &key);
        key_file_free(&key);
    } else {
        (void)report_error(&error);
    }
    image_file_free(&in);
    return code;
}

/* ---- verify ---- */

static error_t parse_verify(int key, char *arg, struct argp_state *state)
{
    return key == ARGP_KEY_END ? check_in_and_key(state->input) : parse(key, arg, state);
}

static const struct argp verify_argp = {
    .options = (const struct argp_option[]){{"key", 'k', "KEY.pem", 0,
                                             "the key, public or private", 0},
                                            {"json", 'j', NULL, 0, "print one JSON object", 0},
                                            {0}},
    .parser = parse_verify,
    .args_doc = "FILE",
    .doc = "Tell whether an image is signed with a key, and not changed since."};

enum verdict { GOOD, NO_TRAILER, NOT_SIGNED, OTHER_KEY, WRONG };

static enum verdict judge(const struct image_file *image_file, const struct key_file *key)
{
    if (!image_file->has_trailer) {
        return NO_TRAILER;
    }
    if (image_file->image.key_id == 0) {
        return NOT_SIGNED;
    }
    if (image_file->image.key_id != key->id) {
        return OTHER_KEY;
    }
    return key_file_verify(key, image_file->file.data,
                           image_file->file.len - OTTER_IMAGE_SIGNATURE_SIZE,
                           image_file_signature(image_file))
               ? GOOD
               : WRONG;
}

static int report(const struct options *options, const struct image_file *image_file,
                  const struct key_file *key)
{
    static const char *const names[] = {[GOOD] = "good",
                                        [NO_TRAILER] = "no-trailer",
                                        [NOT_SIGNED] = "not-signed",
                                        [OTHER_KEY] = "other-key",
                                        [WRONG] = "wrong"};
    enum verdict verdict = judge(image_file, key);
    uint32_t key_id = image_file->image.key_id;

    switch (verdict) {
    case NO_TRAILER:
        (void)report_failure(options->in, "has no trailer, so it is not signed");
        break;
    case NOT_SIGNED:
        (void)report_failure(options->in, "is not signed");
        break;
    case OTHER_KEY:
        (void)report_failure(options->in, "is signed with key 0x%08x; %s is 0x%08x", key_id,
                             options->key, key->id);
        break;
    case WRONG:
        (void)report_failure(
            options->in,
            "the signature is wrong: the image was changed, or made by another key");
        break;
    case GOOD:
        break;
    }
    if (options->json) {
        printf("{\"file\": ");
        json_string(stdout, options->in);
        printf(", \"key_id\": %u, \"signature\": \"%s\"}\n", key_id, names[verdict]);
    } else if (verdict == GOOD) {
        printf("%s: the signature is good, by key 0x%08x\n", options->in, key_id);
    }
    return verdict == GOOD ? CMD_OK : CMD_FAILED;
}

int cmd_image_verify(int argc, char **argv)
{
    struct options options = {0};
    struct image_file image_file;
    struct key_file key;
    struct host_error error;

    int err = cmd_parse(&verify_argp, "otter image verify", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (key_file_load(&key, options.key, &error) != 0) {
        return report_error(&error);
    }
    int code = CMD_FAILED;
    if (image_file_load(&image_file, options.in, OTTER_APP_SIZE, &error) == 0) {
        code = report(&options, &image_file, &key);
        image_file_free(&image_file);
    } else {
        (void)report_error(&error);
    }
    key_file_free(&key);
    return code;
}
