/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/gdb_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POLL_MS = 200, PART_SIZE = 4096, LAST_WORDS_MS = 1000 };

static bool fail(struct gdb_server *server, const char *what, char out_why[HOST_WHY_SIZE])
{
    int error = errno;
    if (server->listen_fd >= 0) {
        (void)close(server->listen_fd);
        server->listen_fd = -1;
    }
    return loader_fail(out_why, "cannot %s: %s", what, strerror(error));
}

bool gdb_server_open(struct gdb_server *server, unsigned port, char out_why[HOST_WHY_SIZE])
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof here;
    int yes = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(server, 0, sizeof *server);
    server->fd = -1;
    server->waits = true;
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listen_fd < 0) {
        return fail(server, "make a socket", out_why);
    }
    (void)setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server->listen_fd, (const struct sockaddr *)&here, sizeof here) != 0 ||
        listen(server->listen_fd, 1) != 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&here, &len) != 0) {
        return fail(server, "listen", out_why);
    }
    server->port = ntohs(here.sin_port);
    return true;
}

static void hang_up(struct gdb_server *server)
{
    (void)close(server->fd);
    server->fd = -1;
    server->in_len = 0;
    if (!server->gdb.detached) {
        gdb_detach(&server->gdb);
    }
}

static void accept_one(struct gdb_server *server, struct board *board)
{
    int yes = 1;
    server->fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (server->fd >= 0) {
        (void)setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        server->waits = false;
        gdb_attach(&server->gdb, board);
    }
}

/* Send what the peer takes without waiting. False when it is gone. */
static bool flush(struct gdb_server *server)
{
    struct gdb_wire *wire = &server->gdb.wire;
    while (wire->out_len > 0) {
        uint8_t part[PART_SIZE];
        ssize_t put = send(server->fd, wire->out, wire->out_len, MSG_NOSIGNAL);
        if (put < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        for (size_t left = (size_t)put; left > 0;) {
            left -= gdb_take(&server->gdb, part, left < sizeof part ? left : sizeof part);
        }
    }
    return true;
}

/* Take what the peer has sent. False when it is gone. */
static bool receive(struct gdb_server *server)
{
    size_t fed;
    if (server->in_len < GDB_IN_SIZE) {
        ssize_t got =
            recv(server->fd, server->in + server->in_len, GDB_IN_SIZE - server->in_len, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        server->in_len += got > 0 ? (size_t)got : 0;
    }
    do {
        fed = gdb_feed(&server->gdb, server->in, server->in_len);
        memmove(server->in, server->in + fed, server->in_len - fed);
        server->in_len -= fed;
        if (!flush(server)) {
            return false;
        }
    } while (fed > 0 && server->in_len > 0);
    return true;
}

static void serve_once(struct gdb_server *server, struct board *board, int wait_ms)
{
    bool has_peer = server->fd >= 0;
    struct pollfd fd = {.fd = has_peer ? server->fd : server->listen_fd, .events = POLLIN};
    if (has_peer && server->gdb.wire.out_len > 0) {
        fd.events = server->in_len < GDB_IN_SIZE ? POLLIN | POLLOUT : POLLOUT;
    }
    if (poll(&fd, 1, wait_ms) <= 0) {
        return;
    }
    if (!has_peer) {
        accept_one(server, board);
    } else if (!flush(server) || !receive(server) || server->gdb.detached) {
        hang_up(server);
    }
}

bool gdb_server_serve(struct gdb_server *server, struct board *board,
                      const volatile sig_atomic_t *stop)
{
    do {
        bool still = server->fd < 0 ? server->waits : !gdb_is_running(&server->gdb);
        serve_once(server, board, still ? POLL_MS : 0);
        if (*stop != 0 || server->gdb.killed) {
            return false;
        }
    } while (server->fd < 0 ? server->waits : !gdb_is_running(&server->gdb));
    return true;
}

bool gdb_server_stopped(struct gdb_server *server, enum board_stop stop)
{
    return server->fd >= 0 && gdb_stopped(&server->gdb, stop);
}

void gdb_server_close(struct gdb_server *server)
{
    if (server->fd >= 0) {
        gdb_exited(&server->gdb);
        struct pollfd fd = {.fd = server->fd, .events = POLLOUT};
        while (flush(server) && server->gdb.wire.out_len > 0 &&
               poll(&fd, 1, LAST_WORDS_MS) > 0) {
        }
        hang_up(server);
    }
    if (server->listen_fd >= 0) {
        (void)close(server->listen_fd);
        server->listen_fd = -1;
    }
}
