/* SPDX-License-Identifier: Apache-2.0 */
#include "power/life_plans.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = LIFE_PAGE, SLOT = LIFE_SLOT, ANY = LIFE_ANY };
enum { MUTE = LIFE_MUTE, CRASHES = LIFE_CRASHES };

#define TEN(x) x, x, x, x, x, x, x, x, x, x

/* Reports name a plan by its place here. */
const struct life_plan life_plans[LIFE_PLANS] = {
    /* whole slots */
    {.name = "good", .size = {SLOT, SLOT, SLOT - 5 * PAGE + 4}, .does = {1, 1, 2}},
    {.name = "bad", .size = {SLOT, SLOT - 6 * PAGE + 8, SLOT}, .does = {1, MUTE, 1}},
    /* parts of them */
    {.name = "mixed",
     .size = {3 * PAGE, 2 * PAGE + 100, 3 * PAGE, PAGE, 2 * PAGE},
     .does = {1, 3, MUTE, 2, 1}},
    {.name = "small good",
     .size = {3 * PAGE, 3 * PAGE, 2 * PAGE, 3 * PAGE, 3 * PAGE},
     .does = {1, 1, 2, 3, 1}},
    {.name = "small bad",
     .size = {2 * PAGE, 3 * PAGE, 3 * PAGE, 3 * PAGE, 2 * PAGE},
     .does = {1, MUTE, CRASHES, MUTE, CRASHES}},
    /* every number of pages in turn */
    {.name = "every size", .size = {ANY, ANY - PAGE + 100, ANY, ANY}, .does = {1, MUTE, 2, 1}},
    /* nothing to start */
    {.name = "empty", .size = {2 * PAGE + 100, 2 * PAGE}, .does = {1, 2}, .ruin = RUIN_EMPTY},
    {.name = "empty, mute",
     .size = {2 * PAGE, 2 * PAGE + 100, 3 * PAGE},
     .does = {MUTE, 1, 1},
     .ruin = RUIN_EMPTY},
    {.name = "empty, mute, alone",
     .size = {2 * PAGE + 100, 2 * PAGE},
     .does = {MUTE, 2},
     .ruin = RUIN_EMPTY,
     .unheard = true},
    {.name = "empty, crashing",
     .size = {2 * PAGE, 2 * PAGE + 100, 3 * PAGE},
     .does = {CRASHES, 1, 1},
     .ruin = RUIN_EMPTY},
    {.name = "empty, crashing, alone",
     .size = {2 * PAGE + 100, 2 * PAGE},
     .does = {CRASHES, 2},
     .ruin = RUIN_EMPTY,
     .unheard = true},
    {.name = "empty, refused",
     .size = {2 * PAGE, PAGE, 2 * PAGE},
     .does = {LIFE_NOT_AUTHENTIC, LIFE_NOT_AUTHENTIC, 1},
     .ruin = RUIN_EMPTY},
    {.name = "noise", .size = {2 * PAGE}, .does = {1}, .ruin = RUIN_NOISE},
    {.name = "half swapped", .size = {2 * PAGE + 100}, .does = {1}, .ruin = RUIN_HALF_SWAPPED},
    {.name = "half restored",
     .size = {2 * PAGE + 100},
     .does = {1},
     .ruin = RUIN_HALF_RESTORED},
    {.name = "decayed", .size = {2 * PAGE}, .does = {1}, .ruin = RUIN_DECAYED},
    /* an app that is there, and is replaced by the recovery */
    {.name = "asked",
     .size = {2 * PAGE, PAGE, 2 * PAGE},
     .does = {1, 1, MUTE},
     .asks_to_recover = true},
    {.name = "watchdog loop",
     .size = {2 * PAGE, 2 * PAGE + 100, PAGE, PAGE + 100, 3 * PAGE},
     .does = {1, LIFE_CRASHES_LATER, MUTE, LIFE_NOT_AUTHENTIC, 2}},
    {.name = "watchdog loop, alone",
     .size = {2 * PAGE, 2 * PAGE + 100, 3 * PAGE},
     .does = {1, LIFE_CRASHES_LATER, 1},
     .unheard = true},
    /* files that are no good, or not wanted */
    {.name = "refused",
     .size = {2 * PAGE, 3 * PAGE, PAGE + 100, 2 * PAGE},
     .does = {1, LIFE_NOT_AUTHENTIC, LIFE_NOT_AUTHENTIC, 1}},
    {.name = "repeated",
     .size = {2 * PAGE, PAGE + 100, 2 * PAGE, 3 * PAGE},
     .does = {1, 1, MUTE, 1},
     .offered_again = true},
    {.name = "refused, repeated",
     .size = {2 * PAGE, PAGE + 100, 2 * PAGE},
     .does = {1, LIFE_NOT_AUTHENTIC, 1},
     .offered_again = true},
    {.name = "20 bad",
     .size = {2 * PAGE, TEN(PAGE), TEN(PAGE + 100), 2 * PAGE},
     .does = {1, TEN(MUTE), TEN(CRASHES), 1}},
    {.name = "empty, 20 bad",
     .size = {TEN(PAGE), TEN(PAGE + 100), 2 * PAGE},
     .does = {TEN(MUTE), TEN(CRASHES), 1},
     .ruin = RUIN_EMPTY},
};

static struct life_reference reference;

static void forget(void)
{
    while (reference.count != 0) {
        free(reference.snapshots[--reference.count].bytes);
    }
}

uint32_t life_plan_variants(const struct ram_flash_map *map, unsigned plan)
{
    return life_plans[plan].size[0] == ANY ? map->slot_pages : 1;
}

const struct life_reference *life_reference_make(struct device_life *life,
                                                 const struct ram_flash_map *map, unsigned plan,
                                                 uint32_t pages)
{
    const char *why = "never ends";

    forget();
    reference.map = map;
    reference.plan = plan;
    reference.pages = pages;
    life_begin(life, map, &life_plans[plan], pages);
    life->journal_ops = reference.journal_ops;
    while (!life_is_over(life) && reference.count < LIFE_SNAPSHOTS_MAX) {
        if (!life_save(life, &reference.snapshots[reference.count])) {
            why = "no memory";
            break;
        }
        reference.count++;
        (void)life_run(life, 0);
    }
    life->journal_ops = NULL;
    reference.journal_op_count = life->journal_op_count;
    reference.operations = life->state.operations;
    if (life->breach != LIFE_KEPT || !life_is_over(life)) {
        fprintf(stderr, "plan \"%s\" without any fault: %s\n", life_plans[plan].name,
                life->breach != LIFE_KEPT ? life->failure : why);
        return NULL;
    }
    return &reference;
}

const struct life_snapshot *life_snapshot_before(const struct life_reference *from,
                                                 uint64_t operation)
{
    unsigned i = from->count - 1;

    while (i > 0 && from->snapshots[i].state.operations >= operation) {
        i--;
    }
    return &from->snapshots[i];
}
