/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The life of a connection and of a request: what libmicrohttpd calls. Starting and stopping
 * are in http_server.c. */

static struct http_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

/* ---- connections ---- */

static void print_peer(struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in6 address6;
    struct sockaddr_in address4;
    char *text = connection->peer;

    (void)snprintf(text, sizeof connection->peer, "?");
    if (info == NULL || info->client_addr == NULL) {
        return;
    }
    if (info->client_addr->sa_family == AF_INET) {
        memcpy(&address4, info->client_addr, sizeof address4);
        (void)inet_ntop(AF_INET, &address4.sin_addr, text, sizeof connection->peer);
    } else if (info->client_addr->sa_family == AF_INET6) {
        memcpy(&address6, info->client_addr, sizeof address6);
        (void)inet_ntop(AF_INET6, &address6.sin6_addr, text, sizeof connection->peer);
    }
}

static struct http_connection *begin_connection(struct http_server *server,
                                                struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_connection *connection = info != NULL ? calloc(1, sizeof *connection) : NULL;

    if (connection == NULL) {
        return NULL; /* its first request is refused */
    }
    connection->server = server;
    connection->mhd = mhd;
    connection->fd = info->connect_fd;
    connection->number = atomic_fetch_add(&server->accepted, 1) + 1;
    atomic_init(&connection->references, 1);
    pthread_mutex_init(&connection->lock, NULL);
    print_peer(connection);
    http_set_deadline(connection, http_now_us() / 1000, 0);

    pthread_mutex_lock(&server->lock);
    connection->next = server->connections;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    server->connections = connection;
    pthread_mutex_unlock(&server->lock);
    return connection;
}

static void end_connection(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    pthread_mutex_lock(&server->lock);
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    pthread_mutex_unlock(&server->lock);
    http_connection_release(connection);
}

void http_connection_release(struct http_connection *connection)
{
    if (atomic_fetch_sub(&connection->references, 1) == 1) {
        pthread_mutex_destroy(&connection->lock);
        free(connection);
    }
}

void http_on_connection(void *ctx, struct MHD_Connection *mhd, void **io_context,
                        enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *io_context = begin_connection(ctx, mhd);
    } else if (*io_context != NULL) {
        end_connection(*io_context);
        *io_context = NULL;
    }
}

/* ---- requests ---- */

void *http_on_uri(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    struct http_connection *connection = connection_of(mhd);

    (void)ctx;
    if (connection == NULL) {
        return NULL;
    }
    struct http_request *request = &connection->request;
    pthread_mutex_lock(&connection->lock); /* http_stop() looks at the state */
    *request = (struct http_request){.connection = connection, .start_us = http_now_us()};
    pthread_mutex_unlock(&connection->lock);
    request->is_malformed = uri == NULL || strchr(uri, ' ') != NULL; /* with its query */
    connection->requests++;
    (void)snprintf(request->id, sizeof request->id, "%04x-%llx-%u", connection->server->random,
                   (unsigned long long)connection->number, connection->requests);
    /* The first head's time counts from accept. */
    if (connection->requests > 1) {
        http_set_deadline(connection, request->start_us / 1000, 0);
    }
    return request;
}

static enum MHD_Result queue_reply(struct http_request *request)
{
    struct http_outcome *outcome = &request->outcome;
    struct MHD_Response *response = outcome->response;

    if (response == NULL) {
        return MHD_NO; /* without memory for one, or a late cut: the connection ends */
    }
    if (outcome->stream != NULL) {
        http_stream_queued(outcome->stream);
    } else { /* a file in pieces moves its deadline itself */
        http_set_deadline(request->connection, http_now_us() / 1000,
                          outcome->file == NULL ? outcome->len : 0);
    }
    outcome->response = NULL;
    enum MHD_Result result =
        MHD_queue_response(request->connection->mhd, outcome->status, response);
    MHD_destroy_response(response);
    return result;
}

/* The handler has returned without a reply: wait for it. */
static enum MHD_Result park(struct http_request *request)
{
    struct http_connection *connection = request->connection;
    enum MHD_Result result = MHD_YES;

    pthread_mutex_lock(&connection->lock);
    bool is_replied = request->state == STATE_REPLIED; /* by another thread, meanwhile */
    if (!is_replied && !request->is_replying &&
        atomic_load(&connection->server->is_abandoning)) {
        request->state = STATE_ABANDONED;
        atomic_fetch_add(&connection->references, 1);
        result = MHD_NO;
    } else if (!is_replied) {
        MHD_suspend_connection(connection->mhd);
        request->state = STATE_PARKED;
    }
    pthread_mutex_unlock(&connection->lock);
    return is_replied ? queue_reply(request) : result;
}

static enum MHD_Result handle(struct http_request *request)
{
    struct http_connection *connection = request->connection;
    const struct http_listener *listener = &connection->server->listener;

    if (!http_end_body(request)) {
        return queue_reply(request);
    }
    request->stage = STAGE_HANDLED;
    atomic_store_explicit(&connection->deadline_ms, 0, memory_order_relaxed);
    atomic_fetch_add(&connection->server->active, 1);
    listener->handle(listener->ctx, request);
    return park(request);
}

/* After a resume: there is a reply, or the server stops. */
static enum MHD_Result take_late_reply(struct http_request *request)
{
    struct http_connection *connection = request->connection;

    pthread_mutex_lock(&connection->lock);
    enum http_state state = request->state;
    pthread_mutex_unlock(&connection->lock);
    return state == STATE_REPLIED ? queue_reply(request) : MHD_NO;
}

enum MHD_Result http_on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *bytes,
                               size_t *io_len, void **io_request)
{
    struct http_request *request = *io_request;

    (void)ctx;
    (void)mhd;
    if (request == NULL) {
        return MHD_NO;
    }
    if (request->stage == STAGE_FIRST_LINE) {
        request->stage = STAGE_BODY;
        request->method = method;
        request->path = url;
        return http_check_head(request, version) ? MHD_YES : queue_reply(request);
    }
    if (request->stage == STAGE_HANDLED) {
        return take_late_reply(request);
    }
    if (*io_len != 0) {
        bool goes_on = http_take_body(request, bytes, *io_len);
        *io_len = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return handle(request);
}

static void write_log(struct http_request *request, bool is_complete, int64_t bytes)
{
    struct http_connection *connection = request->connection;
    const struct http_listener *listener = &connection->server->listener;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    struct http_log log = {
        .id = request->id,
        .method = request->method != NULL ? request->method : "-",
        .path = request->path != NULL && !request->is_malformed ? request->path : "-",
        .peer = connection->peer,
        .status = info != NULL ? info->http_status : 0,
        .bytes = bytes,
        .us = http_now_us() - request->start_us,
        .is_complete = is_complete,
    };

    listener->log(listener->ctx, &log);
}

static void end_active(struct http_server *server)
{
    if (atomic_fetch_sub(&server->active, 1) == 1 && atomic_load(&server->is_stopping)) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->wake);
        pthread_mutex_unlock(&server->lock);
    }
}

void http_on_completed(void *ctx, struct MHD_Connection *mhd, void **io_request,
                       enum MHD_RequestTerminationCode code)
{
    struct http_request *request = *io_request;
    struct http_server *server = ctx;
    bool is_complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;

    (void)mhd;
    if (request == NULL) {
        return;
    }
    struct http_connection *connection = request->connection;
    struct http_outcome *outcome = &request->outcome;
    int64_t bytes = is_complete ? outcome->len : 0;
    if (outcome->file != NULL) {
        bytes = http_file_completed(outcome->file, is_complete);
    }
    if (outcome->stream != NULL) {
        http_stream_completed(outcome->stream);
    }
    if (outcome->response != NULL) { /* it came too late */
        MHD_destroy_response(outcome->response);
        outcome->response = NULL;
    }
    if (server->listener.log != NULL) {
        write_log(request, is_complete, bytes);
    }
    http_free_body(request);
    atomic_store_explicit(&connection->deadline_ms,
                          http_now_us() / 1000 + server->listener.idle_ms,
                          memory_order_relaxed);
    if (request->stage == STAGE_HANDLED) {
        end_active(server);
    }
    *io_request = NULL;
}
