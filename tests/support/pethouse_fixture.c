/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/pethouse_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/firmware.h"

struct pethouse_event pethouse_events[PETHOUSE_EVENTS_MAX];
size_t pethouse_event_count;
struct testbed *pethouse;

static void copy_bytes(struct pethouse_event *event, const uint8_t data[], uint16_t len)
{
    event->len = (uint8_t)len;
    if (len > 0) {
        memcpy(event->data, data, len < sizeof event->data ? len : sizeof event->data);
    }
}

static void on_event(void *ctx, const struct module_event *told)
{
    (void)ctx;
    if (pethouse_event_count == PETHOUSE_EVENTS_MAX) {
        return;
    }
    struct pethouse_event *event = &pethouse_events[pethouse_event_count++];
    *event = (struct pethouse_event){.kind = told->kind,
                                     .cmd = told->cmd,
                                     .number = (uint8_t)told->number,
                                     .at_ms = pethouse == NULL ? 0 : testbed_now_ms(pethouse)};
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

unsigned pethouse_count(enum module_event_kind kind, size_t from)
{
    unsigned found = 0;
    for (size_t i = from; i < pethouse_event_count; i++) {
        found += pethouse_events[i].kind == kind;
    }
    return found;
}

/* Run until the next event of `kind` after event number `from`; fails after limit_ms. */
const struct pethouse_event *pethouse_await(enum module_event_kind kind, size_t from,
                                            uint32_t limit_ms)
{
    for (uint32_t ms = 0;; ms++) {
        for (size_t i = from; i < pethouse_event_count; i++) {
            if (pethouse_events[i].kind == kind) {
                return &pethouse_events[i];
            }
        }
        if (ms == limit_ms) {
            fail_msg("no event %d within %u ms (seed %d); log:\n%s", (int)kind,
                     (unsigned)limit_ms, PETHOUSE_SEED, testbed_log(pethouse));
        }
        enum board_stop stop = testbed_run_ms(pethouse, 1);
        if (stop != BOARD_STOP_TIME) {
            fail_msg("board stopped: %s (seed %d)", board_why(testbed_board(pethouse)),
                     PETHOUSE_SEED);
        }
    }
}

void pethouse_run(uint32_t ms)
{
    enum board_stop stop = testbed_run_ms(pethouse, ms);
    if (stop != BOARD_STOP_TIME) {
        fail_msg("board stopped: %s (seed %d)", board_why(testbed_board(pethouse)),
                 PETHOUSE_SEED);
    }
}

void pethouse_await_log(const char *text)
{
    if (testbed_run_until_log(pethouse, text, 0, 10000) == 0) {
        fail_msg("not in the log: %s (seed %d); log:\n%s", text, PETHOUSE_SEED,
                 testbed_log(pethouse));
    }
}

/* ---- set up: boot, first report, calm ---- */

static bool give_time(void *ctx, struct otter_time *out_time)
{
    (void)ctx;
    *out_time = (struct otter_time){2026, 11, 22, 21, 48, 6, 1795355286u};
    return true;
}

void pethouse_power_on(const struct board_options *options, bool with_offer)
{
    const struct module_config module = {.event = on_event, .time = give_time};
    struct testbed_config config;
    firmware_testbed_config(&config, PETHOUSE_SEED, &module);
    config.board = *options;
    if (!with_offer) {
        config.module.file = (struct module_file){.read = NULL};
    }
    pethouse_event_count = 0;
    pethouse = NULL;
    pethouse = testbed_new(&config, NULL);
    assert_non_null(pethouse);
    board_set_climate(testbed_board(pethouse), 24, 54);
    testbed_power_on(pethouse);
}

int pethouse_start(void **state)
{
    (void)state;
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED}, false);
    pethouse_await(MODULE_EVENT_REPORT, 0, 10000);
    pethouse_run(1000);
    return 0;
}

int pethouse_start_off(void **state)
{
    (void)state;
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED}, false);
    return 0;
}

int pethouse_stop(void **state)
{
    (void)state;
    testbed_free(pethouse);
    pethouse = NULL;
    return 0;
}

/* An app's control: flags, then bits, R, G, B, motor. Answered empty,
 * executed, then reported. */
const struct pethouse_event *pethouse_control(uint8_t flags, uint8_t bits, uint8_t r, uint8_t g,
                                              uint8_t b, uint8_t motor)
{
    const uint8_t data[] = {flags, bits, r, g, b, motor};
    const struct otter_p0 p0 = {OTTER_P0_CONTROL, data, sizeof data};
    size_t from = pethouse_event_count;
    uint32_t begin_ms = testbed_now_ms(pethouse);
    while (module_is_busy(testbed_module(pethouse))) {
        pethouse_run(1);
    }
    assert_int_equal(module_control(testbed_module(pethouse), &p0, testbed_now_ms(pethouse)),
                     0);
    const struct pethouse_event *report = pethouse_await(MODULE_EVENT_REPORT, from, 1000);
    const struct pethouse_event *answer = pethouse_await(MODULE_EVENT_ANSWER, from, 0);
    assert_true(answer < report);
    assert_int_equal(answer->len, 0);
    assert_int_equal(report->action, OTTER_P0_REPORT);
    assert_int_equal(report->len, PETHOUSE_STATUS_LEN);
    assert_true(report->at_ms - begin_ms < 200); /* 9600 baud: 17 + 9 + 20 bytes = 48 ms */
    return report;
}

struct board_view pethouse_view(void)
{
    struct board_view view;
    pethouse_run(5);
    board_view(testbed_board(pethouse), &view);
    return view;
}

void pethouse_expect_led(uint8_t r, uint8_t g, uint8_t b)
{
    struct board_view view = pethouse_view();
    assert_true(view.led_enabled);
    assert_int_equal(view.led_r, r);
    assert_int_equal(view.led_g, g);
    assert_int_equal(view.led_b, b);
}

void pethouse_press(unsigned key, uint32_t ms)
{
    board_set_key(testbed_board(pethouse), key, true);
    pethouse_run(ms);
    board_set_key(testbed_board(pethouse), key, false);
}
