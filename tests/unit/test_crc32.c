/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/crc32.h"
#include "support/guard.h"

/* Authority: the check value 0xCBF43926 of IEEE 802.3's CRC-32. The other values were made with
 * zlib. */

static void known_values(void **state)
{
    uint8_t bytes[256];

    (void)state;
    assert_int_equal(otter_crc32(0, NULL, 0), 0);
    assert_int_equal(otter_crc32(0, (const uint8_t *)"123456789", 9), 0xCBF43926);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(otter_crc32(0, bytes, 1), 0xD202EF8D);
    assert_int_equal(otter_crc32(0, bytes, 32), 0x190A55AD);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(otter_crc32(0, bytes, 4), 0xFFFFFFFF);
    assert_int_equal(otter_crc32(0, bytes, 32), 0xFF6CAB0B);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_int_equal(otter_crc32(0, bytes, 256), 0x29058C73);
}

static void in_parts(void **state)
{
    uint8_t bytes[100];
    struct guard guard;
    uint32_t whole;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 37);
    }
    guard = guard_copy(bytes, sizeof bytes);
    whole = otter_crc32(0, bytes, sizeof bytes);
    for (uint32_t split = 0; split <= sizeof bytes; split++) {
        uint32_t crc = otter_crc32(0, guard.bytes, split);

        assert_int_equal(otter_crc32(crc, guard.bytes + split, (uint32_t)sizeof bytes - split),
                         whole);
    }
    guard_free(&guard);
}

static void every_single_bit_counts(void **state)
{
    uint8_t bytes[38] = {0};
    uint32_t good = otter_crc32(0, bytes, sizeof bytes);

    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(otter_crc32(0, bytes, sizeof bytes), good);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(in_parts),
        cmocka_unit_test(every_single_bit_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
