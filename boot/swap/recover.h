/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_RECOVER_H
#define BOOT_RECOVER_H

#include <stdint.h>

/* Receive an image into APPBAK from the module (otter/recovery.h), then reset; the start behind it judges
 * and installs. The watchdog is fed. `hclk_hz` is the core's clock; that of USART2 is half of it. */
void recover(uint32_t hclk_hz) __attribute__((noreturn));

#endif
