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

enum { EXTI_LINE_PVD = 16, EXTI_LINE_RTC_ALARM = 17, EXTI_LINE_USB_WAKE_UP = 18 };

/* The level of a line has changed, or of a pin, which may be the source of a line. */
void exti_line_edge(struct board *board, unsigned line, bool level);
void exti_pin_edge(struct board *board, unsigned port, unsigned pin, bool level);

#endif
