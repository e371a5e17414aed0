/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "lab/scenario_checks.h"

const struct scenario_kind scenario_kinds[] = {
    {
        .name = "update",
        .summary = "the update runs and confirms, or nothing has changed",
        .has_app = true,
        .end = SCENARIO_ENDS_AS_TOLD,
        .wrong_image = SCENARIO_OTHER,
        .stuck = SCENARIO_BRICK,
        .is_done = scenario_is_told,
        .checks = {&scenario_no_recovery, &scenario_good_image_stays},
    },
    {
        .name = "revert",
        .summary = "the update never confirms: the app before it comes back",
        .has_app = true,
        .end = SCENARIO_ENDS_OLD,
        .wrong_image = SCENARIO_LOST_REVERT,
        .stuck = SCENARIO_BRICK,
        .limit_s = 300, /* of a hang, each trial is 34 s at 30 kHz of the watchdog's clock */
        .is_done = scenario_is_reverted,
        .checks = {&scenario_no_recovery, &scenario_not_told_updated,
                   &scenario_trials_are_limited},
    },
    {
        .name = "revert-rescue",
        .summary =
            "the update never confirms: the app before it comes back, and takes the rescue",
        .has_app = true,
        .end = SCENARIO_ENDS_RESCUED,
        .wrong_image = SCENARIO_UNREACHABLE,
        .stuck = SCENARIO_UNREACHABLE,
        .limit_s = 1800, /* a generated project may be on trial for five minutes, three times */
        .next = SCENARIO_NEXT_RESCUE,
        .is_next_due = scenario_is_reverted,
        .is_done = scenario_is_rescued,
        .checks = {&scenario_no_recovery, &scenario_trials_are_limited},
    },
    {
        .name = "recovery",
        .summary = "there is no app: the bootloader receives the update",
        .has_app = false,
        .end = SCENARIO_ENDS_AS_TOLD,
        .wrong_image = SCENARIO_OTHER,
        .stuck = SCENARIO_BRICK,
        .is_done = scenario_is_updated,
        .checks = {&scenario_good_image_stays},
    },
    {
        .name = "recovery-bad",
        .summary =
            "there is no app, and the update never confirms: the rescue is taken after it",
        .has_app = false,
        .end = SCENARIO_ENDS_RESCUED,
        .wrong_image = SCENARIO_UNREACHABLE,
        .stuck = SCENARIO_UNREACHABLE,
        .limit_s = 600,
        .next = SCENARIO_NEXT_RESCUE,
        .is_next_due = scenario_waits_unconfirmed,
        .is_done = scenario_is_rescued,
        .checks = {&scenario_trials_per_install},
    },
    {
        .name = "watchdog-loop",
        .summary = "the app crashes at every start: the bootloader receives the update",
        .has_app = true,
        .end = SCENARIO_ENDS_NEW,
        .wrong_image = SCENARIO_UNREACHABLE,
        .stuck = SCENARIO_UNREACHABLE,
        .limit_s = 300,
        .next = SCENARIO_NEXT_AS_OFTEN,
        .is_next_due = scenario_is_failed,
        .is_done = scenario_is_updated,
        .checks = {&scenario_crashed},
    },
    {
        .name = "refused",
        .summary = "the signature of the update is wrong: the app stays, and says why",
        .has_app = true,
        .is_forged = true,
        .end = SCENARIO_ENDS_OLD,
        .wrong_image = SCENARIO_UNVERIFIED_START,
        .stuck = SCENARIO_OTHER,
        .is_done = scenario_is_refused,
        .checks = {&scenario_nothing_installed, &scenario_no_recovery,
                   &scenario_not_told_updated},
    },
    {
        .name = "repeated",
        .summary = "the update is offered again as a newer version: nothing is erased for it",
        .has_app = true,
        .end = SCENARIO_ENDS_AS_TOLD,
        .wrong_image = SCENARIO_LOST_CONFIRM,
        .stuck = SCENARIO_BRICK,
        .next = SCENARIO_NEXT_SAME,
        .is_next_due = scenario_is_updated,
        .is_done = scenario_is_failed,
        .checks = {&scenario_no_recovery, &scenario_good_image_stays, &scenario_told_installed,
                   &scenario_nothing_erased},
    },
};
const unsigned scenario_kind_count = sizeof scenario_kinds / sizeof scenario_kinds[0];

const struct scenario_kind *scenario_find(const char *name)
{
    for (unsigned i = 0; i < scenario_kind_count; i++) {
        if (strcmp(scenario_kinds[i].name, name) == 0) {
            return &scenario_kinds[i];
        }
    }
    return NULL;
}
