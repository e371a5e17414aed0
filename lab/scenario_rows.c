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
        .is_done = scenario_is_told,
        .checks = {&scenario_no_recovery, &scenario_good_image_stays},
    },
    {
        .name = "revert",
        .summary = "the update never confirms: the app before it comes back",
        .has_app = true,
        .end = SCENARIO_ENDS_OLD,
        .wrong_image = SCENARIO_LOST_REVERT,
        .is_done = scenario_is_reverted,
        .checks = {&scenario_no_recovery, &scenario_not_told_updated,
                   &scenario_trials_are_limited},
    },
    {
        .name = "recovery",
        .summary = "there is no app: the bootloader receives the update",
        .has_app = false,
        .end = SCENARIO_ENDS_AS_TOLD,
        .wrong_image = SCENARIO_OTHER,
        .is_done = scenario_is_updated,
        .checks = {&scenario_good_image_stays},
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
