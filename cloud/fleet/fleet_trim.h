/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_TRIM_H
#define CLOUD_FLEET_TRIM_H

#include <stdbool.h>
#include <stdint.h>

/* Retention: lines of timelines that are not final end after some days. Only for the files
 * fleet_*.c, and for one caller at a time, which is the tick.
 *
 * Days are days of the calendar, and a calendar's clock can be wrong. So retention has a clock
 * of its own, which follows the wall clock, forwards and backwards, but never more than ten
 * times as fast as the steady one. A clock that jumps ten years ahead and is mended within a
 * day has cost what lies between 90 and 80 days back; a server that was off for a month is up
 * to date after three days. It is kept in the store, so that a restart is no way around it.
 *
 * A pass looks at a bounded number of lines, in the order in which they were written, and goes
 * on where the pass before it ended.
 */
struct fleet;
struct record_setting;

struct fleet_trim {
    int64_t clock_ms;             /* retention's clock */
    int64_t saved_ms;             /* the same as it is in the store; 0 = not there */
    int64_t ticked_ms, looked_ms; /* steady */
    int64_t after;                /* lines up to this id are deleted, or stay */
    bool has_more;                /* the last pass ended at its bound */
    bool is_busy;                 /* a pass is not durable yet */
};

/* A row of the settings was read or written; what is not retention's clock is ignored. */
void fleet_trim_take_setting(struct fleet *fleet, const struct record_setting *setting);

/* Everything is loaded. */
void fleet_trim_begin(struct fleet *fleet);

/* The time that has surely come: the earlier one of this clock and the wall clock. For what is
 * not undone when the wall clock is mended. With the lock held. */
int64_t fleet_sure_ms(const struct fleet *fleet);

/* Do what is due. */
void fleet_trim_tick(struct fleet *fleet);

#endif
