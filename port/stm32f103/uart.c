/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"

#include <string.h>
#include "stm32f103.h"

#define RX (&DMA1->channel[6 - 1])
#define TX (&DMA1->channel[7 - 1])

static uint8_t rx_ring[UART_RX_SIZE]; /* written by DMA; read after the barrier below */
static uint32_t rx_tail;
static uint8_t tx_buffer[UART_TX_SIZE];

/* The compiler does not know about DMA: keep memory and register accesses in order. */
static void barrier(void)
{
    __asm__ volatile("dmb" : : : "memory");
}

void uart_start(uint32_t pclk1_hz, uint32_t baud)
{
    RCC->AHBENR |= RCC_AHBENR_DMA1EN;
    RCC->APB2ENR |= RCC_APB2ENR_IOPAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;

    RX->CCR = 0;
    RX->CPAR = (uint32_t)&USART2->DR;
    RX->CMAR = (uint32_t)rx_ring;
    RX->CNDTR = UART_RX_SIZE;
    RX->CCR = DMA_CCR_PL_HIGH | DMA_CCR_MINC | DMA_CCR_CIRC | DMA_CCR_EN;
    rx_tail = 0;
    TX->CCR = 0;
    TX->CNDTR = 0;
    TX->CPAR = (uint32_t)&USART2->DR;
    TX->CMAR = (uint32_t)tx_buffer;

    USART2->BRR = (pclk1_hz + baud / 2) / baud;
    USART2->CR3 = USART_CR3_DMAR | USART_CR3_DMAT;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;

    /* PA2 transmits; PA3 has a pull-up, so that an unplugged module is silence. Last, so that
     * the line never dips. */
    GPIOA->BSRR = 1u << 3;
    GPIOA->CRL = (GPIOA->CRL & ~0xFF00u) | (uint32_t)GPIO_AF_PP_2MHZ << 8 | GPIO_IN_PULL << 12;
}

size_t uart_receive(uint8_t out[], size_t out_max)
{
    uint32_t head = (UART_RX_SIZE - RX->CNDTR) % UART_RX_SIZE;
    size_t len = 0;

    barrier();
    while (rx_tail != head && len < out_max) {
        out[len++] = rx_ring[rx_tail];
        rx_tail = (rx_tail + 1) % UART_RX_SIZE;
    }
    return len;
}

bool uart_can_send(void)
{
    return TX->CNDTR == 0;
}

bool uart_send(const uint8_t bytes[], size_t len)
{
    if (!uart_can_send() || len > UART_TX_SIZE) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    TX->CCR = 0; /* CNDTR takes a value only while the channel is off */
    memcpy(tx_buffer, bytes, len);
    barrier();
    TX->CNDTR = (uint32_t)len;
    USART2->SR = ~(uint32_t)USART_SR_TC; /* cleared by writing 0; the others ignore 1 */
    TX->CCR = DMA_CCR_MINC | DMA_CCR_DIR | DMA_CCR_EN;
    return true;
}

bool uart_is_drained(void)
{
    return uart_can_send() && USART2->SR & USART_SR_TC;
}
