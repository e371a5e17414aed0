/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "cloud/http/http_listen.h"
#include "cloud/http/http_tls.h"

enum {
    HEAD_MS = 10000,
    IDLE_MS = 75000,
    BYTES_PER_S = 4096,
    STOP_MS = 5000,
    CONNECTIONS_MAX = 1000000, /* "no limit": libmicrohttpd's default is FD_SETSIZE */
};

/* TLS 1.2 and 1.3, whatever the library's default is. */
static char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

static unsigned or_default(unsigned value, unsigned default_value)
{
    return value != 0 ? value : default_value;
}

static void fill_in_defaults(struct http_listener *listener)
{
    listener->threads = or_default(listener->threads, 1);
    listener->head_ms = or_default(listener->head_ms, HEAD_MS);
    listener->idle_ms = or_default(listener->idle_ms, IDLE_MS);
    listener->bytes_per_s = or_default(listener->bytes_per_s, BYTES_PER_S);
    listener->stop_ms = or_default(listener->stop_ms, STOP_MS);
    listener->connections_max = or_default(listener->connections_max, CONNECTIONS_MAX);
}

/* Whoever comes while the server stops. MHD_quiesce_daemon(), which is for that, aborts now and
 * then: it and the pool's threads take the socket out of the same epoll set, and who comes
 * second does not expect that (0.9.75, daemon.c, MHD_epoll). */
static enum MHD_Result accept_peer(void *ctx, const struct sockaddr *address, socklen_t len)
{
    const struct http_server *server = ctx;

    (void)address;
    (void)len;
    return atomic_load(&server->is_stopping) ? MHD_NO : MHD_YES;
}

static int start_daemon(struct http_server *server, int fd)
{
    const struct http_listener *listener = &server->listener;
    /* TURBO: a new connection is read from at once, and closed without shutdown(): 5 calls of
     * the kernel in the place of 8 for a poll with a connection of its own. With TLS,
     * libmicrohttpd 0.9.75 does not get to the first answer then. */
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (unsigned)(server->cert != NULL ? MHD_USE_TLS : MHD_USE_TURBO);
    struct MHD_OptionItem more[5];
    size_t count = 0;

    if (listener->threads > 1) { /* of 1 the library complains */
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE,
                                                (intptr_t)listener->threads, NULL};
    }
    if (server->cert != NULL) {
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert};
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, server->key};
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, tls_priorities};
    }
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    server->daemon = MHD_start_daemon(
        flags, 0, accept_peer, server, http_on_access, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, listener->pool_size, MHD_OPTION_CONNECTION_LIMIT,
        listener->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        listener->connections_per_address_max, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_UNESCAPE_CALLBACK, http_unescape, server, MHD_OPTION_URI_LOG_CALLBACK,
        http_on_uri, server, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server, MHD_OPTION_ARRAY, more,
        MHD_OPTION_END);
    return server->daemon != NULL ? 0 : -1;
}

static void free_server(struct http_server *server)
{
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->wake);
    if (server->key != NULL) {
        explicit_bzero(server->key, strlen(server->key));
    }
    free(server->key);
    free(server->cert);
    free(server);
}

static struct http_server *new_server(const struct http_listener *listener)
{
    struct http_server *server = calloc(1, sizeof *server);
    pthread_condattr_t attributes;
    uint16_t random = 0;

    if (server == NULL) {
        return NULL;
    }
    server->listener = *listener;
    fill_in_defaults(&server->listener);
    (void)getrandom(&random, sizeof random, GRND_NONBLOCK); /* ids: nothing depends on it */
    server->random = random;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return server;
}

/* Takes over the listening socket. */
static int start_threads(struct http_server *server, int fd, struct host_error *out_error)
{
    const char *address = server->listener.address;
    int err = http_start_reaper(server);

    if (err != 0) {
        close(fd);
        return host_error_errno(out_error, address, err);
    }
    if (start_daemon(server, fd) != 0) { /* which has closed the socket */
        http_stop_reaper(server);
        return host_error_set(out_error, address, "libmicrohttpd cannot start%s",
                              server->cert != NULL ? " with this certificate and key" : "");
    }
    return 0;
}

int http_start(const struct http_listener *listener, struct http_server **out_server,
               struct host_error *out_error)
{
    struct http_server *server = new_server(listener);
    int fd;

    if (server == NULL) {
        return host_error_errno(out_error, listener->address, ENOMEM);
    }
    if ((listener->cert == NULL) != (listener->key == NULL)) {
        free_server(server);
        return host_error_set(out_error, listener->address,
                              "a certificate needs its key, and a key its certificate");
    }
    if ((listener->cert != NULL && http_read_tls(listener->cert, listener->key, &server->cert,
                                                 &server->key, out_error) != 0) ||
        http_listen(listener->address, &fd, &server->port, out_error) != 0) {
        free_server(server);
        return -1;
    }
    if (start_threads(server, fd, out_error) != 0) {
        free_server(server);
        return -1;
    }
    *out_server = server;
    return 0;
}

uint16_t http_port(const struct http_server *server)
{
    return server->port;
}

/* libmicrohttpd aborts if it is stopped while connections are suspended. */
static void abandon(struct http_server *server)
{
    atomic_store(&server->is_abandoning, true);
    for (struct http_connection *connection = server->connections; connection != NULL;
         connection = connection->next) {
        pthread_mutex_lock(&connection->lock);
        if (connection->request.state == STATE_PARKED && !connection->request.is_replying) {
            connection->request.state = STATE_ABANDONED;
            atomic_fetch_add(&connection->references, 1);
            MHD_resume_connection(connection->mhd);
        }
        pthread_mutex_unlock(&connection->lock);
    }
}

void http_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    atomic_store(&server->is_stopping, true);
    http_streams_check(server, true);
    http_wait_idle(server, server->listener.stop_ms);
    abandon(server);
    pthread_mutex_unlock(&server->lock);
    http_stop_reaper(server); /* it resumes streams, too */
    while (atomic_load(&server->repliers) != 0) {
        (void)sched_yield(); /* in the middle of a reply */
    }
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
