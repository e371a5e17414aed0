/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/pace.h"

#include <time.h>
#include "board/board.h"

#define BEHIND_MAX_NS INT64_C(100000000)

static int64_t host_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t ticks_to_ns(uint64_t ticks)
{
    uint64_t us = ticks / BOARD_TICKS_PER_US;
    return (int64_t)(us * 1000 + ticks % BOARD_TICKS_PER_US * 1000 / BOARD_TICKS_PER_US);
}

void pace_start_at(struct pace *pace, uint64_t ticks, int64_t host_ns)
{
    struct pace fresh = {.host_ns = host_ns, .ticks = ticks};
    *pace = fresh;
}

uint64_t pace_ahead_at(struct pace *pace, uint64_t ticks, int64_t host_ns)
{
    int64_t ahead = ticks_to_ns(ticks - pace->ticks) - (host_ns - pace->host_ns);
    if (ahead < -BEHIND_MAX_NS) {
        pace->lost_ns += (uint64_t)-ahead;
        pace->host_ns = host_ns;
        pace->ticks = ticks;
    }
    return ahead > 0 ? (uint64_t)ahead : 0;
}

void pace_start(struct pace *pace, uint64_t ticks)
{
    pace_start_at(pace, ticks, host_now());
}

uint64_t pace_ahead_ns(struct pace *pace, uint64_t ticks)
{
    return pace_ahead_at(pace, ticks, host_now());
}
