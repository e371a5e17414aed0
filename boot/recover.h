/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_RECOVER_H
#define BOOT_RECOVER_H

/* Receive an image into APPBAK from the module (otter/recovery.h), then reset, with a message in the mailbox
 * (mailbox.h); the start behind it judges and installs. The watchdog is fed.
 * To be called with CLOCK_INTERNAL_HZ. */
void recover(void) __attribute__((noreturn));

#endif
