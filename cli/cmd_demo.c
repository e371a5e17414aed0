/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/progress_line.h"
#include "cli/report.h"
#include "lab/testbed.h"
#include "host/image_file.h"
#include "host/module_text.h"
#include "port/stm32f103/partitions.h"

/* `otter demo`: one device's story on the modelled board, told line by line: a whole update with a power
 * failure in the middle of the installation, then a forged image, then one that does not work. */

enum { LIMIT_S = 300 };

struct demo {
    const char *boot, *app, *update, *bad;
    uint64_t seed;
    bool quiet, no_cut, protect;
    /* state of the output */
    struct progress_line progress;
    struct testbed *bed; /* of this part of the story */
    uint32_t image_size;
    char line[256]; /* of the MCU's log, until its end */
    size_t line_len;
    char failure[MODULE_TEXT_SIZE];
    char last_info[160];
};

static const struct argp_option options[] = {
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
    struct demo *demo = state->input;
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
    case 'B':
        demo->bad = arg;
        return 0;
    case 'p':
        demo->protect = true;
        return 0;
    case 's':
        return cmd_number("--seed", arg, 0, UINT64_MAX, &demo->seed);
    case 'n':
        demo->no_cut = true;
        return 0;
    case 'q':
        demo->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "unexpected argument");
    case ARGP_KEY_END:
        if (demo->boot == NULL || demo->app == NULL || demo->update == NULL) {
            return cmd_misuse(NULL, "--boot, --app and --update are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void say(struct demo *demo, const char *who, const char *text)
{
    if (!demo->quiet) {
        progress_line_break(&demo->progress);
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

static void on_event(void *ctx, const struct module_event *event)
{
    struct demo *demo = ctx;
    char text[160];
    switch (event->kind) {
    case MODULE_EVENT_STARTED:
        say(demo, "module:", "starts, asks for the device's versions");
        break;
    case MODULE_EVENT_INFO:
        snprintf(text, sizeof text, "the MCU runs %.8s on hardware %.8s",
                 (const char *)event->info->version, (const char *)event->info->hardware);
        if (strcmp(text, demo->last_info) != 0) { /* it asks again and again while it waits */
            memcpy(demo->last_info, text, sizeof demo->last_info);
            say(demo, "module:", text);
        }
        break;
    case MODULE_EVENT_OFFERED:
        say(demo, "module:", "offered the new file, the MCU took notice");
        break;
    case MODULE_EVENT_READY:
        snprintf(text, sizeof text, "the MCU is ready: %u pieces at 9600 baud",
                 (unsigned)event->count);
        say(demo, "module:", text);
        progress_line_start(&demo->progress, demo->image_size, testbed_now_ms(demo->bed));
        break;
    case MODULE_EVENT_PROGRESS:
        if (!demo->quiet) {
            progress_line_show(&demo->progress, event->number, event->count,
                               testbed_now_ms(demo->bed));
        }
        break;
    case MODULE_EVENT_SENT:
        say(demo, "module:", "all sent and acknowledged: the MCU has verified the MD5");
        break;
    case MODULE_EVENT_STOPPED:
    case MODULE_EVENT_REFUSED:
        module_text(event, text);
        say(demo, "module:", text);
        break;
    case MODULE_EVENT_FAILED:
        module_text(event, demo->failure);
        say(demo, "module:", demo->failure);
        break;
    case MODULE_EVENT_UPDATED:
    case MODULE_EVENT_UP_TO_DATE:
        say(demo, "module:", "the MCU is back with the new version");
        break;
    case MODULE_EVENT_RESENT:
    case MODULE_EVENT_REPORT:
    case MODULE_EVENT_ANSWER:
    case MODULE_EVENT_REQUEST:
    case MODULE_EVENT_ILLEGAL:
    case MODULE_EVENT_WRONG_READY:
    case MODULE_EVENT_GAVE_UP:
        break;
    }
}

/* Arm a power failure halfway through the swap that the bootloader has just announced: each page of both
 * images is erased and programmed once. */
static void arm_cut(struct demo *demo, struct testbed *bed, uint32_t update_size)
{
    uint32_t pages = (update_size + OTTER_PAGE_SIZE - 1) / OTTER_PAGE_SIZE;
    uint64_t op = board_flash_ops(testbed_board(bed)) + pages + update_size / 2;
    board_cut_at(testbed_board(bed), op, BOARD_TEAR_TORN, demo->seed);
}

static void tell_cut(struct demo *demo, struct testbed *bed)
{
    char text[120];
    demo->line_len = 0; /* the rest of the line died with the supply */
    snprintf(text, sizeof text, "FAILS in flash operation %" PRIu64 ", which is left torn",
             board_flash_ops(testbed_board(bed)));
    say(demo, "power:", text);
}

/* Let the module's offer take its course, cutting the power once if `cut`. Returns an exit status. */
static int run(struct demo *demo, struct testbed *bed, bool cut, uint32_t update_size)
{
    bool armed = false;
    say(demo, "power:", "on");
    testbed_power_on(bed);
    while (testbed_outcome(bed) == MODULE_EVENT_STARTED &&
           testbed_now_ms(bed) < LIMIT_S * 1000u) {
        enum board_stop stop = testbed_run_ms(bed, 10);
        if (cut && !armed && strstr(testbed_log(bed), "Install [") != NULL) {
            arm_cut(demo, bed, update_size);
            armed = true;
        }
        if (stop == BOARD_STOP_POWER) {
            tell_cut(demo, bed);
            say(demo, "power:", "on");
            testbed_power_on(bed);
            cut = false;
        } else if (stop != BOARD_STOP_TIME) {
            return report_failure("board", "%s", board_why(testbed_board(bed)));
        }
    }
    progress_line_break(&demo->progress);
    if (cut) {
        return report_failure("power cut", "did not happen: nothing is shown");
    }
    return 0;
}

/* ---- the three parts of the story ---- */

/* The device between the parts: what lies in its flash. */
struct device {
    uint8_t flash[OTTER_FLASH_SIZE];
    double seconds; /* that the last part took */
    uint8_t id[12];
};

/* Offer `image` as `version` to the device. It must come to `outcome`, with `expected` in APP. */
static int play(struct demo *demo, struct device *device, const struct file *image,
                const uint8_t version[8], bool cut, enum module_event_kind outcome,
                const struct file *expected)
{
    const struct testbed_load load = {OTTER_FLASH_ADDR, device->flash, sizeof device->flash};
    struct testbed_config config = {.board = {.seed = demo->seed},
                                    .loads = &load,
                                    .load_count = 1,
                                    .log = on_log,
                                    .log_ctx = demo};
    config.module.file = image_file_offer(image);
    config.module.event = on_event;
    config.module.ctx = demo;
    memcpy(config.module.version, version, 8);
    struct testbed *bed = testbed_new(&config);
    if (bed == NULL) {
        return report_failure("board", "out of memory");
    }
    demo->bed = bed;
    demo->image_size = (uint32_t)image->len;
    if (demo->protect) {
        board_protect_flash(testbed_board(bed), OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    int status = run(demo, bed, cut, (uint32_t)image->len);
    memcpy(device->flash, board_flash(testbed_board(bed)), sizeof device->flash);
    memcpy(device->id, board_unique_id(testbed_board(bed)), sizeof device->id);
    device->seconds = testbed_now_ms(bed) / 1000.0;
    if (status == 0 && testbed_outcome(bed) != outcome) {
        status =
            report_failure("update", "%s", demo->failure[0] ? demo->failure : "took too long");
    }
    const uint8_t *app = device->flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    if (status == 0 && memcmp(app, expected->data, expected->len) != 0) {
        status = report_failure("APP", "is not the image it should be, bit by bit");
    }
    testbed_free(bed);
    return status;
}

static int tell(struct demo *demo, struct device *device, const struct file *app,
                const struct file *update, const struct file *bad)
{
    uint8_t old_version[8], new_version[8], bad_version[8];
    if (!image_file_read_version(app, old_version) ||
        !image_file_read_version(update, new_version)) {
        return report_failure(demo->update, "no otter trailer: its version is not known");
    }
    say(demo, "demo:", "a new version comes, and the power fails while it is installed");
    int status =
        play(demo, device, update, new_version, !demo->no_cut, MODULE_EVENT_UPDATED, update);
    double seconds = device->seconds;
    if (status == 0 && bad->len != 0) {
        if (!image_file_read_version(bad, bad_version)) {
            return report_failure(demo->bad, "no otter trailer: its version is not known");
        }
        struct file forged = {malloc(update->len), update->len};
        if (forged.data == NULL) {
            return report_failure(demo->update, "out of memory");
        }
        memcpy(forged.data, update->data, update->len);
        forged.data[update->len / 2] ^= 1;
        say(demo, "demo:", "a forged image comes: one bit is not what was signed");
        status = play(demo, device, &forged, bad_version, false, MODULE_EVENT_FAILED, update);
        file_free(&forged);
    }
    if (status == 0 && bad->len != 0) {
        say(demo, "demo:", "a signed image comes that does not work: it never confirms");
        status = play(demo, device, bad, bad_version, false, MODULE_EVENT_FAILED, update);
    }
    if (status == 0) {
        printf("demo: device ");
        for (unsigned i = 0; i < sizeof device->id; i++) {
            printf("%02X", device->id[i]);
        }
        printf(" updated %.8s -> %.8s in %.1f s\n", (const char *)old_version,
               (const char *)new_version, seconds);
    }
    return status;
}

int cmd_demo(int argc, char **argv)
{
    static const struct argp parser = {options,
                                       parse,
                                       NULL,
                                       "Update the modelled board, and cut its power while the "
                                       "bootloader installs; then, with --bad, "
                                       "offer it a forged image and one that does not work.",
                                       NULL,
                                       NULL,
                                       NULL};
    struct demo demo = {.seed = 1};
    progress_line_init(&demo.progress, stdout, "module: ");
    int err = cmd_parse(&parser, "otter demo", argc, argv, &demo);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    static struct device device;
    struct file boot = {0}, app = {0}, update = {0}, bad = {0};
    struct host_error error;
    int status;
    if (file_read(demo.boot, OTTER_BOOT_SIZE, &boot, &error) != 0 ||
        file_read(demo.app, OTTER_APP_SIZE, &app, &error) != 0 ||
        file_read(demo.update, OTTER_APP_SIZE, &update, &error) != 0 ||
        (demo.bad != NULL && file_read(demo.bad, OTTER_APP_SIZE, &bad, &error) != 0)) {
        status = report_error(&error);
    } else {
        memset(device.flash, 0xFF, sizeof device.flash);
        memcpy(device.flash + (OTTER_BOOT_ADDR - OTTER_FLASH_ADDR), boot.data, boot.len);
        memcpy(device.flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR), app.data, app.len);
        status = tell(&demo, &device, &app, &update, &bad);
    }
    file_free(&boot);
    file_free(&app);
    file_free(&update);
    file_free(&bad);
    return status;
}
