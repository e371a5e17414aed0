/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "otter/flag.h"
#include "support/startup_fixture.h"

/* Authority: docs/flash-format.md chapters 2 and 4: what apps do to FLAG. A tutorial's writes
 * its request there, and erases the page with our entries in it when it likes. */

/* ---- a tutorial's app ---- */

/* The tutorial request counts wherever the newest entry lies. The app erases FLAG, with the
 * entries in it, and the request is 24 bytes at its start. */
static void record_is_taken_over(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_age(age);
        fixture_write_record(NEW);
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP); /* no trial */
        assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), NEW);
        fixture_expect_quiet(NEW);
        assert_int_equal(flash.refused, 0);
    }
}

static void record_without_any_journal(void **state)
{
    (void)state;
    fixture_factory(SMALL);
    fixture_write_record(NEW);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    fixture_expect_quiet(NEW);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_OLD), OLD);
}

static void record_is_refused(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        struct otter_flag flag;

        fixture_idle(SMALL);
        fixture_age(age);
        fixture_write_record(OLDER);
        fixture_expect_refused(OTTER_REASON_OLDER);
        assert_int_not_equal(otter_flag_read(&port, layout, &flag), 0);
    }
}

static void record_is_refused_without_any_journal(void **state)
{
    (void)state;
    fixture_factory(SMALL);
    fixture_write_record(OLDER);
    fixture_expect_refused(OTTER_REASON_OLDER);
}

/* A tutorial's app on trial knows no confirm(): it goes on to the next update. */
static void record_on_trial_confirms(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_age(age);
        fixture_ask(NEW);
        fixture_expect_trial(NEW);
        fixture_write_record(NEWEST);
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), NEWEST);
        fixture_expect_quiet(NEWEST);
    }
}

static void record_on_trial_refused(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_age(age);
        fixture_ask(NEW);
        fixture_expect_trial(NEW);
        fixture_write_record(OLD); /* older than the one on trial, which stays */
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        fixture_expect_quiet(NEW);
    }
}

/* ---- a bootloader that honours no tutorial request ---- */

/* FLAG is then a page of the journal and nothing else. A tutorial's app has erased it, with the
 * newest entries perhaps, and left its request: what is in APP starts, nothing is installed or
 * refused, and the journal goes on through both pages. */
static void record_is_not_honoured(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_tutorial = NULL;
        fixture_age(age);
        for (unsigned i = 0; i < 20; i++) {
            fixture_write_record(NEWEST);
            assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
            fixture_expect_quiet(i == 0 ? OLD : NEW);
            fixture_update(NEW);
        }
    }
}

/* Afterwards the newest entry is still the newest, or there is none. */
static void erase_flag(void)
{
    uint16_t number = fixture_journal().number;

    assert_int_equal(otter_flag_erase(&port, layout), 0);
    assert_true(fixture_journal().kind == OTTER_JOURNAL_NONE ||
                fixture_journal().number == number);
}

/* An app erases FLAG, with the newest entries in it: no older entry comes back and installs,
 * reverts or condemns anything. What is in APP goes on. */
static void flag_erased_by_an_app(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_age(age);
        fixture_update(NEW);
        erase_flag();
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        fixture_expect_quiet(NEW);

        fixture_update(NEWEST);
        erase_flag();
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        fixture_expect_quiet(NEWEST);
    }
}

static void flag_erased_after_a_revert(void **state)
{
    (void)state;
    for (unsigned age = 0; age < 20; age++) {
        fixture_idle(SMALL);
        fixture_age(age);
        fixture_ask(NEW);
        for (unsigned i = 0; i < OTTER_JOURNAL_TRIALS; i++) {
            fixture_expect_trial(NEW);
        }
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        erase_flag();
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        fixture_expect_quiet(OLD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_is_taken_over),
        cmocka_unit_test(record_without_any_journal),
        cmocka_unit_test(record_is_refused),
        cmocka_unit_test(record_is_refused_without_any_journal),
        cmocka_unit_test(record_on_trial_confirms),
        cmocka_unit_test(record_on_trial_refused),
        cmocka_unit_test(record_is_not_honoured),
        cmocka_unit_test(flag_erased_by_an_app),
        cmocka_unit_test(flag_erased_after_a_revert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
