/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/p9813.h"

enum { OPENING_ZEROS = 32, WORD_BITS = 32 };

void p9813_power_on(struct p9813 *led)
{
    struct p9813 fresh = {.clock = led->clock, .data = led->data};
    *led = fresh;
}

static void take_word(struct p9813 *led)
{
    uint8_t flags = (uint8_t)(led->word >> 24);
    uint8_t b = (uint8_t)(led->word >> 16);
    uint8_t g = (uint8_t)(led->word >> 8);
    uint8_t r = (uint8_t)led->word;
    /* The two upper bits of each colour come inverted. */
    unsigned tops = (unsigned)(b >> 6) << 4 | (unsigned)(g >> 6) << 2 | (unsigned)(r >> 6);
    if (flags != (0xC0u | (~tops & 0x3Fu))) {
        led->wrong++;
        return;
    }
    led->r = r;
    led->g = g;
    led->b = b;
    led->frames++;
}

static void shift(struct p9813 *led, bool bit)
{
    if (led->bits > 0 || (led->open && bit)) {
        led->word = led->word << 1 | (bit ? 1u : 0u);
        if (++led->bits == WORD_BITS) {
            led->bits = 0;
            led->open = false;
            take_word(led);
        }
    }

    /* Zeros are counted inside words too: a good word has at most 24 in a row, so 32 of them
     * open a frame wherever the sender stopped before. */
    if (bit) {
        led->zeros = 0;
    } else if (led->zeros < OPENING_ZEROS && ++led->zeros == OPENING_ZEROS) {
        led->open = true;
        led->bits = 0;
        led->word = 0;
    }
}

void p9813_set_data(struct p9813 *led, bool level)
{
    led->data = level;
}

void p9813_set_clock(struct p9813 *led, bool level)
{
    bool rises = level && !led->clock;
    led->clock = level;
    if (rises) {
        shift(led, led->data);
    }
}
