/* SPDX-License-Identifier: Apache-2.0 */
/* A project in the style of Gizwits' generator, with gizwits-dropin/ added as
 * docs/dropin.md says: its two binaries and the real bootloader on the modelled board, the
 * Wi-Fi module on the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "host/image_file.h"
#include <cmocka.h>
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { SEED = 11, PIECE_LEN = 128, OFFER_MS = 60000 };

static struct firmware boot, old_app, new_app;

/* Board and module off, the old version in flash, the new one offered. */
static struct testbed *new_testbed(struct firmware_seen *seen, bool wrong_md5)
{
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                         {OTTER_APP_ADDR, old_app.data, old_app.len}};
    struct file update = {new_app.data, new_app.len};
    struct testbed_config config = {.board = {.seed = SEED}, .loads = loads, .load_count = 2};
    config.module = (struct module_config){
        .event = firmware_see, .ctx = seen, .file = image_file_offer(&update)};
    if (wrong_md5) {
        memset(config.module.file.md5_hex, 'a', sizeof config.module.file.md5_hex);
    }
    memcpy(config.module.version, "03010102", 8);
    struct testbed *bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    testbed_power_on(bed);
    return bed;
}

static void assert_updated(struct testbed *bed)
{
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
    assert_non_null(strstr(testbed_log(bed), "App Init Success , SoftVersion = 03010102"));
    assert_int_equal(board_uart_overruns(testbed_board(bed), 2), 0);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
}

static void test_whole_update(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_to_end(bed);
    assert_updated(bed);
    assert_int_equal(seen.count, (new_app.len + PIECE_LEN - 1) / PIECE_LEN);
    assert_int_equal(seen.ready, 1);
    assert_int_equal(seen.resent, 0); /* the last piece was acknowledged before the restart */
    assert_int_equal(seen.refused, 0);
    /* 0x29 was answered: the record of the installation is gone, the next
     * start is a quiet one */
    assert_int_equal(*firmware_flash(bed, OTTER_FLAG_ADDR), 0xFF);
    unsigned started = seen.started;
    board_reset(testbed_board(bed));
    firmware_run_ms(bed, 8000);
    assert_int_equal(seen.started, started);
    printf("updated at %u ms of the board's time\n", (unsigned)testbed_now_ms(bed));
    testbed_free(bed);
}

static void test_lost_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(bed, &seen, 5, 2000);
    assert_updated(bed);
    assert_int_equal(seen.resent, 1);
    assert_int_equal(seen.ready, 1);
    testbed_free(bed);
}

/* The ACK of the last piece is lost: it comes again, to the bootloader or
 * to the new version. */
static void test_lost_last_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(
        bed, &seen, (unsigned)((new_app.len + PIECE_LEN - 1) / PIECE_LEN) - 1, 1000);
    assert_updated(bed);
    testbed_free(bed);
}

/* The module hears nothing for 12 s, sends 0x1F, and is asked again. */
static void test_module_gives_up_and_is_asked_again(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(bed, &seen, 5, 12000);
    assert_updated(bed);
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready >= 2);
    testbed_free(bed);
}

static void test_lost_ready(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    for (int ms = 0; seen.offered == 0; ms++) { /* 0x1A came, READY is on its way */
        assert_true(ms < OFFER_MS);
        firmware_run_ms(bed, 1);
    }
    testbed_mute(bed, true, false);
    firmware_run_ms(bed, 1000);
    testbed_mute(bed, false, false);
    assert_int_equal(seen.ready, 0);
    uint32_t offered_ms = testbed_now_ms(bed);
    while (seen.ready == 0 && testbed_now_ms(bed) - offered_ms < 9000) {
        firmware_run_ms(bed, 1);
    }
    /* 3.5 s after the last byte: the module's status at 5 s is one of those */
    assert_in_range(testbed_now_ms(bed) - offered_ms + 1000, 3500, 7500);
    firmware_run_to_end(bed);
    assert_updated(bed);
    testbed_free(bed);
}

static void test_wrong_md5(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, true);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_MD5_DIFFERS);
    assert_int_equal(seen.refused, 1);
    assert_int_equal(seen.progress, seen.count); /* 0x27, and then the ACK */
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), old_app.data, old_app.len);
    assert_int_not_equal(*firmware_flash(bed, OTTER_FLAG_ADDR), 0xEE);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE),
                     1); /* the first start's */
    const struct otter_p0 read = {.action = OTTER_P0_READ};
    firmware_run_ms(bed, 2000);
    assert_int_equal(module_control(testbed_module(bed), &read, testbed_now_ms(bed)), 0);
    firmware_run_ms(bed, 1000);
    assert_false(module_is_busy(testbed_module(bed))); /* answered: the old version lives on */
    testbed_free(bed);
}

/* The MCU's supply alone goes in the middle of the transfer, and later in the installation. */
static void test_power_lost_in_the_transfer_and_in_the_installation(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_until_piece(bed, &seen, 20);
    board_power_on(testbed_board(bed));
    firmware_run_until_piece(bed, &seen, seen.count - 1);
    assert_int_not_equal(testbed_run_until_log(bed, "Copy New Sys", 0, 60000), 0);
    firmware_run_ms(bed, 100);
    assert_memory_not_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
    board_power_on(testbed_board(bed));
    firmware_run_to_end(bed);
    assert_updated(bed);
    testbed_free(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_update),
        cmocka_unit_test(test_lost_ack),
        cmocka_unit_test(test_lost_last_ack),
        cmocka_unit_test(test_module_gives_up_and_is_asked_again),
        cmocka_unit_test(test_lost_ready),
        cmocka_unit_test(test_wrong_md5),
        cmocka_unit_test(test_power_lost_in_the_transfer_and_in_the_installation),
    };
    boot = firmware_read("boot/boot_unsigned.bin");
    old_app = firmware_read("tests/dropin/dropin_03010101.bin");
    new_app = firmware_read("tests/dropin/dropin_03010102.bin");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
