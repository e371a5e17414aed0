/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_LIFE_PLANS_H
#define TEST_POWER_LIFE_PLANS_H

#include <stdbool.h>
#include <stdint.h>
#include "power/device_life.h"

/* The lives that campaigns spoil: each plan, and its course when nothing happens, as snapshots
 * before each of its runs, so that a case begins shortly before what it does. */
enum { LIFE_PLANS = 13, LIFE_FIRST_SMALL = 2, LIFE_SNAPSHOTS_MAX = 64 };

extern const struct life_plan life_plans[LIFE_PLANS];

struct life_reference {
    struct life_snapshot snapshots[LIFE_SNAPSHOTS_MAX];
    unsigned count;
    uint64_t operations; /* of the whole life */
};

/* Live through every plan in `life`, which is overwritten. Prints a line for each. Returns
 * false, and says why, if a plan does not come to its end. */
bool life_references_run(struct device_life *life);

const struct life_reference *life_reference_of(unsigned plan);

/* The last snapshot before this operation. */
const struct life_snapshot *life_snapshot_before(unsigned plan, uint64_t operation);

#endif
