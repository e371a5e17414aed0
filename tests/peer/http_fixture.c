/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/http_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "peer/raw_client.h"

static void reply_text(struct http_request *request, const char *text)
{
    http_reply(request, &(struct http_reply){.status = 200,
                                             .type = "text/plain",
                                             .body = text,
                                             .body_len = strlen(text)});
}

static const char *or_null(const char *text)
{
    return text != NULL ? text : "NULL";
}

static void reply_what(struct http_request *request)
{
    char text[4000];

    (void)snprintf(text, sizeof text, "%s|%s|%s|%.100s|%s|%s", http_method(request),
                   http_path(request), or_null(http_query(request, "a")),
                   or_null(http_header(request, "X-A")), or_null(http_cookie(request, "c")),
                   http_peer(request));
    reply_text(request, text);
}

static void reply_echo(struct http_request *request)
{
    static char from_file[200000];
    size_t len;
    const void *body = http_body_bytes(request, &len);

    if (http_body_fd(request) >= 0) {
        ssize_t count = read(http_body_fd(request), from_file, sizeof from_file);
        body = from_file;
        len = count > 0 ? (size_t)count : 0;
    }
    http_reply(request, &(struct http_reply){.status = 200, .body = body, .body_len = len});
}

static void *reply_in_thread(void *ctx)
{
    reply_text(ctx, "thread");
    return NULL;
}

static void start_thread(struct http_request *request)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, reply_in_thread, request) == 0) {
        (void)pthread_detach(thread);
    } else {
        http_reply_error(request, 503, "no thread");
    }
}

static void keep(struct http_fixture *fixture, struct http_request *request)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->late[fixture->late_count++] = request;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void note_sent(void *ctx, int64_t off, bool at_end)
{
    struct http_fixture *fixture = ctx;

    pthread_mutex_lock(&fixture->lock);
    fixture->sent_off = off;
    fixture->sent_ends += at_end;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void reply_file(struct http_fixture *fixture, struct http_request *request)
{
    pthread_mutex_lock(&fixture->lock);
    struct http_file file = {.fd = dup(fixture->file_fd),
                             .size = fixture->file_size,
                             .type = "application/octet-stream",
                             .etag = "abc",
                             .name = "\xE5\xAE\xA0 1.bin",
                             .sent = note_sent,
                             .ctx = fixture};
    pthread_mutex_unlock(&fixture->lock);

    http_reply_file(request, &file);
}

static void note_gone(void *ctx, struct http_stream *stream)
{
    struct http_fixture *fixture = ctx;

    pthread_mutex_lock(&fixture->lock);
    if (fixture->stream == stream) {
        fixture->stream = NULL;
    }
    fixture->streams_gone++;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void handle(void *ctx, struct http_request *request)
{
    struct http_fixture *fixture = ctx;
    const char *path = http_path(request);

    if (strcmp(path, "/hello") == 0) {
        reply_text(request, "hello");
    } else if (strncmp(path, "/what", 5) == 0) {
        reply_what(request);
    } else if (strncmp(path, "/echo", 5) == 0) {
        reply_echo(request);
    } else if (strcmp(path, "/thread") == 0) {
        start_thread(request);
    } else if (strcmp(path, "/late") == 0) {
        keep(fixture, request);
    } else if (strcmp(path, "/file") == 0) {
        reply_file(fixture, request);
    } else if (strcmp(path, "/stream") == 0) {
        struct http_stream *stream = http_reply_stream(request, note_gone, fixture);
        pthread_mutex_lock(&fixture->lock);
        fixture->stream = stream;
        pthread_cond_broadcast(&fixture->changed);
        pthread_mutex_unlock(&fixture->lock);
    } else {
        http_reply_error(request, 404, "there is no \"%s\"", path);
    }
}

static bool plan_body(void *ctx, struct http_request *request, struct http_body_plan *io_plan)
{
    (void)ctx;
    if (strcmp(http_path(request), "/closed") == 0) {
        http_reply_error(request, 401, "closed");
        return false;
    }
    if (strcmp(http_path(request), "/echo/small") == 0) {
        io_plan->max = 10;
    } else if (strcmp(http_path(request), "/echo/file") == 0) {
        *io_plan =
            (struct http_body_plan){HTTP_BODY_FILE, 100000, memfd_create("body", MFD_CLOEXEC)};
    }
    return true;
}

static void note_log(void *ctx, const struct http_log *log)
{
    struct http_fixture *fixture = ctx;

    pthread_mutex_lock(&fixture->lock);
    fixture->logs++;
    fixture->last_log = *log;
    (void)snprintf(fixture->log_id, sizeof fixture->log_id, "%s", log->id);
    (void)snprintf(fixture->log_method, sizeof fixture->log_method, "%s", log->method);
    (void)snprintf(fixture->log_path, sizeof fixture->log_path, "%s", log->path);
    (void)snprintf(fixture->log_peer, sizeof fixture->log_peer, "%s", log->peer);
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

void http_fixture_start(struct http_fixture *fixture, const struct http_listener *listener)
{
    struct http_listener complete = *listener;
    struct host_error error;

    (void)signal(SIGPIPE, SIG_IGN);
    memset(fixture, 0, sizeof *fixture);
    fixture->file_fd = -1;
    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    complete.address = "127.0.0.1:0";
    complete.plan_body = plan_body;
    complete.handle = handle;
    complete.log = note_log;
    complete.ctx = fixture;
    if (http_start(&complete, &fixture->server, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    fixture->port = http_port(fixture->server);
}

void http_fixture_start_plain(struct http_fixture *fixture)
{
    /* Deadlines that nobody meets, however slow the machine is. */
    http_fixture_start(
        fixture, &(struct http_listener){
                     .threads = 2, .pool_size = 8192, .head_ms = 600000, .idle_ms = 600000});
}

void http_fixture_stop(struct http_fixture *fixture)
{
    http_stop(fixture->server);
    if (fixture->file_fd >= 0) {
        close(fixture->file_fd);
    }
    pthread_mutex_destroy(&fixture->lock);
    pthread_cond_destroy(&fixture->changed);
}

char http_file_byte(int64_t off)
{
    return (char)('a' + off % 23);
}

void http_fixture_make_file(struct http_fixture *fixture, int64_t size)
{
    static char bytes[23 * 1000];

    int fd = memfd_create("file", MFD_CLOEXEC);

    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = http_file_byte((int64_t)i);
    }
    for (int64_t off = 0; off < size; off += (int64_t)sizeof bytes) {
        size_t len = size - off < (int64_t)sizeof bytes ? (size_t)(size - off) : sizeof bytes;
        assert_int_equal(write(fd, bytes, len), len);
    }
    pthread_mutex_lock(&fixture->lock);
    if (fixture->file_fd >= 0) {
        close(fixture->file_fd);
    }
    fixture->file_fd = fd;
    fixture->file_size = size;
    pthread_mutex_unlock(&fixture->lock);
}

void http_fixture_claim_size(struct http_fixture *fixture, int64_t size)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->file_size = size;
    pthread_mutex_unlock(&fixture->lock);
}

/* With the lock held. */
static void wait_once(struct http_fixture *fixture)
{
    struct timespec guard;

    clock_gettime(CLOCK_REALTIME, &guard);
    guard.tv_sec += RAW_GUARD_S;
    if (pthread_cond_timedwait(&fixture->changed, &fixture->lock, &guard) != 0) {
        pthread_mutex_unlock(&fixture->lock);
        fail_msg("nothing happened for %d s", RAW_GUARD_S);
    }
}

void http_fixture_wait(struct http_fixture *fixture, const unsigned *value, unsigned least)
{
    pthread_mutex_lock(&fixture->lock);
    while (*value < least) {
        wait_once(fixture);
    }
    pthread_mutex_unlock(&fixture->lock);
}

struct http_request *http_fixture_late(struct http_fixture *fixture, size_t index)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->late_count <= index) {
        wait_once(fixture);
    }
    struct http_request *request = fixture->late[index];
    pthread_mutex_unlock(&fixture->lock);
    return request;
}
