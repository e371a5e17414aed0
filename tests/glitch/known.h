/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_KNOWN_H
#define GLITCH_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* States at the entry of a function from which the rest of the run is known: a board in the same state
 * goes on in the same way.
 *
 * A state is the core's registers (r12 and flags mean nothing there, AAPCS), RAM below `ram_end` and from
 * the stack pointer up, all of the flash, and what the program has set in the peripherals that it uses.
 * Left out are the time (no decision of the bootloader depends on it) and the RAM in between, which is
 * nobody's.
 */
struct known {
    uint64_t *states; /* 0 = free */
    size_t size, count;
};

uint64_t known_state(const struct board *board, uint32_t ram_end);

bool known_has(const struct known *known, uint64_t state);
void known_add(struct known *known, uint64_t state);
void known_free(struct known *known);

#endif
