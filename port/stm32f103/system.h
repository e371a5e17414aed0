/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_SYSTEM_H
#define STM32F103_SYSTEM_H

#include <stdint.h>

/* The chip as a whole: why it was reset, resetting it, its number, sleeping. Main loop. */

enum system_reset_cause { SYSTEM_POWER_ON, SYSTEM_PIN, SYSTEM_SOFTWARE, SYSTEM_WATCHDOG };

/* Returns the cause of the last reset, and clears it in RCC_CSR so that the next cause is not
 * mixed with it. Call once. Source: RM0008 7.3.10. */
enum system_reset_cause system_take_reset_cause(void);

/* Reset the chip by software: everything but RAM and the backup domain. */
void system_reset(void) __attribute__((noreturn));

/* Copy the 96-bit unique device id. */
void system_unique_id(uint8_t out_id[12]);

/* Sleep until the next interrupt. */
void system_sleep(void);

/* Put SysTick and NVIC into the state they have after reset: all off, nothing pending. */
void system_quiet(void);

#endif
