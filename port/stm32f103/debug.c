/* SPDX-License-Identifier: Apache-2.0 */
#include "debug.h"

#include "stm32f103.h"

enum {
    BAUD = 115200,
    PIN_SHIFT = 4 * (9 - 8), /* PA9 in GPIOA_CRH */
    CLOCKS = RCC_APB2ENR_IOPAEN | RCC_APB2ENR_USART1EN,
};

static void set_pin(uint32_t mode)
{
    GPIOA->CRH = (GPIOA->CRH & ~(0xFu << PIN_SHIFT)) | mode << PIN_SHIFT;
}

void debug_byte(uint8_t byte)
{
    while (!(USART1->SR & USART_SR_TXE)) {
    }
    USART1->DR = byte;
}

void debug_start(uint32_t pclk2_hz)
{
    RCC->APB2ENR |= CLOCKS;
    USART1->BRR =
        (pclk2_hz + BAUD / 2) / BAUD; /* RM0008 27.3.4: 12.4 fixed point of clk/16/baud */
    USART1->CR1 = USART_CR1_UE | USART_CR1_TE;
    set_pin(GPIO_AF_PP_2MHZ);
}

void debug_text(const char text[])
{
    for (const char *c = text; *c; c++) {
        debug_byte((uint8_t)*c);
    }
}

void debug_decimal(uint32_t value)
{
    char digits[11];
    char *first = digits + sizeof(digits) - 1;

    *first = 0;
    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    debug_text(first);
}

void debug_hex4(uint16_t value)
{
    for (int shift = 12; shift >= 0; shift -= 4) {
        debug_byte((uint8_t) "0123456789ABCDEF"[value >> shift & 0xF]);
    }
}

void debug_stop(void)
{
    while (!(USART1->SR & USART_SR_TC)) {
    }
    RCC->APB2RSTR = CLOCKS;
    RCC->APB2RSTR = 0;
    RCC->APB2ENR = 0;
}
