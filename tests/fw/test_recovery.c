/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader on the model when nothing can be started, or when the app asks for it: the
 * module's side alone brings the board back, with what it does for every update. Authority:
 * docs/protocol.md chapter 4.7, docs/design.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lab/replay/replay.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/gpio.h"
#include "board/stm32f1/rcc.h"
#include "otter/journal.h"
#include "otter/reason.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"
#include "host/module_text.h"
#include "tests/support/rng.h"

static struct firmware boot, pin_boot;
static struct replay *waiting, *pin_waiting;
static struct testbed *bed;
static struct firmware_seen seen;

/* A device with `loads` in flash and a module that offers `update` as version 03010102. */
static void start(const struct testbed_load loads[], size_t load_count,
                  const struct firmware *update, bool module_keeps_power)
{
    struct testbed_config config = {.board = {.seed = 1},
                                    .loads = loads,
                                    .load_count = load_count,
                                    .module_keeps_power = module_keeps_power};

    memset(&seen, 0, sizeof seen);
    firmware_offer(&config.module, update, "03010102");
    config.module.event = firmware_see;
    config.module.ctx = &seen;
    bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    assert_true(replay_attach(waiting, testbed_board(bed)));
    testbed_power_on(bed);
}

static void start_empty(bool module_keeps_power)
{
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len}};

    start(loads, 1, &firmware_set()->new_app, module_keeps_power);
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static unsigned count(const char *text)
{
    return firmware_count_in_log(bed, text);
}

/* The app that was pushed runs, confirms, and goes on running whenever the supply fails. */
static void expect_recovered(unsigned recoveries)
{
    const struct firmware *app = &firmware_set()->new_app;

    firmware_run_to_end(bed);
    if (testbed_outcome(bed) != MODULE_EVENT_UPDATED) {
        fail_msg("%s; log:\n%s", module_text_failure(testbed_failure(bed)), testbed_log(bed));
    }
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), app->data, app->len);
    assert_int_equal(count("Recover"), recoveries);
    assert_int_equal(count("Install"), 1);
    assert_int_equal(count("Trial [1]"), 1); /* though there is nothing to go back to */
    assert_int_equal(count("Trial"), 1);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    for (unsigned starts = 1; starts <= OTTER_JOURNAL_TRIALS + 1; starts++) {
        testbed_power_on(bed);
        firmware_run_ms(bed, 3000);
        assert_int_equal(count("App Init Success , SoftVersion = 03010102"), starts + 1);
    }
    assert_int_equal(count("Trial"), 1);
    assert_int_equal(count("Recover"), recoveries);
}

static void test_board_without_app_is_recovered(void **state)
{
    (void)state;
    start_empty(false);
    expect_recovered(1);
    assert_int_equal(seen.resent, 0); /* no byte was lost while pages were erased */
    assert_int_equal(seen.ready, 1);
}

/* Journal, FLAG, spare and APPBAK full of noise, one bit of APP decayed. */
static void test_ruined_board_is_recovered(void **state)
{
    const struct firmware_set *set = firmware_set();
    uint8_t *noise = malloc(OTTER_FLASH_SIZE - OTTER_BOOT_SIZE);
    struct firmware app = firmware_copy(&set->old_app);
    uint64_t seed = 7;
    const struct testbed_load loads[] = {
        {OTTER_JOURNAL_ADDR, noise, OTTER_FLASH_SIZE - OTTER_BOOT_SIZE},
        {OTTER_BOOT_ADDR, boot.data, boot.len},
        {OTTER_APP_ADDR, app.data, app.len},
    };

    (void)state;
    assert_non_null(noise);
    rng_fill(&seed, noise, OTTER_FLASH_SIZE - OTTER_BOOT_SIZE);
    app.data[3000] ^= 0x10;
    start(loads, 3, &set->new_app, false);
    free(noise);
    free(app.data);
    expect_recovered(1);
}

static void test_power_is_cut_in_the_middle(void **state)
{
    (void)state;
    start_empty(false);
    firmware_run_until_piece(bed, &seen, 20);
    testbed_power_on(bed); /* both */
    expect_recovered(2);
}

/* The module goes on with the piece that is due, and is restarted. */
static void test_mcu_alone_is_reset_in_the_middle(void **state)
{
    (void)state;
    start_empty(true);
    firmware_run_until_piece(bed, &seen, 20);
    testbed_power_on(bed);
    expect_recovered(2);
    assert_int_equal(seen.offered, 2);
}

static void test_lost_acknowledgements(void **state)
{
    (void)state;
    start_empty(false);
    firmware_run_muted_at_piece(bed, &seen, 9, 5000);
    expect_recovered(1);
    assert_true(seen.resent > 0);
    assert_int_equal(seen.ready, 1); /* repeats are acknowledged, and the file goes on */
}

/* So long that the module gives up: READY follows the silence. */
static void test_long_silence(void **state)
{
    (void)state;
    start_empty(false);
    firmware_run_until_piece(bed, &seen, 9);
    testbed_mute(bed, true, true);
    firmware_run_ms(bed, 11000);
    testbed_mute(bed, false, false);
    expect_recovered(1);
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready > 1);
}

static void test_unsigned_image_is_not_installed_and_recovery_goes_on(void **state)
{
    const struct firmware_set *set = firmware_set();
    struct firmware forged = firmware_copy(&set->new_app);
    const struct testbed_load only_boot[] = {{OTTER_BOOT_ADDR, boot.data, boot.len}};
    uint8_t *flash = malloc(OTTER_FLASH_SIZE);
    const struct testbed_load all[] = {{OTTER_FLASH_ADDR, flash, OTTER_FLASH_SIZE}};

    (void)state;
    assert_non_null(flash);
    memset(forged.data + forged.len - 64, 0, 64);
    start(only_boot, 1, &forged, false);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
    assert_int_equal(count("Recover"), 2);
    assert_int_equal(count("Recover [7]"), 1);
    assert_int_equal(testbed_told(bed).status.reason, OTTER_REASON_SIGNATURE);
    assert_int_equal(count("Install"), 0);
    assert_int_equal(*firmware_flash(bed, OTTER_APP_ADDR), 0xFF);
    memcpy(flash, firmware_flash(bed, OTTER_FLASH_ADDR), OTTER_FLASH_SIZE);
    testbed_free(bed);
    start(all, 1, &set->new_app, false);
    expect_recovered(1);
    free(forged.data);
    free(flash);
}

/* ---- asked for by an app ---- */

/* The old app runs and is confirmed, a module with `update` on the line; then
 * KEY1 and KEY2 are held. */
static void ask(const struct firmware *update)
{
    const struct firmware *app = &firmware_set()->old_app;
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                         {OTTER_APP_ADDR, app->data, app->len}};

    start(loads, 2, update, false);
    board_set_key(testbed_board(bed), 1, true);
    board_set_key(testbed_board(bed), 2, true);
    assert_int_not_equal(testbed_run_until_log(bed, "Recover [17]", 0, 5000), 0);
    board_set_key(testbed_board(bed), 1, false);
    board_set_key(testbed_board(bed), 2, false);
}

static void test_app_asks_and_gets_an_image_on_trial(void **state)
{
    const struct firmware *app = &firmware_set()->new_app;

    (void)state;
    ask(app);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), app->data, app->len);
    assert_int_equal(count("Recover"), 1);
    assert_int_equal(count("Install [0]"), 1);
    assert_int_equal(count("Trial [1]"), 1); /* there is an app to go back to */
}

static void test_app_asks_and_a_forged_image_is_refused(void **state)
{
    const struct firmware_set *set = firmware_set();
    struct firmware forged = firmware_copy(&set->new_app);

    (void)state;
    forged.data[5000] ^= 1;
    ask(&forged);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), set->old_app.data,
                        set->old_app.len);
    assert_int_equal(count("Refuse [7]"), 2); /* the module offers it to the app, too */
    assert_int_equal(count("Install"), 0);
    assert_int_equal(count("App Init Success , SoftVersion = 03010101"), 3);
    free(forged.data);
}

/* Nothing comes, or half of it: the next start is the app's. */
static void test_app_asks_and_the_power_goes(void **state)
{
    (void)state;
    ask(&firmware_set()->new_app);
    firmware_run_until_piece(bed, &seen, 20);
    testbed_power_on(bed);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED); /* by the app */
    assert_int_equal(count("Recover"), 1);
    assert_int_equal(count("App Init Success , SoftVersion = 03010101"), 2);
}

/* ---- asked for by a pin, of a bootloader that has one: KEY1 ---- */

/* The old app in flash or nothing, and KEY1 held while the supply comes. */
static void start_with_pin_and(const struct firmware *update, bool has_app, bool is_held)
{
    const struct firmware_set *set = firmware_set();
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, pin_boot.data, pin_boot.len},
                                         {OTTER_APP_ADDR, set->old_app.data, set->old_app.len}};

    start(loads, has_app ? 2 : 1, update, false);
    assert_true(replay_attach(pin_waiting, testbed_board(bed)));
    board_set_key(testbed_board(bed), 1, is_held);
    testbed_power_on(bed);
}

static void start_with_pin(bool has_app, bool is_held)
{
    start_with_pin_and(&firmware_set()->new_app, has_app, is_held);
}

/* Held as well: what has come is refused, and the app starts. */
static void test_pin_asks_and_a_forged_image_is_refused(void **state)
{
    struct firmware forged = firmware_copy(&firmware_set()->new_app);

    (void)state;
    forged.data[5000] ^= 1;
    start_with_pin_and(&forged, true, true);
    assert_int_not_equal(testbed_run_until_log(bed, "SoftVersion = 03010101", 0, 120000), 0);
    assert_int_equal(count("Refuse [7]"), 1);
    assert_int_equal(count("Recover"), 1);
    free(forged.data);
}

static void test_pin_asks_and_what_comes_is_on_trial(void **state)
{
    const struct firmware *app = &firmware_set()->new_app;

    (void)state;
    start_with_pin(true, true); /* and held all the time: it asks at power-on only */
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), app->data, app->len);
    assert_int_equal(count("Recover [17]"), 1);
    assert_int_equal(count("Trial [1]"), 1);
}

/* Held as well: what has come starts. */
static void test_pin_of_a_board_without_app(void **state)
{
    (void)state;
    start_with_pin(false, true);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_int_equal(count("Recover"), 1);
}

static void test_pin_is_released_and_the_app_starts(void **state)
{
    (void)state;
    start_with_pin(true, true);
    assert_int_not_equal(testbed_run_until_log(bed, "Recover [17]", 0, 5000), 0);
    board_set_key(testbed_board(bed), 1, false);
    testbed_power_on(bed);
    assert_int_not_equal(testbed_run_until_log(bed, "SoftVersion = 03010101", 0, 5000), 0);
    assert_int_equal(count("Recover"), 1);
}

/* Looked at and not pressed: the app finds the port as after reset. */
static void test_pin_leaves_no_trace(void **state)
{
    const struct board *chip;
    const struct gpio *port;

    (void)state;
    start_with_pin(true, false);
    chip = testbed_board(bed);
    while (chip->cpu.r[15] - OTTER_APP_ADDR >= OTTER_APP_SIZE) {
        assert_int_equal(board_run(testbed_board(bed), board_now(chip) + 1), BOARD_STOP_TIME);
    }
    port = (const struct gpio *)chip_state(chip, CHIP_gpio) + 1;
    assert_int_equal(port->crl, 0x44444444);
    assert_int_equal(port->crh, 0x44444444);
    assert_int_equal(port->odr, 0);
    assert_int_equal(((const struct rcc *)chip_state(chip, CHIP_rcc))->apb2enr, 0);
    assert_int_equal(count("Recover"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_board_without_app_is_recovered, stop),
        cmocka_unit_test_teardown(test_ruined_board_is_recovered, stop),
        cmocka_unit_test_teardown(test_power_is_cut_in_the_middle, stop),
        cmocka_unit_test_teardown(test_mcu_alone_is_reset_in_the_middle, stop),
        cmocka_unit_test_teardown(test_lost_acknowledgements, stop),
        cmocka_unit_test_teardown(test_long_silence, stop),
        cmocka_unit_test_teardown(test_unsigned_image_is_not_installed_and_recovery_goes_on,
                                  stop),
        cmocka_unit_test_teardown(test_app_asks_and_gets_an_image_on_trial, stop),
        cmocka_unit_test_teardown(test_app_asks_and_a_forged_image_is_refused, stop),
        cmocka_unit_test_teardown(test_app_asks_and_the_power_goes, stop),
        cmocka_unit_test_teardown(test_pin_asks_and_what_comes_is_on_trial, stop),
        cmocka_unit_test_teardown(test_pin_asks_and_a_forged_image_is_refused, stop),
        cmocka_unit_test_teardown(test_pin_of_a_board_without_app, stop),
        cmocka_unit_test_teardown(test_pin_is_released_and_the_app_starts, stop),
        cmocka_unit_test_teardown(test_pin_leaves_no_trace, stop),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    boot = firmware_read("boot/boot.bin");
    pin_boot = firmware_read("tests/fw/pinboot/pinboot.bin");
    waiting = firmware_waiting("boot/boot.elf");
    pin_waiting = firmware_waiting("tests/fw/pinboot/pinboot.elf");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
