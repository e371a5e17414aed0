/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of events: who gets it, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "peer/rest_fixture.h"

#define API "/api/v1"

enum { WAIT_S = 30 }; /* far above what any event takes */

struct stream {
    int fd;
    char text[16384];
    size_t len;
    bool has_ended;
};

/* Until `text` came or the stream ended. */
static void read_until(struct stream *stream, const char *text)
{
    while (!stream->has_ended && (text == NULL || strstr(stream->text, text) == NULL)) {
        ssize_t part =
            read(stream->fd, stream->text + stream->len, sizeof stream->text - 1 - stream->len);
        if (part < 0) {
            fail_msg("neither %s nor the end came: %s", text != NULL ? text : "more",
                     stream->text);
        }
        stream->len += (size_t)part;
        stream->text[stream->len] = '\0';
        stream->has_ended = part == 0;
    }
}

static void open_stream(struct stream *stream, const char *headers)
{
    struct timeval timeout = {.tv_sec = WAIT_S};
    char request[500];

    memset(stream, 0, sizeof *stream);
    (void)snprintf(request, sizeof request,
                   "GET " API "/events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
                   headers);
    stream->fd = rest_connect(request);
    assert_int_equal(setsockopt(stream->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout),
                     0);
    read_until(stream, "event: hello");
    assert_false(stream->has_ended);
    assert_non_null(strstr(stream->text, "Content-Type: text/event-stream\r\n"));
}

static void put_bearer(const char *token, char out_line[100])
{
    (void)snprintf(out_line, 100, "Authorization: Bearer %s\r\n", token);
}

static int64_t device;

static void make_device(void)
{
    (void)rest_must(201, rest_admin(), "POST", API "/devices",
                    "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    device = rest_integer("id");
}

/* Something happens: a line with this reason. */
static void hold(const char *reason)
{
    char path[60], json[60];

    (void)snprintf(path, sizeof path, API "/devices/%lld", (long long)device);
    (void)snprintf(json, sizeof json, "{\"hold\":\"%s\"}", reason);
    (void)rest_must(200, rest_admin(), "PATCH", path, json);
}

static void revoke_token(int64_t token)
{
    char path[60];

    (void)snprintf(path, sizeof path, API "/tokens/%lld", (long long)token);
    (void)rest_must(200, rest_admin(), "DELETE", path, NULL);
}

/* It has ended, or ends now, and nothing of `text` was in it. */
static void expect_end_without(struct stream *stream, const char *text)
{
    read_until(stream, text);
    if (strstr(stream->text, text) != NULL) {
        fail_msg("it goes on: %s", stream->text);
    }
    assert_true(stream->has_ended);
    (void)close(stream->fd);
}

/* A token with so many seconds left, by REST. */
static void make_short_token(int seconds, char out_token[40])
{
    char json[120];

    (void)snprintf(
        json, sizeof json,
        "{\"kind\":\"api\",\"name\":\"short\",\"role\":\"viewer\",\"expires_in_s\":%d}",
        seconds);
    (void)rest_must(201, rest_admin(), "POST", API "/tokens", json);
    (void)snprintf(out_token, 40, "%s", rest_text("token"));
}

static void test_events_are_streamed(void **state)
{
    struct stream stream;
    char line[100];

    (void)state;
    make_device();
    put_bearer(rest_token("viewer"), line);
    int64_t token = rest_integer("id");
    open_stream(&stream, line);
    hold("on the bench");
    read_until(&stream, "on the bench");
    assert_false(stream.has_ended);
    assert_non_null(strstr(stream.text, "event: timeline\ndata: {"));
    assert_non_null(strstr(stream.text, "\"kind\":\"device.hold\""));
    /* A revoked token has no stream. */
    revoke_token(token);
    hold("in the shop");
    expect_end_without(&stream, "in the shop");
}

/* A console that was signed in with a token, beside one with another: revoking the token ends
 * the first at once, and the other goes on. */
static void test_a_stream_ends_with_the_token_of_its_session(void **state)
{
    char cookie[REST_COOKIE_LINE_SIZE], other[REST_COOKIE_LINE_SIZE], secret[40];
    struct stream stream, stays;

    (void)state;
    make_device();
    (void)snprintf(secret, sizeof secret, "%s", rest_token("viewer"));
    int64_t token = rest_integer("id");
    rest_sign_in(secret, cookie);
    rest_sign_in(rest_admin(), other);
    open_stream(&stream, cookie);
    open_stream(&stays, other);
    revoke_token(token);
    assert_int_equal(rest_send("GET", API "/counts", cookie, NULL, 0)->status, 401);
    hold("on the bench");
    expect_end_without(&stream, "on the bench");
    read_until(&stays, "on the bench");
    assert_false(stays.has_ended);
    (void)close(stays.fd);
}

/* No event goes to a token whose time is over, nor to a session of such a one. */
static void test_an_expired_token_gets_no_event(void **state)
{
    char secret[40], line[100], cookie[REST_COOKIE_LINE_SIZE];
    struct stream by_token, by_session;

    (void)state;
    make_device();
    make_short_token(3, secret);
    put_bearer(secret, line);
    rest_sign_in(secret, cookie);
    open_stream(&by_token, line);
    open_stream(&by_session, cookie);
    hold("on the bench");
    read_until(&by_token, "on the bench");
    read_until(&by_session, "on the bench");
    rest_pass_ms(4000);
    (void)rest_must(401, secret, "GET", API "/counts", NULL);
    hold("in the shop");
    expect_end_without(&by_token, "in the shop");
    expect_end_without(&by_session, "in the shop");
}

/* Though nothing happens; and nobody else's ends. */
static void test_a_stream_ends_with_the_time_of_its_token(void **state)
{
    char secret[40], line[100], cookie[REST_COOKIE_LINE_SIZE];
    struct stream by_token, by_session, stays;

    (void)state;
    make_device();
    make_short_token(3, secret);
    rest_sign_in(secret, cookie);
    put_bearer(rest_admin(), line);
    open_stream(&stays, line);
    put_bearer(secret, line);
    open_stream(&by_token, line);
    open_stream(&by_session, cookie);
    rest_pass_ms(2000);
    rest_fixture_tick();
    hold("on the bench");
    read_until(&by_token, "on the bench");
    read_until(&by_session, "on the bench");
    rest_pass_ms(2000);
    rest_fixture_tick();
    expect_end_without(&by_token, "in the shop");
    expect_end_without(&by_session, "in the shop");
    hold("in the shop");
    read_until(&stays, "in the shop");
    assert_false(stays.has_ended);
    (void)close(stays.fd);
}

/* A session of its own time: 12 hours, whatever its token has left. Signing out ends it. */
static void test_a_stream_ends_with_its_session(void **state)
{
    char first[REST_COOKIE_LINE_SIZE], second[REST_COOKIE_LINE_SIZE], lines[400];
    struct stream by_time, by_leaving;

    (void)state;
    make_device();
    rest_sign_in(rest_admin(), first);
    open_stream(&by_time, first);
    rest_pass_ms(INT64_C(11) * 3600 * 1000);
    rest_sign_in(rest_admin(), second);
    open_stream(&by_leaving, second);
    rest_pass_ms(INT64_C(2) * 3600 * 1000);
    rest_fixture_tick();
    expect_end_without(&by_time, "on the bench");
    (void)snprintf(lines, sizeof lines, "%sOrigin: http://127.0.0.1:%u\r\n", second,
                   rest_port());
    assert_int_equal(rest_send("DELETE", API "/session", lines, NULL, 0)->status, 200);
    expect_end_without(&by_leaving, "on the bench");
}

int main(void)
{
#define WITH_SERVER(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, rest_fixture_start, rest_fixture_stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_events_are_streamed),
        WITH_SERVER(test_a_stream_ends_with_the_token_of_its_session),
        WITH_SERVER(test_an_expired_token_gets_no_event),
        WITH_SERVER(test_a_stream_ends_with_the_time_of_its_token),
        WITH_SERVER(test_a_stream_ends_with_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
