/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"

#include "partitions.h"
#include "stm32f103.h"
#include "system.h"

#define BOX ((volatile uint32_t *)OTTER_MAILBOX_ADDR)

void mailbox_put(uint32_t word)
{
    BOX[0] = word;
    BOX[1] = ~word;
}

void mailbox_put_and_reset(uint32_t word)
{
    mailbox_put(word);
    system_reset();
}

uint32_t mailbox_take(void)
{
    uint32_t word = BOX[0];

    if (BOX[1] != ~word || word > MAILBOX_MAX) {
        word = MAILBOX_EMPTY;
    }
    if ((RCC->CSR & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) != 0) {
        RCC->CSR = RCC_CSR_RMVF;
        word += MAILBOX_WATCHDOG_RESET;
    }
    mailbox_put(word / MAILBOX_WATCHDOG_RESET * MAILBOX_WATCHDOG_RESET);
    return word;
}
