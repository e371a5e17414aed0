/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512. Authority: FIPS 180-4 and NIST's CAVP vectors (tests/vectors/README.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "otter/sha512.h"
#include "support/guard.h"
#include "support/rng.h"
#include "support/unhex.h"
#include "support/vector_file.h"

static struct otter_sha512 initial; /* computed once: it takes half a millisecond */

static int init(void **state)
{
    (void)state;
    memset(&initial, 0x5A, sizeof initial);
    otter_sha512_init(&initial);
    return 0;
}

static void hash(const uint8_t data[], uint32_t len, uint32_t split, uint8_t out_digest[64])
{
    struct otter_sha512 sha512 = initial;

    otter_sha512_update(&sha512, data, split);
    otter_sha512_update(&sha512, data + split, 0);
    otter_sha512_update(&sha512, data + split, len - split);
    otter_sha512_final(&sha512, out_digest);
}

/* FIPS 180-4, 4.2.3 and 5.3.5. */
static void test_constants_fips180(void **state)
{
    (void)state;
    assert_true(initial.words[23] == 0x6a09e667f3bcc908U); /* H0 */
    assert_true(initial.words[22] == 0xbb67ae8584caa73bU);
    assert_true(initial.words[16] == 0x5be0cd19137e2179U); /* H7 */
    assert_true(initial.constants[0] == 0x428a2f98d728ae22U);
    assert_true(initial.constants[1] == 0x7137449123ef65cdU);
    assert_true(initial.constants[79] == 0x6c44198c4a475817U);
    assert_int_equal(initial.length, 0);
}

static void test_sha512_nist(void **state)
{
    struct vector_file vectors;
    unsigned count = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/sha512/nist.txt");
    while (vector_file_next(&vectors, " ", 2)) {
        uint8_t want[64], got[64];
        size_t len;
        uint8_t *message = vector_bytes(vectors.fields[0], &len);
        struct guard guard = guard_copy(message, len);

        unhex(vectors.fields[1], want, sizeof want);
        for (uint32_t split = 0; split <= len; split += len > 130 ? 97 : 1) {
            hash(guard.bytes, (uint32_t)len, split, got);
            if (memcmp(got, want, sizeof want) != 0) {
                fail_msg("nist.txt:%u, split at %u", vectors.number, (unsigned)split);
            }
        }
        guard_free(&guard);
        free(message);
        count++;
    }
    assert_int_equal(count, 138);
}

/* SHAVS, 6.4: each line is what comes of 1,000 hashes, each of the three before it. */
static void test_sha512_nist_monte_carlo(void **state)
{
    struct vector_file vectors;
    uint8_t last[3][64], want[64];
    unsigned count = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/sha512/monte.txt");
    assert_true(vector_file_next(&vectors, " ", 1));
    unhex(vectors.fields[0], last[2], sizeof last[2]);
    while (vector_file_next(&vectors, " ", 1)) {
        unhex(vectors.fields[0], want, sizeof want);
        if (count++ >= 5) {
            continue; /* more would take longer than the rest of the test */
        }
        memcpy(last[0], last[2], sizeof last[0]);
        memcpy(last[1], last[2], sizeof last[1]);
        for (unsigned i = 0; i < 1000; i++) {
            uint8_t digest[64];

            hash(last[0], sizeof last, 0, digest);
            memmove(last[0], last[1], sizeof last[0] * 2);
            memcpy(last[2], digest, sizeof digest);
        }
        assert_memory_equal(last[2], want, sizeof want);
    }
    assert_int_equal(count, 100);
}

/* FIPS 180-2, C.3: a million times "a", in portions of seeded size. */
static void test_sha512_a_million(void **state)
{
    uint8_t data[1000], want[64], got[64];
    struct otter_sha512 sha512 = initial;
    uint64_t random = 1;

    (void)state;
    memset(data, 'a', sizeof data);
    for (uint32_t left = 1000000; left != 0;) {
        uint32_t len = rng_below(&random, sizeof data + 1);

        len = len < left ? len : left;
        otter_sha512_update(&sha512, data, len);
        left -= len;
    }
    otter_sha512_final(&sha512, got);
    unhex("e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
          "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
          want, sizeof want);
    assert_memory_equal(got, want, sizeof want);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants_fips180),
        cmocka_unit_test(test_sha512_nist),
        cmocka_unit_test(test_sha512_nist_monte_carlo),
        cmocka_unit_test(test_sha512_a_million),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, init, NULL);
}
