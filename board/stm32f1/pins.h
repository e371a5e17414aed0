/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_PINS_H
#define BOARD_STM32F1_PINS_H

#include <stdbool.h>
#include <stdint.h>

/* The wires between the chip (board/stm32f1) and the parts soldered around it (board/gokit2).
 *
 * The chip knows one set of parts, `struct gokit2`. It is declared in board/gokit2/gokit2.h,
 * which includes neither this header nor chip.h, as plain data without pointers to itself:
 * board_copy() copies it with the rest. Its place among the peripherals is
 * board/gokit2/parts.c. The .c files of board/gokit2 include this header and implement the
 * functions below, and the public board_view() and board_set_*() of board/board.h.
 *
 * Time is in ticks (board_now()), and always exact: a call during an instruction has the tick
 * of that instruction.
 */
struct board;
struct gokit2;

enum pins_port { PORT_A, PORT_B, PORT_C, PORT_D };

/* ---- implemented by the parts; called by the chip ---- */

/* Called by board_new(): there is no board yet, so nothing may be driven. `seed` is
 * board_options.seed. */
void gokit2_init(struct gokit2 *parts, uint64_t seed);

/* The supply has come on: the parts lose their state; keys, climate and obstacle stay. All pins
 * are floating inputs now: drive here what the parts drive, and also external pull-ups, as
 * PINS_PULL_UP. Called for every power-on, but not for other resets. */
void gokit2_power_on(struct board *board);

/* The level of the wire at a pin has changed: by the program (ODR, BSRR, mode of the pin) or by
 * pins_drive(). Not called for the edges that a timer or USART makes on an alternate-function
 * output: see pins_duty_permille(). May call pins_drive(). */
void gokit2_pin_changed(struct board *board, unsigned port, unsigned pin, bool level,
                        uint64_t tick);

/* The tick of the next thing that a part does by itself; UINT64_MAX = none. */
uint64_t gokit2_next_event(const struct gokit2 *parts);

/* `tick` has reached gokit2_next_event(): do all that is due, and set the next event. */
void gokit2_service(struct board *board, uint64_t tick);

/* ---- implemented by the chip; called by the parts ---- */

struct gokit2 *pins_parts(struct board *board);
const struct gokit2 *pins_parts_const(const struct board *board);

/* What a part does to the wire of a pin. A driven level wins against the chip's pull-ups and
 * loses against a push-pull output of the chip. PINS_PULL_UP is a weak resistor to the supply:
 * it wins only against a floating input and the chip's pull-down. PINS_RELEASE: as if the part
 * were not there. */
enum pins_drive { PINS_RELEASE, PINS_LOW, PINS_HIGH, PINS_PULL_UP };
void pins_drive(struct board *board, unsigned port, unsigned pin, enum pins_drive drive);

/* The present level of the wire. A floating input reads as 0; a real one may read as either. */
bool pins_level(const struct board *board, unsigned port, unsigned pin);

/* How much of the time the wire is high: the duty of a timer's PWM if this pin is its output
 * (remap included), else 0 or 1000. */
unsigned pins_duty_permille(const struct board *board, unsigned port, unsigned pin);

/* Duty of a timer's channel (TIM1..4, channel 1..4) at the timer itself, whatever the pin does;
 * 0 if the timer or the channel is off. */
unsigned pins_tim_duty_permille(const struct board *board, unsigned tim, unsigned channel);

/* To be called when gokit2_next_event() may have changed outside of the functions above, for
 * example in a board_set_x(). */
void pins_event_changed(struct board *board);

/* The tick of the last byte on any of the chip's serial lines, in either direction; 0 = there
 * was none. */
uint64_t pins_uart_last_tick(const struct board *board);

#endif
