/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HTTP_INTERNAL_H
#define CLOUD_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include "cloud/http/http.h"

/* What the files http*.c share, and nobody else includes.
 *
 * One request at a time is on a connection, so that its memory is the connection's: a request
 * without body needs no malloc of ours but for its reply. libmicrohttpd calls, on the thread of
 * the connection: on_connection (accepted), on_uri (the first line has come), on_access (the
 * head; each part of the body; all of it; after each resume), on_completed, on_connection
 * (closed).
 *
 * Locks: server->lock guards the lists of connections and streams; connection->lock the state
 * of a request; stream->lock a stream's bytes. They are taken in this order.
 */
enum {
    HTTP_BODY_DEFAULT = 65536,
    HTTP_IN_MEMORY_MAX = 65536, /* of a file */
    HTTP_DISCARD_MAX = 65536,   /* of a body that nobody wants */
    HTTP_ID_SIZE = 40,
};

enum http_stage {
    STAGE_FIRST_LINE,
    STAGE_BODY,    /* the head has come */
    STAGE_HANDLED, /* the handler has been called */
};

enum http_state {
    STATE_OPEN,
    STATE_PARKED,    /* suspended until the reply comes */
    STATE_REPLIED,   /* `response` is what libmicrohttpd gets next */
    STATE_ABANDONED, /* the server has stopped without a reply */
};

struct http_file_reply;

/* What a reply has made. */
struct http_outcome {
    unsigned status;
    struct MHD_Response *response; /* NULL = there was no memory: the connection ends */
    int64_t len;                   /* of the body, for the log and the deadline */
    struct http_file_reply *file;  /* or */
    struct http_stream *stream;    /* are told of the end */
};

struct http_request {
    struct http_connection *connection;
    enum http_stage stage;
    enum http_state state; /* this and the next by connection->lock */
    bool is_replying;      /* a thread makes the reply: the request must stay */
    const char *method, *path;
    char id[HTTP_ID_SIZE];
    bool is_malformed; /* an escape in the first line */
    bool is_discarded; /* the body: nobody wants it */
    int64_t start_us;

    int64_t content_length; /* -1 = chunked */
    int64_t body_start_ms;
    struct http_body_plan plan;
    uint8_t *body;
    size_t body_size;
    int64_t body_len;

    struct http_outcome outcome; /* by connection->lock, until it is queued */
};

struct http_connection {
    struct http_server *server;
    struct MHD_Connection *mhd;
    int fd;
    struct http_connection *previous, *next;
    _Atomic int64_t deadline_ms; /* 0 = none */
    atomic_uint references;      /* libmicrohttpd's; one of each abandoned request */
    uint64_t number;
    unsigned requests;
    bool is_cut; /* by its deadline; by server->lock */
    pthread_mutex_t lock;
    char peer[INET6_ADDRSTRLEN];
    struct http_request request;
};

struct http_server {
    struct http_listener listener; /* with the defaults filled in */
    struct MHD_Daemon *daemon;
    uint16_t port;
    char *cert, *key;
    unsigned random; /* the first part of each request's id */
    atomic_uint_fast64_t accepted;
    atomic_uint active;   /* requests that a handler has got and that are not completed */
    atomic_uint repliers; /* threads that resume a connection right now */
    atomic_bool is_stopping, is_abandoning;

    pthread_mutex_t lock;
    struct http_connection *connections;
    struct http_stream *streams;
    pthread_cond_t wake; /* of the reaper, and of who waits for `active` */
    bool is_reaper_done;
    pthread_t reaper;
};

/* ---- http_request.c: the first line and the head ---- */
/* libmicrohttpd's callback for the path and for the query's names and values. */
size_t http_unescape(void *ctx, struct MHD_Connection *mhd, char *text);
/* The head is complete. Returns false if the request has been refused. */
bool http_check_head(struct http_request *request, const char *version);
/* ---- http_body.c ---- */
/* Ask the handler's side what to do with the body whose length is known, or not. Returns false
 * if the request has been refused. */
bool http_plan_body(struct http_request *request);
/* Take a part of the body. Returns false if the connection must end. */
bool http_take_body(struct http_request *request, const char *bytes, size_t len);
/* All of it is there. Returns false if the request has been refused. */
bool http_end_body(struct http_request *request);
void http_free_body(struct http_request *request);

/* ---- http_reply.c ---- */
/* Begin a reply. Returns false if the request has been abandoned: it is gone then. */
bool http_begin(struct http_request *request);
/* End it: hand over what answers the request; its response is taken. */
void http_finish(struct http_request *request, const struct http_outcome *outcome);
/* {"error": reason, "request": id} */
struct http_outcome http_make_error(const struct http_request *request, unsigned status,
                                    const char *reason);
/* One header "NAME: printf text"; a character that may not be there is left out. */
void http_add_header(struct MHD_Response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- http_file.c, http_stream.c: a request with one of them ---- */
/* It has been completed. Returns the bytes that went out. */
int64_t http_file_completed(struct http_file_reply *reply, bool is_complete);
/* Its response has been queued. */
void http_stream_queued(struct http_stream *stream);
void http_stream_completed(struct http_stream *stream);
/* With server->lock held: end the streams whose peer has gone, or all. */
void http_streams_check(struct http_server *server, bool ends_all);

/* ---- http.c: what libmicrohttpd calls; `ctx` is the server ---- */
void http_on_connection(void *ctx, struct MHD_Connection *mhd, void **io_context,
                        enum MHD_ConnectionNotificationCode code);
void *http_on_uri(void *ctx, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *bytes,
                               size_t *io_len, void **io_request);
void http_on_completed(void *ctx, struct MHD_Connection *mhd, void **io_request,
                       enum MHD_RequestTerminationCode code);
void http_connection_release(struct http_connection *connection);

/* ---- http_deadline.c ---- */
int64_t http_now_us(void);
/* From now on, `head_ms` and what `bytes` take at the lowest rate, counted from start_ms. */
void http_set_deadline(struct http_connection *connection, int64_t start_ms, int64_t bytes);
int http_start_reaper(struct http_server *server);
/* With the lock held: wait until `active` is 0, or `ms` have passed. */
void http_wait_idle(struct http_server *server, unsigned ms);
void http_stop_reaper(struct http_server *server);

#endif
