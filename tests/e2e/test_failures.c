/* SPDX-License-Identifier: Apache-2.0 */
/* Whole updates on the real binaries that meet trouble: each failure path of the tutorial, and
 * what the device and the module make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "otter/device.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

/* The update under way, and what its module saw. */
static struct testbed *bed;
static struct firmware_seen seen;

static void start_with(struct module_config module)
{
    seen = (struct firmware_seen){0};
    module.event = firmware_see;
    module.ctx = &seen;
    bed = firmware_testbed(1, &module);
    testbed_power_on(bed);
}

static int start(void **state)
{
    (void)state;
    start_with((struct module_config){.file = {.read = NULL}});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static void assert_app(const struct firmware *image)
{
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), image->data, image->len);
}

static void run_to_update(void)
{
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_app(&firmware_set()->new_app);
}

static void assert_answers(void)
{
    struct otter_p0 read = {.action = OTTER_P0_READ};
    assert_int_equal(module_control(testbed_module(bed), &read, testbed_now_ms(bed)), 0);
    firmware_run_ms(bed, 1000);
    assert_false(module_is_busy(testbed_module(bed)));
}

/* The module offers a file, with an MD5 of 32 times `md5_digit`, that must not be installed.
 * The old app goes on: it still answers seconds later, and FLAG says nothing. */
static void run_to_failure(const uint8_t file[], size_t size, char md5_digit,
                           enum module_failure why)
{
    struct module_config module = {.file = module_file_in_memory(file, (uint32_t)size),
                                   .version = "99999999"};
    memset(module.file.md5_hex, md5_digit, sizeof module.file.md5_hex);
    start_with(module);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_int_equal(testbed_failure(bed), why);
    assert_app(&firmware_set()->old_app);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE),
                     1); /* the first start's */
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    firmware_run_ms(bed, 2000);
    assert_answers();
    const uint8_t *flag = firmware_flash(bed, OTTER_FLAG_ADDR);
    assert_int_not_equal(flag[0] | flag[1] << 8, 0xEEEE);
}

static void test_happy_path(void **state)
{
    (void)state;
    run_to_update();
    assert_int_equal(seen.ready, 1);
    assert_int_equal(seen.resent, 0);
    assert_non_null(strstr(testbed_log(bed), "App Init Success , SoftVersion = 03010101"));
    assert_int_equal(firmware_count_in_log(bed, "Install [0]"), 1);
    assert_int_equal(firmware_count_in_log(bed, "Trial ["), 1);
    assert_non_null(strstr(testbed_log(bed), "App Init Success , SoftVersion = 03010102"));
    assert_int_equal(board_uart_overruns(testbed_board(bed), 2), 0);
}

/* The board has no crystal: HSI/2 x 16 = 64 MHz, and everything works as well. */
static void test_happy_path_without_hse(void **state)
{
    (void)state;
    struct testbed_config config;
    firmware_testbed_config(&config, 1, NULL);
    config.board.without_hse = true;
    bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    testbed_power_on(bed);
    run_to_update();
}

static void test_file_too_large_is_refused(void **state)
{
    (void)state;
    static const uint8_t file[OTTER_APP_SIZE + 2];
    run_to_failure(file, sizeof file, '0', MODULE_FAIL_REFUSED);
}

static void test_wrong_md5_ends_at_the_last_piece(void **state)
{
    (void)state;
    const struct firmware *image = &firmware_set()->new_app;
    run_to_failure(image->data, image->len, 'a', MODULE_FAIL_MD5_DIFFERS);
    /* 0x27 came before the last piece's ACK, and the ACK came as well: the measured order */
    assert_int_equal(seen.progress, (image->len + OTTER_PIECE_MAX - 1) / OTTER_PIECE_MAX);
}

static void test_not_a_firmware_is_refused(void **state)
{
    (void)state;
    static uint8_t file[3000];
    memset(file, 0x5A, sizeof file);
    run_to_failure(file, sizeof file, '0', MODULE_FAIL_ABORTED);
}

static void test_lost_ack_of_a_piece(void **state)
{
    (void)state;
    firmware_run_muted_at_piece(bed, &seen, 5, 2000);
    run_to_update();
    assert_int_equal(seen.resent, 1);
    assert_int_equal(seen.ready, 1);
}

/* The module hears nothing for 12 s: it sends a piece three times and gives up with 0x1F. */
static void test_module_aborts_and_is_asked_again(void **state)
{
    (void)state;
    firmware_run_muted_at_piece(bed, &seen, 5, 12000);
    run_to_update();
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready >= 2);
}

/* Reset pin in the middle: RAM is kept, the transfer is begun again without a module
 * restart. */
static void test_mcu_reset_resumes_by_ready(void **state)
{
    (void)state;
    firmware_run_until_piece(bed, &seen, 5);
    board_reset(testbed_board(bed));
    unsigned started = seen.started;
    run_to_update();
    assert_int_equal(seen.ready, 2);
    /* the one start more is the new app's 0x29 */
    assert_int_equal(seen.started, started + 1);
}

/* Supply of the MCU alone lost: RAM is gone, 0x29 makes the module begin again. */
static void test_mcu_power_loss_restarts_the_module(void **state)
{
    (void)state;
    firmware_run_until_piece(bed, &seen, 5);
    board_power_on(testbed_board(bed));
    unsigned started = seen.started;
    run_to_update();
    assert_int_equal(seen.started, started + 2);
}

/* The line is cut in both directions and stays so: the module reports it, the MCU lives on. */
static void test_wire_dies_for_good(void **state)
{
    (void)state;
    firmware_run_until_piece(bed, &seen, 3);
    testbed_mute(bed, true, true);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    testbed_mute(bed, false, false);
    assert_app(&firmware_set()->old_app);
    /* The MCU gives up asking and lives on: it answers the module's next command. */
    firmware_run_ms(bed, 70000);
    assert_answers();
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_happy_path, start, stop),
        cmocka_unit_test_teardown(test_happy_path_without_hse, stop),
        cmocka_unit_test_teardown(test_file_too_large_is_refused, stop),
        cmocka_unit_test_teardown(test_wrong_md5_ends_at_the_last_piece, stop),
        cmocka_unit_test_teardown(test_not_a_firmware_is_refused, stop),
        cmocka_unit_test_setup_teardown(test_lost_ack_of_a_piece, start, stop),
        cmocka_unit_test_setup_teardown(test_module_aborts_and_is_asked_again, start, stop),
        cmocka_unit_test_setup_teardown(test_mcu_reset_resumes_by_ready, start, stop),
        cmocka_unit_test_setup_teardown(test_mcu_power_loss_restarts_the_module, start, stop),
        cmocka_unit_test_setup_teardown(test_wire_dies_for_good, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
