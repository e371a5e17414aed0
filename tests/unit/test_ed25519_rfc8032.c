/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519. Authority: RFC 8032; tests/vectors/README.md says where the vectors come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "host/ed25519_key.h"
#include "otter/ed25519.h"
#include "support/ed25519_vectors.h"
#include "support/guard.h"
#include "support/rng.h"
#include "support/unhex.h"

static struct otter_sha512 initial;

static int init(void **state)
{
    (void)state;
    otter_sha512_init(&initial);
    return 0;
}

static bool is_good(const struct otter_ed25519_key *key, const uint8_t signature[64],
                    const uint8_t message[], size_t len)
{
    struct guard guards[2] = {guard_copy(signature, 64), guard_new(64)};

    ed25519_digest(&initial, signature, key->packed, message, len, guards[1].bytes);
    uint32_t wrong = otter_ed25519_verify(key, guards[0].bytes, guards[1].bytes);
    guard_free(&guards[0]);
    guard_free(&guards[1]);
    return wrong == 0;
}

/* Every vector is good; and bad with one bit of it turned, 16 times. */
static void test_ed25519_good(void **state)
{
    struct vector_file vectors;
    struct ed25519_vector vector;
    uint64_t random = 1;
    unsigned count = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/ed25519/good.txt");
    while (ed25519_vector_next_good(&vectors, &vector)) {
        struct otter_ed25519_key key;

        assert_int_equal(ed25519_key_unpack(vector.packed, &key), 0);
        assert_true(is_good(&key, vector.signature, vector.message, vector.message_len));
        for (unsigned i = 0; i < 16; i++) {
            unsigned bit = rng_below(&random, 512);

            vector.signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (is_good(&key, vector.signature, vector.message, vector.message_len)) {
                fail_msg("good.txt:%u is good without bit %u, too", vectors.number, bit);
            }
            vector.signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        if (vector.message_len > 0) {
            vector.message[rng_below(&random, (uint32_t)vector.message_len)] ^= 0x10;
            assert_false(is_good(&key, vector.signature, vector.message, vector.message_len));
        }
        free(vector.message);
        count++;
    }
    assert_int_equal(count, 20);
}

/* A changed R changes the digest, and then everything. With the digest kept, each bit of R, and
 * each of S, must count by itself. */
static void test_ed25519_every_bit(void **state)
{
    struct otter_ed25519_key key;
    uint8_t packed[32], signature[64], wide[64];

    (void)state;
    unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", packed,
          sizeof packed); /* RFC 8032, 7.1, TEST 1: the empty message */
    unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
          "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
          signature, sizeof signature);
    assert_int_equal(ed25519_key_unpack(packed, &key), 0);
    ed25519_digest(&initial, signature, packed, NULL, 0, wide);
    assert_int_equal(otter_ed25519_verify(&key, signature, wide), 0);
    for (unsigned bit = 0; bit < 512; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(otter_ed25519_verify(&key, signature, wide), 0);
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* What verifiers disagree about: S from L on, small and mixed orders, other ways of packing. */
static void test_ed25519_edges(void **state)
{
    struct vector_file vectors;
    struct ed25519_vector vector;
    unsigned count = 0, good = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/ed25519/edge.txt");
    while (ed25519_vector_next_edge(&vectors, &vector)) {
        struct otter_ed25519_key key;

        assert_int_equal(ed25519_key_unpack(vector.packed, &key), vector.key_error);
        assert_int_equal(ed25519_key_unpack_any(vector.packed, &key), 0);
        if (is_good(&key, vector.signature, vector.message, vector.message_len) !=
            vector.is_good) {
            fail_msg("edge.txt:%u %s is judged wrongly", vectors.number, vector.name);
        }
        free(vector.message);
        count++;
        good += vector.is_good;
    }
    assert_int_equal(count, 95);
    assert_int_equal(good, 22);
}

/* Any 512 bits are taken modulo L: with S = 0 and the base point as A, R is -(k*B). */
static void test_ed25519_digest_modulo_l(void **state)
{
    static const char *const neutral =
        "0100000000000000000000000000000000000000000000000000000000000000";
    static const char *const base =
        "5866666666666666666666666666666666666666666666666666666666666666";
    static const char *const minus_base =
        "58666666666666666666666666666666666666666666666666666666666666e6";
    static const struct {
        const char *low, *high; /* of the digest */
        bool is_one;            /* modulo L, else it is 0 */
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000", false},
        {"0100000000000000000000000000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000", true},
        {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", /* L */
         "0000000000000000000000000000000000000000000000000000000000000000", false},
        {"eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
         "0000000000000000000000000000000000000000000000000000000000000000", true},
        {"0000000000000000000000000000000000000000000000000000000000000000", /* L * 2^256 */
         "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", false},
        {"0100000000000000000000000000000000000000000000000000000000000000",
         "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", true},
        {"fff063bb1ceef95bb86c7a9758e4f12f9a410ae82d8c1331c265cf83e4be66fc", /* the last 0 */
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        {"131d6e5e028be703e2cf82f479ea121b9a410ae82d8c1331c265cf83e4be66ec", /* the last 1 */
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true},
    };
    struct otter_ed25519_key key;
    uint8_t signature[64] = {0}, packed[32], wide[64];

    (void)state;
    unhex(base, packed, sizeof packed);
    assert_int_equal(ed25519_key_unpack(packed, &key), 0);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        unhex(cases[c].low, wide, 32);
        unhex(cases[c].high, wide + 32, 32);
        unhex(cases[c].is_one ? minus_base : neutral, signature, 32);
        assert_int_equal(otter_ed25519_verify(&key, signature, wide), 0);
        unhex(cases[c].is_one ? neutral : minus_base, signature, 32);
        assert_int_not_equal(otter_ed25519_verify(&key, signature, wide), 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ed25519_good),
        cmocka_unit_test(test_ed25519_every_bit),
        cmocka_unit_test(test_ed25519_edges),
        cmocka_unit_test(test_ed25519_digest_modulo_l),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, init, NULL);
}
