/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_LINE_NOISE_H
#define LAB_LINE_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* A bad serial line: bytes in, what the other end makes of them out. One direction of one line.
 *
 * Same rates, seed and bytes give the same faults everywhere. A character is 10 bits on the
 * wire, each wrong with bit_error. A wrong data bit changes that bit. A wrong start or stop bit
 * makes the receiver lose its place in the character: it then takes something else for it, or
 * nothing.
 */
struct line_noise_rates { /* all in 1e-9: 100000 is 1e-4 */
    uint32_t bit_error;   /* per bit */
    uint32_t drop;        /* per byte: it does not arrive */
    uint32_t twice;       /* per byte: it arrives two times */
    uint32_t insert;      /* per byte: one that nobody sent arrives before it */
    uint32_t burst; /* per byte: here begins a burst, a motor that starts next to the line */
};

enum {
    LINE_NOISE_BURST_MIN = 2, /* bytes a burst garbles */
    LINE_NOISE_BURST_MAX = 40,
    LINE_NOISE_OUT_MAX = 3, /* what becomes of one byte at most */
};

struct line_noise {
    struct line_noise_rates rates;
    uint64_t state;
    unsigned burst_left;
    uint64_t faults; /* bytes that something happened to */
};

void line_noise_init(struct line_noise *noise, const struct line_noise_rates *rates,
                     uint64_t seed);

/* Send one byte. Returns how many arrive. */
size_t line_noise_byte(struct line_noise *noise, uint8_t byte, uint8_t out[LINE_NOISE_OUT_MAX]);

#endif
