/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_MAILBOX_H
#define STM32F103_MAILBOX_H

#include <stdint.h>

/* One word that survives a reset, in RAM that start-up code does not touch
 * (OTTER_MAILBOX_ADDR): from the app to the bootloader, or from the bootloader to itself. It
 * does not survive a loss of power. The RAM holds noise then, which is told from a message by
 * the complement stored next to it. Any context.
 */
enum {
    MAILBOX_EMPTY = 0,
    MAILBOX_RECOVER = 0x6F744552,   /* app: receive an image (recovery), if I am confirmed */
    MAILBOX_RECEIVED = 0x6F745243,  /* bootloader: recovery has put an image into APPBAK */
    MAILBOX_UNHEARD = 0x6F74554E,   /* bootloader: recovery has heard nobody */
    MAILBOX_RESTARTED = 0x6F745253, /* bootloader: I have restarted once already */
};

/* Leave `message` for the program that runs after the next reset (system_reset()). */
void mailbox_put(uint32_t message);

/* Take the message out. Returns it, or MAILBOX_EMPTY. */
uint32_t mailbox_take(void);

#endif
