/* SPDX-License-Identifier: Apache-2.0 */
#include "gpio.h"

void gpio_start(void)
{
    RCC->APB2ENR |= (uint32_t)RCC_APB2ENR_AFIOEN | RCC_APB2ENR_IOPAEN | RCC_APB2ENR_IOPBEN |
                    RCC_APB2ENR_IOPCEN;
    /* One write for both: the SWJ field reads as undefined (RM0008 9.4.2). */
    AFIO->MAPR = (uint32_t)AFIO_MAPR_SWJ_NOJTAG | AFIO_MAPR_TIM3_PARTIAL;
}

void gpio_set_mode(volatile struct stm32_gpio *gpio, unsigned pin, uint32_t mode)
{
    volatile uint32_t *cr = pin < 8 ? &gpio->CRL : &gpio->CRH;
    unsigned shift = pin % 8 * 4;
    *cr = (*cr & ~(0xFu << shift)) | mode << shift;
}
