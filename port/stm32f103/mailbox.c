/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"

#include "partitions.h"

#define BOX ((volatile uint32_t *)OTTER_MAILBOX_ADDR)

void mailbox_put(uint32_t message)
{
    BOX[0] = message;
    BOX[1] = ~message;
}

uint32_t mailbox_take(void)
{
    uint32_t message = BOX[0];

    if (BOX[1] != ~message) {
        message = MAILBOX_EMPTY;
    }
    BOX[1] = message; /* no longer its complement */
    return message;
}
