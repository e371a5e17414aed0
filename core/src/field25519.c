/* SPDX-License-Identifier: Apache-2.0 */
#include "field25519.h"

uint32_t otter_words_mul_add(uint32_t out[8], const uint32_t base[8], const uint32_t b[8],
                             uint32_t factor, uint32_t carry)
{
    for (unsigned i = 0; i < 8; i++) {
        /* at most (2^32 - 1)^2 + 2 * (2^32 - 1) = 2^64 - 1 */
        uint64_t sum = (uint64_t)b[i] * factor + base[i] + carry;

        out[i] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    return carry;
}

void otter_field_step(uint32_t regs[][8], unsigned operation)
{
    uint32_t *out = regs[operation >> 8 & 15];
    const uint32_t *a = regs[operation >> 4 & 15];
    const uint32_t *b = regs[operation & 15];
    uint32_t factor = operation >> 12 & FIELD_ADD;
    uint32_t product[16], carry;

    if ((operation >> 12 & FIELD_MUL) != 0) {
        for (unsigned i = 0; i < 16; i++) {
            product[i] = 0;
        }
        for (unsigned i = 0; i < 8; i++) {
            if (a[i] != 0) { /* most are zero in sha512.c */
                product[i + 8] = otter_words_mul_add(product + i, product + i, b, a[i], 0);
            }
        }
        a = product;
        b = product + 8; /* weighs 2^256 */
        factor = 38;
    }
    carry = otter_words_mul_add(out, a, b, factor, 0);
    for (unsigned i = 0; carry != 0; i = (i + 1) % 8) {
        uint64_t sum = (uint64_t)carry * (i == 0 ? 38 : 1) + out[i];

        out[i] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    if ((operation >> 12 & FIELD_NOT) != 0) {
        /* ~(~c + b) is c - b, the carry included: ~c + b = 2^256 - 1 - (c - b), and where that
         * has a carry, c is less than b and 38 were added: 2^256 - 38 + c - b comes out. */
        for (unsigned i = 0; i < 8; i++) {
            out[i] = ~out[i];
        }
    }
}

void otter_field_reduce(uint32_t number[8])
{
    uint32_t more[8];

    /* number + 19 reaches 2^255, or even 2^256: subtract the prime by adding 19 and taking
     * 2^255 off. */
    while ((otter_words_mul_add(more, number, number, 0, 19) | more[7] >> 31) != 0) {
        (void)otter_words_mul_add(number, number, number, 0, 19);
        number[7] ^= 0x80000000U;
    }
}
