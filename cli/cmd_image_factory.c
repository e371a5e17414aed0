/* SPDX-License-Identifier: Apache-2.0 */
/* otter image factory: what a new board is flashed with; see docs/man/otter-image.1. */
#include <string.h>
#include <strings.h>

#include "cli/app_file.h"
#include "cli/boot_view.h"
#include "cli/cmd.h"
#include "cli/map_option.h"
#include "cli/report.h"
#include "host/reason_text.h"
#include "port/stm32f103/partitions.h"

enum { FLASH_MAX = 0x100000 }; /* of the largest STM32F103 */

struct factory_options {
    const char *boot, *app, *out;
    struct otter_layout map;
};

static error_t parse_factory(int key, char *arg, struct argp_state *state)
{
    struct factory_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->map;
        return 0;
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
            {"boot", 'b', "BOOT", 0, "the bootloader (.bin, .hex or .elf)", 0},
            {"app", 'a', "APP", 0, "the application (.bin, .hex or .elf)", 0},
            {"output", 'o', "FACTORY", 0,
             "where the image goes; .hex: Intel HEX, .bin: plain from the start of flash", 0},
            {0}},
    .parser = parse_factory,
    .doc = "Merge bootloader and application into what a new board is flashed with, if this "
           "bootloader starts this application.",
    .children = (const struct argp_child[]){{.argp = &map_option}, {0}}};

static bool ends_in_bin(const char *path)
{
    size_t len = strlen(path);
    return len >= 4 && strcasecmp(path + len - 4, ".bin") == 0;
}

static int refuse_key(const struct boot_file *boot, const struct image_file *app,
                      struct host_error *out_error)
{
    char ids[BOOT_FILE_KEYS_MAX * sizeof ", 0x01234567"];
    size_t len = 0;

    for (unsigned i = 0; i < boot->ids.key_count; i++) {
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s0x%08x", i == 0 ? "" : ", ",
                                boot_file_key_id(boot, i));
    }
    return host_error_set(out_error, app->path, "is signed with key 0x%08x; %s knows %s",
                          app->image.key_id, boot->path, ids);
}

/* In the words of what can be done about it. */
static int refuse(const struct boot_file *boot, const struct image_file *app,
                  enum otter_reason reason, struct host_error *out_error)
{
    char is[9], wanted[9];

    if (reason == OTTER_REASON_NONE) {
        return 0;
    }
    if (boot_file_verifies(boot) && boot->ids.key_count == 0) {
        return host_error_set(out_error, boot->path,
                              "takes no image yet: `otter boot make` gives it keys and ids");
    }
    if (reason == OTTER_REASON_NO_IMAGE || reason == OTTER_REASON_UNSIGNED) {
        return host_error_set(out_error, app->path,
                              "is not signed, and %s starts signed images only; see `otter "
                              "image sign`",
                              boot->path);
    }
    if (reason == OTTER_REASON_UNKNOWN_KEY) {
        return refuse_key(boot, app, out_error);
    }
    if (reason == OTTER_REASON_HARDWARE) {
        image_file_text(app->image.hardware, is);
        image_file_text(boot_file_hardware(boot), wanted);
        return host_error_set(out_error, app->path, "is for hardware %s, %s for %s", is,
                              boot->path, wanted);
    }
    return host_error_set(out_error, app->path, "%s would not start it: %s", boot->path,
                          reason_recovery_text((uint8_t)reason));
}

/* Would a board that is flashed with these run? Of another vendor's bootloader nobody knows. */
static int check(const struct factory_options *options, const struct boot_file *boot,
                 const struct image_file *app, struct host_error *out_error)
{
    const char *const inputs[] = {options->boot, options->app};
    uint32_t slot_off = options->map.app.addr - OTTER_BOOT_ADDR;

    if (slot_off < boot->file.len || slot_off > FLASH_MAX) {
        return host_error_set(out_error, "--app-addr", "the slot is not behind %s", boot->path);
    }
    if (image_file_check_startable(app, &options->map, out_error) != 0 ||
        (boot->is_otters &&
         refuse(boot, app, boot_file_judge(boot, &app->file, &options->map), out_error) != 0)) {
        return -1;
    }
    return file_check_output(options->out, inputs, sizeof inputs / sizeof inputs[0], out_error);
}

static int make(const struct factory_options *options, const struct boot_file *boot)
{
    struct image_file app;
    struct host_error error;

    if (app_file_load(&app, options->app, &options->map, NULL, &error) != 0) {
        return report_error(&error);
    }
    const struct program_part parts[] = {{OTTER_BOOT_ADDR, &boot->file},
                                         {options->map.app.addr, &app.file}};
    int err = check(options, boot, &app, &error);
    if (err == 0) {
        err = program_file_save(options->out, parts, sizeof parts / sizeof parts[0], &error);
    }
    image_file_free(&app);
    if (err != 0) {
        return report_error(&error);
    }
    if (boot->is_otters && !map_option_is_default(&options->map)) {
        log_event("%s: warning: it starts the app only if it was built for this map: the slot "
                  "of %u bytes at 0x%08x, %u bytes of RAM",
                  options->boot, options->map.app.size, options->map.app.addr,
                  options->map.ram.size);
    }
    return CMD_OK;
}

int cmd_image_factory(int argc, char **argv)
{
    struct factory_options options = {.map = map_option_default()};
    struct boot_file boot;
    struct host_error error;

    int err = cmd_parse(&factory_argp, "otter image factory", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (!program_file_is_hex(options.out) && !ends_in_bin(options.out)) {
        (void)report_failure(options.out, "the name must end in .hex or .bin");
        return CMD_USAGE;
    }
    if (boot_view_load(&boot, options.boot, &error) != 0) {
        return report_error(&error);
    }
    int code = make(&options, &boot);
    boot_file_free(&boot);
    return code;
}
