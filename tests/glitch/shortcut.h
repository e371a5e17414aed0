/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_SHORTCUT_H
#define GLITCH_SHORTCUT_H

#include <stdbool.h>
#include "board/board.h"
#include "glitch/symbols.h"

/* Hash and curve without their 12 million instructions: where a board is about to execute one of their two
 * long functions as the caller meant it, the host's build of the same source does it, with what lies in
 * the board's memory. For what runs behind a glitch, never for what the glitch falls into.
 */
struct shortcut {
    uint32_t sha512_init, ed25519_verify; /* where they are */
};

void shortcut_find(struct shortcut *shortcut, const struct symbols *symbols);

/* At the entry of a function: do its work, and leave the board where it was called. False: nothing was done,
 * for its arguments lie in no memory, or its return address not in the bootloader. */
bool shortcut_take(const struct shortcut *shortcut, struct board *board, uint32_t pc);

#endif
