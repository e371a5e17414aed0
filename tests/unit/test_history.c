/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/history.h"
#include "otter/update.h"
#include "support/journal_fixture.h"
#include "support/ram_flash.h"
#include "support/rng.h"

/* Authority: docs/flash-format.md chapter 4. Entries and notes are written by hand, and what
 * core writes is compared byte by byte. */

static struct ram_flash flash;
static const struct otter_port *const port = &flash.port;
static const struct otter_layout *const layout = &ram_flash_layout;

enum { IDLE = OTTER_JOURNAL_IDLE, INSTALL = OTTER_JOURNAL_INSTALL, NOTE_LEN = 12 };

/* MD5s that differ in the eighth byte only: so many count. */
static const uint8_t file_a[16] = {1, 2, 3, 4, 5, 6, 7, 0xA0, 9};
static const uint8_t file_b[16] = {1, 2, 3, 4, 5, 6, 7, 0xB0, 9};
static const uint8_t file_c[16] = {1, 2, 3, 4, 5, 6, 7, 0xC0, 9};

static uint8_t *bytes_of(unsigned i)
{
    return journal_entry_bytes(&flash, i);
}

/* Entry i, which answers a request for `md5` (or none); all older ones are superseded. */
static void put(unsigned i, const uint8_t *md5, uint8_t tries, enum otter_reason reason)
{
    struct journal_entry entry = {.number = (uint16_t)(8 + i),
                                  .kind = IDLE,
                                  .reason = (uint8_t)reason,
                                  .present_len = 1000,
                                  .tries = tries};

    if (md5 != NULL) {
        memcpy(entry.digest, md5, sizeof entry.digest);
    }
    journal_put(&flash, i, &entry);
    for (unsigned k = 0; k < i; k++) {
        memset(bytes_of(k) + ENTRY_AT_TAG, 0, 2);
    }
}

static void put_note(unsigned i, unsigned n, const uint8_t md5[16], uint8_t reason,
                     uint16_t count)
{
    uint8_t *note = bytes_of(i) + ENTRY_AT_NOTES + n * NOTE_LEN;

    memcpy(note, md5, 8);
    note[8] = reason;
    note[9] = (uint8_t)~reason;
    note[10] = (uint8_t)count;
    note[11] = (uint8_t)(count >> 8);
}

static void expect(const uint8_t md5[16], unsigned tries, enum otter_reason reason)
{
    struct otter_history history = otter_history_find(port, layout, md5);

    assert_int_equal(history.tries, tries);
    assert_int_equal(history.reason, reason);
}

static void without_a_journal_nothing_is_known(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    expect(file_a, 0, OTTER_REASON_NONE);
    assert_int_equal(otter_history_note(port, layout, file_a, OTTER_REASON_DIGEST),
                     OTTER_ERR_NONE);
    assert_int_equal(flash.operations, 0);
}

static void the_last_answer_has_the_count_of_all_before(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    put(0, file_a, 1, OTTER_REASON_SIGNATURE);
    expect(file_a, 1, OTTER_REASON_SIGNATURE);
    expect(file_b, 0, OTTER_REASON_NONE);
    put(1, file_b, 2, OTTER_REASON_OLDER);
    put(2, file_a, 2, OTTER_REASON_UNCONFIRMED);
    put(3, NULL, 0, OTTER_REASON_NONE);
    put(4, NULL, 0, OTTER_REASON_NONE); /* in the other page */
    expect(file_a, 2, OTTER_REASON_UNCONFIRMED);
    expect(file_b, 2, OTTER_REASON_OLDER);
}

static void notes_count_beside_answers(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    put(0, file_a, 1, OTTER_REASON_SIGNATURE);
    put_note(0, 0, file_b, OTTER_REASON_DIGEST, 0x5555); /* after it */
    put_note(0, 1, file_a, OTTER_REASON_FLASH, 0xFFFF);
    expect(file_a, 2, OTTER_REASON_FLASH);
    expect(file_b, 2, OTTER_REASON_DIGEST);
    put(1, file_b, 3, OTTER_REASON_HARDWARE); /* has the notes in its count */
    expect(file_b, 3, OTTER_REASON_HARDWARE);
    put_note(1, 0, file_a, OTTER_REASON_DIGEST, 0);
    expect(file_a, 5, OTTER_REASON_DIGEST);
    bytes_of(1)[ENTRY_AT_NOTES + 9] ^= 0x80; /* its writing was cut */
    expect(file_a, 2, OTTER_REASON_FLASH);
}

static void a_note_byte_by_byte(void **state)
{
    static const uint8_t first[NOTE_LEN] = {1, 2, 3, 4, 5, 6, 7, 0xA0, 14, 0xF1, 0xFF, 0xFF};
    static const uint8_t second[NOTE_LEN] = {1, 2, 3, 4, 5, 6, 7, 0xB0, 15, 0xF0, 0xFF, 0xFF};
    const uint8_t *notes = bytes_of(1) + ENTRY_AT_NOTES;
    uint8_t before[JOURNAL_ENTRY_LEN];

    (void)state;
    ram_flash_init(&flash);
    put(0, NULL, 0, OTTER_REASON_NONE);
    put(1, NULL, 0, OTTER_REASON_NONE);
    memcpy(before, bytes_of(1), sizeof before);
    assert_int_equal(otter_history_note(port, layout, file_a, OTTER_REASON_DIGEST), 0);
    assert_int_equal(otter_history_note(port, layout, file_b, OTTER_REASON_FLASH), 0);
    assert_memory_equal(notes, first, NOTE_LEN);
    assert_memory_equal(notes + NOTE_LEN, second, NOTE_LEN);
    memcpy(before + ENTRY_AT_NOTES, notes, 2 * NOTE_LEN);
    assert_memory_equal(bytes_of(1), before, sizeof before); /* and nothing else */
    for (unsigned tries = 1; tries <= 4; tries++) {
        expect(file_a, tries < 3 ? tries : 3, OTTER_REASON_DIGEST);
        assert_int_equal(otter_history_note(port, layout, file_a, OTTER_REASON_DIGEST), 0);
    }
    expect(file_b, 1, OTTER_REASON_FLASH);
    assert_int_equal(otter_history_note(port, layout, file_c, OTTER_REASON_DIGEST),
                     OTTER_ERR_SPACE);
    expect(file_c, 0, OTTER_REASON_NONE);
    assert_int_equal(flash.refused, 0);
    assert_int_equal(flash.erased, 0);
}

/* A third file: the bootloader is asked for a new entry, and in that there is room. */
static void a_full_entry_asks_for_a_new_one(void **state)
{
    struct otter_flag file = {.image_size = 1000};

    (void)state;
    ram_flash_init(&flash);
    put(0, file_b, 1, OTTER_REASON_SIGNATURE);
    assert_int_equal(otter_history_note(port, layout, file_a, OTTER_REASON_DIGEST), 0);
    assert_int_equal(otter_history_note(port, layout, file_b, OTTER_REASON_DIGEST), 0);
    assert_false(otter_update_awaits_restart(port, layout));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(otter_history_note(port, layout, file_c, OTTER_REASON_FLASH),
                         OTTER_ERR_SPACE);
        assert_true(otter_update_awaits_restart(port, layout));
        assert_int_equal(journal_get(&flash).request_size, 0); /* and for nothing else */
        assert_int_equal(otter_update_request(port, layout, &file), OTTER_ERR_BUSY);
    }
    assert_int_equal(flash.refused, 0);
    put(1, file_b, 1, OTTER_REASON_SIGNATURE); /* what the bootloader appends */
    assert_false(otter_update_awaits_restart(port, layout));
    assert_int_equal(otter_history_note(port, layout, file_c, OTTER_REASON_FLASH), 0);
    expect(file_a, 1, OTTER_REASON_DIGEST);
    expect(file_b, 2, OTTER_REASON_SIGNATURE);
    expect(file_c, 1, OTTER_REASON_FLASH);
}

static void a_request_takes_the_notes_along(void **state)
{
    struct otter_flag file = {.image_size = 1000};
    struct otter_journal journal;

    (void)state;
    ram_flash_init(&flash);
    put(0, file_b, 1, OTTER_REASON_NONE);
    put_note(0, 0, file_a, OTTER_REASON_DIGEST, 0xFFFF);
    memcpy(file.md5, file_a, sizeof file.md5);
    assert_int_equal(otter_update_request(port, layout, &file), 0);
    otter_journal_read(port, layout, &journal);
    assert_int_equal(journal.request_size, 1000);
    assert_memory_equal(journal.request_file.digest, file_a, OTTER_JOURNAL_DIGEST_SIZE);
    assert_int_equal(journal.request_file.tries, 2);
}

static void note_a(void *ctx)
{
    int rc = otter_history_note(port, layout, file_a, OTTER_REASON_DIGEST);

    (void)ctx;
    (void)rc;
}

/* A cut at every operation of the first, second and third note: noted or not, and the journal
 * says what it said. */
static void power_cuts(void **state)
{
    static struct ram_flash before;
    unsigned cuts = 0;

    (void)state;
    for (unsigned noted = 0; noted < 3; noted++) {
        ram_flash_init(&flash);
        put(0, file_b, 1, OTTER_REASON_NONE);
        for (unsigned i = 0; i < noted; i++) {
            note_a(NULL);
        }
        memcpy(before.bytes, flash.bytes, RAM_FLASH_SIZE);
        for (uint32_t at = 1; at != 0; at++) {
            for (int tear = 0; tear < RAM_FLASH_TEARS && at != 0; tear++) {
                struct otter_history history;
                struct otter_journal journal;

                ram_flash_init(&flash);
                memcpy(flash.bytes, before.bytes, RAM_FLASH_SIZE);
                flash.cut_at = at;
                flash.tear = (enum ram_flash_tear)tear;
                flash.seed = at;
                if (ram_flash_run(&flash, note_a, NULL)) {
                    at = UINT32_MAX; /* that was the last */
                    break;
                }
                ram_flash_restart(&flash);
                otter_journal_read(port, layout, &journal);
                assert_int_equal(journal.number, 8);
                assert_int_equal(journal.kind, IDLE);
                assert_false(journal.requested);
                history = otter_history_find(port, layout, file_a);
                assert_in_range(history.tries, noted, noted + 1);
                expect(file_b, 1, OTTER_REASON_NONE);
                note_a(NULL); /* again: counted once more, or there is no room for it */
                history = otter_history_find(port, layout, file_a);
                assert_in_range(history.tries, noted, noted + 2);
                cuts++;
            }
        }
    }
    assert_in_range(cuts, 7 * RAM_FLASH_TEARS, 20 * RAM_FLASH_TEARS);
}

/* Entries and notes of a hostile app: found or not, nothing outside of two notes is written. */
static void garbage(void **state)
{
    uint64_t random = 12;
    unsigned found = 0;

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        struct otter_journal before, after;
        uint8_t md5[16];
        int rc;

        ram_flash_init(&flash);
        rng_fill(&random, md5, sizeof md5);
        for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
            journal_entry_hostile(&random, bytes_of(i), i % JOURNAL_PLACES, NULL, 0);
            if (rng_below(&random, 4) == 0) {
                put_note(i, rng_below(&random, 2), md5, (uint8_t)rng_next(&random),
                         (uint16_t)rng_next(&random));
            }
        }
        found += otter_history_find(port, layout, md5).tries != 0;
        otter_journal_read(port, layout, &before);
        rc = otter_history_note(port, layout, md5, OTTER_REASON_DIGEST);
        otter_journal_read(port, layout, &after);
        assert_int_equal(after.addr, before.addr);
        assert_int_equal(after.requested, before.requested || rc == OTTER_ERR_SPACE);
        assert_int_equal(after.request_size, before.request_size);
        assert_int_equal(after.step, before.step);
        assert_int_equal(flash.erased, 0);
        assert_true(flash.programmed <= NOTE_LEN / 2);
        assert_true(rc != 0 || flash.programmed != 0);
    }
    assert_in_range(found, 1000, 4900);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_journal_nothing_is_known),
        cmocka_unit_test(the_last_answer_has_the_count_of_all_before),
        cmocka_unit_test(notes_count_beside_answers),
        cmocka_unit_test(a_note_byte_by_byte),
        cmocka_unit_test(a_full_entry_asks_for_a_new_one),
        cmocka_unit_test(a_request_takes_the_notes_along),
        cmocka_unit_test(power_cuts),
        cmocka_unit_test(garbage),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
