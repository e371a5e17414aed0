/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_DEBUG_H
#define BOARD_DEBUG_H

#include "board/board.h"
#include "board/cpu/debug.h"

/* A debugger on the board: breakpoints, watchpoints, single steps, registers and memory.
 *
 * Virtual time stands still between calls of board_run(), and a run with a debugger takes the
 * same ticks as one without. Without points and steps the core runs at full speed.
 *
 * A watchpoint stops before the instruction that makes the access, as gdb expects of an ARM. It
 * stops after it only if the instruction cannot be undone: in an exception entry, or when the
 * core waited for the flash. It sees the accesses of the core, but not those of the DMA, nor
 * those through a bit-band alias.
 */
enum { DEBUG_BREAKS = 32, DEBUG_WATCHES = 8 };

enum debug_access { DEBUG_WRITE = 1, DEBUG_READ = 2 }; /* bits */

enum debug_hit {
    DEBUG_NONE,
    DEBUG_STEP, /* the instruction has been executed */
    DEBUG_BREAK,
    DEBUG_WATCH,
    DEBUG_VISIT, /* `visit` returned false; the instruction has not been executed */
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

    /* Called before every instruction, with its address; NULL = none. If it returns false the
     * run stops there. It is not called again for the instruction at which it stopped. */
    bool (*visit)(void *ctx, uint32_t pc);
    void *visit_ctx;

    /* Why board_run() returned BOARD_STOP_ASKED. Stays until debug_resume(). */
    enum debug_hit hit;
    uint32_t hit_addr;        /* of the watchpoint's access */
    struct debug_watch watch; /* that was hit */

    bool step;           /* stop after the next instruction */
    bool has_stepped;    /* that instruction is done */
    bool skip;           /* no breakpoint on the first instruction ... */
    uint32_t skip_pc;    /* ... if it is this one */
    bool skip_watch;     /* ... and no watchpoint in it: that hit has been reported */
    bool undo;           /* the current instruction can be undone */
    bool undone;         /* ... and has been */
    bool quiet;          /* no watchpoint stops the current instruction */
    struct cpu before;   /* the core before the current instruction */
    struct cpu_bus real; /* while watching */
};

/* Clear `debug` and attach it; NULL detaches. It stays attached over resets and power cuts. */
void board_attach(struct board *board, struct board_debug *debug);

/* Prepare to go on, by one instruction or until a point is hit. Then call board_run() until
 * `hit` says what happened. */
void debug_resume(struct board *board, bool step);

/* False if there is no room, or if there can be no point at this address. Adding a point twice
 * is adding it once; removing one that is not there is no error. */
bool debug_add_break(struct board_debug *debug, uint32_t addr);
void debug_remove_break(struct board_debug *debug, uint32_t addr);

/* A watchpoint sees reads of SRAM and of peripherals, and writes to these and to the flash. */
bool debug_add_watch(struct board_debug *debug, const struct debug_watch *watch);
void debug_remove_watch(struct board_debug *debug, const struct debug_watch *watch);

/* Pass over the next instruction as if a NOP stood there: what a glitch in the supply can
 * do. */
void debug_skip(struct board *board);

/* Read memory without any side effect. Returns how many bytes from the start could be read. */
size_t debug_read(const struct board *board, uint32_t addr, uint8_t out_bytes[], size_t len);

/* Change SRAM or the flash array (this is no flash operation). False: nothing was changed. */
bool debug_write(struct board *board, uint32_t addr, const uint8_t bytes[], size_t len);

uint32_t debug_register(const struct board *board, unsigned n);
void debug_set_register(struct board *board, unsigned n, uint32_t value);

#endif
