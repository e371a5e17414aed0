/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_CHIP_H
#define BOARD_STM32F1_CHIP_H

#include <stdbool.h>
#include <stdint.h>
#include "board/links.h"
#include "board/options.h"
#include "board/stm32f1/peripherals.h"

/* What the modelled STM32F103 (medium density) offers its peripherals: time, events,
 * interrupts, signals. Sources: RM0008 (registers, their names and bits), PM0075 (flash
 * controller), DS5319 (times).
 */
#define CHIP_NEVER       UINT64_MAX
#define CHIP_TICKS_PER_S 576000000u
enum { CHIP_US = BOARD_TICKS_PER_US };

/* RM0008 table 63, medium density. */
enum chip_irq {
    IRQ_PVD = 1,
    IRQ_FLASH = 4,
    IRQ_RCC = 5,
    IRQ_EXTI0 = 6,
    IRQ_DMA1_CHANNEL1 = 11,
    IRQ_EXTI9_5 = 23,
    IRQ_TIM1_UP = 25,
    IRQ_TIM1_CC = 27,
    IRQ_TIM2 = 28,
    IRQ_USART1 = 37,
    IRQ_EXTI15_10 = 40,
    IRQ_RTC_ALARM = 41,
    IRQ_USB_WAKE_UP = 42,
};

/* The state of a peripheral: its row says how large it is. */
void *chip_state(const struct board *board, enum chip_id id);

const struct board_options *chip_options(const struct board *board);
const struct board_links *chip_links(const struct board *board);

/* The flash array, and how many bytes it has. */
uint8_t *chip_flash(const struct board *board);
uint32_t chip_flash_size(const struct board *board);

/* The present tick: of the access, or of the event being served. */
uint64_t chip_now(const struct board *board);

/* Announce that an event of `id` is due at `tick`; CHIP_NEVER takes it back. */
void chip_due(struct board *board, enum chip_id id, unsigned event, uint64_t tick);
uint64_t chip_next_due(const struct board *board, enum chip_id id, unsigned event);

/* Call signal() of all peripherals that have one. */
void chip_signal(struct board *board, enum chip_signal signal, uint64_t tick);

/* There is no power, the run has stopped, or a reset is due: nothing has an effect any more. */
bool chip_is_halted(const struct board *board);

/* Stop the run: this is not modelled, or the manual forbids it and does not say what it
 * does. */
void chip_unknown(struct board *board, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for what a real chip is known to bear, though its maker does not promise it: a
 * lenient board goes on, and keeps the first of these for board_warning(). Returns whether to
 * go on. */
bool chip_beyond_limit(struct board *board, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* In a register's write: the access is a bus fault. */
void chip_bus_error(struct board *board);

void chip_irq(struct board *board, unsigned irq, bool level);
void chip_ask_reset(struct board *board, enum board_reset_cause cause);
enum board_reset_cause chip_reset_cause(const struct board *board); /* of the last one */
void chip_power_fails(struct board *board);

uint64_t chip_random(struct board *board);
uint64_t chip_mix(uint64_t *state); /* splitmix64: next value */

/* ---- for rcc.c and flash.c ---- */

/* Reset the units whose bits are set in `bits` (RCC_APB1RSTR, RCC_APB2RSTR). */
void chip_reset_units(struct board *board, enum chip_gate gate, uint32_t bits);
void chip_set_core_clock(struct board *board, uint32_t ticks_per_cycle, uint32_t fetch_wait);

/* While the flash is busy the core's accesses to it go over the bus, which stalls them. */
void chip_set_flash_busy(struct board *board, bool busy);

/* ---- for board.c, and for code that lets time pass in its place ---- */

/* Reset all peripherals. */
void chip_reset(struct board *board, enum board_reset_cause cause);

/* Serve the events of the board `ctx` that are due up to `now`, in the order of time. Returns
 * the tick of the next one. */
uint64_t chip_service(void *ctx, uint64_t now);

/* Let time pass without the core. Ends early when the chip halts. */
void chip_pass_time(struct board *board, uint64_t until);

#endif
