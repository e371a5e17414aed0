/* SPDX-License-Identifier: Apache-2.0 */
#include "iwdg.h"

#include "stm32f103.h"

enum {
    PRESCALER_64 = 4,
    RELOAD = 2 * 40000 / 64 - 1, /* 2 s */
    SYNC_TRIES = 100000,         /* the update takes up to 5 cycles of the slow clock */
};

void iwdg_start(void)
{
    IWDG->KR = IWDG_KR_START; /* also starts the oscillator */
    IWDG->KR = IWDG_KR_ACCESS;
    IWDG->PR = PRESCALER_64;
    IWDG->RLR = RELOAD;
    for (unsigned i = 0; i < SYNC_TRIES && IWDG->SR; i++) {
    }
    iwdg_feed();
}

void iwdg_feed(void)
{
    IWDG->KR = IWDG_KR_RELOAD;
}
