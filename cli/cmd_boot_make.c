/* SPDX-License-Identifier: Apache-2.0 */
/* otter boot make; see docs/man/otter-boot.1. */
#include <ctype.h>
#include <string.h>

#include "cli/boot_view.h"
#include "cli/cmd.h"
#include "cli/key_option.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "host/json.h"
#include "port/stm32f103/partitions.h"

struct make_options {
    const char *in, *out, *pass_file;
    const char *key_paths[BOOT_FILE_KEYS_MAX];
    const char *hardware, *product, *p0;
    bool json;
};

enum { OPT_KEY2 = 256, OPT_P0 };

/* ---- options ---- */

/* As cmake/product.cmake has it: `len` characters, of which is_good() holds. */
static error_t take_id(const char *option, const char *arg, size_t len, int (*is_good)(int c),
                       const char **out_id)
{
    bool good = strlen(arg) == len;

    for (const char *at = arg; *at != '\0'; at++) {
        good = good && is_good((unsigned char)*at) != 0;
    }
    if (!good) {
        return cmd_bad_value(option, arg,
                             is_good == isxdigit ? "a product key has 32 hexadecimal digits"
                                                 : "not 8 characters (letters, digits, . _ -)");
    }
    *out_id = arg;
    return 0;
}

static int is_id(int c)
{
    return isalnum(c) || strchr("._-", c) != NULL;
}

static error_t check(const struct make_options *options)
{
    if (options->key_paths[0] == NULL && options->key_paths[1] != NULL) {
        return cmd_misuse("--key2", "goes with --key");
    }
    if (options->in != NULL && options->out != NULL && options->hardware != NULL &&
        options->product != NULL) {
        return 0;
    }
    return cmd_misuse(NULL, "%s not given",
                      options->in == NULL         ? "bootloader"
                      : options->out == NULL      ? "output file (-o)"
                      : options->hardware == NULL ? "--hardware"
                                                  : "--product-key");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct make_options *options = state->input;

    switch (key) {
    case 'k':
        options->key_paths[0] = arg;
        return 0;
    case OPT_KEY2:
        options->key_paths[1] = arg;
        return 0;
    case 'H':
        return take_id("--hardware", arg, 8, is_id, &options->hardware);
    case 'P':
        return take_id("--product-key", arg, 32, isxdigit, &options->product);
    case OPT_P0:
        return take_id("--p0-version", arg, 8, is_id, &options->p0);
    case 'o':
        options->out = arg;
        return 0;
    case 'j':
        options->json = true;
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
    case ARGP_KEY_END:
        return check(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp make_argp = {
    .options =
        (const struct argp_option[]){
            {"key", 'k', "PUB.pem", 0,
             "the key that signs your images: its public half will do", 0},
            {"key2", OPT_KEY2, "PUB.pem", 0, "a second one, so that the first can be replaced",
             0},
            {"hardware", 'H', "H", 0, "your hardware id, 8 characters, as in your images", 0},
            {"product-key", 'P', "P", 0, "your product key, 32 hexadecimal digits", 0},
            {"p0-version", OPT_P0, "V", 0,
             "P0 version that the recovery tells a module, 8 characters; what BOOT has if not "
             "given",
             0},
            {"output", 'o', "OUT", 0, "where it goes; .hex: Intel HEX", 0},
            KEY_PASS_OPTION,
            {"json", 'j', NULL, 0, "print one JSON object", 0},
            {0}},
    .parser = parse,
    .args_doc = "BOOT",
    .doc = "Write the bootloader BOOT (.bin, .hex or .elf) with your ids and keys in the place "
           "of those that it has."};

/* ---- work ---- */

/* Can these keys be put into this bootloader? */
static int check_keys(const struct make_options *options, const struct boot_file *boot,
                      const struct key_file keys[], unsigned count,
                      struct host_error *out_error)
{
    if (!boot->is_otters) {
        return host_error_set(out_error, options->in,
                              "not a bootloader of otter's: nothing says where its ids are");
    }
    if (!boot_file_verifies(boot)) {
        return count == 0 ? 0
                          : host_error_set(out_error, options->in,
                                           "checks no signatures; leave --key away");
    }
    if (count == 0) {
        return host_error_set(out_error, options->in, "starts signed images only: give --key");
    }
    if (count > boot_file_key_room(boot)) {
        return host_error_set(out_error, options->in, "has room for %u key(s), not for %u",
                              boot_file_key_room(boot), count);
    }
    /* It picks keys by their id. */
    return count == BOOT_FILE_KEYS_MAX && keys[0].id == keys[1].id
               ? host_error_set(out_error, keys[1].path, "has the key id of --key")
               : 0;
}

static int save(const struct make_options *options, const struct boot_file *boot,
                struct host_error *out_error)
{
    const char *const inputs[] = {options->in, options->key_paths[0], options->key_paths[1],
                                  options->pass_file};
    const struct program_part part = {OTTER_BOOT_ADDR, &boot->file};

    return file_check_output(options->out, inputs, sizeof inputs / sizeof inputs[0],
                             out_error) == 0
               ? program_file_save(options->out, &part, 1, out_error)
               : -1;
}

static int make(const struct make_options *options, struct boot_file *boot,
                const struct key_file keys[], unsigned count)
{
    struct boot_file_ids ids = {.hardware = options->hardware,
                                .product = options->product,
                                .p0 = options->p0,
                                .key_count = count};
    struct host_error error;

    for (unsigned i = 0; i < count; i++) {
        ids.keys[i] = &keys[i].public_key;
    }
    if (check_keys(options, boot, keys, count, &error) != 0) {
        return report_error(&error);
    }
    boot_file_set(boot, &ids);
    if (save(options, boot, &error) != 0) {
        return report_error(&error);
    }
    if (file_is_standard_output(options->out)) {
        return CMD_OK;
    }
    if (options->json) {
        json_t *result = json_object();
        json_add(&result, "file", json_text(options->out));
        json_add(&result, "bootloader", boot_view_json(boot));
        return cmd_print_json(result);
    }
    printf("file          %s\n", options->out);
    boot_view_print(boot);
    return CMD_OK;
}

static int load_keys(const struct make_options *options, struct key_file keys[],
                     unsigned *out_count, struct host_error *out_error)
{
    for (*out_count = 0;
         *out_count < BOOT_FILE_KEYS_MAX && options->key_paths[*out_count] != NULL;
         ++*out_count) {
        if (key_option_load(&keys[*out_count], options->key_paths[*out_count],
                            options->pass_file, out_error) != 0) {
            return -1;
        }
    }
    return 0;
}

int cmd_boot_make(int argc, char **argv)
{
    struct make_options options = {0};
    struct key_file keys[BOOT_FILE_KEYS_MAX];
    struct boot_file boot;
    struct host_error error;
    unsigned count;

    int err = cmd_parse(&make_argp, "otter boot make", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (boot_view_load(&boot, options.in, &error) != 0) {
        return report_error(&error);
    }
    int code = load_keys(&options, keys, &count, &error) == 0
                   ? make(&options, &boot, keys, count)
                   : report_error(&error);
    while (count > 0) {
        key_file_free(&keys[--count]);
    }
    boot_file_free(&boot);
    return code;
}
