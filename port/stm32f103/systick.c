/* SPDX-License-Identifier: Apache-2.0 */
#include "systick.h"

#include "startup.h"
#include "stm32f103.h"

static volatile uint32_t ticks_ms;

void SysTick_Handler(void)
{
    ticks_ms++;
}

void systick_start(uint32_t hclk_hz)
{
    SYSTICK->LOAD = hclk_hz / 1000 - 1;
    SYSTICK->VAL = 0;
    SYSTICK->CTRL = STK_CTRL_CLKSOURCE | STK_CTRL_TICKINT | STK_CTRL_ENABLE;
}

uint32_t systick_millis(void)
{
    return ticks_ms;
}
