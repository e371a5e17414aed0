/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_STATE_CACHE_H
#define LAB_REPLAY_STATE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* States at the entry of a function from which the rest of the run is known: a board in the
 * same state goes on in the same way.
 *
 * A state is the core's registers (r12 and flags mean nothing at an entry, AAPCS), RAM below
 * `ram_end` and from the stack pointer up, all of the flash, and what the program has set in
 * the peripherals that otter's bootloader uses. Left out are the time (no decision of the
 * bootloader depends on it) and the RAM in between, which belongs to nobody.
 */
struct state_cache {  /* all zero: empty */
    uint64_t *states; /* 0 = free */
    size_t size, count;
};

/* The state that the board is in; never 0. */
uint64_t state_cache_hash(const struct board *board, uint32_t ram_end);

bool state_cache_has(const struct state_cache *cache, uint64_t state);

/* Returns false if memory is short. */
__attribute__((warn_unused_result)) bool state_cache_add(struct state_cache *cache,
                                                         uint64_t state);

void state_cache_free(struct state_cache *cache);

#endif
