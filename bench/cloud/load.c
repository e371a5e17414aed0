/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/cloud/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_SIZE = 2048,
    ANSWER_SIZE = 65536,
    EVENTS_MAX = 256,
    WAIT_MS = 10,
    STUCK_MS = 5000, /* without an answer: it ends */
    BUCKET_US = 10,  /* of latencies */
    BUCKETS = 100000,
};

struct connection {
    int fd; /* -1 = none */
    bool is_waiting;
    int64_t start_us;
    size_t len, want; /* want: of head and body; 0 = the head is not whole */
    size_t head_len;
    unsigned status;
    char in[ANSWER_SIZE + 1];
};

struct run {
    const struct load *load;
    struct connection *connections;
    int epoll;
    unsigned waiting;
    int64_t begin_us, last_us;
    uint64_t good, bad;
    uint32_t *buckets;
};

int64_t load_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void disconnect(struct connection *connection)
{
    if (connection->fd >= 0) {
        close(connection->fd);
        connection->fd = -1;
    }
}

/* Each connection comes from an address of its own of 127/8: the ports of one would not
 * last. */
static int connect_to(struct run *run, unsigned i)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(run->load->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    run->connections[i].fd = fd;
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        disconnect(&run->connections[i]);
        return -1;
    }
    return 0;
}

/* The connection has an answer, or none that is good. */
static void finish(struct run *run, unsigned i, unsigned status)
{
    struct connection *connection = &run->connections[i];
    struct load_answer answer = {.status = status};

    connection->is_waiting = false;
    run->waiting--;
    run->last_us = load_now_us();
    if (status != 0) {
        int64_t bucket = (run->last_us - connection->start_us) / BUCKET_US;

        answer.body = connection->in + connection->head_len;
        answer.body_len = connection->want - connection->head_len;
        connection->in[connection->want] = '\0';
        run->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    }
    if (run->load->take(run->load->ctx, i, &answer)) {
        run->good++;
    } else {
        run->bad++;
    }
    if (status == 0 || run->load->is_new_each) {
        disconnect(connection);
    }
}

static void ask(struct run *run, unsigned i)
{
    struct connection *connection = &run->connections[i];
    char request[REQUEST_SIZE];
    size_t len = run->load->next(run->load->ctx, i, request, sizeof request);

    if (len == 0) {
        return;
    }
    connection->start_us = load_now_us();
    connection->is_waiting = true;
    connection->len = connection->want = 0;
    run->waiting++;
    if ((connection->fd < 0 && connect_to(run, i) != 0) ||
        send(connection->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len) {
        finish(run, i, 0);
    }
}

/* Status and length of an answer whose head has come. */
static void read_head(struct connection *connection)
{
    const char *end = strstr(connection->in, "\r\n\r\n"), *line = connection->in;
    size_t body_len = 0;

    if (end == NULL) {
        return;
    }
    connection->head_len = (size_t)(end - connection->in) + 4;
    connection->status =
        connection->len > 12 ? (unsigned)strtoul(connection->in + 9, NULL, 10) : 0;
    while ((line = strstr(line, "\r\n")) != NULL && line < end) {
        line += 2;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            body_len = strtoul(line + 15, NULL, 10);
        }
    }
    connection->want = connection->head_len + body_len;
}

static void take_bytes(struct run *run, unsigned i)
{
    struct connection *connection = &run->connections[i];
    ssize_t count = recv(connection->fd, connection->in + connection->len,
                         ANSWER_SIZE - connection->len, MSG_DONTWAIT);

    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (count <= 0 || !connection->is_waiting) {
        if (connection->is_waiting) {
            finish(run, i, 0);
        }
        disconnect(connection);
        return;
    }
    connection->len += (size_t)count;
    connection->in[connection->len] = '\0';
    if (connection->want == 0) {
        read_head(connection);
    }
    if (connection->want > ANSWER_SIZE) {
        finish(run, i, 0);
    } else if (connection->want != 0 && connection->len >= connection->want) {
        finish(run, i, connection->status);
    }
}

static bool may_ask(const struct run *run)
{
    const struct load *load = run->load;

    return load->ms != 0 ? load_now_us() - run->begin_us < (int64_t)load->ms * 1000
                         : !load->is_over(load->ctx);
}

static void loop(struct run *run)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t idle_us = run->begin_us; /* when all that are idle were asked */
    bool goes_on = true;

    while (goes_on || run->waiting != 0) {
        int count = epoll_wait(run->epoll, events, EVENTS_MAX, WAIT_MS);
        int64_t now_us = load_now_us();

        goes_on = may_ask(run);
        for (int i = 0; i < count; i++) {
            unsigned which = events[i].data.u32;

            if (run->connections[which].fd >= 0) {
                take_bytes(run, which);
            }
            if (goes_on && !run->connections[which].is_waiting) {
                ask(run, which);
            }
        }
        if (goes_on && (count == 0 || now_us - idle_us >= (int64_t)WAIT_MS * 1000)) {
            idle_us = now_us;
            for (unsigned i = 0; i < run->load->connections; i++) {
                if (!run->connections[i].is_waiting) {
                    ask(run, i);
                }
            }
        }
        if (now_us - run->last_us > (int64_t)STUCK_MS * 1000) {
            run->bad += run->waiting + goes_on;
            return;
        }
    }
}

static double percentile_ms(const struct run *run, double share)
{
    uint64_t all = 0, sum = 0;
    size_t i = 0;

    for (size_t k = 0; k < BUCKETS; k++) {
        all += run->buckets[k];
    }
    while (i < BUCKETS - 1 && (double)(sum += run->buckets[i]) < share * (double)all) {
        i++;
    }
    return (double)(i + 1) * BUCKET_US / 1000.0;
}

int load_run(const struct load *load, struct load_result *out_result)
{
    struct run run = {.load = load, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    int err = -1;

    run.connections = calloc(load->connections, sizeof *run.connections);
    run.buckets = calloc(BUCKETS, sizeof *run.buckets);
    if (run.connections != NULL && run.buckets != NULL && run.epoll >= 0) {
        for (unsigned i = 0; i < load->connections; i++) {
            run.connections[i].fd = -1;
        }
        run.begin_us = run.last_us = load_now_us();
        loop(&run);
        for (unsigned i = 0; i < load->connections; i++) {
            disconnect(&run.connections[i]);
        }
        *out_result =
            (struct load_result){.good = run.good,
                                 .bad = run.bad,
                                 .seconds = (double)(run.last_us - run.begin_us) / 1e6,
                                 .p50_ms = percentile_ms(&run, 0.5),
                                 .p99_ms = percentile_ms(&run, 0.99)};
        err = 0;
    }
    if (run.epoll >= 0) {
        close(run.epoll);
    }
    free(run.connections);
    free(run.buckets);
    return err;
}
