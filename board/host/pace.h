/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_PACE_H
#define BOARD_HOST_PACE_H

#include <stdint.h>

/* Holds virtual time to the host's monotonic clock, so that programs outside can take part. The
 * model never runs ahead; where it falls far behind (a busy or suspended host), the lost time is
 * given up instead of raced after, since raced time is too short for whoever is attached. */
struct pace {
    int64_t host_ns;
    uint64_t ticks;
    uint64_t lost_ns; /* given up so far */
};

void pace_start(struct pace *pace, uint64_t ticks);

/* By how many ns virtual time is ahead of the host's: what to wait. 0 = go on at once. */
uint64_t pace_ahead_ns(struct pace *pace, uint64_t ticks);

/* The same with the host's clock as an argument. */
void pace_start_at(struct pace *pace, uint64_t ticks, int64_t host_ns);
uint64_t pace_ahead_at(struct pace *pace, uint64_t ticks, int64_t host_ns);

#endif
