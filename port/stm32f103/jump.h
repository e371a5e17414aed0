/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_JUMP_H
#define STM32F103_JUMP_H

#include <stdint.h>

/* Start the image whose vector table is at the absolute address addr, as reset would: VTOR at the table, its
 * first word in MSP. The caller has left SysTick, NVIC and the masks as reset does, or put them back, as
 * peripherals and clock, and knows that the image is startable. Never returns. Source: PM0056 2.3.4, 4.4.4.
 */
void jump_to_image(uint32_t addr) __attribute__((noreturn));

#endif
