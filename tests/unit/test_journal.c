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
#include "otter/journal.h"
#include "support/ram_flash.h"
#include "support/rng.h"
#include "support/journal_fixture.h"

/* Authority: docs/flash-format.md chapter 4, PM0075 for flash. The entries that core reads here
 * are written by hand (journal_rig), and the ones it writes are compared byte by byte. Marks
 * are test_journal_marks', garbage is test_journal_garbage's. */

static struct ram_flash flash;
static const struct otter_port *const port = &flash.port;
static const struct otter_layout *const layout = &ram_flash_layout;

enum { SLOT = 0x6800 };

static uint8_t *bytes_of(unsigned i)
{
    return journal_entry_bytes(&flash, i);
}

static int append_kind(enum otter_journal_kind kind)
{
    struct otter_journal journal = journal_get(&flash);

    journal.kind = (uint8_t)kind;
    return otter_journal_append(port, layout, &journal);
}

static bool is_blank(unsigned i)
{
    for (unsigned k = 0; k < JOURNAL_ENTRY_LEN; k++) {
        if (bytes_of(i)[k] != 0xFF) {
            return false;
        }
    }
    return true;
}

/* ---- layout ---- */

/* All that core writes of an INSTALL in entry 2 of a page, up to its notes. */
static const uint8_t vector[ENTRY_AT_NOTES] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,             /* guard */
    0xC5, 0x3A,                                                 /* tag */
    0x0A, 0x12,                                                 /* number 0x120A: 2 mod 4 */
    0x03, 0x02, 0x01, 0x00,                                     /* INSTALL, reason, permanent */
    0x00, 0x00,                                                 /* step 0 */
    0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0x02, 0x00, /* file, tried twice */
    0x01, 0x01, 0x01, 0x03,                                     /* floor */
    0x02, 0x01, 0x01, 0x03,                                     /* version */
    0x00, 0x07, 0x00, 0x00, 0x44, 0x33, 0x22, 0x11,             /* present */
    0x01, 0x06, 0x00, 0x00, 0xDD, 0xCC, 0xBB, 0xAA,             /* previous */
    0xA2, 0x7D, 0x0D, 0x9C,                                     /* zlib: crc32(10..51, 2) */
    0x0A, 0xF5,                                                 /* commit word */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,             /* one start */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,             /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,             /* */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* confirmed */
    0xA3, 0x5C,                                                 /* request */
    0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0x01, 0x00, /* its file, tried once */
    0x34, 0x12, 0x00, 0x00,                                     /* length */
    0x99, 0x4B, 0x03, 0x23, /* zlib: crc32(92..107, 0x120A) */
};

static void layout_byte_by_byte(void **state)
{
    static const uint8_t page_marks[] = {0x00, 0x00, 0x55, 0x55, 0xFF, 0xFF};
    const struct otter_digest_record present = {0x700, 0x11223344},
                                     previous = {0x601, 0xAABBCCDD};
    const struct otter_journal_file file = {{0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8},
                                            2,
                                            0},
                                    next = {
                                        {0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8}, 1, 0};
    struct otter_journal journal = {.addr = 0};

    (void)state;
    ram_flash_init(&flash);
    journal.addr = journal_entry_addr(5);
    journal.number = 0x1209;
    journal.kind = OTTER_JOURNAL_INSTALL;
    journal.present = present;
    journal.previous = previous;
    journal.reason = 2;
    journal.flags = OTTER_JOURNAL_PERMANENT;
    journal.file = file;
    journal.floor = 0x03010101;
    journal.version = 0x03010102;
    assert_int_equal(otter_journal_append(port, layout, &journal), 0);
    assert_int_equal(journal.addr, journal_entry_addr(6));
    assert_int_equal(journal.number, 0x120A);
    assert_memory_equal(bytes_of(6), vector, ENTRY_AT_STARTS);
    assert_int_equal(flash.operations, ENTRY_AT_STARTS / 2); /* no mark of what comes later */
    assert_int_equal(journal_get(&flash).floor, 0x03010101);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(journal.step, i + 1);
    }
    assert_int_equal(otter_journal_count_start(port, &journal), 0);
    assert_int_equal(otter_journal_finish(port, &journal), 0);
    assert_int_equal(otter_journal_request(port, &journal, 0x1234, &next), 0);
    assert_memory_equal(bytes_of(6), vector, sizeof vector);
    assert_memory_equal(bytes_of(6) + ENTRY_AT_PAGE_MARKS, page_marks, sizeof page_marks);
    assert_int_equal(flash.refused, 0);

    journal = journal_get(&flash);
    assert_int_equal(journal.addr, journal_entry_addr(6));
    assert_int_equal(journal.kind, OTTER_JOURNAL_INSTALL);
    assert_int_equal(journal.number, 0x120A);
    assert_memory_equal(&journal.present, &present, sizeof present);
    assert_memory_equal(&journal.previous, &previous, sizeof previous);
    assert_int_equal(journal.reason, 2);
    assert_int_equal(journal.flags, OTTER_JOURNAL_PERMANENT);
    assert_memory_equal(&journal.file, &file, sizeof file);
    assert_int_equal(journal.floor, 0x03010102); /* it is confirmed */
    assert_int_equal(journal.version, 0x03010102);
    assert_int_equal(journal.step, 3);
    assert_int_equal(journal.starts, 1);
    assert_true(journal.moved && journal.confirmed && journal.all_marks_set && journal.certain);
    assert_int_equal(journal.request_size, 0x1234);
    assert_memory_equal(&journal.request_file, &next, sizeof next);
    assert_int_equal(otter_journal_request(port, &journal, 8, &next), OTTER_ERR_BUSY);
}

/* What is carried over into a new entry: half steps, or "swapped" and the starts. */
static void steps_in_the_fields(void **state)
{
    (void)state;
    for (unsigned step = 0; step < 52; step++) {
        struct otter_journal journal = {.kind = OTTER_JOURNAL_INSTALL,
                                        .step = (uint16_t)step,
                                        .present = {SLOT, 1},
                                        .previous = {SLOT, 2}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(otter_get_le16(bytes_of(0) + ENTRY_AT_STEP), step);
        assert_int_equal(journal_get(&flash).step, step);
        assert_false(journal_get(&flash).moved);
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(journal_get(&flash).step, step + 1);
        assert_int_equal(journal_get(&flash).moved, step == 51);
    }
    for (unsigned starts = 0; starts <= OTTER_JOURNAL_TRIALS; starts++) {
        struct otter_journal journal = {.kind = OTTER_JOURNAL_INSTALL,
                                        .moved = true,
                                        .starts = (uint8_t)starts,
                                        .present = {SLOT, 1}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(otter_get_le16(bytes_of(0) + ENTRY_AT_STEP), 0x8000 | starts);
        assert_true(journal_get(&flash).moved);
        assert_int_equal(journal_get(&flash).starts, starts);
    }
    for (unsigned step = 0; step < 26; step++) {
        struct otter_journal journal = {
            .kind = OTTER_JOURNAL_RESTORE, .step = (uint16_t)step, .previous = {SLOT, 2}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(journal_get(&flash).step, step);
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(journal_get(&flash).step, step + 1);
        assert_int_equal(otter_get_le16(bytes_of(0) + ENTRY_AT_PAGE_MARKS + 2 * step), 0);
    }
}

/* ---- which entry ---- */

static void nothing_is_no_entry(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_NONE);
    assert_int_equal(journal_get(&flash).addr, 0);
}

/* Numbers run on over 0xFFFF, over many page changes; the newest is always the last. */
static void number_wraps(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_IDLE, .number = 0xFFF0, .present_len = SLOT};
    uint16_t number = 0xFFF0;

    (void)state;
    ram_flash_init(&flash);
    journal_put(&flash, 0, &entry);
    for (unsigned i = 1; i <= 40; i++) {
        uint32_t erased = flash.erased;

        assert_int_equal(append_kind(OTTER_JOURNAL_IDLE), 0);
        number++;
        assert_int_equal(journal_get(&flash).number, number);
        assert_int_equal(journal_get(&flash).addr, journal_entry_addr(i % JOURNAL_ENTRIES));
        assert_int_equal(flash.erased - erased,
                         i % JOURNAL_PLACES == 0); /* only where a page begins */
        assert_true(journal_get(&flash).certain);
    }
    assert_int_equal(flash.refused, 0);
}

static void highest_number_wins(void **state)
{
    static const struct {
        uint16_t first, second;
        bool is_second;
    } cases[] = {{8, 16, true},      {16, 8, false},         {0xFFF8, 0, true},
                 {0, 0xFFF8, false}, {0x7FF8, 0x8000, true}, {0, 0x7FF8, true},
                 {0x7FF8, 0, false}, {8, 8, false},          {0xFFF8, 0x7FF0, true}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct journal_entry entry = {.kind = OTTER_JOURNAL_IDLE, .present_len = 8};

        ram_flash_init(&flash);
        entry.number = cases[c].first;
        journal_put(&flash, 0, &entry);
        entry.number = cases[c].second;
        journal_put(&flash, JOURNAL_PLACES, &entry);
        assert_int_equal(journal_get(&flash).addr,
                         journal_entry_addr(cases[c].is_second ? JOURNAL_PLACES : 0));
    }
}

/* A number belongs to a place: an entry elsewhere is none. */
static void place_counts(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_IDLE, .number = 16 + 3, .present_len = 8};

    (void)state;
    for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
        ram_flash_init(&flash);
        journal_put(&flash, i, &entry);
        assert_int_equal(journal_get(&flash).certain, i % JOURNAL_PLACES == 3);
        journal_entry_put(bytes_of(i), 3, &entry); /* moved, with its checksum */
        assert_int_equal(journal_get(&flash).certain, i % JOURNAL_PLACES == 3);
    }
}

/* One wrong bit in tag, fields or check is put right, and what was read is in doubt; two are
 * too much. */
static void one_wrong_bit_is_put_right(void **state)
{
    const struct journal_entry entry = {.kind = OTTER_JOURNAL_RESTORE,
                                        .number = 16 + 3,
                                        .step = 2,
                                        .digest = {1, 2, 3},
                                        .tries = 3,
                                        .floor = 7,
                                        .version = 8,
                                        .present_len = 0x1234,
                                        .present_crc = 0x55AA,
                                        .previous_len = 0x4321,
                                        .previous_crc = 0xAA55};
    struct otter_journal right;
    enum { FROM = 8 * ENTRY_AT_TAG, FIELDS = FROM + 16, END = 8 * ENTRY_AT_COMMIT };

    (void)state;
    ram_flash_init(&flash);
    journal_put(&flash, 3, &entry);
    right = journal_get(&flash);
    assert_true(right.certain);
    for (unsigned bit = FROM; bit < END; bit++) {
        struct otter_journal journal;

        bytes_of(3)[bit / 8] ^= (uint8_t)(1U << bit % 8);
        journal = journal_get(&flash);
        assert_false(journal.certain);
        journal.certain = true;
        journal.tag = right.tag;
        assert_memory_equal(&journal, &right, sizeof right);
        for (unsigned other = bit < FIELDS ? FROM : FIELDS; other < bit; other += 13) {
            bytes_of(3)[other / 8] ^= (uint8_t)(1U << other % 8);
            assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_NONE);
            bytes_of(3)[other / 8] ^= (uint8_t)(1U << other % 8);
        }
        bytes_of(3)[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void lengths_beyond_the_slot(void **state)
{
    static const uint32_t lens[] = {0,      1,      SLOT - 1, SLOT,           SLOT + 1,
                                    0x7FFF, 0x8000, 0xFFFF,   0x10000 + SLOT, 0xFFFFFFFF};

    (void)state;
    for (size_t c = 0; c < sizeof lens / sizeof lens[0]; c++) {
        struct journal_entry entry = {.kind = OTTER_JOURNAL_INSTALL, .present_len = lens[c]};

        ram_flash_init(&flash);
        journal_put(&flash, 0, &entry);
        assert_int_equal(journal_get(&flash).kind,
                         lens[c] <= SLOT ? OTTER_JOURNAL_INSTALL : OTTER_JOURNAL_NONE);
        entry.present_len = 8;
        entry.previous_len = lens[c];
        journal_put(&flash, 0, &entry);
        assert_int_equal(journal_get(&flash).kind,
                         lens[c] <= SLOT ? OTTER_JOURNAL_INSTALL : OTTER_JOURNAL_NONE);
        journal_request_put(bytes_of(0), 0, lens[c], 0);
        if (lens[c] <= SLOT) {
            assert_int_equal(journal_get(&flash).request_size, lens[c]);
        }
        entry.previous_len = 8;
        journal_put(&flash, 0, &entry);
        journal_request_put(bytes_of(0), 0, lens[c], 0);
        assert_int_equal(journal_get(&flash).request_size, lens[c] <= SLOT ? lens[c] : 0);
        assert_true(journal_get(&flash).requested);
    }
}

/* Entries that are not blank are passed over, and marked, so that they never read as blank. */
static void dirty_entries_are_passed_over(void **state)
{
    (void)state;
    for (unsigned dirty = 1; dirty < JOURNAL_PLACES; dirty++) {
        for (unsigned off = 0; off < JOURNAL_ENTRY_LEN; off++) {
            ram_flash_init(&flash);
            assert_int_equal(append_kind(OTTER_JOURNAL_IDLE), 0);
            for (unsigned i = 1; i <= dirty; i++) {
                bytes_of(i)[off] = 0x7F;
            }
            assert_false(journal_get(&flash).certain);
            assert_int_equal(append_kind(OTTER_JOURNAL_IDLE), 0);
            assert_int_equal(journal_get(&flash).addr, journal_entry_addr(dirty + 1));
            assert_int_equal(journal_get(&flash).number, JOURNAL_PLACES + dirty + 1);
            for (unsigned i = 1; i <= dirty; i++) {
                static const uint8_t zeros[10]; /* guard and tag */

                assert_memory_equal(bytes_of(i), zeros, sizeof zeros);
            }
            assert_int_equal(flash.refused, 0);
        }
    }
}

/* Both pages full of dirt but for the newest entry: the other page is erased, this one
 * never. */
static void the_page_of_the_newest_entry_is_never_erased(void **state)
{
    (void)state;
    for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
        struct journal_entry entry = {
            .kind = OTTER_JOURNAL_INSTALL, .number = (uint16_t)(32 + i), .present_len = 8};

        ram_flash_init(&flash);
        memset(bytes_of(0), 0x33, RAM_FLASH_PAGE);
        memset(bytes_of(JOURNAL_PLACES), 0x33, RAM_FLASH_PAGE);
        journal_put(&flash, i, &entry);
        assert_int_equal(append_kind(OTTER_JOURNAL_RESTORE), 0);
        assert_int_equal(journal_get(&flash).addr,
                         journal_entry_addr(i < JOURNAL_PLACES ? JOURNAL_PLACES : 0));
        assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_RESTORE);
        assert_int_equal(flash.erased, 1);
        assert_int_equal(otter_get_le16(bytes_of(i) + ENTRY_AT_TAG),
                         0); /* there still, and void */
    }
}

static int refuse_program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    (void)ctx, (void)addr, (void)data, (void)len;
    return OTTER_ERR_FLASH;
}

/* Flash that erases and takes no half-word: an append gives up before it comes round to the
 * page of the newest entry, wherever in its page that is. */
static void nothing_can_be_programmed_and_the_newest_entry_stays(void **state)
{
    (void)state;
    for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
        struct journal_entry entry = {
            .kind = OTTER_JOURNAL_INSTALL, .number = (uint16_t)(32 + i), .present_len = 8};
        struct otter_port broken = *port;

        ram_flash_init(&flash);
        journal_put(&flash, i, &entry);
        broken.program = refuse_program;
        for (unsigned n = 0; n < 40; n++) {
            struct otter_journal journal = journal_get(&flash);

            assert_int_equal(journal.addr, journal_entry_addr(i));
            assert_int_equal(journal.kind, OTTER_JOURNAL_INSTALL);
            assert_int_equal(otter_journal_append(&broken, layout, &journal), OTTER_ERR_FLASH);
        }
        assert_int_equal(journal_get(&flash).addr, journal_entry_addr(i));
        assert_int_equal(flash.refused, 0);
    }
}

/* No older entry can come back: their tags are void, in both pages. */
static void older_entries_are_void(void **state)
{
    static const enum otter_journal_kind kinds[] = {OTTER_JOURNAL_IDLE, OTTER_JOURNAL_INSTALL,
                                                    OTTER_JOURNAL_RESTORE};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned n = 0; n < 40; n++) {
        assert_int_equal(append_kind(kinds[n % 3]), 0);
        for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
            bool is_live = otter_get_le16(bytes_of(i) + ENTRY_AT_TAG) == 0x3AC5;

            assert_int_equal(is_live, journal_entry_addr(i) == journal_get(&flash).addr);
        }
        assert_true(
            journal_get(&flash).certain); /* a void entry still shows that its page is old */
    }
    assert_int_equal(flash.refused, 0);
}

static void first_entry_clears_flag(void **state)
{
    struct journal_entry entry = {.kind = OTTER_JOURNAL_IDLE, .number = 0x4000};

    (void)state;
    ram_flash_init(&flash);
    journal_put(&flash, JOURNAL_PLACES, &entry);
    bytes_of(JOURNAL_PLACES)[20] ^= 3; /* in doubt: none now, and perhaps one later */
    assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_NONE);
    assert_int_equal(append_kind(OTTER_JOURNAL_IDLE), 0);
    assert_int_equal(journal_get(&flash).addr, journal_entry_addr(0));
    assert_true(is_blank(JOURNAL_PLACES));
}

/* ---- requests ---- */

static void requests(void **state)
{
    struct journal_entry entry = {
        .kind = OTTER_JOURNAL_IDLE, .number = 24, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    journal_put(&flash, 0, &entry);
    assert_false(journal_get(&flash).requested);
    assert_int_equal(journal_get(&flash).request_size, 0);
    journal_request_put(bytes_of(0), 24, 0x1000, 0);
    assert_int_equal(journal_get(&flash).request_size, 0x1000);
    assert_true(journal_get(&flash).certain);
    for (unsigned bit = 0; bit < 160; bit++) {
        bytes_of(0)[ENTRY_AT_REQUEST + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_true(journal_get(&flash).requested);
        assert_int_equal(journal_get(&flash).request_size, 0);
        bytes_of(0)[ENTRY_AT_REQUEST + bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    journal_request_put(bytes_of(0), 16, 0x1000, 0); /* that of another entry */
    assert_int_equal(journal_get(&flash).request_size, 0);
    assert_int_equal(append_kind(OTTER_JOURNAL_IDLE), 0); /* and no entry inherits one */
    assert_false(journal_get(&flash).requested);
}

/* ---- errors ---- */

static void errors_come_through(void **state)
{
    struct otter_journal journal;

    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(append_kind(OTTER_JOURNAL_INSTALL), 0);
    for (unsigned from = 1; from <= ENTRY_AT_STARTS / 2 + 1;
         from++) { /* the entry, an old tag */
        journal = journal_get(&flash);
        ram_flash_restart(&flash);
        flash.fail_at = from;
        flash.fail_count = UINT32_MAX;
        assert_int_not_equal(otter_journal_append(port, layout, &journal), 0);
        ram_flash_restart(&flash);
        assert_int_equal(append_kind(OTTER_JOURNAL_INSTALL), 0); /* when flash works again */
        assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_INSTALL);
    }
    journal = journal_get(&flash);
    ram_flash_restart(&flash);
    flash.fail_at = 1;
    flash.fail_count = UINT32_MAX;
    assert_int_equal(otter_journal_advance(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(journal.step, 0); /* not counted */
    assert_int_equal(otter_journal_count_start(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(otter_journal_finish(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(otter_journal_request(port, &journal, 8, &journal.file), OTTER_ERR_FLASH);
    flash.fail_read_at = 1;
    assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_byte_by_byte),
        cmocka_unit_test(steps_in_the_fields),
        cmocka_unit_test(nothing_is_no_entry),
        cmocka_unit_test(number_wraps),
        cmocka_unit_test(highest_number_wins),
        cmocka_unit_test(place_counts),
        cmocka_unit_test(one_wrong_bit_is_put_right),
        cmocka_unit_test(lengths_beyond_the_slot),
        cmocka_unit_test(dirty_entries_are_passed_over),
        cmocka_unit_test(the_page_of_the_newest_entry_is_never_erased),
        cmocka_unit_test(nothing_can_be_programmed_and_the_newest_entry_stays),
        cmocka_unit_test(older_entries_are_void),
        cmocka_unit_test(first_entry_clears_flag),
        cmocka_unit_test(requests),
        cmocka_unit_test(errors_come_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
