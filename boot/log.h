/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_LOG_H
#define BOOT_LOG_H

#include <stdint.h>
#include "otter/decide.h"

/* What the bootloader says on USART1, 115200 8N1, of an action of otter_startup_run(), with the detail that
 * its report has. Two forms, one of them linked: log.c in a word and a number, log_tutorial.c in the
 * tutorial's words, which tools look for, spelling included (docs/protocol.md, bootloader's log).
 */
void log_action(enum otter_action action, uint8_t detail);

#endif
