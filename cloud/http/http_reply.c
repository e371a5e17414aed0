/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/json.h"

enum { HEADER_MAX = 1024, REASON_MAX = 512 };

bool http_begin(struct http_request *request)
{
    struct http_connection *connection = request->connection;

    pthread_mutex_lock(&connection->lock);
    bool is_abandoned = request->state == STATE_ABANDONED;
    if (!is_abandoned) {
        request->is_replying = true;
        atomic_fetch_add(&connection->server->repliers, 1);
    }
    pthread_mutex_unlock(&connection->lock);
    if (is_abandoned) {
        http_connection_release(connection);
    }
    return !is_abandoned;
}

void http_finish(struct http_request *request, const struct http_outcome *outcome)
{
    struct http_connection *connection = request->connection;
    struct http_server *server = connection->server;

    pthread_mutex_lock(&connection->lock);
    bool resumes = request->state == STATE_PARKED;
    request->state = STATE_REPLIED;
    request->is_replying = false;
    request->outcome = *outcome;
    if (resumes) {
        atomic_fetch_add(&connection->references, 1); /* from here on it may end */
        MHD_resume_connection(connection->mhd);
    }
    pthread_mutex_unlock(&connection->lock);
    if (resumes) {
        http_connection_release(connection);
    }
    atomic_fetch_sub(&server->repliers, 1); /* from here on the server may be gone */
}

/* ---- headers ---- */

void http_add_header(struct MHD_Response *response, const char *name, const char *format, ...)
{
    char value[HEADER_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(value, sizeof value, format, args);
    va_end(args);
    for (char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = ' '; /* a line end would begin a header of somebody else's */
        }
    }
    (void)MHD_add_response_header(response, name, value);
}

static void add_header_line(struct MHD_Response *response, const char *line)
{
    char name[64];
    size_t name_len = strcspn(line, ":");

    if (name_len < sizeof name && line[name_len] == ':') {
        memcpy(name, line, name_len);
        name[name_len] = '\0';
        line += name_len + 1;
        http_add_header(response, name, "%s", line + strspn(line, " "));
    }
}

static void free_taken(const struct http_reply *reply)
{
    union {
        const void *in;
        void *out;
    } body = {.in = reply->body};

    if (reply->owner == HTTP_TAKE) {
        free(body.out);
    }
}

static struct MHD_Response *make_body(const struct http_reply *reply)
{
    union {
        const void *in;
        void *out;
    } body = {.in = reply->body_len != 0 ? reply->body : ""};
    struct MHD_Response *response;

    if (reply->body_len == 0 || reply->owner == HTTP_STATIC) {
        response =
            MHD_create_response_from_buffer(reply->body_len, body.out, MHD_RESPMEM_PERSISTENT);
    } else if (reply->owner == HTTP_COPY) {
        response =
            MHD_create_response_from_buffer(reply->body_len, body.out, MHD_RESPMEM_MUST_COPY);
    } else {
        response =
            MHD_create_response_from_buffer(reply->body_len, body.out, MHD_RESPMEM_MUST_FREE);
    }
    if (response == NULL || reply->body_len == 0) {
        free_taken(reply);
    }
    return response;
}

static struct MHD_Response *make_response(const struct http_request *request,
                                          const struct http_reply *reply)
{
    struct MHD_Response *response = make_body(reply);

    if (response == NULL) {
        return NULL;
    }
    if (reply->type != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", reply->type);
    }
    (void)MHD_add_response_header(response, "X-Request-Id", request->id);
    for (size_t i = 0; reply->headers != NULL && reply->headers[i] != NULL; i++) {
        add_header_line(response, reply->headers[i]);
    }
    return response;
}

static struct http_outcome make_outcome(const struct http_request *request,
                                        const struct http_reply *reply)
{
    return (struct http_outcome){
        .status = reply->status,
        .response = make_response(request, reply),
        .len = (int64_t)reply->body_len,
    };
}

void http_reply(struct http_request *request, const struct http_reply *reply)
{
    if (!http_begin(request)) {
        free_taken(reply);
        return;
    }
    struct http_outcome outcome = make_outcome(request, reply);
    http_finish(request, &outcome);
}

/* `headers` may be NULL. */
static struct http_outcome make_error(const struct http_request *request, unsigned status,
                                      const char *const headers[], const char *reason)
{
    json_t *object = json_object();

    json_add(&object, "error", json_text(reason));
    json_add(&object, "request", json_text(request->id));
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    struct http_reply reply = {
        .status = status,
        .type = "application/json",
        .body = text,
        .owner = HTTP_TAKE,
        .body_len = text != NULL ? strlen(text) : 0,
        .headers = headers,
    };
    return make_outcome(request, &reply);
}

struct http_outcome http_make_error(const struct http_request *request, unsigned status,
                                    const char *reason)
{
    return make_error(request, status, NULL, reason);
}

void http_reply_error_with(struct http_request *request, unsigned status,
                           const char *const headers[], const char *reason)
{
    if (http_begin(request)) {
        struct http_outcome outcome = make_error(request, status, headers, reason);
        http_finish(request, &outcome);
    }
}

void http_reply_error(struct http_request *request, unsigned status, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    http_reply_error_with(request, status, NULL, reason);
}
