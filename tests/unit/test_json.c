/* SPDX-License-Identifier: Apache-2.0 */
/* What host/json.h adds to jansson; texts are those of RFC 8259. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "host/json.h"

/* Print `value` as the only member of an object; the line is `{"v": EXPECTED}`. */
static void expect_json(json_t *value, const char *expected)
{
    char line[300] = "", want[300];
    json_t *object = json_object();
    FILE *out = fmemopen(line, sizeof line, "w");

    assert_non_null(out);
    json_add(&object, "v", value);
    assert_int_equal(json_print(object, out), 0);
    (void)fclose(out);
    (void)snprintf(want, sizeof want, "{\"v\": %s}\n", expected);
    assert_string_equal(line, want);
}

static void test_json_text_is_escaped(void **state)
{
    (void)state;
    expect_json(json_text(""), "\"\"");
    expect_json(json_text("a \"b\" \\ c"), "\"a \\\"b\\\" \\\\ c\"");
    expect_json(json_text("\n\x1B"), "\"\\n\\u001B\"");
    expect_json(json_text("\xC3\xA9 \xE5\xAE\xA0"), "\"\\u00E9 \\u5BA0\"");
    expect_json(json_text("\xF0\x9F\xA6\xA6"), "\"\\uD83E\\uDDA6\""); /* an otter */
}

static void test_json_text_that_is_not_utf8_is_repaired(void **state)
{
    (void)state;
    expect_json(json_text("a\xFFz"), "\"a\\uFFFDz\"");
    expect_json(json_text("\xE5\xAE"), "\"\\uFFFD\\uFFFD\"");            /* cut short */
    expect_json(json_text("\xC0\x80"), "\"\\uFFFD\\uFFFD\"");            /* overlong */
    expect_json(json_text("\xED\xA0\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\""); /* a surrogate */
    expect_json(json_text("\xF4\x90\x80\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\\uFFFD\"");
}

static void test_a_text_is_cut_between_characters(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 1, 1, 4, 5, 6, 6};
    for (size_t max = 0; max < sizeof lens / sizeof lens[0]; max++) {
        assert_int_equal(json_prefix_len("a\xE5\xAE\xA0\xFFz", max), lens[max]);
    }
}

static void test_json_numbers(void **state)
{
    (void)state;
    expect_json(json_count(0), "0");
    expect_json(json_count(INT64_MAX), "9223372036854775807");
    expect_json(json_count(UINT64_MAX), "\"18446744073709551615\"");
    expect_json(json_fixed(41.26, 1), "41.3");
    expect_json(json_fixed(2, 1), "2.0");
    expect_json(json_fixed(0.1 + 0.2, 6), "0.3");
    expect_json(json_fixed(123456789.1234567, 6), "123456789.123457");
    expect_json(json_hex((const uint8_t[]){0x00, 0xAB, 0x7F}, 3), "\"00ab7f\"");
}

static void test_json_order_and_lines(void **state)
{
    char text[100] = "";
    json_t *object = json_object();
    FILE *out = fmemopen(text, sizeof text, "w");

    (void)state;
    assert_non_null(out);
    json_add(&object, "z", json_true());
    json_add(&object, "a", json_null());
    assert_int_equal(json_print_lines(object, out), 0);
    (void)fclose(out);
    assert_string_equal(text, "{\n  \"z\": true,\n  \"a\": null\n}\n");
}

/* A member that could not be made must not be missing in what looks whole. */
static void test_json_incomplete_is_not_printed(void **state)
{
    char text[100] = "";
    json_t *object = json_object();
    FILE *out = fmemopen(text, sizeof text, "w");

    (void)state;
    assert_non_null(out);
    json_add(&object, "a", NULL);
    json_add(&object, "b", json_true());
    assert_null(object);
    assert_int_equal(json_print(object, out), -1);
    (void)fclose(out);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_text_is_escaped),
        cmocka_unit_test(test_json_text_that_is_not_utf8_is_repaired),
        cmocka_unit_test(test_a_text_is_cut_between_characters),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_json_order_and_lines),
        cmocka_unit_test(test_json_incomplete_is_not_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
