/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_EXTI_H
#define BOARD_STM32F1_EXTI_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* External interrupts (RM0008 chapter 10). */

struct exti {
    uint32_t imr, rtsr, ftsr, swier, pr;
};

/* The level of a pin has changed. */
void exti_edge(struct board *board, unsigned port, unsigned pin, bool level);

#endif
