/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_RECOVER_H
#define BOOT_RECOVER_H

/* Receive an image into APPBAK from the module (otter/recovery.h), then reset, with a message
 * in the mailbox (mailbox.h). The next start verifies and installs the image. The watchdog is
 * fed. Must be called with the clock at CLOCK_INTERNAL_HZ. */
void recover(void) __attribute__((noreturn));

#endif
