/* SPDX-License-Identifier: Apache-2.0 */
/* otter key: make and show the keys that sign images; see docs/man/otter-key.1. */
#include "cli/cmd.h"
#include "cli/key_option.h"
#include "cli/report.h"
#include "host/file.h"
#include "host/json.h"
#include "host/key_file.h"

enum { KEYS_MAX = 2 }; /* as many as a bootloader holds */

static void print_hex(const uint8_t data[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        printf("%02x", data[i]);
    }
}

static int print_json(const struct key_file *key)
{
    json_t *result = json_object();

    json_add(&result, "file", json_text(key->path));
    json_add(&result, "private", json_boolean(key->is_private));
    json_add(&result, "key_id", json_count(key->id));
    json_add(&result, "public_key",
             json_hex(key->public_key.packed, sizeof key->public_key.packed));
    return cmd_print_json(result);
}

static void print_text(const struct key_file *key)
{
    printf("file        %s (%s)\n", key->path, key->is_private ? "private" : "public");
    printf("key id      0x%08x\npublic key  ", key->id);
    print_hex(key->public_key.packed, sizeof key->public_key.packed);
    putchar('\n');
}

static int print_key(const struct key_file *key, bool as_json)
{
    if (as_json) {
        return print_json(key);
    }
    print_text(key);
    return CMD_OK;
}

/* ---- new ---- */

static const struct argp new_argp = {.options = cmd_one_file_options,
                                     .parser = cmd_one_file_parse,
                                     .args_doc = "FILE",
                                     .doc = "Make a private key; FILE must not exist yet."};

static int key_new(int argc, char **argv)
{
    struct cmd_one_file options = {0};
    struct key_file key;
    struct host_error error;

    int err = cmd_parse(&new_argp, "otter key new", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (key_file_new(&key, options.path, &error) != 0) {
        return report_error(&error);
    }
    int code = print_key(&key, options.json);
    key_file_free(&key);
    return code;
}

/* ---- show ---- */

struct show_options {
    const char *files[KEYS_MAX];
    unsigned file_count;
    const char *public_path, *pass_file;
    bool json, c;
};

enum { OPT_C = 256 };

static error_t check_show(const struct show_options *options)
{
    if (options->file_count == 0) {
        return cmd_misuse(NULL, "no file given");
    }
    if (options->json && options->c) {
        return cmd_misuse("--json, --c", "only one of them");
    }
    if (options->public_path != NULL && options->file_count > 1) {
        return cmd_bad_value("--public", options->public_path, "one key at a time");
    }
    return 0;
}

static error_t parse_show(int key, char *arg, struct argp_state *state)
{
    struct show_options *options = state->input;

    switch (key) {
    case 'j':
        options->json = true;
        return 0;
    case OPT_C:
        options->c = true;
        return 0;
    case 'p':
        options->public_path = arg;
        return 0;
    case OPT_PASS_FILE:
        options->pass_file = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file_count == KEYS_MAX) {
            return cmd_misuse(arg, "a bootloader holds %d keys at most", KEYS_MAX);
        }
        options->files[options->file_count++] = arg;
        return 0;
    case ARGP_KEY_END:
        return check_show(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp show_argp = {
    .options =
        (const struct argp_option[]){
            {"json", 'j', NULL, 0, "print one JSON object for each key", 0},
            {"c", OPT_C, NULL, 0, "print the bootloader's key table as C", 0},
            {"public", 'p', "OUT.pem", 0, "write the public key to OUT.pem", 0},
            KEY_PASS_OPTION,
            {0}},
    .parser = parse_show,
    .args_doc = "FILE [FILE]",
    .doc = "Show the public half and the id of a key, private or public."};

/* ---- the bootloader's table ---- */

static void print_member(const char *name, const uint8_t data[], size_t len)
{
    printf("        .%s = {", name);
    for (size_t i = 0; i < len; i++) {
        printf("%s0x%02X,", i % 12 == 0 ? "\n            " : " ", data[i]);
    }
    printf("\n        },\n");
}

static void print_table(const struct key_file keys[], unsigned count)
{
    printf("/* Made by `otter key show --c`: the public keys that may sign an image. */\n"
           "#include \"otter/ed25519.h\"\n\n"
           "extern const struct otter_ed25519_key otter_keys[];\n"
           "extern const unsigned otter_key_count;\n\n"
           "const struct otter_ed25519_key otter_keys[] = {\n");
    for (unsigned i = 0; i < count; i++) {
        const struct otter_ed25519_key *key = &keys[i].public_key;
        printf("    {\n        /* key id 0x%08x */\n", keys[i].id);
        print_member("packed", key->packed, sizeof key->packed);
        print_member("minus_x", key->minus_x, sizeof key->minus_x);
        printf("    },\n");
    }
    printf("};\nconst unsigned otter_key_count = %u;\n", count);
}

static int save_public(const struct show_options *options, const struct key_file *key,
                       struct host_error *out_error)
{
    const char *const inputs[] = {options->files[0], options->pass_file};

    return file_check_output(options->public_path, inputs, sizeof inputs / sizeof inputs[0],
                             out_error) == 0
               ? key_file_save_public(key, options->public_path, out_error)
               : -1;
}

static int show(const struct show_options *options, const struct key_file keys[])
{
    unsigned count = options->file_count;
    struct host_error error;

    if (count == KEYS_MAX && keys[0].id == keys[1].id) { /* a device picks keys by their id */
        return report_failure(keys[1].path, "has the same key id as %s", keys[0].path);
    }
    if (options->public_path != NULL) {
        if (save_public(options, &keys[0], &error) != 0) {
            return report_error(&error);
        }
        if (file_is_standard_output(options->public_path)) {
            return CMD_OK;
        }
    }
    if (options->c) {
        print_table(keys, count);
        return CMD_OK;
    }
    int code = CMD_OK;
    for (unsigned i = 0; i < count && code == CMD_OK; i++) {
        code = print_key(&keys[i], options->json);
    }
    return code;
}

static int key_show(int argc, char **argv)
{
    struct show_options options = {0};
    struct key_file keys[KEYS_MAX];
    struct host_error error;
    unsigned loaded = 0;

    int err = cmd_parse(&show_argp, "otter key show", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    while (loaded < options.file_count && key_option_load(&keys[loaded], options.files[loaded],
                                                          options.pass_file, &error) == 0) {
        loaded++;
    }
    int code = loaded == options.file_count ? show(&options, keys) : report_error(&error);
    while (loaded > 0) {
        key_file_free(&keys[--loaded]);
    }
    return code;
}

int cmd_key(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"new", "key: new", key_new, "make a private key"},
        {"show", "key: show", key_show, "show a key's public half and its id"},
    };
    static const struct cmd_group group = {"otter key",
                                           "Make and show the Ed25519 keys that sign images.",
                                           subs, sizeof subs / sizeof subs[0]};

    return cmd_dispatch(&group, argc, argv);
}
