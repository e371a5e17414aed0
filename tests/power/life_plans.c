/* SPDX-License-Identifier: Apache-2.0 */
#include "power/life_plans.h"
#include <inttypes.h>
#include <stdio.h>

enum { KB = 1024 };

const struct life_plan life_plans[LIFE_PLANS] = {
    {.name = "good", .size = {26 * KB, 26 * KB, 21 * KB + 4}, .confirm_at = {1, 1, 2}},
    {.name = "bad", .size = {26 * KB, 20 * KB + 8, 26 * KB}, .confirm_at = {1, 0, 1}},
    {.name = "mixed",
     .size = {3 * KB, 2 * KB + 100, 3 * KB, KB, 2 * KB},
     .confirm_at = {1, 3, 0, 2, 1}},
    {.name = "small good",
     .size = {3 * KB, 3 * KB, 2 * KB, 3 * KB, 3 * KB},
     .confirm_at = {1, 1, 2, 3, 1}},
    {.name = "small bad",
     .size = {2 * KB, 3 * KB, 3 * KB, 3 * KB, 2 * KB},
     .confirm_at = {1, 0, 0, 0, 0}},
    {.name = "empty", .size = {2 * KB + 100, 2 * KB}, .confirm_at = {1, 2}, .ruin = RUIN_EMPTY},
    {.name = "empty, mute",
     .size = {2 * KB, 2 * KB + 100, 3 * KB},
     .confirm_at = {0, 1, 1},
     .ruin = RUIN_EMPTY},
    {.name = "empty, mute, alone",
     .size = {2 * KB + 100, 2 * KB},
     .confirm_at = {0, 2},
     .ruin = RUIN_EMPTY,
     .unheard = true},
    {.name = "noise", .size = {2 * KB}, .confirm_at = {1}, .ruin = RUIN_NOISE},
    {.name = "half swapped",
     .size = {2 * KB + 100},
     .confirm_at = {1},
     .ruin = RUIN_HALF_SWAPPED},
    {.name = "half restored",
     .size = {2 * KB + 100},
     .confirm_at = {1},
     .ruin = RUIN_HALF_RESTORED},
    {.name = "decayed", .size = {2 * KB}, .confirm_at = {1}, .ruin = RUIN_DECAYED},
    {.name = "asked",
     .size = {2 * KB, KB, 2 * KB},
     .confirm_at = {1, 1, 0},
     .asks_to_recover = true},
};

static struct life_reference references[LIFE_PLANS];

static bool run_reference(struct device_life *life, unsigned plan)
{
    struct life_reference *reference = &references[plan];

    life_begin(life, &life_plans[plan]);
    while (!life_is_over(life) && reference->count < LIFE_SNAPSHOTS_MAX) {
        life_save(life, &reference->snapshots[reference->count++]);
        (void)life_run(life, 0);
    }
    reference->operations = life->state.operations;
    if (life->breach != LIFE_KEPT || !life_is_over(life)) {
        fprintf(stderr, "plan \"%s\" without any fault: %s\n", life_plans[plan].name,
                life->breach != LIFE_KEPT ? life->failure : "never ends");
        return false;
    }
    return true;
}

bool life_references_run(struct device_life *life)
{
    for (unsigned plan = 0; plan < LIFE_PLANS; plan++) {
        if (!run_reference(life, plan)) {
            return false;
        }
        printf("plan \"%s\": %" PRIu64 " operations, %u runs\n", life_plans[plan].name,
               references[plan].operations, references[plan].count);
    }
    return true;
}

const struct life_reference *life_reference_of(unsigned plan)
{
    return &references[plan];
}

const struct life_snapshot *life_snapshot_before(unsigned plan, uint64_t operation)
{
    const struct life_reference *reference = &references[plan];
    unsigned i = reference->count - 1;

    while (i > 0 && reference->snapshots[i].state.operations >= operation) {
        i--;
    }
    return &reference->snapshots[i];
}
