/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_GOKIT2_GOKIT2_H
#define BOARD_GOKIT2_GOKIT2_H

#include <stdbool.h>
#include <stdint.h>
#include "board/gokit2/dht11.h"
#include "board/gokit2/p9813.h"

/* The parts of the GoKit2 around the STM32F103C8T6. They see wires only: what the program does
 * to a pin. The functions that the chip calls are declared in board/stm32f1/pins.h; what a
 * person does and sees is in board/board.h, and below.
 *
 *   P9813 LED    PB8 clock, PB9 data, PA0 enable (high)
 *   L9110 motor  PB4 (TIM3 CH1) forward, PB5 (TIM3 CH2) backward
 *   DHT11        PB3, with its own pull-up
 *   IR obstacle  PB7, low = something is there
 *   KEY1..3      PB10, PA8, PC13, low = pressed (the chip pulls up)
 *
 * Plain data without pointers to itself: copying it is a snapshot.
 */
enum { GOKIT2_KEY_COUNT = 3 };

struct gokit2 {
    struct p9813 led;
    struct dht11 climate;
    bool obstacle;
    bool key[GOKIT2_KEY_COUNT];
};

/* What a person and the room do to the board at present: the other half of board_view(). */
struct board_inputs {
    int celsius, humidity_percent;
    bool climate_broken;
    bool obstacle;
    bool key[GOKIT2_KEY_COUNT]; /* [0] is KEY1 */
};
struct board;
void board_inputs(const struct board *board, struct board_inputs *out_inputs);

/* Of inputs.c, for gokit2.c: put the present keys and obstacle on their wires. */
void gokit2_drive_inputs(struct board *board);

#endif
