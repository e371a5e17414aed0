/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "otter/boot_ids.h"
#include "otter/bytes.h"
#include "support/ram_flash.h"

/* Authority: docs/flash-format.md chapter 7. */

static struct ram_flash flash;
static const struct otter_layout *const layout = &ram_flash_layout;

enum { SECTION = 0x24 };

/* The words of a bootloader with two keys. */
static const uint32_t two_keys[OTTER_BOOT_WORDS] = {0x6274746F, 0x02030301, 0x08000024, 196, 2};

static int find_with(unsigned changed, uint32_t value, struct otter_boot_ids *out_ids)
{
    ram_flash_init(&flash);
    for (unsigned i = 0; i < OTTER_BOOT_WORDS; i++) {
        otter_put_le32(flash.bytes + 0x10 + 4 * i, i == changed ? value : two_keys[i]);
    }
    return otter_boot_ids_find(&flash.port, layout, out_ids);
}

static void words_are_read(void **state)
{
    struct otter_boot_ids ids;

    (void)state;
    assert_int_equal(find_with(OTTER_BOOT_WORDS, 0, &ids), 0);
    assert_int_equal(ids.does, OTTER_BOOT_VERIFIES | OTTER_BOOT_EVERY_START);
    assert_int_equal(ids.major, 2);
    assert_int_equal(ids.minor, 3);
    assert_int_equal(ids.key_count, 2);
    assert_int_equal(ids.info_addr, layout->boot.addr + SECTION);
    assert_int_equal(ids.keys_addr, layout->boot.addr + SECTION + 68);
}

static void other_bootloaders_have_none(void **state)
{
    struct otter_boot_ids ids;

    (void)state;
    assert_int_equal(find_with(0, 0xFFFFFFFF, &ids), OTTER_ERR_NONE);
    assert_int_equal(find_with(0, 0x08000145, &ids), OTTER_ERR_NONE); /* a handler */
    assert_int_equal(find_with(1, 0x02030302, &ids), OTTER_ERR_NONE); /* a later format */
}

static void words_that_lead_outside_are_refused(void **state)
{
    static const struct {
        unsigned word;
        uint32_t value;
    } bad[] = {
        {2, 0x08000000 - 4},
        {2, 0x20000000},
        {2, 0x08002000 - 192},
        {3, 0x2000},
        {3, 0},
        {3, 0xFFFFFFFF},
        {3, 132},
        {4, 1},
        {4, 3},
        {4, 0x04000002},
    };
    struct otter_boot_ids ids;

    (void)state;
    assert_int_equal(find_with(2, 0x08002000 - 196, &ids), 0); /* the last place */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(find_with(bad[i].word, bad[i].value, &ids), OTTER_ERR_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read),
        cmocka_unit_test(other_bootloaders_have_none),
        cmocka_unit_test(words_that_lead_outside_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
