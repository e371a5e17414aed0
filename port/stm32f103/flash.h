/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_FLASH_H
#define STM32F103_FLASH_H

#include "otter/port.h"

/* The chip's flash and its watchdog as the core's port. Reads the whole flash; erases and
 * programs everything but the bootloader's pages (OTTER_ERR_RANGE). Unlocked only inside a
 * call. Every error the controller reports, a timeout, and a read-back that differs are
 * OTTER_ERR_FLASH. The CPU is stalled for 20..40 ms per erase: interrupts are late, DMA goes
 * on.
 * Source: PM0075 2.3, 3.
 */
extern const struct otter_port stm32f103_flash;

#endif
