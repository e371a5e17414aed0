/* SPDX-License-Identifier: Apache-2.0 */
/* `otter demo`: what otter is for, shown on the modelled board; see docs/man/otter.1. */
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/demo_story.h"
#include "cli/report.h"
#include "host/image_file.h"
#include "port/stm32f103/partitions.h"

struct options {
    const char *boot, *app, *update, *bad;
    uint64_t seed;
    bool quiet, no_cut, protect;
};

static const struct argp_option option_table[] = {
    {"boot", 'b', "FILE", 0, "bootloader (.bin)", 0},
    {"app", 'a', "FILE", 0, "application in the device (.bin)", 0},
    {"update", 'u', "FILE", 0, "application to update to (.bin with trailer)", 0},
    {"bad", 'B', "FILE", 0,
     "application that never confirms (.bin with trailer): shown to be reverted", 0},
    {"seed", 's', "N", 0, "seed of the board: RAM, latencies, torn bits (default 1)", 0},
    {"no-cut", 'n', NULL, 0, "leave the power on", 0},
    {"protect", 'p', NULL, 0, "write-protect the bootloader's pages", 0},
    {"quiet", 'q', NULL, 0, "print the last line only", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'b':
        options->boot = arg;
        return 0;
    case 'a':
        options->app = arg;
        return 0;
    case 'u':
        options->update = arg;
        return 0;
    case 'B':
        options->bad = arg;
        return 0;
    case 'p':
        options->protect = true;
        return 0;
    case 's':
        return cmd_number("--seed", arg, 0, UINT64_MAX, &options->seed);
    case 'n':
        options->no_cut = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "unexpected argument");
    case ARGP_KEY_END:
        if (options->boot == NULL || options->app == NULL || options->update == NULL) {
            return cmd_misuse(NULL, "--boot, --app and --update are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int read_version(const char *path, const struct file *image, uint8_t out_version[8],
                        struct host_error *out_error)
{
    return image_file_read_version(image, out_version)
               ? 0
               : host_error_set(out_error, path, "no otter trailer: its version is not known");
}

static void print_result(const struct demo_result *result, const uint8_t from[8],
                         const uint8_t to[8])
{
    printf("demo: device ");
    for (size_t i = 0; i < sizeof result->device_id; i++) {
        printf("%02X", result->device_id[i]);
    }
    printf(" updated %.8s -> %.8s in %.1f s\n", (const char *)from, (const char *)to,
           result->seconds);
}

static int play(const struct options *options, const struct file *boot, const struct file *app,
                const struct file *update, const struct file *bad)
{
    struct demo_view view;
    struct demo_story story = {.boot = boot,
                               .app = app,
                               .update = update,
                               .bad = bad,
                               .seed = options->seed,
                               .has_cut = !options->no_cut,
                               .is_protected = options->protect,
                               .view = &view};
    struct demo_result result;
    struct host_error error;
    uint8_t from[8];

    demo_view_init(&view, options->quiet);
    if (read_version(options->app, app, from, &error) != 0 ||
        read_version(options->update, update, story.update_version, &error) != 0 ||
        (bad->len != 0 && read_version(options->bad, bad, story.bad_version, &error) != 0) ||
        demo_story_play(&story, &result, &error) != 0) {
        return report_error(&error);
    }
    print_result(&result, from, story.update_version);
    return CMD_OK;
}

int cmd_demo(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_table,
        .parser = parse,
        .doc =
            "Update the modelled board, and cut its power while the bootloader installs; then, "
            "with --bad, offer it a forged image and one that does not work."};
    struct options options = {.seed = 1};
    struct file boot = {0}, app = {0}, update = {0}, bad = {0};
    struct host_error error;

    int code = cmd_parse(&argp, "otter demo", argc, argv, &options);
    if (code != 0) {
        return code < 0 ? CMD_OK : code;
    }
    if (file_read(options.boot, OTTER_BOOT_SIZE, &boot, &error) != 0 ||
        file_read(options.app, OTTER_APP_SIZE, &app, &error) != 0 ||
        file_read(options.update, OTTER_APP_SIZE, &update, &error) != 0 ||
        (options.bad != NULL && file_read(options.bad, OTTER_APP_SIZE, &bad, &error) != 0)) {
        code = report_error(&error);
    } else {
        code = play(&options, &boot, &app, &update, &bad);
    }
    file_free(&boot);
    file_free(&app);
    file_free(&update);
    file_free(&bad);
    return code;
}
