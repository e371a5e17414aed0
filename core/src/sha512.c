/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/sha512.h"
#include <string.h>
#include "field25519.h"
#include "otter/bytes.h"

/* Written for size: the bootloader has room for 8 KB in all. */

enum { DIGEST = 16 }; /* where it begins in words[] */

/* The word, rotated to the right in different ways: the exclusive or of all. Each byte of
 * `ways`, from the lowest on, says how far, but not 0 or 32. */
OTTER_NOINLINE static uint64_t mix(uint64_t word, uint32_t ways)
{
    uint32_t low = (uint32_t)word, high = (uint32_t)(word >> 32);
    uint32_t low_sum = 0, high_sum = 0;

    for (; ways != 0; ways >>= 8) {
        unsigned right = ways % 32, left = 32 - right;
        uint32_t a = (ways & 32) != 0 ? high : low, b = low ^ high ^ a;

        low_sum ^= a >> right | b << left;
        high_sum ^= b >> right | a << left;
    }
    return (uint64_t)high_sum << 32 | low_sum;
}

static uint64_t choose(uint64_t which, uint64_t ones, uint64_t zeros)
{
    return zeros ^ (which & (ones ^ zeros));
}

/* FIPS 180-4, 6.4.2. Everything moves down one place in each round: x[0] to x[15] are the words
 * W of this and the next 15 rounds, x[16] to x[23] are h to a. */
static void transform(struct otter_sha512 *sha512)
{
    uint64_t x[24];

    memcpy(x, sha512->words, sizeof x);
    for (unsigned round = 0; round < 80; round++) {
        uint64_t a = x[23], e = x[19];
        uint64_t sum = x[16] + mix(e, 0x29120E) + choose(e, x[18], x[17]) +
                       sha512->constants[round] + x[0];
        uint64_t new_a = sum + mix(a, 0x27221C) + ((a & x[22]) | (x[21] & (a | x[22])));
        uint64_t new_word =
            x[0] + (mix(x[1], 0x0801) ^ x[1] >> 7) + x[9] + (mix(x[14], 0x3D13) ^ x[14] >> 6);

        for (unsigned i = 0; i < 23; i++) {
            x[i] = x[i + 1];
        }
        x[15] = new_word;
        x[19] += sum;
        x[23] = new_a;
    }
    for (unsigned i = DIGEST; i < 24; i++) {
        sha512->words[i] += x[i];
    }
}

enum { ROOT, POWER, SCALE };

/* What the square of a root is multiplied by. */
enum power {
    CUBE = FIELD_OP(FIELD_MUL, POWER, ROOT, POWER),
    SQUARE = FIELD_OP(FIELD_MUL, POWER, SCALE, POWER),
};

/* The first 64 binary places of a root of a prime below 512, which is below 8. Bit by bit: the
 * greatest r with r^3 < prime * 2^192, or with r^2 * 2^64 below it. All of it stays far below
 * 2^255. */
static uint64_t root(uint32_t prime, enum power power)
{
    uint32_t regs[3][8] = {{0}};
    uint32_t bit = 4;
    int word = 2;

    regs[SCALE][2] = 1; /* 2^64 */
    do {
        regs[ROOT][word] += bit;
        otter_field_step(regs, FIELD_OP(FIELD_MUL, POWER, ROOT, ROOT));
        otter_field_step(regs, power);
        if (regs[POWER][6] >= prime) { /* equal it cannot be: no root is a whole number */
            regs[ROOT][word] -= bit;
        }
        bit = bit >> 1 | bit << 31;
        word -= (int)(bit >> 31);
    } while (word >= 0);
    return (uint64_t)regs[ROOT][1] << 32 | regs[ROOT][0];
}

static uint32_t next_prime(uint32_t number)
{
    uint32_t divisor;

    do {
        number++;
        divisor = 2;
        while (number % divisor != 0) {
            divisor++;
        }
    } while (divisor != number);
    return number;
}

/* FIPS 180-4, 4.2.3 and 5.3.5. */
void otter_sha512_init(struct otter_sha512 *sha512)
{
    uint32_t prime = 1;

    sha512->length = 0;
    for (unsigned i = 0; i < 80; i++) {
        prime = next_prime(prime);
        sha512->constants[i] = root(prime, CUBE);
        if (i < 8) {
            sha512->words[DIGEST + 7 - i] = root(prime, SQUARE);
        }
    }
}

void otter_sha512_update(struct otter_sha512 *sha512, const uint8_t data[], uint32_t len)
{
    while (len-- != 0) {
        uint64_t *word = &sha512->words[sha512->length++ / 8 % 16];

        *word = *word << 8 | *data++; /* big-endian, once there are eight */
        if (sha512->length % 128 == 0) {
            transform(sha512);
        }
    }
}

void otter_sha512_final(struct otter_sha512 *sha512, uint8_t out_digest[64])
{
    uint64_t bits = (uint64_t)sha512->length * 8;
    uint8_t pad = 0x80;

    do { /* one 1 bit, then zeros up to the place of the length (FIPS 180-4, 5.1.2) */
        otter_sha512_update(sha512, &pad, 1);
        pad = 0;
    } while (sha512->length % 128 != 112);
    sha512->words[14] = 0;
    sha512->words[15] = bits;
    transform(sha512);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = sha512->words[DIGEST + 7 - i];

        for (unsigned k = 8; k-- != 0;) {
            out_digest[8 * i + k] = (uint8_t)word;
            word >>= 8;
        }
    }
}
