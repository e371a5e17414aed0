/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_AFIO_H
#define BOARD_STM32F1_AFIO_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* Alternate functions: which pin belongs to which peripheral (RM0008 chapter 9.3, 9.4). */

struct afio {
    uint32_t evcr, mapr, exticr[4];
};

bool afio_jtag_owns(const struct board *board, unsigned port, unsigned pin);

/* The port whose pin is the source of EXTI line `pin`. */
unsigned afio_exti_port(const struct board *board, unsigned pin);

/* The pin of a timer's channel (0..3), or of a USART's TX or RX. False = not on this
 * package. */
bool afio_tim_pin(const struct board *board, unsigned unit, unsigned channel,
                  unsigned *out_port, unsigned *out_pin);
bool afio_usart_pin(const struct board *board, unsigned unit, bool tx, unsigned *out_port,
                    unsigned *out_pin);

#endif
