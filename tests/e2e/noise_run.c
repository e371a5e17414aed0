/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/e2e/noise_run.h"
#include <stdio.h>
#include <string.h>
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum {
    LIMIT_MS = 30 * 60 * 1000, /* the module must have come to its verdict */
    SETTLE_MS = 6 * 60 * 1000, /* on a clean line: what still runs ends, and the app answers */
    STEP_MS = 10,
};

struct watch {
    struct rig *rig;
    bool show;
    uint32_t asked, answers;
};

static void on_event(void *ctx, const struct module_event *event)
{
    struct watch *watch = ctx;
    watch->asked += event->kind == MODULE_READY;
    watch->answers += event->kind == MODULE_ANSWER;
    if (watch->show && event->kind != MODULE_PROGRESS) {
        printf("%7u ms event %d piece %u of %u %s %s\n", (unsigned)rig_now_ms(watch->rig),
               (int)event->kind, event->number, event->count,
               event->kind == MODULE_FAILED ? module_failure_name(event->failure) : "",
               event->text != NULL ? event->text : "");
    }
}

static void show_log(void *ctx, char byte)
{
    (void)ctx;
    putchar(byte);
}

static bool is_app(struct rig *rig, const struct firmware *image)
{
    const uint8_t *app = board_flash(rig_board(rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

/* Does the app answer a read of its data points, as soon as nothing else is going on? */
static bool answers(struct watch *watch)
{
    const struct otter_p0 read = {.action = OTTER_P0_READ};
    uint32_t before = watch->answers;

    for (uint32_t ms = 0; ms < SETTLE_MS; ms += 500) {
        struct module *module = rig_module(watch->rig);
        if (rig_run_ms(watch->rig, 500) != BOARD_STOP_TIME) {
            return false;
        }
        if (watch->answers != before) {
            return true;
        }
        if (module_control(module, &read, rig_now_ms(watch->rig)) != 0) {
            continue; /* a transfer runs, or the module asks 0x01 */
        }
    }
    return false;
}

static void judge(struct watch *watch, struct noise_result *result)
{
    struct rig *rig = watch->rig;
    const char *what = NULL;

    if (!answers(watch)) {
        what = "no answer at the end";
    } else if (result->end == NOISE_FAILED) { /* what is in flash must start again, too */
        board_reset(rig_board(rig));
        what = answers(watch) ? NULL : "no answer after a reset";
    }
    bool is_new = is_app(rig, &firmware_set()->new_app);
    if (!is_new && (result->end == NOISE_UPDATED || !is_app(rig, &firmware_set()->old_app))) {
        result->end = NOISE_WRONG_IMAGE;
        snprintf(result->why, sizeof result->why, "APP is wrong");
    } else if (what != NULL) {
        result->end = NOISE_UNCLEAN;
        snprintf(result->why, sizeof result->why, "%s", what);
    }
}

void noise_run(const struct noise_rates *rates, uint64_t seed, bool show,
               struct noise_result *out_result)
{
    struct watch watch = {.show = show};
    struct module_config module = {.event = on_event, .ctx = &watch};
    struct rig_config config;

    memset(out_result, 0, sizeof *out_result);
    firmware_rig_config(&config, seed, &module);
    config.log = show ? show_log : NULL;
    struct rig *rig = rig_new(&config);
    if (rig == NULL) {
        snprintf(out_result->why, sizeof out_result->why, "out of memory");
        out_result->end = NOISE_UNCLEAN;
        return;
    }
    watch.rig = rig;
    rig_set_noise(rig, rates, seed);
    rig_power_on(rig);
    enum board_stop stop = BOARD_STOP_TIME;
    while (stop == BOARD_STOP_TIME && rig_outcome(rig) == MODULE_STARTED &&
           rig_now_ms(rig) < LIMIT_MS) {
        stop = rig_run_ms(rig, STEP_MS);
    }
    out_result->ms = rig_now_ms(rig);
    out_result->faults = (uint32_t)rig_noise_faults(rig);
    out_result->asked = watch.asked;
    rig_set_noise(rig, NULL, 0);
    out_result->end = rig_outcome(rig) == MODULE_UPDATED ? NOISE_UPDATED : NOISE_FAILED;
    snprintf(out_result->why, sizeof out_result->why, "%s",
             rig_outcome(rig) == MODULE_FAILED ? module_failure_name(rig_failure(rig)) : "");
    bool ended = rig_outcome(rig) != MODULE_STARTED;
    if (stop != BOARD_STOP_TIME) {
        snprintf(out_result->why, sizeof out_result->why, "%.47s", board_why(rig_board(rig)));
    } else {
        judge(&watch, out_result);
    }
    if ((stop != BOARD_STOP_TIME || !ended) && out_result->end != NOISE_WRONG_IMAGE) {
        out_result->end = NOISE_UNCLEAN;
        if (stop == BOARD_STOP_TIME) {
            snprintf(out_result->why, sizeof out_result->why, "no verdict in time");
        }
    }
    rig_free(rig);
}
