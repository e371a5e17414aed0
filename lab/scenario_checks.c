/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/scenario_checks.h"
#include <stdio.h>
#include <string.h>
#include "lab/flash_view.h"
#include "otter/reason.h"
#include "port/stm32f103/partitions.h"

enum {
    RUNNING_MS = 1000,
    START_MS = 8000, /* a start at which the bootloader still has a whole swap to do */
};

/* What apps say when they start: the pet house, with its version, and those that do not
 * confirm, app_no_confirm and app_crashes. */
static const char version_text[] = "SoftVersion = ";
static const char *const bad_texts[] = {"Mute\r\n", "Crash\r\n"};
enum { BAD_TEXTS = sizeof bad_texts / sizeof bad_texts[0] };
/* What the bootloader says. */
static const char install_text[] = "Install [";
static const char crashed_text[] = "Recover [16]"; /* OTTER_REASON_CRASHED */

/* ---- the journal ---- */

static bool is_refusal(uint8_t reason)
{
    return (reason >= OTTER_REASON_NO_IMAGE && reason <= OTTER_REASON_NOT_STARTABLE) ||
           reason == OTTER_REASON_DIGEST;
}

static bool is_revert(uint8_t reason)
{
    return reason == OTTER_REASON_UNCONFIRMED || reason == OTTER_REASON_BAD_COPY;
}

void scenario_look(struct scenario_run *run)
{
    struct scenario_seen *seen = &run->seen;
    struct board *board = testbed_board(run->bed);
    const struct otter_port port = flash_view_port(board);
    if (seen->ops == board_flash_ops(board) && seen->journal.kind != OTTER_JOURNAL_NONE) {
        return;
    }
    seen->ops = board_flash_ops(board);
    otter_journal_read(&port, run->scenario->layout, &seen->journal);
    seen->installed = seen->installed || seen->journal.kind == OTTER_JOURNAL_INSTALL;
    seen->refused = seen->refused || (seen->journal.kind == OTTER_JOURNAL_IDLE &&
                                      is_refusal(seen->journal.reason));
    seen->reverted =
        seen->reverted || seen->journal.kind == OTTER_JOURNAL_RESTORE ||
        (seen->journal.kind == OTTER_JOURNAL_IDLE && is_revert(seen->journal.reason));
}

/* ---- what apps say ---- */

/* The end of the last `text`; NULL if there is none. */
static const char *after_last(const char *log, const char *text)
{
    const char *after = NULL;
    for (const char *at = strstr(log, text); at != NULL; at = strstr(after, text)) {
        after = at + strlen(text);
    }
    return after;
}

/* What an app of that version says. */
enum { VERSION_TEXT_SIZE = 40 };
static void put_version_text(char out_text[VERSION_TEXT_SIZE], const uint8_t version[8])
{
    (void)snprintf(out_text, VERSION_TEXT_SIZE, "%s%.8s", version_text, (const char *)version);
}

static unsigned count(const char *log, const char *text)
{
    unsigned times = 0;
    for (const char *at = strstr(log, text); at != NULL; at = strstr(at + 1, text)) {
        times++;
    }
    return times;
}

/* Is an app of that version the last one that has said that it starts? */
static bool runs(const char *log, const uint8_t version[8])
{
    const char *last = after_last(log, version_text);
    if (last == NULL || strncmp(last, (const char *)version, 8) != 0) {
        return false;
    }
    for (unsigned i = 0; i < BAD_TEXTS; i++) {
        const char *bad = after_last(log, bad_texts[i]);
        if (bad != NULL && bad > last) {
            return false;
        }
    }
    return true;
}

/* Does the update never confirm, and is there an app to go back to? */
static bool is_to_go_back(const struct scenario_kind *kind)
{
    return kind->has_app && !kind->is_forged &&
           (kind->end == SCENARIO_ENDS_OLD || kind->end == SCENARIO_ENDS_RESCUED);
}

static unsigned count_bad_starts(const struct scenario_run *run)
{
    const struct scenario *scenario = run->scenario;
    const char *log = testbed_log(run->bed);
    unsigned starts = 0;
    for (unsigned i = 0; i < BAD_TEXTS; i++) {
        starts += count(log, bad_texts[i]);
    }
    if (is_to_go_back(scenario->kind)) {
        char text[VERSION_TEXT_SIZE];
        put_version_text(text, scenario->new_version);
        starts += count(log, text);
    }
    return starts;
}

/* ---- ends ---- */

static bool was_told_updated(const struct scenario_run *run)
{
    return testbed_outcome(run->bed) == MODULE_EVENT_UPDATED;
}

static bool is_on_trial(const struct scenario_run *run)
{
    const struct otter_journal *journal = &run->seen.journal;
    return journal->kind == OTTER_JOURNAL_INSTALL && !journal->confirmed;
}

bool scenario_is_told(const struct scenario_run *run)
{
    return scenario_is_updated(run) || scenario_is_failed(run);
}

bool scenario_is_failed(const struct scenario_run *run)
{
    return testbed_outcome(run->bed) == MODULE_EVENT_FAILED;
}

bool scenario_is_refused(const struct scenario_run *run)
{
    const struct testbed_told told = testbed_told(run->bed);
    return run->seen.installed || (run->seen.refused && !told.by_recovery &&
                                   told.status.reason == OTTER_REASON_SIGNATURE);
}

bool scenario_is_updated(const struct scenario_run *run)
{
    return was_told_updated(run) && !is_on_trial(run);
}

bool scenario_is_rescued(const struct scenario_run *run)
{
    return run->has_next && scenario_is_updated(run);
}

bool scenario_waits_unconfirmed(const struct scenario_run *run)
{
    const struct testbed_told told = testbed_told(run->bed);
    return told.by_recovery && told.status.reason == OTTER_REASON_UNCONFIRMED;
}

bool scenario_is_reverted(const struct scenario_run *run)
{
    const struct scenario_seen *seen = &run->seen;
    if (seen->reverted) {
        bool is_back = seen->journal.kind == OTTER_JOURNAL_IDLE ||
                       (seen->journal.kind == OTTER_JOURNAL_RESTORE && seen->journal.confirmed);
        return is_back && runs(testbed_log(run->bed), run->scenario->old_version);
    }
    return testbed_outcome(run->bed) == MODULE_EVENT_FAILED && !seen->installed;
}

/* ---- what must not have been ---- */

static bool needed_recovery(const struct scenario_run *run)
{
    return testbed_saw_recovery(run->bed);
}

static bool lost_good_image(const struct scenario_run *run)
{
    return run->seen.refused || run->seen.reverted;
}

static bool started_too_often(const struct scenario_run *run)
{
    return count_bad_starts(run) > OTTER_JOURNAL_TRIALS;
}

static bool started_too_often_per_install(const struct scenario_run *run)
{
    return count_bad_starts(run) >
           OTTER_JOURNAL_TRIALS * count(testbed_log(run->bed), install_text);
}

static bool was_installed(const struct scenario_run *run)
{
    return run->seen.installed;
}

static bool was_not_given_up(const struct scenario_run *run)
{
    return strstr(testbed_log(run->bed), crashed_text) == NULL;
}

static bool not_told_installed(const struct scenario_run *run)
{
    return run->has_next && testbed_told(run->bed).status.reason != OTTER_REASON_INSTALLED;
}

unsigned scenario_count_erases(const struct scenario_run *run)
{
    const struct otter_layout *layout = run->scenario->layout;
    const struct otter_region *places[] = {&layout->spare, &layout->app, &layout->backup};
    unsigned erases = 0;
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint32_t first = (places[i]->addr - OTTER_FLASH_ADDR) / OTTER_PAGE_SIZE;
        for (uint32_t page = first; page < first + places[i]->size / OTTER_PAGE_SIZE; page++) {
            erases += board_flash_erases(testbed_board(run->bed), page);
        }
    }
    return erases;
}

static bool erased_again(const struct scenario_run *run)
{
    return run->has_next && scenario_count_erases(run) != run->erases;
}

const struct scenario_check scenario_no_recovery = {
    needed_recovery, SCENARIO_BRICK,
    "a brick: the bootloader found no image to start, and waited for one"};
const struct scenario_check scenario_good_image_stays = {
    lost_good_image, SCENARIO_OTHER, "a good image was refused or taken back"};
const struct scenario_check scenario_not_told_updated = {
    was_told_updated, SCENARIO_LOST_REVERT, "an app that does not confirm was told as updated"};
const struct scenario_check scenario_trials_are_limited = {
    started_too_often, SCENARIO_LOST_REVERT, "an app that does not confirm was started again"};
const struct scenario_check scenario_trials_per_install = {
    started_too_often_per_install, SCENARIO_OTHER,
    "an app that does not confirm was started more often than on trial"};
const struct scenario_check scenario_nothing_installed = {
    was_installed, SCENARIO_UNVERIFIED_START, "an image that nobody signed was installed"};
const struct scenario_check scenario_crashed = {
    was_not_given_up, SCENARIO_OTHER,
    "it ends, but not by a recovery from an app that crashes"};
const struct scenario_check scenario_told_installed = {
    not_told_installed, SCENARIO_OTHER, "the module was not told that it is installed already"};
const struct scenario_check scenario_nothing_erased = {
    erased_again, SCENARIO_OTHER, "pages were erased for a file that is installed already"};

/* ---- the image in APP ---- */

static bool app_is(const struct scenario_run *run, const struct file *image)
{
    const uint8_t *app = flash_view_at(testbed_board(run->bed), OTTER_APP_ADDR);
    return image->len != 0 && memcmp(app, image->data, image->len) == 0;
}

/* Which image should be there? */
static bool expects_new(const struct scenario_run *run)
{
    const struct scenario_kind *kind = run->scenario->kind;
    /* What is offered a second time was told as done before. */
    bool was_told =
        was_told_updated(run) || (kind->next == SCENARIO_NEXT_SAME && run->has_next);
    return kind->end == SCENARIO_ENDS_NEW || (kind->end == SCENARIO_ENDS_AS_TOLD && was_told);
}

static const struct file *expected_app(const struct scenario_run *run)
{
    const struct scenario *scenario = run->scenario;
    return scenario->kind->end == SCENARIO_ENDS_RESCUED ? &scenario->rescue
           : expects_new(run)                           ? &scenario->update
                                                        : &scenario->app;
}

static const uint8_t *expected_version(const struct scenario_run *run)
{
    const struct scenario *scenario = run->scenario;
    return scenario->kind->end == SCENARIO_ENDS_RESCUED ? scenario->rescue_version
           : expects_new(run)                           ? scenario->new_version
                                                        : scenario->old_version;
}

static bool has_expected_app(const struct scenario_run *run)
{
    return app_is(run, expected_app(run));
}

static bool has_unknown_app(const struct scenario_run *run)
{
    const struct scenario *scenario = run->scenario;
    return !app_is(run, &scenario->app) && !app_is(run, &scenario->update) &&
           !app_is(run, &scenario->rescue);
}

static const char *check_app(const struct scenario_run *run, enum scenario_failure *out_kind)
{
    if (has_expected_app(run)) {
        return NULL;
    }
    if (has_unknown_app(run)) {
        *out_kind = SCENARIO_UNVERIFIED_START;
        return "APP is neither the old nor the new image";
    }
    *out_kind = run->scenario->kind->wrong_image;
    if (run->scenario->kind->end == SCENARIO_ENDS_RESCUED) {
        return "the bad image in APP, but the one after it was told as done";
    }
    return expects_new(run) ? "old image in APP, but the update was told as done"
                            : "new image in APP, but the update was told as failed";
}

/* Does the app that should be there say, in the log after `from`, that it has started? */
static bool starts(struct scenario_run *run, size_t from, uint32_t limit_ms)
{
    char text[VERSION_TEXT_SIZE];
    put_version_text(text, expected_version(run));
    return testbed_run_until_log(run->bed, text, from, limit_ms) > 0;
}

/* The supply once more: the same app must start, and nothing be taken back. */
static const char *check_next_start(struct scenario_run *run, enum scenario_failure *out_kind)
{
    size_t from = testbed_log_len(run->bed);
    bool was_reverted = run->seen.reverted;
    testbed_power_on(run->bed);
    bool good = starts(run, from, START_MS);
    scenario_look(run);
    if ((run->seen.reverted && !was_reverted) || !has_expected_app(run)) {
        *out_kind = run->scenario->kind->wrong_image == SCENARIO_LOST_REVERT
                        ? SCENARIO_LOST_REVERT
                        : SCENARIO_LOST_CONFIRM;
        return "the next start takes the app back";
    }
    *out_kind = SCENARIO_BRICK;
    return good ? NULL : "the right image is in APP, but does not start again";
}

/* ---- the verdict ---- */

static const char *why_not_done(const struct scenario_run *run, enum scenario_failure *out_kind)
{
    const struct scenario *scenario = run->scenario;
    switch (run->stop) {
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
        return "no verdict: the debugger ended the run";
    case BOARD_STOP_TIME:
    case BOARD_STOP_POWER:
    case BOARD_STOP_TRAP:
    case BOARD_STOP_ENDPOINT:
    case BOARD_STOP_STATE:
        break;
    }
    if (is_to_go_back(scenario->kind) && app_is(run, &scenario->update)) {
        *out_kind = SCENARIO_LOST_REVERT;
        return "an app that does not confirm stays";
    }
    if (was_told_updated(run) && is_on_trial(run)) {
        *out_kind = SCENARIO_LOST_CONFIRM;
        return "told as updated, but it never confirmed";
    }
    *out_kind = scenario->kind->stuck;
    return scenario->kind->stuck == SCENARIO_UNREACHABLE
               ? "no module can bring it back"
               : "neither updated nor failed within the time";
}

const char *scenario_check(struct scenario_run *run, bool done, enum scenario_failure *out_kind)
{
    const struct scenario_kind *kind = run->scenario->kind;
    *out_kind = SCENARIO_BRICK;
    scenario_look(run);
    if (!done) {
        return why_not_done(run, out_kind);
    }
    for (unsigned i = 0; i < SCENARIO_CHECKS_MAX && kind->checks[i] != NULL; i++) {
        if (kind->checks[i]->fails(run)) {
            *out_kind = kind->checks[i]->kind;
            return kind->checks[i]->why;
        }
    }
    const char *why = check_app(run, out_kind);
    if (why != NULL) {
        return why;
    }
    if (!starts(run, run->log_from, RUNNING_MS)) {
        *out_kind = SCENARIO_BRICK;
        return "the right image is in APP, but does not run";
    }
    return check_next_start(run, out_kind);
}
