/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_FLEET_WAIT_H
#define OTTER_FLEET_WAIT_H

#include <semaphore.h>
#include "cloud/fleet/fleet.h"

/* Wait for the answer of a call of people: what it does is durable when fleet_wait_end()
 * returns. Never on the store's thread, which gives the answers.
 *
 *     fleet_wait_begin(&wait);
 *     fleet_make_token(fleet, ..., fleet_wait_take, &wait);
 *     answer = fleet_wait_end(&wait);
 */
struct fleet_wait {
    sem_t is_done; /* posted on the store's thread */
    struct fleet_answer answer;
};

void fleet_wait_begin(struct fleet_wait *out_wait);
fleet_done fleet_wait_take; /* `ctx` is the wait */
struct fleet_answer fleet_wait_end(struct fleet_wait *wait);

#endif
