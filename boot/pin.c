/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

#include "stm32f103.h"

enum { LOOKS = 16 }; /* at 8 MHz: time for the pull to charge the wire */

bool pin_asks(void)
{
    const uint32_t shift = 4 * (PIN_NUMBER % 8);
    uint32_t levels = 0;

    RCC->APB2ENR = PIN_CLOCK;
    PIN_PORT->BSRR = 1u << (PIN_NUMBER + (PIN_LEVEL ? 16 : 0));
    if (PIN_NUMBER < 8) {
        PIN_PORT->CRL = (uint32_t)GPIO_IN_PULL << shift;
    } else {
        PIN_PORT->CRH = (uint32_t)GPIO_IN_PULL << shift;
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        levels = PIN_PORT->IDR;
    }
    RCC->APB2RSTR = PIN_CLOCK;
    RCC->APB2RSTR = 0;
    RCC->APB2ENR = 0;
    return (levels >> PIN_NUMBER & 1) == PIN_LEVEL;
}
