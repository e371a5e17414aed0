/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rig/update_judge.h"
#include <stdio.h>
#include <string.h>
#include "port/stm32f103/partitions.h"

enum {
    RUNNING_MS = 1000,
    START_MS = 8000, /* a start at which the bootloader still has a whole swap to do */
    TRIALS = 3,
};

static const char version_text[] = "SoftVersion = ";
static const char mute_text[] = "Mute\r\n"; /* muteapp's start */

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

bool update_is_done(const struct update_world *update, const struct rig *rig)
{
    enum module_event_kind outcome = rig_outcome(rig);
    const char *log = rig_log(rig);
    const char *reverted;
    switch (update->scenario) {
    case UPDATE_REVERTS:
        reverted = behind_last(log, "Revert [");
        return reverted != NULL ? runs(reverted, update->old_version)
                                : outcome == MODULE_FAILED && strstr(log, "Install [") == NULL;
    case UPDATE_RECOVERS:
        return outcome == MODULE_UPDATED;
    case UPDATE_SUCCEEDS:
        break;
    }
    return outcome != MODULE_STARTED;
}

/* ---- what is no good end ---- */

static bool app_is(struct rig *rig, const struct file *image)
{
    const uint8_t *app = board_flash(rig_board(rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

static const char *why_not_done(const struct update_world *update, struct rig *rig,
                                enum board_stop stop, enum update_failure *out_kind)
{
    switch (stop) {
    case BOARD_STOP_LOCKUP:
        return "the core is locked up";
    case BOARD_STOP_UNKNOWN:
        if (update->recall != NULL && recall_counts(update->recall).differences != 0) {
            *out_kind = UPDATE_OTHER;
            return "what is remembered is not what the bootloader does now";
        }
        return "the firmware does what the model does not have";
    case BOARD_STOP_BKPT:
        return "the firmware stops at a BKPT instruction";
    case BOARD_STOP_ASKED:
        *out_kind = UPDATE_OTHER;
        return "not judged: the debugger ended the run";
    case BOARD_STOP_TIME:
    case BOARD_STOP_POWER:
        break;
    }
    if (update->scenario == UPDATE_REVERTS && app_is(rig, &update->update)) {
        *out_kind = UPDATE_LOST_REVERT;
        return "an app that does not confirm stays";
    }
    return "neither updated nor failed within the time";
}

/* Which app should be there? */
static const struct file *expected(const struct update_world *update, const struct rig *rig)
{
    bool is_updated = rig_outcome(rig) == MODULE_UPDATED;
    return update->scenario == UPDATE_REVERTS || !is_updated ? &update->app : &update->update;
}

static const char *judge_app(const struct update_world *update, struct rig *rig,
                             enum update_failure *out_kind)
{
    bool is_old = update->app.len != 0 && app_is(rig, &update->app);
    bool is_new = app_is(rig, &update->update);
    if (!is_old && !is_new) {
        *out_kind = UPDATE_UNVERIFIED_START;
        return "APP is neither the old nor the new image";
    }
    if (expected(update, rig) == &update->app ? is_old : is_new) {
        return NULL;
    }
    *out_kind = update->scenario == UPDATE_REVERTS ? UPDATE_LOST_REVERT : UPDATE_OTHER;
    return is_new ? "new image in APP, but the update was told as failed"
                  : "old image in APP, but the update was told as done";
}

/* Is what the bootloader has done on the way what it should do? */
static const char *judge_way(const struct update_world *update, const struct rig *rig,
                             enum update_failure *out_kind)
{
    const char *log = rig_log(rig);
    if (update->scenario != UPDATE_RECOVERS && strstr(log, "Recover [") != NULL) {
        *out_kind = UPDATE_BRICK;
        return "a brick: the bootloader found no image to start, and waited for one";
    }
    if (update->scenario != UPDATE_REVERTS) {
        *out_kind = UPDATE_OTHER;
        return strstr(log, "Refuse [") != NULL || strstr(log, "Revert [") != NULL
                   ? "a good image was refused or taken back"
                   : NULL;
    }
    *out_kind = UPDATE_LOST_REVERT;
    if (rig_outcome(rig) == MODULE_UPDATED) {
        return "an app that does not confirm was told as updated";
    }
    return count(log, mute_text) > TRIALS ? "an app that does not confirm was started again"
                                          : NULL;
}

/* Does the app that should be there say, in the log behind `from`, that it has started? */
static bool starts(const struct update_world *update, struct rig *rig, size_t from,
                   uint32_t limit_ms)
{
    const uint8_t *version =
        expected(update, rig) == &update->app ? update->old_version : update->new_version;
    char text[40];
    snprintf(text, sizeof text, "%s%.8s", version_text, (const char *)version);
    return rig_run_until_log(rig, text, from, limit_ms) > 0;
}

/* The supply once more: the same app must start, and nothing be taken back. */
static const char *judge_next_start(const struct update_world *update, struct rig *rig,
                                    enum update_failure *out_kind)
{
    size_t from = rig_log_len(rig);
    rig_power_on(rig);
    bool good = starts(update, rig, from, START_MS);
    if (strstr(rig_log(rig) + from, "Revert [") != NULL) {
        *out_kind =
            update->scenario == UPDATE_REVERTS ? UPDATE_LOST_REVERT : UPDATE_LOST_CONFIRM;
        return "the next start takes the app back";
    }
    *out_kind = UPDATE_BRICK;
    return good ? NULL : "the right image is in APP, but does not start again";
}

const char *update_judge(const struct update_world *update, struct rig *rig, size_t log_from,
                         enum board_stop stop, bool done, enum update_failure *out_kind)
{
    *out_kind = UPDATE_BRICK;
    if (!done) {
        return why_not_done(update, rig, stop, out_kind);
    }
    const char *why = judge_way(update, rig, out_kind);
    if (why == NULL) {
        why = judge_app(update, rig, out_kind);
    }
    if (why != NULL) {
        return why;
    }
    if (!starts(update, rig, log_from, RUNNING_MS)) {
        *out_kind = UPDATE_BRICK;
        return "the right image is in APP, but does not run";
    }
    return judge_next_start(update, rig, out_kind);
}
