/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_FIELD25519_H
#define OTTER_FIELD25519_H

#include <stdint.h>

/* Numbers of 256 bits, eight words, the low one first: for ed25519.c and, since they are there,
 * for the constants of sha512.c. Private to these two.
 *
 * Arithmetic is modulo 2^256 - 38, twice the prime 2^255 - 19: a carry of 2^256 comes back as
 * 38. Every eight words are an operand, and results need not be the smallest. While nothing
 * reaches 2^256 - 38, it is the arithmetic of plain integers. Times depend on the numbers: for
 * public data only.
 */

/* out = base + b * factor + carry, modulo 2^256. Returns what is carried out of it. out may be
 * base or b. */
uint32_t otter_words_mul_add(uint32_t out[8], const uint32_t base[8], const uint32_t b[8],
                             uint32_t factor, uint32_t carry);

/* One operation on three of up to 16 registers, in 16 bits: what a formula costs as a table is
 * a fifth of what it costs as calls. Registers may coincide. */
#define FIELD_OP(op, out, a, b) ((op) << 12 | (out) << 8 | (a) << 4 | (b))
enum {
    FIELD_COPY = 0,    /* out = a */
    FIELD_ADD = 1,     /* out = a + b */
    FIELD_NOT = 4,     /* out = ~a */
    FIELD_ADD_NOT = 5, /* out = ~(a + b): with a = ~c it is c - b */
    FIELD_MUL = 8,     /* out = a * b */
};
void otter_field_step(uint32_t regs[][8], unsigned operation);

/* The one congruent number below 2^255 - 19. */
void otter_field_reduce(uint32_t number[8]);

#endif
