/* SPDX-License-Identifier: Apache-2.0 */
#include "p9813.h"

#include "gpio.h"

enum { CLOCK = 8, DATA = 9, ENABLE = 0 };

/* At least 250 ns at 72 MHz: a 2 MHz output needs up to 125 ns for an edge (DS5319, I/O AC
 * characteristics). */
static void settle(void)
{
    for (unsigned i = 0; i < 5; i++) {
        __asm__ volatile("nop\n\tnop");
    }
}

static void put_word(uint32_t word)
{
    for (unsigned i = 0; i < 32; i++) {
        gpio_write(GPIOB, DATA, (word & 0x80000000u) != 0);
        settle();
        gpio_write(GPIOB, CLOCK, true);
        settle();
        word <<= 1;
        gpio_write(GPIOB, CLOCK, false);
    }
}

void p9813_start(void)
{
    gpio_write(GPIOB, CLOCK, false);
    gpio_write(GPIOB, DATA, false);
    gpio_set_mode(GPIOB, CLOCK, GPIO_OUT_PP_2MHZ);
    gpio_set_mode(GPIOB, DATA, GPIO_OUT_PP_2MHZ);
    gpio_write(GPIOA, ENABLE, true);
    gpio_set_mode(GPIOA, ENABLE, GPIO_OUT_PP_2MHZ);
    p9813_show(0, 0, 0);
}

void p9813_show(uint8_t red, uint8_t green, uint8_t blue)
{
    uint32_t check = ~((uint32_t)blue >> 6 << 4 | (uint32_t)green >> 6 << 2 | red >> 6) & 0x3Fu;
    uint32_t word = (0xC0u | check) << 24 | (uint32_t)blue << 16 | (uint32_t)green << 8 | red;
    /* Twice, as the vendor's firmware does: the chip takes over a colour with the bits that
     * follow it. */
    for (unsigned i = 0; i < 2; i++) {
        put_word(0);
        put_word(word);
    }
}
