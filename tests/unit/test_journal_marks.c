/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/journal.h"
#include "support/ram_flash.h"
#include "support/journal_fixture.h"

/* Authority: docs/flash-format.md chapter 4, PM0075 for flash: what marks say that a power cut
 * or a dead cell has left in doubt, and when the whole entry is certain. */

static struct ram_flash flash;

enum { SLOT = 0x6800 };

static uint8_t *bytes_of(unsigned i)
{
    return journal_entry_bytes(&flash, i);
}

/* ---- marks in doubt ---- */

/* The highest mark that is not blank decides, whatever it reads: 0 is in place, anything else
 * saved. */
static void every_value_of_the_highest_mark(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_INSTALL, .present_len = SLOT, .previous_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned mark = 0; mark < 26; mark += 25) {
        journal_put(&flash, 0, &entry);
        for (unsigned i = 0; i < mark; i++) {
            otter_put_le16(bytes_of(0) + ENTRY_AT_PAGE_MARKS + 2 * i, i % 2 == 0 ? 0 : 0x1234);
        }
        for (uint32_t value = 0; value <= 0xFFFF; value++) {
            struct otter_journal journal;
            unsigned before = mark == 0 ? 0 : 2 * mark - 1 + mark % 2;
            bool is_blank = __builtin_popcount(value ^ 0xFFFF) <= 1; /* or a dead cell */
            unsigned want = is_blank ? before : value == 0 ? 2 * mark + 2 : 2 * mark + 1;

            otter_put_le16(bytes_of(0) + ENTRY_AT_PAGE_MARKS + 2 * mark, (uint16_t)value);
            journal = journal_get(&flash);
            assert_int_equal(journal.step, want);
            assert_int_equal(journal.moved, want >= 52);
        }
    }
}

static void every_value_of_a_mark_of_a_group(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_INSTALL, .step = 51, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned mark = 0; mark < 17; mark++) { /* three starts, confirmed */
        journal_put(&flash, 0, &entry);
        for (uint32_t value = 0; value <= 0xFFFF; value += 0x11) {
            struct otter_journal journal;
            bool is_set = value != 0xFFFF, is_start = mark < 12;
            bool counts = is_set && mark < 4; /* later ones only behind the first */

            otter_put_le16(bytes_of(0) + ENTRY_AT_STARTS + 2 * mark, (uint16_t)value);
            journal = journal_get(&flash);
            assert_int_equal(journal.starts, counts);
            assert_false(journal.confirmed); /* takes two */
            assert_false(journal.all_marks_set);
            assert_int_equal(journal.moved, counts);
            assert_int_equal(journal.certain, !is_set || is_start);
        }
    }
}

/* Two marks of a later group are a start, though the weak bits of a cut let an earlier one read
 * as blank; one mark is, right behind the last that counts. */
static void a_start_behind_one_that_reads_as_blank(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_INSTALL, .step = 52, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned set = 0; set < 1U << 12; set++) {
        unsigned want = 0;

        journal_put(&flash, 0, &entry);
        for (unsigned group = 0; group < 3; group++) {
            unsigned marks = set >> 4 * group & 15;

            if (__builtin_popcount(marks) > 1 || (marks != 0 && group == want)) {
                want = group + 1;
            }
            for (unsigned i = 0; i < 4; i++) {
                otter_put_le16(bytes_of(0) + ENTRY_AT_STARTS + 8 * group + 2 * i,
                               (marks & 1U << i) != 0 ? 0xFF7F : 0xFFFF);
            }
        }
        assert_int_equal(journal_get(&flash).starts, want);
    }
}

/* Two of five marks confirm, whichever they are; until all are set it is in doubt. */
static void two_marks_confirm(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_INSTALL, .step = 51, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned set = 0; set < 32; set++) {
        struct otter_journal journal;
        int marks = __builtin_popcount(set);

        journal_put(&flash, 0, &entry);
        for (unsigned i = 0; i < 5; i++) {
            otter_put_le16(bytes_of(0) + ENTRY_AT_CONFIRMED + 2 * i,
                           (set & 1U << i) != 0 ? 0x7FFF : 0xFFFF);
        }
        journal = journal_get(&flash);
        assert_int_equal(journal.confirmed, marks >= 2);
        assert_int_equal(journal.moved, marks >= 2);
        assert_int_equal(journal.certain, marks == 0);
        assert_false(journal.all_marks_set);
    }
    memset(bytes_of(0) + ENTRY_AT_CONFIRMED, 0, 10);
    assert_true(journal_get(&flash).confirmed && journal_get(&flash).all_marks_set &&
                journal_get(&flash).certain);
}

/* One dead cell among the marks decides nothing. At most a half step is done again, or a start
 * is lost. */
static void one_dead_cell_among_the_marks(void **state)
{
    enum { MIDDLE, TRIAL, CASES };

    (void)state;
    for (unsigned c = 0; c < CASES; c++) {
        for (unsigned bit = 8 * ENTRY_AT_STARTS; bit < 8 * JOURNAL_ENTRY_LEN; bit++) {
            struct journal_entry entry = {
                .kind = OTTER_JOURNAL_INSTALL, .present_len = SLOT, .previous_len = SLOT};
            struct otter_journal journal;

            ram_flash_init(&flash);
            journal_put(&flash, 0, &entry);
            memset(bytes_of(0) + ENTRY_AT_PAGE_MARKS, 0, c == MIDDLE ? 10 : 52);
            memset(bytes_of(0) + ENTRY_AT_STARTS, 0, c == TRIAL ? 8 : 0);
            bytes_of(0)[bit / 8] ^= (uint8_t)(1U << bit % 8);
            journal = journal_get(&flash);
            assert_int_equal(journal.kind, OTTER_JOURNAL_INSTALL);
            assert_false(journal.confirmed);
            assert_int_equal(journal.moved, c == TRIAL);
            assert_in_range(journal.step, c == MIDDLE ? 9 : 51, c == MIDDLE ? 10 : 52);
            assert_in_range(journal.starts, c == TRIAL, 3);
            assert_int_equal(journal.request_size, 0);
        }
    }
}

/* ---- certain ---- */

static void certain_in_all_its_conditions(void **state)
{
    struct journal_entry entry = {.kind = OTTER_JOURNAL_IDLE, .number = 8, .present_len = SLOT};
    struct journal_entry old = {.kind = OTTER_JOURNAL_IDLE, .number = 0};

    (void)state;
    ram_flash_init(&flash);
    journal_put(&flash, 0, &entry);
    assert_true(journal_get(&flash).certain);
    for (uint32_t value = 0; value <= 0xFFFF; value++) { /* the commit word */
        otter_put_le16(bytes_of(0) + ENTRY_AT_COMMIT, (uint16_t)value);
        assert_int_equal(journal_get(&flash).certain, value == 0xF708);
    }
    for (unsigned off = ENTRY_AT_STARTS; off < JOURNAL_ENTRY_LEN;
         off++) { /* or something after it */
        journal_put(&flash, 0, &entry);
        otter_put_le16(bytes_of(0) + ENTRY_AT_COMMIT, 0xFFFF);
        bytes_of(0)[off] = 0;
        /* confirmed: all five or none; page marks: from the first on */
        assert_int_equal(journal_get(&flash).certain,
                         off < ENTRY_AT_CONFIRMED ||
                             (off >= ENTRY_AT_REQUEST && off < ENTRY_AT_PAGE_MARKS + 2));
    }
    journal_put(&flash, 0, &entry);
    memset(bytes_of(0) + ENTRY_AT_CONFIRMED, 0, 10);
    assert_true(journal_get(&flash).certain);

    for (unsigned off = 0; off < JOURNAL_ENTRY_LEN; off++) { /* the next one is blank */
        journal_put(&flash, 0, &entry);
        memset(bytes_of(1), 0xFF, JOURNAL_ENTRY_LEN);
        bytes_of(1)[off] = 0xFE;
        assert_false(journal_get(&flash).certain);
    }
    /* After the last one of a page: blank, or a valid entry that is older; no dirt, no newer
     * one. */
    ram_flash_init(&flash);
    entry.number = 11;
    journal_put(&flash, 3, &entry);
    assert_true(journal_get(&flash).certain);
    journal_put(&flash, 4, &old);
    assert_true(journal_get(&flash).certain);
    otter_put_le16(bytes_of(4) + ENTRY_AT_TAG, 0);
    assert_true(journal_get(&flash).certain); /* void is as good */
    bytes_of(4)[20] ^= 1;
    assert_false(journal_get(&flash).certain);
    old.number = 12;
    journal_put(&flash, 4, &old);
    otter_put_le16(bytes_of(4) + ENTRY_AT_TAG,
                   0); /* its tag in doubt: perhaps it is the newest */
    assert_int_equal(journal_get(&flash).addr, journal_entry_addr(3));
    assert_false(journal_get(&flash).certain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_the_highest_mark),
        cmocka_unit_test(every_value_of_a_mark_of_a_group),
        cmocka_unit_test(a_start_behind_one_that_reads_as_blank),
        cmocka_unit_test(two_marks_confirm),
        cmocka_unit_test(one_dead_cell_among_the_marks),
        cmocka_unit_test(certain_in_all_its_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
