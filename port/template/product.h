/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEMPLATE_PRODUCT_H
#define TEMPLATE_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What bootloader and app use besides the core's port. The core knows none of it. These
 * functions are in port/stm32f103 too, one header per unit. boot/ needs more than is declared
 * here: the internal clock, the mailbox with its count of resets by a watchdog, the polled
 * UART, and in boot/pin.c and boot/recover.c registers of the chip (docs/porting.md).
 */

/* ---- bootloader and app ---- */

/* Must: bring the chip to its working clock and return the core's frequency in Hz, also when
 * the crystal is dead. clock_stop() returns to the state after reset. */
uint32_t clock_start(void);
void clock_stop(void);

/* Must: start a watchdog that only a reset stops; feed it, harmless if not running. The
 * bootloader's time is the longest there is, so that an app on trial without a watchdog of its
 * own gets through its start; an app's own must be longer than one page erase and one page of
 * programming. */
enum iwdg_time { IWDG_3_S, IWDG_26_S };
void iwdg_start(enum iwdg_time time);
void iwdg_feed(void);

/* Must: a millisecond interrupt that wakes system_sleep(), and its count. */
void systick_start(uint32_t core_hz);
uint32_t systick_millis(void);

/* Must: reset everything but RAM, and not return. */
void system_reset(void);
void system_sleep(void);

/* Must: start the image as reset would: interrupts off and none pending, vector table at addr,
 * its first word in the stack pointer, no peripheral changed from its reset state. Must not
 * return. */
void jump_to_image(uint32_t addr);

/* Must: bring log text out; stop leaves the peripheral as after reset. */
void debug_start(uint32_t bus_hz);
void debug_byte(uint8_t byte);
void debug_text(const char text[]);
void debug_decimal(uint32_t value);
void debug_hex4(uint16_t value);
void debug_stop(void);

/* ---- app ---- */

/* Must: receive without loss while the CPU is stalled by a page erase (DMA, or a FIFO that
 * is long enough), and send without blocking. */
void uart_start(uint32_t bus_hz, uint32_t baud);
size_t uart_receive(uint8_t out[], size_t out_max);
bool uart_send(const uint8_t bytes[], size_t len);
bool uart_can_send(void);
bool uart_is_drained(void);

#endif
