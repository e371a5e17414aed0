/* SPDX-License-Identifier: Apache-2.0 */
#include "uart_polled.h"

#include "stm32f103.h"

void uart_polled_start(uint32_t divider)
{
    RCC->APB2ENR |= RCC_APB2ENR_IOPAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;
    USART2->BRR = divider;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;

    /* PA2 transmits; PA3 has a pull-up, so that an unplugged module is silence. */
    GPIOA->BSRR = 1u << 3;
    GPIOA->CRL = (GPIOA->CRL & ~0xFF00u) | (uint32_t)GPIO_AF_PP_2MHZ << 8 | GPIO_IN_PULL << 12;
}

bool uart_polled_receive(uint8_t *out_byte)
{
    if (!(USART2->SR & USART_SR_RXNE)) {
        return false;
    }
    *out_byte = (uint8_t)USART2->DR; /* a read of DR after one of SR also clears an overrun */
    return true;
}

void uart_polled_send(uint8_t byte)
{
    while (!(USART2->SR & USART_SR_TXE)) {
    }
    USART2->DR = byte;
}

void uart_polled_drain(void)
{
    while (!(USART2->SR & USART_SR_TC)) {
    }
}
