/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_GOKIT2_P9813_H
#define BOARD_GOKIT2_P9813_H

#include <stdbool.h>
#include <stdint.h>

/* P9813, the driver of the RGB LED: a 32-bit shift register with a clock and a data line.
 *
 * At least 32 zero bits open a frame; the next word that begins with 1 is this LED's:
 * 1 1 ~B7 ~B6 ~G7 ~G6 ~R7 ~R6, then B, G, R, most significant bit first. Words after it are for
 * LEDs further down the chain, of which the GoKit2 has none. A word whose check bits are wrong
 * changes nothing. Source: P9813 data sheet.
 */
struct p9813 {
    bool clock, data;
    uint8_t zeros; /* zero bits in a row, up to 32 */
    uint8_t bits;  /* of the word being taken; 0 = not yet begun */
    bool open;     /* a frame is open and this LED's word has not come */
    uint32_t word;
    uint8_t r, g, b;
    uint32_t frames, wrong; /* words taken, words with wrong check bits */
};

/* Supply on: dark. The levels of the lines stay. */
void p9813_power_on(struct p9813 *led);

/* Set the level of a line. Data is sampled when the clock rises. */
void p9813_set_data(struct p9813 *led, bool level);
void p9813_set_clock(struct p9813 *led, bool level);

#endif
