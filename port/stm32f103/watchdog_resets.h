/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_WATCHDOG_RESETS_H
#define STM32F103_WATCHDOG_RESETS_H

#include <stdint.h>

/* How often in a row a watchdog has reset the chip: in retained RAM (OTTER_RESETS_ADDR), beside
 * its complement, so that no flash is worn and the noise after power-on counts as none. A
 * confirmed app that crashes at every start could be reached by nobody: after
 * WATCHDOG_RESETS_MAX of them the bootloader waits for a better one. Any context. */
enum { WATCHDOG_RESETS_MAX = 8 };

/* Called by the bootloader, once after each reset: counts this one, if a watchdog was its
 * cause. Returns the count. The flags in RCC_CSR are cleared then, and only then. */
uint32_t watchdog_resets_count(void);

/* Called by an app that has talked with its module, and by the bootloader in recovery. */
void watchdog_resets_clear(void);

#endif
