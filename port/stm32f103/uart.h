/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_UART_H
#define STM32F103_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The line to the Wi-Fi module: USART2, PA2/PA3, 8N1, both directions by DMA without
 * interrupts.
 *
 * A page erase stops the core for up to 40 ms; at 9600 baud 38 bytes arrive meanwhile, at
 * 115200 461. DMA1 channel 6 puts them into a ring of 512 bytes, channel 7 sends from a buffer.
 * Main loop only.
 * Source: RM0008 13.3.7 table 78, 27.3.13.
 */
enum { UART_RX_SIZE = 512, UART_TX_SIZE = 512 };

void uart_start(uint32_t pclk1_hz, uint32_t baud);

/* Take what has arrived, up to out_max bytes. Returns how many. Must be called before
 * UART_RX_SIZE bytes have come since the last call (44 ms at 115200, 533 ms at 9600), else
 * bytes are lost. */
size_t uart_receive(uint8_t out[], size_t out_max);

/* Send len bytes, at most UART_TX_SIZE. Returns false, and sends nothing, while the last ones
 * are still on their way or when there are too many. */
bool uart_send(const uint8_t bytes[], size_t len);

/* May uart_send() be called? */
bool uart_can_send(void);

/* Has the last bit left the chip? Ask before a reset. */
bool uart_is_drained(void);

#endif
