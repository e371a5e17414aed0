/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/md5.h"
#include "unit/install_bench.h"

/* Authority: docs/flash-format.md chapter 6. Power cuts are in test_install_power.c. */

static void good_image_of_any_size(void **state)
{
    static const uint32_t sizes[] = {
        8,    9,    63,   64,   65,   255,  256,           257,
        1023, 1024, 1025, 2047, 2049, 5001, 26 * 1024 - 1, 26 * 1024};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        prepare(sizes[s]);
        assert_int_equal(install(), 0);
        expect_checking(sizes[s], OTTER_INSTALL_CHECK_GOOD);
        expect_copy(sizes[s]);
        expect(OTTER_INSTALL_VERIFY_GOOD, 0);
        expect_no_more();
        assert_true(is_app_new(sizes[s]));
        assert_true(otter_flag_is_installed(port, layout));
        expect_rest_untouched();
        assert_int_equal(flash.erased, (sizes[s] + 1023) / 1024);
        assert_int_equal(flash.programmed, (sizes[s] + 1) / 2 + 3); /* three are marks */

        ram_flash_restart(&flash); /* the next start has nothing to do */
        assert_int_equal(install(), OTTER_ERR_NONE);
        assert_int_equal(reports_len, 0);
        assert_int_equal(flash.operations, 0);
    }
}

static void nothing_pending(void **state)
{
    (void)state;
    prepare(100);
    assert_int_equal(otter_flag_erase(port, layout), 0);
    ram_flash_restart(&flash);
    assert_int_equal(install(), OTTER_ERR_NONE);
    assert_int_equal(reports_len, 0);
    assert_int_equal(flash.operations, 0);
}

static void damaged_image_is_refused(void **state)
{
    (void)state;
    for (uint32_t size = 8; size < 3000; size += 331) {
        for (uint32_t bit = 0; bit < 8 * size; bit += 97) {
            uint32_t at = off_of(&layout->backup) + bit / 8;

            prepare(size);
            flash.bytes[at] ^= (uint8_t)(1U << bit % 8);
            before[at] = flash.bytes[at];
            assert_int_equal(install(), OTTER_ERR_CHECKSUM);
            expect_checking(size, OTTER_INSTALL_CHECK_BAD);
            expect_no_more();
            assert_true(is_app_old());
            assert_true(is_flag_blank());
            expect_rest_untouched();
            assert_int_equal(flash.operations, 1);
        }
    }
}

static void damaged_md5_is_refused(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 128; bit++) {
        prepare(600);
        flash.bytes[off_of(&layout->flag) + 8 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(install(), OTTER_ERR_CHECKSUM);
        expect_checking(600, OTTER_INSTALL_CHECK_BAD);
        assert_true(is_app_old());
        assert_true(is_flag_blank());
    }
}

static void sizes_that_cannot_be(void **state)
{
    static const uint32_t sizes[] = {
        0, 1, 7, 0x6801, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFF6800, 0xFFFFFFF0, 0xFFFFFFFF};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        prepare(100);
        otter_put_le32(flash.bytes + off_of(&layout->flag) + 4, sizes[s]);
        assert_int_equal(install(), OTTER_ERR_CHECKSUM);
        reports_at = 0;
        expect(OTTER_INSTALL_START, sizes[s]);
        expect(OTTER_INSTALL_CHECK_BAD, 0);
        expect_no_more();
        assert_true(is_app_old());
        assert_true(is_flag_blank());
        expect_rest_untouched();
        assert_int_equal(flash.operations, 1);
    }
}

/* The tutorial's app writes status first; a cut behind it leaves this. */
static void record_cut_by_the_tutorial_app(void **state)
{
    static const uint8_t status[] = {0xEE, 0xEE};

    (void)state;
    prepare(100);
    memset(flash.bytes + off_of(&layout->flag), 0xFF, RAM_FLASH_PAGE);
    ram_flash_poke(&flash, layout->flag.addr, status, sizeof status);
    assert_int_equal(install(), OTTER_ERR_CHECKSUM);
    assert_true(is_app_old());
    assert_true(is_flag_blank());
}

/* ---- errors ---- */

enum { SMALL = 1101 }; /* 2 pages, odd: 1 mark, 2 erases, 551 half-words, 2 marks */
enum { SMALL_BEGUN = 1, SMALL_COPY = 554, SMALL_ALL = 556 };

static void one_flash_error_costs_one_try(void **state)
{
    (void)state;
    for (uint32_t at = SMALL_BEGUN + 1; at <= SMALL_COPY; at++) {
        prepare(SMALL);
        flash.fail_at = at;
        flash.fail_count = 1;
        assert_int_equal(install(), 0);
        assert_true(is_app_new(SMALL));
        assert_true(otter_flag_is_installed(port, layout));
        expect_rest_untouched();
        assert_int_equal(flash.operations, at - SMALL_BEGUN + SMALL_ALL);
        expect_checking(SMALL, OTTER_INSTALL_CHECK_GOOD);
        expect(OTTER_INSTALL_ERASE, 2);
        expect(OTTER_INSTALL_COPY, 5);
        while (is_next(OTTER_INSTALL_COPY_CHUNK)) {
            expect(OTTER_INSTALL_COPY_CHUNK, 0);
        }
        expect(OTTER_INSTALL_VERIFY_BAD, 2);
        expect_copy(SMALL);
        expect(OTTER_INSTALL_VERIFY_GOOD, 0);
        expect_no_more();
    }
}

static void lasting_flash_error_ends_after_three_tries(void **state)
{
    static const uint32_t places[] = {1, 2, 3, 514, 515, 516, SMALL_COPY};

    (void)state;
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        prepare(SMALL);
        flash.fail_at = places[p];
        flash.fail_count = UINT32_MAX;
        assert_int_equal(install(), OTTER_ERR_FLASH);
        assert_int_equal(reports[reports_len - 1].step, OTTER_INSTALL_VERIFY_BAD);
        assert_int_equal(reports[reports_len - 1].value, 0);
        assert_true(is_pending());
        expect_rest_untouched();

        ram_flash_restart(&flash); /* and heals, should it go away */
        assert_int_equal(install(), 0);
        assert_true(is_app_new(SMALL));
    }
}

static void silent_damage_is_found_and_copied_again(void **state)
{
    (void)state;
    for (uint32_t at = SMALL_BEGUN + 1; at <= SMALL_COPY; at++) {
        bool harmless; /* damage behind the image, or undone when its cell is programmed */

        prepare(SMALL);
        flash.lie_at = at;
        flash.lie_count = 1;
        flash.seed = 77;
        assert_true(install() == 0);
        assert_true(memcmp(flash.bytes + off_of(&layout->app), before + off_of(&layout->backup),
                           SMALL) == 0);
        assert_true(otter_flag_is_installed(port, layout));
        harmless = flash.operations == SMALL_ALL;
        if (harmless && at != SMALL_COPY && at != 515 && at != 2) {
            fail_msg("damage at operation %u was not found", (unsigned)at);
        }
        if (!harmless && flash.refused == 0) {
            expect_checking(SMALL, OTTER_INSTALL_CHECK_GOOD);
            expect_copy(SMALL);
            expect(OTTER_INSTALL_VERIFY_BAD, 2);
            expect_copy(SMALL);
            expect(OTTER_INSTALL_VERIFY_GOOD, 0);
            expect_no_more();
        }
    }
}

static void lasting_silent_damage_never_marks(void **state)
{
    (void)state;
    prepare(SMALL);
    flash.lie_at = 3;
    flash.lie_count = UINT32_MAX;
    assert_int_equal(install(), OTTER_ERR_FLASH);
    assert_true(is_pending());
    assert_int_equal(reports[reports_len - 1].step, OTTER_INSTALL_VERIFY_BAD);
    assert_int_equal(reports[reports_len - 1].value, 0);
}

static void flag_that_cannot_be_marked_is_erased(void **state)
{
    (void)state;
    prepare(SMALL);
    flash.fail_at = SMALL_COPY + 1;
    flash.fail_count = 1;
    assert_int_equal(install(), 0);
    assert_true(is_app_new(SMALL));
    assert_true(is_flag_blank());

    prepare(
        SMALL); /* nor erased: the app is good all the same, and the next start tries again */
    flash.fail_at = SMALL_COPY + 1;
    flash.fail_count = 2;
    assert_int_equal(install(), 0);
    assert_true(is_app_new(SMALL));
    assert_true(is_pending());
    assert_int_equal(install(), 0);
    assert_true(is_app_new(SMALL));
    assert_true(otter_flag_is_installed(port, layout));
}

static void flag_that_takes_no_mark_is_installed_all_the_same(void **state)
{
    (void)state;
    prepare(SMALL);
    flash.fail_at = SMALL_BEGUN;
    flash.fail_count = 1;
    assert_int_equal(install(), 0);
    assert_true(is_app_new(SMALL));
    assert_true(otter_flag_is_installed(port, layout));
}

static void right_md5_but_no_program(void **state)
{
    (void)state;
    for (unsigned byte = 3; byte < 8; byte += 4) {
        struct otter_flag flag = {.image_size = 500};
        struct otter_md5 md5;

        prepare(500);
        flash.bytes[off_of(&layout->backup) + byte] ^= 0x80;
        memcpy(before, flash.bytes, sizeof before);
        otter_md5_init(&md5);
        otter_md5_update(&md5, ram_flash_peek(&flash, layout->backup.addr), 500);
        otter_md5_final(&md5, flag.md5);
        assert_int_equal(otter_flag_write(port, layout, &flag), 0);
        assert_int_equal(install(), OTTER_ERR_CHECKSUM);
        assert_true(is_app_old());
        assert_true(is_flag_blank());
    }
}

static void bad_image_and_flag_that_cannot_be_erased(void **state)
{
    (void)state;
    prepare(100);
    flash.bytes[off_of(&layout->backup)] ^= 1;
    flash.fail_at = 1;
    flash.fail_count = UINT32_MAX;
    assert_int_equal(install(), OTTER_ERR_CHECKSUM); /* the old app may still start */
    reports_at = reports_len - 1;
    expect(OTTER_INSTALL_CHECK_BAD, 1);
    assert_true(is_app_old());
}

/* Read errors anywhere: never a mark without a good APP, and no endless loop. */
static void read_errors(void **state)
{
    uint32_t reads;

    (void)state;
    prepare(SMALL);
    assert_int_equal(install(), 0);
    reads = flash.reads;
    for (uint32_t at = 1; at <= reads; at++) {
        int result;

        prepare(SMALL);
        flash.fail_read_at = at;
        result = install();
        flash.fail_read_at = 0;
        if (result == OTTER_ERR_CHECKSUM) { /* FLAG or APPBAK cannot be read */
            assert_true(at <= 1 + 18 + 1);
            assert_true(is_app_old());
            assert_true(is_flag_blank());
        } else {
            assert_int_equal(result, OTTER_ERR_FLASH);
            assert_true(is_pending());
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_image_of_any_size),
        cmocka_unit_test(nothing_pending),
        cmocka_unit_test(damaged_image_is_refused),
        cmocka_unit_test(damaged_md5_is_refused),
        cmocka_unit_test(right_md5_but_no_program),
        cmocka_unit_test(sizes_that_cannot_be),
        cmocka_unit_test(record_cut_by_the_tutorial_app),
        cmocka_unit_test(one_flash_error_costs_one_try),
        cmocka_unit_test(lasting_flash_error_ends_after_three_tries),
        cmocka_unit_test(silent_damage_is_found_and_copied_again),
        cmocka_unit_test(lasting_silent_damage_never_marks),
        cmocka_unit_test(flag_that_cannot_be_marked_is_erased),
        cmocka_unit_test(flag_that_takes_no_mark_is_installed_all_the_same),
        cmocka_unit_test(bad_image_and_flag_that_cannot_be_erased),
        cmocka_unit_test(read_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
