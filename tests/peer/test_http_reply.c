/* SPDX-License-Identifier: Apache-2.0 */
/* cloud/http/http.h: files, streams, late replies, the end, TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/http_fixture.h"
#include "peer/raw_client.h"

#define HOST " HTTP/1.1\r\nHost: h\r\n"
#define END  HOST "\r\n"

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

static void reply_late(struct http_request *request)
{
    http_reply(request, &(struct http_reply){.status = 202, .body = "late", .body_len = 4});
}

/* ---- files ---- */

/* Ask for the file with these header lines; the body is the file's from `off` on. */
static void expect_file(const char *lines, unsigned status, int64_t off, size_t len)
{
    char request[300];

    (void)snprintf(request, sizeof request, "GET /file" HOST "%s\r\n", lines);
    print_message("%s", lines);
    raw_ask(server.port, request, &response);
    assert_int_equal(response.status, status);
    assert_int_equal(response.body_len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(response.body[i], http_file_byte(off + (int64_t)i));
    }
}

static void expect_ranges(int64_t size)
{
    size_t whole = (size_t)size;
    char content_range[100];

    http_fixture_make_file(&server, size);
    expect_file("", 200, 0, whole);
    assert_string_equal(raw_header(&response, "ETag"), "\"abc\"");
    assert_string_equal(raw_header(&response, "Accept-Ranges"), "bytes");
    assert_string_equal(raw_header(&response, "Content-Type"), "application/octet-stream");
    assert_string_equal(
        raw_header(&response, "Content-Disposition"),
        "attachment; filename=\"___ 1.bin\"; filename*=UTF-8''%E5%AE%A0%201.bin");
    assert_null(raw_header(&response, "Content-Range"));
    expect_file("Range: bytes=100-\r\n", 206, 100, whole - 100);
    (void)snprintf(content_range, sizeof content_range, "bytes 100-%lld/%lld",
                   (long long)size - 1, (long long)size);
    assert_string_equal(raw_header(&response, "Content-Range"), content_range);
    expect_file("Range: bytes=5-9\r\n", 206, 5, 5);
    expect_file("Range: bytes=-7\r\n", 206, size - 7, 7);
    expect_file("Range: bytes=0-1,5-6\r\n", 200, 0, whole);
    expect_file("Range: bytes=5-9\r\nIf-Range: \"abc\"\r\n", 206, 5, 5);
    expect_file("Range: bytes=5-9\r\nIf-Range: \"old\"\r\n", 200, 0, whole);
    expect_file("If-Match: \"abc\"\r\n", 200, 0, whole);
    expect_file("Range: bytes=999999999-\r\n", 416, 0, 0);
    (void)snprintf(content_range, sizeof content_range, "bytes */%lld", (long long)size);
    assert_string_equal(raw_header(&response, "Content-Range"), content_range);
    expect_file("If-Match: \"old\"\r\n", 412, 0, 0);
}

static void test_ranges_of_a_file_in_memory(void **state)
{
    (void)state;
    expect_ranges(26624);
}

static void test_ranges_of_a_file_in_pieces(void **state)
{
    (void)state;
    expect_ranges(250000);
}

static void test_an_empty_file(void **state)
{
    (void)state;
    http_fixture_make_file(&server, 0);
    expect_file("", 200, 0, 0);
    assert_string_equal(raw_header(&response, "Content-Length"), "0");
    expect_file("Range: bytes=0-\r\n", 416, 0, 0);
}

static void test_head_and_304_keep_the_connection(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    http_fixture_make_file(&server, 250000);
    raw_send(fd, "HEAD /file" END "HEAD /file" HOST "Range: bytes=5-9\r\n\r\n"
                 "GET /file" HOST "If-None-Match: W/\"abc\"\r\n\r\nGET /hello" END);
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(raw_header(&response, "Content-Length"), "250000");
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 206);
    assert_string_equal(raw_header(&response, "Content-Length"), "5");
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 304);
    assert_string_equal(raw_header(&response, "ETag"), "\"abc\"");
    raw_read(fd, &response);
    assert_string_equal(response.body, "hello");
    close(fd);
    http_fixture_wait(&server, &server.sent_ends, 3);
    assert_int_equal(server.sent_off, 0);
}

static void test_sent_says_how_far_it_got(void **state)
{
    (void)state;
    http_fixture_make_file(&server, 250000);
    expect_file("", 200, 0, 250000);
    http_fixture_wait(&server, &server.sent_ends, 1);
    assert_int_equal(server.sent_off, 250000);
    expect_file("Range: bytes=100-299\r\n", 206, 100, 200);
    http_fixture_wait(&server, &server.sent_ends, 2);
    assert_int_equal(server.sent_off, 300);
    http_fixture_wait(&server, &server.logs, 2);
    assert_int_equal(server.last_log.bytes, 200);
}

static void test_a_file_that_the_peer_cuts(void **state)
{
    enum { SIZE = 32 << 20 };
    int fd = raw_connect(server.port);
    char bytes[100];

    (void)state;
    http_fixture_make_file(&server, SIZE);
    raw_send(fd, "GET /file" END);
    assert_true(read(fd, bytes, sizeof bytes) > 0);
    close(fd);
    http_fixture_wait(&server, &server.sent_ends, 1);
    assert_true(server.sent_off < SIZE);
    http_fixture_wait(&server, &server.logs, 1);
    assert_false(server.last_log.is_complete);
    assert_int_equal(server.last_log.bytes, server.sent_off);
}

static void test_a_file_that_becomes_shorter_ends_the_connection(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    http_fixture_make_file(&server, 200000);
    http_fixture_claim_size(&server, 250000);
    raw_send(fd, "GET /file" END);
    assert_true(raw_drain(fd) < 250000);
    close(fd);
    http_fixture_claim_size(&server, 200000);
    assert_int_equal(ftruncate(server.file_fd, 10), 0);
    raw_ask(server.port, "GET /file" HOST "Range: bytes=0-99\r\n\r\n", &response);
    assert_int_equal(response.status, 500);
}

/* ---- late replies ---- */

static void test_a_reply_may_come_later_from_another_thread(void **state)
{
    int first = raw_connect(server.port), second = raw_connect(server.port);

    (void)state;
    raw_send(first, "GET /late" END "GET /hello" END);
    struct http_request *request = http_fixture_late(&server, 0);
    assert_string_equal(http_path(request), "/late");
    raw_send(second, "POST /late" HOST "Content-Length: 3\r\n\r\nabc");
    struct http_request *other = http_fixture_late(&server, 1);
    size_t len;
    assert_memory_equal(http_body_bytes(other, &len), "abc", 3);
    assert_int_equal(len, 3);
    reply_late(other);
    raw_read(second, &response);
    assert_int_equal(response.status, 202);
    http_reply_error(request, 409, "%s", "conflict");
    raw_read(first, &response);
    assert_int_equal(response.status, 409);
    raw_read(first, &response);
    assert_string_equal(response.body, "hello");
    close(first);
    close(second);
}

static void test_a_late_reply_may_be_a_file(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    http_fixture_make_file(&server, 250000);
    raw_send(fd, "GET /late" END);
    struct http_file file = {.fd = dup(server.file_fd), .size = 250000, .etag = "e"};
    http_reply_file(http_fixture_late(&server, 0), &file);
    raw_read(fd, &response);
    assert_int_equal(response.body_len, 250000);
    close(fd);
}

static void test_many_replies_race_with_the_handlers_return(void **state)
{
    enum { REQUESTS = 300 };
    int fd = raw_connect(server.port);

    (void)state;
    for (unsigned i = 0; i < REQUESTS; i++) {
        raw_send(fd, "GET /thread" END);
        raw_read(fd, &response);
        assert_string_equal(response.body, "thread");
    }
    close(fd);
}

static void test_the_peer_may_go_before_the_reply(void **state)
{
    int fd = raw_connect(server.port);

    (void)state;
    raw_send(fd, "GET /late" END);
    struct http_request *request = http_fixture_late(&server, 0);
    close(fd);
    reply_late(request);
    http_fixture_wait(&server, &server.logs, 1);
}

/* ---- streams ---- */

/* Open a stream, and wait for it. */
static int open_stream(struct http_fixture *fixture)
{
    int fd = raw_connect(fixture->port);

    raw_send(fd, "GET /stream" END);
    raw_read_head(fd, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(raw_header(&response, "Content-Type"), "text/event-stream");
    pthread_mutex_lock(&fixture->lock);
    assert_non_null(fixture->stream);
    pthread_mutex_unlock(&fixture->lock);
    return fd;
}

/* Send an event if the stream is there. Returns whether it is. */
static bool send_event(const char *event, const char *data)
{
    pthread_mutex_lock(&server.lock);
    bool is_there = server.stream != NULL;
    if (is_there) {
        http_stream_send(server.stream, event, data);
    }
    pthread_mutex_unlock(&server.lock);
    return is_there;
}

/* Read chunks until their text is `expected`. */
static void expect_stream(int fd, const char *expected)
{
    char line[20], text[400] = "";
    size_t len = 0;

    while (len < strlen(expected)) {
        size_t at = 0;
        do {
            assert_int_equal(read(fd, line + at, 1), 1);
        } while (line[at++] != '\n');
        line[at] = '\0';
        size_t left = strtoul(line, NULL, 16) + 2; /* and its line end */
        assert_true(len + left < sizeof text);
        while (left != 0) {
            ssize_t count = read(fd, text + len, left);
            assert_true(count > 0);
            len += (size_t)count;
            left -= (size_t)count;
        }
        len -= 2;
    }
    text[len] = '\0';
    assert_string_equal(text, expected);
}

static void test_events_arrive_in_order(void **state)
{
    int fd = open_stream(&server);

    (void)state;
    assert_true(send_event("one", "{\"a\":1}"));
    expect_stream(fd, "event: one\ndata: {\"a\":1}\n\n");
    assert_true(send_event("two\r\ndata: x", "a\nb"));
    assert_true(send_event("three", ""));
    expect_stream(fd, "event: two\ndata: a\ndata: b\n\nevent: three\ndata: \n\n");
    pthread_mutex_lock(&server.lock);
    http_stream_close(server.stream);
    pthread_mutex_unlock(&server.lock);
    char last_chunk[6] = "";
    assert_int_equal(recv(fd, last_chunk, 5, MSG_WAITALL), 5);
    assert_string_equal(last_chunk, "0\r\n\r\n");
    raw_send(fd, "GET /hello" END);
    raw_read(fd, &response);
    assert_string_equal(response.body, "hello");
    http_fixture_wait(&server, &server.streams_gone, 1);
    close(fd);
}

static void test_a_peer_that_goes_is_noticed_without_an_event(void **state)
{
    int fd = open_stream(&server);

    (void)state;
    close(fd);
    http_fixture_wait(&server, &server.streams_gone, 1);
    assert_false(send_event("one", "two"));
}

static void test_a_peer_that_does_not_read_is_closed(void **state)
{
    static char data[10000];
    int fd = open_stream(&server);

    (void)state;
    memset(data, 'a', sizeof data - 1);
    while (send_event("e", data)) { /* until its queue is full, which is noticed then */
    }
    assert_int_equal(server.streams_gone, 1);
    close(fd);
}

/* ---- the end ---- */

static void test_stopping_ends_streams(void **state)
{
    struct http_fixture fixture;

    (void)state;
    http_fixture_start_plain(&fixture);
    int fd = open_stream(&fixture);
    http_stop(fixture.server);
    assert_int_equal(fixture.streams_gone, 1);
    (void)raw_drain(fd);
    close(fd);
}

static void *stop_server(void *ctx)
{
    struct http_fixture *fixture = ctx;

    http_stop(fixture->server);
    return NULL;
}

static void test_stopping_waits_for_replies(void **state)
{
    struct http_fixture fixture;
    pthread_t thread;

    (void)state;
    http_fixture_start(&fixture, &(struct http_listener){.threads = 2,
                                                         .pool_size = 8192,
                                                         .stop_ms = RAW_GUARD_S * 1000});
    int fd = raw_connect(fixture.port), kept = raw_connect(fixture.port);
    raw_send(kept, "GET /hello" END);
    raw_read(kept, &response);
    raw_send(fd, "GET /late" END);
    struct http_request *request = http_fixture_late(&fixture, 0);
    assert_int_equal(pthread_create(&thread, NULL, stop_server, &fixture), 0);
    do { /* until the stop is under way, new requests are answered */
        raw_send(kept, "GET /hello" END);
        raw_read(kept, &response);
    } while (response.status == 200);
    assert_int_equal(response.status, 503);
    reply_late(request);
    raw_read(fd, &response);
    assert_int_equal(response.status, 202);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(fd);
    close(kept);
}

static void test_stopping_cuts_what_is_never_answered(void **state)
{
    enum { WAITING = 50 };
    struct http_fixture fixture;
    int fds[WAITING];

    (void)state;
    http_fixture_start(&fixture,
                       &(struct http_listener){.threads = 2, .pool_size = 8192, .stop_ms = 50});
    for (unsigned i = 0; i < WAITING; i++) {
        fds[i] = raw_connect(fixture.port);
        raw_send(fds[i], "GET /late" END);
    }
    (void)http_fixture_late(&fixture, WAITING - 1);
    http_stop(fixture.server);
    for (unsigned i = 0; i < WAITING; i++) {
        assert_int_equal(raw_drain(fds[i]), 0);
        close(fds[i]);
    }
    /* A reply that comes even later is thrown away, whichever it is. */
    http_fixture_make_file(&fixture, 250000);
    for (size_t i = 0; i < WAITING; i++) {
        struct http_request *request = http_fixture_late(&fixture, i);
        if (i % 3 == 0) {
            reply_late(request);
        } else if (i % 3 == 1) {
            struct http_file file = {.fd = dup(fixture.file_fd), .size = 9, .etag = "e"};
            http_reply_file(request, &file);
        } else {
            assert_null(http_reply_stream(request, NULL, NULL));
        }
    }
    close(fixture.file_fd);
}

/* ---- TLS ---- */

/* Run a command line; what it prints is in `out`. */
static void run(const char *command, char *out, size_t out_size)
{
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): the test's own words */

    assert_non_null(pipe);
    size_t len = fread(out, 1, out_size - 1, pipe);
    out[len] = '\0';
    if (pclose(pipe) != 0) {
        fail_msg("%s: %s", command, out);
    }
}

static void test_tls_with_a_certificate_of_our_own(void **state)
{
    char folder[] = "/tmp/otter-http-XXXXXX", command[600], out[4000], cert[100], key[100];
    struct http_fixture fixture;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(command, sizeof command,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                   "-subj /CN=localhost -keyout %s -out %s -days 2 2>&1",
                   key, cert);
    run(command, out, sizeof out);
    http_fixture_start(
        &fixture,
        &(struct http_listener){.threads = 2, .pool_size = 8192, .cert = cert, .key = key});
    http_fixture_make_file(&fixture, 250000);
    (void)snprintf(
        command, sizeof command,
        "printf 'GET /hello HTTP/1.1\\r\\nHost: h\\r\\n\\r\\nGET /thread "
        "HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client "
        "-quiet -verify_return_error -CAfile %s -connect 127.0.0.1:%u 2>&1",
        cert, fixture.port);
    run(command, out, sizeof out);
    if (strstr(out, "hello") == NULL || strstr(out, "thread") == NULL) {
        fail_msg("%s", out);
    }
    (void)snprintf(
        command, sizeof command,
        "printf 'GET /file HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | "
        "openssl s_client -quiet -verify_return_error -CAfile %s -connect "
        "127.0.0.1:%u 2>/dev/null | wc -c",
        cert, fixture.port);
    run(command, out, sizeof out);
    assert_true(strtol(out, NULL, 10) > 250000);
    /* Who speaks no TLS gets no HTTP. */
    int fd = raw_connect(fixture.port);
    raw_send(fd, "GET /hello" END);
    assert_true(raw_drain(fd) < 100);
    close(fd);
    http_fixture_stop(&fixture);
    (void)unlink(cert);
    (void)unlink(key);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ranges_of_a_file_in_memory, start, stop),
        cmocka_unit_test_setup_teardown(test_ranges_of_a_file_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(test_an_empty_file, start, stop),
        cmocka_unit_test_setup_teardown(test_head_and_304_keep_the_connection, start, stop),
        cmocka_unit_test_setup_teardown(test_sent_says_how_far_it_got, start, stop),
        cmocka_unit_test_setup_teardown(test_a_file_that_the_peer_cuts, start, stop),
        cmocka_unit_test_setup_teardown(test_a_file_that_becomes_shorter_ends_the_connection,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_reply_may_come_later_from_another_thread, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_late_reply_may_be_a_file, start, stop),
        cmocka_unit_test_setup_teardown(test_many_replies_race_with_the_handlers_return, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_the_peer_may_go_before_the_reply, start, stop),
        cmocka_unit_test_setup_teardown(test_events_arrive_in_order, start, stop),
        cmocka_unit_test_setup_teardown(test_a_peer_that_goes_is_noticed_without_an_event,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_peer_that_does_not_read_is_closed, start, stop),
        cmocka_unit_test(test_stopping_ends_streams),
        cmocka_unit_test(test_stopping_waits_for_replies),
        cmocka_unit_test(test_stopping_cuts_what_is_never_answered),
        cmocka_unit_test(test_tls_with_a_certificate_of_our_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
