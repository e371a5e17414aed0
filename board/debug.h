/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_DEBUG_H
#define BOARD_DEBUG_H

#include "board/board.h"
#include "board/cpu/debug.h"

/* A debugger on the board: breakpoints, watchpoints, single steps, registers and memory.
 *
 * Virtual time stands still while nobody runs the board, and a run with a debugger takes the same
 * ticks as one without. Without points and steps the core runs at its full speed.
 *
 * A watchpoint stops before the instruction that makes the access, as gdb expects of an ARM; behind it
 * only if the instruction cannot be undone: in an exception entry, or when the core waited for the
 * flash. It sees the core's accesses, not those of the DMA, and not those through a bit-band alias.
 */
enum { DEBUG_BREAKS = 32, DEBUG_WATCHES = 8 };

enum debug_access { DEBUG_WRITE = 1, DEBUG_READ = 2 }; /* bits */

enum debug_hit {
    DEBUG_NONE,
    DEBUG_STEP, /* the instruction has been executed */
    DEBUG_BREAK,
    DEBUG_WATCH,
    DEBUG_VISIT, /* `visit` said so; the instruction has not been executed */
};

struct debug_watch {
    uint32_t addr, len;
    unsigned accesses; /* enum debug_access */
};

struct board_debug {
    uint32_t breaks[DEBUG_BREAKS];
    unsigned break_count;
    struct debug_watch watches[DEBUG_WATCHES];
    unsigned watch_count;

    /* Asked before every instruction, with its address; NULL for none. False: stop there. Not asked again
     * about the one it stopped at. */
    bool (*visit)(void *ctx, uint32_t pc);
    void *visit_ctx;

    /* Why board_run() came back with BOARD_STOP_ASKED. Stays until debug_resume(). */
    enum debug_hit hit;
    uint32_t hit_addr;        /* of the watchpoint's access */
    struct debug_watch watch; /* that was hit */

    bool step;           /* stop behind the next instruction */
    bool has_stepped;    /* it is done */
    bool skip;           /* no breakpoint on the first instruction ... */
    uint32_t skip_pc;    /* ... if it is this one */
    bool skip_watch;     /* and no watchpoint either: it has been told */
    bool undo;           /* the instruction under way can be undone */
    bool undone;         /* and was */
    bool quiet;          /* no watchpoint in the instruction under way */
    struct cpu before;   /* the core before it */
    struct cpu_bus real; /* while watching */
};

/* Attach `debug`, cleared; NULL detaches. Stays over resets and power cuts. */
void board_attach(struct board *board, struct board_debug *debug);

/* Go on, by one instruction or until a point is hit: call board_run() until it tells. */
void debug_resume(struct board *board, bool step);

/* False when there is no room, or not at such an address. Adding twice is adding once; taking away
 * what is not there is no error. */
bool debug_add_break(struct board_debug *debug, uint32_t addr);
void debug_remove_break(struct board_debug *debug, uint32_t addr);

/* Reads are seen in SRAM and peripherals, writes in the flash as well. */
bool debug_add_watch(struct board_debug *debug, const struct debug_watch *watch);
void debug_remove_watch(struct board_debug *debug, const struct debug_watch *watch);

/* Pass over the next instruction as if a NOP stood there: what a glitch in the supply can do. */
void debug_skip(struct board *board);

/* Look at memory without any side effect. Returns how many bytes could be read from the start. */
size_t debug_read(const struct board *board, uint32_t addr, uint8_t out_bytes[], size_t len);

/* Change SRAM or the flash array (not an operation of the flash). False: nothing was changed. */
bool debug_write(struct board *board, uint32_t addr, const uint8_t bytes[], size_t len);

uint32_t debug_register(const struct board *board, unsigned n);
void debug_set_register(struct board *board, unsigned n, uint32_t value);

#endif
