/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "otter/flag.h"
#include "otter/update.h"
#include "support/journal_fixture.h"
#include "support/startup_fixture.h"

/* Authority: docs/design.md, "The bootloader's decisions". The ways through it, from end to
 * end. What a power cut does to them is power_startup's, flash that fails or wears out
 * test_startup_flash's, a forged journal test_startup_forged's, and what apps do to FLAG
 * test_startup_tutorial's. */

/* ---- the ways of a healthy device ---- */

static void factory_new(void **state)
{
    (void)state;
    fixture_factory(FULL);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_ACCEPT_FLASHED, OTTER_ACTION_START);
    assert_int_equal(fixture_journal().present.length, FULL);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_NONE);
    fixture_expect_quiet(OLD);
    assert_true(otter_update_is_allowed(&port, layout));
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    assert_int_equal(flash.operations, 0); /* nothing to confirm */
}

/* What came without an image to go back to is on trial, like any other. */
static void expect_trial_without_way_back(enum fixture_image image)
{
    fixture_expect_trial(image);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_DAMAGED);
    assert_int_equal(fixture_journal().previous.length, 0);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    fixture_expect_quiet(image);
}

static void nothing_there(void **state)
{
    (void)state;
    fixture_factory(FULL);
    memset(flash.bytes, 0xFF, RAM_FLASH_SIZE);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_CHECK_NEW, OTTER_ACTION_CHECK_OLD,
                   OTTER_ACTION_RECOVER);
    assert_int_equal(flash.operations, 0);
    assert_int_equal(otter_update_reason(&port, layout), OTTER_REASON_NONE);
    assert_int_equal(fixture_request(FULL), OTTER_ERR_NONE);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    assert_int_equal(flash.operations, 0);

    fixture_receive(NEW);
    expect_trial_without_way_back(NEW);
}

static void update_confirmed(void **state)
{
    (void)state;
    fixture_idle(FULL);
    fixture_ask(NEW);
    ram_flash_restart(&flash);
    fixture_expect_trial(NEW);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_CHECK_NEW, OTTER_ACTION_INSTALL,
                   OTTER_ACTION_MOVE, OTTER_ACTION_CHECK_APP, OTTER_ACTION_TRY);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_OLD), OLD);
    assert_int_equal(flash.unfed_max, 1);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    fixture_expect_quiet(NEW);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_NONE);
}

/* A probe has put another good image into APP: it is accepted, and from then on all is as
 * usual. */
static void another_image_in_app_is_accepted(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_probe(NEW);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_ACCEPT_FLASHED, OTTER_ACTION_START);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_NONE);
    fixture_expect_quiet(NEW);
    fixture_update(NEWEST);
    fixture_expect_quiet(NEWEST);
}

/* What a probe has flashed counts alone, downwards, too: the floor before is gone. */
static void older_image_in_app_lowers_the_floor(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_probe(OLDER);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    fixture_expect_quiet(OLDER);
    fixture_update(OLDER); /* the same once more is no step back */
    fixture_expect_quiet(OLDER);

    fixture_update(NEWEST);
    fixture_probe(OLDER);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    fixture_update(OLD);
    fixture_expect_quiet(OLD);

    fixture_update(NEWEST);
    fixture_ask(OLD); /* both in one start */
    fixture_probe(OLDER);
    fixture_expect_trial(OLD);
}

/* ... whatever was under way: an image on trial, even one that waited in recovery for a better
 * one, is not what the probe's owner wants to see again. */
static void another_image_in_app_ends_a_trial(void **state)
{
    (void)state;
    for (unsigned starts = 0; starts <= OTTER_JOURNAL_TRIALS; starts++) {
        fixture_idle(SMALL);
        fixture_ask(NEW);
        for (unsigned i = 0; i < starts; i++) {
            fixture_expect_trial(NEW);
        }
        if (starts == 0) {
            continue; /* nothing has moved yet: there the probe flashes what is to go back */
        }
        fixture_probe(NEWEST);
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        fixture_expect_quiet(NEWEST);
        assert_int_equal(fixture_journal().kind, OTTER_JOURNAL_IDLE);
    }
}

/* On trial APPBAK holds the way back: it is not to be written until the app has confirmed. */
static void no_download_on_trial(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    assert_int_equal(fixture_request(SMALL), OTTER_ERR_BUSY); /* twice */
    fixture_expect_trial(NEW);
    assert_false(otter_update_is_allowed(&port, layout));
    assert_int_equal(fixture_request(SMALL), OTTER_ERR_BUSY);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    fixture_update(NEWEST); /* at once, without a restart */
    fixture_expect_quiet(NEWEST);
}

/* Two marks of five read as confirmed, now. The app must write all, and may not download
 * before. */
static void confirmed_in_doubt_is_confirmed_again(void **state)
{
    static const uint8_t zeros[4];

    (void)state;
    for (uint32_t mark = 0; mark < 4; mark++) {
        uint32_t final;

        fixture_idle(SMALL);
        fixture_ask(NEW);
        fixture_expect_trial(NEW);
        final = fixture_journal().addr + ENTRY_AT_CONFIRMED;
        ram_flash_poke(&flash, final + 2 * mark, zeros, sizeof zeros);
        assert_true(fixture_journal().confirmed);
        assert_false(otter_update_is_allowed(&port, layout));
        assert_int_equal(fixture_request(SMALL), OTTER_ERR_BUSY);
        assert_int_equal(otter_update_confirm(&port, layout), 0);
        assert_true(fixture_journal().all_marks_set);
        assert_true(otter_update_is_allowed(&port, layout));
        fixture_expect_quiet(NEW);
    }
}

/* The same, seen by the bootloader: what it read goes into a new entry before the app runs. */
static void doubt_when_idle_is_rewritten(void **state)
{
    static const uint8_t zeros[4];

    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    fixture_expect_trial(NEW);
    ram_flash_poke(&flash, fixture_journal().addr + ENTRY_AT_CONFIRMED + 2, zeros,
                   sizeof zeros);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    EXPECT_ACTIONS(OTTER_ACTION_REWRITE, OTTER_ACTION_CHECK_APP, OTTER_ACTION_START);
    assert_int_equal(fixture_journal().kind, OTTER_JOURNAL_IDLE);
    assert_true(fixture_journal().certain);
    fixture_expect_quiet(NEW);
}

static void three_starts_then_back(void **state)
{
    (void)state;
    fixture_idle(FULL);
    fixture_ask(NEW);
    for (unsigned i = 1; i <= OTTER_JOURNAL_TRIALS; i++) {
        fixture_expect_trial(NEW);
        assert_int_equal(fixture_journal().starts, i);
    }
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_CHECK_OLD, OTTER_ACTION_REVERT,
                   OTTER_ACTION_MOVE, OTTER_ACTION_CHECK_APP, OTTER_ACTION_FINISH,
                   OTTER_ACTION_START);
    assert_int_equal(otter_update_reason(&port, layout), OTTER_REASON_UNCONFIRMED);
    fixture_expect_quiet(OLD);
    assert_int_equal(otter_update_reason(&port, layout), OTTER_REASON_UNCONFIRMED);
    assert_int_equal(flash.refused, 0);
    fixture_update(NEWEST); /* and the next one goes on as ever */
    fixture_expect_quiet(NEWEST);
    assert_int_equal(otter_update_reason(&port, layout), OTTER_REASON_NONE);
}

static void confirmed_at_the_last_start(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    for (unsigned i = 1; i <= OTTER_JOURNAL_TRIALS; i++) {
        fixture_expect_trial(NEW);
    }
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    fixture_expect_quiet(NEW);
}

/* ---- refused ---- */

static void refused_with_each_reason(void **state)
{
    static const enum otter_reason reasons[] = {
        OTTER_REASON_NO_IMAGE,      OTTER_REASON_UNSIGNED, OTTER_REASON_UNKNOWN_KEY,
        OTTER_REASON_SIGNATURE,     OTTER_REASON_HARDWARE, OTTER_REASON_OLDER,
        OTTER_REASON_NOT_STARTABLE,
    };

    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        fixture_idle(SMALL);
        fixture_ask(NEW);
        verify_new_as = reasons[i];
        fixture_expect_refused(reasons[i]);
        verify_new_as = OTTER_REASON_NONE;
        fixture_update(NEWEST);
        assert_int_equal(fixture_journal().reason, OTTER_REASON_NONE);
    }
}

static void refused_older_version(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(OLDER);
    fixture_expect_refused(OTTER_REASON_OLDER);
    fixture_idle(SMALL);
    fixture_ask(OLD); /* the same once more is no step back */
    fixture_expect_trial(OLD);
}

/* The journal may know less than APP is: the version of APP counts, by its signature. */
static void refused_older_than_app(void **state)
{
    struct otter_journal journal;

    (void)state;
    fixture_idle(SMALL);
    journal = fixture_journal();
    journal.floor = 0;
    assert_int_equal(otter_journal_append(&port, layout, &journal), 0);
    fixture_ask(OLDER);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_OLDER);
    assert_int_equal(actions[0], OTTER_ACTION_CHECK_APP);
    assert_int_equal(details[0], 1); /* the signature, too */
}

/* The signature alone counts: no digest record of the app's own makes an image good. */
static void refused_without_a_signature(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    fixture_damage(layout->backup.addr + RAM_FLASH_PAGE + 7);
    fixture_expect_refused(OTTER_REASON_SIGNATURE);
    fixture_idle(SMALL);
    fixture_download(NEW);
    assert_int_equal(fixture_request(SMALL - 4), 0);
    fixture_expect_refused(OTTER_REASON_NO_IMAGE);
}

/* ---- damage ---- */

static void damaged_app_is_replaced_by_the_previous(void **state)
{
    (void)state;
    for (uint32_t off = 0; off < SMALL; off += 97) {
        fixture_idle(SMALL);
        fixture_update(NEW);
        fixture_damage(layout->app.addr + off);
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        assert_int_equal(fixture_journal().reason, OTTER_REASON_DAMAGED);
        fixture_expect_quiet(OLD);
    }
}

static void damaged_app_is_replaced_by_the_incoming(void **state)
{
    (void)state;
    fixture_idle(FULL);
    fixture_download(NEW); /* nobody has asked yet */
    fixture_damage(layout->app.addr + FULL - 1);
    expect_trial_without_way_back(NEW);
}

static void damaged_app_and_nothing_else(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_damage(layout->app.addr);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    fixture_receive(OLDER); /* genuine, and below the floor */
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_CHECK_NEW, OTTER_ACTION_REFUSE,
                   OTTER_ACTION_CHECK_NEW, OTTER_ACTION_CHECK_OLD, OTTER_ACTION_RECOVER);
    assert_int_equal(last_detail, OTTER_REASON_OLDER);
    fixture_expect_recovery(OTTER_REASON_OLDER); /* and later, too */
    fixture_receive(OLD);
    expect_trial_without_way_back(OLD);
}

/* Nothing came out of the swap that could be started or come back; a recovery then brings
 * something. The request is an app's, and wrong. */
static void damaged_on_trial_with_what_went_out(void **state)
{
    struct otter_journal journal;

    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    fixture_expect_trial(NEW);
    journal = fixture_journal();
    assert_int_equal(otter_journal_request(&port, &journal, SMALL - 4, &journal.file), 0);
    fixture_damage(layout->app.addr + 1);
    fixture_damage(layout->spare.addr);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    fixture_receive(OLDER); /* the floor is still there */
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    assert_int_equal(last_detail, OTTER_REASON_OLDER);
    fixture_receive(NEW);
    expect_trial_without_way_back(NEW);
}

static void damaged_on_trial(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    fixture_expect_trial(NEW);
    fixture_damage(layout->app.addr + 1);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_BAD_COPY);
    fixture_expect_quiet(OLD);
}

/* Flash that keeps a bit wrong and says nothing: the copy is found bad before it is started. */
static void wrong_copy_is_never_started(void **state)
{
    unsigned reverted = 0;

    (void)state;
    for (uint32_t lie = 1; lie < 3400; lie += 61) {
        fixture_idle(SMALL);
        fixture_ask(NEW);
        ram_flash_restart(&flash);
        flash.lie_at = lie;
        flash.lie_count = 1;
        flash.seed = lie;
        assert_int_not_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
        reverted += fixture_journal().reason == OTTER_REASON_BAD_COPY;
    }
    assert_in_range(reverted, 10, 40); /* the other lies hit what is not used any more */
}

/* An image whose digest record is right and whose signature is not: the journal was made by
 * somebody else. The signature is asked after every installation. */
static void digest_alone_is_not_enough_after_an_installation(void **state)
{
    struct otter_journal journal;

    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    fixture_expect_trial(NEW);
    /* An entry for something that nobody signed, as if swapped in, never started. */
    fixture_damage(layout->app.addr + 50);
    journal = fixture_journal();
    journal.starts = 0;
    journal.present.crc = otter_swap_image_crc(&port, layout, OTTER_IMAGE_AT_APP, SMALL);
    assert_int_equal(otter_journal_append(&port, layout, &journal), 0);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    fixture_expect_quiet(OLD);
}

/* A digest record of no bytes is right for whatever lies there: it is none. */
static void a_record_of_no_bytes_is_none(void **state)
{
    struct otter_journal journal;

    (void)state;
    fixture_idle(SMALL);
    fixture_damage(layout->app.addr + 50);
    journal = fixture_journal();
    journal.present.length = 0;
    journal.present.crc = 0;
    assert_int_equal(otter_journal_append(&port, layout, &journal), 0);
    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
}

/* When nothing is under way there is no image to go back to. */
static void nothing_to_go_back_to_when_idle(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_update(NEW);
    assert_int_equal(fixture_journal().previous.length, SMALL);
    fixture_ask(OLDER);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_journal().reason, OTTER_REASON_OLDER);
    assert_int_equal(fixture_journal().kind, OTTER_JOURNAL_IDLE);
    assert_int_equal(fixture_journal().previous.length, 0);
}

/* Without a way back, an image that changes itself on trial is not installed anew from what
 * APPBAK still holds of it: its trials would never end. */
static void a_trial_without_way_back_ends(void **state)
{
    (void)state;
    fixture_factory(SMALL);
    fixture_damage(layout->app.addr);
    fixture_receive(NEW);
    fixture_expect_trial(NEW);
    fixture_damage(layout->app.addr + SMALL - 3);
    for (unsigned i = 0; i < 5; i++) {
        fixture_expect_recovery(OTTER_REASON_DAMAGED);
    }
}

/* What a recovery has received is counted: the entry says which file it was, refused or taken,
 * and on a board without a journal, too. */
static void what_was_received_is_counted(void **state)
{
    static const enum otter_reason answers[] = {OTTER_REASON_NONE, OTTER_REASON_SIGNATURE};

    (void)state;
    for (unsigned i = 0; i < 2 * 2; i++) {
        if (i < 2) {
            fixture_factory(SMALL);
            fixture_damage(layout->app.addr);
        } else {
            fixture_idle(SMALL);
            fixture_damage(layout->app.addr);
        }
        fixture_received = (struct otter_journal_file){{1, 2, 3, 4, 5, 6, 7, 8}, 2, 0};
        fixture_receive(NEW);
        verify_new_as = answers[i % 2];
        assert_int_equal(fixture_start(),
                         i % 2 == 0 ? OTTER_STARTUP_TRIAL : OTTER_STARTUP_RECOVERY);
        verify_new_as = OTTER_REASON_NONE;
        assert_memory_equal(&fixture_received,
                            &(struct otter_journal){.file = fixture_journal().file}.file,
                            sizeof fixture_received);
    }
}

/* The way back is gone, and nobody has confirmed: the board waits for a better image. If nobody
 * brings one it runs what it has, once. */
static void no_way_back(void **state)
{
    (void)state;
    fixture_idle(SMALL);
    fixture_ask(NEW);
    for (unsigned i = 0; i < OTTER_JOURNAL_TRIALS; i++) {
        fixture_expect_trial(NEW);
    }
    fixture_damage(layout->spare.addr);
    for (unsigned i = 0; i < 3; i++) {
        fixture_expect_recovery(OTTER_REASON_UNCONFIRMED);
        fixture_unheard = true;
        assert_int_equal(fixture_start(), OTTER_STARTUP_TRIAL);
        EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_CHECK_OLD, OTTER_ACTION_START_ONCE);
        fixture_unheard = false;
    }
    fixture_receive(NEWEST);
    fixture_expect_trial(NEWEST);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    fixture_expect_quiet(NEWEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factory_new),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(update_confirmed),
        cmocka_unit_test(another_image_in_app_is_accepted),
        cmocka_unit_test(older_image_in_app_lowers_the_floor),
        cmocka_unit_test(another_image_in_app_ends_a_trial),
        cmocka_unit_test(no_download_on_trial),
        cmocka_unit_test(confirmed_in_doubt_is_confirmed_again),
        cmocka_unit_test(doubt_when_idle_is_rewritten),
        cmocka_unit_test(three_starts_then_back),
        cmocka_unit_test(confirmed_at_the_last_start),
        cmocka_unit_test(refused_with_each_reason),
        cmocka_unit_test(refused_older_version),
        cmocka_unit_test(refused_older_than_app),
        cmocka_unit_test(refused_without_a_signature),
        cmocka_unit_test(damaged_app_is_replaced_by_the_previous),
        cmocka_unit_test(damaged_app_is_replaced_by_the_incoming),
        cmocka_unit_test(damaged_app_and_nothing_else),
        cmocka_unit_test(damaged_on_trial),
        cmocka_unit_test(damaged_on_trial_with_what_went_out),
        cmocka_unit_test(wrong_copy_is_never_started),
        cmocka_unit_test(digest_alone_is_not_enough_after_an_installation),
        cmocka_unit_test(a_record_of_no_bytes_is_none),
        cmocka_unit_test(nothing_to_go_back_to_when_idle),
        cmocka_unit_test(a_trial_without_way_back_ends),
        cmocka_unit_test(what_was_received_is_counted),
        cmocka_unit_test(no_way_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
