/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_MAILBOX_H
#define STM32F103_MAILBOX_H

#include <stdint.h>
#include "otter/decide.h"
#include "partitions.h"

/* One word that survives a reset, in RAM that start-up code does not touch
 * (OTTER_MAILBOX_ADDR): a message from the app to the bootloader, or from the bootloader to
 * itself; and how often in a row a watchdog has reset the chip, in units of
 * MAILBOX_WATCHDOG_RESET. It costs no flash. A loss of power ends it, unless it is so short
 * that the RAM keeps what it has. The RAM holds noise then, which is told from a word by the
 * complement stored next to it. Any context.
 */
enum {
    MAILBOX_EMPTY = OTTER_BEFORE_NOTHING,
    MAILBOX_RECEIVED = OTTER_BEFORE_RECEIVED, /* bootloader: recovery has taken an image */
    MAILBOX_UNHEARD = OTTER_BEFORE_UNHEARD,   /* bootloader: recovery has heard nobody */
    MAILBOX_RECOVER,   /* app: receive an image (recovery), if I am confirmed */
    MAILBOX_RESTARTED, /* bootloader: I have restarted once already */

    MAILBOX_WATCHDOG_RESET = 0x100,
    /* A confirmed app that crashes at every start could be reached by nobody: after so many
     * resets the bootloader waits for a better one. */
    MAILBOX_WATCHDOG_RESETS_MAX = 8 * MAILBOX_WATCHDOG_RESET,
    /* Above it there is no word: -1 and 0 side by side are common in RAM that an app without
     * this reserve uses itself. */
    MAILBOX_MAX = 0xFFFF,
};

/* With MAILBOX_RECEIVED: what was received. Noise after power-on, as all of the mailbox is. */
#define MAILBOX_FILE ((struct otter_journal_file *)(OTTER_MAILBOX_ADDR + 8))

/* Leave a word for the program that runs after the next reset. MAILBOX_EMPTY: an app has talked
 * with its module, and the watchdog's resets count from 0 again. */
void mailbox_put(uint32_t word);

/* The same, and reset. */
void mailbox_put_and_reset(uint32_t word) __attribute__((noreturn));

/* For the bootloader, once after each reset. Returns the word, with this reset if a watchdog
 * was its cause; takes the message out, and leaves the count. The flags in RCC_CSR are cleared
 * when a watchdog's is set, and only then. */
uint32_t mailbox_take(void);

#endif
