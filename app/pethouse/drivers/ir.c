/* SPDX-License-Identifier: Apache-2.0 */
#include "ir.h"

#include "gpio.h"

enum { PIN = 7 }; /* PB7 */

void ir_start(void)
{
    gpio_pull_up(GPIOB, PIN);
}

bool ir_sees_obstacle(void)
{
    return !gpio_read(GPIOB, PIN);
}
