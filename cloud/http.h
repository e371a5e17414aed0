/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HTTP_H
#define CLOUD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* HTTP for whoever answers requests: what is hostile or badly formed is refused here, before a
 * handler hears of it. The files http*.c are the only ones that know libmicrohttpd.
 *
 * A handler is called once per request, when its head and body are complete. It answers with
 * one of the http_reply functions, at once or later from any thread; until then the connection
 * waits, and the request and all that was got from it stay. After the reply it is gone.
 *
 * Refused with a JSON body {"error":"...","request":"..."}: two Content-Length, or one beside
 * Transfer-Encoding (400); a head above the pool (431); a body above the route's limit (413);
 * a method that libmicrohttpd knows and the handler's routes do not is the handler's matter.
 * A head that is not complete after 10 s, or a body after 10 s and 1 s per 4 KB, ends the
 * connection, however steadily its bytes come.
 */
struct http_server;
struct http_request;

/* What may be done with the body of a request whose head has come. */
enum http_body {
    HTTP_BODY_MEMORY, /* at most `max`; larger: 413 */
    HTTP_BODY_FILE,   /* written to the descriptor; larger than `max`: 413 */
};

struct http_body_plan {
    enum http_body where;
    int64_t max;
    int fd; /* FILE: owned by the request from now on, closed with it */
};

struct http_listener {
    const char *address;    /* "127.0.0.1:8080", "[::1]:0"; port 0 = any */
    const char *cert, *key; /* PEM files; NULL = without TLS */
    unsigned threads;       /* at least 1 */
    size_t pool_size;       /* bytes per connection: 8192 for devices, 32768 for people */
    unsigned connections_max, connections_per_address_max; /* 0 = no limit */
    /* Called when the head has come, if there is a body; `*io_plan` is memory, 64 KB. Returns
     * false if it has replied already (401, 404, ...). */
    bool (*plan_body)(void *ctx, struct http_request *request, struct http_body_plan *io_plan);
    void (*handle)(void *ctx, struct http_request *request);
    void *ctx;
};

/* Start listening. Returns 0 or -1. */
OTTER_MUST_CHECK int http_start(const struct http_listener *listener,
                                struct http_server **out_server, struct host_error *out_error);

/* The port that it listens on. */
uint16_t http_port(const struct http_server *server);

/* Stop accepting, wait for the open requests' replies, at most 5 s, and free. */
void http_stop(struct http_server *server);

/* ---- the request ---- */
const char *http_method(const struct http_request *request);
/* Decoded (%XX); no query, no "//", no "." or ".." segment: those are 400 before a handler. */
const char *http_path(const struct http_request *request);
/* NULL if it is not there; a parameter or header that comes twice is 400 before a handler. */
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
/* A cookie by its name, or NULL. */
const char *http_cookie(const struct http_request *request, const char *name);
const uint8_t *http_body_bytes(const struct http_request *request, size_t *out_len);
/* FILE: the descriptor, rewound; -1 if the body is in memory. */
int http_body_fd(const struct http_request *request);
/* Who asks: the peer's address without port. */
const char *http_peer(const struct http_request *request);
/* "7f3a-19": in the log, in every error body and in the header X-Request-Id. */
const char *http_id(const struct http_request *request);
bool http_is_tls(const struct http_request *request);

/* ---- the reply: exactly one of these, once ---- */
struct http_reply {
    unsigned status;
    const char *type; /* Content-Type; NULL = none */
    const void *body; /* copied */
    size_t body_len;
    /* "Name: value" lines, NULL-terminated list; NULL = none */
    const char *const *headers;
};
void http_reply(struct http_request *request, const struct http_reply *reply);

/* {"error": text, "request": id} */
void http_reply_error(struct http_request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A file with Range (one range; several are answered whole), If-Range, If-Match,
 * If-None-Match, HEAD. `fd` is closed afterwards. `sent` may be NULL; it is called with the
 * offset behind the last byte that was handed to the network, and at the end. */
struct http_file {
    int fd;
    int64_t size;
    const char *type, *etag; /* the ETag without quotes */
    const char *name;        /* Content-Disposition, or NULL */
    void (*sent)(void *ctx, int64_t off, bool at_end);
    void *ctx; /* valid until the last call of `sent` */
};
void http_reply_file(struct http_request *request, const struct http_file *file);

/* Server-sent events: the reply stays open until the peer goes or http_stream_close(). */
struct http_stream;
/* `gone` is called once, when the peer has gone or the server stops; the stream is invalid
 * after it returns. */
struct http_stream *http_reply_stream(struct http_request *request,
                                      void (*gone)(void *ctx, struct http_stream *stream),
                                      void *ctx);
/* Queue one event, from any thread. A peer that is more than 256 KB behind is closed. */
void http_stream_send(struct http_stream *stream, const char *event, const char *data);
void http_stream_close(struct http_stream *stream);

#endif
