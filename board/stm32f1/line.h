/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_LINE_H
#define BOARD_STM32F1_LINE_H

#include <stddef.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* The wire to a USART's RX pin: bytes that were put there and have not arrived. */

enum { LINE_SIZE = 4096, LINE_RUNS = 16 };

struct serial_line {
    uint8_t bytes[LINE_SIZE];
    unsigned head, len;
    struct {
        unsigned count;
        uint32_t bit_ticks;
    } runs[LINE_RUNS]; /* of bytes at the same baud */
    unsigned run_head, run_len;
    uint64_t start;   /* of the byte that is arriving, if len > 0 */
    uint64_t free_at; /* end of the last byte */
};

/* As board_uart_put() and board_uart_waiting(); units are counted from 0. */
size_t line_put(struct board *board, unsigned unit, const uint8_t bytes[], size_t len,
                uint32_t baud);
size_t line_waiting(const struct board *board, unsigned unit);

#endif
