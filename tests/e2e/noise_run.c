/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/e2e/noise_run.h"
#include <stdio.h>
#include <string.h>
#include "lab/replay/replay.h"
#include "port/stm32f103/partitions.h"
#include "host/module_text.h"
#include "tests/support/firmware.h"

enum {
    LIMIT_MS = 30 * 60 * 1000, /* the module must have come to its verdict */
    SETTLE_MS = 6 * 60 * 1000, /* on a clean line: what still runs ends, and the app answers */
    STEP_MS = 10,
};

struct watch {
    struct testbed *bed;
    bool show;
    uint32_t asked, answers;
};

static void on_event(void *ctx, const struct module_event *event)
{
    struct watch *watch = ctx;
    watch->asked += event->kind == MODULE_EVENT_READY;
    watch->answers += event->kind == MODULE_EVENT_ANSWER;
    char text[MODULE_TEXT_SIZE];
    if (watch->show && event->kind != MODULE_EVENT_PROGRESS) {
        module_text(event, text);
        printf("%7u ms event %d piece %u of %u %s %s\n", (unsigned)testbed_now_ms(watch->bed),
               (int)event->kind, event->number, event->count,
               event->kind == MODULE_EVENT_FAILED ? module_text_failure(event->failure) : "",
               text);
    }
}

static void show_log(void *ctx, char byte)
{
    (void)ctx;
    putchar(byte);
}

static bool is_app(struct testbed *bed, const struct firmware *image)
{
    const uint8_t *app = board_flash(testbed_board(bed)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

/* Does the app answer a read of its data points, as soon as nothing else is going on? */
static bool answers(struct watch *watch)
{
    const struct otter_p0 read = {.action = OTTER_P0_READ};
    uint32_t before = watch->answers;

    for (uint32_t ms = 0; ms < SETTLE_MS; ms += 500) {
        struct module *module = testbed_module(watch->bed);
        if (testbed_run_ms(watch->bed, 500) != BOARD_STOP_TIME) {
            return false;
        }
        if (watch->answers != before) {
            return true;
        }
        if (module_control(module, &read, testbed_now_ms(watch->bed)) != 0) {
            continue; /* a transfer runs, or the module asks 0x01 */
        }
    }
    return false;
}

static void judge(struct watch *watch, struct noise_result *result)
{
    struct testbed *bed = watch->bed;
    const char *what = NULL;

    if (!answers(watch)) {
        what = "no answer at the end";
    } else if (result->end == NOISE_FAILED) { /* what is in flash must start again, too */
        board_reset(testbed_board(bed));
        what = answers(watch) ? NULL : "no answer after a reset";
    }
    bool is_new = is_app(bed, &firmware_set()->new_app);
    if (!is_new && (result->end == NOISE_UPDATED || !is_app(bed, &firmware_set()->old_app))) {
        result->end = NOISE_WRONG_IMAGE;
        snprintf(result->why, sizeof result->why, "APP is wrong");
    } else if (what != NULL) {
        result->end = NOISE_UNCLEAN;
        snprintf(result->why, sizeof result->why, "%s", what);
    }
}

void noise_run(const struct line_noise_rates *rates, uint64_t seed, bool show,
               struct noise_result *out_result)
{
    struct watch watch = {.show = show};
    struct module_config module = {.hasty = true, .event = on_event, .ctx = &watch};
    struct testbed_config config;

    memset(out_result, 0, sizeof *out_result);
    firmware_testbed_config(&config, seed, &module);
    config.log = show ? show_log : NULL;
    struct host_error error;
    struct testbed *bed = testbed_new(&config, &error);
    if (bed == NULL) {
        snprintf(out_result->why, sizeof out_result->why, "%.*s",
                 (int)sizeof out_result->why - 1, error.reason);
        out_result->end = NOISE_UNCLEAN;
        return;
    }
    watch.bed = bed;
    static struct replay *replay; /* all runs install the same image */
    if (replay == NULL) {
        replay = firmware_replay("boot/boot.elf");
    }
    if (!replay_attach(replay, testbed_board(bed))) {
        snprintf(out_result->why, sizeof out_result->why, "out of memory");
        out_result->end = NOISE_UNCLEAN;
        testbed_free(bed);
        return;
    }
    testbed_set_noise(bed, rates, seed);
    testbed_power_on(bed);
    enum board_stop stop = BOARD_STOP_TIME;
    while (stop == BOARD_STOP_TIME && testbed_outcome(bed) == MODULE_EVENT_STARTED &&
           testbed_now_ms(bed) < LIMIT_MS) {
        stop = testbed_run_ms(bed, STEP_MS);
    }
    out_result->ms = testbed_now_ms(bed);
    out_result->faults = (uint32_t)testbed_noise_faults(bed);
    out_result->asked = watch.asked;
    testbed_set_noise(bed, NULL, 0);
    out_result->end =
        testbed_outcome(bed) == MODULE_EVENT_UPDATED ? NOISE_UPDATED : NOISE_FAILED;
    snprintf(out_result->why, sizeof out_result->why, "%s",
             testbed_outcome(bed) == MODULE_EVENT_FAILED
                 ? module_text_failure(testbed_failure(bed))
                 : "");
    bool ended = testbed_outcome(bed) != MODULE_EVENT_STARTED;
    if (stop != BOARD_STOP_TIME) {
        snprintf(out_result->why, sizeof out_result->why, "%.47s",
                 board_why(testbed_board(bed)));
    } else {
        judge(&watch, out_result);
    }
    if ((stop != BOARD_STOP_TIME || !ended) && out_result->end != NOISE_WRONG_IMAGE) {
        out_result->end = NOISE_UNCLEAN;
        if (stop == BOARD_STOP_TIME) {
            snprintf(out_result->why, sizeof out_result->why, "no verdict in time");
        }
    }
    testbed_free(bed);
}
