/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_GPIO_H
#define BOARD_STM32F1_GPIO_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* GPIOA..D (RM0008 chapter 9) and the wires at their pins; pins.h is what the parts see of
 * them. */

enum { GPIO_PORTS = 4 };

struct gpio {
    uint32_t crl, crh, odr, lckr;
    uint8_t lock_state; /* of the LCKR sequence */
    uint16_t wires;     /* levels */
    uint8_t drive[16];  /* enum pins_drive, by the parts */
};

bool gpio_is_alternate(const struct board *board, unsigned port, unsigned pin);
bool gpio_is_input(const struct board *board, unsigned port, unsigned pin);

#endif
