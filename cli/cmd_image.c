/* SPDX-License-Identifier: Apache-2.0 */
/* otter image: inspect and factory; make, sign and verify are in cmd_sign.c; see
 * docs/man/otter-image.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/report.h"
#include "host/hex.h"
#include "host/image_file.h"
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

/* ---- inspect ---- */

static const struct argp inspect_argp = {.options = cmd_one_file_options,
                                         .parser = cmd_one_file_parse,
                                         .args_doc = "FILE",
                                         .doc = "Tell what a firmware image is."};

static bool starts(const struct image_file *firmware)
{
    return image_file_is_startable(firmware, OTTER_APP_ADDR, OTTER_APP_SIZE);
}

static void print_text(const struct image_file *firmware)
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
        printf("signature     by key 0x%08x, not checked\n", image->key_id);
    }
}

static void print_json(const struct image_file *firmware)
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
    printf("{\"format\": %d, \"length\": %u, \"hardware\": ", OTTER_IMAGE_FORMAT,
           image->length);
    image_file_text(image->hardware, text);
    json_string(stdout, text);
    printf(", \"version\": ");
    image_file_text(image->version, text);
    json_string(stdout, text);
    printf(", \"number\": %u, \"key_id\": %u, \"flags\": %u, \"signature\": ", image->number,
           image->key_id, image->flags);
    if (image->key_id == 0) {
        printf("null}}\n");
        return;
    }
    putchar('"');
    for (int i = 0; i < OTTER_IMAGE_SIGNATURE_SIZE; i++) {
        printf("%02x", image_file_signature(firmware)[i]);
    }
    printf("\"}}\n");
}

static int image_inspect(int argc, char **argv)
{
    struct cmd_one_file options = {0};
    struct image_file firmware;
    struct host_error error;

    int err = cmd_parse(&inspect_argp, "otter image inspect", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&firmware, options.path, OTTER_FLASH_SIZE, &error) != 0) {
        return report_error(&error);
    }
    if (options.json) {
        print_json(&firmware);
    } else {
        print_text(&firmware);
    }
    image_file_free(&firmware);
    return CMD_OK;
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
        return cmd_misuse(arg, "unexpected argument");
    case ARGP_KEY_END:
        if (options->boot != NULL && options->app != NULL && options->out != NULL) {
            return 0;
        }
        return cmd_misuse(NULL, "%s not given",
                          options->boot == NULL  ? "--boot"
                          : options->app == NULL ? "--app"
                                                 : "output file (-o)");
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

static int save(const char *path, const void *data, size_t size)
{
    struct host_error error;
    return file_write(path, data, size, &error) == 0 ? CMD_OK : report_error(&error);
}

static int save_hex(const char *path, const struct image_file *boot,
                    const struct image_file *app)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return report_failure(path, "not enough memory");
    }
    hex_write(out, OTTER_BOOT_ADDR, boot->file.data, boot->file.len);
    hex_write(out, OTTER_APP_ADDR, app->file.data, app->file.len);
    hex_write_end(out);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!good) {
        (void)report_failure(path, "not enough memory");
    }
    int code = good ? save(path, text, size) : CMD_FAILED;
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
    return save(path, data, size);
}

static int write_factory(const struct factory_options *options, const struct image_file *boot,
                         const struct image_file *app)
{
    struct host_error error;

    if (image_file_check_startable(boot, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE, &error) != 0 ||
        image_file_check_startable(app, OTTER_APP_ADDR, OTTER_APP_SIZE, &error) != 0) {
        return report_error(&error);
    }
    if (image_file_is_same(options->boot, options->out) ||
        image_file_is_same(options->app, options->out)) {
        return report_failure(options->out, "input and output are the same file");
    }
    return ends_with(options->out, ".hex") ? save_hex(options->out, boot, app)
                                           : save_bin(options->out, boot, app);
}

static int image_factory(int argc, char **argv)
{
    struct factory_options options = {0};
    struct image_file boot, app;
    struct host_error error;

    int err = cmd_parse(&factory_argp, "otter image factory", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (!ends_with(options.out, ".hex") && !ends_with(options.out, ".bin")) {
        (void)report_failure(options.out, "the name must end in .hex or .bin");
        return CMD_USAGE;
    }
    if (image_file_load(&boot, options.boot, OTTER_BOOT_SIZE, &error) != 0) {
        return report_error(&error);
    }
    int code = CMD_FAILED;
    if (image_file_load(&app, options.app, OTTER_APP_SIZE, &error) == 0) {
        code = write_factory(&options, &boot, &app);
        image_file_free(&app);
    } else {
        (void)report_error(&error);
    }
    image_file_free(&boot);
    return code;
}

/* ---- dispatch ---- */

int cmd_image(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"inspect", "image: inspect", image_inspect, "tell what an image is"},
        {"make", "image: make", cmd_image_make, "put otter's trailer behind a .bin"},
        {"sign", "image: sign", cmd_image_sign, "sign an image with a key"},
        {"verify", "image: verify", cmd_image_verify, "check an image's signature"},
        {"factory", "image: factory", image_factory, "merge bootloader and application"},
    };

    return cmd_dispatch("image", "Inspect, make and sign firmware images.", subs,
                        sizeof subs / sizeof subs[0], argc, argv);
}
