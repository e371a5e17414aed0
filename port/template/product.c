/* SPDX-License-Identifier: Apache-2.0 */
#include "product.h"

/* Empty bodies; what each must do is in product.h. */

uint32_t clock_start(void)
{
    return 8000000;
}

void clock_stop(void)
{
}

void iwdg_start(enum iwdg_time time)
{
    (void)time;
}

void iwdg_feed(void)
{
}

void systick_start(uint32_t core_hz)
{
    (void)core_hz;
}

uint32_t systick_millis(void)
{
    return 0;
}

void system_reset(void)
{
    for (;;) {
    }
}

void system_sleep(void)
{
}

void jump_to_image(uint32_t addr)
{
    (void)addr;
    for (;;) {
    }
}

void debug_start(uint32_t bus_hz)
{
    (void)bus_hz;
}

void debug_byte(uint8_t byte)
{
    (void)byte;
}

void debug_text(const char text[])
{
    (void)text;
}

void debug_decimal(uint32_t value)
{
    (void)value;
}

void debug_hex4(uint16_t value)
{
    (void)value;
}

void debug_stop(void)
{
}

void uart_start(uint32_t bus_hz, uint32_t baud)
{
    (void)bus_hz;
    (void)baud;
}

size_t uart_receive(uint8_t out[], size_t out_max)
{
    (void)out;
    (void)out_max;
    return 0;
}

bool uart_send(const uint8_t bytes[], size_t len)
{
    (void)bytes;
    (void)len;
    return false;
}

bool uart_can_send(void)
{
    return false;
}

bool uart_is_drained(void)
{
    return true;
}
