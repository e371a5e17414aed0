/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/journal_fixture.h"
#include "support/startup_fixture.h"

/* Authority: docs/design.md, "The bootloader's decisions": what was read in doubt is first
 * written to fresh cells. One way through two power cuts, which power_startup has found, in
 * every 13th place of the second. */

static void start(void *ctx)
{
    (void)ctx;
    (void)fixture_start();
}

/* Returns whether the power went in this operation. */
static bool start_cut_at(uint32_t operation)
{
    bool whole;

    flash.cut_at = operation;
    whole = ram_flash_run(&flash, start, NULL);
    ram_flash_restart(&flash);
    return !whole;
}

/* An INSTALL whose check word is half written reads as none, and the installation begins anew;
 * after the next cut it reads as one. The page that it says is saved must be. */
static void an_entry_that_comes_back(void **state)
{
    enum { SAVED = 1 + RAM_FLASH_PAGE / 2, ENTRY = ENTRY_AT_STARTS / 2 };
    bool was_cut = true;

    (void)state;
    for (uint32_t at = 1; was_cut; at += 13) {
        uint8_t *check;

        fixture_case = at;
        fixture_idle(SMALL);
        fixture_download(NEW);
        fixture_ask(NEW);
        ram_flash_restart(&flash);
        assert_true(start_cut_at(SAVED + ENTRY)); /* all but the commit word */
        check = journal_entry_bytes(&flash, 1) + ENTRY_AT_CHECK;
        check[0] ^= 0x11; /* two weak bits */
        was_cut = start_cut_at(at);
        check[0] ^= 0x11;
        for (unsigned i = 0; i <= OTTER_JOURNAL_TRIALS; i++) {
            assert_int_not_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
        }
        assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
    }
    assert_true(fixture_case > SAVED);
}

/* Until the first start on trial APP is a copy. One that its digest record does not fit,
 * because a weak bit was read differently for it, is not taken for a probe's, and for good. */
static void a_wrong_copy_is_not_a_probes(void **state)
{
    struct otter_journal journal;
    uint32_t operation = 0;

    (void)state;
    do { /* the first cut after which all is moved, and no start is counted */
        fixture_idle(SMALL);
        fixture_download(NEW);
        fixture_ask(NEW);
        ram_flash_restart(&flash);
        assert_true(start_cut_at(++operation));
        journal = fixture_journal();
    } while (journal.kind != OTTER_JOURNAL_INSTALL || !journal.moved);
    assert_int_equal(journal.starts, 0);
    fixture_probe(NEWEST);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
    assert_int_equal(fixture_journal().kind, OTTER_JOURNAL_RESTORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_that_comes_back),
        cmocka_unit_test(a_wrong_copy_is_not_a_probes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
