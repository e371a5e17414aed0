/* SPDX-License-Identifier: Apache-2.0 */
/* The product as the module sees it: who it is, status, heartbeat, restart, illegal messages,
 * silence, and a whole update; the real binaries on the modelled board. Authorities: Gizwits
 * serial protocol 4; the behaviour table of the product (docs/design.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "board/host/loader.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/pethouse_fixture.h"
#include "tests/support/firmware.h"

/* ---- who it is ---- */

static void test_image_trailer_is_what_core_reads(void **state)
{
    (void)state;
    const struct firmware_set *set = firmware_set();
    const struct firmware *images[] = {&set->old_app, &set->new_app};
    const char *versions[] = {"03010101", "03010102"};
    const uint32_t numbers[] = {0x03010101, 0x03010102};
    for (unsigned i = 0; i < 2; i++) {
        struct otter_image image;
        uint32_t size = (uint32_t)images[i]->len;
        assert_true(size > OTTER_IMAGE_TRAILER_SIZE);
        const uint8_t *end = images[i]->data + size - OTTER_IMAGE_TRAILER_SIZE;
        assert_int_equal(otter_image_get_trailer(end, size, &image), 0);
        assert_int_equal(image.length, size - OTTER_IMAGE_TRAILER_SIZE);
        assert_memory_equal(image.hardware, "03010100", 8);
        assert_memory_equal(image.version, versions[i], 8);
        assert_int_equal(image.number, numbers[i]);
        assert_int_not_equal(image.key_id, 0); /* by whom: tests/e2e/cli_keys.sh */
    }
}

static void test_factory_hex_is_boot_and_app(void **state)
{
    (void)state;
    static uint8_t flash[BOARD_FLASH_SIZE];
    const struct firmware_set *set = firmware_set();
    const struct firmware hex = firmware_read("app/pethouse/factory.hex");
    struct loader loader = {.flash = flash};
    char why[HOST_WHY_SIZE];
    memset(flash, 0xFF, sizeof flash);
    if (!loader_put(&loader, LOADER_HEX, hex.data, hex.len, 0, why)) {
        fail_msg("factory.hex: %s", why);
    }
    assert_memory_equal(flash, set->boot.data, set->boot.len);
    const uint8_t *app = flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    assert_memory_equal(app, set->old_app.data, set->old_app.len);
    for (size_t i = 0; i < sizeof flash; i++) { /* and nothing else */
        if (i >= set->boot.len && (flash + i < app || flash + i >= app + set->old_app.len)) {
            assert_int_equal(flash[i], 0xFF);
        }
    }
    free(hex.data);
}

static void test_start_log(void **state)
{
    (void)state;
    const uint8_t *id = board_unique_id(testbed_board(pethouse));
    char line[64] = "Device ID : ";
    for (size_t i = 0; i < 12; i++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%02X", id[i]);
    }
    strcat(line, "\r\n");
    pethouse_await_log("App Init Success , SoftVersion = 03010101\r\n");
    pethouse_await_log("MCU Init Success\r\n");
    pethouse_await_log(line);
    /* once the module is there */
    pethouse_await_log("Module : WiFi ");
    pethouse_await_log("Time : 2026-11-22 21:48:06\r\n");
}

static void test_info(void **state)
{
    (void)state;
    const struct pethouse_event *event = pethouse_await(MODULE_EVENT_INFO, 0, 1000);
    assert_memory_equal(event->info.protocol, "00000004", 8);
    assert_memory_equal(event->info.p0_version, "00000002", 8);
    assert_memory_equal(event->info.hardware, "03010100", 8);
    assert_memory_equal(event->info.version, "03010101", 8);
    assert_memory_equal(event->info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    assert_int_equal(event->info.bindable_s, 0);
    assert_false(event->info.has_attr); /* the 71-byte form */
}

/* ---- the module ---- */

static void test_status_leads_to_info_and_time(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {OTTER_CMD_GET_MODULE_INFO, OTTER_CMD_GET_TIME};
    for (unsigned i = 0; i < 2; i++) {
        unsigned found = 0;
        for (size_t k = 0; k < pethouse_event_count; k++) {
            found += pethouse_events[k].kind == MODULE_EVENT_REQUEST &&
                     pethouse_events[k].cmd == wanted[i];
        }
        assert_int_equal(found, 1);
    }
    assert_int_equal(pethouse_count(MODULE_EVENT_REQUEST, 0), 2);
    size_t from = pethouse_event_count;
    module_set_status(testbed_module(pethouse), 0x071A); /* the cloud goes */
    pethouse_run(1000);
    assert_int_equal(pethouse_count(MODULE_EVENT_REQUEST, from), 0);
    module_set_status(testbed_module(pethouse), 0x073A); /* and comes back */
    assert_int_equal(pethouse_await(MODULE_EVENT_REQUEST, from, 1000)->cmd, OTTER_CMD_GET_TIME);
}

/* Eleven calm minutes: one report after 600 s, heartbeats answered, the watchdog content. */
static void test_eleven_calm_minutes(void **state)
{
    (void)state;
    size_t from = pethouse_event_count;
    uint32_t first_ms = pethouse_await(MODULE_EVENT_REPORT, 0, 0)->at_ms;
    pethouse_run(660000);
    assert_int_equal(pethouse_count(MODULE_EVENT_REPORT, from), 1);
    uint32_t gap_ms = pethouse_await(MODULE_EVENT_REPORT, from, 0)->at_ms - first_ms;
    assert_in_range(gap_ms, 600000 - PETHOUSE_SLACK_MS, 600000 + PETHOUSE_SLACK_MS);
    assert_int_equal(pethouse_count(MODULE_EVENT_STARTED, 0), 1);
    assert_int_equal(pethouse_count(MODULE_EVENT_GAVE_UP, 0), 0);
    assert_int_equal(pethouse_count(MODULE_EVENT_ILLEGAL, 0), 0);
    assert_int_equal(board_resets(testbed_board(pethouse), BOARD_RESET_WATCHDOG), 0);
    assert_int_equal(board_uart_overruns(testbed_board(pethouse), 2), 0);
}

static void test_restart_by_the_module(void **state)
{
    (void)state;
    size_t from = testbed_log_len(pethouse);
    unsigned resets = board_resets(testbed_board(pethouse), BOARD_RESET_SOFTWARE);
    pethouse_control(0x20, 0, 0, 0, 0, 9);
    uint32_t begin_ms = testbed_now_ms(pethouse);
    assert_int_equal(module_command(testbed_module(pethouse), OTTER_CMD_RESTART_MCU, NULL, 0,
                                    testbed_now_ms(pethouse)),
                     0);
    assert_int_not_equal(testbed_run_until_log(pethouse, "MCU Restart", from, 2000), 0);
    assert_in_range(testbed_now_ms(pethouse) - begin_ms, 600, 800);
    assert_int_not_equal(testbed_run_until_log(pethouse, "App Init Success", from, 2000), 0);
    assert_int_equal(board_resets(testbed_board(pethouse), BOARD_RESET_SOFTWARE), resets + 1);
    assert_int_equal(pethouse_view().motor_percent, 0);
}

static void test_illegal_messages(void **state)
{
    (void)state;
    static const uint8_t bad_sum[] = {0xFF, 0xFF, 0, 5, 7, 0x42, 0, 0, 0x99};
    static const uint8_t unknown[] = {0xFF, 0xFF, 0, 5, 0x6B, 0x43, 0, 0, 0xB3};
    size_t from = pethouse_event_count;
    board_uart_put(testbed_board(pethouse), 2, bad_sum, sizeof bad_sum, 9600);
    assert_int_equal(pethouse_await(MODULE_EVENT_ILLEGAL, from, 1000)->number,
                     OTTER_ILLEGAL_CHECKSUM);
    from = pethouse_event_count;
    board_uart_put(testbed_board(pethouse), 2, unknown, sizeof unknown, 9600);
    assert_int_equal(pethouse_await(MODULE_EVENT_ILLEGAL, from, 1000)->number,
                     OTTER_ILLEGAL_COMMAND);
    pethouse_control(0x01, 1, 0, 0, 0, 0); /* all is well after them */
}

/* A module that is silent for a minute: the product goes on, and tells the
 * last state afterwards. */
static void test_silent_module(void **state)
{
    (void)state;
    testbed_mute(pethouse, true, true);
    board_set_obstacle(testbed_board(pethouse), true);
    pethouse_press(1, 300);
    pethouse_run(60000);
    assert_non_null(strstr(testbed_log(pethouse), "Module Silent , Cmd = 0015"));
    assert_non_null(strstr(testbed_log(pethouse), "Module Silent , Cmd = 0005"));
    size_t from = pethouse_event_count;
    testbed_mute(pethouse, false, false);
    assert_int_equal(pethouse_await(MODULE_EVENT_REPORT, from, 10000)->data[INFRARED], 1);
    pethouse_control(0x01, 1, 0, 0, 0, 0);
    pethouse_expect_led(254, 0, 0);
}

/* ---- the update ---- */

static uint16_t flag_status(void)
{
    return otter_get_le16(board_flash(testbed_board(pethouse)) +
                          (OTTER_FLAG_ADDR - OTTER_FLASH_ADDR));
}

static void test_whole_update(void **state)
{
    (void)state;
    pethouse_stop(state);
    /* the fastest watchdog clock DS5319 allows: 2 s become 1.33 s */
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED, .lsi_hz = 60000}, true);
    pethouse_await(MODULE_EVENT_READY, 0, 10000);
    const struct pethouse_event *ready = pethouse_await(MODULE_EVENT_READY, 0, 0);
    const struct pethouse_event *sent = pethouse_await(MODULE_EVENT_SENT, 0, 60000);
    for (const struct pethouse_event *event = ready; event < sent; event++) {
        assert_int_not_equal(event->kind,
                             MODULE_EVENT_REPORT); /* nothing of our own meanwhile */
        assert_int_not_equal(event->kind, MODULE_EVENT_REQUEST);
        assert_int_not_equal(event->kind, MODULE_EVENT_RESENT);
    }
    pethouse_await_log("OTA Begin , Size = ");
    pethouse_await_log("OTA Success : verified\r\nMCU Restart...");
    pethouse_await_log("App Init Success , SoftVersion = 03010102\r\n");
    size_t from = pethouse_event_count;
    pethouse_await(MODULE_EVENT_UPDATED, 0, 20000);
    assert_int_equal(testbed_outcome(pethouse), MODULE_EVENT_UPDATED);
    pethouse_run(20000);
    /* 0x29 once, then the record of the installation is gone: it is not said again */
    assert_int_equal(pethouse_count(MODULE_EVENT_STARTED, 0), 2);
    assert_int_equal(flag_status(), 0xFFFF);
    assert_true(pethouse_count(MODULE_EVENT_REPORT, from) >= 1);
    board_reset(testbed_board(pethouse));
    pethouse_run(10000);
    assert_int_equal(pethouse_count(MODULE_EVENT_STARTED, 0), 2);
    const struct firmware *image = &firmware_set()->new_app;
    assert_memory_equal(board_flash(testbed_board(pethouse)) +
                            (OTTER_APP_ADDR - OTTER_FLASH_ADDR),
                        image->data, image->len);
    pethouse_control(0x01, 1, 0, 0, 0, 0);
    pethouse_expect_led(254, 0, 0);
}

int main(void)
{
#define ON(test)  cmocka_unit_test_setup_teardown(test, pethouse_start, pethouse_stop)
#define OFF(test) cmocka_unit_test_setup_teardown(test, pethouse_start_off, pethouse_stop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image_trailer_is_what_core_reads),
        cmocka_unit_test(test_factory_hex_is_boot_and_app),
        OFF(test_start_log),
        ON(test_info),
        ON(test_status_leads_to_info_and_time),
        ON(test_eleven_calm_minutes),
        ON(test_restart_by_the_module),
        ON(test_illegal_messages),
        ON(test_silent_module),
        OFF(test_whole_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
