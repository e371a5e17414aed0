/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_SYSTICK_H
#define STM32F103_SYSTICK_H

#include <stdint.h>

/* The millisecond: an interrupt every 1 ms counts, and wakes the CPU from system_sleep(). The
 * count stops while the CPU is stalled by a page erase (up to 40 ms; then one tick is counted).
 */
void systick_start(uint32_t hclk_hz);

/* Milliseconds since systick_start(); wraps after 49 days. Any context. */
uint32_t systick_millis(void);

#endif
