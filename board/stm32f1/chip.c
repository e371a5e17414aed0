/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/chip.h"

#include <stdarg.h>
#include <stdio.h>
#include "board/stm32f1/board_state.h"

#define SCR_SLEEPDEEP (1u << 2)

/* ---- state ---- */

void *chip_state(const struct board *board, enum chip_id id)
{
    return board->states + board->layout.state_off[id];
}

const struct board_options *chip_options(const struct board *board)
{
    return &board->options;
}

const struct board_links *chip_links(const struct board *board)
{
    return &board->links;
}

uint8_t *chip_flash(const struct board *board)
{
    return board->cpu.flash;
}

uint32_t chip_flash_size(const struct board *board)
{
    return board->options.flash_size;
}

uint64_t chip_mix(uint64_t *state) /* splitmix64 */
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint64_t chip_random(struct board *board)
{
    return chip_mix(&board->random);
}

/* ---- the core ---- */

void chip_irq(struct board *board, unsigned irq, bool level)
{
    cpu_set_irq(&board->cpu, irq, level);
}

void chip_set_core_clock(struct board *board, uint32_t ticks_per_cycle, uint32_t fetch_wait)
{
    cpu_set_clock(&board->cpu, ticks_per_cycle, fetch_wait);
}

void chip_set_flash_busy(struct board *board, bool busy)
{
    board->cpu.flash_is_slow = busy;
}

/* ---- what ends a run ---- */

bool chip_is_halted(const struct board *board)
{
    return !board->powered || board->halt == HALT_UNKNOWN || board->reset_asked;
}

static void describe(const struct board *board, char out_text[BOARD_TEXT_SIZE],
                     const char *format, va_list list)
{
    int len = vsnprintf(out_text, BOARD_TEXT_SIZE, format, list);
    if (len >= 0 && len < BOARD_TEXT_SIZE) {
        (void)snprintf(out_text + len, BOARD_TEXT_SIZE - (size_t)len, " (pc 0x%08X)",
                       (unsigned)board->cpu.r[15]);
    }
}

static void stop_unknown(struct board *board, const char *format, va_list list)
{
    if (board->halt == HALT_UNKNOWN) {
        return;
    }
    describe(board, board->why, format, list);
    board->halt = HALT_UNKNOWN;
    cpu_request_stop(&board->cpu);
}

void chip_unknown(struct board *board, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    stop_unknown(board, format, list);
    va_end(list);
}

bool chip_beyond_limit(struct board *board, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!board->options.lenient) {
        stop_unknown(board, format, list);
    } else if (board->warning[0] == '\0') {
        describe(board, board->warning, format, list);
    }
    va_end(list);
    return board->options.lenient;
}

void chip_bus_error(struct board *board)
{
    board->bus_error = true;
}

void chip_ask_reset(struct board *board, enum board_reset_cause cause)
{
    board->reset_asked = true;
    board->reset_cause = cause;
    cpu_request_stop(&board->cpu);
}

enum board_reset_cause chip_reset_cause(const struct board *board)
{
    return board->reset_cause;
}

void chip_power_fails(struct board *board)
{
    board->powered = false;
    cpu_request_stop(&board->cpu);
}

/* ---- resets and signals ---- */

static void reset_units(struct board *board, const struct chip_peripheral *row)
{
    for (unsigned unit = 0; unit < row->unit_count && row->reset != NULL; unit++) {
        row->reset(board, unit);
    }
}

void chip_reset(struct board *board, enum board_reset_cause cause)
{
    board->resets[cause]++;
    board->reset_asked = false;
    board->reset_cause = cause;
    for (unsigned id = 0; id < CHIP_ID_COUNT; id++) {
        reset_units(board, chip_peripherals[id]);
    }
    board->cpu.sleeping = false;
}

void chip_reset_units(struct board *board, enum chip_gate gate, uint32_t bits)
{
    for (unsigned id = 0; id < CHIP_ID_COUNT; id++) {
        const struct chip_peripheral *row = chip_peripherals[id];
        for (unsigned i = 0; i < row->unit_count && row->reset != NULL; i++) {
            if (row->units[i].gate == gate && (bits >> row->units[i].bit & 1) != 0) {
                row->reset(board, i);
            }
        }
    }
}

void chip_signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    for (unsigned id = 0; id < CHIP_ID_COUNT; id++) {
        if (chip_peripherals[id]->signal != NULL) {
            chip_peripherals[id]->signal(board, signal, tick);
        }
    }
}

/* ---- time and events ---- */

uint64_t chip_now(const struct board *board)
{
    return board->in_service ? board->at : board->cpu.now;
}

void chip_due(struct board *board, enum chip_id id, unsigned event, uint64_t tick)
{
    board->due[board->layout.first_event[id] + event] = tick;
    if (!board->in_service && tick < board->cpu.bus_event) {
        board->cpu.bus_event = tick;
        if (tick < board->cpu.next_event) {
            board->cpu.next_event = tick;
        }
    }
}

uint64_t chip_next_due(const struct board *board, enum chip_id id, unsigned event)
{
    return board->due[board->layout.first_event[id] + event];
}

/* Events of the same tick: in the order of the list of peripherals. */
uint64_t chip_service(void *ctx, uint64_t now)
{
    struct board *board = ctx;
    if (board->cpu.sleeping && (board->cpu.scr & SCR_SLEEPDEEP) != 0) {
        chip_unknown(board, "WFI or WFE with SLEEPDEEP: Stop and Standby are not modelled");
    }
    board->in_service = true;
    while (!chip_is_halted(board)) {
        unsigned first = 0;
        for (unsigned i = 1; i < board->layout.event_count; i++) {
            if (board->due[i] < board->due[first]) {
                first = i;
            }
        }
        if (board->due[first] > now) {
            board->in_service = false;
            return board->due[first];
        }
        board->at = board->due[first];
        unsigned id = board->layout.event_owner[first];
        chip_peripherals[id]->due(board, first - board->layout.first_event[id], board->at);
    }
    board->in_service = false;
    return CHIP_NEVER; /* the next reset or power-on asks again */
}

void chip_pass_time(struct board *board, uint64_t until)
{
    if (until > board->cpu.now) {
        board->cpu.now = until;
    }
    board->cpu.bus_event = chip_service(board, board->cpu.now);
    board->cpu.next_event = 0;
}
