/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "otter/update.h"
#include "support/startup_fixture.h"

/* Authority: docs/design.md, "The bootloader's decisions", docs/flash-format.md 4.3. A start
 * with flash that fails, and what a start does to flash. Cells that die anywhere in a device's
 * life are power_worn's. */

/* ---- flash that fails ---- */

static void fail_from(uint32_t operation)
{
    flash.fail_at = operation;
    flash.fail_count = UINT32_MAX;
}

static void flash_that_refuses_everything(void **state)
{
    (void)state;
    fixture_factory(SMALL);
    fail_from(1);
    assert_int_equal(fixture_start(),
                     OTTER_STARTUP_APP); /* nothing can be recorded, but it is good */
    fixture_idle(SMALL);
    fixture_ask(NEW);
    ram_flash_restart(&flash);
    fail_from(1);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
    ram_flash_restart(&flash);
    fixture_expect_trial(NEW); /* the request is still there */
    fail_from(1);
    assert_int_equal(fixture_start(), OTTER_STARTUP_TRIAL); /* no start can be counted */
    assert_int_equal(actions[actions_len - 1], OTTER_ACTION_GIVE_UP);
    assert_int_equal(last_detail, OTTER_REASON_FLASH);
    ram_flash_restart(&flash);
    fail_from(1);
    fixture_damage(layout->app.addr);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
}

/* Worn out from some operation of an installation on: what starts is whole, or nothing does;
 * with flash that works again the installation goes on. */
static void flash_that_wears_out(void **state)
{
    uint32_t last = 0;

    (void)state;
    for (uint32_t from = 1; last == 0; from += 37) {
        fixture_idle(SMALL);
        fixture_ask(NEW);
        ram_flash_restart(&flash);
        fail_from(from);
        (void)fixture_start();
        last = flash.operations < from ? from : 0;
        ram_flash_restart(&flash);
        assert_int_not_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
        assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), NEW);
    }
    assert_in_range(last, 3000, 4000); /* 6 pages, and the journal */
}

/* The spare page is worn out: that is found before anything has begun, and told. */
static void spare_page_that_is_dead(void **state)
{
    bool told = false;

    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    flash.stuck_off = layout->spare.addr - RAM_FLASH_ADDR;
    flash.stuck_mask = 1;
    flash.stuck_as = 0;
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    for (unsigned i = 0; i < actions_len; i++) {
        assert_int_not_equal(actions[i], OTTER_ACTION_MOVE);
        told |= actions[i] == OTTER_ACTION_REFUSE && details[i] == OTTER_REASON_FLASH;
    }
    assert_true(told);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_FLASH);
    fixture_expect_quiet(OLD);
}

/* No start can be counted any more: an image whose trial is over is not started for ever. */
static void flash_that_dies_when_a_trial_is_over(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    for (unsigned i = 0; i < OTTER_JOURNAL_TRIALS; i++) {
        fixture_expect_trial(NEW);
    }
    ram_flash_restart(&flash);
    fail_from(1);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    assert_int_equal(last_detail, OTTER_REASON_FLASH);
}

/* A cell of APP dies as the old image needs it: what the swap has moved goes back, the
 * page in work, too. */
static void app_that_takes_only_the_old_image(void **state)
{
    (void)state;
    for (uint32_t page = 0; page < SMALL_PAGES - 1; page++) {
        uint32_t off = page * RAM_FLASH_PAGE;
        uint8_t needs;

        fixture_idle(SMALL);
        fixture_ask(NEW);
        do { /* a bit that is 0 in the new image alone: it is dead as 1 */
            off++;
            needs = (uint8_t)(*ram_flash_peek(&flash, layout->app.addr + off) &
                              ~*ram_flash_peek(&flash, layout->backup.addr + off));
        } while (needs == 0);
        flash.stuck_off = layout->app.addr + off - RAM_FLASH_ADDR;
        flash.stuck_mask = (uint8_t)(needs & -needs);
        flash.stuck_as = flash.stuck_mask;
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        assert_int_equal(fixture_journal().reason, OTTER_REASON_FLASH);
        fixture_expect_quiet(OLD);
    }
}

static void flash_that_cannot_be_read(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    flash.fail_read_at = 1;
    assert_false(otter_update_is_allowed(&port, layout) &&
                 fixture_journal().kind != OTTER_JOURNAL_NONE);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
}

/* ---- wear ---- */

static void expect_erased(const struct otter_region *region, unsigned pages, unsigned times)
{
    for (unsigned i = 0; i < region->size / RAM_FLASH_PAGE; i++) {
        unsigned page = (region->addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE + i;

        if (erases[page] != (i < pages ? times : 0)) {
            fail_msg("page %u of %08x erased %u times", i, (unsigned)region->addr,
                     erases[page]);
        }
    }
}

/* The watchdog is fed for every page that is read. */
static void a_start_feeds_the_watchdog(void **state)
{
    (void)state;
    fixture_idle(FULL);
    flash.feeds = 0;
    fixture_expect_quiet(OLD);
    assert_true(flash.feeds >= 26);
}

static void an_installation_erases_each_page_once(void **state)
{
    (void)state;
    fixture_idle(FULL);
    memset(erases, 0, sizeof erases);
    fixture_update(NEW);
    expect_erased(&layout->app, 26, 1);
    expect_erased(&layout->backup, 26 - 1, 1); /* the last page is left as it came */
    expect_erased(&layout->spare, 1, 1);
    expect_erased(&layout->journal, 1, 0);
    expect_erased(&layout->flag, 1, 0);
    expect_erased(&layout->boot, 0, 0);
}

static void a_revert_erases_app_once_more(void **state)
{
    (void)state;
    fixture_idle(FULL);
    memset(erases, 0, sizeof erases);
    fixture_ask(NEW);
    for (unsigned i = 0; i < OTTER_JOURNAL_TRIALS; i++) {
        fixture_expect_trial(NEW);
    }
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    expect_erased(&layout->app, 26, 2);
    expect_erased(&layout->backup, 26 - 1, 1);
    expect_erased(&layout->spare, 1, 1);
}

/* 40 confirmed updates: a page of the journal is erased once in 8. */
static void the_journal_lasts_for_8_updates(void **state)
{
    unsigned journal = (layout->journal.addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE;
    unsigned flag = (layout->flag.addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE;
    enum { UPDATES = 40 };

    (void)state;
    fixture_idle(SMALL);
    memset(erases, 0, sizeof erases);
    for (unsigned i = 0; i < UPDATES; i++) {
        unsigned before[2] = {erases[journal], erases[flag]};

        fixture_update(NEW); /* the same version once more */
        assert_true(erases[journal] - before[0] + erases[flag] - before[1] <= 1);
        expect_erased(&layout->app, SMALL_PAGES, i + 1);
        expect_erased(&layout->spare, 1, i + 1);
    }
    assert_in_range(erases[journal], 2, (UPDATES + 7) / 8);
    assert_in_range(erases[flag], 2, (UPDATES + 7) / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_that_refuses_everything),
        cmocka_unit_test(flash_that_wears_out),
        cmocka_unit_test(spare_page_that_is_dead),
        cmocka_unit_test(flash_that_dies_when_a_trial_is_over),
        cmocka_unit_test(app_that_takes_only_the_old_image),
        cmocka_unit_test(flash_that_cannot_be_read),
        cmocka_unit_test(a_start_feeds_the_watchdog),
        cmocka_unit_test(an_installation_erases_each_page_once),
        cmocka_unit_test(a_revert_erases_app_once_more),
        cmocka_unit_test(the_journal_lasts_for_8_updates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
