/* SPDX-License-Identifier: Apache-2.0 */
#include "iwdg.h"

#include "stm32f103.h"

enum { SYNC_TRIES = 100000 }; /* the update takes up to 5 cycles of the slow clock */

/* RLR stays as after reset: 4096 ticks. */
void iwdg_start(enum iwdg_time time)
{
    IWDG->KR = IWDG_KR_START; /* also starts the oscillator */
    IWDG->KR = IWDG_KR_ACCESS;
    IWDG->PR = time;
    for (unsigned i = 0; i < SYNC_TRIES && IWDG->SR; i++) {
    }
    iwdg_feed();
}

void iwdg_feed(void)
{
    IWDG->KR = IWDG_KR_RELOAD;
}
