/* SPDX-License-Identifier: Apache-2.0 */
#include "iwdg.h"

#include "stm32f103.h"

/* The longest there is: 4096 ticks (RLR as after reset) of 256 cycles of about 40 kHz, 26 s. A
 * project that has no watchdog of its own must get through its start. */
enum {
    PRESCALER_256 = 6,
    SYNC_TRIES = 100000,         /* the update takes up to 5 cycles of the slow clock */
};

void iwdg_start(void)
{
    IWDG->KR = IWDG_KR_START; /* also starts the oscillator */
    IWDG->KR = IWDG_KR_ACCESS;
    IWDG->PR = PRESCALER_256;
    for (unsigned i = 0; i < SYNC_TRIES && IWDG->SR; i++) {
    }
    iwdg_feed();
}

void iwdg_feed(void)
{
    IWDG->KR = IWDG_KR_RELOAD;
}
