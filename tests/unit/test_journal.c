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

/* Authority: docs/flash-format.md chapter 4, PM0075 for flash. The frames that core reads here are
 * written by hand (journal_rig), and the ones it writes are compared byte by byte. Garbage is
 * test_journal_garbage's. */

static struct ram_flash flash;
static const struct otter_port *const port = &flash.port;
static const struct otter_layout *const layout = &ram_flash_layout;

enum { SLOT = 0x6800 };

static uint8_t *bytes_of(unsigned i)
{
    return flash.bytes + (journal_frame_addr(i) - RAM_FLASH_ADDR);
}

static void put(unsigned i, const struct journal_frame *frame)
{
    journal_frame_put(bytes_of(i), i % 8, frame);
}

static struct otter_journal get(void)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal;
}

static int append_kind(enum otter_journal_kind kind)
{
    struct otter_journal journal = get();

    journal.kind = (uint8_t)kind;
    return otter_journal_append(port, layout, &journal);
}

static bool is_blank(unsigned i)
{
    for (unsigned k = 0; k < JOURNAL_FRAME_LEN; k++) {
        if (bytes_of(i)[k] != 0xFF) {
            return false;
        }
    }
    return true;
}

/* ---- layout ---- */

/* Kind, marks and numbers of an INSTALL in frame 2 of a page, all of it. */
static const uint8_t vector[JOURNAL_FRAME_LEN] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* run-in */
    0x5C, 0xA3,                                     /* tag */
    0x00, 0x03,                                     /* step 0, INSTALL */
    0x0A, 0x12,                                     /* number 0x120A: 2 mod 8 */
    0x00, 0x68, 0x44, 0x33, 0x22, 0x11,             /* present */
    0x01, 0x54, 0xDD, 0xCC, 0xBB, 0xAA,             /* previous */
    0x02, 0x01,                                     /* reason, permanent */
    0xEE, 0xC2, 0xD4, 0xCD,                         /* zlib: crc32(bytes 10..27, 2) */
    0x0A, 0xF5,                                     /* firm */
    0x00, 0x00, 0x55, 0x55,                         /* page 0 in place, page 1 saved */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* one start */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* final */
    0xA3, 0x5C, 0x34, 0x12, 0xE6, 0xAB, 0xB0, 0x23, /* zlib: crc32(bytes 118..121, 0x120A) */
    0xFF, 0xFF,
};

static void layout_byte_by_byte(void **state)
{
    const struct otter_seal present = {SLOT, 0x11223344}, previous = {0x5401, 0xAABBCCDD};
    struct otter_journal journal = {.addr = 0};

    (void)state;
    ram_flash_init(&flash);
    journal.addr = journal_frame_addr(9);
    journal.number = 0x1209;
    journal.kind = OTTER_JOURNAL_INSTALL;
    journal.present = present;
    journal.previous = previous;
    journal.reason = 2;
    journal.flags = OTTER_JOURNAL_PERMANENT;
    assert_int_equal(otter_journal_append(port, layout, &journal), 0);
    assert_int_equal(journal.addr, journal_frame_addr(10));
    assert_int_equal(journal.number, 0x120A);
    assert_memory_equal(bytes_of(10), vector, 34);
    assert_int_equal(flash.operations, 17); /* not a cell of what comes later */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(journal.step, i + 1);
    }
    assert_int_equal(otter_journal_count_start(port, &journal), 0);
    assert_int_equal(otter_journal_finish(port, &journal), 0);
    assert_int_equal(otter_journal_request(port, &journal, 0x1234), 0);
    assert_memory_equal(bytes_of(10), vector, sizeof vector);
    assert_int_equal(flash.refused, 0);

    journal = get();
    assert_int_equal(journal.addr, journal_frame_addr(10));
    assert_int_equal(journal.kind, OTTER_JOURNAL_INSTALL);
    assert_int_equal(journal.number, 0x120A);
    assert_memory_equal(&journal.present, &present, sizeof present);
    assert_memory_equal(&journal.previous, &previous, sizeof previous);
    assert_int_equal(journal.reason, 2);
    assert_int_equal(journal.flags, OTTER_JOURNAL_PERMANENT);
    assert_int_equal(journal.step, 3);
    assert_int_equal(journal.starts, 1);
    assert_true(journal.swapped && journal.final && journal.final_whole && journal.settled);
    assert_int_equal(journal.request_size, 0x1234);
    assert_int_equal(otter_journal_request(port, &journal, 8), OTTER_ERR_BUSY);
}

/* What is carried over into a fresh frame: half steps, or "swapped" and the starts. */
static void steps_in_the_record(void **state)
{
    (void)state;
    for (unsigned step = 0; step < 52; step++) {
        struct otter_journal journal = {.kind = OTTER_JOURNAL_INSTALL,
                                        .step = (uint8_t)step,
                                        .present = {SLOT, 1},
                                        .previous = {SLOT, 2}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(bytes_of(0)[10], step);
        assert_int_equal(get().step, step);
        assert_false(get().swapped);
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(get().step, step + 1);
        assert_int_equal(get().swapped, step == 51);
    }
    for (unsigned starts = 0; starts <= OTTER_JOURNAL_TRIALS; starts++) {
        struct otter_journal journal = {.kind = OTTER_JOURNAL_INSTALL,
                                        .swapped = true,
                                        .starts = (uint8_t)starts,
                                        .present = {SLOT, 1}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(bytes_of(0)[10], 0x80 | starts);
        assert_true(get().swapped);
        assert_int_equal(get().starts, starts);
    }
    for (unsigned step = 0; step < 26; step++) {
        struct otter_journal journal = {
            .kind = OTTER_JOURNAL_RESTORE, .step = (uint8_t)step, .previous = {SLOT, 2}};

        ram_flash_init(&flash);
        assert_int_equal(otter_journal_append(port, layout, &journal), 0);
        assert_int_equal(get().step, step);
        assert_int_equal(otter_journal_advance(port, &journal), 0);
        assert_int_equal(get().step, step + 1);
        assert_int_equal(otter_get_le16(bytes_of(0) + 34 + 2 * step), 0);
    }
}

/* ---- which frame ---- */

static void nothing_is_no_frame(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(get().kind, OTTER_JOURNAL_NONE);
    assert_int_equal(get().addr, 0);
}

/* Numbers run on over 0xFFFF, over many page changes; the newest is always the last. */
static void number_wraps(void **state)
{
    struct journal_frame frame = {
        .kind = OTTER_JOURNAL_REST, .number = 0xFFF0, .present_len = SLOT};
    uint16_t number = 0xFFF0;

    (void)state;
    ram_flash_init(&flash);
    put(0, &frame);
    for (unsigned i = 1; i <= 40; i++) {
        uint32_t erased = flash.erased;

        assert_int_equal(append_kind(OTTER_JOURNAL_REST), 0);
        number++;
        assert_int_equal(get().number, number);
        assert_int_equal(get().addr, journal_frame_addr(i % 16));
        assert_int_equal(flash.erased - erased, i % 8 == 0); /* only where a page begins */
        assert_true(get().settled);
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
        struct journal_frame frame = {.kind = OTTER_JOURNAL_REST, .present_len = 8};

        ram_flash_init(&flash);
        frame.number = cases[c].first;
        put(0, &frame);
        frame.number = cases[c].second;
        put(8, &frame);
        assert_int_equal(get().addr, journal_frame_addr(cases[c].is_second ? 8 : 0));
    }
}

/* A number belongs to a place: a frame elsewhere is none. */
static void place_and_checksum_count(void **state)
{
    struct journal_frame frame = {
        .kind = OTTER_JOURNAL_REST, .number = 16 + 3, .present_len = 8};

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        ram_flash_init(&flash);
        put(i, &frame);
        assert_int_equal(get().addr, i % 8 == 3 ? journal_frame_addr(i) : 0);
        journal_frame_put(bytes_of(i), 3, &frame); /* moved, with its checksum */
        assert_int_equal(get().addr, i % 8 == 3 ? journal_frame_addr(i) : 0);
    }
    ram_flash_init(&flash);
    put(3, &frame);
    for (unsigned bit = 8 * 8; bit < 8 * 32; bit++) { /* tag, record, check: every bit counts */
        bytes_of(3)[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(get().kind, OTTER_JOURNAL_NONE);
        bytes_of(3)[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(get().kind, OTTER_JOURNAL_REST);
}

static void lengths_beyond_the_slot(void **state)
{
    static const uint16_t lens[] = {0, 1, SLOT - 1, SLOT, SLOT + 1, 0x7FFF, 0x8000, 0xFFFF};

    (void)state;
    for (size_t c = 0; c < sizeof lens / sizeof lens[0]; c++) {
        struct journal_frame frame = {.kind = OTTER_JOURNAL_INSTALL, .present_len = lens[c]};

        ram_flash_init(&flash);
        put(0, &frame);
        assert_int_equal(get().kind,
                         lens[c] <= SLOT ? OTTER_JOURNAL_INSTALL : OTTER_JOURNAL_NONE);
        frame.present_len = 8;
        frame.previous_len = lens[c];
        put(0, &frame);
        assert_int_equal(get().kind,
                         lens[c] <= SLOT ? OTTER_JOURNAL_INSTALL : OTTER_JOURNAL_NONE);
        journal_request_put(bytes_of(0), 0, lens[c], 0);
        if (lens[c] <= SLOT) {
            assert_int_equal(get().request_size, lens[c]);
        }
        frame.previous_len = 8;
        put(0, &frame);
        journal_request_put(bytes_of(0), 0, lens[c], 0);
        assert_int_equal(get().request_size, lens[c] <= SLOT ? lens[c] : 0);
        assert_true(get().requested);
    }
}

/* Frames that are not blank are passed over, and marked, so that they never read as blank. */
static void dirty_frames_are_passed_over(void **state)
{
    (void)state;
    for (unsigned dirty = 1; dirty < 8; dirty++) {
        for (unsigned off = 0; off < JOURNAL_FRAME_LEN; off++) {
            ram_flash_init(&flash);
            assert_int_equal(append_kind(OTTER_JOURNAL_REST), 0);
            for (unsigned i = 1; i <= dirty; i++) {
                bytes_of(i)[off] = 0x7F;
            }
            assert_false(get().settled);
            assert_int_equal(append_kind(OTTER_JOURNAL_REST), 0);
            assert_int_equal(get().addr, journal_frame_addr(dirty == 7 ? 8 : dirty + 1));
            assert_int_equal(get().number, 8 + dirty + 1);
            for (unsigned i = 1; i <= dirty; i++) {
                static const uint8_t zeros[8];

                assert_memory_equal(bytes_of(i), zeros, sizeof zeros);
            }
            assert_int_equal(flash.refused, 0);
        }
    }
}

/* Both pages full of dirt but for the newest frame: the other page is erased, this one never. */
static void the_page_of_the_newest_frame_is_never_erased(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        struct journal_frame frame = {
            .kind = OTTER_JOURNAL_INSTALL, .number = (uint16_t)(32 + i), .present_len = 8};

        ram_flash_init(&flash);
        memset(bytes_of(0), 0x33, RAM_FLASH_PAGE);
        memset(bytes_of(8), 0x33, RAM_FLASH_PAGE);
        put(i, &frame);
        assert_int_equal(append_kind(OTTER_JOURNAL_RESTORE), 0);
        assert_int_equal(get().addr, journal_frame_addr(i < 8 ? 8 : 0));
        assert_int_equal(get().kind, OTTER_JOURNAL_RESTORE);
        assert_int_equal(flash.erased, 1);
        assert_int_equal(otter_get_le16(bytes_of(i) + 8), 0); /* there still, and void */
    }
}

/* No older frame can come back: their tags are void, in both pages. */
static void older_frames_are_void(void **state)
{
    static const enum otter_journal_kind kinds[] = {OTTER_JOURNAL_REST, OTTER_JOURNAL_INSTALL,
                                                    OTTER_JOURNAL_RESTORE};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned n = 0; n < 40; n++) {
        assert_int_equal(append_kind(kinds[n % 3]), 0);
        for (unsigned i = 0; i < 16; i++) {
            bool is_live = otter_get_le16(bytes_of(i) + 8) == 0xA35C;

            assert_int_equal(is_live, journal_frame_addr(i) == get().addr);
        }
        assert_true(get().settled); /* a void frame still shows that its page is old */
    }
    assert_int_equal(flash.refused, 0);
}

static void first_frame_clears_flag(void **state)
{
    struct journal_frame frame = {.kind = OTTER_JOURNAL_REST, .number = 0x4000};

    (void)state;
    ram_flash_init(&flash);
    put(8, &frame);
    bytes_of(8)[20] ^= 1; /* in doubt: none now, and perhaps one later */
    assert_int_equal(get().kind, OTTER_JOURNAL_NONE);
    assert_int_equal(append_kind(OTTER_JOURNAL_REST), 0);
    assert_int_equal(get().addr, journal_frame_addr(0));
    assert_true(is_blank(8));
}

/* ---- cells in doubt ---- */

/* The highest cell that is not blank decides, whatever it reads: 0 is in place, anything else saved. */
static void every_value_of_the_highest_cell(void **state)
{
    struct journal_frame frame = {
        .kind = OTTER_JOURNAL_INSTALL, .present_len = SLOT, .previous_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned cell = 0; cell < 26; cell += 25) {
        put(0, &frame);
        for (unsigned i = 0; i < cell; i++) {
            otter_put_le16(bytes_of(0) + 34 + 2 * i, i % 2 == 0 ? 0 : 0x1234);
        }
        for (uint32_t value = 0; value <= 0xFFFF; value++) {
            struct otter_journal journal;
            unsigned want = value == 0 ? 2 * cell + 2 : value != 0xFFFF ? 2 * cell + 1 : 0;

            if (value == 0xFFFF && cell != 0) {
                want = (cell - 1) % 2 == 0 ? 2 * cell : 2 * cell - 1;
            }
            otter_put_le16(bytes_of(0) + 34 + 2 * cell, (uint16_t)value);
            journal = get();
            assert_int_equal(journal.step, want);
            assert_int_equal(journal.swapped, want >= 52);
        }
    }
}

static void every_value_of_a_mark_of_a_set(void **state)
{
    struct journal_frame frame = {.kind = OTTER_JOURNAL_INSTALL, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    for (unsigned mark = 0; mark < 16; mark++) { /* three starts, final */
        put(0, &frame);
        for (uint32_t value = 0; value <= 0xFFFF; value += 0x11) {
            struct otter_journal journal;
            bool is_set = value != 0xFFFF;

            otter_put_le16(bytes_of(0) + 86 + 2 * mark, (uint16_t)value);
            journal = get();
            assert_int_equal(journal.starts, is_set && mark < 12 ? mark / 4 + 1 : 0);
            assert_int_equal(journal.final, is_set && mark >= 12);
            assert_false(journal.final_whole);
            assert_int_equal(journal.swapped, is_set);
            assert_int_equal(journal.settled, !is_set || mark < 12);
        }
    }
}

/* ---- settled ---- */

static void settled_in_all_its_conditions(void **state)
{
    struct journal_frame frame = {.kind = OTTER_JOURNAL_REST, .number = 8, .present_len = SLOT};
    struct journal_frame old = {.kind = OTTER_JOURNAL_REST, .number = 0};

    (void)state;
    ram_flash_init(&flash);
    put(0, &frame);
    assert_true(get().settled);
    for (uint32_t value = 0; value <= 0xFFFF; value++) { /* the firm word */
        otter_put_le16(bytes_of(0) + 32, (uint16_t)value);
        assert_int_equal(get().settled, value == 0xF708);
    }
    for (unsigned off = 34; off < JOURNAL_FRAME_LEN; off++) { /* or something behind it */
        put(0, &frame);
        otter_put_le16(bytes_of(0) + 32, 0xFFFF);
        bytes_of(0)[off] = 0;
        assert_int_equal(get().settled, off < 110 || off >= 118); /* final: all four or none */
    }
    put(0, &frame);
    memset(bytes_of(0) + 110, 0, 8);
    assert_true(get().settled);

    for (unsigned off = 0; off < JOURNAL_FRAME_LEN; off++) { /* the next one is blank */
        put(0, &frame);
        memset(bytes_of(1), 0xFF, JOURNAL_FRAME_LEN);
        bytes_of(1)[off] = 0xFE;
        assert_false(get().settled);
    }
    /* Behind the last one of a page: blank, or a valid frame that is older; no dirt, no newer one. */
    ram_flash_init(&flash);
    frame.number = 15;
    put(7, &frame);
    assert_true(get().settled);
    put(8, &old);
    assert_true(get().settled);
    otter_put_le16(bytes_of(8) + 8, 0);
    assert_true(get().settled); /* void is as good */
    bytes_of(8)[20] ^= 1;
    assert_false(get().settled);
    old.number = 16;
    put(8, &old);
    otter_put_le16(bytes_of(8) + 8, 0); /* its tag in doubt: perhaps it is the newest */
    assert_int_equal(get().addr, journal_frame_addr(7));
    assert_false(get().settled);
}

/* ---- requests ---- */

static void requests(void **state)
{
    struct journal_frame frame = {
        .kind = OTTER_JOURNAL_REST, .number = 24, .present_len = SLOT};

    (void)state;
    ram_flash_init(&flash);
    put(0, &frame);
    assert_false(get().requested);
    assert_int_equal(get().request_size, 0);
    journal_request_put(bytes_of(0), 24, 0x1000, 0);
    assert_int_equal(get().request_size, 0x1000);
    assert_true(get().settled);
    for (unsigned bit = 0; bit < 64; bit++) {
        bytes_of(0)[118 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_true(get().requested);
        assert_int_equal(get().request_size, 0);
        bytes_of(0)[118 + bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    journal_request_put(bytes_of(0), 16, 0x1000, 0); /* that of another frame */
    assert_int_equal(get().request_size, 0);
    assert_int_equal(append_kind(OTTER_JOURNAL_REST), 0); /* and no frame inherits one */
    assert_false(get().requested);
}

/* ---- errors ---- */

static void errors_come_through(void **state)
{
    struct otter_journal journal;

    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(append_kind(OTTER_JOURNAL_INSTALL), 0);
    for (unsigned from = 1; from <= 17 + 1; from++) { /* the frame, and an old tag */
        journal = get();
        ram_flash_restart(&flash);
        flash.fail_at = from;
        flash.fail_count = UINT32_MAX;
        assert_int_not_equal(otter_journal_append(port, layout, &journal), 0);
        ram_flash_restart(&flash);
        assert_int_equal(append_kind(OTTER_JOURNAL_INSTALL), 0); /* when flash works again */
        assert_int_equal(get().kind, OTTER_JOURNAL_INSTALL);
    }
    journal = get();
    ram_flash_restart(&flash);
    flash.fail_at = 1;
    flash.fail_count = UINT32_MAX;
    assert_int_equal(otter_journal_advance(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(journal.step, 0); /* not counted */
    assert_int_equal(otter_journal_count_start(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(otter_journal_finish(port, &journal), OTTER_ERR_FLASH);
    assert_int_equal(otter_journal_request(port, &journal, 8), OTTER_ERR_FLASH);
    flash.fail_read_at = 1;
    assert_int_equal(get().kind, OTTER_JOURNAL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_byte_by_byte),
        cmocka_unit_test(steps_in_the_record),
        cmocka_unit_test(nothing_is_no_frame),
        cmocka_unit_test(number_wraps),
        cmocka_unit_test(highest_number_wins),
        cmocka_unit_test(place_and_checksum_count),
        cmocka_unit_test(lengths_beyond_the_slot),
        cmocka_unit_test(dirty_frames_are_passed_over),
        cmocka_unit_test(the_page_of_the_newest_frame_is_never_erased),
        cmocka_unit_test(older_frames_are_void),
        cmocka_unit_test(first_frame_clears_flag),
        cmocka_unit_test(every_value_of_the_highest_cell),
        cmocka_unit_test(every_value_of_a_mark_of_a_set),
        cmocka_unit_test(settled_in_all_its_conditions),
        cmocka_unit_test(requests),
        cmocka_unit_test(errors_come_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
