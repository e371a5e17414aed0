/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_USART_H
#define BOARD_STM32F1_USART_H

#include <stdbool.h>
#include <stdint.h>
#include "board/options.h"
#include "board/stm32f1/peripheral.h"

/* USART1..3 (RM0008 chapter 27): registers, transmitter and receiver. The wire to RX is line.c.
 * Units are counted from 0. */

struct usart {
    uint32_t sr, rdr, tdr, brr, cr1, cr2, cr3, gtpr;
    uint32_t sr_seen; /* error flags the program saw in SR: the next read of DR clears them */
    bool shifting, shift_is_idle_frame;
    uint8_t shift;
    uint64_t receive_from; /* tick at which the receiver was enabled; CHIP_NEVER = off */
};

struct usart_state {
    struct usart unit[BOARD_USARTS];
    unsigned overruns[BOARD_USARTS];
    uint64_t last_tick; /* of a byte on any line, either way */
};

bool usart_dma_request(const struct board *board, unsigned unit, bool tx);
unsigned usart_overruns(const struct board *board, unsigned unit);

/* ---- for the wire ---- */

unsigned usart_frame_bits(const struct board *board, unsigned unit);
uint32_t usart_bit_ticks(const struct board *board, unsigned unit);

/* Does the receiver get a byte whose start bit began at `start`? */
bool usart_is_receiving(const struct board *board, unsigned unit, uint64_t start);
void usart_receive(struct board *board, unsigned unit, uint8_t byte, bool framing_error);

/* At `tick` the line has been idle for a frame, unless a start bit comes before. */
void usart_idle_at(struct board *board, unsigned unit, uint64_t tick);
void usart_line_starts(struct board *board, unsigned unit, uint64_t start);
void usart_line_was_busy(struct board *board, uint64_t tick);

#endif
