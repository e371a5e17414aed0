/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_ACTION_H
#define CLOUD_FLEET_ACTION_H

#include "cloud/fleet/fleet_change.h"

/* An action of a device, while one change works on it: events are applied one after the other,
 * then the result is added to the change. Only for the files fleet_*.c.
 */
struct fleet_work {
    struct fleet_change *change;
    struct fleet_slot *slot;
    struct record_action record;
    bool is_changed;
    bool is_earlier_attempt; /* the device speaks of an attempt that ended */
};

/* What came with an event. */
struct fleet_word {
    const char *actor; /* for the timeline: "device", "clock", a person's name */
    const char *detail;
    int64_t code;       /* the device's reason; 0 = none */
    int64_t count, of;  /* progress; of = 0: none */
    const char *reason; /* in the place of the state machine's, or NULL */
};

/* Begin with the device's newest action, which it must have. */
void fleet_work_begin(struct fleet_work *work, struct fleet_change *change,
                      struct fleet_slot *slot);

/* DONE, or GONE if the event means nothing in this state. */
enum fleet_result fleet_work_event(struct fleet_work *work, enum action_event event,
                                   const struct fleet_word *word);

void fleet_work_finish(struct fleet_work *work);

/* How long a deadline is; 0 for the two that are none. Under the lock. */
int64_t fleet_within_ms(const struct fleet *fleet, enum action_deadline deadline);

/* Make a new action, in the group of a deployment. Returns the state that it begins in. */
enum action_state fleet_work_create(struct fleet_change *change, struct fleet_slot *slot,
                                    const struct record_deployment *deployment, int64_t group);

#endif
