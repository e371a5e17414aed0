/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_CLOCK_H
#define STM32F103_CLOCK_H

#include <stdint.h>

/* The clock tree: after reset HSI 8 MHz; started 72 MHz from the 8 MHz crystal (HSE x 9), or,
 * when it does not start, 64 MHz from HSI/2 x 16. PCLK2 = HCLK, PCLK1 = HCLK / 2.
 * Source: RM0008 7.2, flash latency PM0075 3.1.
 */
enum { CLOCK_HSI_HZ = 8000000, CLOCK_INTERNAL_HZ = 64000000 };

/* Start the fast clock, from any state. Returns HCLK in Hz: 72000000 or 64000000. Takes about
 * 2 ms with a crystal, about 20 ms without. */
uint32_t clock_start(void);

/* Start 64 MHz from HSI, from the state after reset: for the bootloader, which has no time to
 * wait for a crystal. HSI is within 2.5 % (DS5319 5.3.7), accurate enough for a UART. Takes
 * about 0.1 ms. */
void clock_start_internal(void);

/* Return from clock_start_internal() to the state after reset. */
void clock_stop_internal(void);

/* Return to the state after reset from any state: HSI, HSE and PLL off, flash latency 0. */
void clock_stop(void);

#endif
