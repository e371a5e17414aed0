/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys for the device. Authority: RFC 8032, 5.1.3, and its keys of 7.1; the coordinates
 * were computed with Python's integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "host/ed25519_key.h"
#include "support/unhex.h"

static const uint8_t zero[32];

/* What is refused leaves the key as it was. */
static int unpack(const char *hex, struct otter_ed25519_key *out_key)
{
    struct otter_ed25519_key before;
    uint8_t packed[32];

    unhex(hex, packed, sizeof packed);
    memset(out_key, 0x5A, sizeof *out_key);
    memset(&before, 0x5A, sizeof before);
    int rc = ed25519_key_unpack(packed, out_key);
    if (rc == 0) {
        assert_memory_equal(out_key->packed, packed, sizeof packed);
    } else {
        assert_memory_equal(out_key, &before, sizeof before);
    }
    return rc;
}

static void test_key_rfc8032(void **state)
{
    static const char *const cases[][2] = {
        /* packed, minus_x; the last one is the base point */
        {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "1fba89884279d84edb83e7ac8d2bec3adf092f9f721f68ddd6cb62d4651f2f2a"},
        {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "3fbc21a8e11fb5db90f65a49e0067a7fadb1797a9ac17e3fb4c7b0a4dfd7520b"},
        {"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "be038da466159136366667f1bb18a522769105bcf5bfdab95c9a902046fe4b27"},
        {"5866666666666666666666666666666666666666666666666666666666666666",
         "d32ada709fd2a9364d58da6a9f38d396a3232902ce1d5b3f01ac91322cc9965e"},
    };
    struct otter_ed25519_key key;
    uint8_t want[32];

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        assert_int_equal(unpack(cases[c][0], &key), 0);
        unhex(cases[c][1], want, sizeof want);
        assert_memory_equal(key.minus_x, want, sizeof want);
    }
}

static void test_key_not_on_the_curve(void **state)
{
    static const uint8_t none[] = {2, 7, 8, 11, 12, 13, 17}; /* of y = 0 to 18 */
    struct otter_ed25519_key key;
    uint8_t packed[32] = {0};
    size_t found = 0;

    (void)state;
    for (packed[0] = 3; packed[0] < 19; packed[0]++) { /* 0 and 1: of small order; 2: below */
        int want = memchr(none, packed[0], sizeof none) != NULL ? OTTER_ERR_FORMAT : 0;

        packed[31] = 0;
        assert_int_equal(ed25519_key_unpack(packed, &key), want);
        packed[31] = 0x80; /* with either sign */
        assert_int_equal(ed25519_key_unpack(packed, &key), want);
        assert_int_equal(ed25519_key_unpack_any(packed, &key), want);
        found += want != 0;
    }
    assert_int_equal(found, sizeof none - 1);
    assert_int_equal(unpack("02000000000000000000000000000000"
                            "00000000000000000000000000000000",
                            &key),
                     OTTER_ERR_FORMAT);
}

/* The 8 points whose order divides 8, packed as RFC 8032 says. */
static void test_key_of_small_order(void **state)
{
    static const char *const cases[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* order 1 */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 2 */
        "0000000000000000000000000000000000000000000000000000000000000000", /* 4 */
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* 8 */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    };
    struct otter_ed25519_key key;
    uint8_t packed[32];

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        assert_int_equal(unpack(cases[c], &key), OTTER_ERR_RANGE);
        unhex(cases[c], packed, sizeof packed);
        assert_int_equal(ed25519_key_unpack_any(packed, &key), 0);
    }
    /* The base point plus one of order 8: its order is large. */
    assert_int_equal(
        unpack("98519eadf35b995233b51b5cd23e9cc5a28b639b5a4af0ec903cb960d81b7819", &key), 0);
}

/* y + p for each y that leaves room for it, and both zeros with a sign. */
static void test_key_not_canonical(void **state)
{
    static const char *const signed_zeros[] = {
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    struct otter_ed25519_key key, same;
    uint8_t packed[32];

    (void)state;
    for (uint8_t y = 0; y < 19; y++) {
        uint8_t small[32] = {y};

        memset(packed, 0xFF, sizeof packed);
        packed[0] = (uint8_t)(0xED + y);
        packed[31] = 0x7F;
        assert_int_equal(ed25519_key_unpack(packed, &key), OTTER_ERR_FORMAT);
        int rc = ed25519_key_unpack_any(small, &same);
        assert_int_equal(ed25519_key_unpack_any(packed, &key), rc);
        if (rc == 0) {
            assert_memory_equal(key.packed, packed, sizeof packed);
            assert_memory_equal(key.minus_x, same.minus_x, sizeof zero);
        }
    }
    for (size_t c = 0; c < 2; c++) {
        assert_int_equal(unpack(signed_zeros[c], &key), OTTER_ERR_FORMAT);
        unhex(signed_zeros[c], packed, sizeof packed);
        assert_int_equal(ed25519_key_unpack_any(packed, &key), 0);
        assert_memory_equal(key.minus_x, zero, sizeof zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_rfc8032),
        cmocka_unit_test(test_key_not_on_the_curve),
        cmocka_unit_test(test_key_of_small_order),
        cmocka_unit_test(test_key_not_canonical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
