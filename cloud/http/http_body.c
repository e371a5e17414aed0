/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_SIZE = 1024 };

/* Does the client wait for "100 Continue" before it sends the body? */
static bool expects_answer(const struct http_request *request)
{
    return http_header(request, "Expect") != NULL;
}

/* A reply is there although the body is not. Queued now, libmicrohttpd closes the connection;
 * what is short is cheaper to read and to forget. */
static bool may_discard(struct http_request *request)
{
    if (expects_answer(request) || request->content_length > HTTP_DISCARD_MAX) {
        return false;
    }
    request->is_discarded = true;
    request->plan.max = HTTP_DISCARD_MAX;
    return true;
}

bool http_plan_body(struct http_request *request)
{
    struct http_connection *connection = request->connection;
    const struct http_listener *listener = &connection->server->listener;

    request->plan = (struct http_body_plan){HTTP_BODY_MEMORY, HTTP_BODY_DEFAULT, -1};
    request->body_start_ms = http_now_us() / 1000;
    http_set_deadline(connection, request->body_start_ms, 0);
    if (listener->plan_body != NULL &&
        !listener->plan_body(listener->ctx, request, &request->plan)) {
        return may_discard(request);
    }
    if (request->content_length > request->plan.max) {
        http_reply_error(request, 413, "the body may have %lld bytes",
                         (long long)request->plan.max);
        return may_discard(request);
    }
    return true;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len != 0) {
        ssize_t count = write(fd, bytes, len);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0) {
            bytes += count;
            len -= (size_t)count;
        }
    }
    return true;
}

/* A body that claims to be long costs memory only as its bytes come. */
static bool append(struct http_request *request, const char *bytes, size_t len)
{
    size_t used = (size_t)request->body_len;

    if (len > request->body_size - used) {
        size_t size = request->body_size != 0 ? request->body_size : FIRST_SIZE;
        while (size - used < len) {
            size *= 2;
        }
        uint8_t *body = realloc(request->body, size);
        if (body == NULL) {
            return false;
        }
        request->body = body;
        request->body_size = size;
    }
    memcpy(request->body + used, bytes, len);
    return true;
}

/* The reply is given now, and sent when the body has been read: libmicrohttpd takes none in
 * between. */
static void refuse(struct http_request *request, unsigned status, const char *reason)
{
    http_reply_error(request, status, "%s", reason);
    request->is_discarded = true;
}

bool http_take_body(struct http_request *request, const char *bytes, size_t len)
{
    struct http_connection *connection = request->connection;
    int64_t total = request->body_len + (int64_t)len;

    if (!request->is_discarded && total > request->plan.max) {
        refuse(request, 413, "the body is too long");
        request->plan.max = total + HTTP_DISCARD_MAX;
    }
    if (request->is_discarded && total > request->plan.max) {
        return false; /* it had its chance */
    }
    if (!request->is_discarded) {
        bool is_file = request->plan.where == HTTP_BODY_FILE;
        if (is_file && !write_all(request->plan.fd, bytes, len)) {
            refuse(request, host_error_means_full(errno) ? 507 : 500,
                   "the body cannot be written");
        } else if (!is_file && !append(request, bytes, len)) {
            refuse(request, 503, "no memory for the body");
        }
    }
    request->body_len = total;
    http_set_deadline(connection, request->body_start_ms, total);
    return true;
}

bool http_end_body(struct http_request *request)
{
    if (request->is_discarded) {
        return false;
    }
    if (request->plan.where == HTTP_BODY_FILE && lseek(request->plan.fd, 0, SEEK_SET) != 0) {
        http_reply_error(request, 500, "the body cannot be read");
        return false;
    }
    return true;
}

void http_free_body(struct http_request *request)
{
    free(request->body);
    request->body = NULL;
    if (request->plan.where == HTTP_BODY_FILE && request->plan.fd >= 0) {
        close(request->plan.fd);
    }
    request->plan = (struct http_body_plan){HTTP_BODY_MEMORY, 0, -1};
}

const uint8_t *http_body_bytes(const struct http_request *request, size_t *out_len)
{
    bool is_in_memory = request->body != NULL;

    *out_len = is_in_memory ? (size_t)request->body_len : 0;
    return is_in_memory ? request->body : (const uint8_t *)"";
}

int http_body_fd(const struct http_request *request)
{
    return request->plan.where == HTTP_BODY_FILE ? request->plan.fd : -1;
}
