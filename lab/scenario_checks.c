/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/scenario_checks.h"
#include <stdio.h>
#include <string.h>
#include "port/stm32f103/partitions.h"

enum {
    RUNNING_MS = 1000,
    START_MS = 8000, /* a start at which the bootloader still has a whole swap to do */
    TRIALS = 3,
};

static const char version_text[] = "SoftVersion = ";
static const char mute_text[] = "Mute\r\n"; /* app_no_confirm's start */

/* ---- the log ---- */

/* Behind the last `text`; NULL if there is none. */
static const char *behind_last(const char *log, const char *text)
{
    const char *behind = NULL;
    for (const char *at = strstr(log, text); at != NULL; at = strstr(behind, text)) {
        behind = at + strlen(text);
    }
    return behind;
}

static unsigned count(const char *log, const char *text)
{
    unsigned times = 0;
    for (const char *at = strstr(log, text); at != NULL; at = strstr(at + 1, text)) {
        times++;
    }
    return times;
}

/* Does an app of that version say in `log` that it has started, and none after it? */
static bool runs(const char *log, const uint8_t version[8])
{
    const char *last = behind_last(log, version_text);
    const char *mute = behind_last(log, mute_text);
    return last != NULL && (mute == NULL || mute < last) &&
           strncmp(last, (const char *)version, 8) == 0;
}

/* ---- the end ---- */

bool scenario_is_done(const struct scenario *scenario, const struct testbed *bed)
{
    enum module_event_kind outcome = testbed_outcome(bed);
    const char *log = testbed_log(bed);
    const char *reverted;
    switch (scenario->kind) {
    case SCENARIO_REVERT:
        reverted = behind_last(log, "Revert [");
        return reverted != NULL
                   ? runs(reverted, scenario->old_version)
                   : outcome == MODULE_EVENT_FAILED && strstr(log, "Install [") == NULL;
    case SCENARIO_RECOVERY:
        return outcome == MODULE_EVENT_UPDATED;
    case SCENARIO_UPDATE:
        break;
    }
    return outcome != MODULE_EVENT_STARTED;
}

/* ---- what is no good end ---- */

static bool app_is(struct testbed *bed, const struct file *image)
{
    const uint8_t *app = board_flash(testbed_board(bed)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

static const char *why_not_done(const struct scenario *scenario, struct testbed *bed,
                                enum board_stop stop, enum scenario_failure *out_kind)
{
    switch (stop) {
    case BOARD_STOP_LOCKUP:
        return "the core is locked up";
    case BOARD_STOP_UNKNOWN:
        if (scenario->replay != NULL && replay_counts(scenario->replay).differences != 0) {
            *out_kind = SCENARIO_OTHER;
            return "what is remembered is not what the bootloader does now";
        }
        return "the firmware does what the model does not have";
    case BOARD_STOP_BKPT:
        return "the firmware stops at a BKPT instruction";
    case BOARD_STOP_ASKED:
        *out_kind = SCENARIO_OTHER;
        return "not judged: the debugger ended the run";
    case BOARD_STOP_TIME:
    case BOARD_STOP_POWER:
    case BOARD_STOP_TRAP:
    case BOARD_STOP_ENDPOINT:
    case BOARD_STOP_STATE:
        break;
    }
    if (scenario->kind == SCENARIO_REVERT && app_is(bed, &scenario->update)) {
        *out_kind = SCENARIO_LOST_REVERT;
        return "an app that does not confirm stays";
    }
    return "neither updated nor failed within the time";
}

/* Which app should be there? */
static const struct file *expected(const struct scenario *scenario, const struct testbed *bed)
{
    bool is_updated = testbed_outcome(bed) == MODULE_EVENT_UPDATED;
    return scenario->kind == SCENARIO_REVERT || !is_updated ? &scenario->app
                                                            : &scenario->update;
}

static const char *check_app(const struct scenario *scenario, struct testbed *bed,
                             enum scenario_failure *out_kind)
{
    bool is_old = scenario->app.len != 0 && app_is(bed, &scenario->app);
    bool is_new = app_is(bed, &scenario->update);
    if (!is_old && !is_new) {
        *out_kind = SCENARIO_UNVERIFIED_START;
        return "APP is neither the old nor the new image";
    }
    if (expected(scenario, bed) == &scenario->app ? is_old : is_new) {
        return NULL;
    }
    *out_kind = scenario->kind == SCENARIO_REVERT ? SCENARIO_LOST_REVERT : SCENARIO_OTHER;
    return is_new ? "new image in APP, but the update was told as failed"
                  : "old image in APP, but the update was told as done";
}

/* Is what the bootloader has done on the way what it should do? */
static const char *check_way(const struct scenario *scenario, const struct testbed *bed,
                             enum scenario_failure *out_kind)
{
    const char *log = testbed_log(bed);
    if (scenario->kind != SCENARIO_RECOVERY && strstr(log, "Recover [") != NULL) {
        *out_kind = SCENARIO_BRICK;
        return "a brick: the bootloader found no image to start, and waited for one";
    }
    if (scenario->kind != SCENARIO_REVERT) {
        *out_kind = SCENARIO_OTHER;
        return strstr(log, "Refuse [") != NULL || strstr(log, "Revert [") != NULL
                   ? "a good image was refused or taken back"
                   : NULL;
    }
    *out_kind = SCENARIO_LOST_REVERT;
    if (testbed_outcome(bed) == MODULE_EVENT_UPDATED) {
        return "an app that does not confirm was told as updated";
    }
    return count(log, mute_text) > TRIALS ? "an app that does not confirm was started again"
                                          : NULL;
}

/* Does the app that should be there say, in the log behind `from`, that it has started? */
static bool starts(const struct scenario *scenario, struct testbed *bed, size_t from,
                   uint32_t limit_ms)
{
    const uint8_t *version = expected(scenario, bed) == &scenario->app ? scenario->old_version
                                                                       : scenario->new_version;
    char text[40];
    snprintf(text, sizeof text, "%s%.8s", version_text, (const char *)version);
    return testbed_run_until_log(bed, text, from, limit_ms) > 0;
}

/* The supply once more: the same app must start, and nothing be taken back. */
static const char *check_next_start(const struct scenario *scenario, struct testbed *bed,
                                    enum scenario_failure *out_kind)
{
    size_t from = testbed_log_len(bed);
    testbed_power_on(bed);
    bool good = starts(scenario, bed, from, START_MS);
    if (strstr(testbed_log(bed) + from, "Revert [") != NULL) {
        *out_kind =
            scenario->kind == SCENARIO_REVERT ? SCENARIO_LOST_REVERT : SCENARIO_LOST_CONFIRM;
        return "the next start takes the app back";
    }
    *out_kind = SCENARIO_BRICK;
    return good ? NULL : "the right image is in APP, but does not start again";
}

const char *scenario_check(const struct scenario *scenario, struct testbed *bed,
                           size_t log_from, enum board_stop stop, bool done,
                           enum scenario_failure *out_kind)
{
    *out_kind = SCENARIO_BRICK;
    if (!done) {
        return why_not_done(scenario, bed, stop, out_kind);
    }
    const char *why = check_way(scenario, bed, out_kind);
    if (why == NULL) {
        why = check_app(scenario, bed, out_kind);
    }
    if (why != NULL) {
        return why;
    }
    if (!starts(scenario, bed, log_from, RUNNING_MS)) {
        *out_kind = SCENARIO_BRICK;
        return "the right image is in APP, but does not run";
    }
    return check_next_start(scenario, bed, out_kind);
}
