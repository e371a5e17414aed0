/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PETHOUSE_FIXTURE_H
#define TESTS_PETHOUSE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lab/testbed.h"

/* The pet house on the modelled board, for its tests: the real bootloader and pethouse
 * 03010101, and the module's side, which notes everything the MCU says. One house at a time;
 * whatever goes wrong fails the running test and prints seed and log.
 */
enum {
    PETHOUSE_SEED = 7,
    PETHOUSE_EVENTS_MAX = 4096,
    PETHOUSE_STATUS_LEN = 10,
    PETHOUSE_SLACK_MS = 100, /* what the line and two clocks may add to a time */
};

/* dev_status, layout of 2017 */
enum { BITS, RED, GREEN, BLUE, MOTOR, INFRARED, TEMPERATURE, HUMIDITY, ALERTS, FAULTS };

/* What the module told, in order. */
struct pethouse_event {
    enum module_event_kind kind;
    uint8_t cmd; /* of a request */
    uint8_t number;
    uint8_t len; /* payload of a request, data of a P0 */
    uint8_t data[16];
    uint8_t action;
    uint32_t at_ms;
    struct otter_info info;
};
extern struct pethouse_event pethouse_events[PETHOUSE_EVENTS_MAX];
extern size_t pethouse_event_count;
extern struct testbed *pethouse;

/* cmocka set-ups: a house just switched on, 24 C and 54 %; the same after its first report; the
 * end. Without an offer of the module. */
int pethouse_start_off(void **state);
int pethouse_start(void **state);
int pethouse_stop(void **state);

/* Switch a new house on, after pethouse_stop(). */
void pethouse_power_on(const struct board_options *options, bool with_offer);

/* Let virtual time pass. */
void pethouse_run(uint32_t ms);

/* How many events of `kind` there are from event number `from` on. */
unsigned pethouse_count(enum module_event_kind kind, size_t from);

/* Run until the next event of `kind` from event number `from` on; fails after limit_ms. */
const struct pethouse_event *pethouse_await(enum module_event_kind kind, size_t from,
                                            uint32_t limit_ms);

/* Run until the text is in the log; fails after 10 s. */
void pethouse_await_log(const char *text);

/* An app's control: flags, then bits, R, G, B, motor. Checks that it is answered empty, and
 * then reported, within 200 ms. Returns the report. */
const struct pethouse_event *pethouse_control(uint8_t flags, uint8_t bits, uint8_t r, uint8_t g,
                                              uint8_t b, uint8_t motor);

/* Press key 1..3 for ms. */
void pethouse_press(unsigned key, uint32_t ms);

/* What a person sees. */
struct board_view pethouse_view(void);
void pethouse_expect_led(uint8_t r, uint8_t g, uint8_t b);

#endif
