/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "otter/journal.h"
#include "support/ram_flash.h"
#include "support/rng.h"
#include "support/journal_fixture.h"

/* Authority: otter/journal.h: no number in an entry leads out of a slot or an entry, whoever
 * wrote it. */

static struct ram_flash flash;
static const struct otter_layout *const layout = &ram_flash_layout;

static uint8_t *bytes_of(unsigned i)
{
    return journal_entry_bytes(&flash, i);
}

/* A port that lets core see and touch the two pages alone. */
static bool is_in_pages(uint32_t addr, uint32_t len)
{
    uint32_t a = addr - layout->journal.addr, b = addr - layout->flag.addr;

    return (a < RAM_FLASH_PAGE && len <= RAM_FLASH_PAGE - a) ||
           (b < RAM_FLASH_PAGE && len <= RAM_FLASH_PAGE - b);
}

static int read_pages(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    assert_true(is_in_pages(addr, len));
    return flash.port.read(ctx, addr, out, len);
}

static int program_pages(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    assert_true(is_in_pages(addr, len));
    return flash.port.program(ctx, addr, data, len);
}

static int erase_pages(void *ctx, uint32_t addr)
{
    assert_true(is_in_pages(addr, RAM_FLASH_PAGE));
    return flash.port.erase(ctx, addr);
}

/* Whatever was read fits a slot and an entry, so that no step and no mark leads out of them. */
static void expect_possible(const struct otter_journal *journal)
{
    assert_true(journal->addr == 0 || is_in_pages(journal->addr, JOURNAL_ENTRY_LEN));
    assert_true(journal->present.length <= layout->app.size);
    assert_true(journal->previous.length <= layout->app.size);
    assert_true(journal->request_size <= layout->backup.size);
    assert_true(otter_journal_count_pages(journal, RAM_FLASH_PAGE) <=
                OTTER_JOURNAL_PAGES_MAX(RAM_FLASH_PAGE));
}

static void use(const struct otter_port *pages, struct otter_journal *journal)
{
    struct otter_journal again;
    uint32_t end = otter_journal_count_pages(journal, RAM_FLASH_PAGE);
    int error;

    if (journal->kind == OTTER_JOURNAL_INSTALL && !journal->moved) {
        while (journal->step < 2 * end) {
            assert_int_equal(otter_journal_advance(pages, journal), 0);
        }
    } else if (journal->kind == OTTER_JOURNAL_RESTORE) {
        while (journal->step < end) {
            assert_int_equal(otter_journal_advance(pages, journal), 0);
        }
    } else if (journal->kind == OTTER_JOURNAL_INSTALL &&
               journal->starts < OTTER_JOURNAL_TRIALS) {
        error = otter_journal_count_start(pages, journal);
        assert_int_equal(error, 0);
    }
    assert_int_equal(otter_journal_finish(pages, journal), 0);
    otter_journal_read(pages, layout, &again);
    assert_true(again.all_marks_set);
    assert_int_equal(again.addr, journal->addr);
}

/* Random pages, and hostile entries with right checksums: read, append, go on. */
static void garbage_and_hostile_entries(void **state)
{
    struct otter_port pages;
    unsigned valid = 0;
    enum { PAGES = 120000 };

    (void)state;
    ram_flash_init(&flash);
    pages = flash.port;
    pages.read = read_pages;
    pages.program = program_pages;
    pages.erase = erase_pages;
    for (uint64_t seed = 1; seed <= PAGES; seed++) {
        uint64_t random = seed;
        struct otter_journal journal, next;

        if (seed % 4 == 0) {
            rng_fill(&random, bytes_of(0), RAM_FLASH_PAGE);
            rng_fill(&random, bytes_of(JOURNAL_PLACES), RAM_FLASH_PAGE);
        } else {
            for (unsigned i = rng_below(&random, JOURNAL_PLACES); i < JOURNAL_ENTRIES;
                 i += 1 + rng_below(&random, JOURNAL_PLACES)) {
                journal_entry_hostile(&random, bytes_of(i), i % JOURNAL_PLACES, NULL, 0);
            }
        }
        otter_journal_read(&pages, layout, &journal);
        expect_possible(&journal);
        valid += journal.addr != 0;
        if (seed % 8 != 1) {
            continue;
        }
        next = journal;
        next.kind = next.kind == OTTER_JOURNAL_NONE ? OTTER_JOURNAL_IDLE : next.kind;
        assert_int_equal(otter_journal_append(&pages, layout, &next), 0);
        otter_journal_read(&pages, layout, &journal);
        expect_possible(&journal);
        assert_int_equal(journal.addr, next.addr); /* what was appended is the newest */
        assert_int_equal(journal.number, next.number);
        use(&pages, &journal);
        assert_int_equal(flash.refused, 0);
    }
    assert_true(valid > PAGES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(garbage_and_hostile_entries)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
