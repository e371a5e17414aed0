/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_PACE_H
#define BOARD_HOST_PACE_H

#include <stdint.h>

/* Keeps virtual time in step with the host's monotonic clock, so that other programs can take
 * part. The model never runs ahead. If it falls far behind (on a busy or suspended host), the
 * lost time is given up: to catch up the model would have to run too fast for the program at
 * the other end. */
struct pace {
    int64_t host_ns;
    uint64_t ticks;
    uint64_t lost_ns; /* given up so far */
};

void pace_start(struct pace *pace, uint64_t ticks);

/* How many ns to wait: as many as virtual time is ahead of the host's. 0 = go on at once. */
uint64_t pace_ahead_ns(struct pace *pace, uint64_t ticks);

/* The same with the host's clock as an argument. */
void pace_start_at(struct pace *pace, uint64_t ticks, int64_t host_ns);
uint64_t pace_ahead_at(struct pace *pace, uint64_t ticks, int64_t host_ns);

#endif
