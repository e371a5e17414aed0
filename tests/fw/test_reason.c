/* SPDX-License-Identifier: Apache-2.0 */
/* What the pet house tells the module of its updates, on the model with the real bootloader:
 * refused, reverted, on trial, installed. Authority: docs/protocol.md 2.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "otter/journal.h"
#include "otter/reason.h"
#include "partitions.h"
#include "tests/support/firmware.h"

static struct firmware mute;
static struct testbed *bed;

/* What came with each 0x02, in order, without repeats. */
static struct told {
    struct otter_update_status update_status;
    uint8_t version[8];
} told[16];
static unsigned told_count;

static void see(void *ctx, const struct module_event *event)
{
    struct told now;

    (void)ctx;
    if (event->kind != MODULE_EVENT_INFO) {
        return;
    }
    assert_non_null(event->update_status);
    memset(&now, 0, sizeof now);
    now.update_status = *event->update_status;
    memcpy(now.version, event->info->version, sizeof now.version);
    if (told_count == 0 || memcmp(&told[told_count - 1], &now, sizeof now) != 0) {
        assert_in_range(told_count, 0, 15);
        told[told_count++] = now;
    }
}

static void expect_told(unsigned number, const char version[8], bool on_trial,
                        enum otter_reason reason)
{
    assert_in_range(number, 0, told_count - 1);
    assert_memory_equal(told[number].version, version, 8);
    assert_true(told[number].update_status.is_otter);
    assert_int_equal(told[number].update_status.on_trial, on_trial);
    assert_int_equal(told[number].update_status.reason, reason);
}

/* The pet house 03010101 is switched on, and a module that offers `update`. */
static void begin(const struct firmware *update, const char version[8])
{
    struct module_config module = {.event = see};

    told_count = 0;
    firmware_offer(&module, update, version);
    bed = firmware_testbed(1, &module);
    testbed_power_on(bed);
}

static void run(const struct firmware *update, const char version[8])
{
    begin(update, version);
    firmware_run_to_end(bed);
    expect_told(0, "03010101", false, OTTER_REASON_NONE);
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static void test_installed_is_told_when_confirmed(void **state)
{
    (void)state;
    run(&firmware_set()->new_app, "03010102");
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    expect_told(told_count - 1, "03010102", false, OTTER_REASON_NONE);
    /* ... and it is: the supply may fail as often as it likes */
    for (unsigned starts = 0; starts <= 3; starts++) {
        testbed_power_on(bed);
        firmware_run_ms(bed, 3000);
    }
    expect_told(told_count - 1, "03010102", false, OTTER_REASON_NONE);
}

/* 0x2A is lost, so the module asks before the app has confirmed: not updated yet. */
static void test_trial_is_told_and_not_taken_for_the_end(void **state)
{
    (void)state;
    begin(&firmware_set()->new_app, "03010102");
    /* To the millisecond: its 0x29 is on the line for nine. */
    for (unsigned ms = 0; strstr(testbed_log(bed), "SoftVersion = 03010102") == NULL; ms++) {
        assert_in_range(ms, 0, 60000);
        firmware_run_ms(bed, 1);
    }
    testbed_mute(bed, false, true);
    firmware_run_ms(bed, 60);
    testbed_mute(bed, false, false);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_int_equal(told_count, 3);
    expect_told(1, "03010102", true, OTTER_REASON_NONE);
    expect_told(2, "03010102", false, OTTER_REASON_NONE);
}

/* A module that answers everything but 0x29 loses no good image: its 0x01, answered, shows that
 * the line works. */
static void test_module_that_knows_no_0x29(void **state)
{
    struct module_config module = {.event = see, .knows_no_restart = true};

    (void)state;
    told_count = 0;
    firmware_offer(&module, &firmware_set()->new_app, "03010102");
    bed = firmware_testbed(1, &module);
    testbed_power_on(bed);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    for (unsigned starts = 0; starts <= OTTER_JOURNAL_TRIALS; starts++) {
        testbed_power_on(bed);
        firmware_run_ms(bed, 3000);
    }
    expect_told(told_count - 1, "03010102", false, OTTER_REASON_NONE);
}

static unsigned count_erases(void)
{
    unsigned erases = 0;

    for (unsigned page = 0; page < OTTER_FLASH_SIZE / OTTER_PAGE_SIZE; page++) {
        erases += board_flash_erases(testbed_board(bed), page);
    }
    return erases;
}

/* The file that runs is offered under a version that was typed too high: no page is erased. */
static void test_file_that_runs_is_not_taken(void **state)
{
    unsigned erases = 0;

    (void)state;
    begin(&firmware_set()->old_app, "03010105");
    for (unsigned starts = 0; starts < 4; starts++) {
        firmware_run_ms(bed, 15000);
        assert_int_equal(testbed_failure(bed), MODULE_FAIL_REFUSED);
        expect_told(told_count - 1, "03010101", false, OTTER_REASON_INSTALLED);
        assert_true(starts == 0 || count_erases() == erases);
        erases = count_erases();
        told_count = 0;
        testbed_power_on(bed);
    }
    assert_int_equal(erases, 2); /* the first start's: it begins the journal */
}

static void test_reverted_is_told(void **state)
{
    (void)state;
    run(&mute, "03010103");
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
    expect_told(told_count - 1, "03010101", false, OTTER_REASON_UNCONFIRMED);
    testbed_power_on(bed); /* still so at the next start */
    told_count = 0;
    firmware_run_ms(bed, 3000);
    expect_told(0, "03010101", false, OTTER_REASON_UNCONFIRMED);
}

static void test_refused_is_told(void **state)
{
    struct firmware forged = firmware_copy(&mute);

    (void)state;
    forged.data[forged.len / 2] ^= 1;
    run(&forged, "03010103");
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
    expect_told(told_count - 1, "03010101", false, OTTER_REASON_SIGNATURE);
    free(forged.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_installed_is_told_when_confirmed, stop),
        cmocka_unit_test_teardown(test_trial_is_told_and_not_taken_for_the_end, stop),
        cmocka_unit_test_teardown(test_module_that_knows_no_0x29, stop),
        cmocka_unit_test_teardown(test_file_that_runs_is_not_taken, stop),
        cmocka_unit_test_teardown(test_reverted_is_told, stop),
        cmocka_unit_test_teardown(test_refused_is_told, stop),
    };

    mute = firmware_read("app/app_no_confirm/app_no_confirm.bin");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
