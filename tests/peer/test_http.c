/* SPDX-License-Identifier: Apache-2.0 */
/* cloud/http/http.h towards a client that sends what it likes: what is let through, what is
 * refused, and what ends the connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/http_fixture.h"
#include "peer/raw_client.h"

#define END " HTTP/1.1\r\nHost: h\r\n\r\n"

static struct http_fixture server;
static struct raw_response response;

static int start(void **state)
{
    (void)state;
    http_fixture_start_plain(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_fixture_stop(&server);
    return 0;
}

static void expect(const char *request, unsigned status, const char *part_of_body)
{
    raw_ask(server.port, request, &response);
    if (response.status != status || strstr(response.body, part_of_body) == NULL) {
        fail_msg("%.200s\n%u %s", request, response.status, response.body);
    }
}

/* ---- plain requests ---- */

static void test_a_reply_has_length_type_and_id(void **state)
{
    (void)state;
    expect("GET /hello" END, 200, "hello");
    assert_string_equal(raw_header(&response, "Content-Length"), "5");
    assert_string_equal(raw_header(&response, "Content-Type"), "text/plain");
    assert_non_null(raw_header(&response, "X-Request-Id"));
    assert_null(raw_header(&response, "Transfer-Encoding"));
}

static void test_an_error_has_text_and_id_in_json(void **state)
{
    char expected[200];

    (void)state;
    expect("GET /a%22b" END, 404, "{\"error\":\"there is no \\\"/a\\\"b\\\"\",\"request\":\"");
    assert_string_equal(raw_header(&response, "Content-Type"), "application/json");
    (void)snprintf(expected, sizeof expected, "\"request\":\"%s\"}",
                   raw_header(&response, "X-Request-Id"));
    assert_non_null(strstr(response.body, expected));
}

static void test_what_a_handler_can_ask(void **state)
{
    (void)state;
    expect("PATCH /what%2Fx?b=1&a=x%20y+z HTTP/1.1\r\nhost: h\r\nx-a: v\r\nCookie: b=2; "
           "c=3\r\n\r\n",
           200, "PATCH|/what/x|x y z|v|3|127.0.0.1");
    expect("GET /what?a&b=1" END, 200, "GET|/what||NULL|NULL|127.0.0.1");
    expect("GET /what" END, 200, "GET|/what|NULL|NULL|NULL|127.0.0.1");
}

static void test_a_kept_connection_takes_pipelined_requests(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    raw_send(fd,
             "GET /hello" END "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
             "GET /nothing" END "GET /thread" END "GET /what" END);
    raw_read(fd, &response);
    assert_string_equal(response.body, "hello");
    raw_read(fd, &response);
    assert_string_equal(response.body, "abc");
    raw_read(fd, &response);
    assert_int_equal(response.status, 404);
    raw_read(fd, &response);
    assert_string_equal(response.body, "thread");
    raw_read(fd, &response);
    assert_int_equal(response.status, 200);
    close(fd);
}

static void test_head_has_no_body(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    raw_send(fd, "HEAD /hello" END "GET /hello" END);
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(raw_header(&response, "Content-Length"), "5");
    raw_read(fd, &response);
    assert_string_equal(response.body, "hello");
    close(fd);
}

static void test_the_log_has_path_and_status_and_no_query(void **state)
{
    (void)state;
    expect("GET /nothing?token=secret" END, 404, "error");
    http_fixture_wait(&server, &server.logs, 1);
    assert_string_equal(server.log_method, "GET");
    assert_string_equal(server.log_path, "/nothing");
    assert_string_equal(server.log_peer, "127.0.0.1");
    assert_string_equal(server.log_id, raw_header(&response, "X-Request-Id"));
    assert_int_equal(server.last_log.status, 404);
    assert_int_equal(server.last_log.bytes, response.body_len);
    assert_true(server.last_log.is_complete);
    expect("GET /%00" END, 400, "error");
    http_fixture_wait(&server, &server.logs, 2);
    assert_string_equal(server.log_path, "-");
}

/* ---- what is refused ---- */

static void test_two_readings_of_a_body_are_refused(void **state)
{
    static const char *const headers[] = {
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3\r\ncontent-length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length : 3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 0x3\r\n",
    };
    char request[300];

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        int fd = raw_connect(server.port);
        (void)snprintf(request, sizeof request,
                       "POST /echo HTTP/1.1\r\nHost: h\r\n%s\r\nabcGET /late" END, headers[i]);
        raw_send(fd, request);
        raw_read(fd, &response);
        (void)raw_drain(fd);
        print_message("%s", headers[i]);
        assert_int_equal(response.status, 400);
        close(fd);
        assert_int_equal(server.late_count, 0); /* what follows is nobody's request */
    }
}

static void test_paths_of_two_readings_are_refused(void **state)
{
    static const char *const paths[] = {
        "/a/../b",     "/..",
        "/a/..",       "/%2e%2e/a",
        "/a/%2E./b",   "/a/./b",
        "/.",          "//a",
        "/a//b",       "/a%00b",
        "/a%0Ab",      "/a%7Fb",
        "/a%",         "/a%4",
        "/a%zz",       "/a%5Cb",
        "/a\\b",       "*",
        "a",           "http://h/hello",
        "/a?b=%",      "/what?a=%00",
        "/a%2F..%2Fb", "/what?a=1&a=2",
        "/what?a&a",   "/what?a=1&%61=2",
    };
    char request[300];

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)snprintf(request, sizeof request, "GET %s" END, paths[i]);
        expect(request, 400, "\"request\"");
    }
    expect("GET /what/...a/.b/c.." END, 200, "/what/...a/.b/c..");
}

static void test_headers_of_two_readings_are_refused(void **state)
{
    (void)state;
    expect("GET /hello HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400, "Host");
    expect("GET /hello HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nauthorization: b\r\n\r\n",
           400, "Authorization");
    expect("GET /hello HTTP/1.1\r\nHost: h\r\nX-Controller-Id: a\r\nX-Controller-Id: b\r\n\r\n",
           400, "X-Controller-Id");
    expect("GET /hello HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n", 400, "header");
    expect("GET /hello HTTP/1.1\r\n\r\n", 400, "Host");
    expect("GET /hello HTTP/1.0\r\n\r\n", 200, "hello");
    expect("GET /hel lo" END, 400, "malformed");
    expect("G@T /hello" END, 400, "method");
    expect("GET /hello HTTP/1.1\r\nHost: h\r\nAccept: a\r\nAccept: b\r\n\r\n", 200, "hello");
}

static void test_many_parameters_are_refused(void **state)
{
    char request[400];
    size_t len = (size_t)snprintf(request, sizeof request, "GET /hello?z=1");

    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        len += (size_t)snprintf(request + len, sizeof request - len, "&%u=1", i);
    }
    (void)snprintf(request + len, sizeof request - len, END);
    expect(request, 400, "parameters");
}

/* A request whose head is `size` bytes longer than a plain one. */
static void send_large_head(int fd, size_t size)
{
    static char value[20000];

    assert_true(size < sizeof value);
    memset(value, 'a', size);
    value[size] = '\0';
    raw_send(fd, "GET /what HTTP/1.1\r\nHost: h\r\nX-A: ");
    raw_send(fd, value);
    raw_send(fd, "\r\n\r\n");
}

static void test_a_head_has_a_longest(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    send_large_head(fd, 3000);
    raw_read(fd, &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "|aaaaaaaaaa"));
    close(fd);
    fd = raw_connect(server.port);
    send_large_head(fd, 16000);
    raw_read(fd, &response);
    assert_int_equal(response.status, 431);
    close(fd);
}

/* ---- bodies ---- */

static void test_a_body_in_chunks(void **state)
{
    (void)state;
    expect("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n",
           200, "abcd");
    expect("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400,
           "");
    expect("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200,
           "");
    assert_int_equal(response.body_len, 0);
    expect("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200, "");
}

/* Send `len` bytes to `path`, in one piece or in chunks of 1000, and read the response. */
static void upload(const char *path, size_t len, bool is_chunked)
{
    static char body[200000];
    char head[200];
    int fd = raw_connect(server.port);

    for (size_t i = 0; i < len; i++) {
        body[i] = http_file_byte((int64_t)i);
    }
    if (is_chunked) {
        (void)snprintf(head, sizeof head,
                       "PUT %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
                       path);
        raw_send(fd, head);
        for (size_t off = 0; off < len; off += 1000) {
            raw_send(fd, "3e8\r\n");
            raw_send_bytes(fd, body + off, 1000);
            raw_send(fd, "\r\n");
        }
        raw_send(fd, "0\r\n\r\n");
    } else {
        (void)snprintf(head, sizeof head,
                       "PUT %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", path, len);
        raw_send(fd, head);
        raw_send_bytes(fd, body, len);
    }
    raw_read(fd, &response);
    if (response.status == 200) {
        assert_int_equal(response.body_len, len);
        assert_memory_equal(response.body, body, len);
    }
    close(fd);
}

static void test_bodies_arrive_whole(void **state)
{
    (void)state;
    for (int is_chunked = 0; is_chunked <= 1; is_chunked++) {
        upload("/echo", 65000, is_chunked);
        assert_int_equal(response.status, 200);
        upload("/echo/file", 100000, is_chunked);
        assert_int_equal(response.status, 200);
    }
}

static void test_too_long_bodies_are_413(void **state)
{
    (void)state;
    for (int is_chunked = 0; is_chunked <= 1; is_chunked++) {
        upload("/echo", 66000, is_chunked);
        assert_int_equal(response.status, 413);
        upload("/echo/file", 101000, is_chunked);
        assert_int_equal(response.status, 413);
        upload("/echo/small", 1000, is_chunked);
        assert_int_equal(response.status, 413);
    }
    upload("/echo/small", 10, false);
    assert_int_equal(response.status, 200);
}

static void test_a_reply_before_the_body_keeps_the_connection_if_it_is_short(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    raw_send(fd, "POST /closed HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                 "POST /closed HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n0\r\n\r\nGET /hello" END);
    raw_read(fd, &response);
    assert_int_equal(response.status, 401);
    raw_read(fd, &response);
    assert_int_equal(response.status, 401);
    raw_read(fd, &response);
    assert_string_equal(response.body, "hello");
    /* Of a long one nothing is awaited. */
    raw_send(fd, "POST /closed HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000000\r\n\r\n");
    raw_read(fd, &response);
    assert_int_equal(response.status, 401);
    assert_int_equal(raw_drain(fd), 0);
    close(fd);
}

static void test_expect_100_continue(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    raw_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                 "Expect: 100-continue\r\n\r\n");
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 100);
    raw_send(fd, "abc");
    raw_read(fd, &response);
    assert_string_equal(response.body, "abc");
    /* 413 comes before the body. */
    raw_send(fd, "POST /echo/small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n"
                 "Expect: 100-continue\r\n\r\n");
    raw_read(fd, &response);
    assert_int_equal(response.status, 413);
    close(fd);
}

/* ---- deadlines ---- */

/* Send one byte now and then until the peer closes. */
static void expect_closed_while_dripping(struct http_fixture *fixture, const char *first)
{
    enum { TURN_MS = 20, TURNS_MAX = RAW_GUARD_S * 1000 / TURN_MS };
    int fd = raw_connect(fixture->port), turns = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLRDHUP};
    char byte;

    raw_send(fd, first);
    while (poll(&poll_fd, 1, TURN_MS) == 0) {
        assert_true(turns++ < TURNS_MAX);
        (void)send(fd, "a", 1, MSG_NOSIGNAL);
    }
    assert_true(recv(fd, &byte, 1, 0) <= 0); /* closed, and not answered */
    close(fd);
}

static void test_slow_peers_are_closed_although_they_send(void **state)
{
    struct http_fixture fixture;

    (void)state;
    http_fixture_start(&fixture,
                       &(struct http_listener){
                           .threads = 2, .pool_size = 8192, .head_ms = 200, .idle_ms = 600000});
    expect_closed_while_dripping(&fixture, "G");
    expect_closed_while_dripping(&fixture, "GET /hello HTTP/1.1\r\nHost: ");
    expect_closed_while_dripping(
        &fixture, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\nabc");
    expect_closed_while_dripping(
        &fixture,
        "PUT /echo/file HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n");
    http_fixture_stop(&fixture);
}

static void test_silent_peers_are_closed(void **state)
{
    struct http_fixture fixture;

    (void)state;
    http_fixture_start(
        &fixture, &(struct http_listener){.threads = 1, .pool_size = 8192, .head_ms = 200});
    int fd = raw_connect(fixture.port);
    assert_int_equal(raw_drain(fd), 0);
    close(fd);
    http_fixture_stop(&fixture);
    http_fixture_start(
        &fixture, &(struct http_listener){.threads = 1, .pool_size = 8192, .idle_ms = 200});
    fd = raw_connect(fixture.port);
    raw_send(fd, "GET /hello" END);
    raw_read(fd, &response);
    assert_int_equal(response.status, 200);
    assert_int_equal(raw_drain(fd), 0);
    close(fd);
    http_fixture_stop(&fixture);
}

static void test_who_does_not_read_is_closed(void **state)
{
    enum { SIZE = 32 << 20 };
    struct http_fixture fixture;

    (void)state;
    http_fixture_start(
        &fixture, &(struct http_listener){
                      .threads = 1, .pool_size = 8192, .head_ms = 200, .bytes_per_s = 1 << 30});
    http_fixture_make_file(&fixture, SIZE);
    int fd = raw_connect(fixture.port);
    raw_send(fd, "GET /file" END);
    http_fixture_wait(&fixture, &fixture.sent_ends, 1);
    assert_true(raw_drain(fd) < SIZE);
    assert_true(fixture.sent_off > 0 && fixture.sent_off < SIZE);
    close(fd);
    http_fixture_stop(&fixture);
}

/* ---- many ---- */

static void test_a_thousand_connections_come_and_go(void **state)
{
    enum { AT_ONCE = 200, ROUNDS = 5 };
    static int fds[AT_ONCE];

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < AT_ONCE; i++) {
            fds[i] = raw_connect(server.port);
            raw_send(fds[i], i % 3 == 0 ? "GET /thread" END : "GET /hel");
        }
        for (unsigned i = 0; i < AT_ONCE; i++) {
            if (i % 3 == 0) {
                raw_read(fds[i], &response);
                assert_string_equal(response.body, "thread");
            }
            close(fds[i]);
        }
    }
    expect("GET /hello" END, 200, "hello");
}

static void test_connections_per_address_have_a_limit(void **state)
{
    struct http_fixture fixture;
    int fds[3];

    (void)state;
    http_fixture_start(&fixture, &(struct http_listener){.threads = 1,
                                                         .pool_size = 8192,
                                                         .connections_max = 100,
                                                         .connections_per_address_max = 2});
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = raw_connect(fixture.port);
        raw_send(fds[i], "GET /hello" END);
        raw_read(fds[i], &response);
        assert_int_equal(response.status, i < 2 ? 200 : 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        close(fds[i]);
    }
    http_fixture_stop(&fixture);
}

static void test_bad_listeners_are_refused(void **state)
{
    static const char *const addresses[] = {"",          ":80",           "localhost:80",
                                            "127.0.0.1", "1.2.3.4:65536", "::1:80",
                                            "[::1]",     "127.0.0.1:",    "127.0.0.1:8x"};
    struct http_listener listener = {.threads = 1, .pool_size = 8192};
    struct http_server *other;
    struct host_error error;

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        listener.address = addresses[i];
        print_message("%s\n", addresses[i]);
        assert_int_equal(http_start(&listener, &other, &error), -1);
        assert_true(error.reason[0] != '\0');
    }
    listener.address = "127.0.0.1:0";
    listener.cert = "/dev/null";
    assert_int_equal(http_start(&listener, &other, &error), -1);
    listener.key = "/dev/null";
    assert_int_equal(http_start(&listener, &other, &error), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_reply_has_length_type_and_id, start, stop),
        cmocka_unit_test_setup_teardown(test_an_error_has_text_and_id_in_json, start, stop),
        cmocka_unit_test_setup_teardown(test_what_a_handler_can_ask, start, stop),
        cmocka_unit_test_setup_teardown(test_a_kept_connection_takes_pipelined_requests, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_head_has_no_body, start, stop),
        cmocka_unit_test_setup_teardown(test_the_log_has_path_and_status_and_no_query, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_two_readings_of_a_body_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_paths_of_two_readings_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_headers_of_two_readings_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_many_parameters_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_a_head_has_a_longest, start, stop),
        cmocka_unit_test_setup_teardown(test_a_body_in_chunks, start, stop),
        cmocka_unit_test_setup_teardown(test_bodies_arrive_whole, start, stop),
        cmocka_unit_test_setup_teardown(test_too_long_bodies_are_413, start, stop),
        cmocka_unit_test_setup_teardown(
            test_a_reply_before_the_body_keeps_the_connection_if_it_is_short, start, stop),
        cmocka_unit_test_setup_teardown(test_expect_100_continue, start, stop),
        cmocka_unit_test(test_slow_peers_are_closed_although_they_send),
        cmocka_unit_test(test_silent_peers_are_closed),
        cmocka_unit_test(test_who_does_not_read_is_closed),
        cmocka_unit_test_setup_teardown(test_a_thousand_connections_come_and_go, start, stop),
        cmocka_unit_test(test_connections_per_address_have_a_limit),
        cmocka_unit_test(test_bad_listeners_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
