/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader on the model, with the pet house app and the module's side: what is installed,
 * tried, taken back and refused. The bootloader says why in brackets: enum otter_reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "otter/startup.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

static struct firmware boot, mute;
static struct testbed *bed;

/* A device with `installed` in APP and a module that offers `update` as version `version`. */
static void start(const struct firmware *installed, const struct firmware *update,
                  const char version[8])
{
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                         {OTTER_APP_ADDR, installed->data, installed->len}};
    struct testbed_config config = {.board = {.seed = 1}, .loads = loads, .load_count = 2};

    firmware_offer(&config.module, update, version);
    bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    testbed_power_on(bed);
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static void expect_in_log(const char *text, unsigned times)
{
    unsigned count = firmware_count_in_log(bed, text);

    if (count != times) {
        fail_msg("'%s' %u times, not %u; log:\n%s", text, count, times, testbed_log(bed));
    }
}

static void expect_reason(const char *action, enum otter_reason reason, unsigned times)
{
    char line[40];

    (void)snprintf(line, sizeof line, "%s [%d]", action, (int)reason);
    expect_in_log(line, times);
}

static void assert_app(const struct firmware *image)
{
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), image->data, image->len);
}

/* A start that nobody asked for: supply off and on. The log grows by its lines. */
static void start_again(void)
{
    testbed_power_on(bed);
    firmware_run_ms(bed, 3000);
}

static void test_update_is_tried_once_and_confirmed(void **state)
{
    const struct firmware_set *set = firmware_set();

    (void)state;
    start(&set->old_app, &set->new_app, "03010102");
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_app(&set->new_app);
    firmware_run_ms(bed, 5000); /* it confirms */
    start_again();
    start_again();
    expect_in_log("Trial", 1);
    expect_in_log("Revert", 0);
    expect_in_log("App Init Success , SoftVersion = 03010102", 3);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
}

static void test_app_that_never_confirms_is_taken_back(void **state)
{
    const struct firmware_set *set = firmware_set();

    (void)state;
    start(&set->old_app, &mute, "03010103");
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_app(&set->old_app);
    expect_in_log("Mute", OTTER_JOURNAL_TRIALS);
    expect_reason("Revert", OTTER_REASON_UNCONFIRMED, 1);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG),
                     OTTER_JOURNAL_TRIALS);
    start_again();
    start_again();
    expect_in_log("Mute", OTTER_JOURNAL_TRIALS);
    expect_in_log("App Init Success , SoftVersion = 03010101", 4);
}

/* Transferred, and right by its MD5; refused by the bootloader, and the old app goes on. */
static void expect_refused(const struct firmware *installed, const struct firmware *update,
                           const char version[8], enum otter_reason reason)
{
    start(installed, update, version);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_app(installed);
    start_again();
    expect_in_log("Install", 0);
    expect_reason("Refuse", reason, 1);
}

static void test_forged_image_is_refused(void **state)
{
    const struct firmware_set *set = firmware_set();
    struct firmware forged = firmware_copy(&set->new_app);

    (void)state;
    forged.data[5000] ^= 1;
    expect_refused(&set->old_app, &forged, "03010102", OTTER_REASON_SIGNATURE);
    free(forged.data);
}

static void test_older_version_is_refused(void **state)
{
    const struct firmware_set *set = firmware_set();

    (void)state;
    expect_refused(&set->new_app, &set->old_app, "03010101", OTTER_REASON_OLDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_update_is_tried_once_and_confirmed, stop),
        cmocka_unit_test_teardown(test_app_that_never_confirms_is_taken_back, stop),
        cmocka_unit_test_teardown(test_forged_image_is_refused, stop),
        cmocka_unit_test_teardown(test_older_version_is_refused, stop),
    };

    boot = firmware_read("boot/boot.bin");
    mute = firmware_read("app/app_no_confirm/app_no_confirm.bin");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
