/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_GPIO_H
#define PETHOUSE_GPIO_H

#include <stdbool.h>
#include <stdint.h>
#include "stm32f103.h"

/* Pins of the GoKit2, for the drivers of its parts. Main loop only. Source: RM0008 9. */

/* Clock the ports, give PB3 and PB4 back from JTAG (SWD stays) and TIM3 its partial remap.
 * Before all other drivers. */
void gpio_start(void);

/* Set the mode (GPIO_IN_PULL, ... of stm32f103.h) of one pin, 0..15. */
void gpio_set_mode(volatile struct stm32_gpio *gpio, unsigned pin, uint32_t mode);

static inline void gpio_write(volatile struct stm32_gpio *gpio, unsigned pin, bool high)
{
    gpio->BSRR = high ? 1u << pin : 1u << (pin + 16);
}

static inline bool gpio_read(volatile struct stm32_gpio *gpio, unsigned pin)
{
    return (gpio->IDR >> pin & 1u) != 0;
}

/* Make the pin an input with its pull-up. */
static inline void gpio_pull_up(volatile struct stm32_gpio *gpio, unsigned pin)
{
    gpio_write(gpio, pin, true);
    gpio_set_mode(gpio, pin, GPIO_IN_PULL);
}

#endif
