/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_UART_POLLED_H
#define STM32F103_UART_POLLED_H

#include <stdbool.h>
#include <stdint.h>

/* The line to the Wi-Fi module as in uart.h, without DMA and small: for the bootloader's
 * recovery.
 *
 * There is no buffer: a byte that is not read before the next one arrives is lost (1 ms at 9600
 * baud). So the other side must wait while we write flash or send.
 * Source: RM0008 27.3.2, 27.3.3.
 */
void uart_polled_start(uint32_t divider);

/* The divider for uart_polled_start(). A constant expression if both arguments are
 * constants. */
static inline uint32_t uart_polled_divider(uint32_t pclk1_hz, uint32_t baud)
{
    return (pclk1_hz + baud / 2) / baud;
}

/* Take a byte, if one has come. */
bool uart_polled_receive(uint8_t *out_byte);

/* Wait until there is room, then send. */
void uart_polled_send(uint8_t byte);

/* Wait until the last bit has left the chip. */
void uart_polled_drain(void);

#endif
