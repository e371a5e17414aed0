/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/ed25519_cases.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/rng.h"
#include "tests/support/unhex.h"

const char *const ed25519_kind_text[KINDS] = {
    [KIND_GOOD] = "good",
    [KIND_R_FLIP] = "bits of R turned",
    [KIND_S_FLIP] = "bits of S turned",
    [KIND_KEY_FLIP] = "bits of the key turned",
    [KIND_TEXT_FLIP] = "bits of the message turned",
    [KIND_S_PLUS_L] = "S plus multiples of L",
    [KIND_R_SMALL] = "R of small order",
    [KIND_R_MIXED] = "R with a part of small order",
    [KIND_R_PACKING] = "R packed in another way",
    [KIND_A_SMALL] = "key of small order",
    [KIND_A_MIXED] = "key with a part of small order",
    [KIND_A_PACKING] = "key packed in another way",
    [KIND_NEGATED] = "-R or -S",
    [KIND_OTHER_KEY] = "another key",
    [KIND_GARBAGE] = "random bytes",
};

enum { SMALL = 14, POINTS = 8 };
/* The eight points and then the other ways of packing them. */
static uint8_t small[SMALL][32];
static uint8_t order[32]; /* L */

static void must(int rc)
{
    if (rc != 0) {
        fprintf(stderr, "ed25519_cases: libsodium refuses\n");
        abort();
    }
}

void ed25519_cases_init(void)
{
    static const char *const packings[SMALL] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };

    must(sodium_init() < 0 ? -1 : 0);
    for (size_t i = 0; i < SMALL; i++) {
        unhex(packings[i], small[i], sizeof small[i]);
    }
    unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order,
          sizeof order);
}

bool ed25519_is_small(const uint8_t packed[32])
{
    for (size_t i = 0; i < SMALL; i++) {
        if (memcmp(packed, small[i], 32) == 0) {
            return true;
        }
    }
    return false;
}

static void random_scalar(uint64_t *random, uint8_t out[32])
{
    uint8_t wide[64];

    rng_fill(random, wide, sizeof wide);
    crypto_core_ed25519_scalar_reduce(out, wide);
}

static const uint8_t *random_small(uint64_t *random, uint32_t first)
{
    return small[first + rng_below(random, POINTS - first)];
}

/* S = nonce + k * secret for the R and the message that stand in `out`. */
static void sign(struct ed25519_case *out, const uint8_t nonce[32], const uint8_t secret[32])
{
    crypto_hash_sha512_state state;
    uint8_t wide[64], k[32];

    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, out->signature, 32);
    crypto_hash_sha512_update(&state, out->packed, 32);
    crypto_hash_sha512_update(&state, out->message, out->message_len);
    crypto_hash_sha512_final(&state, wide);
    crypto_core_ed25519_scalar_reduce(k, wide);
    crypto_core_ed25519_scalar_mul(k, k, secret);
    crypto_core_ed25519_scalar_add(out->signature + 32, nonce, k);
}

/* Turn one or more bits of one byte. */
static void flip(uint64_t *random, uint8_t bytes[], uint32_t len)
{
    bytes[rng_below(random, len)] ^= (uint8_t)(1 + rng_below(random, 255));
}

/* number += other, both little-endian. */
static void add(uint8_t number[32], const uint8_t other[32])
{
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)number[i] + other[i];
        number[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* A y from p to 2^255 - 1 with any sign: always another packing of something, or of nothing. */
static void pack_from_p_on(uint64_t *random, uint8_t out[32])
{
    memset(out, 0xFF, 32);
    out[0] = (uint8_t)(0xED + rng_below(random, 19));
    out[31] = (uint8_t)(0x7F | rng_below(random, 2) << 7);
}

static const uint8_t zero[32];

static void make_odd_r(struct ed25519_case *out, const uint8_t secret[32],
                       const uint8_t nonce[32], uint64_t *random)
{
    if (out->kind == KIND_R_MIXED) {
        must(crypto_core_ed25519_add(out->signature, out->signature, random_small(random, 1)));
        sign(out, nonce, secret);
        return;
    }
    if (out->kind == KIND_R_SMALL) {
        memcpy(out->signature, random_small(random, 0), 32);
    } else if (rng_below(random, 2) == 0) {
        memcpy(out->signature, small[POINTS + rng_below(random, SMALL - POINTS)], 32);
    } else {
        pack_from_p_on(random, out->signature);
    }
    sign(out, zero, secret);
}

static void make_odd_key(struct ed25519_case *out, const uint8_t secret[32],
                         const uint8_t nonce[32], uint64_t *random)
{
    if (out->kind == KIND_A_MIXED) {
        must(crypto_core_ed25519_add(out->packed, out->packed, random_small(random, 1)));
        sign(out, nonce, secret);
    } else if (out->kind == KIND_A_SMALL) {
        memcpy(out->packed, small[rng_below(random, SMALL)], 32);
        if (rng_below(random, 3) != 0) {
            memcpy(out->signature, small[rng_below(random, SMALL)], 32);
        } /* else R = nonce * B, which any S = nonce fits when k * A is 0 */
        memcpy(out->signature + 32, ed25519_is_small(out->signature) ? zero : nonce, 32);
        if (rng_below(random, 8) == 0) {
            add(out->signature + 32, order);
        }
    } else {
        pack_from_p_on(random, out->packed);
        sign(out, nonce, secret);
    }
}

static void mutate(struct ed25519_case *out, uint64_t *random)
{
    uint8_t *r = out->signature, *s = out->signature + 32;

    switch (out->kind) {
    case KIND_R_FLIP:
        flip(random, r, 32);
        break;
    case KIND_S_FLIP:
        flip(random, s, 32);
        break;
    case KIND_KEY_FLIP:
        flip(random, out->packed, 32);
        break;
    case KIND_TEXT_FLIP:
        flip(random, out->message, (uint32_t)out->message_len);
        break;
    case KIND_S_PLUS_L:
        for (uint32_t times = rng_below(random, 15) + 1; times > 0; times--) {
            add(s, order);
        }
        break;
    case KIND_NEGATED: {
        uint32_t which = rng_below(random, 3);
        if (which != 1) {
            r[31] ^= 0x80;
        }
        if (which != 0) {
            crypto_core_ed25519_scalar_negate(s, s);
        }
        break;
    }
    case KIND_OTHER_KEY:
        random_scalar(random, s);
        must(crypto_scalarmult_ed25519_base_noclamp(out->packed, s));
        break;
    case KIND_GARBAGE:
        rng_fill(random, out->signature, sizeof out->signature);
        s[31] &= 0x0F; /* below L */
        break;
    case KIND_GOOD:
    case KIND_R_SMALL:
    case KIND_R_MIXED:
    case KIND_R_PACKING:
    case KIND_A_SMALL:
    case KIND_A_MIXED:
    case KIND_A_PACKING:
    case KINDS:
        break;
    }
}

void ed25519_case_make(struct ed25519_case *out, uint64_t seed, uint64_t index)
{
    uint64_t random = seed << 32 ^ index;
    uint8_t secret[32], nonce[32];

    memset(out, 0, sizeof *out);
    out->kind = (enum ed25519_kind)rng_below(&random, KINDS);
    out->message_len = rng_below(&random, sizeof out->message + 1);
    if (out->kind == KIND_TEXT_FLIP && out->message_len == 0) {
        out->message_len = 1;
    }
    rng_fill(&random, out->message, out->message_len);
    random_scalar(&random, secret);
    random_scalar(&random, nonce);
    must(crypto_scalarmult_ed25519_base_noclamp(out->packed, secret));
    must(crypto_scalarmult_ed25519_base_noclamp(out->signature, nonce));
    switch (out->kind) {
    case KIND_R_SMALL:
    case KIND_R_MIXED:
    case KIND_R_PACKING:
        make_odd_r(out, secret, nonce, &random);
        break;
    case KIND_A_SMALL:
    case KIND_A_MIXED:
    case KIND_A_PACKING:
        make_odd_key(out, secret, nonce, &random);
        break;
    case KIND_GOOD:
    case KIND_R_FLIP:
    case KIND_S_FLIP:
    case KIND_KEY_FLIP:
    case KIND_TEXT_FLIP:
    case KIND_S_PLUS_L:
    case KIND_NEGATED:
    case KIND_OTHER_KEY:
    case KIND_GARBAGE:
    case KINDS:
        sign(out, nonce, secret);
        mutate(out, &random);
        break;
    }
}
