/* SPDX-License-Identifier: Apache-2.0 */
/* otter image: inspect and make firmware images; see docs/man/otter-image.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/image_file.h"
#include "cli/hex.h"
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

enum { IMAGE_ALIGN = 4 }; /* the trailer begins on a word, so that a device reads it as such */

/* ---- info ---- */

struct info_options {
    const char *file;
    bool json;
};

static error_t parse_info(int key, char *arg, struct argp_state *state)
{
    struct info_options *options = state->input;

    switch (key) {
    case 'j':
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL) {
            complain("%s: one file at a time", arg);
            return EINVAL;
        }
        options->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->file != NULL) {
            return 0;
        }
        complain("no file given");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp info_argp = {
    .options =
        (const struct argp_option[]){{"json", 'j', NULL, 0, "print one JSON object", 0}, {0}},
    .parser = parse_info,
    .args_doc = "FILE",
    .doc = "Tell what a firmware image is."};

static bool starts(const struct image_file *firmware)
{
    struct otter_layout layout = {
        .app = {.addr = OTTER_APP_ADDR, .size = OTTER_APP_SIZE},
        .ram = {.addr = OTTER_RAM_ADDR, .size = OTTER_RAM_SIZE},
    };
    return otter_image_is_startable(firmware->file.data, &layout);
}

static void print_info(const struct image_file *firmware)
{
    const struct otter_image *image = &firmware->image;
    uint8_t md5[32];
    char text[9];

    file_md5_hex(&firmware->file, md5);
    printf("file          %s\n", firmware->path);
    printf("size          %u bytes (slot: %d)\n", (uint32_t)firmware->file.len, OTTER_APP_SIZE);
    printf("MD5           %.32s\n", (const char *)md5);
    printf("stack pointer 0x%08x\n", otter_get_le32(firmware->file.data));
    printf("reset vector  0x%08x\n", otter_get_le32(firmware->file.data + 4));
    printf("startable     %s\n", starts(firmware) ? "yes" : "no");
    if (!firmware->has_trailer) {
        printf("trailer       none (a plain .bin)\n");
        return;
    }
    printf("trailer       format %d\n", OTTER_IMAGE_FORMAT);
    printf("length        %u bytes before the trailer\n", image->length);
    image_file_text(image->hardware, text);
    printf("hardware      %s\n", text);
    image_file_text(image->version, text);
    printf("version       %s (number %u)\n", text, image->number);
    if (image->key_id == 0) {
        printf("signature     none\n");
    } else {
        printf("signature     key 0x%08x\n", image->key_id);
    }
}

static void print_info_json(const struct image_file *firmware)
{
    const struct otter_image *image = &firmware->image;
    uint8_t md5[32];
    char text[9];

    file_md5_hex(&firmware->file, md5);
    printf("{\"file\": ");
    json_string(stdout, firmware->path);
    printf(", \"size\": %u, \"md5\": \"%.32s\", \"stack_pointer\": %u, \"reset_vector\": %u, "
           "\"startable\": %s, \"trailer\": ",
           (uint32_t)firmware->file.len, (const char *)md5, otter_get_le32(firmware->file.data),
           otter_get_le32(firmware->file.data + 4), starts(firmware) ? "true" : "false");
    if (!firmware->has_trailer) {
        printf("null}\n");
        return;
    }
    printf("{\"length\": %u, \"hardware\": ", image->length);
    image_file_text(image->hardware, text);
    json_string(stdout, text);
    printf(", \"version\": ");
    image_file_text(image->version, text);
    json_string(stdout, text);
    printf(", \"number\": %u, \"key_id\": %u, \"flags\": %u}}\n", image->number, image->key_id,
           image->flags);
}

static int image_info(int argc, char **argv)
{
    struct info_options options = {0};
    struct image_file firmware;

    int err = cmd_parse(&info_argp, "otter image info", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&firmware, options.file, OTTER_FLASH_SIZE) != 0) {
        return CMD_FAILED;
    }
    if (options.json) {
        print_info_json(&firmware);
    } else {
        print_info(&firmware);
    }
    image_file_free(&firmware);
    return CMD_OK;
}

/* ---- make ---- */

struct make_options {
    const char *in, *out, *hardware, *version, *number_text;
    uint32_t number;
};

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

static bool parse_number(const char *text, int base, uint32_t *out_number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (errno != 0 || end == text || *end != 0 || text[0] == '-' || text[0] == '+' ||
        value > UINT32_MAX) {
        return false;
    }
    *out_number = (uint32_t)value;
    return true;
}

static error_t check_make(struct make_options *options)
{
    if (options->in == NULL || options->out == NULL || options->hardware == NULL ||
        options->version == NULL) {
        complain("%s not given", options->in == NULL         ? "input file"
                                 : options->out == NULL      ? "output file (-o)"
                                 : options->hardware == NULL ? "--hardware"
                                                             : "--version");
        return EINVAL;
    }
    /* 03010102 is number 0x03010102, so versions in this form order as numbers do. */
    if (options->number_text == NULL && !parse_number(options->version, 16, &options->number)) {
        complain("--version %s: not hexadecimal, so it needs --number", options->version);
        return EINVAL;
    }
    return 0;
}

static error_t parse_make(int key, char *arg, struct argp_state *state)
{
    struct make_options *options = state->input;

    switch (key) {
    case 'o':
        options->out = arg;
        return 0;
    case 'H':
    case 'V':
        if (!is_field(arg)) {
            complain("%s %s: not 8 printable characters",
                     key == 'H' ? "--hardware" : "--version", arg);
            return EINVAL;
        }
        *(key == 'H' ? &options->hardware : &options->version) = arg;
        return 0;
    case 'n':
        if (!parse_number(arg, 0, &options->number)) {
            complain("--number %s: not a number below 2^32", arg);
            return EINVAL;
        }
        options->number_text = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->in != NULL) {
            complain("%s: one file at a time", arg);
            return EINVAL;
        }
        options->in = arg;
        return 0;
    case ARGP_KEY_END:
        return check_make(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp make_argp = {
    .options =
        (const struct argp_option[]){
            {"output", 'o', "OUT.bin", 0, "where the image goes", 0},
            {"hardware", 'H', "H", 0, "hardware id, 8 characters, as the MCU reports it", 0},
            {"version", 'V', "V", 0, "version, 8 characters, as the MCU reports it", 0},
            {"number", 'n', "N", 0,
             "the version as a number that only grows; the version read as hexadecimal if not "
             "given",
             0},
            {0}},
    .parser = parse_make,
    .args_doc = "IN.bin",
    .doc = "Write IN.bin with otter's trailer behind it."};

static int write_image(const struct make_options *options, const struct image_file *in)
{
    uint32_t length = ((uint32_t)in->file.len + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
    uint32_t size = length + OTTER_IMAGE_TRAILER_SIZE;
    struct otter_image image = {.length = length, .number = options->number};

    if (in->has_trailer) {
        complain("%s: has a trailer already", options->in);
        return CMD_FAILED;
    }
    if (size > OTTER_APP_SIZE) {
        complain("%s: with its trailer %u bytes, which do not fit the slot of %d bytes",
                 options->in, size, OTTER_APP_SIZE);
        return CMD_FAILED;
    }
    if (image_file_is_same(options->in, options->out)) {
        complain("%s: input and output are the same file", options->out);
        return CMD_FAILED;
    }
    uint8_t *data = malloc(size);
    if (data == NULL) {
        complain("%s: not enough memory", options->in);
        return CMD_FAILED;
    }
    memcpy(data, in->file.data, in->file.len);
    memset(data + in->file.len, 0xFF, length - in->file.len);
    memcpy(image.hardware, options->hardware, 8);
    memcpy(image.version, options->version, 8);
    otter_image_put_trailer(data + length, &image);
    int err = file_write(cmd_current(), options->out, data, size);
    free(data);
    return err == 0 ? CMD_OK : CMD_FAILED;
}

static int image_make(int argc, char **argv)
{
    struct make_options options = {0};
    struct image_file in;

    int err = cmd_parse(&make_argp, "otter image make", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&in, options.in, OTTER_APP_SIZE) != 0) {
        return CMD_FAILED;
    }
    int code = image_file_is_startable(&in, OTTER_APP_ADDR, OTTER_APP_SIZE)
                   ? write_image(&options, &in)
                   : CMD_FAILED;
    image_file_free(&in);
    return code;
}

/* ---- factory ---- */

struct factory_options {
    const char *boot, *app, *out;
};

static error_t parse_factory(int key, char *arg, struct argp_state *state)
{
    struct factory_options *options = state->input;

    switch (key) {
    case 'b':
        options->boot = arg;
        return 0;
    case 'a':
        options->app = arg;
        return 0;
    case 'o':
        options->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        complain("%s: unexpected argument", arg);
        return EINVAL;
    case ARGP_KEY_END:
        if (options->boot != NULL && options->app != NULL && options->out != NULL) {
            return 0;
        }
        complain("%s not given", options->boot == NULL  ? "--boot"
                                 : options->app == NULL ? "--app"
                                                        : "output file (-o)");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp factory_argp = {
    .options =
        (const struct argp_option[]){
            {"boot", 'b', "BOOT.bin", 0, "the bootloader", 0},
            {"app", 'a', "APP.bin", 0, "the application", 0},
            {"output", 'o', "FACTORY", 0,
             "where the image goes; .hex: Intel HEX, .bin: plain from the start of flash", 0},
            {0}},
    .parser = parse_factory,
    .doc = "Merge bootloader and application into what a new board is flashed with."};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int save_hex(const char *path, const struct image_file *boot,
                    const struct image_file *app)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        complain("%s: not enough memory", path);
        return CMD_FAILED;
    }
    hex_write(out, OTTER_BOOT_ADDR, boot->file.data, boot->file.len);
    hex_write(out, OTTER_APP_ADDR, app->file.data, app->file.len);
    hex_write_end(out);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!good) {
        complain("%s: not enough memory", path);
    }
    int code = good && file_write(cmd_current(), path, text, size) == 0 ? CMD_OK : CMD_FAILED;
    free(text);
    return code;
}

static int save_bin(const char *path, const struct image_file *boot,
                    const struct image_file *app)
{
    uint8_t data[OTTER_APP_ADDR - OTTER_FLASH_ADDR + OTTER_APP_SIZE];

    memset(data, 0xFF, sizeof data); /* erased flash */
    memcpy(data + (OTTER_BOOT_ADDR - OTTER_FLASH_ADDR), boot->file.data, boot->file.len);
    memcpy(data + (OTTER_APP_ADDR - OTTER_FLASH_ADDR), app->file.data, app->file.len);
    size_t size = OTTER_APP_ADDR - OTTER_FLASH_ADDR + app->file.len;
    return file_write(cmd_current(), path, data, size) == 0 ? CMD_OK : CMD_FAILED;
}

static int write_factory(const struct factory_options *options, const struct image_file *boot,
                         const struct image_file *app)
{
    if (!image_file_is_startable(boot, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE) ||
        !image_file_is_startable(app, OTTER_APP_ADDR, OTTER_APP_SIZE)) {
        return CMD_FAILED;
    }
    if (image_file_is_same(options->boot, options->out) ||
        image_file_is_same(options->app, options->out)) {
        complain("%s: input and output are the same file", options->out);
        return CMD_FAILED;
    }
    return ends_with(options->out, ".hex") ? save_hex(options->out, boot, app)
                                           : save_bin(options->out, boot, app);
}

static int image_factory(int argc, char **argv)
{
    struct factory_options options = {0};
    struct image_file boot, app;
    int code = CMD_FAILED;

    int err = cmd_parse(&factory_argp, "otter image factory", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (!ends_with(options.out, ".hex") && !ends_with(options.out, ".bin")) {
        complain("%s: the name must end in .hex or .bin", options.out);
        return CMD_USAGE;
    }
    if (image_file_load(&boot, options.boot, OTTER_BOOT_SIZE) != 0) {
        return CMD_FAILED;
    }
    if (image_file_load(&app, options.app, OTTER_APP_SIZE) == 0) {
        code = write_factory(&options, &boot, &app);
        image_file_free(&app);
    }
    image_file_free(&boot);
    return code;
}

/* ---- dispatch ---- */

static const struct {
    const char *name, *title;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"info", "image: info", image_info, "tell what an image is"},
    {"make", "image: make", image_make, "put otter's trailer behind a .bin"},
    {"factory", "image: factory", image_factory, "merge bootloader and application"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs("Usage: otter image COMMAND [OPTION...] [ARG...]\nInspect and make firmware "
          "images.\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n`otter image COMMAND --help` tells more.\n", out);
}

int cmd_image(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return CMD_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }
        cmd_name(commands[i].title);
        return commands[i].run(argc - 1, argv + 1);
    }
    complain("%s: no such command; see `otter image --help`", argv[1]);
    return CMD_USAGE;
}
