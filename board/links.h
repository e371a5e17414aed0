/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_LINKS_H
#define BOARD_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include "board/options.h"
#include "board/stop.h"

/* What the board calls outside of itself. None of it is part of a snapshot: board_copy() does
 * not change the links of the copy. A link whose function is NULL is not connected. */

/* The far end of a USART's TX: called at the tick at which a byte has left the chip completely
 * (stop bit). */
struct board_uart_sink {
    void *ctx;
    void (*sent)(void *ctx, uint8_t byte, uint64_t now);
};

/* Called before every flash operation, with its number. For campaigns. */
struct board_flash_watch {
    void *ctx;
    void (*before)(void *ctx, uint64_t op, bool erase, uint32_t addr);
};

/* For a caller that plays the board's surroundings in virtual time: `ring` is called at the
 * tick that was set, also in the middle of a run, and while the core sleeps or waits for the
 * flash. It may call board_uart_put() and board_request_stop(). It returns the tick at which to
 * ring next, after `now`; UINT64_MAX = not again. The tick is part of a snapshot, the callback
 * is not. */
struct board_alarm {
    void *ctx;
    uint64_t (*ring)(void *ctx, uint64_t now);
};

struct board;
/* A hook takes over from the core at addresses of its choice, when a jump, a call or a return
 * leads to one of them. Other instructions run no slower for it, and a board without a hook
 * pays nothing.
 *
 * Each board has its own hook: what `ctx` points to belongs to this board alone. The board does
 * not know what the hook is for. No function may be NULL, and none may call board_set_hook().
 */
enum { BOARD_TRAPS_MAX = 4 };

/* An access of the core to something other than plain memory: a peripheral, or flash that is
 * busy. */
struct board_access {
    uint32_t addr;
    unsigned size; /* 1, 2 or 4 */
    bool writes;
    uint32_t value; /* the value written; 0 for a read */
};

struct board_hook {
    void *ctx;

    /* Give the addresses that count from now on. Returns how many. Called when the hook is set,
     * and after each call of begin, trap, reset and copy. */
    unsigned (*traps)(void *ctx, uint32_t out_addrs[BOARD_TRAPS_MAX]);

    /* A run begins. */
    void (*begin)(void *ctx, struct board *board);

    /* In a run up to the tick `until` the core has come to one of the addresses, and has not
     * yet executed the instruction there. The hook may change the core, and let time pass up to
     * `until`. Returns true if it needs more time: then it is called again before the core
     * executes anything, unless a reset comes first. */
    bool (*trap)(void *ctx, struct board *board, uint64_t until);

    /* The core is about to make an access. Called only while board_hook_listen() is on. */
    void (*access)(void *ctx, struct board *board, const struct board_access *access);

    /* A reset or power-on: the core starts from its vector table. */
    void (*reset)(void *ctx, struct board *board);

    /* The board has become a copy of another one. `from` is the ctx of the other board's hook,
     * or NULL if that board has no hook, or a hook with another trap(). */
    void (*copy)(void *ctx, struct board *board, const void *from);

    /* The board is about to be freed, or to get another hook. */
    void (*release)(void *ctx, struct board *board);
};

struct board_debug; /* board/debug.h */

struct board_links {
    struct board_uart_sink sink[BOARD_USARTS];
    struct board_flash_watch watch;
    struct board_alarm alarm;

    /* A debugger, and what runs the core in its place. */
    struct board_debug *debug; /* NULL = none */
    enum board_stop (*debug_run)(struct board *board, uint64_t until);

    struct board_hook hook; /* trap is NULL: none */
};

#endif
