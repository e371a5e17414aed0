/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_MAILBOX_H
#define STM32F103_MAILBOX_H

#include <stdint.h>

/* One word over a reset, in RAM that start-up code leaves alone (OTTER_MAILBOX_ADDR): from the app to the
 * bootloader, or from the bootloader to itself. It does not survive a loss of power; what lies there then
 * is noise, which its complement beside it tells from a message. Any context.
 */
enum {
    MAILBOX_EMPTY = 0,
    MAILBOX_RECOVER = 0x6F744552,   /* app: receive an image (recovery), if I am confirmed */
    MAILBOX_RECEIVED = 0x6F745243,  /* bootloader: recovery has put an image into APPBAK */
    MAILBOX_RESTARTED = 0x6F745253, /* bootloader: I have restarted once already */
};

/* Leave `message` for who runs behind the next reset (system_reset()). */
void mailbox_put(uint32_t message);

/* Take the message out. Returns it, or MAILBOX_EMPTY. */
uint32_t mailbox_take(void);

#endif
