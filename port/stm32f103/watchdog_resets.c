/* SPDX-License-Identifier: Apache-2.0 */
#include "watchdog_resets.h"

#include "partitions.h"
#include "stm32f103.h"

#define RESETS ((volatile uint32_t *)OTTER_RESETS_ADDR)

static void put(uint32_t count)
{
    RESETS[0] = count;
    RESETS[1] = ~count;
}

uint32_t watchdog_resets_count(void)
{
    uint32_t count = RESETS[0];

    if (RESETS[1] != ~count) {
        count = 0;
    }
    if ((RCC->CSR & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) != 0) {
        RCC->CSR = RCC_CSR_RMVF;
        count++;
    }
    put(count);
    return count;
}

void watchdog_resets_clear(void)
{
    put(0);
}
