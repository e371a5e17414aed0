/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_wait.h"

void fleet_wait_begin(struct fleet_wait *out_wait)
{
    (void)sem_init(&out_wait->is_done, 0, 0); /* fails for impossible values only */
}

void fleet_wait_take(void *ctx, const struct fleet_answer *answer)
{
    struct fleet_wait *wait = ctx;

    wait->answer = *answer;
    (void)sem_post(&wait->is_done);
}

struct fleet_answer fleet_wait_end(struct fleet_wait *wait)
{
    while (sem_wait(&wait->is_done) != 0) { /* a signal */
    }
    (void)sem_destroy(&wait->is_done);
    return wait->answer;
}
