/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_LOG_H
#define BOOT_LOG_H

#include <stdint.h>
#include "otter/install.h"

/* What the bootloader says on USART1, 115200 8N1, in the words of the tutorial's bootloader: tools
 * look for them, spelling included. Source: docs/protocol.md (bootloader's log).
 */

/* Start the fast clock and the log line; stop both again, chip as after reset. */
void log_start(void);
void log_stop(void);

/* For otter_install(). */
void log_install(enum otter_install_step step, uint32_t value);

/* Say that the app with these first 8 bytes cannot be started. */
void log_not_startable(const uint8_t head[8]);

/* Before the app is started: log_quiet.c says nothing and touches nothing, log_verbose.c says what
 * the tutorial's bootloader says (5 ms). Which one is linked is the difference between `boot` and
 * `boot_verbose`. */
void log_clean_start(void);

/* Let the log out, then sleep for ever, feeding the watchdog in case it runs. */
void log_halt(void) __attribute__((noreturn));

#endif
