/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/line_noise.h"
#include <stdbool.h>
#include <string.h>

enum { BITS = 10, START_BIT = 0, STOP_BIT = 9, ALL = 1000000000 };

/* SplitMix64: the same numbers everywhere. */
static uint32_t next(struct line_noise *noise)
{
    uint64_t z = noise->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(struct line_noise *noise, uint32_t limit)
{
    return (uint32_t)((uint64_t)next(noise) * limit >> 32);
}

static bool happens(struct line_noise *noise, uint32_t rate)
{
    return rate != 0 && below(noise, ALL) < rate;
}

void line_noise_init(struct line_noise *noise, const struct line_noise_rates *rates,
                     uint64_t seed)
{
    memset(noise, 0, sizeof *noise);
    noise->rates = *rates;
    noise->state = seed;
}

/* One character over the wire. Returns false if the receiver sees none. */
static bool transmit(struct line_noise *noise, uint8_t *io_byte)
{
    unsigned wrong = 0;
    for (unsigned bit = 0; bit < BITS && noise->rates.bit_error != 0; bit++) {
        wrong |= (unsigned)happens(noise, noise->rates.bit_error) << bit;
    }
    if (wrong == 0) {
        return true;
    }
    noise->faults++;
    if ((wrong & (1u << START_BIT | 1u << STOP_BIT)) != 0) {
        *io_byte = (uint8_t)next(noise);
        return (wrong & 1u << STOP_BIT) != 0 || below(noise, 2) != 0;
    }
    *io_byte ^= (uint8_t)(wrong >> 1);
    return true;
}

size_t line_noise_byte(struct line_noise *noise, uint8_t byte, uint8_t out[LINE_NOISE_OUT_MAX])
{
    size_t len = 0;

    if (happens(noise, noise->rates.insert)) {
        noise->faults++;
        out[len++] = (uint8_t)next(noise);
    }
    if (noise->burst_left == 0 && happens(noise, noise->rates.burst)) {
        noise->burst_left = LINE_NOISE_BURST_MIN +
                            below(noise, LINE_NOISE_BURST_MAX - LINE_NOISE_BURST_MIN + 1);
    }
    if (noise->burst_left != 0) {
        noise->burst_left--;
        noise->faults++;
        byte = (uint8_t)next(noise);
    }
    if (happens(noise, noise->rates.drop)) {
        noise->faults++;
        return len;
    }
    if (transmit(noise, &byte)) {
        out[len++] = byte;
        if (happens(noise, noise->rates.twice)) {
            noise->faults++;
            out[len++] = byte;
        }
    }
    return len;
}
