/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call what: tokens, roles, sessions, Origin; and what is refused of a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud/rest/rest_route.h"
#include "peer/rest_fixture.h"

#define API "/api/v1"

/* "/api/v1/devices/{id}" as somebody asks for it. */
static void put_path(const char *pattern, char out_path[128])
{
    const char *id = strstr(pattern, "{id}");

    if (id == NULL) {
        (void)snprintf(out_path, 128, "%s", pattern);
    } else {
        (void)snprintf(out_path, 128, "%.*s1%s", (int)(id - pattern), pattern, id + 4);
    }
}

static void expect_status_of_all(const char *token, enum token_role role, unsigned status)
{
    size_t count, refused = 0;
    const struct rest_route *routes = rest_routes(&count);

    for (size_t i = 0; i < count; i++) {
        char path[128];
        put_path(routes[i].path, path);
        if (routes[i].role > role) {
            (void)rest_must(status, token, routes[i].method, path, NULL);
            assert_non_null(rest_text("error"));
            assert_non_null(rest_text("request"));
            refused++;
        }
    }
    assert_true(refused > 5);
}

static void test_nothing_is_answered_without_a_token(void **state)
{
    (void)state;
    expect_status_of_all(NULL, ROLE_NONE, 401);
    expect_status_of_all("abcdefghijklmnopqrstuvwxyz012345", ROLE_NONE, 401);
    expect_status_of_all("", ROLE_NONE, 401);
}

static void test_every_route_asks_for_its_role(void **state)
{
    (void)state;
    expect_status_of_all(rest_token("viewer"), ROLE_VIEWER, 403);
    expect_status_of_all(rest_token("operator"), ROLE_OPERATOR, 403);
}

static void test_an_upload_is_refused_before_its_bytes(void **state)
{
    char request[512], answer[1024];
    ssize_t len;

    (void)state;
    (void)snprintf(request, sizeof request,
                   "PUT " API "/firmware?product=1&name=a HTTP/1.1\r\nHost: h\r\n"
                   "Authorization: Bearer %s\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Length: 90000\r\n\r\n",
                   rest_token("viewer"));
    int fd = rest_connect(request); /* and not one byte of the body */
    len = read(fd, answer, sizeof answer - 1);
    assert_true(len > 0);
    assert_memory_equal(answer, "HTTP/1.1 403", 12);
    (void)close(fd);
}

/* ---- set-up and sessions ---- */
static void test_the_set_up_code_is_good_once(void **state)
{
    char body[100];

    (void)state;
    (void)rest_must(200, NULL, "GET", API "/session", NULL);
    (void)snprintf(body, sizeof body, "{\"setup\":\"%s\"}", rest_setup_code());
    const struct rest_answer *answer = rest_must(201, NULL, "POST", API "/session", body);
    assert_non_null(strstr(answer->head, "; HttpOnly; SameSite=Strict; Path=/\r\n"));
    assert_non_null(strstr(answer->head, "Cache-Control: no-store\r\n"));
    assert_int_equal(strlen(rest_text("token")), FLEET_SECRET_SIZE - 1);
    (void)rest_must(401, NULL, "POST", API "/session", body);
    (void)rest_must(401, NULL, "POST", API "/session", "{\"setup\":\"x\"}");
    (void)rest_must(400, NULL, "POST", API "/session", "{}");
    (void)rest_must(400, NULL, "POST", API "/session", "{\"setup\":\"x\",\"token\":\"y\"}");
}

static unsigned add_product(const char *headers, const char *name)
{
    char lines[400], body[60];

    (void)snprintf(lines, sizeof lines, "%sContent-Type: application/json\r\n", headers);
    (void)snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    return rest_send("POST", API "/products", lines, body, strlen(body))->status;
}

static void test_a_change_by_cookie_needs_the_servers_origin(void **state)
{
    char cookie[200], lines[400];

    (void)state;
    rest_sign_in(rest_admin(), cookie);
    assert_int_equal(rest_send("GET", API "/products", cookie, NULL, 0)->status, 200);
    assert_int_equal(add_product(cookie, "a"), 403);
    static const char *const foreign[] = {"http://example.com", "null", "http://127.0.0.1",
                                          "http://127.0.0.1:1", ""};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        (void)snprintf(lines, sizeof lines, "%sOrigin: %s\r\n", cookie, foreign[i]);
        assert_int_equal(add_product(lines, "a"), 403);
    }
    (void)snprintf(lines, sizeof lines, "%sOrigin: https://127.0.0.1:%u\r\n", cookie,
                   rest_port());
    assert_int_equal(add_product(lines, "a"), 403);
    (void)snprintf(lines, sizeof lines, "%sOrigin: http://127.0.0.1:%u\r\n", cookie,
                   rest_port());
    assert_int_equal(add_product(lines, "a"), 201);
    /* A program with a token has no Origin; a page of somebody else's has its own. */
    (void)snprintf(lines, sizeof lines, "Authorization: Bearer %s\r\n", rest_admin());
    assert_int_equal(add_product(lines, "b"), 201);
    strcat(lines, "Origin: http://example.com\r\n");
    assert_int_equal(add_product(lines, "c"), 403);
    (void)rest_must(200, rest_admin(), "GET", API "/products", NULL);
    (void)rest_items(2);
}

static void test_a_session_ends_by_signing_out(void **state)
{
    char cookie[200], lines[400];

    (void)state;
    rest_sign_in(rest_admin(), cookie);
    (void)snprintf(lines, sizeof lines, "%sOrigin: http://127.0.0.1:%u\r\n", cookie,
                   rest_port());
    (void)rest_must(400, rest_admin(), "DELETE", API "/session", NULL);
    const struct rest_answer *answer = rest_send("DELETE", API "/session", lines, NULL, 0);
    assert_int_equal(answer->status, 200);
    assert_non_null(strstr(answer->head, "Max-Age=0"));
    assert_int_equal(rest_send("GET", API "/devices", cookie, NULL, 0)->status, 401);
    assert_int_equal(rest_send("GET", API "/session", cookie, NULL, 0)->status, 200);
    (void)rest_must(200, rest_admin(), "GET", API "/devices", NULL);
}

static void test_a_session_ends_with_time_and_with_its_token(void **state)
{
    char cookie[200], token[40], path[60];

    (void)state;
    (void)snprintf(token, sizeof token, "%s", rest_token("operator"));
    int64_t id = rest_integer("id");
    rest_sign_in(token, cookie);
    assert_int_equal(rest_send("GET", API "/devices", cookie, NULL, 0)->status, 200);
    assert_int_equal(rest_send("GET", API "/tokens", cookie, NULL, 0)->status, 403);
    rest_pass_ms(INT64_C(13) * 3600 * 1000);
    assert_int_equal(rest_send("GET", API "/devices", cookie, NULL, 0)->status, 401);
    rest_sign_in(token, cookie);
    (void)snprintf(path, sizeof path, API "/tokens/%lld", (long long)id);
    (void)rest_must(200, rest_admin(), "DELETE", path, NULL);
    assert_int_equal(rest_send("GET", API "/devices", cookie, NULL, 0)->status, 401);
    (void)rest_must(401, token, "GET", API "/devices", NULL);
}

static void test_tokens_are_shown_once(void **state)
{
    char secret[40];

    (void)state;
    (void)rest_must(201, rest_admin(), "POST", API "/tokens",
                    "{\"kind\":\"claim\",\"name\":\"label\",\"uses\":5,\"expires_in_s\":60}");
    (void)snprintf(secret, sizeof secret, "%s", rest_text("token"));
    const struct rest_answer *answer = rest_must(200, rest_admin(), "GET", API "/tokens", NULL);
    assert_null(strstr(answer->body, secret));
    assert_null(strstr(answer->body, "hash"));
    assert_non_null(strstr(answer->body, "\"uses_left\":5"));
    (void)rest_must(401, secret, "GET", API "/devices", NULL); /* it is no person's */
    (void)rest_must(400, rest_admin(), "POST", API "/tokens", "{\"kind\":\"api\"}");
    (void)rest_must(400, rest_admin(), "POST", API "/tokens", "{\"kind\":\"session\"}");
    (void)rest_must(400, rest_admin(), "POST", API "/tokens",
                    "{\"kind\":\"gateway\",\"role\":\"admin\"}");
    (void)rest_must(400, rest_admin(), "POST", API "/tokens",
                    "{\"kind\":\"gateway\",\"uses\":1}");
}

/* ---- requests ---- */
static void test_bodies_are_checked(void **state)
{
    char lines[200];
    static char large[70000];

    (void)state;
    (void)rest_must(400, rest_admin(), "POST", API "/products",
                    "{\"nam\":\"a\",\"name\":\"b\"}");
    assert_string_equal(rest_text("error"), "nam: no such member");
    (void)rest_must(400, rest_admin(), "POST", API "/products", "[]");
    (void)rest_must(400, rest_admin(), "POST", API "/products", NULL);
    (void)rest_must(400, rest_admin(), "GET", API "/products", "{}");
    (void)rest_must(400, rest_admin(), "DELETE", API "/tokens/1", "{}");
    (void)snprintf(lines, sizeof lines,
                   "Authorization: Bearer %s\r\nContent-Type: text/plain\r\n", rest_admin());
    assert_int_equal(rest_send("POST", API "/products", lines, "{}", 2)->status, 415);
    (void)snprintf(lines, sizeof lines, "Authorization: Bearer %s\r\n", rest_admin());
    assert_int_equal(rest_send("POST", API "/products", lines, "{}", 2)->status, 415);
    memset(large, ' ', sizeof large);
    strcat(lines, "Content-Type: application/json\r\n");
    assert_int_equal(rest_send("POST", API "/products", lines, large, sizeof large)->status,
                     413);
    (void)rest_must(200, rest_admin(), "GET", API "/products", NULL);
    (void)rest_items(0);
}

static void test_addresses_and_methods(void **state)
{
    (void)state;
    (void)rest_must(404, rest_admin(), "GET", API "/nothing", NULL);
    (void)rest_must(404, rest_admin(), "GET", API "/devices/1/", NULL);
    (void)rest_must(404, rest_admin(), "GET", "/web/console.js", NULL);
    const struct rest_answer *answer =
        rest_must(405, rest_admin(), "PUT", API "/products", NULL);
    assert_non_null(strstr(answer->head, "Allow: GET, POST\r\n"));
    (void)rest_must(400, rest_admin(), "GET", API "/devices?limit=0", NULL);
    (void)rest_must(400, rest_admin(), "GET", API "/devices?limit=1001", NULL);
    (void)rest_must(400, rest_admin(), "GET", API "/devices?after=x", NULL);
    (void)rest_must(400, rest_admin(), "GET", API "/devices?filter=version", NULL);
}

static void test_the_console_is_served_strictly(void **state)
{
    char lines[120];

    (void)state;
    const struct rest_answer *answer = rest_must(200, NULL, "GET", "/", NULL);
    assert_non_null(strstr(answer->head, "Content-Type: text/html; charset=utf-8\r\n"));
    assert_non_null(strstr(answer->head, "default-src 'none'; script-src 'self'; style-src "
                                         "'self'; img-src 'self'; connect-src 'self'; "
                                         "form-action 'none'; frame-ancestors 'none'; "
                                         "base-uri 'none'"));
    assert_non_null(strstr(answer->head, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(answer->body, "</html>"));
    const char *tag = strstr(answer->head, "ETag: \"");
    assert_non_null(tag);
    (void)snprintf(lines, sizeof lines, "If-None-Match: %.*s\r\n", (int)strcspn(tag + 6, "\r"),
                   tag + 6);
    answer = rest_send("GET", "/", lines, NULL, 0);
    assert_int_equal(answer->status, 304);
    assert_int_equal(answer->len, 0);
    answer = rest_send("HEAD", "/console.js", "", NULL, 0);
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->len, 0);
    assert_non_null(strstr(answer->head, "text/javascript"));
}

int main(void)
{
#define WITH_SERVER(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, rest_fixture_start, rest_fixture_stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_nothing_is_answered_without_a_token),
        WITH_SERVER(test_every_route_asks_for_its_role),
        WITH_SERVER(test_an_upload_is_refused_before_its_bytes),
        WITH_SERVER(test_the_set_up_code_is_good_once),
        WITH_SERVER(test_a_change_by_cookie_needs_the_servers_origin),
        WITH_SERVER(test_a_session_ends_by_signing_out),
        WITH_SERVER(test_a_session_ends_with_time_and_with_its_token),
        WITH_SERVER(test_tokens_are_shown_once),
        WITH_SERVER(test_bodies_are_checked),
        WITH_SERVER(test_addresses_and_methods),
        WITH_SERVER(test_the_console_is_served_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
