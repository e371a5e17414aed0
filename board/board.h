/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/links.h"
#include "board/options.h"
#include "board/stop.h"

/* The modelled board: a GoKit2 with an STM32F103C8T6, on which unmodified firmware runs.
 *
 * The chip (board/cpu, board/stm32f1) and the parts around it (board/gokit2) share one block of
 * memory. Time is virtual, and there is one seed, no thread and no host clock: the same binary,
 * seed and inputs give the same bits at the same tick. The power can fail in any flash
 * operation. A use of something that is not modelled stops the run with a message, and so does
 * a clock beyond its limit, unless the board is lenient. docs/testing.md lists what the model
 * does not claim.
 *
 * Nothing in this folder knows otter's firmware, its partitions or the Gizwits protocol.
 */
struct board; /* about 170 KB, plain data: board_copy() is a snapshot */

/* Returns NULL if memory is short, or if no chip has this flash_size. */
struct board *board_new(const struct board_options *options);
void board_free(struct board *board);

/* Make `to` a copy of `from`, with its options. `to` keeps its own struct board_links. */
void board_copy(struct board *to, const struct board *from);

/* Switch the supply on: RAM is random, the registers have their power-on values, the core
 * starts. Flash, unique id, virtual time and the parts' inputs stay as they were. */
void board_power_on(struct board *board);

/* Pull the reset pin: RAM is kept. */
void board_reset(struct board *board);

/* Run until board_now() >= until (ticks). */
enum board_stop board_run(struct board *board, uint64_t until);
void board_request_stop(struct board *board); /* from a callback */
const char *board_why(const struct board *board);

/* What a lenient board went on after, the first time; "" = nothing so far. A board that is not
 * lenient stops there with BOARD_STOP_UNKNOWN. It is a PCLK1 above 36 MHz: common programs have
 * it between two writes of RCC_CFGR, and chips bear it. */
const char *board_warning(const struct board *board);

uint64_t board_now(const struct board *board); /* ticks since board_new */
uint64_t board_instructions(const struct board *board);
unsigned board_resets(const struct board *board, enum board_reset_cause cause); /* counted */

/* The flash array itself, to read and to load images into, and its size in bytes. Such accesses
 * are not counted as operations. */
uint8_t *board_flash(struct board *board);
uint32_t board_flash_size(const struct board *board);

/* Write-protect the pages in the `len` bytes of flash from `addr` on, as a programmer does:
 * with the option bytes (PM0075 2.4.2), of which one bit protects four pages. From now on
 * erasing and programming them fails with WRPRTERR. Only a new board is without the
 * protection. */
void board_protect_flash(struct board *board, uint32_t addr, uint32_t len);
const uint8_t *board_unique_id(const struct board *board); /* 12 bytes as at 0x1FFFF7E8 */
unsigned board_flash_erases(const struct board *board, unsigned page); /* wear */

/* ---- serial lines: USART 1..3 ---- */

/* NULL: nothing is connected. */
void board_uart_connect(struct board *board, unsigned usart,
                        const struct board_uart_sink *sink);

/* Put bytes on the chip's receive line. They arrive one after the other at `baud`, after those
 * that are already waiting, or from the next whole microsecond on. Returns how many fitted into
 * the line's queue of 4 KB. */
size_t board_uart_put(struct board *board, unsigned usart, const uint8_t bytes[], size_t len,
                      uint32_t baud);
size_t board_uart_waiting(const struct board *board,
                          unsigned usart); /* bytes not yet arrived */
unsigned board_uart_overruns(const struct board *board, unsigned usart);

/* ---- power cuts ---- */

/* Flash operations (half-word programs and page erases) started so far. */
uint64_t board_flash_ops(const struct board *board);

/* How many ticks the chip was busy with its erases, or with its programs. */
uint64_t board_flash_busy(const struct board *board, bool erases);

/* Let the power fail in flash operation `op`. The first is 0, as board_flash_ops() counts. */
void board_cut_at(struct board *board, uint64_t op, enum board_tear tear, uint64_t seed);

/* Let flash fail; NULL: it is sound. One fault at a time. The cell dies when operation
 * `fault->from` is through, and stays so over power cuts. */
void board_wear_flash(struct board *board, const struct board_flash_fault *fault);

/* NULL: nothing is connected. */
void board_watch_flash(struct board *board, const struct board_flash_watch *watch);

/* ---- an alarm ---- */

/* NULL: none. */
void board_connect_alarm(struct board *board, const struct board_alarm *alarm);

/* Ring at `tick`, or at once if it is in the past. Replaces the tick that was set or returned
 * before. */
void board_set_alarm(struct board *board, uint64_t tick);

/* ---- parts ---- */

/* What a person sees. It follows from pin edges and timer outputs only. */
struct board_view {
    uint8_t led_r, led_g, led_b; /* last frame the P9813 took */
    bool led_enabled;
    int motor_percent; /* -100..100: duty of L9110, sign = direction */
    bool uart_activity;
};
void board_view(const struct board *board, struct board_view *out_view);

/* What a person and the room do to the board. */
void board_set_climate(struct board *board, int celsius,
                       int humidity_percent);                        /* DHT11, 0..60 / 5..95 */
void board_set_climate_broken(struct board *board, bool broken);     /* DHT11 unplugged */
void board_set_obstacle(struct board *board, bool present);          /* IR sensor */
void board_set_key(struct board *board, unsigned key, bool pressed); /* 1..3 */

#endif
