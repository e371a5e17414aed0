/* SPDX-License-Identifier: Apache-2.0 */
#include "hal.h"

#include <stdarg.h>
#include "clock.h"
#include "common.h"
#include "debug.h"
#include "stm32f103.h"
#include "system.h"

enum {
    TIM3_IRQ = 29,
    USART2_IRQ = 38,
    TIM_DIER_UIE = 1 << 0,
    TIM_SR_UIF = 1 << 0,
    USART_CR1_RXNEIE = 1 << 5,
    IWDG_PR_64 = 4, /* of about 40 kHz */
};

static uint32_t hclk_hz;

void hal_start(void)
{
    hclk_hz = clock_start();
#ifdef DROPIN_LATE_DIVIDER /* HAL 1.1.1 sets it when the PLL runs: PCLK1 has 72 MHz by then */
    RCC->CFGR &= ~(uint32_t)RCC_CFGR_PPRE1_DIV2;
    RCC->CFGR |= RCC_CFGR_PPRE1_DIV2;
#endif
    debug_start(hclk_hz);
}

static void enable_irq(unsigned irq)
{
    NVIC->ISER[irq / 32] = 1U << irq % 32;
}

void hal_timer_start(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM3EN;
    TIM3->PSC = 9;
    TIM3->ARR = hclk_hz / 10 / 1000 - 1;
    TIM3->EGR = TIM_EGR_UG;
    TIM3->SR = 0;
    TIM3->DIER = TIM_DIER_UIE;
    TIM3->CR1 = TIM_CR1_CEN;
    enable_irq(TIM3_IRQ);
}

bool hal_timer_take(void)
{
    bool is_due = (TIM3->SR & TIM_SR_UIF) != 0;

    TIM3->SR = 0;
    return is_due;
}

void hal_uart_start(uint32_t baud)
{
    RCC->APB2ENR |= RCC_APB2ENR_IOPAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;
    USART2->BRR = (hclk_hz / 2 + baud / 2) / baud;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    GPIOA->BSRR = 1U << 3;
    GPIOA->CRL = (GPIOA->CRL & ~0xFF00U) | (uint32_t)GPIO_AF_PP_2MHZ << 8 | GPIO_IN_PULL << 12;
#ifndef DROPIN_DEAF
    enable_irq(USART2_IRQ);
#endif
}

bool hal_uart_take(uint8_t *out_byte)
{
    if ((USART2->SR & USART_SR_RXNE) == 0) {
        return false;
    }
    *out_byte = (uint8_t)USART2->DR;
    return true;
}

void hal_uart_send(uint8_t byte)
{
    USART2->DR = byte;
    while ((USART2->SR & USART_SR_TXE) == 0) {
    }
}

void hal_reset(void)
{
    system_reset();
}

void hal_sleep(void)
{
    system_sleep();
}

void watchdogInit(uint8_t timeoutS)
{
    IWDG->KR = IWDG_KR_ACCESS;
    IWDG->PR = IWDG_PR_64;
    IWDG->RLR = timeoutS * 625U;
    watchdogFeed();
    IWDG->KR = IWDG_KR_START;
}

void watchdogFeed(void)
{
    IWDG->KR = IWDG_KR_RELOAD;
}

void gizLog(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    for (; *format != 0; format++) {
        if (*format != '%') {
            debug_byte((uint8_t)*format);
        } else if (*++format == 's') {
            debug_text(va_arg(values, const char *));
        } else if (*format == 'd') {
            debug_decimal((uint32_t)va_arg(values, int));
        } else {
            debug_hex4((uint16_t)va_arg(values, int));
        }
    }
    va_end(values);
}
