/* SPDX-License-Identifier: Apache-2.0 */
#include "board/board.h"

#include <stdlib.h>
#include <string.h>
#include "board/hook.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/bus.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/flash.h"
#include "board/stm32f1/iwdg.h"
#include "board/stm32f1/line.h"
#include "board/stm32f1/usart.h"

/* Supply, resets and the run loop. */

enum {
    RESET_DELAY_MIN_US = 1000, /* DS5319 table 11, tRSTTEMPO */
    RESET_DELAY_MAX_US = 4500,
    RESET_PULSE_US = 20, /* RM0008 7.1.1: the pulse of an internal reset */
    LSI_TYPICAL_HZ = 40000,
    LSI_MIN_HZ = 30000,
    LSI_MAX_HZ = 60000,
};

static void reset_request(void *ctx)
{
    chip_ask_reset(ctx, BOARD_RESET_SOFTWARE);
}

/* ---- life ---- */

static struct cpu_bus bus_of(struct board *board)
{
    return (struct cpu_bus){
        .ctx = board,
        .read = bus_read,
        .write = bus_write,
        .service = chip_service,
        .reset_request = reset_request,
    };
}

static void set_defaults(struct board_options *options, uint64_t *random)
{
    if (options->lsi_hz == 0) {
        options->lsi_hz = LSI_TYPICAL_HZ;
    } else if (options->lsi_hz < LSI_MIN_HZ) {
        options->lsi_hz = LSI_MIN_HZ;
    } else if (options->lsi_hz > LSI_MAX_HZ) {
        options->lsi_hz = LSI_MAX_HZ;
    }
    uint32_t *id = options->unique_id;
    if ((id[0] | id[1] | id[2]) == 0) {
        for (unsigned i = 0; i < 3; i++) {
            id[i] = (uint32_t)chip_mix(random);
        }
    }
}

/* The states of the peripherals begin at the start of a cache line of the host. */
enum { STATES_ALIGNMENT = 64 };
#define STATES_OFF                                                                             \
    ((sizeof(struct board) + STATES_ALIGNMENT - 1) / STATES_ALIGNMENT * STATES_ALIGNMENT)

/* A board is one block of memory: find its parts. */
static void set_pointers(struct board *board)
{
    board->states = (uint8_t *)board + STATES_OFF;
    uint8_t *flash = board->states + board->layout.states_size;
    cpu_map(&board->cpu, flash, BOARD_FLASH_BASE, board->options.flash_size, board->sram,
            BOARD_SRAM_BASE, BOARD_SRAM_SIZE);
}

struct board *board_new(const struct board_options *options)
{
    uint32_t flash_size = options->flash_size != 0 ? options->flash_size : BOARD_FLASH_SIZE;
    if (flash_size != BOARD_FLASH_SIZE && flash_size != BOARD_FLASH_MAX) {
        return NULL;
    }
    struct peripherals_layout layout;
    peripherals_lay_out(&layout);
    struct board *board = calloc(1, STATES_OFF + layout.states_size + BOARD_FLASH_MAX);
    if (board == NULL) {
        return NULL;
    }
    board->layout = layout;
    board->options = *options;
    board->options.flash_size = flash_size;
    board->random = options->seed;
    set_defaults(&board->options, &board->random);
    for (unsigned i = 0; i < sizeof board->unique_id; i++) {
        board->unique_id[i] = (uint8_t)(board->options.unique_id[i / 4] >> (8 * (i % 4)));
    }
    for (unsigned i = 0; i < CHIP_EVENTS_MAX; i++) {
        board->due[i] = CHIP_NEVER;
    }
    struct cpu_bus bus = bus_of(board);
    cpu_init(&board->cpu, &bus);
    set_pointers(board);
    for (unsigned id = 0; id < CHIP_ID_COUNT; id++) {
        if (chip_peripherals[id]->init != NULL) {
            chip_peripherals[id]->init(board);
        }
    }
    return board;
}

void board_free(struct board *board)
{
    if (board != NULL) {
        hook_release(board);
    }
    free(board);
}

void board_copy(struct board *to, const struct board *from)
{
    struct board_links links = to->links;
    memcpy(to, from, STATES_OFF + from->layout.states_size + from->options.flash_size);
    to->links = links;
    set_pointers(to);
    to->cpu.bus = bus_of(to); /* a copy's hook does not listen */
    hook_copy(to, from);
}

/* Reset; the first instruction comes after `delay_us`. */
static void restart(struct board *board, enum board_reset_cause cause, uint64_t delay_us)
{
    hook_reset(board);
    board->halt = HALT_NONE;
    board->why[0] = '\0';
    board->cpu.why[0] = '\0';
    chip_reset(board, cause);
    if (cause == BOARD_RESET_POWER) {
        chip_signal(board, SIGNAL_POWER_ON, board->cpu.now);
    }
    chip_pass_time(board, board->cpu.now + delay_us * CHIP_US);
    cpu_reset(&board->cpu);
    board->cpu.next_event = 0;
}

void board_power_on(struct board *board)
{
    board->powered = true;
    flash_power_on(board);
    for (size_t i = 0; i < sizeof board->sram; i += 8) {
        uint64_t value = chip_random(board);
        memcpy(board->sram + i, &value, 8);
    }
    uint64_t spread = RESET_DELAY_MAX_US - RESET_DELAY_MIN_US + 1;
    restart(board, BOARD_RESET_POWER, RESET_DELAY_MIN_US + chip_random(board) % spread);
}

void board_reset(struct board *board)
{
    if (board->running) {
        chip_ask_reset(board, BOARD_RESET_PIN);
    } else if (board->powered) {
        restart(board, BOARD_RESET_PIN, RESET_PULSE_US);
    }
}

/* The core is locked up: only the watchdog can end that. */
static bool wait_for_watchdog(struct board *board, uint64_t until)
{
    if (!iwdg_is_started(board)) {
        return false;
    }
    while (!board->reset_asked && board->cpu.now < until && !chip_is_halted(board)) {
        uint64_t next = board->cpu.bus_event;
        chip_pass_time(board, next < until ? next : until);
    }
    return true;
}

static enum board_stop run(struct board *board, uint64_t until)
{
    for (;;) {
        if (!board->powered) {
            return BOARD_STOP_POWER;
        }
        if (board->halt == HALT_UNKNOWN) {
            return BOARD_STOP_UNKNOWN;
        }
        if (board->reset_asked) {
            restart(board, board->reset_cause, RESET_PULSE_US);
            continue;
        }
        if (board->stop_asked) {
            board->stop_asked = false;
            return BOARD_STOP_ASKED;
        }
        if (board->cpu.now >= until) {
            return BOARD_STOP_TIME;
        }
        if (board->halt == HALT_LOCKUP) {
            if (!wait_for_watchdog(board, until)) {
                return BOARD_STOP_LOCKUP;
            }
            continue;
        }
        if (board->hook_holds) {
            hook_trap(board, until);
            continue;
        }
        enum board_stop stop = board->links.debug != NULL ? board->links.debug_run(board, until)
                                                          : cpu_run(&board->cpu, until);
        if (stop == BOARD_STOP_LOCKUP) {
            board->halt = HALT_LOCKUP;
        } else if (stop == BOARD_STOP_UNKNOWN) {
            board->halt = HALT_UNKNOWN;
        } else if (stop == BOARD_STOP_TRAP) {
            hook_trap(board, until);
        } else if (stop == BOARD_STOP_BKPT) {
            return stop;
        }
    }
}

enum board_stop board_run(struct board *board, uint64_t until)
{
    board->running = true;
    hook_begin(board);
    enum board_stop stop = run(board, until);
    board->running = false;
    return stop;
}

void board_request_stop(struct board *board)
{
    board->stop_asked = true;
    cpu_request_stop(&board->cpu);
}

const char *board_why(const struct board *board)
{
    return board->why[0] != '\0' ? board->why : board->cpu.why;
}

const char *board_warning(const struct board *board)
{
    return board->warning;
}

uint64_t board_now(const struct board *board)
{
    return chip_now(board);
}

uint64_t board_instructions(const struct board *board)
{
    return board->cpu.instructions;
}

unsigned board_resets(const struct board *board, enum board_reset_cause cause)
{
    return board->resets[cause];
}

uint8_t *board_flash(struct board *board)
{
    return chip_flash(board);
}

uint32_t board_flash_size(const struct board *board)
{
    return chip_flash_size(board);
}

const uint8_t *board_unique_id(const struct board *board)
{
    return board->unique_id;
}

void board_protect_flash(struct board *board, uint32_t addr, uint32_t len)
{
    flash_protect(board, addr, len);
}

unsigned board_flash_erases(const struct board *board, unsigned page)
{
    return page < FLASH_PAGES_MAX ? flash_state(board)->cells.erases[page] : 0;
}

uint64_t board_flash_ops(const struct board *board)
{
    return flash_state(board)->cells.ops;
}

uint64_t board_flash_busy(const struct board *board, bool erases)
{
    return flash_state(board)->cells.busy[erases];
}

void board_cut_at(struct board *board, uint64_t op, enum board_tear tear, uint64_t seed)
{
    struct flash_cells *cells = &flash_state(board)->cells;
    cells->cut_armed = true;
    cells->cut_op = op;
    cells->cut_tear = tear;
    cells->cut_seed = seed;
}

void board_wear_flash(struct board *board, const struct board_flash_fault *fault)
{
    struct flash_cells *cells = &flash_state(board)->cells;
    cells->fault = fault != NULL ? *fault : (struct board_flash_fault){.wear = BOARD_WEAR_NONE};
}

/* ---- links ---- */

void board_watch_flash(struct board *board, const struct board_flash_watch *watch)
{
    board->links.watch = watch != NULL ? *watch : (struct board_flash_watch){.before = NULL};
}

static bool is_usart(unsigned usart)
{
    return usart >= 1 && usart <= BOARD_USARTS;
}

void board_uart_connect(struct board *board, unsigned usart, const struct board_uart_sink *sink)
{
    if (is_usart(usart)) {
        board->links.sink[usart - 1] =
            sink != NULL ? *sink : (struct board_uart_sink){.sent = NULL};
    }
}

size_t board_uart_put(struct board *board, unsigned usart, const uint8_t bytes[], size_t len,
                      uint32_t baud)
{
    return is_usart(usart) ? line_put(board, usart - 1, bytes, len, baud) : 0;
}

size_t board_uart_waiting(const struct board *board, unsigned usart)
{
    return is_usart(usart) ? line_waiting(board, usart - 1) : 0;
}

unsigned board_uart_overruns(const struct board *board, unsigned usart)
{
    return is_usart(usart) ? usart_overruns(board, usart - 1) : 0;
}

void board_connect_alarm(struct board *board, const struct board_alarm *alarm)
{
    board->links.alarm = alarm != NULL ? *alarm : (struct board_alarm){.ring = NULL};
}

void board_set_alarm(struct board *board, uint64_t tick)
{
    uint64_t now = chip_now(board);
    chip_due(board, CHIP_alarm, 0, tick > now ? tick : now);
}
