/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SCHEDULE_H
#define AGENT_SCHEDULE_H

#include <stdint.h>

/* When to ask the server. The jitter comes from the controller id, so that a fleet that is
 * switched on at once does not ask at once, and a run can be repeated. Pure.
 */

/* A number of 64 bits for an id: FNV-1a, mixed. */
uint64_t schedule_seed(const char *text);

/* `period_ms`, up to a tenth earlier or later; `count` tells one period from the next. */
uint64_t schedule_jitter_ms(uint64_t seed, uint64_t count, uint64_t period_ms);

/* A place from 0 to below `span_ms`, which belongs to the seed. */
uint64_t schedule_place_ms(uint64_t seed, uint64_t span_ms);

/* How long to wait after the `failures`-th failure in a row (1 = the first). */
uint64_t schedule_backoff_ms(uint64_t seed, unsigned failures);

/* The header Retry-After in seconds, as milliseconds and capped; `default_ms` if there is none,
 * or a date. */
uint64_t schedule_retry_after_ms(const char *retry_after, uint64_t default_ms);

#endif
