/* SPDX-License-Identifier: Apache-2.0 */
#include "board/debug.h"

#include <string.h>
#include "board/board.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/chip.h"

void debug_resume(struct board *board, bool step)
{
    struct board_debug *debug = board->links.debug;
    debug->skip_watch = debug->hit == DEBUG_WATCH && debug->undone;
    debug->hit = DEBUG_NONE;
    debug->undone = false;
    debug->step = step;
    debug->has_stepped = false;
    debug->skip = true;
    debug->skip_pc = board->cpu.r[15];
}

/* ---- points ---- */

bool debug_add_break(struct board_debug *debug, uint32_t addr)
{
    for (unsigned i = 0; i < debug->break_count; i++) {
        if (debug->breaks[i] == addr) {
            return true;
        }
    }
    if (debug->break_count == DEBUG_BREAKS) {
        return false;
    }
    debug->breaks[debug->break_count++] = addr;
    return true;
}

void debug_remove_break(struct board_debug *debug, uint32_t addr)
{
    for (unsigned i = 0; i < debug->break_count; i++) {
        if (debug->breaks[i] == addr) {
            debug->breaks[i] = debug->breaks[--debug->break_count];
            return;
        }
    }
}

static bool is_in(uint32_t addr, uint32_t len, uint32_t base, uint32_t size)
{
    return addr - base < size && len <= size - (addr - base);
}

static bool is_same(const struct debug_watch *a, const struct debug_watch *b)
{
    return a->addr == b->addr && a->len == b->len && a->accesses == b->accesses;
}

bool debug_add_watch(struct board_debug *debug, const struct debug_watch *watch)
{
    bool seen =
        is_in(watch->addr, watch->len, BOARD_SRAM_BASE, BOARD_SRAM_SIZE) ||
        is_in(watch->addr, watch->len, PERIPHERALS_BASE, PERIPHERALS_END - PERIPHERALS_BASE) ||
        (watch->accesses == DEBUG_WRITE &&
         is_in(watch->addr, watch->len, BOARD_FLASH_BASE, BOARD_FLASH_MAX));
    if (!seen || watch->len == 0) {
        return false;
    }
    for (unsigned i = 0; i < debug->watch_count; i++) {
        if (is_same(&debug->watches[i], watch)) {
            return true;
        }
    }
    if (debug->watch_count == DEBUG_WATCHES) {
        return false;
    }
    debug->watches[debug->watch_count++] = *watch;
    return true;
}

void debug_remove_watch(struct board_debug *debug, const struct debug_watch *watch)
{
    for (unsigned i = 0; i < debug->watch_count; i++) {
        if (is_same(&debug->watches[i], watch)) {
            debug->watches[i] = debug->watches[--debug->watch_count];
            return;
        }
    }
}

/* ---- the run ---- */

static bool has_break(const struct board_debug *debug, uint32_t pc)
{
    for (unsigned i = 0; i < debug->break_count; i++) {
        if (debug->breaks[i] == pc) {
            return true;
        }
    }
    return false;
}

/* Before every instruction. */
static bool check(void *ctx)
{
    struct board *board = ctx;
    struct board_debug *debug = board->links.debug;
    uint32_t pc = board->cpu.r[15];
    bool skip = debug->skip && debug->skip_pc == pc;
    debug->skip = false;
    if (debug->hit == DEBUG_NONE) {
        if (debug->step && debug->has_stepped) {
            debug->hit = DEBUG_STEP;
        } else if (!skip && has_break(debug, pc)) {
            debug->hit = DEBUG_BREAK;
        } else if (!skip && debug->visit != NULL && !debug->visit(debug->visit_ctx, pc)) {
            debug->hit = DEBUG_VISIT;
        }
    }
    if (debug->hit != DEBUG_NONE) {
        board->stop_asked = true;
        return false;
    }
    debug->has_stepped = true;
    debug->quiet = skip && debug->skip_watch;
    if (debug->watch_count > 0) {
        debug->before = board->cpu;
        debug->undo = true;
    }
    return true;
}

/* Does a watchpoint stop the run at this access, so that it must not be made? */
static bool is_caught(struct board *board, uint32_t addr, unsigned size,
                      enum debug_access access)
{
    struct board_debug *debug = board->links.debug;
    for (unsigned i = 0; i < debug->watch_count && debug->hit == DEBUG_NONE && !debug->quiet;
         i++) {
        const struct debug_watch *watch = &debug->watches[i];
        if ((watch->accesses & access) != 0 && addr < watch->addr + watch->len &&
            watch->addr < addr + size) {
            debug->hit = DEBUG_WATCH;
            debug->hit_addr = addr > watch->addr ? addr : watch->addr;
            debug->watch = *watch;
            debug->undone = debug->undo;
            board->stop_asked = true;
            cpu_request_stop(&board->cpu); /* before anything else happens */
        }
    }
    return debug->hit == DEBUG_WATCH && debug->undone;
}

static bool watching_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    struct board *board = ctx;
    *out_value = 0;
    /* A read at the PC is the fetch of the instruction. */
    if (addr - board->cpu.r[15] >= 4u && is_caught(board, addr, size, DEBUG_READ)) {
        return true;
    }
    return board->links.debug->real.read(ctx, addr, size, out_value);
}

static bool watching_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    struct board *board = ctx;
    if (is_caught(board, addr, size, DEBUG_WRITE)) {
        return true;
    }
    return board->links.debug->real.write(ctx, addr, size, value);
}

/* Called between instructions, and in one that waits. What happens here cannot be undone. */
static uint64_t watching_service(void *ctx, uint64_t now)
{
    struct board *board = ctx;
    board->links.debug->undo = false;
    board->links.debug->quiet = false;
    return board->links.debug->real.service(ctx, now);
}

/* Without the core's fast window each access to SRAM goes over the bus; it takes the same
 * ticks. */
static enum board_stop run_watching(struct board *board, uint64_t until)
{
    struct board_debug *debug = board->links.debug;
    struct cpu *cpu = &board->cpu;
    uint32_t sram_size = cpu->sram_size;
    debug->real = cpu->bus;
    debug->undo = false;
    cpu->sram_size = 0;
    cpu->bus.read = watching_read;
    cpu->bus.write = watching_write;
    cpu->bus.service = watching_service;
    enum board_stop stop = cpu_run_checked(cpu, until, check, board);
    if (debug->hit == DEBUG_WATCH && debug->undone) {
        *cpu = debug->before;
        stop = BOARD_STOP_ASKED;
    }
    cpu->sram_size = sram_size;
    cpu->bus = debug->real;
    return stop;
}

/* cpu_run() with points and steps. */
static enum board_stop run(struct board *board, uint64_t until)
{
    const struct board_debug *debug = board->links.debug;
    if (debug->break_count == 0 && debug->watch_count == 0 && debug->visit == NULL &&
        !debug->step) {
        return cpu_run(&board->cpu, until);
    }
    if (debug->watch_count == 0) {
        return cpu_run_checked(&board->cpu, until, check, board);
    }
    return run_watching(board, until);
}

void board_attach(struct board *board, struct board_debug *debug)
{
    if (debug != NULL) {
        memset(debug, 0, sizeof *debug);
    }
    board->links.debug = debug;
    board->links.debug_run = run;
}

void debug_skip(struct board *board)
{
    cpu_skip(&board->cpu);
}

/* ---- memory and registers ---- */

/* The byte at `addr` if it is in plain memory, else NULL. */
static const uint8_t *plain(const struct board *board, uint32_t addr)
{
    if (addr < chip_flash_size(board)) {
        return chip_flash(board) + addr;
    }
    if (addr - BOARD_FLASH_BASE < chip_flash_size(board)) {
        return chip_flash(board) + (addr - BOARD_FLASH_BASE);
    }
    if (addr - BOARD_SRAM_BASE < BOARD_SRAM_SIZE) {
        return board->sram + (addr - BOARD_SRAM_BASE);
    }
    return NULL;
}

/* Load from a copy of the board, as a load from a register may change the chip or stop the
 * run. */
static bool load(struct board *copy, uint32_t addr, unsigned size, uint8_t out_bytes[])
{
    uint32_t value;
    if (!cpu_load(&copy->cpu, addr, size, &value) || chip_is_halted(copy) ||
        copy->cpu.stop == BOARD_STOP_UNKNOWN) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        out_bytes[i] = (uint8_t)(value >> (8 * i));
    }
    return true;
}

static size_t read_registers(const struct board *board, uint32_t addr, uint8_t out_bytes[],
                             size_t len)
{
    struct board *copy = board_new(&board->options);
    size_t done = 0;
    if (copy == NULL) {
        return 0;
    }
    board_copy(copy, board);
    copy->cpu.stop = BOARD_STOP_TIME;
    copy->halt = HALT_NONE;
    copy->reset_asked = false;
    copy->powered = true;
    while (done < len) {
        uint32_t at = addr + (uint32_t)done;
        unsigned size = (at & 3u) == 0 && len - done >= 4   ? 4
                        : (at & 1u) == 0 && len - done >= 2 ? 2
                                                            : 1;
        if (plain(board, at) != NULL || !load(copy, at, size, out_bytes + done)) {
            break;
        }
        done += size;
    }
    board_free(copy);
    return done;
}

size_t debug_read(const struct board *board, uint32_t addr, uint8_t out_bytes[], size_t len)
{
    size_t done = 0;
    while (done < len) {
        const uint8_t *byte = plain(board, addr + (uint32_t)done);
        if (byte != NULL) {
            out_bytes[done++] = *byte;
            continue;
        }
        size_t got = read_registers(board, addr + (uint32_t)done, out_bytes + done, len - done);
        if (got == 0) {
            break;
        }
        done += got;
    }
    return done;
}

bool debug_write(struct board *board, uint32_t addr, const uint8_t bytes[], size_t len)
{
    if (len > chip_flash_size(board)) {
        return false;
    }
    if (is_in(addr, (uint32_t)len, BOARD_SRAM_BASE, BOARD_SRAM_SIZE)) {
        board->cpu.sram_writes++;
        memcpy(board->sram + (addr - BOARD_SRAM_BASE), bytes, len);
        return true;
    }
    if (is_in(addr, (uint32_t)len, BOARD_FLASH_BASE, chip_flash_size(board))) {
        memcpy(chip_flash(board) + (addr - BOARD_FLASH_BASE), bytes, len);
        return true;
    }
    return false;
}

uint32_t debug_register(const struct board *board, unsigned n)
{
    return cpu_register(&board->cpu, n);
}

void debug_set_register(struct board *board, unsigned n, uint32_t value)
{
    cpu_set_register(&board->cpu, n, value);
}
