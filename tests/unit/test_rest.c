/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of REST: which route, what a body may hold, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_body.h"
#include "cloud/rest/rest_route.h"
#include "cloud/rest/rest_time.h"

/* ---- routes ---- */
static const struct rest_route routes[] = {
    {.method = "GET", .path = "/a"},
    {.method = "POST", .path = "/a"},
    {.method = "GET", .path = "/a/{id}"},
    {.method = "DELETE", .path = "/a/{id}"},
    {.method = "POST", .path = "/a/{id}/stop"},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

static struct rest_match find(const char *method, const char *path)
{
    struct rest_match match;

    rest_find_route(routes, ROUTES, method, path, &match);
    return match;
}

static void test_route_is_found_by_method_and_path(void **state)
{
    (void)state;
    assert_ptr_equal(find("GET", "/a").route, &routes[0]);
    assert_ptr_equal(find("POST", "/a").route, &routes[1]);
    assert_ptr_equal(find("HEAD", "/a").route, &routes[0]);
    struct rest_match match = find("POST", "/a/17/stop");
    assert_ptr_equal(match.route, &routes[4]);
    assert_int_equal(match.id, 17);
    match = find("DELETE", "/a/999999999999999999");
    assert_ptr_equal(match.route, &routes[3]);
    assert_true(match.id == INT64_C(999999999999999999));
}

static void test_route_of_another_method_says_which_are_there(void **state)
{
    (void)state;
    struct rest_match match = find("PUT", "/a/3");
    assert_null(match.route);
    assert_string_equal(match.allow, "GET, DELETE");
}

static void test_route_that_is_none_is_not_found(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "/b",
                                        "/a/",
                                        "/a/0",
                                        "/a/01",
                                        "/a/-1",
                                        "/a/x",
                                        "/a/1x",
                                        "/a/1/",
                                        "/A",
                                        "/a/1/stop/",
                                        "/a//stop",
                                        "/a/{id}",
                                        "/a/+1",
                                        "/a/1000000000000000000",
                                        "/a/99999999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct rest_match match = find("GET", paths[i]);
        assert_null(match.route);
        assert_string_equal(match.allow, "");
    }
}

/* ---- bodies ---- */
static const struct rest_member window[] = {
    {.name = "from", .type = REST_TEXT, .is_required = true, .min = 1, .max = 5},
    {.name = NULL},
};
static const struct rest_member members[] = {
    {.name = "name", .type = REST_TEXT, .is_required = true, .min = 1, .max = 8},
    {.name = "notes", .type = REST_LONG_TEXT, .max = 20},
    {.name = "count", .type = REST_INTEGER, .may_be_null = true, .min = 1, .max = 9},
    {.name = "yes", .type = REST_BOOLEAN},
    {.name = "mode", .type = REST_CHOICE, .choices = "silent manual"},
    {.name = "at", .type = REST_TIME, .may_be_null = true},
    {.name = "list", .type = REST_TEXTS, .min = 1, .max = 2},
    {.name = "window", .type = REST_OBJECT, .members = window},
    {.name = NULL},
};

static void test_body_is_read(void **state)
{
    static const char text[] =
        "{\"name\":\"\\u00e9\",\"notes\":\"a\\nb\",\"count\":9,\"yes\":false,"
        "\"mode\":\"manual\",\"at\":\"1970-01-01T00:00:01Z\",\"list\":[\"x\",\"y\"],"
        "\"window\":{\"from\":\"1\"}}";
    char reason[REST_REASON_SIZE] = "";
    json_t *body = NULL;

    (void)state;
    assert_int_equal(
        rest_read_body((const uint8_t *)text, sizeof text - 1, members, &body, reason), 0);
    assert_string_equal(rest_body_text(body, "name"), "\xC3\xA9");
    assert_int_equal(rest_body_integer(body, "count", 1), 9);
    assert_int_equal(rest_body_integer(body, "name", 5), 5);
    assert_int_equal(rest_body_time(body, "at", 0), 1000);
    assert_int_equal(rest_body_time(body, "nothing", 7), 7);
    assert_null(rest_body_text(body, "nothing"));
    json_decref(body);
}

static void expect_error(const char *text, const char *expected)
{
    char reason[REST_REASON_SIZE] = "";
    json_t *body = NULL;

    assert_int_equal(
        rest_read_body((const uint8_t *)text, strlen(text), members, &body, reason), -1);
    if (strstr(reason, expected) == NULL) {
        fail_msg("%s: \"%s\", and not \"%s\"", text, reason, expected);
    }
}

static void test_body_error_names_the_member(void **state)
{
    (void)state;
    expect_error("{}", "name: missing");
    expect_error("{\"nmae\":\"x\",\"name\":\"y\"}", "nmae: no such member");
    expect_error("{\"name\":\"\"}", "name: 0 bytes long");
    expect_error("{\"name\":\"123456789\"}", "name: 9 bytes long");
    expect_error("{\"name\":7}", "name: not a text");
    expect_error("{\"name\":null}", "name: not a text");
    expect_error("{\"name\":\"a\\nb\"}", "name: holds control characters");
    expect_error("{\"name\":\"a\",\"notes\":\"\\u001b\"}", "notes: holds control characters");
    expect_error("{\"name\":\"a\",\"count\":0}", "count: not from 1 to 9");
    expect_error("{\"name\":\"a\",\"count\":1.5}", "count: not an integer");
    expect_error("{\"name\":\"a\",\"count\":\"1\"}", "count: not an integer");
    expect_error("{\"name\":\"a\",\"yes\":\"true\"}", "yes: not true or false");
    expect_error("{\"name\":\"a\",\"mode\":\"sil\"}", "mode: not one of: silent manual");
    expect_error("{\"name\":\"a\",\"mode\":\"silent manual\"}", "mode: not one of");
    expect_error("{\"name\":\"a\",\"mode\":\"\"}", "mode: not one of");
    expect_error("{\"name\":\"a\",\"at\":\"today\"}", "at: not a time");
    expect_error("{\"name\":\"a\",\"list\":[]}", "list: 0 entries");
    expect_error("{\"name\":\"a\",\"list\":[1]}", "list: not a text");
    expect_error("{\"name\":\"a\",\"list\":\"x\"}", "list: not a list");
    expect_error("{\"name\":\"a\",\"window\":{\"form\":\"1\"}}", "from: missing");
    expect_error("{\"name\":\"a\",\"window\":{\"from\":\"1\",\"to\":\"2\"}}",
                 "to: no such member");
    expect_error("{\"name\":\"a\",\"window\":[]}", "window: not an object");
}

static void test_body_that_is_no_object_is_an_error(void **state)
{
    (void)state;
    expect_error("", "not JSON");
    expect_error("[]", "not a JSON object");
    expect_error("{\"name\":\"a\"", "not JSON: line 1");
    expect_error("{\"name\":\"a\"} x", "not JSON");
    expect_error("{\"name\":\"a\",\"name\":\"b\"}", "not JSON");
    expect_error("{\"name\":\"\xFF\"}", "not JSON");
    expect_error("{\"name\":\"a\\u0000b\"}", "not JSON");
}

static void test_body_that_is_deep_or_long_is_an_error(void **state)
{
    static char text[REST_BODY_MAX + 2];
    char reason[REST_REASON_SIZE] = "";
    json_t *body = NULL;

    (void)state;
    memset(text, '[', sizeof text);
    assert_int_equal(rest_read_body((const uint8_t *)text, 9, members, &body, reason), -1);
    assert_string_equal(reason, "nested deeper than 8");
    assert_int_equal(
        rest_read_body((const uint8_t *)text, sizeof text - 1, members, &body, reason), -1);
    assert_string_equal(reason, "longer than 65536 bytes");
    /* brackets in a text are no depth */
    expect_error("{\"name\":\"\\\"[[[[[[[[[[[\"}", "name: 12 bytes long");
}

/* ---- times ---- */
static void test_time_is_written_and_read(void **state)
{
    char text[REST_TIME_SIZE];
    int64_t ms = 0;

    (void)state;
    rest_put_time(INT64_C(951782400007), text); /* 29 February 2000 */
    assert_string_equal(text, "2000-02-29T00:00:00.007Z");
    assert_int_equal(rest_read_time(text, &ms), 0);
    assert_true(ms == INT64_C(951782400007));
    rest_put_time(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    rest_put_time(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    /* The examples of RFC 3339, section 5.8. */
    assert_int_equal(rest_read_time("1985-04-12T23:20:50.52Z", &ms), 0);
    assert_true(ms == INT64_C(482196050520));
    assert_int_equal(rest_read_time("1996-12-19T16:39:57-08:00", &ms), 0);
    assert_true(ms == INT64_C(851042397000));
    assert_int_equal(rest_read_time("1970-01-01T05:30:00.1239+05:30", &ms), 0);
    assert_true(ms == 123);
}

static void test_time_that_is_none_is_an_error(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-11-29",
        "2026-11-29T12:00:00",
        "2026-11-29 12:00:00Z",
        "2026-11-29t12:00:00z",
        "2026-11-29T12:00Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2026-11-29T24:00:00Z",
        "2026-11-29T12:60:00Z",
        "2026-11-29T12:00:60Z",
        "2026-11-29T12:00:00.Z",
        "2026-11-29T12:00:00Z ",
        "2026-11-29T12:00:00+8",
        "2026-11-29T12:00:00+24:00",
        "2026-11-29T12:00:00+0800",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "20261129T120000Z",
        "+026-11-29T12:00:00Z",
    };
    int64_t ms = 5;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (rest_read_time(texts[i], &ms) == 0) {
            fail_msg("\"%s\" was read", texts[i]);
        }
    }
    assert_int_equal(ms, 5);
}

static void test_minutes_of_a_day(void **state)
{
    char text[REST_MINUTES_SIZE];
    int64_t minutes = 0;

    (void)state;
    rest_put_minutes(22 * 60 + 5, text);
    assert_string_equal(text, "22:05");
    assert_int_equal(rest_read_minutes("22:05", &minutes), 0);
    assert_int_equal(minutes, 1325);
    rest_put_minutes(-1, text);
    assert_string_equal(text, "23:59");
    assert_int_equal(rest_read_minutes("24:00", &minutes), -1);
    assert_int_equal(rest_read_minutes("2:00", &minutes), -1);
    assert_int_equal(rest_read_minutes("12:60", &minutes), -1);
    assert_int_equal(rest_read_minutes("12:00:00", &minutes), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_is_found_by_method_and_path),
        cmocka_unit_test(test_route_of_another_method_says_which_are_there),
        cmocka_unit_test(test_route_that_is_none_is_not_found),
        cmocka_unit_test(test_body_is_read),
        cmocka_unit_test(test_body_error_names_the_member),
        cmocka_unit_test(test_body_that_is_no_object_is_an_error),
        cmocka_unit_test(test_body_that_is_deep_or_long_is_an_error),
        cmocka_unit_test(test_time_is_written_and_read),
        cmocka_unit_test(test_time_that_is_none_is_an_error),
        cmocka_unit_test(test_minutes_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
