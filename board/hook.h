/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOOK_H
#define BOARD_HOOK_H

#include <stdbool.h>
#include <stdint.h>
#include "board/board.h"

/* A hook takes over from the core at addresses of its choice: at a jump, a call or a return to one of them.
 * It costs the instructions in between nothing, and a board without a hook nothing at all.
 *
 * Each board has a hook of its own: what `ctx` points to belongs to this board alone. The board does not
 * know what the hook is for. All functions must be there; none of them may call board_set_hook().
 */
enum { BOARD_TRAPS_MAX = 4 };

/* An access of the core to anything but plain memory: a peripheral, or flash that is busy. */
struct board_access {
    uint32_t addr;
    unsigned size; /* 1, 2 or 4 */
    bool writes;
    uint32_t value; /* that is written; of a read 0 */
};

struct board_hook {
    void *ctx;

    /* Which addresses, from now on. Returns how many. Asked when the hook is set, and after each call of
     * trap, reset and copy. */
    unsigned (*traps)(void *ctx, uint32_t out_addrs[BOARD_TRAPS_MAX]);

    /* The core has come to one of them, in a run up to the tick `until`, and has not yet executed the
     * instruction there. The hook may change the core, and let time pass up to `until`. Returns true if it
     * needs more time: it is called again before the core executes anything, unless a reset comes first. */
    bool (*trap)(void *ctx, struct board *board, uint64_t until);

    /* The core is about to make an access. Only between board_hook_listen(board, true) and (board, false). */
    void (*access)(void *ctx, struct board *board, const struct board_access *access);

    /* A reset or power-on: the core starts from its vector table. */
    void (*reset)(void *ctx, struct board *board);

    /* The board has become a copy of another one. `from` is the ctx of the other one's hook; NULL if it has
     * none, or one with another trap(). */
    void (*copy)(void *ctx, struct board *board, const void *from);

    /* The board is about to be freed, or to get another hook. */
    void (*release)(void *ctx, struct board *board);
};

/* NULL takes the hook away. It stays over resets, power cuts and board_copy(), which gives the copy no
 * other. A board whose hook has asked for more time can be copied only to one with the same kind of hook:
 * any other copy stops with BOARD_STOP_UNKNOWN. */
void board_set_hook(struct board *board, const struct board_hook *hook);

/* For the hook, from its callbacks. A board_copy() ends it in the board that becomes the copy. */
void board_hook_listen(struct board *board, bool on);

/* ---- for board.c ---- */

void hook_trap(struct board *board, uint64_t until);
void hook_reset(struct board *board);
void hook_copy(struct board *to, const struct board *from);
void hook_release(struct board *board);

#endif
