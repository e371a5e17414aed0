/* SPDX-License-Identifier: Apache-2.0 */
#include "key_pins.h"

#include "gpio.h"

void key_pins_start(void)
{
    gpio_pull_up(GPIOB, 10);
    gpio_pull_up(GPIOA, 8);
    gpio_pull_up(GPIOC, 13);
}

bool key_pins_closed(unsigned key)
{
    switch (key) {
    case 1:
        return !gpio_read(GPIOB, 10);
    case 2:
        return !gpio_read(GPIOA, 8);
    default:
        return !gpio_read(GPIOC, 13);
    }
}
