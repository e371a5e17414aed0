/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's pages under write protection by option bytes, on the model: an update goes
 * through them unchanged, and an app that destroys them succeeds without and fails with it.
 * Authority: PM0075 2.4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { BOOT_PAGES = OTTER_BOOT_SIZE / OTTER_PAGE_SIZE };

static struct firmware wipe;
static struct testbed *bed;

/* A device with `app` in APP, and a module that offers 03010102. */
static void start(const struct firmware *app, bool protect)
{
    const struct firmware *boot = &firmware_set()->boot;
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot->data, boot->len},
                                         {OTTER_APP_ADDR, app->data, app->len}};
    struct testbed_config config = {.board = {.seed = 1}, .loads = loads, .load_count = 2};

    firmware_offer(&config.module, &firmware_set()->new_app, "03010102");
    bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    if (protect) {
        board_protect_flash(testbed_board(bed), OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    testbed_power_on(bed);
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static void assert_boot_is_whole(void)
{
    const struct firmware *boot = &firmware_set()->boot;

    assert_memory_equal(firmware_flash(bed, OTTER_BOOT_ADDR), boot->data, boot->len);
    for (unsigned page = 0; page < BOOT_PAGES; page++) {
        assert_int_equal(board_flash_erases(testbed_board(bed), page), 0);
    }
}

static void test_update_goes_through(void **state)
{
    const struct firmware_set *set = firmware_set();

    (void)state;
    start(&set->old_app, true);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    firmware_run_ms(bed, 5000); /* it confirms */
    testbed_power_on(bed);
    firmware_run_ms(bed, 3000);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), set->new_app.data,
                        set->new_app.len);
    assert_int_equal(firmware_count_in_log(bed, "Trial"), 1);
    assert_int_equal(firmware_count_in_log(bed, "App Init Success , SoftVersion = 03010102"),
                     2);
    assert_boot_is_whole();
}

/* FLASH_SR 0x0010 is WRPRTERR. */
static void test_hostile_app_cannot_destroy_the_bootloader(void **state)
{
    (void)state;
    start(&wipe, true);
    assert_true(testbed_run_until_log(bed, "Wiped", 0, 10000) > 0);
    assert_int_equal(firmware_count_in_log(bed, "Program 0010 Erase 0010"), BOOT_PAGES);
    assert_boot_is_whole();
    testbed_power_on(bed);
    assert_true(testbed_run_until_log(bed, "Wiped", testbed_log_len(bed), 10000) > 0);
    assert_boot_is_whole();
}

/* 0x0020 is EOP, done; then there is nothing left that could start. */
static void test_without_protection_it_can(void **state)
{
    (void)state;
    start(&wipe, false);
    assert_true(testbed_run_until_log(bed, "Wiped", 0, 10000) > 0);
    assert_int_equal(firmware_count_in_log(bed, "Program 0020 Erase 0020"), BOOT_PAGES);
    for (unsigned i = 0; i < OTTER_BOOT_SIZE; i++) {
        assert_int_equal(*firmware_flash(bed, OTTER_BOOT_ADDR + i), 0xFF);
    }
    testbed_power_on(bed);
    assert_int_equal(testbed_run_ms(bed, 1000), BOARD_STOP_LOCKUP);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_update_goes_through, stop),
        cmocka_unit_test_teardown(test_hostile_app_cannot_destroy_the_bootloader, stop),
        cmocka_unit_test_teardown(test_without_protection_it_can, stop),
    };

    wipe = firmware_read("tests/fw/app_erases_boot/app_erases_boot.bin");
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
