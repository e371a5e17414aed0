/* SPDX-License-Identifier: Apache-2.0 */
/* gizwits-dropin/ over otter's bootloader: what its journal makes it refuse, how it asks by the
 * journal, and how its image on trial confirms, or is taken back. Authority: otter/update.h,
 * docs/dropin.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "support/dropin_checks.h"
#include "support/dropin_fixture.h"
#include "support/journal_fixture.h"
#include "otter/journal.h"
#include "otter/update.h"

enum { BACKUP = 0x08009800, FLAG = 0x08002C00, APP = 0x08003000 };

/* As the bootloader leaves it: installed for good. */
static void put_installed_frame(void)
{
    const struct journal_entry frame = {.step = 0x8000,
                                        .kind = OTTER_JOURNAL_INSTALL,
                                        .number = 8,
                                        .present_len = 1000,
                                        .flags = 1};
    uint8_t bytes[JOURNAL_ENTRY_LEN];

    journal_entry_put(bytes, 0, &frame);
    memset(bytes + ENTRY_AT_CONFIRMED, 0, ENTRY_AT_REQUEST - ENTRY_AT_CONFIRMED);
    ram_flash_poke(&dropin.flash, journal_entry_addr(0), bytes, sizeof bytes);
}

/* The journal says what APP holds, and that file is not downloaded again. */
static void test_file_that_app_holds_is_refused(void **state)
{
    (void)state;
    dropin_init(1000, 14);
    put_installed_frame();
    ram_flash_poke(&dropin.flash, APP, dropin.image, 1000);
    for (unsigned i = 0; i < 1000; i++) {
        dropin_forget();
        assert_int_equal(dropin_offer(), -1);
        assert_int_equal(dropin_sent(0x27), 1);
        dropin_wait(200);
        assert_int_equal(dropin_sent(0x1B), 0);
    }
    assert_int_equal(dropin.flash.operations, 0);
    assert_int_equal(romUpdate.otaBusyModeFlag, 0);
    dropin.image[999] ^= 1;
    dropin_update_offer();
    assert_int_equal(dropin_update(), 0);
    dropin_assert_updated();
}

/* Three downloads whose MD5 is wrong, each after a reset; then no more. */
static void test_three_downloads_and_no_more(void **state)
{
    (void)state;
    dropin_init(1000, 17);
    put_installed_frame();
    dropin.offer[6] = dropin.offer[6] == '0' ? '1' : '0';
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(dropin_update(), -2);
        dropin_boot();
    }
    assert_int_equal(dropin_offer(), -1);
    assert_int_equal(dropin_sent(0x27), 1);
    assert_int_equal(dropin.flash.operations, 0);
    dropin_update_offer();
    assert_int_equal(dropin_update(), 0);
    dropin_assert_updated();
}

static void test_file_that_was_tried_is_refused(void **state)
{
    struct journal_entry tried = {
        .kind = OTTER_JOURNAL_IDLE, .number = 8, .present_len = 900, .tries = 3};
    uint8_t bytes[JOURNAL_ENTRY_LEN];

    (void)state;
    dropin_init(1000, 15);
    memcpy(tried.digest, dropin.md5, sizeof tried.digest);
    journal_entry_put(bytes, 0, &tried);
    ram_flash_poke(&dropin.flash, journal_entry_addr(0), bytes, sizeof bytes);
    assert_int_equal(dropin_offer(), -1);
    assert_int_equal(dropin_sent(0x27), 1);
    assert_int_equal(dropin.flash.operations, 0);
}

static void put_trial_frame(void)
{
    const struct journal_entry trial = {.step = 0x8001,
                                        .kind = OTTER_JOURNAL_INSTALL,
                                        .number = 8,
                                        .present_len = 900,
                                        .previous_len = 900};
    uint8_t bytes[JOURNAL_ENTRY_LEN];

    journal_entry_put(bytes, 0, &trial);
    ram_flash_poke(&dropin.flash, journal_entry_addr(0), bytes, sizeof bytes);
}

static bool is_on_trial(void)
{
    return !otter_update_is_allowed(&dropin.flash.port, &ram_flash_layout);
}

/* On trial: the offer shows that the line works. Refused, confirmed, and the module restarted,
 * so that it comes again. */
static void test_offer_on_trial_confirms(void **state)
{
    (void)state;
    for (unsigned by_answer = 0; by_answer < 2; by_answer++) {
        dropin_init(1000, 16);
        put_trial_frame();
        assert_true(is_on_trial());
        if (by_answer) {
            otter_dropin_answered(0x2A);
        } else {
            assert_int_equal(dropin_offer(), -1);
            assert_int_equal(dropin_sent(0x27), 1);
            dropin_wait(10);
            assert_int_equal(dropin_sent(0x29), 1);
            assert_false(is_on_trial());
            otter_dropin_answered(0x2A);
        }
        assert_false(is_on_trial());
        assert_int_equal(dropin.forgiven, 1);
        assert_int_equal(dropin.flash.erased, 0);
        dropin_wait(30000);
        assert_int_equal(dropin_sent(0x29), by_answer ? 0 : 1);
        assert_int_equal(dropin_update(), 0);
        dropin_assert_updated();
    }
}

/* Flash refuses the confirmation once: the next answer tries again. For good: the module is not
 * restarted for an offer that would be refused again, and the trial ends as any other. */
static void test_confirmation_that_flash_refuses(void **state)
{
    (void)state;
    dropin_init(1000, 24);
    put_trial_frame();
    dropin.flash.fail_at = dropin.flash.operations + 1;
    dropin.flash.fail_count = 1;
    otter_dropin_answered(0x06);
    assert_true(is_on_trial());
    otter_dropin_answered(0x06);
    assert_false(is_on_trial());

    dropin_init(1000, 24);
    put_trial_frame();
    dropin.flash.fail_at = dropin.flash.operations + 1;
    dropin.flash.fail_count = UINT32_MAX;
    for (unsigned i = 0; i < 14; i++) { /* 280 s */
        assert_int_equal(dropin_offer(), -1);
        dropin_wait(20000);
    }
    assert_true(is_on_trial());
    assert_int_equal(dropin_sent(0x29), 0);
    assert_int_equal(dropin.resets, 0);
    dropin_wait(20010);
    assert_int_equal(dropin.resets, 1);
}

/* Any answer that the dispatcher hands on confirms. */
static void test_any_answer_confirms(void **state)
{
    static const uint8_t answers[] = {0x06, 0x1C, 0x28};

    (void)state;
    for (size_t i = 0; i < sizeof answers; i++) {
        dropin_init(1000, i);
        put_trial_frame();
        otter_dropin_answered(answers[i]);
        assert_false(is_on_trial());
    }
}

/* 0x2A stays in the generator's own group of answers: the dispatcher hands none on. Bytes, and
 * half a minute of polls, confirm; neither does alone. And the module is not restarted at the
 * next start. */
static void test_bytes_and_polls_confirm(void **state)
{
    (void)state;
    dropin_init(1000, 18);
    put_trial_frame();
    Pro_D2W_Ask_Module_Reboot();
    dropin_wait(200000);
    assert_true(is_on_trial()); /* nothing came */
    otter_dropin_heard();
    dropin_wait(100);
    dropin.now_ms += 60000;
    dropin_wait(100);
    assert_true(is_on_trial()); /* a loop that does not turn */
    dropin_wait(27000);
    assert_true(is_on_trial());
    assert_int_equal(dropin.forgiven, 0);
    dropin_wait(3000);
    assert_false(is_on_trial());
    assert_int_equal(dropin.forgiven, 1);
    assert_int_equal(dropin_sent(0x29), 3);
    dropin_boot();
    Pro_D2W_Ask_Module_Reboot();
    dropin_wait(30000);
    assert_int_equal(dropin_sent(0x29), 0);
}

/* The poll feeds the watchdog of a trial. After five minutes in which nobody came it resets,
 * and until then APPBAK is not touched, whoever calls. */
static void test_trial_ends_after_five_minutes(void **state)
{
    uint8_t bytes[2] = {1, 2};

    (void)state;
    dropin_init(1000, 19);
    put_trial_frame();
    dropin.flash.feeds = 0;
    dropin_wait(300000);
    assert_int_equal(dropin.flash.feeds, 30000);
    assert_int_equal(dropin.resets, 0);
    flash_erase(0x400, BACKUP);
    wFlashData(bytes, 2, BACKUP);
    assert_int_equal(dropin.flash.operations, 0);
    dropin_wait(10);
    assert_int_equal(dropin.resets, 1);
    assert_true(is_on_trial());
    dropin_init(1000, 19); /* what is confirmed is never reset, however silent the line */
    put_installed_frame();
    dropin_wait(1000000);
    assert_int_equal(dropin.resets, 0);
    dropin_init(1000, 19); /* nor what the vendor's bootloader has installed */
    dropin_wait(1000000);
    assert_int_equal(dropin.resets, 0);
}

/* Over otter's bootloader an update is asked for by the journal. */
static void test_whole_update_with_a_journal(void **state)
{
    struct otter_journal journal;

    (void)state;
    dropin_init(5000, 20);
    put_installed_frame();
    assert_int_equal(dropin_update(), 0);
    dropin_assert_updated();
    assert_int_equal(dropin.flash.erased, 5); /* FLAG is a page of the journal */
    journal = journal_get(&dropin.flash);
    assert_int_equal(journal.request_file.tries, 1);
    assert_int_equal(romUpdate.update_param.rom_statue, 0xEEEE);
    flash_erase(0x400, FLAG); /* as an old line of the tutorial might */
    assert_int_equal(dropin.flash.erased, 5);
    dropin_assert_updated();
    dropin_wait(100);
    assert_int_equal(dropin.restarts, 1);
    assert_int_equal(dropin.resets, 1); /* mcuRestart() has returned */
}

/* A request that flash does not take is told to the module, and leads to nothing. */
static void test_request_that_flash_refuses(void **state)
{
    unsigned half_written = 0;

    (void)state;
    for (unsigned with_journal = 0; with_journal < 2; with_journal++) {
        uint32_t operations;

        dropin_init(1000, 22);
        if (with_journal) {
            put_installed_frame();
        }
        assert_int_equal(dropin_update(), 0);
        operations = dropin.flash.operations;
        for (uint32_t back = 0; back < 10; back++) {
            bool awaits;

            dropin_init(1000, 22);
            if (with_journal) {
                put_installed_frame();
            }
            dropin.flash.fail_at = operations - back;
            dropin.flash.fail_count = 1;
            assert_int_equal(dropin_update(), -1);
            dropin_assert_refused_in_order();
            assert_int_equal(journal_get(&dropin.flash).request_size, 0);
            /* What flash took in part needs the bootloader: it is asked to run. Else the next
             * download is as good as any. */
            awaits = journal_get(&dropin.flash).requested;
            half_written += awaits;
            dropin_wait(100);
            assert_int_equal(dropin.restarts, awaits);
            assert_int_equal(dropin.resets, awaits);
            if (!awaits) {
                assert_int_equal(dropin_update(), 0);
                dropin_assert_updated();
            }
        }
    }
    assert_in_range(half_written, 3, 9);
}

/* A third file that is no good: its note needs a new entry, so the bootloader must run. */
static void test_third_bad_file(void **state)
{
    (void)state;
    dropin_init(1000, 23);
    put_installed_frame();
    for (unsigned i = 1; i <= 3; i++) {
        dropin.offer[6] = (uint8_t)('0' + i);
        assert_int_equal(dropin_update(), -2);
        assert_int_equal(dropin_sent(0x27), i);
        dropin_wait(100);
        assert_int_equal(dropin.restarts, i == 3);
    }
}

/* Weak point 25; and 0x2A ends it. */
static void test_module_is_restarted_at_the_first_start_only(void **state)
{
    (void)state;
    dropin_init(1000, 12); /* without a journal nobody knows: each start */
    Pro_D2W_Ask_Module_Reboot();
    dropin_wait(30000);
    assert_int_equal(dropin_sent(0x29), 3);
    dropin_init(1000, 12);
    put_installed_frame();
    Pro_D2W_Ask_Module_Reboot();
    assert_int_equal(dropin_sent(0x29), 1);
    dropin_wait(5000);
    assert_int_equal(dropin_sent(0x29), 2);
    otter_dropin_answered(0x2A);
    dropin_wait(30000);
    assert_int_equal(dropin_sent(0x29), 2);
    Pro_D2W_Ask_Module_Reboot(); /* the next start */
    dropin_wait(30000);
    assert_int_equal(dropin_sent(0x29), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_that_app_holds_is_refused),
        cmocka_unit_test(test_three_downloads_and_no_more),
        cmocka_unit_test(test_file_that_was_tried_is_refused),
        cmocka_unit_test(test_offer_on_trial_confirms),
        cmocka_unit_test(test_confirmation_that_flash_refuses),
        cmocka_unit_test(test_any_answer_confirms),
        cmocka_unit_test(test_bytes_and_polls_confirm),
        cmocka_unit_test(test_trial_ends_after_five_minutes),
        cmocka_unit_test(test_whole_update_with_a_journal),
        cmocka_unit_test(test_request_that_flash_refuses),
        cmocka_unit_test(test_third_bad_file),
        cmocka_unit_test(test_module_is_restarted_at_the_first_start_only),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
