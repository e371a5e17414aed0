/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_LIFE_PLANS_H
#define TEST_POWER_LIFE_PLANS_H

#include <stdbool.h>
#include <stdint.h>
#include "power/device_life.h"

/* The lives that campaigns spoil: each plan, and its course when nothing happens, as snapshots
 * before each of its runs, so that a case begins shortly before what it does. */
enum { LIFE_PLANS = 24, LIFE_FIRST_SMALL = 2, LIFE_SNAPSHOTS_MAX = 200 };

extern const struct life_plan life_plans[LIFE_PLANS];

struct life_reference {
    const struct ram_flash_map *map;
    unsigned plan;
    uint32_t pages; /* that LIFE_ANY means */
    struct life_snapshot snapshots[LIFE_SNAPSHOTS_MAX];
    unsigned count;
    uint64_t operations;                        /* of the whole life */
    uint32_t journal_ops[LIFE_JOURNAL_OPS_MAX]; /* those that write the journal */
    unsigned journal_op_count;
};

/* How many page counts has this plan? 1, or, if a size of it is LIFE_ANY, those of a slot. */
uint32_t life_plan_variants(const struct ram_flash_map *map, unsigned plan);

/* Live through a plan in `life`, which is overwritten. The reference before is forgotten.
 * Returns NULL, and says why, if it does not come to its end. */
const struct life_reference *life_reference_make(struct device_life *life,
                                                 const struct ram_flash_map *map, unsigned plan,
                                                 uint32_t pages);

/* The last snapshot before this operation. */
const struct life_snapshot *life_snapshot_before(const struct life_reference *reference,
                                                 uint64_t operation);

#endif
