/* SPDX-License-Identifier: Apache-2.0 */
/* otter image factory: what a new board is flashed with; see docs/man/otter-image.1. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/report.h"
#include "host/hex.h"
#include "host/image_file.h"
#include "port/stm32f103/partitions.h"

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

    if (image_file_check_startable(boot, OTTER_BOOT_ADDR, &error) != 0 ||
        image_file_check_startable(app, OTTER_APP_ADDR, &error) != 0) {
        return report_error(&error);
    }
    const char *const inputs[] = {options->boot, options->app};
    if (file_check_output(options->out, inputs, sizeof inputs / sizeof inputs[0], &error) !=
        0) {
        return report_error(&error);
    }
    return ends_with(options->out, ".hex") ? save_hex(options->out, boot, app)
                                           : save_bin(options->out, boot, app);
}

int cmd_image_factory(int argc, char **argv)
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
