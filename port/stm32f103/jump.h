/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_JUMP_H
#define STM32F103_JUMP_H

#include <stdint.h>

/* Start the image whose vector table is at the absolute address addr, as reset would: VTOR
 * points to the table, MSP holds its first word. Before the call SysTick, NVIC, interrupt
 * masks, peripherals and clock must be as after reset, and the image must be known to be
 * startable. Never returns. Source: PM0056 2.3.4, 4.4.4.
 */
void jump_to_image(uint32_t addr) __attribute__((noreturn));

#endif
