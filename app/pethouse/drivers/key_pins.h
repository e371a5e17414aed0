/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_KEY_PINS_H
#define PETHOUSE_KEY_PINS_H

#include <stdbool.h>

/* The contacts of KEY1 PB10, KEY2 PA8 and KEY3 PC13, active low. Needs gpio_start(). */
void key_pins_start(void);

/* Is the contact of key 1..3 closed? It may bounce: keys.h. */
bool key_pins_closed(unsigned key);

#endif
