/* SPDX-License-Identifier: Apache-2.0 */
#include "dht11.h"

#include "gpio.h"

enum {
    PIN = 3,        /* PB3 */
    LOW_MS = 20,    /* at least 18 */
    LIMIT_US = 120, /* no phase of the sensor is longer than about 80 */
    ONE_US = 48,    /* a high phase of 26..28 us is a 0, of 70 us a 1 */
};

static bool pulling;     /* the line is held low */
static uint32_t next_ms; /* pulling: when to let go; else when to begin */

static void let_go(void)
{
    gpio_pull_up(GPIOB, PIN);
    pulling = false;
}

void dht11_start(uint32_t hclk_hz, uint32_t now_ms)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    TIM2->PSC = hclk_hz / 1000000 - 1; /* the timer's clock is 2 x PCLK1 = HCLK (RM0008 7.2) */
    TIM2->ARR = 0xFFFF;
    TIM2->EGR = TIM_EGR_UG;
    TIM2->CR1 = TIM_CR1_CEN;
    let_go();
    next_ms = now_ms + DHT11_FIRST_MS;
}

/* Wait while the line has `level`. Returns the microseconds it took, LIMIT_US if it stayed. */
static unsigned wait_while(bool level)
{
    uint16_t begin = (uint16_t)TIM2->CNT;
    unsigned us = 0;
    while (gpio_read(GPIOB, PIN) == level && us < LIMIT_US) {
        us = (uint16_t)(TIM2->CNT - begin);
    }
    return us;
}

static bool read_byte(uint8_t *out_byte)
{
    unsigned byte = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (wait_while(false) >= LIMIT_US) {
            return false;
        }
        unsigned us = wait_while(true);
        if (us >= LIMIT_US) {
            return false;
        }
        byte = byte << 1 | (us > ONE_US);
    }
    *out_byte = (uint8_t)byte;
    return true;
}

static bool read_sensor(struct dht11_reading *out_reading)
{
    uint8_t bytes[5];
    /* The line rises, the sensor pulls it low for 80 us, lets it go for 80 us, then sends. */
    if (wait_while(false) >= LIMIT_US || wait_while(true) >= LIMIT_US ||
        wait_while(false) >= LIMIT_US || wait_while(true) >= LIMIT_US) {
        return false;
    }
    for (unsigned i = 0; i < sizeof bytes; i++) {
        if (!read_byte(&bytes[i])) {
            return false;
        }
    }
    if ((uint8_t)(bytes[0] + bytes[1] + bytes[2] + bytes[3]) != bytes[4]) {
        return false;
    }
    out_reading->humidity_percent = bytes[0];
    out_reading->celsius = bytes[2];
    return true;
}

enum dht11_result dht11_poll(uint32_t now_ms, bool may_read, struct dht11_reading *out_reading)
{
    if (pulling && !may_read) {
        let_go();
        next_ms = now_ms + DHT11_EACH_MS;
    }
    if (!may_read || (int32_t)(now_ms - next_ms) < 0) {
        return DHT11_NOTHING;
    }
    if (!pulling) {
        gpio_write(GPIOB, PIN, false);
        gpio_set_mode(GPIOB, PIN, GPIO_OUT_OD_2MHZ);
        pulling = true;
        next_ms = now_ms + LOW_MS;
        return DHT11_NOTHING;
    }
    let_go();
    next_ms = now_ms + DHT11_EACH_MS;
    return read_sensor(out_reading) ? DHT11_READ : DHT11_FAILED;
}
