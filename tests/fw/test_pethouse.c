/* SPDX-License-Identifier: Apache-2.0 */
/* The product as a person sees it: the real binaries on the modelled board, with LED, motor,
 * sensors and keys watched and worked at their pins, and the module's side noting what the MCU
 * says. Authorities: the behaviour table of the product (docs/design.md); Gizwits serial
 * protocol 3.1 for the report rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/pethouse_fixture.h"

/* ---- controls ---- */

static void test_led(void **state)
{
    (void)state;
    pethouse_expect_led(0, 0, 0);
    assert_int_equal(pethouse_control(0x01, 1, 0, 0, 0, 0)->data[BITS], 1);
    pethouse_expect_led(254, 0, 0);
    assert_int_equal(pethouse_control(0x02, 1 << 1, 0, 0, 0, 0)->data[BITS], 0x03);
    pethouse_expect_led(254, 254, 0);
    pethouse_control(0x02, 2 << 1, 0, 0, 0, 0);
    pethouse_expect_led(254, 0, 70);
    assert_int_equal(pethouse_control(0x02, 3 << 1, 0, 0, 0, 0)->data[BITS], 0x07);
    pethouse_expect_led(238, 30, 30);
    const struct pethouse_event *report = pethouse_control(0x1E, 0, 0xAA, 0xBB, 0xCC, 0);
    assert_int_equal(report->data[RED], 0xAA);
    assert_int_equal(report->data[GREEN], 0xBB);
    assert_int_equal(report->data[BLUE], 0xCC);
    pethouse_expect_led(0xAA, 0xBB, 0xCC);
    assert_int_equal(pethouse_control(0x01, 0, 0, 0, 0, 0)->data[BITS], 0);
    pethouse_expect_led(0xAA, 0xBB, 0xCC);
    pethouse_control(0x1C, 0, 0, 0, 0, 0);
    pethouse_expect_led(0, 0, 0);
}

static void test_motor(void **state)
{
    (void)state;
    assert_int_equal(pethouse_view().motor_percent, 0);
    static const int percent[11] = {-100, -90, -80, -70, -60, 0, 60, 70, 80, 90, 100};
    for (uint8_t raw = 0; raw <= 10; raw++) {
        assert_int_equal(pethouse_control(0x20, 0, 0, 0, 0, raw)->data[MOTOR], raw);
        assert_int_equal(pethouse_view().motor_percent, percent[raw]);
    }
    assert_int_equal(pethouse_control(0x20, 0, 0, 0, 0, 5)->data[MOTOR], 5);
    assert_int_equal(pethouse_view().motor_percent, 0);
}

static void test_read(void **state)
{
    (void)state;
    const struct otter_p0 read = {OTTER_P0_READ, NULL, 0};
    size_t from = pethouse_event_count;
    assert_int_equal(module_control(testbed_module(pethouse), &read, testbed_now_ms(pethouse)),
                     0);
    const struct pethouse_event *answer = pethouse_await(MODULE_EVENT_ANSWER, from, 1000);
    const uint8_t golden[] = {0, 0, 0, 0, 5, 0, 0x25, 0x36, 0, 0}; /* recorded, 24 C, 54 % */
    assert_int_equal(answer->action, OTTER_P0_READ_ANSWER);
    assert_int_equal(answer->len, PETHOUSE_STATUS_LEN);
    assert_memory_equal(answer->data, golden, PETHOUSE_STATUS_LEN);
    pethouse_run(1000);
    assert_int_equal(pethouse_count(MODULE_EVENT_REPORT, from), 0);
}

/* Actions a module hands through: acknowledged, nothing else (measured: 00, and 11..14). */
static void test_unknown_actions(void **state)
{
    (void)state;
    static const uint8_t actions[] = {0x00, 0x05, 0x06, 0x11, 0x12, 0x14, 0xFF};
    static const uint8_t data[] = {0x3F, 1, 1, 1, 1, 9};
    for (size_t i = 0; i < sizeof actions; i++) {
        const struct otter_p0 p0 = {actions[i], data, sizeof data};
        size_t from = pethouse_event_count;
        assert_int_equal(
            module_control(testbed_module(pethouse), &p0, testbed_now_ms(pethouse)), 0);
        assert_int_equal(pethouse_await(MODULE_EVENT_ANSWER, from, 1000)->len, 0);
        pethouse_run(200);
        assert_int_equal(pethouse_count(MODULE_EVENT_REPORT, from), 0);
    }
    pethouse_expect_led(0, 0, 0);
    assert_int_equal(pethouse_view().motor_percent, 0);
}

/* ---- sensors ---- */

static void test_climate_and_obstacle_are_reported(void **state)
{
    (void)state;
    const struct pethouse_event *first = pethouse_await(MODULE_EVENT_REPORT, 0, 0);
    assert_int_equal(first->data[TEMPERATURE], 24 + 13);
    assert_int_equal(first->data[HUMIDITY], 54);
    uint32_t last_ms = first->at_ms;
    for (int i = 0; i < 4; i++) { /* changes every second: reports not faster than 6 s */
        size_t from = pethouse_event_count;
        for (int k = 1; k <= 6 && pethouse_count(MODULE_EVENT_REPORT, from) == 0; k++) {
            board_set_climate(testbed_board(pethouse), 25 + i, 30 + k);
            board_set_obstacle(testbed_board(pethouse), k % 2 != 0);
            pethouse_run(1000);
        }
        const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, from, 7000);
        assert_true(report->at_ms - last_ms >= 6000 - PETHOUSE_SLACK_MS);
        assert_true(report->at_ms - last_ms <= 9000); /* the sensor is read every 2 s */
        last_ms = report->at_ms;
    }
    board_set_climate(testbed_board(pethouse), 0, 95);
    board_set_obstacle(testbed_board(pethouse), true);
    pethouse_run(20000);
    const struct pethouse_event *report = first; /* then the last one */
    for (size_t i = 0; i < pethouse_event_count; i++) {
        report = pethouse_events[i].kind == MODULE_EVENT_REPORT ? &pethouse_events[i] : report;
    }
    assert_int_equal(report->data[TEMPERATURE], 13);
    assert_int_equal(report->data[HUMIDITY], 95);
    assert_int_equal(report->data[INFRARED], 1);
}

static void test_fault_of_the_climate_sensor(void **state)
{
    (void)state;
    size_t from = pethouse_event_count;
    board_set_climate_broken(testbed_board(pethouse), true);
    uint32_t begin_ms = testbed_now_ms(pethouse);
    const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, from, 10000);
    assert_int_equal(report->data[FAULTS], 4);
    assert_int_equal(report->data[TEMPERATURE], 24 + 13);
    assert_true(report->at_ms - begin_ms > 4000); /* not at the first failed read */
    from = pethouse_event_count;
    board_set_climate_broken(testbed_board(pethouse), false);
    assert_int_equal(pethouse_await(MODULE_EVENT_REPORT, from, 10000)->data[FAULTS], 0);
}

/* ---- keys ---- */

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        unsigned key;
        uint32_t ms;
        uint8_t cmd;
        int payload;
    } cases[] = {
        {1, 300, OTTER_CMD_BINDABLE, -1},
        {2, 300, OTTER_CMD_CONFIG_MODE, OTTER_CONFIG_SOFTAP},
        {2, 2500, OTTER_CMD_CONFIG_MODE, OTTER_CONFIG_AIRLINK},
        {3, 2500, OTTER_CMD_PRODUCTION_TEST, -1},
        {1, 2500, OTTER_CMD_RESET_MODULE, -1}, /* last: the module restarts */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t from = pethouse_event_count;
        pethouse_press(cases[i].key, cases[i].ms);
        const struct pethouse_event *request = pethouse_await(MODULE_EVENT_REQUEST, from, 1000);
        assert_int_equal(request->cmd, cases[i].cmd);
        assert_int_equal(request->len, cases[i].payload < 0 ? 0 : 1);
        if (cases[i].payload >= 0) {
            assert_int_equal(request->data[0], cases[i].payload);
        }
        pethouse_run(1000);
        assert_int_equal(pethouse_count(MODULE_EVENT_REQUEST, from),
                         1); /* once, and only this */
    }
    size_t from = pethouse_event_count;
    pethouse_press(1, 8); /* shorter than the debounce time */
    pethouse_press(2, 8);
    pethouse_run(1000);
    assert_int_equal(pethouse_count(MODULE_EVENT_REQUEST, from), 0);
}

/* Alert_2 from 51 C on, and gone with it; changes by the world wait their 6 s. */
static void test_heat_is_alert_2(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t from = pethouse_event_count;
        board_set_climate(testbed_board(pethouse), 51 - i, 40);
        const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, from, 10000);
        assert_int_equal(report->data[TEMPERATURE], 51 - i + 13);
        assert_int_equal(report->data[ALERTS], i == 0 ? 2 : 0);
    }
}

static void test_key3_is_alert_1_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* far within the 6 s */
        size_t from = pethouse_event_count;
        uint32_t begin_ms = testbed_now_ms(pethouse);
        board_set_key(testbed_board(pethouse), 3, true);
        const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, from, 200);
        assert_int_equal(report->data[ALERTS], 1);
        assert_true(report->at_ms - begin_ms < 100);
        from = pethouse_event_count;
        board_set_key(testbed_board(pethouse), 3, false);
        assert_int_equal(pethouse_await(MODULE_EVENT_REPORT, from, 200)->data[ALERTS], 0);
    }
}

/* Without a crystal the chip runs from its RC oscillator at 64 MHz: all
 * times must still be right. */
static void test_without_crystal(void **state)
{
    (void)state;
    pethouse_stop(state);
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED, .without_hse = true},
                      false);
    pethouse_await_log("App Init Success , SoftVersion = 03010101\r\n");
    const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, 0, 10000);
    assert_int_equal(report->data[TEMPERATURE], 24 + 13);
    assert_int_equal(report->data[HUMIDITY], 54);
    pethouse_control(0x21, 1, 0, 0, 0, 6);
    pethouse_expect_led(254, 0, 0);
    assert_int_equal(pethouse_view().motor_percent, 60);
}

int main(void)
{
#define ON(test) cmocka_unit_test_setup_teardown(test, pethouse_start, pethouse_stop)
    const struct CMUnitTest tests[] = {
        ON(test_led),
        ON(test_motor),
        ON(test_read),
        ON(test_unknown_actions),
        ON(test_climate_and_obstacle_are_reported),
        ON(test_fault_of_the_climate_sensor),
        ON(test_keys),
        ON(test_key3_is_alert_1_at_once),
        ON(test_heat_is_alert_2),
        ON(test_without_crystal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
