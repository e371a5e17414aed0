/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_LOG_H
#define BOOT_LOG_H

#include <stdint.h>
#include "otter/decide.h"

/* What the bootloader writes to USART1 (115200 8N1) about an action of otter_startup_run(),
 * with the `detail` of its report. There are two forms, one of which is linked: log.c writes a
 * word and a number; log_tutorial.c writes the tutorial's texts, spelling included, because
 * tools look for them (docs/flash-format.md 4.1).
 */
void log_action(enum otter_action action, uint8_t detail);

#endif
