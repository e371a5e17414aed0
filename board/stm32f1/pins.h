/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_PINS_H
#define BOARD_STM32F1_PINS_H

#include <stdbool.h>
#include <stdint.h>

/* What lies between the chip (board/stm32f1) and the parts soldered around it (board/gokit2): wires.
 *
 * The chip knows one set of parts, `struct gokit2`, declared in board/gokit2/gokit2.h as plain data
 * without pointers to itself (board_copy() copies it with the rest) and embedded in struct board.
 * gokit2.h must not include this header nor chip.h; gokit2/x.c files include "board/stm32f1/pins.h"
 * (or "board/stm32f1/chip.h" for the whole struct board) and implement the functions below, and the
 * public board_look() and board_set_*() of board/board.h.
 *
 * Time is in ticks (board_now()), always exact: a call during an instruction carries the tick at
 * which that instruction takes place.
 */
struct board;
struct gokit2;

enum pins_port { PORT_A, PORT_B, PORT_C, PORT_D };

/* ---- implemented by the parts; called by the chip ---- */

/* At board_new(): no board yet, nothing may be driven. `seed` is board_options.seed. */
void gokit2_init(struct gokit2 *parts, uint64_t seed);

/* The supply has come on (board_power_on()): the parts lose what they held, the world's inputs (keys,
 * climate, obstacle) stay. All pins are floating inputs at this point; drive here what parts drive
 * (external pull-ups too: a drive of PINS_PULL_UP). Also called once for every later power-on. Not
 * called for other resets. */
void gokit2_power_on(struct board *board);

/* The wire at a pin changed its level: by the program (ODR, BSRR, mode of the pin) or by pins_drive()
 * itself. Not called for the edges a timer or USART makes on an alternate-function output: ask
 * pins_duty_permille() for those. May call pins_drive(). */
void gokit2_pin_changed(struct board *board, unsigned port, unsigned pin, bool level,
                        uint64_t tick);

/* The tick of the next thing a part does by itself; UINT64_MAX = none. Must be cheap: it is asked at
 * each event of the chip. */
uint64_t gokit2_next_event(const struct gokit2 *parts);

/* `tick` has reached gokit2_next_event(): do all that is due (and move the next event on). */
void gokit2_service(struct board *board, uint64_t tick);

/* ---- implemented by the chip; called by the parts ---- */

struct gokit2 *pins_parts(struct board *board);
const struct gokit2 *pins_parts_const(const struct board *board);

/* What a part does to the wire of a pin. A driven level wins over the chip's pull-ups and loses
 * against a push-pull output of the chip; PINS_PULL_UP is a weak resistor to the supply (wins over
 * nothing but a floating input and the chip's pull-down); released is the part not there. */
enum pins_drive { PINS_RELEASE, PINS_LOW, PINS_HIGH, PINS_PULL_UP };
void pins_drive(struct board *board, unsigned port, unsigned pin, enum pins_drive drive);

/* The level on the wire now. A floating input reads 0 (nothing is claimed about it). */
bool pins_level(const struct board *board, unsigned port, unsigned pin);

/* The part of time the wire is high: of a timer's PWM if one comes out at this pin (remap included),
 * else 0 or 1000. */
unsigned pins_duty_permille(const struct board *board, unsigned port, unsigned pin);

/* Duty of a timer's channel output as it leaves the timer (TIM1..4, channel 1..4), whatever the pin
 * does; 0 when the timer or the channel is off. */
unsigned pins_tim_duty_permille(const struct board *board, unsigned tim, unsigned channel);

/* Tell that gokit2_next_event() became earlier outside of the functions above, e.g. from a
 * board_set_x(). Harmless when it did not. */
void pins_event_changed(struct board *board);

/* The tick at which a byte was last on any of the chip's serial lines (either way); 0 = never. */
uint64_t pins_uart_last_tick(const struct board *board);

#endif
