/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_DEBUG_H
#define STM32F103_DEBUG_H

#include <stdint.h>

/* The log line: USART1, PA9, 115200 8N1, transmit only, polled: one character takes 87 us. For
 * the bootloader and for short lines of the app (its module UART runs by DMA meanwhile).
 */
void debug_start(uint32_t pclk2_hz);

/* Send a byte, a text up to its 0, or a number in decimal or as 4 hex digits. Return when the
 * last character is in the transmitter. */
void debug_byte(uint8_t byte);
void debug_text(const char text[]);
void debug_decimal(uint32_t value);
void debug_hex4(uint16_t value);

/* Wait for the last bit, then put USART1 and PA9 back to their reset state. Leaves GPIOA's and
 * USART1's clocks off: for the bootloader. */
void debug_stop(void);

#endif
