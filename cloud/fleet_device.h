/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_DEVICE_H
#define CLOUD_FLEET_DEVICE_H

#include "cloud/fleet_state.h"

/* What a poll is answered, and whom. Only for the files fleet_*.c. */

/* What can be a segment of a path, and be found again by it. */
bool fleet_is_controller_id(const char *text);

/* Under the lock. */
void fleet_fill_poll(struct fleet *fleet, const struct fleet_slot *slot,
                     struct fleet_poll *out_poll);

/* Does a poll's answer begin an attempt, which is to be written first? Under the lock. */
bool fleet_poll_begins_attempt(struct fleet *fleet, const struct fleet_slot *slot);

/* Begin it, and fill in the poll. */
void fleet_give_link(struct fleet *fleet, int64_t device, struct fleet_poll *out_poll,
                     fleet_done *done, void *ctx);

#endif
