/* SPDX-License-Identifier: Apache-2.0 */
/* Whole updates on the real binaries that meet trouble: each failure path of the tutorial, and what
 * the device and the module make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "otter/device.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { LIMIT_MS = 180000 };

/* What the module saw. */
struct seen {
    unsigned progress; /* last piece acknowledged */
    unsigned resent, stopped, ready, started;
};

static void on_event(void *ctx, const struct module_event *event)
{
    struct seen *seen = ctx;
    seen->started += event->kind == MODULE_STARTED;
    seen->ready += event->kind == MODULE_READY;
    seen->resent += event->kind == MODULE_RESENT;
    seen->stopped += event->kind == MODULE_STOPPED;
    if (event->kind == MODULE_PROGRESS) {
        seen->progress = event->number;
    }
}

static void run_until_piece(struct rig *rig, const struct seen *seen, unsigned number)
{
    for (int ms = 0; seen->progress < number; ms++) {
        assert_true(ms < LIMIT_MS);
        assert_int_equal(rig_run_ms(rig, 1), BOARD_STOP_TIME);
    }
}

static void run_to_end(struct rig *rig)
{
    for (int ms = 0; rig_outcome(rig) == MODULE_STARTED; ms += 10) {
        assert_true(ms < LIMIT_MS);
        enum board_stop stop = rig_run_ms(rig, 10);
        if (stop != BOARD_STOP_TIME) {
            fail_msg("board: %s", board_why(rig_board(rig)));
        }
    }
}

static void assert_app(struct rig *rig, const struct firmware *image)
{
    const uint8_t *app = board_flash(rig_board(rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    assert_memory_equal(app, image->data, image->len);
}

static void assert_updated(struct rig *rig)
{
    assert_int_equal(rig_outcome(rig), MODULE_UPDATED);
    assert_app(rig, &firmware_set()->new_app);
}

/* The old app goes on: it still answers a minute later, and FLAG says nothing. */
static void assert_old_app_lives(struct rig *rig, enum module_failure why)
{
    assert_int_equal(rig_outcome(rig), MODULE_FAILED);
    assert_int_equal(rig_failure(rig), why);
    assert_app(rig, &firmware_set()->old_app);
    unsigned resets = board_resets(rig_board(rig), BOARD_RESET_SOFTWARE) +
                      board_resets(rig_board(rig), BOARD_RESET_WATCHDOG);
    assert_int_equal(resets, 0);
    struct otter_p0 read = {.action = OTTER_P0_READ};
    assert_int_equal(rig_run_ms(rig, 2000), BOARD_STOP_TIME);
    assert_int_equal(module_control(rig_module(rig), &read, rig_now_ms(rig)), 0);
    assert_int_equal(rig_run_ms(rig, 1000), BOARD_STOP_TIME);
    const uint8_t *flag = board_flash(rig_board(rig)) + (OTTER_FLAG_ADDR - OTTER_FLASH_ADDR);
    assert_int_not_equal(flag[0] | flag[1] << 8, 0xEEEE);
}

static struct rig *start(struct seen *seen)
{
    struct module_config module = {.event = on_event, .ctx = seen};
    struct rig *rig = firmware_rig(1, &module);
    rig_power_on(rig);
    return rig;
}

static void test_happy_path(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.ready, 1);
    assert_int_equal(seen.resent, 0);
    assert_non_null(strstr(rig_log(rig), "App Init Success , SoftVersion = 03010101"));
    assert_non_null(strstr(rig_log(rig), "New ROM Check Success , Wait to Load New Systerm"));
    assert_non_null(strstr(rig_log(rig), "App Init Success , SoftVersion = 03010102"));
    assert_int_equal(board_uart_overruns(rig_board(rig), 2), 0);
    rig_free(rig);
}

/* The board has no crystal: HSI/2 x 16 = 64 MHz, and everything works as well. */
static void test_happy_path_without_hse(void **state)
{
    (void)state;
    struct rig_config config;
    firmware_rig_config(&config, 1, NULL);
    config.board.without_hse = true;
    struct rig *rig = rig_new(&config);
    assert_non_null(rig);
    rig_power_on(rig);
    run_to_end(rig);
    assert_updated(rig);
    rig_free(rig);
}

static void test_file_too_large_is_refused(void **state)
{
    (void)state;
    static uint8_t file[OTTER_APP_SIZE + 2];
    struct module_config module = {
        .file = file, .file_size = sizeof file, .version = "99999999"};
    memset(module.md5_hex, '0', sizeof module.md5_hex);
    struct rig *rig = firmware_rig(1, &module);
    rig_power_on(rig);
    run_to_end(rig);
    assert_old_app_lives(rig, MODULE_REFUSED);
    rig_free(rig);
}

static void test_wrong_md5_ends_at_the_last_piece(void **state)
{
    (void)state;
    const struct firmware *image = &firmware_set()->new_app;
    struct seen seen = {0};
    struct module_config module = {.file = image->data,
                                   .file_size = (uint32_t)image->len,
                                   .version = "03010102",
                                   .event = on_event,
                                   .ctx = &seen};
    memset(module.md5_hex, 'a', sizeof module.md5_hex);
    struct rig *rig = firmware_rig(1, &module);
    rig_power_on(rig);
    run_to_end(rig);
    assert_old_app_lives(rig, MODULE_MD5_DIFFERS);
    /* 0x27 came before the last piece's ACK, and the ACK came as well: the measured order */
    assert_int_equal(seen.progress, (image->len + OTTER_PIECE_MAX - 1) / OTTER_PIECE_MAX);
    rig_free(rig);
}

static void test_not_a_firmware_is_refused(void **state)
{
    (void)state;
    static uint8_t file[3000];
    memset(file, 0x5A, sizeof file);
    struct module_config module = {
        .file = file, .file_size = sizeof file, .version = "99999999"};
    memset(module.md5_hex, '0', sizeof module.md5_hex);
    struct rig *rig = firmware_rig(1, &module);
    rig_power_on(rig);
    run_to_end(rig);
    assert_old_app_lives(rig, MODULE_ABORTED);
    rig_free(rig);
}

static void test_lost_ack_of_a_piece(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_until_piece(rig, &seen, 5);
    rig_mute(rig, true, false);
    (void)rig_run_ms(rig, 2000);
    rig_mute(rig, false, false);
    run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.resent, 1);
    assert_int_equal(seen.ready, 1);
    rig_free(rig);
}

/* The module hears nothing for 12 s: it sends a piece three times and gives up with 0x1F. */
static void test_module_aborts_and_is_asked_again(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_until_piece(rig, &seen, 5);
    rig_mute(rig, true, false);
    (void)rig_run_ms(rig, 12000);
    rig_mute(rig, false, false);
    run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready >= 2);
    rig_free(rig);
}

/* Reset pin in the middle: RAM is kept, the transfer is begun again without a module restart. */
static void test_mcu_reset_resumes_by_ready(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_until_piece(rig, &seen, 5);
    board_reset(rig_board(rig));
    unsigned started = seen.started;
    run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.ready, 2);
    /* the one start more is the new app's 0x29 */
    assert_int_equal(seen.started, started + 1);
    rig_free(rig);
}

/* Supply of the MCU alone lost: RAM is gone, 0x29 makes the module begin again. */
static void test_mcu_power_loss_restarts_the_module(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_until_piece(rig, &seen, 5);
    board_power_on(rig_board(rig));
    unsigned started = seen.started;
    run_to_end(rig);
    assert_updated(rig);
    assert_int_equal(seen.started, started + 2);
    rig_free(rig);
}

/* The line is cut in both directions and stays so: the module reports it, the MCU lives on. */
static void test_wire_dies_for_good(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rig *rig = start(&seen);
    run_until_piece(rig, &seen, 3);
    rig_mute(rig, true, true);
    run_to_end(rig);
    assert_int_equal(rig_outcome(rig), MODULE_FAILED);
    rig_mute(rig, false, false);
    assert_app(rig, &firmware_set()->old_app);
    /* The MCU gives up asking and lives on: it answers the module's next command. */
    (void)rig_run_ms(rig, 70000);
    assert_int_equal(board_resets(rig_board(rig), BOARD_RESET_WATCHDOG), 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_happy_path),
        cmocka_unit_test(test_happy_path_without_hse),
        cmocka_unit_test(test_file_too_large_is_refused),
        cmocka_unit_test(test_wrong_md5_ends_at_the_last_piece),
        cmocka_unit_test(test_not_a_firmware_is_refused),
        cmocka_unit_test(test_lost_ack_of_a_piece),
        cmocka_unit_test(test_module_aborts_and_is_asked_again),
        cmocka_unit_test(test_mcu_reset_resumes_by_ready),
        cmocka_unit_test(test_mcu_power_loss_restarts_the_module),
        cmocka_unit_test(test_wire_dies_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
