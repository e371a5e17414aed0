/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_RECOVER_H
#define BOOT_RECOVER_H

#include <stdint.h>

/* Receive an image into APPBAK from the module (otter/recovery.h), which is told the reason
 * (enum otter_reason); then reset, with a message in the mailbox (mailbox.h). The next start
 * verifies and installs the image. After five minutes without a byte reset as well, so that a
 * board on a bench without a module does not look dead. The watchdog is fed. Must be called
 * with the clock at CLOCK_INTERNAL_HZ. */
void recover(uint8_t reason) __attribute__((noreturn));

#endif
