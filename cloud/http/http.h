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
 * Transfer-Encoding (400); a path or a header that two programs could read in two ways (400); a
 * body above the route's limit (413). A head above the pool (431), or what is no HTTP (400), is
 * answered by libmicrohttpd, with a body of its own; it ends a header at a NUL, and tells
 * nobody. Which methods there are is the handler's matter.
 * A head that is not complete after `head_ms`, or a body or a reply that does not keep up with
 * `bytes_per_s` after that time, ends the connection, however steadily its bytes move:
 * libmicrohttpd's own timeout counts silence only. While a handler thinks, no time runs.
 *
 * Whoever starts a server ignores SIGPIPE.
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

/* One request, for the log. It has neither query nor header: they may hold secrets. */
struct http_log {
    const char *id, *method, *path; /* path: decoded; "-" if it was refused as malformed */
    const char *peer;
    unsigned status;  /* 0 = there was no reply */
    int64_t bytes;    /* of the reply's body; what was handed to the network if it was cut */
    int64_t us;       /* from the request line to the reply's last byte */
    bool is_complete; /* else the connection ended before */
};

struct http_listener {
    const char *address;    /* "127.0.0.1:8080", "[::1]:0"; port 0 = any */
    const char *cert, *key; /* PEM files; NULL = without TLS */
    unsigned threads;       /* at least 1 */
    size_t pool_size;       /* bytes per connection: 8192 for devices, 32768 for people */
    unsigned connections_max, connections_per_address_max; /* 0 = no limit */
    /* Members that are 0 stand for the value behind them. */
    unsigned head_ms;     /* 10000: for a head to come, from accept or from its first line */
    unsigned idle_ms;     /* 75000: between a reply and the next complete first line */
    unsigned bytes_per_s; /* 4096: of bodies and replies, at least */
    unsigned stop_ms;     /* 5000: that http_stop() waits */
    /* Called when the head has come, if there is a body; `*io_plan` is memory, 64 KB. Returns
     * false if it has replied already (401, 404, ...): then a body of up to 64 KB is read and
     * thrown away, and a longer one ends the connection. NULL = always the default. */
    bool (*plan_body)(void *ctx, struct http_request *request, struct http_body_plan *io_plan);
    void (*handle)(void *ctx, struct http_request *request);
    void (*log)(void *ctx, const struct http_log *log); /* after each request; may be NULL */
    void *ctx;
};

/* Start listening. Returns 0 or -1. */
OTTER_MUST_CHECK int http_start(const struct http_listener *listener,
                                struct http_server **out_server, struct host_error *out_error);

/* The port that it listens on. */
uint16_t http_port(const struct http_server *server);

/* Stop accepting, close the streams, wait for the open requests' replies, at most `stop_ms`,
 * and free. A request that is without reply then is cut; its reply may still be given later,
 * and must be, for its memory; nothing else of it may be asked for. Not from a handler. */
void http_stop(struct http_server *server);

/* ---- the request ---- */
const char *http_method(const struct http_request *request);
/* Decoded (%XX) and UTF-8, as the parameters are; no query, no "//", no "." or ".." segment:
 * those are 400 before a handler. */
const char *http_path(const struct http_request *request);
/* NULL if it is not there, "" without a value. A parameter that comes twice is 400 before a
 * handler, and so is a header that says who asks, for what, or how long the body is; of
 * another one that comes twice (lists, e.g. Accept) this is the first. */
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
/* The first parameter of the query that is none of the words of `known`, which have a blank
 * between them; NULL if there is none. */
const char *http_unknown_query(const struct http_request *request, const char *known);
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
enum http_owner {
    HTTP_COPY,   /* the body is copied */
    HTTP_TAKE,   /* it is malloc'ed, and freed by the server, whatever happens */
    HTTP_STATIC, /* it lives as long as the server */
};

struct http_reply {
    unsigned status;
    const char *type; /* Content-Type; NULL = none */
    const void *body;
    enum http_owner owner;
    size_t body_len;
    /* "Name: value" lines, NULL-terminated list; NULL = none */
    const char *const *headers;
};
void http_reply(struct http_request *request, const struct http_reply *reply);

/* {"error": text, "request": id} */
void http_reply_error(struct http_request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with headers, as in struct http_reply. */
void http_reply_error_with(struct http_request *request, unsigned status,
                           const char *const headers[], const char *reason);

/* A file with Range (one range; several are answered whole), If-Range, If-Match,
 * If-None-Match, HEAD. `fd` is closed afterwards. `sent` may be NULL; it is called with the
 * offset behind the last byte that was surely handed to the network, and at the end, with 0 if
 * no byte was. Up to 64 KB go out in one piece: if that is cut, it counts for nothing. The
 * texts are needed during the call only. */
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
/* `gone` is called once, when the peer has gone or the server stops, and perhaps before this
 * function returns; the stream is invalid after it. Returns NULL, and `gone` is never called,
 * if there is no memory or the server has stopped. */
struct http_stream *http_reply_stream(struct http_request *request,
                                      void (*gone)(void *ctx, struct http_stream *stream),
                                      void *ctx);
/* Queue one event, from any thread; lines of `data` become lines of the event. A peer that is
 * more than 256 KB behind is closed. */
void http_stream_send(struct http_stream *stream, const char *event, const char *data);
void http_stream_close(struct http_stream *stream);

#endif
