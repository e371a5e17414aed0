/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fw/portapp on the model: what docs/porting.md demands of a port, from inside the chip. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fw/fw.h"

#define PORTAPP "tests/fw/portapp/portapp.bin"

enum { BYTE_RESET = 0xF1, BYTE_WATCHDOG = 0xF2, BYTE_SLEEP = 0xF3 }; /* as in portapp.c */

static struct fw *start(const struct board_options *options)
{
    struct fw *fw = fw_new(options, PORTAPP);

    board_power_on(fw->board);
    if (fw_run_until(fw, "echo\r\n", 0, 1000) != BOARD_STOP_TIME) {
        print_message("log:\n%s\n%s\n", fw->log, board_why(fw->board));
        fail_msg("portapp did not come to its echo");
    }
    return fw;
}

static void expect_in_log(const struct fw *fw, size_t from, const char *text)
{
    if (!strstr(fw->log + from, text)) {
        fail_msg("'%s' is not in the log:\n%s", text, fw->log + from);
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
    struct fw *fw = start(NULL);

    (void)state;
    if (strstr(fw->log, "FAIL")) {
        fail_msg("%s", fw->log);
    }
    assert_int_equal(count(fw->log, "ok "), 27);
    expect_in_log(fw, 0, "clock 72000000\r\n");
    expect_in_log(fw, 0, "cause 0\r\nretained 0\r\n");
    fw_free(fw);
}

static void test_clock_without_hse(void **state)
{
    struct fw *fw = start(&(struct board_options){.seed = 2, .without_hse = true});

    (void)state;
    expect_in_log(fw, 0, "clock 64000000\r\n");
    if (strstr(fw->log, "FAIL")) {
        fail_msg("%s", fw->log);
    }
    fw_free(fw);
}

static void test_unique_id_rm0008_30_2(void **state)
{
    struct fw *fw = start(NULL);
    const uint8_t *id = board_unique_id(fw->board);
    char text[40] = "id ";

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        snprintf(text + 3 + 2 * i, 3, "%02X", id[i]);
    }
    expect_in_log(fw, 0, text);
    fw_free(fw);
}

/* The core stands still nearly all the time; not a byte may be lost in either direction. */
static void echo(const struct board_options *options)
{
    struct fw *fw = start(options);
    uint8_t sent[1000];

    for (unsigned i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 7 % 0xF0);
    }
    assert_int_equal(board_uart_put(fw->board, 2, sent, sizeof(sent), 9600), sizeof(sent));
    assert_int_equal(fw_run_ms(fw, 3000), BOARD_STOP_TIME);
    assert_int_equal(fw->line_len, sizeof(sent));
    assert_memory_equal(fw->line, sent, sizeof(sent));
    assert_int_equal(board_uart_overruns(fw->board, 2), 0);
    assert_null(strstr(fw->log, "FAIL"));
    fw_free(fw);
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
    struct fw *fw = start(NULL);
    const uint8_t byte = BYTE_RESET;
    size_t from = fw->log_len;

    (void)state;
    board_uart_put(fw->board, 2, &byte, 1, 9600);
    assert_int_equal(fw_run_until(fw, "echo\r\n", from, 2000), BOARD_STOP_TIME);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_SOFTWARE), 1);
    expect_in_log(fw, from, "cause 2\r\nretained 1\r\n");
    expect_in_log(fw, from, "ok data and bss\r\n");
    fw_free(fw);
}

static void test_reset_pin(void **state)
{
    struct fw *fw = start(NULL);
    size_t from = fw->log_len;

    (void)state;
    board_reset(fw->board);
    assert_int_equal(fw_run_until(fw, "echo\r\n", from, 2000), BOARD_STOP_TIME);
    expect_in_log(fw, from, "cause 1\r\nretained 1\r\n");
    fw_free(fw);
}

/* 2 s at the nominal 40 kHz; 1.33 s and 2.67 s at the ends of the oscillator's range. */
static void watchdog_at(uint32_t lsi_hz, uint32_t min_ms, uint32_t max_ms)
{
    struct fw *fw = start(&(struct board_options){.seed = 4, .lsi_hz = lsi_hz});
    const uint8_t byte = BYTE_WATCHDOG;

    board_uart_put(fw->board, 2, &byte, 1, 9600);
    assert_int_equal(fw_run_until(fw, "watchdog\r\n", 0, 100), BOARD_STOP_TIME);
    assert_int_equal(fw_run_ms(fw, min_ms), BOARD_STOP_TIME);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_WATCHDOG), 0);
    assert_int_equal(fw_run_ms(fw, max_ms - min_ms), BOARD_STOP_TIME);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_WATCHDOG), 1);
    assert_int_equal(fw_run_ms(fw, 300), BOARD_STOP_TIME);
    expect_in_log(fw, 0, "cause 3\r\nretained 1\r\n");
    fw_free(fw);
}

static void test_watchdog_over_its_oscillators_range(void **state)
{
    (void)state;
    watchdog_at(40000, 1980, 2020);
    watchdog_at(30000, 2640, 2690);
    watchdog_at(60000, 1310, 1350);
}

static void test_watchdog_fed_while_sleeping(void **state)
{
    struct fw *fw = start(NULL);
    const uint8_t byte = BYTE_SLEEP;

    (void)state;
    board_uart_put(fw->board, 2, &byte, 1, 9600);
    assert_int_equal(fw_run_ms(fw, 20000), BOARD_STOP_TIME);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_WATCHDOG), 0);
    fw_free(fw);
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
