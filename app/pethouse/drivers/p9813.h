/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_P9813_H
#define PETHOUSE_P9813_H

#include <stdint.h>

/* The RGB LED's driver chip P9813: clock PB8, data PB9, enable PA0. Needs gpio_start(). A frame
 * is 32 zero bits and then 1 1 ~B7 ~B6 ~G7 ~G6 ~R7 ~R6 and B, G, R, most significant bit first,
 * taken at the rising clock. Source: P9813 data sheet; GoKit2 wiring.
 */

/* Switch the driver on and the LED dark. */
void p9813_start(void);

/* Show a colour, 0..255 each. About 100 us. */
void p9813_show(uint8_t red, uint8_t green, uint8_t blue);

#endif
