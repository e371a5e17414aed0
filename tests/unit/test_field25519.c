/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo 2^256 - 38, where random numbers never come: at its carries. Authority:
 * libcrypto's integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <string.h>
#include "core/src/field25519.h"
#include "support/rng.h"

/* Around 0, p, 2^255, 2p and 2^256: distances from these; the rest is random. */
enum { AROUND = 48, RANDOM = 8, NUMBERS = 4 * AROUND + RANDOM };

static uint32_t numbers[NUMBERS][8];
static BN_CTX *ctx;
static BIGNUM *p, *a, *b, *c;

static void to_words(const BIGNUM *number, uint32_t out[8])
{
    uint8_t bytes[32];

    assert_int_equal(BN_bn2lebinpad(number, bytes, sizeof bytes), sizeof bytes);
    for (size_t i = 0; i < 8; i++) {
        const uint8_t *at = bytes + 4 * i;
        out[i] = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    }
}

static void from_words(const uint32_t words[8], BIGNUM *out)
{
    uint8_t bytes[32];

    for (size_t i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    }
    assert_non_null(BN_lebin2bn(bytes, sizeof bytes, out));
}

static int init(void **state)
{
    uint64_t random = 1;

    (void)state;
    ctx = BN_CTX_new();
    p = BN_new();
    a = BN_new();
    b = BN_new();
    c = BN_new();
    BN_set_bit(p, 255);
    BN_sub_word(p, 19);
    for (unsigned i = 0; i < 4 * AROUND; i++) {
        static const unsigned power[4] = {0, 255, 256, 256}, below[4] = {1, 24, 88, 48};
        unsigned place = i / AROUND;

        BN_zero(a);
        BN_set_bit(a, (int)power[place]);
        BN_add_word(a, i % AROUND);
        BN_sub_word(a, below[place]);
        to_words(a, numbers[i]);
    }
    for (unsigned i = 4 * AROUND; i < NUMBERS; i++) {
        for (size_t k = 0; k < 8; k++) {
            numbers[i][k] = rng_next(&random);
        }
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    BN_CTX_free(ctx);
    BN_free(p);
    BN_free(a);
    BN_free(b);
    BN_free(c);
    return 0;
}

/* regs[out] is congruent to `want`, and otter_field_reduce() makes the least number of it. */
static void expect(const uint32_t got[8], BIGNUM *want, const char *operation, unsigned i,
                   unsigned k)
{
    uint32_t least[8], reduced[8];

    BN_nnmod(want, want, p, ctx);
    to_words(want, least);
    memcpy(reduced, got, sizeof reduced);
    otter_field_reduce(reduced);
    if (memcmp(reduced, least, sizeof least) != 0) {
        fail_msg("%s is wrong with operands %u and %u", operation, i, k);
    }
}

static void test_field_operations(void **state)
{
    uint32_t regs[4][8] = {{0}};

    (void)state;
    for (unsigned i = 0; i < NUMBERS; i++) {
        memcpy(regs[0], numbers[i], sizeof regs[0]);
        for (unsigned k = 0; k < NUMBERS; k++) {
            memcpy(regs[1], numbers[k], sizeof regs[1]);
            from_words(regs[0], a);
            from_words(regs[1], b);
            otter_field_step(regs, FIELD_OP(FIELD_ADD, 2, 0, 1));
            BN_add(c, a, b);
            expect(regs[2], c, "a + b", i, k);
            otter_field_step(regs, FIELD_OP(FIELD_NOT, 2, 0, 1));
            otter_field_step(regs, FIELD_OP(FIELD_ADD_NOT, 2, 2, 1));
            BN_sub(c, a, b);
            expect(regs[2], c, "a - b", i, k);
            otter_field_step(regs, FIELD_OP(FIELD_MUL, 2, 0, 1));
            BN_mul(c, a, b, ctx);
            expect(regs[2], c, "a * b", i, k);
            memcpy(regs[3], regs[2], sizeof regs[3]);
            otter_field_step(regs, FIELD_OP(FIELD_MUL, 1, 0, 1)); /* onto an operand */
            assert_memory_equal(regs[1], regs[3], sizeof regs[3]);
            assert_memory_equal(regs[0], numbers[i], sizeof regs[0]);
        }
        otter_field_step(regs, FIELD_OP(FIELD_COPY, 2, 0, 1));
        assert_memory_equal(regs[2], numbers[i], sizeof regs[2]);
    }
}

static void test_field_reduce(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUMBERS; i++) {
        from_words(numbers[i], a);
        expect(numbers[i], a, "a", i, 0);
    }
}

/* The widest sum and carry, and a sum that carries through all words. */
static void test_words_mul_add(void **state)
{
    uint32_t ones[8], out[8], want[8];

    (void)state;
    memset(ones, 0xFF, sizeof ones);
    /* m + m * f + f = 2^288 - 1 for m = 2^256 - 1, f = 2^32 - 1 */
    assert_int_equal(otter_words_mul_add(out, ones, ones, UINT32_MAX, UINT32_MAX), UINT32_MAX);
    assert_memory_equal(out, ones, sizeof ones);
    memset(want, 0, sizeof want);
    assert_int_equal(otter_words_mul_add(out, ones, want, 5, 1), 1);
    assert_memory_equal(out, want, sizeof want);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_operations),
        cmocka_unit_test(test_field_reduce),
        cmocka_unit_test(test_words_mul_add),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, init, end);
}
