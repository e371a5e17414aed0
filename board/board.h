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
 * Chip (board/cpu, board/stm32f1) and parts (board/gokit2) in one struct; virtual time only; one
 * seed; no threads, no host clock. Same binary, seed and inputs give the same bits at the same tick.
 * The flash can lose power in any operation. What is not modelled stops the run and says so; what
 * the model does not claim is listed in docs/testing.md.
 *
 * Nothing in this folder knows otter's firmware, its partitions or the Gizwits protocol.
 */
struct board; /* about 130 KB, plain data: board_copy() is a snapshot */

/* Returns NULL if memory is short, or there is no chip with such a flash_size. */
struct board *board_new(const struct board_options *options);
void board_free(struct board *board);

/* Whatever the options of `to` were; it keeps its struct board_links. */
void board_copy(struct board *to, const struct board *from);

/* Supply on: RAM is random, registers as after power-on, core starts. Flash, unique id, virtual time
 * and the parts' inputs stay as they were. */
void board_power_on(struct board *board);

/* The reset pin: RAM is kept. */
void board_reset(struct board *board);

/* Run until board_now() >= until (ticks). */
enum board_stop board_run(struct board *board, uint64_t until);
void board_request_stop(struct board *board); /* from a callback */
const char *board_why(const struct board *board);

uint64_t board_now(const struct board *board); /* ticks since board_new */
uint64_t board_instructions(const struct board *board);
unsigned board_resets(const struct board *board, enum board_reset_cause cause); /* counted */

/* The flash array itself, to load images into and to look at, and its size in bytes. Not counted as
 * operations. */
uint8_t *board_flash(struct board *board);
uint32_t board_flash_size(const struct board *board);

/* Write-protect the pages in the `len` bytes of flash from `addr` on, as a programmer does: by option
 * bytes (PM0075 2.4.2), which stand for four pages each. Erasing and programming them fails from now
 * on, with WRPRTERR; there is no way back but a new board. */
void board_protect_flash(struct board *board, uint32_t addr, uint32_t len);
const uint8_t *board_unique_id(const struct board *board); /* 12 bytes as at 0x1FFFF7E8 */
unsigned board_flash_erases(const struct board *board, unsigned page); /* wear */

/* ---- serial lines: USART 1..3 ---- */

/* NULL: nobody. */
void board_uart_connect(struct board *board, unsigned usart,
                        const struct board_uart_sink *sink);

/* Put bytes on the chip's receive line; they arrive one after the other at `baud`, behind what is
 * already waiting, or from the next whole microsecond on. Returns how many fitted the line's 4 KB queue. */
size_t board_uart_put(struct board *board, unsigned usart, const uint8_t bytes[], size_t len,
                      uint32_t baud);
size_t board_uart_waiting(const struct board *board,
                          unsigned usart); /* bytes not yet arrived */
unsigned board_uart_overruns(const struct board *board, unsigned usart);

/* ---- power cuts ---- */

/* Flash operations (half-word programs and page erases) started so far. */
uint64_t board_flash_ops(const struct board *board);

/* How long the chip was busy with them, in ticks: with its erases, or with its programs. */
uint64_t board_flash_busy(const struct board *board, bool erases);

/* Fail the power in flash operation `op` (counted as board_flash_ops() counts, the first is 0). */
void board_cut_at(struct board *board, uint64_t op, enum board_tear tear, uint64_t seed);

/* NULL: nobody. */
void board_watch_flash(struct board *board, const struct board_flash_watch *watch);

/* ---- an alarm ---- */

/* NULL: none. */
void board_connect_alarm(struct board *board, const struct board_alarm *alarm);

/* Ring at `tick`, at once if it is over, instead of at the tick that was set or returned before. */
void board_set_alarm(struct board *board, uint64_t tick);

/* ---- parts ---- */

/* What a person sees. Derived from pin edges and timer outputs only. */
struct board_view {
    uint8_t led_r, led_g, led_b; /* last frame the P9813 took */
    bool led_enabled;
    int motor_percent; /* -100..100: duty of L9110, sign = direction */
    bool uart_activity;
};
void board_look(const struct board *board, struct board_view *out_view);

/* What the world does. */
void board_set_climate(struct board *board, int celsius,
                       int humidity_percent);                        /* DHT11, 0..60 / 5..95 */
void board_set_climate_broken(struct board *board, bool broken);     /* DHT11 unplugged */
void board_set_obstacle(struct board *board, bool present);          /* IR sensor */
void board_set_key(struct board *board, unsigned key, bool pressed); /* 1..3 */

#endif
