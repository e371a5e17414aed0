/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdbool.h>
#include "stm32f103.h"

/* About 8 cycles of 8 MHz each: 20 ms. DS5319 gives 2 ms as the crystal's typical start. */
enum { HSE_TRIES = 20000 };

static bool wait_for_hse(void)
{
    RCC->CR |= RCC_CR_HSEON;
    for (unsigned i = 0; i < HSE_TRIES; i++) {
        if (RCC->CR & RCC_CR_HSERDY) {
            return true;
        }
    }
    RCC->CR &= ~(uint32_t)RCC_CR_HSEON;
    return false;
}

uint32_t clock_start(void)
{
    bool hse;

    clock_stop(); /* a foreign bootloader may have left the PLL on */
    hse = wait_for_hse();

    FLASH->ACR = FLASH_ACR_PRFTBE | FLASH_ACR_LATENCY_2; /* above 48 MHz */
    RCC->CFGR = hse ? RCC_CFGR_PPRE1_DIV2 | RCC_CFGR_PLLSRC_HSE | RCC_CFGR_PLLMUL9
                    : RCC_CFGR_PPRE1_DIV2 | RCC_CFGR_PLLMUL16;
    RCC->CR |= RCC_CR_PLLON;
    while (!(RCC->CR & RCC_CR_PLLRDY)) {
    }
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC->CFGR & RCC_CFGR_SWS) != RCC_CFGR_SWS_PLL) {
    }
    return hse ? 72000000 : 64000000;
}

void clock_stop(void)
{
    RCC->CR |= RCC_CR_HSION;
    while (!(RCC->CR & RCC_CR_HSIRDY)) {
    }
    RCC->CFGR &= ~(uint32_t)3; /* SW: HSI; the prescalers follow when nothing runs fast */
    while (RCC->CFGR & RCC_CFGR_SWS) {
    }
    RCC->CR &= ~((uint32_t)RCC_CR_HSEON | RCC_CR_CSSON | RCC_CR_PLLON);
    while (RCC->CR & RCC_CR_PLLRDY) {
    }
    RCC->CR &= ~(uint32_t)RCC_CR_HSEBYP; /* writable only with HSE off */
    RCC->CFGR = 0;
    RCC->CIR = RCC_CIR_CLEAR;
    FLASH->ACR = FLASH_ACR_PRFTBE;
}
