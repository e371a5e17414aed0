/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BLOCK_SIZE = 4096, BEHIND_MAX = 262144, FIRST_SIZE = 4096 };

struct http_stream {
    struct http_connection *connection;
    struct http_stream *previous, *next; /* by server->lock */
    void (*gone)(void *ctx, struct http_stream *stream);
    void *ctx;

    pthread_mutex_t lock;
    char *bytes; /* from `start` to `end` is what the peer has not got yet */
    size_t start, end, size;
    bool is_closed;    /* ends when all bytes have gone */
    bool is_cut;       /* ends now */
    bool is_suspended; /* libmicrohttpd waits for a resume */
    unsigned owners;   /* the response and the request, both on the connection's thread */
};

static void release(struct http_stream *stream)
{
    if (--stream->owners == 0) {
        pthread_mutex_destroy(&stream->lock);
        free(stream->bytes);
        free(stream);
    }
}

/* ---- with stream->lock held ---- */

static void resume(struct http_stream *stream)
{
    if (stream->is_suspended) {
        stream->is_suspended = false;
        MHD_resume_connection(stream->connection->mhd);
    }
}

static void cut(struct http_stream *stream)
{
    stream->is_cut = true;
    /* It may be blocked in sending. The descriptor is open until `gone` has returned. */
    (void)shutdown(stream->connection->fd, SHUT_RDWR);
    resume(stream);
}

static bool make_room(struct http_stream *stream, size_t len)
{
    size_t used = stream->end - stream->start;

    if (used + len > BEHIND_MAX) {
        return false;
    }
    if (stream->start != 0) {
        memmove(stream->bytes, stream->bytes + stream->start, used);
        stream->start = 0;
        stream->end = used;
    }
    size_t size = stream->size != 0 ? stream->size : FIRST_SIZE;
    while (size < used + len) {
        size *= 2;
    }
    char *bytes = size != stream->size ? realloc(stream->bytes, size) : stream->bytes;
    if (bytes == NULL) {
        return false;
    }
    stream->bytes = bytes;
    stream->size = size;
    return true;
}

static void append(struct http_stream *stream, const char *text, size_t len)
{
    memcpy(stream->bytes + stream->end, text, len);
    stream->end += len;
}

/* ---- called by libmicrohttpd ---- */

static ssize_t next_bytes(void *ctx, uint64_t pos, char *out, size_t max)
{
    struct http_stream *stream = ctx;
    bool is_stopping = atomic_load(&stream->connection->server->is_stopping);

    (void)pos;
    pthread_mutex_lock(&stream->lock);
    size_t len = stream->end - stream->start;
    ssize_t result = 0;
    if (stream->is_cut) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (len != 0) {
        len = len < max ? len : max;
        memcpy(out, stream->bytes + stream->start, len);
        stream->start += len;
        result = (ssize_t)len;
    } else if (stream->is_closed || is_stopping) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->is_suspended = true;
        MHD_suspend_connection(stream->connection->mhd);
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

static void response_freed(void *ctx)
{
    release(ctx);
}

void http_stream_queued(struct http_stream *stream)
{
    struct http_server *server = stream->connection->server;

    pthread_mutex_lock(&server->lock);
    stream->next = server->streams;
    if (stream->next != NULL) {
        stream->next->previous = stream;
    }
    server->streams = stream;
    pthread_mutex_unlock(&server->lock);
}

void http_stream_completed(struct http_stream *stream)
{
    struct http_server *server = stream->connection->server;

    pthread_mutex_lock(&server->lock);
    if (stream->previous != NULL) {
        stream->previous->next = stream->next;
    } else if (server->streams == stream) {
        server->streams = stream->next;
    }
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
    pthread_mutex_unlock(&server->lock);
    stream->gone(stream->ctx, stream);
    release(stream);
}

/* A suspended connection is in no epoll set: whether its peer is there is asked here. */
static bool peer_has_gone(const struct http_stream *stream)
{
    struct pollfd poll_fd = {.fd = stream->connection->fd, .events = POLLRDHUP};

    return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents != 0;
}

void http_streams_check(struct http_server *server, bool ends_all)
{
    for (struct http_stream *stream = server->streams; stream != NULL; stream = stream->next) {
        pthread_mutex_lock(&stream->lock);
        if (ends_all) {
            stream->is_closed = true;
            resume(stream);
        } else if (!stream->is_cut && peer_has_gone(stream)) {
            cut(stream);
        }
        pthread_mutex_unlock(&stream->lock);
    }
}

/* ---- the handler's side ---- */

static struct http_stream *new_stream(struct http_request *request,
                                      void (*gone)(void *ctx, struct http_stream *stream),
                                      void *ctx)
{
    struct http_stream *stream = calloc(1, sizeof *stream);

    if (stream != NULL) {
        stream->connection = request->connection;
        stream->gone = gone;
        stream->ctx = ctx;
        stream->owners = 1;
        pthread_mutex_init(&stream->lock, NULL);
    }
    return stream;
}

static struct MHD_Response *make_response(const struct http_request *request,
                                          struct http_stream *stream)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_SIZE, next_bytes, stream, response_freed);

    if (response != NULL) {
        stream->owners++;
        http_add_header(response, "Content-Type", "text/event-stream");
        http_add_header(response, "Cache-Control", "no-store");
        http_add_header(response, "X-Accel-Buffering", "no"); /* nginx in front */
        http_add_header(response, "X-Request-Id", "%s", request->id);
    }
    return response;
}

struct http_stream *http_reply_stream(struct http_request *request,
                                      void (*gone)(void *ctx, struct http_stream *stream),
                                      void *ctx)
{
    if (!http_begin(request)) {
        return NULL;
    }
    struct http_stream *stream = new_stream(request, gone, ctx);
    struct MHD_Response *response = stream != NULL ? make_response(request, stream) : NULL;
    struct http_outcome outcome = {.status = 200, .response = response, .stream = stream};
    if (response == NULL) {
        if (stream != NULL) {
            release(stream);
            stream = NULL;
        }
        outcome = http_make_error(request, 503, "no memory");
    }
    http_finish(request, &outcome);
    return stream;
}

void http_stream_send(struct http_stream *stream, const char *event, const char *data)
{
    static const char name[] = "event: ", value[] = "\ndata: ", end[] = "\n\n";
    size_t event_len = strcspn(event, "\r\n");
    size_t worst_len = sizeof name + event_len + sizeof end;

    for (const char *at = data; *at != '\0'; at++) {
        worst_len += *at == '\n' || *at == '\r' ? sizeof value : 1;
    }
    worst_len += sizeof value;
    pthread_mutex_lock(&stream->lock);
    if (stream->is_closed || stream->is_cut) {
        pthread_mutex_unlock(&stream->lock);
        return;
    }
    if (!make_room(stream, worst_len)) {
        cut(stream);
        pthread_mutex_unlock(&stream->lock);
        return;
    }
    append(stream, name, sizeof name - 1);
    append(stream, event, event_len);
    for (const char *line = data;; line++) { /* each line of the data is one of the event */
        size_t len = strcspn(line, "\r\n");
        append(stream, value, sizeof value - 1);
        append(stream, line, len);
        line += len;
        if (*line == '\0') {
            break;
        }
    }
    append(stream, end, sizeof end - 1);
    resume(stream);
    pthread_mutex_unlock(&stream->lock);
}

void http_stream_close(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->is_closed = true;
    resume(stream);
    pthread_mutex_unlock(&stream->lock);
}
