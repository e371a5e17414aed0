/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fw/house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/firmware.h"

struct house_event house_events[HOUSE_EVENTS_MAX];
size_t house_event_count;
struct testbed *house;

static void copy_bytes(struct house_event *event, const uint8_t data[], uint16_t len)
{
    event->len = (uint8_t)len;
    if (len > 0) {
        memcpy(event->data, data, len < sizeof event->data ? len : sizeof event->data);
    }
}

static void on_event(void *ctx, const struct module_event *told)
{
    (void)ctx;
    if (house_event_count == HOUSE_EVENTS_MAX) {
        return;
    }
    struct house_event *event = &house_events[house_event_count++];
    *event = (struct house_event){.kind = told->kind,
                                  .cmd = told->cmd,
                                  .number = (uint8_t)told->number,
                                  .at_ms = house == NULL ? 0 : testbed_now_ms(house)};
    if (told->info != NULL) {
        event->info = *told->info;
    }
    if (told->p0 != NULL) {
        event->action = told->p0->action;
        copy_bytes(event, told->p0->data, told->p0->data_len);
    } else if (told->frame != NULL) {
        copy_bytes(event, told->frame->payload, told->frame->payload_len);
    }
}

unsigned house_count(enum module_event_kind kind, size_t from)
{
    unsigned found = 0;
    for (size_t i = from; i < house_event_count; i++) {
        found += house_events[i].kind == kind;
    }
    return found;
}

/* Run until the next event of `kind` behind event number `from`; fails after limit_ms. */
const struct house_event *house_await(enum module_event_kind kind, size_t from,
                                      uint32_t limit_ms)
{
    for (uint32_t ms = 0;; ms++) {
        for (size_t i = from; i < house_event_count; i++) {
            if (house_events[i].kind == kind) {
                return &house_events[i];
            }
        }
        if (ms == limit_ms) {
            fail_msg("no event %d within %u ms (seed %d); log:\n%s", (int)kind,
                     (unsigned)limit_ms, HOUSE_SEED, testbed_log(house));
        }
        enum board_stop stop = testbed_run_ms(house, 1);
        if (stop != BOARD_STOP_TIME) {
            fail_msg("board stopped: %s (seed %d)", board_why(testbed_board(house)),
                     HOUSE_SEED);
        }
    }
}

void house_run(uint32_t ms)
{
    enum board_stop stop = testbed_run_ms(house, ms);
    if (stop != BOARD_STOP_TIME) {
        fail_msg("board stopped: %s (seed %d)", board_why(testbed_board(house)), HOUSE_SEED);
    }
}

void house_await_log(const char *text)
{
    if (testbed_run_until_log(house, text, 0, 10000) == 0) {
        fail_msg("not in the log: %s (seed %d); log:\n%s", text, HOUSE_SEED,
                 testbed_log(house));
    }
}

/* ---- set up: boot, first report, calm ---- */

static bool give_time(void *ctx, struct otter_time *out_time)
{
    (void)ctx;
    *out_time = (struct otter_time){2026, 11, 22, 21, 48, 6, 1795355286u};
    return true;
}

void house_power_on(const struct board_options *options, bool with_offer)
{
    const struct module_config module = {.event = on_event, .time = give_time};
    struct testbed_config config;
    firmware_testbed_config(&config, HOUSE_SEED, &module);
    config.board = *options;
    if (!with_offer) {
        config.module.file = (struct module_file){.read = NULL};
    }
    house_event_count = 0;
    house = NULL;
    house = testbed_new(&config);
    assert_non_null(house);
    board_set_climate(testbed_board(house), 24, 54);
    testbed_power_on(house);
}

int house_start(void **state)
{
    (void)state;
    house_power_on(&(struct board_options){.seed = HOUSE_SEED}, false);
    house_await(MODULE_EVENT_REPORT, 0, 10000);
    house_run(1000);
    return 0;
}

int house_start_off(void **state)
{
    (void)state;
    house_power_on(&(struct board_options){.seed = HOUSE_SEED}, false);
    return 0;
}

int house_stop(void **state)
{
    (void)state;
    testbed_free(house);
    house = NULL;
    return 0;
}

/* An app's control: flags, then bits, R, G, B, motor. Answered empty, executed, then reported. */
const struct house_event *house_control(uint8_t flags, uint8_t bits, uint8_t r, uint8_t g,
                                        uint8_t b, uint8_t motor)
{
    const uint8_t data[] = {flags, bits, r, g, b, motor};
    const struct otter_p0 p0 = {OTTER_P0_CONTROL, data, sizeof data};
    size_t from = house_event_count;
    uint32_t begin_ms = testbed_now_ms(house);
    while (module_is_busy(testbed_module(house))) {
        house_run(1);
    }
    assert_int_equal(module_control(testbed_module(house), &p0, testbed_now_ms(house)), 0);
    const struct house_event *report = house_await(MODULE_EVENT_REPORT, from, 1000);
    const struct house_event *answer = house_await(MODULE_EVENT_ANSWER, from, 0);
    assert_true(answer < report);
    assert_int_equal(answer->len, 0);
    assert_int_equal(report->action, OTTER_P0_REPORT);
    assert_int_equal(report->len, HOUSE_STATUS_LEN);
    assert_true(report->at_ms - begin_ms < 200); /* 9600 baud: 17 + 9 + 20 bytes = 48 ms */
    return report;
}

struct board_view house_look(void)
{
    struct board_view view;
    house_run(5);
    board_view(testbed_board(house), &view);
    return view;
}

void house_expect_led(uint8_t r, uint8_t g, uint8_t b)
{
    struct board_view view = house_look();
    assert_true(view.led_enabled);
    assert_int_equal(view.led_r, r);
    assert_int_equal(view.led_g, g);
    assert_int_equal(view.led_b, b);
}

void house_press(unsigned key, uint32_t ms)
{
    board_set_key(testbed_board(house), key, true);
    house_run(ms);
    board_set_key(testbed_board(house), key, false);
}
