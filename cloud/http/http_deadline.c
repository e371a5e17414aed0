/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

/* A deadline is met with this delay at most, or a quarter of the shortest time. */
enum { TICK_MAX_MS = 500, TICK_MIN_MS = 5 };

int64_t http_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void http_set_deadline(struct http_connection *connection, int64_t start_ms, int64_t bytes)
{
    const struct http_listener *listener = &connection->server->listener;
    int64_t moving_ms = bytes / listener->bytes_per_s * 1000; /* cannot overflow */

    atomic_store_explicit(&connection->deadline_ms, start_ms + listener->head_ms + moving_ms,
                          memory_order_relaxed);
}

/* Shut down what is late: libmicrohttpd sees the end of its input, and closes. The lock keeps
 * it from closing the descriptor first, which then could be another connection's. */
static void cut_late_connections(struct http_server *server)
{
    int64_t now_ms = http_now_us() / 1000;

    for (struct http_connection *connection = server->connections; connection != NULL;
         connection = connection->next) {
        int64_t deadline_ms =
            atomic_load_explicit(&connection->deadline_ms, memory_order_relaxed);
        if (deadline_ms != 0 && deadline_ms < now_ms && !connection->is_cut) {
            connection->is_cut = true;
            (void)shutdown(connection->fd, SHUT_RDWR);
        }
    }
}

static unsigned tick_ms(const struct http_listener *listener)
{
    unsigned shortest_ms =
        listener->head_ms < listener->idle_ms ? listener->head_ms : listener->idle_ms;
    unsigned ms = shortest_ms / 4;

    return ms > TICK_MAX_MS ? TICK_MAX_MS : ms < TICK_MIN_MS ? TICK_MIN_MS : ms;
}

static struct timespec after_ms(unsigned ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static void *reap(void *ctx)
{
    struct http_server *server = ctx;
    unsigned ms = tick_ms(&server->listener);

    pthread_mutex_lock(&server->lock);
    while (!server->is_reaper_done) {
        struct timespec at = after_ms(ms);
        (void)pthread_cond_timedwait(&server->wake, &server->lock, &at);
        cut_late_connections(server);
        http_streams_check(server, atomic_load(&server->is_stopping));
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

int http_start_reaper(struct http_server *server)
{
    return pthread_create(&server->reaper, NULL, reap, server);
}

void http_wait_idle(struct http_server *server, unsigned ms)
{
    struct timespec at = after_ms(ms);

    while (atomic_load(&server->active) != 0 &&
           pthread_cond_timedwait(&server->wake, &server->lock, &at) != ETIMEDOUT) {
    }
}

void http_stop_reaper(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->is_reaper_done = true;
    pthread_cond_broadcast(&server->wake);
    pthread_mutex_unlock(&server->lock);
    (void)pthread_join(server->reaper, NULL);
}
