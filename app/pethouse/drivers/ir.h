/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_IR_H
#define PETHOUSE_IR_H

#include <stdbool.h>

/* The infrared reflex sensor on PB7, active low. Needs gpio_start(). */
void ir_start(void);

/* Is there something in front of it? */
bool ir_sees_obstacle(void);

#endif
