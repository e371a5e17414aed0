/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that people type (host/number.h), and errors as values (host/error.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "host/number.h"

static void expect_number(const char *text, uint64_t expected)
{
    struct host_error error = {.thing = ""};
    uint64_t value = ~expected;

    assert_int_equal(number_parse("--n", text, 0, UINT64_MAX, &value, &error), 0);
    assert_int_equal(value, expected);
    assert_string_equal(error.thing, "");
}

static void expect_refused(const char *text, uint64_t min, uint64_t max, const char *reason)
{
    struct host_error error;
    uint64_t value = 4711;

    assert_int_equal(number_parse(NULL, text, min, max, &value, &error), -1);
    assert_int_equal(value, 4711);
    assert_string_equal(error.thing, text);
    assert_string_equal(error.reason, reason);
}

static void test_number_decimal_and_hexadecimal(void **state)
{
    (void)state;
    expect_number("0", 0);
    expect_number("7", 7);
    expect_number("115200", 115200);
    expect_number("18446744073709551615", UINT64_MAX);
    expect_number("0x0", 0);
    expect_number("0x10", 16);
    expect_number("0X1f", 31);
    expect_number("0x08003000", 0x08003000); /* zeros after 0x are an address's */
    expect_number("0xFFFFFFFFFFFFFFFF", UINT64_MAX);
}

static void test_number_leading_zero_names_both_forms(void **state)
{
    (void)state;
    expect_refused("010", 0, 100, "begins with 0: write 10, or 0x010");
    expect_refused("03010102", 0, UINT32_MAX, "begins with 0: write 3010102, or 0x03010102");
    expect_refused("08003000", 0, UINT32_MAX, "begins with 0: write 8003000, or 0x08003000");
    expect_refused("009", 0, 100, "begins with 0: write 9, or 0x009");
    expect_refused("00", 0, 100, "begins with 0: write 0, or 0x00");
}

static void test_number_nothing_else(void **state)
{
    static const char *const wrong[] = {"",
                                        " ",
                                        "+1",
                                        "-1",
                                        "1 ",
                                        " 1",
                                        "1x",
                                        "0x",
                                        "0x-1",
                                        "x10",
                                        "0x1g",
                                        "1.0",
                                        "1e3",
                                        "0b11",
                                        "10k",
                                        "ff",
                                        "0x 10",
                                        "99999999999999"
                                        "9999999"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_refused(wrong[i], 0, UINT64_MAX, "not a number from 0 to 18446744073709551615");
    }
}

static void test_number_range(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(number_parse(NULL, "3", 3, 5, &value, NULL), 0);
    assert_int_equal(number_parse(NULL, "5", 3, 5, &value, NULL), 0);
    expect_refused("2", 3, 5, "not a number from 3 to 5");
    expect_refused("6", 3, 5, "not a number from 3 to 5");
    expect_refused("18446744073709551616", 3, 5, "not a number from 3 to 5");
}

static void test_number_error_names_the_option(void **state)
{
    struct host_error error;
    uint64_t value;

    (void)state;
    assert_int_equal(number_parse("--seed", "010", 0, 9, &value, &error), -1);
    assert_string_equal(error.thing, "--seed 010");
}

static void test_number_part(void **state)
{
    struct host_error error;
    uint64_t value = 0;

    (void)state;
    assert_int_equal(number_parse_part(NULL, "12:torn", 2, 0, 99, &value, &error), 0);
    assert_int_equal(value, 12);
    assert_int_equal(number_parse_part(NULL, "12:torn", 0, 0, 99, &value, &error), -1);
    assert_int_equal(number_parse_part(NULL, "012:torn", 3, 0, 99, &value, &error), -1);
    assert_string_equal(error.thing, "012");
    assert_string_equal(error.reason, "begins with 0: write 12, or 0x012");
}

static void test_number_hex_digits(void **state)
{
    uint32_t value = 0;

    (void)state;
    assert_int_equal(number_parse_hex_digits("03010102", &value), 0);
    assert_int_equal(value, 0x03010102);
    assert_int_equal(number_parse_hex_digits("vvvvvvvv", &value), -1);
    assert_int_equal(number_parse_hex_digits("", &value), -1);
    assert_int_equal(number_parse_hex_digits("0x1", &value), -1);
    assert_int_equal(number_parse_hex_digits("100000000", &value), -1);
    assert_int_equal(value, 0x03010102);
}

static void test_error_keeps_the_end_of_a_long_name(void **state)
{
    char path[3 * HOST_THING_SIZE];
    struct host_error error;

    (void)state;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    memcpy(path + sizeof path - 1 - 9, "/last.bin", 9);
    assert_int_equal(host_error_set(&error, path, "%d of %s", 3, "four"), -1);
    assert_int_equal(strlen(error.thing), HOST_THING_SIZE - 1);
    assert_memory_equal(error.thing, "...a", 4);
    assert_string_equal(error.thing + strlen(error.thing) - 9, "/last.bin");
    assert_string_equal(error.reason, "3 of four");
    assert_int_equal(host_error_set(NULL, path, "nobody asks"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_decimal_and_hexadecimal),
        cmocka_unit_test(test_number_leading_zero_names_both_forms),
        cmocka_unit_test(test_number_nothing_else),
        cmocka_unit_test(test_number_range),
        cmocka_unit_test(test_number_error_names_the_option),
        cmocka_unit_test(test_number_part),
        cmocka_unit_test(test_number_hex_digits),
        cmocka_unit_test(test_error_keeps_the_end_of_a_long_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
