/* SPDX-License-Identifier: Apache-2.0 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/file.h"
#include "cli/rig/rig.h"
#include "otter/image.h"
#include "otter/md5.h"
#include "port/stm32f103/partitions.h"

/* `otter demo`: one whole update on the modelled board, with a power failure in the middle of the
 * installation, told line by line. */

enum { LIMIT_S = 300, BAR_WIDTH = 32 };

struct demo {
    const char *boot, *app, *update;
    uint64_t seed;
    bool quiet, no_cut;
    /* state of the output */
    bool terminal;
    char line[256]; /* of the MCU's log, until its end */
    size_t line_len;
    unsigned last_percent;
    bool bar_open;
    char failure[160];
};

static const struct argp_option options[] = {
    {"boot", 'b', "FILE", 0, "bootloader (.bin)", 0},
    {"app", 'a', "FILE", 0, "application in the device (.bin)", 0},
    {"update", 'u', "FILE", 0, "application to update to (.bin with trailer)", 0},
    {"seed", 's', "N", 0, "seed of the board: RAM, latencies, torn bits (default 1)", 0},
    {"no-cut", 'n', NULL, 0, "leave the power on", 0},
    {"quiet", 'q', NULL, 0, "print the last line only", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct demo *demo = state->input;
    char *end;
    switch (key) {
    case 'b':
        demo->boot = arg;
        return 0;
    case 'a':
        demo->app = arg;
        return 0;
    case 'u':
        demo->update = arg;
        return 0;
    case 's':
        demo->seed = strtoull(arg, &end, 0);
        if (end == arg || *end != '\0') {
            argp_error(state, "--seed: %s: not a number", arg);
        }
        return 0;
    case 'n':
        demo->no_cut = true;
        return 0;
    case 'q':
        demo->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: unexpected argument", arg);
        return 0;
    case ARGP_KEY_END:
        if (demo->boot == NULL || demo->app == NULL || demo->update == NULL) {
            argp_error(state, "--boot, --app and --update are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void close_bar(struct demo *demo)
{
    if (demo->bar_open) {
        putchar('\n');
        demo->bar_open = false;
    }
}

static void say(struct demo *demo, const char *who, const char *text)
{
    if (!demo->quiet) {
        close_bar(demo);
        printf("%-7s %s\n", who, text);
        fflush(stdout);
    }
}

static void on_log(void *ctx, char byte)
{
    struct demo *demo = ctx;
    if (byte == '\r') {
        return;
    }
    if (byte != '\n' && demo->line_len < sizeof demo->line - 1) {
        demo->line[demo->line_len++] = byte;
        return;
    }
    demo->line[demo->line_len] = '\0';
    if (demo->line_len > 0) {
        say(demo, "mcu:", demo->line);
    }
    demo->line_len = 0;
}

static void show_progress(struct demo *demo, unsigned number, unsigned count)
{
    unsigned percent = number * 100 / count;
    if (demo->quiet || percent / 10 == demo->last_percent / 10) {
        if (demo->quiet || !demo->terminal) {
            return;
        }
    }
    demo->last_percent = percent;
    if (!demo->terminal) {
        printf("module: %3u %% (piece %u of %u)\n", percent, number, count);
        return;
    }
    char bar[BAR_WIDTH + 1];
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', percent * BAR_WIDTH / 100);
    bar[BAR_WIDTH] = '\0';
    printf("\rmodule: [%s] %3u %% (piece %u of %u)", bar, percent, number, count);
    fflush(stdout);
    demo->bar_open = true;
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct demo *demo = ctx;
    char text[160];
    switch (event->kind) {
    case MODULE_STARTED:
        say(demo, "module:", "starts, asks for the device's versions");
        break;
    case MODULE_INFO:
        snprintf(text, sizeof text, "the MCU runs %.8s on hardware %.8s",
                 (const char *)event->info->version, (const char *)event->info->hardware);
        say(demo, "module:", text);
        break;
    case MODULE_OFFERED:
        say(demo, "module:", "offered the new file, the MCU took notice");
        break;
    case MODULE_READY:
        demo->last_percent = 0;
        snprintf(text, sizeof text, "the MCU is ready: %u pieces at 9600 baud",
                 (unsigned)event->count);
        say(demo, "module:", text);
        break;
    case MODULE_PROGRESS:
        show_progress(demo, event->number, event->count);
        break;
    case MODULE_SENT:
        say(demo, "module:", "all sent and acknowledged: the MCU has verified the MD5");
        break;
    case MODULE_STOPPED:
    case MODULE_REFUSAL:
        say(demo, "module:", event->text);
        break;
    case MODULE_FAILED:
        snprintf(demo->failure, sizeof demo->failure, "%s", event->text);
        say(demo, "module:", event->text);
        break;
    case MODULE_UPDATED:
    case MODULE_UP_TO_DATE:
        say(demo, "module:", "the MCU is back with the new version");
        break;
    case MODULE_RESENT:
    case MODULE_REPORT:
    case MODULE_ANSWER:
    case MODULE_REQUEST:
    case MODULE_ILLEGAL:
    case MODULE_WRONG_READY:
    case MODULE_GAVE_UP:
        break;
    }
}

/* Arm a power failure halfway through the swap that the bootloader has just announced: each page of both
 * images is erased and programmed once. */
static void arm_cut(struct demo *demo, struct rig *rig, uint32_t update_size)
{
    uint32_t pages = (update_size + OTTER_PAGE_SIZE - 1) / OTTER_PAGE_SIZE;
    uint64_t op = board_flash_ops(rig_board(rig)) + pages + update_size / 2;
    board_cut_at(rig_board(rig), op, BOARD_TEAR_TORN, demo->seed);
}

static void tell_cut(struct demo *demo, struct rig *rig)
{
    char text[120];
    demo->line_len = 0; /* the rest of the line died with the supply */
    snprintf(text, sizeof text, "FAILS in flash operation %" PRIu64 ", which is left torn",
             board_flash_ops(rig_board(rig)));
    say(demo, "power:", text);
}

static int run(struct demo *demo, struct rig *rig, const struct file *update)
{
    bool cut_armed = demo->no_cut;
    bool cut_done = false;
    say(demo, "power:", "on");
    rig_power_on(rig);
    while (rig_outcome(rig) == MODULE_STARTED && rig_now_ms(rig) < LIMIT_S * 1000u) {
        enum board_stop stop = rig_run_ms(rig, 10);
        if (!cut_armed && strstr(rig_log(rig), "Install [") != NULL) {
            arm_cut(demo, rig, (uint32_t)update->len);
            cut_armed = true;
        }
        if (stop == BOARD_STOP_POWER) {
            tell_cut(demo, rig);
            say(demo, "power:", "on");
            rig_power_on(rig);
            cut_done = true;
        } else if (stop != BOARD_STOP_TIME) {
            return fail("demo", "board", board_why(rig_board(rig)));
        }
    }
    close_bar(demo);
    if (rig_outcome(rig) != MODULE_UPDATED) {
        return fail("demo", "update", demo->failure[0] ? demo->failure : "took too long");
    }
    if (!cut_done && !demo->no_cut) {
        return fail("demo", "power cut", "did not happen: nothing is shown");
    }
    const uint8_t *app = board_flash(rig_board(rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    if (memcmp(app, update->data, update->len) != 0) {
        return fail("demo", "APP", "is not the new image, bit by bit");
    }
    return 0;
}

/* The version in the trailer that ends an image; false if there is none. */
static bool read_version(const struct file *file, uint8_t out_version[8])
{
    struct otter_image image;
    if (file->len < OTTER_IMAGE_TRAILER_SIZE ||
        otter_image_get_trailer(file->data + file->len - OTTER_IMAGE_TRAILER_SIZE,
                                (uint32_t)file->len, &image) != 0) {
        return false;
    }
    memcpy(out_version, image.version, 8);
    return true;
}

int cmd_demo(int argc, char **argv)
{
    static const struct argp parser = {
        options,
        parse,
        NULL,
        "Update the modelled board once, and cut its power while the bootloader installs.",
        NULL,
        NULL,
        NULL};
    struct demo demo = {.seed = 1, .terminal = isatty(STDOUT_FILENO) != 0};
    argp_parse(&parser, argc, argv, 0, NULL, &demo);

    struct file boot = {0}, app = {0}, update = {0};
    struct rig *rig = NULL;
    uint8_t old_version[8], new_version[8];
    int status = EXIT_FAILURE;
    if (file_read("demo", demo.boot, OTTER_BOOT_SIZE, &boot) != 0 ||
        file_read("demo", demo.app, OTTER_APP_SIZE, &app) != 0 ||
        file_read("demo", demo.update, OTTER_APP_SIZE, &update) != 0) {
        goto out;
    }
    if (!read_version(&app, old_version) || !read_version(&update, new_version)) {
        status = fail("demo", demo.update, "no otter trailer: its version is not known");
        goto out;
    }

    const struct rig_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                     {OTTER_APP_ADDR, app.data, app.len}};
    struct rig_config config = {.board = {.seed = demo.seed},
                                .loads = loads,
                                .load_count = 2,
                                .log = on_log,
                                .log_ctx = &demo};
    config.module.file = update.data;
    config.module.file_size = (uint32_t)update.len;
    config.module.event = on_event;
    config.module.ctx = &demo;
    memcpy(config.module.version, new_version, 8);
    file_md5_hex(&update, config.module.md5_hex);
    rig = rig_new(&config);
    if (rig == NULL) {
        status = fail("demo", "board", "out of memory");
        goto out;
    }
    status = run(&demo, rig, &update);
    if (status == 0) {
        printf("demo: device ");
        for (int i = 0; i < 12; i++) {
            printf("%02X", board_unique_id(rig_board(rig))[i]);
        }
        printf(" updated %.8s -> %.8s in %.1f s\n", (const char *)old_version,
               (const char *)new_version, rig_now_ms(rig) / 1000.0);
    }
out:
    rig_free(rig);
    file_free(&boot);
    file_free(&app);
    file_free(&update);
    return status;
}
