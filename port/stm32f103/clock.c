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

static void run_from_pll(uint32_t source)
{
    FLASH->ACR = FLASH_ACR_PRFTBE | FLASH_ACR_LATENCY_2; /* above 48 MHz */
    RCC->CFGR = RCC_CFGR_PPRE1_DIV2 | source;
    RCC->CR |= RCC_CR_PLLON;
    while (!(RCC->CR & RCC_CR_PLLRDY)) {
    }
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC->CFGR & RCC_CFGR_SWS) != RCC_CFGR_SWS_PLL) {
    }
}

void clock_start_internal(void)
{
    run_from_pll(RCC_CFGR_PLLMUL16);
}

uint32_t clock_start(void)
{
    clock_stop(); /* another bootloader may have left the PLL on */
    if (wait_for_hse()) {
        run_from_pll(RCC_CFGR_PLLSRC_HSE | RCC_CFGR_PLLMUL9);
        return 72000000;
    }
    clock_start_internal();
    return CLOCK_INTERNAL_HZ;
}

void clock_stop_internal(void)
{
    RCC->CFGR &= ~(uint32_t)3; /* SW: HSI; the prescalers follow when nothing runs fast */
    while (RCC->CFGR & RCC_CFGR_SWS) {
    }
    RCC->CR &= ~(uint32_t)RCC_CR_PLLON;
    while (RCC->CR & RCC_CR_PLLRDY) {
    }
    RCC->CFGR = 0;
    RCC->CIR = RCC_CIR_CLEAR;
    RCC->AHBENR = RCC_AHBENR_SRAMEN | RCC_AHBENR_FLITFEN; /* the CRC unit was on */
    FLASH->ACR = FLASH_ACR_PRFTBE;
}

void clock_stop(void)
{
    RCC->CR |= RCC_CR_HSION;
    while (!(RCC->CR & RCC_CR_HSIRDY)) {
    }
    clock_stop_internal();
    RCC->CR &= ~((uint32_t)RCC_CR_HSEON | RCC_CR_CSSON);
    RCC->CR &= ~(uint32_t)RCC_CR_HSEBYP; /* writable only with HSE off */
}
