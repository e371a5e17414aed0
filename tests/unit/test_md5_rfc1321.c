/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/md5.h"
#include "support/guard.h"
#include "support/rng.h"

/* Authority: RFC 1321, A.5. The other digests were made with Python's hashlib. */

static void expect(const uint8_t data[], uint32_t len, const char *hex)
{
    struct otter_md5 md5;
    uint8_t want[16], got[16];
    struct guard guard = guard_copy(data, len);

    assert_int_equal(otter_md5_from_hex((const uint8_t *)hex, want), 0);
    otter_md5_init(&md5);
    otter_md5_update(&md5, guard.bytes, len);
    otter_md5_final(&md5, got);
    assert_memory_equal(got, want, 16);

    for (uint32_t split = 0; split <= len; split++) {
        otter_md5_init(&md5);
        otter_md5_update(&md5, guard.bytes, split);
        otter_md5_update(&md5, guard.bytes + split, 0);
        otter_md5_update(&md5, guard.bytes + split, len - split);
        otter_md5_final(&md5, got);
        if (memcmp(got, want, 16) != 0) {
            fail_msg("%u bytes, split at %u", (unsigned)len, (unsigned)split);
        }
    }
    guard_free(&guard);
}

static void test_suite_of_the_rfc(void **state)
{
    static const char *const cases[][2] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        expect((const uint8_t *)cases[c][0], (uint32_t)strlen(cases[c][0]), cases[c][1]);
    }
}

/* The lengths where padding changes its form, of bytes 0, 1, 2, ... */
static void lengths_around_a_block(void **state)
{
    static const struct {
        uint32_t len;
        const char *hex;
    } cases[] = {
        {54, "33dd62a2df6538daf1cf821d9cde61f9"},  {55, "6912ee65fff2d9f9ce2508cddf8bcda0"},
        {56, "51fdd1acda72405dfdfa03fcb85896d7"},  {57, "5320ef4c17ef34a0cf2db763338d25eb"},
        {62, "f3cdffe2e160a061754a06dafcfd688b"},  {63, "48a6295221902e8e0938f773a7185e72"},
        {64, "b2d3f56bc197fd985d5965079b5e7148"},  {65, "8bd7053801c768420faf816fadba971c"},
        {118, "4541055c6675b614d27c537c3bb15675"}, {119, "1c772251899a7ff007400b888d6b2042"},
        {120, "b7ba1efc6022e9ed272f00b8831e26e6"}, {121, "b0b2d719a838db877b6d6571a39a1cdc"},
        {127, "8402b21e7bc7906493bae0dac017f1f9"}, {128, "37eff01866ba3f538421b30b7cbefcac"},
        {129, "46f986692847558fc38b0cece591c20f"}, {255, "11b7aaa64c413d2f0fccf893881c46a2"},
    };
    uint8_t data[256];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        expect(data, cases[c].len, cases[c].hex);
    }
}

/* A million times "a", in portions of seeded size. */
static void a_million(void **state)
{
    uint8_t data[1000], want[16], got[16];
    uint64_t random = 1;
    struct otter_md5 md5;

    (void)state;
    memset(data, 'a', sizeof data);
    otter_md5_init(&md5);
    for (uint32_t left = 1000000; left != 0;) {
        uint32_t len = rng_below(&random, sizeof data + 1);

        len = len < left ? len : left;
        otter_md5_update(&md5, data, len);
        left -= len;
    }
    otter_md5_final(&md5, got);
    assert_int_equal(
        otter_md5_from_hex((const uint8_t *)"7707d6ae4e027c70eea2a935c2296f21", want), 0);
    assert_memory_equal(got, want, 16);
}

static void from_hex(void **state)
{
    static const uint8_t want[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                     0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
    struct guard hex = guard_copy((const uint8_t *)"0123456789abcdefFEDCBA9876543210", 32);
    uint8_t got[16];

    (void)state;
    assert_int_equal(otter_md5_from_hex(hex.bytes, got), 0);
    assert_memory_equal(got, want, 16);
    for (unsigned c = 0; c < 256; c++) {
        bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

        for (size_t i = 0; i < 32; i++) {
            uint8_t old = hex.bytes[i];

            memset(got, 0x5A, sizeof got);
            hex.bytes[i] = (uint8_t)c;
            assert_int_equal(otter_md5_from_hex(hex.bytes, got), good ? 0 : OTTER_ERR_FORMAT);
            for (size_t k = 0; k < 16 && !good; k++) {
                assert_int_equal(got[k], 0x5A); /* untouched */
            }
            hex.bytes[i] = old;
        }
    }
    guard_free(&hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite_of_the_rfc),
        cmocka_unit_test(lengths_around_a_block),
        cmocka_unit_test(a_million),
        cmocka_unit_test(from_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
