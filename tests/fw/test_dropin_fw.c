/* SPDX-License-Identifier: Apache-2.0 */
/* A project in the style of Gizwits' generator, with gizwits-dropin/ added as docs/dropin.md says:
 * its two binaries and the real bootloader on the modelled board, the Wi-Fi module on the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "host/file.h" /* before cmocka.h, which has a macro fail */
#include <cmocka.h>
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { SEED = 11, PIECE_LEN = 128, OFFER_MS = 60000 };

static struct firmware boot, old_app, new_app;

/* Board and module off, the old version in flash, the new one offered. */
static struct rig *new_rig(struct firmware_seen *seen, bool wrong_md5)
{
    const struct rig_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                     {OTTER_APP_ADDR, old_app.data, old_app.len}};
    struct file update = {new_app.data, new_app.len};
    struct rig_config config = {.board = {.seed = SEED}, .loads = loads, .load_count = 2};
    config.module = (struct module_config){.event = firmware_see,
                                           .ctx = seen,
                                           .file = update.data,
                                           .file_size = (uint32_t)update.len};
    file_md5_hex(&update, config.module.md5_hex);
    if (wrong_md5) {
        memset(config.module.md5_hex, 'a', sizeof config.module.md5_hex);
    }
    memcpy(config.module.version, "03010102", 8);
    struct rig *rig = rig_new(&config);
    assert_non_null(rig);
    rig_power_on(rig);
    return rig;
}

static void assert_updated(struct rig *rig)
{
    assert_int_equal(rig_outcome(rig), MODULE_UPDATED);
    assert_memory_equal(firmware_flash(rig, OTTER_APP_ADDR), new_app.data, new_app.len);
    assert_non_null(strstr(rig_log(rig), "App Init Success , SoftVersion = 03010102"));
    assert_int_equal(board_uart_overruns(rig_board(rig), 2), 0);
    assert_int_equal(board_resets(rig_board(rig), BOARD_RESET_WATCHDOG), 0);
}

static void test_whole_update(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    firmware_run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.count, (new_app.len + PIECE_LEN - 1) / PIECE_LEN);
    assert_int_equal(seen.ready, 1);
    assert_int_equal(seen.resent, 0); /* the last piece was acknowledged before the restart */
    assert_int_equal(seen.refused, 0);
    /* 0x29 was answered: the record of the installation is gone, the next start is a quiet one */
    assert_int_equal(*firmware_flash(rig, OTTER_FLAG_ADDR), 0xFF);
    unsigned started = seen.started;
    board_reset(rig_board(rig));
    firmware_run_ms(rig, 8000);
    assert_int_equal(seen.started, started);
    printf("updated at %u ms of the board's time\n", (unsigned)rig_now_ms(rig));
    rig_free(rig);
}

static void test_lost_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    firmware_run_muted_at_piece(rig, &seen, 5, 2000);
    assert_updated(rig);
    assert_int_equal(seen.resent, 1);
    assert_int_equal(seen.ready, 1);
    rig_free(rig);
}

/* The ACK of the last piece is lost: it comes again, to the bootloader or to the new version. */
static void test_lost_last_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    firmware_run_muted_at_piece(
        rig, &seen, (unsigned)((new_app.len + PIECE_LEN - 1) / PIECE_LEN) - 1, 1000);
    assert_updated(rig);
    rig_free(rig);
}

/* The module hears nothing for 12 s, sends 0x1F, and is asked again. */
static void test_module_gives_up_and_is_asked_again(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    firmware_run_muted_at_piece(rig, &seen, 5, 12000);
    assert_updated(rig);
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready >= 2);
    rig_free(rig);
}

static void test_lost_ready(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    for (int ms = 0; seen.offered == 0; ms++) { /* 0x1A came, READY is on its way */
        assert_true(ms < OFFER_MS);
        firmware_run_ms(rig, 1);
    }
    rig_mute(rig, true, false);
    firmware_run_ms(rig, 1000);
    rig_mute(rig, false, false);
    assert_int_equal(seen.ready, 0);
    uint32_t offered_ms = rig_now_ms(rig);
    while (seen.ready == 0 && rig_now_ms(rig) - offered_ms < 9000) {
        firmware_run_ms(rig, 1);
    }
    /* 3.5 s behind the last byte: the module's status at 5 s is one of those */
    assert_in_range(rig_now_ms(rig) - offered_ms + 1000, 3500, 7500);
    firmware_run_to_end(rig);
    assert_updated(rig);
    rig_free(rig);
}

static void test_wrong_md5(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, true);
    firmware_run_to_end(rig);
    assert_int_equal(rig_outcome(rig), MODULE_FAILED);
    assert_int_equal(rig_failure(rig), MODULE_MD5_DIFFERS);
    assert_int_equal(seen.refused, 1);
    assert_int_equal(seen.progress, seen.count); /* 0x27, and the ACK behind it */
    assert_memory_equal(firmware_flash(rig, OTTER_APP_ADDR), old_app.data, old_app.len);
    assert_int_not_equal(*firmware_flash(rig, OTTER_FLAG_ADDR), 0xEE);
    assert_int_equal(board_resets(rig_board(rig), BOARD_RESET_SOFTWARE),
                     1); /* the first start's */
    const struct otter_p0 read = {.action = OTTER_P0_READ};
    firmware_run_ms(rig, 2000);
    assert_int_equal(module_control(rig_module(rig), &read, rig_now_ms(rig)), 0);
    firmware_run_ms(rig, 1000);
    assert_false(module_is_busy(rig_module(rig))); /* answered: the old version lives on */
    rig_free(rig);
}

/* The MCU's supply alone goes in the middle of the transfer, and later in the installation. */
static void test_power_lost_in_the_transfer_and_in_the_installation(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct rig *rig = new_rig(&seen, false);
    firmware_run_until_piece(rig, &seen, 20);
    board_power_on(rig_board(rig));
    firmware_run_until_piece(rig, &seen, seen.count - 1);
    assert_int_not_equal(rig_run_until_log(rig, "Copy New Sys", 0, 60000), 0);
    firmware_run_ms(rig, 100);
    assert_memory_not_equal(firmware_flash(rig, OTTER_APP_ADDR), new_app.data, new_app.len);
    board_power_on(rig_board(rig));
    firmware_run_to_end(rig);
    assert_updated(rig);
    rig_free(rig);
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
