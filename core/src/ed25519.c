/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/ed25519.h"
#include <stddef.h>
#include <string.h>
#include "field25519.h"
#include "otter/bytes.h"

/* Written for size. Points are four numbers (X, Y, Z, T) for x = X/Z, y = Y/Z, x*y = T/Z
 * (Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008). One formula adds any
 * two points of this curve, equal and neutral ones too. */

enum { X, Y, Z, T };

/* The working memory, by eight words. What field operations name comes first. */
enum {
    P = 0, /* the sum */
    Q = 4, /* what is added to it */
    E = 8,
    H = 9,
    MINUS_ORDER = 10, /* in the order of `constants` */
    TWICE_D = 11,
    BASE = 12, /* the base point B */
    KEY = 16,  /* the point -A */
    R = 20,    /* the signature's halves */
    S = 21,
    LOW = 22, /* the digest's halves */
    HIGH = 23,
    K = 24, /* the digest modulo L */
    ALL = 25,
};

/* RFC 8032, 5.1, little-endian: 2^256 - L; 2d; the x of the base point. */
static const uint8_t constants[96] = {
    0x13, 0x2c, 0x0a, 0xa3, 0xe5, 0x9c, 0xed, 0xa7, 0x29, 0x63, 0x08, 0x5d, 0x21, 0x06,
    0x21, 0xeb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xef, 0x59, 0xf1, 0xb2, 0x26, 0x94, 0x9b, 0xd6, 0xeb, 0x56, 0xb1,
    0x83, 0x82, 0x9a, 0x14, 0xe0, 0x00, 0x30, 0xd1, 0xf3, 0xee, 0xf2, 0x80, 0x8e, 0x19,
    0xe7, 0xfc, 0xdf, 0x56, 0xdc, 0xd9, 0x06, 0x24, 0x1a, 0xd5, 0x25, 0x8f, 0x60, 0x2d,
    0x56, 0xc9, 0xb2, 0xa7, 0x25, 0x95, 0x60, 0xc7, 0x2c, 0x69, 0x5c, 0xdc, 0xd6, 0xfd,
    0x31, 0xe2, 0xa4, 0xc0, 0xfe, 0x53, 0x6e, 0xcd, 0xd3, 0x36, 0x69, 0x21};

/* add-2008-hwcd-3: P = P + Q, for a = -1. Changes Q. */
static const uint16_t addition[] = {
    /* E = (Y1 - X1) * (Y2 - X2), H = (Y1 + X1) * (Y2 + X2) */
    FIELD_OP(FIELD_NOT, E, P + Y, P),
    FIELD_OP(FIELD_ADD_NOT, E, E, P + X),
    FIELD_OP(FIELD_NOT, H, Q + Y, P),
    FIELD_OP(FIELD_ADD_NOT, H, H, Q + X),
    FIELD_OP(FIELD_MUL, E, E, H),
    FIELD_OP(FIELD_ADD, H, P + Y, P + X),
    FIELD_OP(FIELD_ADD, Q + Y, Q + Y, Q + X),
    FIELD_OP(FIELD_MUL, H, H, Q + Y),
    /* T = T1 * 2d * T2, Z = 2 * Z1 * Z2 */
    FIELD_OP(FIELD_MUL, P + T, P + T, Q + T),
    FIELD_OP(FIELD_MUL, P + T, P + T, TWICE_D),
    FIELD_OP(FIELD_MUL, P + Z, P + Z, Q + Z),
    FIELD_OP(FIELD_ADD, P + Z, P + Z, P + Z),
    /* the differences and sums of both pairs */
    FIELD_OP(FIELD_NOT, Q + X, H, P),
    FIELD_OP(FIELD_ADD_NOT, Q + X, Q + X, E),
    FIELD_OP(FIELD_NOT, Q + Y, P + Z, P),
    FIELD_OP(FIELD_ADD_NOT, Q + Y, Q + Y, P + T),
    FIELD_OP(FIELD_ADD, Q + Z, P + Z, P + T),
    FIELD_OP(FIELD_ADD, Q + T, H, E),
    FIELD_OP(FIELD_MUL, P + X, Q + X, Q + Y),
    FIELD_OP(FIELD_MUL, P + Y, Q + Z, Q + T),
    FIELD_OP(FIELD_MUL, P + Z, Q + Y, Q + Z),
    FIELD_OP(FIELD_MUL, P + T, Q + X, Q + T),
};

static void add(uint32_t w[][8], unsigned point)
{
    memcpy(w[Q], w[point], sizeof w[0] * 4);
    for (unsigned i = 0; i < sizeof addition / sizeof addition[0]; i++) {
        otter_field_step(w, addition[i]);
    }
}

static void load(uint32_t out[], const uint8_t in[], unsigned words)
{
    for (size_t i = 0; i < words; i++) {
        out[i] = otter_get_le32(in + 4 * i);
    }
}

/* Shift a bit into a number. Returns the one that leaves it. */
static uint32_t shift(uint32_t number[8], uint32_t bit)
{
    return otter_words_mul_add(number, number, number, 1, bit);
}

/* E = number - L. Returns 1 if it is not negative, else 0. */
static uint32_t subtract_order(uint32_t w[][8], unsigned number)
{
    return otter_words_mul_add(w[E], w[number], w[MINUS_ORDER], 1, 0);
}

uint32_t otter_ed25519_verify(const struct otter_ed25519_key *key, const uint8_t signature[64],
                              const uint8_t digest[64])
{
    uint32_t w[ALL][8];
    uint32_t wrong;

    memset(w, 0, sizeof w);
    load(w[MINUS_ORDER], constants, 24);
    memset(w[BASE + Y], 0x66, sizeof w[0]); /* 4/5 */
    w[BASE + Y][0] -= 0x66 - 0x58;
    load(w[KEY + X], key->minus_x, 8);
    load(w[KEY + Y], key->packed, 8);
    w[KEY + Y][7] &= 0x7FFFFFFF;
    load(w[R], signature, 16);
    load(w[LOW], digest, 16);

    wrong = subtract_order(w, S);
    for (unsigned i = 0; i < 512; i++) {
        shift(w[K], shift(w[HIGH], shift(w[LOW], 0)));
        if (subtract_order(w, K) != 0) {
            memcpy(w[K], w[E], sizeof w[0]);
        }
    }

    /* P = S*B - k*A, from the neutral point on */
    w[P + Y][0] = 1;
    w[P + Z][0] = 1;
    w[BASE + Z][0] = 1;
    w[KEY + Z][0] = 1;
    otter_field_step(w + BASE, FIELD_OP(FIELD_MUL, T, X, Y));
    otter_field_step(w + KEY, FIELD_OP(FIELD_MUL, T, X, Y));
    for (unsigned i = 0; i < 256; i++) {
        add(w, P);
        if (shift(w[S], 0) != 0) {
            add(w, BASE);
        }
        if (shift(w[K], 0) != 0) {
            add(w, KEY);
        }
    }

    /* E = 1/Z = Z^(2^255 - 21): all bits of the exponent are 1, but 4 and 2 */
    otter_field_step(w, FIELD_OP(FIELD_COPY, E, P + Z, P));
    for (unsigned bit = 254; bit-- != 0;) {
        otter_field_step(w, FIELD_OP(FIELD_MUL, E, E, E));
        if (((bit - 2) & ~2U) != 0) {
            otter_field_step(w, FIELD_OP(FIELD_MUL, E, E, P + Z));
        }
    }
    otter_field_step(w, FIELD_OP(FIELD_MUL, P + X, P + X, E));
    otter_field_step(w, FIELD_OP(FIELD_MUL, P + Y, P + Y, E));
    otter_field_reduce(w[P + X]);
    otter_field_reduce(w[P + Y]);

    /* pack it and compare */
    w[P + Y][7] |= w[P + X][0] << 31;
    for (unsigned i = 0; i < 8; i++) {
        wrong |= w[P + Y][i] ^ w[R][i];
    }
    return wrong;
}
