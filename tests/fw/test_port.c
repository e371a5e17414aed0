/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fw/portapp on the model: what docs/porting.md demands of a port,
 * from inside the chip. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/support/firmware.h"

#define PORTAPP "tests/fw/portapp/portapp.bin"

enum { BYTE_RESET = 0xF1, BYTE_WATCHDOG = 0xF2, BYTE_SLEEP = 0xF3 }; /* as in portapp.c */

static struct testbed *start(const struct board_options *options)
{
    struct testbed *bed = firmware_alone(options, PORTAPP);

    testbed_power_on(bed);
    if (firmware_run_until_log(bed, "echo\r\n", 0, 1000) != BOARD_STOP_TIME) {
        print_message("log:\n%s\n%s\n", testbed_log(bed), board_why(testbed_board(bed)));
        fail_msg("portapp did not come to its echo");
    }
    return bed;
}

static void expect_in_log(struct testbed *bed, size_t from, const char *text)
{
    if (!strstr(testbed_log(bed) + from, text)) {
        fail_msg("'%s' is not in the log:\n%s", text, testbed_log(bed) + from);
    }
}

static unsigned count(const char *in, const char *what)
{
    unsigned n = 0;

    while ((in = strstr(in, what))) {
        in++;
        n++;
    }
    return n;
}

static void test_every_rule_of_the_port(void **state)
{
    struct testbed *bed = start(NULL);

    (void)state;
    if (strstr(testbed_log(bed), "FAIL")) {
        fail_msg("%s", testbed_log(bed));
    }
    assert_int_equal(count(testbed_log(bed), "ok "), 27);
    expect_in_log(bed, 0, "clock 72000000\r\n");
    expect_in_log(bed, 0, "cause 0\r\nretained 0\r\n");
    testbed_free(bed);
}

static void test_clock_without_hse(void **state)
{
    struct testbed *bed = start(&(struct board_options){.seed = 2, .without_hse = true});

    (void)state;
    expect_in_log(bed, 0, "clock 64000000\r\n");
    if (strstr(testbed_log(bed), "FAIL")) {
        fail_msg("%s", testbed_log(bed));
    }
    testbed_free(bed);
}

static void test_unique_id_rm0008_30_2(void **state)
{
    struct testbed *bed = start(NULL);
    const uint8_t *id = board_unique_id(testbed_board(bed));
    char text[40] = "id ";

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        snprintf(text + 3 + 2 * i, 3, "%02X", id[i]);
    }
    expect_in_log(bed, 0, text);
    testbed_free(bed);
}

/* What the MCU has sent. */
struct line {
    uint8_t bytes[4096];
    size_t len;
};

static void keep_byte(void *ctx, uint8_t byte)
{
    struct line *line = ctx;

    if (line->len < sizeof line->bytes) {
        line->bytes[line->len++] = byte;
    }
}

/* The core stands still nearly all the time; not a byte may be lost in either direction. */
static void echo(const struct board_options *options)
{
    struct testbed *bed = start(options);
    struct line line = {.len = 0};
    uint8_t sent[1000];

    for (unsigned i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 7 % 0xF0);
    }
    testbed_on_sent(bed, keep_byte, &line);
    assert_int_equal(board_uart_put(testbed_board(bed), 2, sent, sizeof(sent), 9600),
                     sizeof(sent));
    assert_int_equal(testbed_run_ms(bed, 3000), BOARD_STOP_TIME);
    assert_int_equal(line.len, sizeof(sent));
    assert_memory_equal(line.bytes, sent, sizeof(sent));
    assert_int_equal(board_uart_overruns(testbed_board(bed), 2), 0);
    assert_null(strstr(testbed_log(bed), "FAIL"));
    testbed_free(bed);
}

static void test_uart_loses_nothing_while_pages_are_erased(void **state)
{
    (void)state;
    echo(NULL);
}

static void test_uart_at_64_mhz(void **state)
{
    (void)state;
    echo(&(struct board_options){.seed = 3, .without_hse = true});
}

static void test_reset_by_software_keeps_retained_ram(void **state)
{
    struct testbed *bed = start(NULL);
    const uint8_t byte = BYTE_RESET;
    size_t from = testbed_log_len(bed);

    (void)state;
    board_uart_put(testbed_board(bed), 2, &byte, 1, 9600);
    assert_int_equal(firmware_run_until_log(bed, "echo\r\n", from, 2000), BOARD_STOP_TIME);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE), 1);
    expect_in_log(bed, from, "cause 2\r\nretained 1\r\n");
    expect_in_log(bed, from, "ok data and bss\r\n");
    testbed_free(bed);
}

static void test_reset_pin(void **state)
{
    struct testbed *bed = start(NULL);
    size_t from = testbed_log_len(bed);

    (void)state;
    board_reset(testbed_board(bed));
    assert_int_equal(firmware_run_until_log(bed, "echo\r\n", from, 2000), BOARD_STOP_TIME);
    expect_in_log(bed, from, "cause 1\r\nretained 1\r\n");
    testbed_free(bed);
}

/* 32 x 4096 ticks (RM0008 19.3): 3.28 s at the nominal 40 kHz; 4.37 s and 2.18 s at the ends
 * of the oscillator's range (DS5319 table 24). */
static void watchdog_at(uint32_t lsi_hz, uint32_t min_ms, uint32_t max_ms)
{
    struct testbed *bed = start(&(struct board_options){.seed = 4, .lsi_hz = lsi_hz});
    const uint8_t byte = BYTE_WATCHDOG;

    board_uart_put(testbed_board(bed), 2, &byte, 1, 9600);
    assert_int_equal(firmware_run_until_log(bed, "watchdog\r\n", 0, 100), BOARD_STOP_TIME);
    assert_int_equal(testbed_run_ms(bed, min_ms), BOARD_STOP_TIME);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    assert_int_equal(testbed_run_ms(bed, max_ms - min_ms), BOARD_STOP_TIME);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 1);
    assert_int_equal(testbed_run_ms(bed, 300), BOARD_STOP_TIME);
    expect_in_log(bed, 0, "cause 3\r\nretained 1\r\n");
    testbed_free(bed);
}

static void test_watchdog_over_its_oscillators_range(void **state)
{
    (void)state;
    watchdog_at(40000, 3255, 3300);
    watchdog_at(30000, 4345, 4395);
    watchdog_at(60000, 2165, 2205);
}

static void test_watchdog_fed_while_sleeping(void **state)
{
    struct testbed *bed = start(NULL);
    const uint8_t byte = BYTE_SLEEP;

    (void)state;
    board_uart_put(testbed_board(bed), 2, &byte, 1, 9600);
    assert_int_equal(testbed_run_ms(bed, 20000), BOARD_STOP_TIME);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    testbed_free(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_of_the_port),
        cmocka_unit_test(test_clock_without_hse),
        cmocka_unit_test(test_unique_id_rm0008_30_2),
        cmocka_unit_test(test_uart_loses_nothing_while_pages_are_erased),
        cmocka_unit_test(test_uart_at_64_mhz),
        cmocka_unit_test(test_reset_by_software_keeps_retained_ram),
        cmocka_unit_test(test_reset_pin),
        cmocka_unit_test(test_watchdog_over_its_oscillators_range),
        cmocka_unit_test(test_watchdog_fed_while_sleeping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
