/* SPDX-License-Identifier: Apache-2.0 */
/* cloud/http/http_range.h against RFC 9110, sections 13 and 14. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cloud/http/http_range.h"

enum { SIZE = 1000 };

static void expect_part(struct http_conditions conditions, unsigned status, int64_t off,
                        int64_t len)
{
    struct http_part part = http_choose_part(&conditions, "abc", SIZE);

    assert_int_equal(part.status, status);
    assert_int_equal(part.off, off);
    assert_int_equal(part.len, len);
}

static void expect_range(const char *range, unsigned status, int64_t off, int64_t len)
{
    print_message("%s\n", range);
    expect_part((struct http_conditions){.range = range}, status, off, len);
}

static void test_one_range_of_bytes(void **state)
{
    (void)state;
    expect_range("bytes=0-499", 206, 0, 500);
    expect_range("bytes=500-999", 206, 500, 500);
    expect_range("bytes=0-0", 206, 0, 1);
    expect_range("bytes=999-", 206, 999, 1);
    expect_range("bytes=0-", 206, 0, 1000);
    expect_range("bytes=-500", 206, 500, 500);
    expect_range("bytes=-1", 206, 999, 1);
    expect_range("BYTES= 10-19 ", 206, 10, 10);
}

static void test_an_end_behind_the_file_is_the_files(void **state)
{
    (void)state;
    expect_range("bytes=900-1000", 206, 900, 100);
    expect_range("bytes=900-99999999999999999999", 206, 900, 100);
    expect_range("bytes=-1000", 206, 0, 1000);
    expect_range("bytes=-1001", 206, 0, 1000);
    expect_range("bytes=-99999999999999999999", 206, 0, 1000);
}

static void test_a_range_outside_of_the_file_is_416(void **state)
{
    (void)state;
    expect_range("bytes=1000-", 416, 0, 0);
    expect_range("bytes=1000-1001", 416, 0, 0);
    expect_range("bytes=99999999999999999999-", 416, 0, 0);
    expect_range("bytes=-0", 416, 0, 0);
}

static void test_what_is_no_single_range_is_the_whole_file(void **state)
{
    static const char *const ranges[] = {
        "",           "bytes",         "bytes=",
        "bytes=-",    "bytes=a-b",     "bytes=5",
        "bytes=5-4",  "bytes=0-1,5-6", "items=0-5",
        "bytes=0 -5", "bytes=0-5x",    "bytes=--5",
        "bytes=+1-5", "bytes=0x1-5",   "bytes=5-1000000000000000000000-",
        "bytes 0-5",
    };

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        expect_range(ranges[i], 200, 0, SIZE);
    }
}

static void test_a_range_of_an_empty_file_is_416(void **state)
{
    struct http_conditions first = {.range = "bytes=0-"}, last = {.range = "bytes=-5"};
    struct http_conditions none = {0};

    (void)state;
    assert_int_equal(http_choose_part(&first, "abc", 0).status, 416);
    assert_int_equal(http_choose_part(&last, "abc", 0).status, 416);
    assert_int_equal(http_choose_part(&none, "abc", 0).status, 200);
}

static void test_if_range_wants_the_same_strong_etag(void **state)
{
    (void)state;
    expect_part((struct http_conditions){.range = "bytes=5-9", .if_range = "\"abc\""}, 206, 5,
                5);
    expect_part((struct http_conditions){.range = "bytes=5-9", .if_range = "\"abd\""}, 200, 0,
                SIZE);
    expect_part((struct http_conditions){.range = "bytes=5-9", .if_range = "W/\"abc\""}, 200, 0,
                SIZE);
    expect_part((struct http_conditions){.range = "bytes=5-9", .if_range = "*"}, 200, 0, SIZE);
    expect_part((struct http_conditions){.range = "bytes=5-9",
                                         .if_range = "Sun, 06 Nov 1994 08:49:37 GMT"},
                200, 0, SIZE);
    expect_part((struct http_conditions){.if_range = "\"abd\""}, 200, 0, SIZE);
}

static void test_if_match_fails_with_412(void **state)
{
    (void)state;
    expect_part((struct http_conditions){.if_match = "\"abc\""}, 200, 0, SIZE);
    expect_part((struct http_conditions){.if_match = "*"}, 200, 0, SIZE);
    expect_part((struct http_conditions){.if_match = "\"x\" , \"abc\""}, 200, 0, SIZE);
    expect_part((struct http_conditions){.if_match = "\"ab\""}, 412, 0, 0);
    expect_part((struct http_conditions){.if_match = "W/\"abc\""}, 412, 0, 0);
    expect_part((struct http_conditions){.if_match = "abc"}, 412, 0, 0);
    expect_part((struct http_conditions){.if_match = "\"abc"}, 412, 0, 0);
    expect_part((struct http_conditions){.if_match = "\"x\"", .range = "bytes=0-1"}, 412, 0, 0);
}

static void test_if_none_match_answers_304_also_weakly(void **state)
{
    (void)state;
    expect_part((struct http_conditions){.if_none_match = "\"abc\""}, 304, 0, 0);
    expect_part((struct http_conditions){.if_none_match = "W/\"abc\""}, 304, 0, 0);
    expect_part((struct http_conditions){.if_none_match = "\"x\",\"abc\""}, 304, 0, 0);
    expect_part((struct http_conditions){.if_none_match = "*"}, 304, 0, 0);
    expect_part((struct http_conditions){.if_none_match = "\"abcd\""}, 200, 0, SIZE);
    expect_part((struct http_conditions){.if_none_match = ""}, 200, 0, SIZE);
    expect_part((struct http_conditions){.if_none_match = "\"x\"", .range = "bytes=0-1"}, 206,
                0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_range_of_bytes),
        cmocka_unit_test(test_an_end_behind_the_file_is_the_files),
        cmocka_unit_test(test_a_range_outside_of_the_file_is_416),
        cmocka_unit_test(test_what_is_no_single_range_is_the_whole_file),
        cmocka_unit_test(test_a_range_of_an_empty_file_is_416),
        cmocka_unit_test(test_if_range_wants_the_same_strong_etag),
        cmocka_unit_test(test_if_match_fails_with_412),
        cmocka_unit_test(test_if_none_match_answers_304_also_weakly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
