/* SPDX-License-Identifier: Apache-2.0 */
#include "board/board.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/debug.h"
#include "board/hook.h"
#include "board/stm32f1/chip.h"

/* Supply, resets, the run loop and the order of events. */

enum {
    RESET_DELAY_MIN_US = 1000, /* DS5319 table 11, tRSTTEMPO */
    RESET_DELAY_MAX_US = 4500,
    RESET_PULSE_US = 20, /* RM0008 7.1.1: the pulse of an internal reset */
    LSI_TYPICAL_HZ = 40000,
    LSI_MIN_HZ = 30000,
    LSI_MAX_HZ = 60000,
};

#define SCR_SLEEPDEEP (1u << 2)

/* ---- for all peripherals ---- */

uint64_t chip_now(const struct board *board)
{
    return board->in_service ? board->at : board->cpu.now;
}

void chip_due(struct board *board, unsigned source, uint64_t tick)
{
    board->due[source] = tick;
    if (!board->in_service && tick < board->cpu.bus_event) {
        board->cpu.bus_event = tick;
        if (tick < board->cpu.next_event) {
            board->cpu.next_event = tick;
        }
    }
}

bool chip_is_halted(const struct board *board)
{
    return !board->powered || board->halt == HALT_UNKNOWN || board->reset_asked;
}

void chip_unknown(struct board *board, const char *format, ...)
{
    if (board->halt == HALT_UNKNOWN) {
        return;
    }
    va_list list;
    va_start(list, format);
    int len = vsnprintf(board->why, sizeof board->why, format, list);
    va_end(list);
    if (len >= 0 && (size_t)len < sizeof board->why) {
        (void)snprintf(board->why + len, sizeof board->why - (size_t)len, " (pc 0x%08X)",
                       (unsigned)board->cpu.r[15]);
    }
    board->halt = HALT_UNKNOWN;
    cpu_request_stop(&board->cpu);
}

void chip_irq(struct board *board, unsigned irq, bool level)
{
    cpu_set_irq(&board->cpu, irq, level);
}

void chip_ask_reset(struct board *board, enum board_reset_cause cause)
{
    board->reset_asked = true;
    board->reset_cause = cause;
    cpu_request_stop(&board->cpu);
}

void chip_power_fails(struct board *board)
{
    board->powered = false;
    cpu_request_stop(&board->cpu);
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

/* ---- events ---- */

static void ring_alarm(struct board *board, uint64_t tick)
{
    const struct board_alarm *alarm = &board->links.alarm;
    board->due[SOURCE_ALARM] = CHIP_NEVER;
    if (alarm->ring != NULL) {
        uint64_t next = alarm->ring(alarm->ctx, tick);
        board->due[SOURCE_ALARM] = next > tick ? next : tick + 1;
    }
}

static void dispatch(struct board *board, unsigned source, uint64_t tick)
{
    if (source == SOURCE_RCC) {
        rcc_due(board, tick);
    } else if (source == SOURCE_FLASH) {
        flash_due(board, tick);
    } else if (source < SOURCE_RX) {
        usart_tx_due(board, source - SOURCE_TX, tick);
    } else if (source < SOURCE_IDLE) {
        usart_rx_due(board, source - SOURCE_RX, tick);
    } else if (source < SOURCE_TIM) {
        usart_idle_due(board, source - SOURCE_IDLE, tick);
    } else if (source < SOURCE_IWDG) {
        tim_due(board, source - SOURCE_TIM, tick);
    } else if (source == SOURCE_IWDG) {
        iwdg_due(board, tick);
    } else if (source == SOURCE_PARTS) {
        gokit2_service(board, tick);
        board->due[SOURCE_PARTS] = gokit2_next_event(&board->parts);
    } else {
        ring_alarm(board, tick);
    }
}

/* Everything that is due, in the order of time; at the same tick in the order of enum chip_source. */
static uint64_t service(void *ctx, uint64_t now)
{
    struct board *board = ctx;
    if (board->cpu.sleeping && (board->cpu.scr & SCR_SLEEPDEEP) != 0) {
        chip_unknown(board, "WFI or WFE with SLEEPDEEP: Stop and Standby are not modelled");
    }
    board->in_service = true;
    while (!chip_is_halted(board)) {
        unsigned first = 0;
        for (unsigned i = 1; i < SOURCE_COUNT; i++) {
            if (board->due[i] < board->due[first]) {
                first = i;
            }
        }
        if (board->due[first] > now) {
            board->in_service = false;
            return board->due[first];
        }
        board->at = board->due[first];
        dispatch(board, first, board->at);
    }
    board->in_service = false;
    return CHIP_NEVER; /* the reset or power-on to come asks again */
}

void chip_pass_time(struct board *board, uint64_t until)
{
    if (until > board->cpu.now) {
        board->cpu.now = until;
    }
    board->cpu.bus_event = service(board, board->cpu.now);
    board->cpu.next_event = 0;
}

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
        .service = service,
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

struct board *board_new(const struct board_options *options)
{
    struct board *board = calloc(1, sizeof *board);
    if (board == NULL) {
        return NULL;
    }
    board->options = *options;
    board->random = options->seed;
    set_defaults(&board->options, &board->random);
    for (unsigned i = 0; i < sizeof board->unique_id; i++) {
        board->unique_id[i] = (uint8_t)(board->options.unique_id[i / 4] >> (8 * (i % 4)));
    }
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        board->due[i] = CHIP_NEVER;
    }
    flash_erase_chip(board);
    struct cpu_bus bus = bus_of(board);
    cpu_init(&board->cpu, &bus);
    cpu_map(&board->cpu, board->flash.bytes, BOARD_FLASH_BASE, BOARD_FLASH_SIZE, board->sram,
            BOARD_SRAM_BASE, BOARD_SRAM_SIZE);
    gokit2_init(&board->parts, options->seed);
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
    *to = *from;
    to->links = links;
    to->cpu.bus = bus_of(to); /* a copy's hook does not listen */
    to->cpu.flash = to->flash.bytes;
    to->cpu.sram = to->sram;
    hook_copy(to, from);
}

static void reset_chip(struct board *board, enum board_reset_cause cause)
{
    board->resets[cause]++;
    board->reset_asked = false;
    flash_reset(board);
    rcc_reset(board, cause);
    dma_reset(board);
    for (unsigned i = 0; i < CHIP_USART_COUNT; i++) {
        usart_reset(board, i);
    }
    for (unsigned i = 0; i < CHIP_TIM_COUNT; i++) {
        tim_reset(board, i);
    }
    exti_reset(board, 0);
    afio_reset(board, 0);
    for (unsigned i = 0; i < CHIP_PORT_COUNT; i++) {
        gpio_reset(board, i);
    }
    iwdg_reset(board);
    pwr_reset(board, 0);
    crc_reset(board);
    board->cpu.sleeping = false;
}

/* Reset, and the first instruction after `delay_us`. */
static void restart(struct board *board, enum board_reset_cause cause, uint64_t delay_us)
{
    hook_reset(board);
    board->halt = HALT_NONE;
    board->why[0] = '\0';
    board->cpu.why[0] = '\0';
    reset_chip(board, cause);
    if (cause == BOARD_RESET_POWER) {
        bkp_domain_reset(board);
        gokit2_power_on(board);
        board->due[SOURCE_PARTS] = gokit2_next_event(&board->parts);
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

/* The core is locked up: only the watchdog gets it out. */
static bool wait_for_watchdog(struct board *board, uint64_t until)
{
    if (!board->iwdg.started) {
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
        switch (board->links.debug != NULL ? debug_run(board, until)
                                           : cpu_run(&board->cpu, until)) {
        case CPU_STOP_NONE:
        case CPU_STOP_REQUEST:
            break;
        case CPU_STOP_LOCKUP:
            board->halt = HALT_LOCKUP;
            break;
        case CPU_STOP_BKPT:
            return BOARD_STOP_BKPT;
        case CPU_STOP_UNKNOWN:
            board->halt = HALT_UNKNOWN;
            break;
        case CPU_STOP_TRAP:
            hook_trap(board, until);
            break;
        }
    }
}

enum board_stop board_run(struct board *board, uint64_t until)
{
    board->running = true;
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
    return board->flash.bytes;
}

const uint8_t *board_unique_id(const struct board *board)
{
    return board->unique_id;
}

unsigned board_flash_erases(const struct board *board, unsigned page)
{
    return page < CHIP_PAGE_COUNT ? board->flash.erases[page] : 0;
}

uint64_t board_flash_ops(const struct board *board)
{
    return board->flash.ops;
}

uint64_t board_flash_busy(const struct board *board, bool erases)
{
    return board->flash.busy[erases];
}

void board_cut_at(struct board *board, uint64_t op, enum board_tear tear, uint64_t seed)
{
    board->flash.cut_armed = true;
    board->flash.cut_op = op;
    board->flash.cut_tear = tear;
    board->flash.cut_seed = seed;
}

void board_watch_flash(struct board *board, const struct board_flash_watch *watch)
{
    board->links.watch = watch != NULL ? *watch : (struct board_flash_watch){.before = NULL};
}

void board_uart_connect(struct board *board, unsigned usart, const struct board_uart_sink *sink)
{
    if (usart >= 1 && usart <= CHIP_USART_COUNT) {
        board->links.sink[usart - 1] =
            sink != NULL ? *sink : (struct board_uart_sink){.sent = NULL};
    }
}

void board_connect_alarm(struct board *board, const struct board_alarm *alarm)
{
    board->links.alarm = alarm != NULL ? *alarm : (struct board_alarm){.ring = NULL};
}

void board_set_alarm(struct board *board, uint64_t tick)
{
    uint64_t now = chip_now(board);
    chip_due(board, SOURCE_ALARM, tick > now ? tick : now);
}

/* ---- for the parts (pins.h) ---- */

struct gokit2 *pins_parts(struct board *board)
{
    return &board->parts;
}

const struct gokit2 *pins_parts_const(const struct board *board)
{
    return &board->parts;
}

void pins_event_changed(struct board *board)
{
    chip_due(board, SOURCE_PARTS, gokit2_next_event(&board->parts));
}

uint64_t pins_uart_last_tick(const struct board *board)
{
    return board->uart_last;
}
