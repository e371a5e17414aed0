/* SPDX-License-Identifier: Apache-2.0 */
#include "motor.h"

#include "gpio.h"

enum {
    FORWARD = 4, /* PB4 */
    REVERSE = 5, /* PB5 */
    PERIOD = 900,
    PRESCALER = 4, /* 72 MHz / 4 / 900 = 20 kHz: not heard, slow enough for the bridge */
};

void motor_start(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM3EN;
    TIM3->PSC = PRESCALER - 1;
    TIM3->ARR = PERIOD - 1;
    TIM3->CCR1 = 0;
    TIM3->CCR2 = 0;
    TIM3->CCMR1 =
        (uint32_t)TIM_CCMR1_OC1PE | TIM_CCMR1_OC1M_PWM1 | TIM_CCMR1_OC2PE | TIM_CCMR1_OC2M_PWM1;
    TIM3->CCER = TIM_CCER_CC1E | TIM_CCER_CC2E;
    TIM3->EGR = TIM_EGR_UG; /* takes over the preloaded values */
    TIM3->CR1 = TIM_CR1_CEN | TIM_CR1_ARPE;
    gpio_set_mode(GPIOB, FORWARD, GPIO_AF_PP_2MHZ);
    gpio_set_mode(GPIOB, REVERSE, GPIO_AF_PP_2MHZ);
}

void motor_run(int speed)
{
    uint32_t steps = (uint32_t)(speed < 0 ? -speed : speed);
    uint32_t duty =
        (5u + steps) * (PERIOD / 10u); /* PERIOD itself is more than ARR: always on */
    TIM3->CCR1 = speed > 0 ? duty : 0;
    TIM3->CCR2 = speed < 0 ? duty : 0;
}
