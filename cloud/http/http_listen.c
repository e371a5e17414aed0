/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "host/number.h"

enum {
    BACKLOG = 4096, /* the kernel lowers it to net.core.somaxconn */
    /* What a peer that reads nothing makes the kernel hold. By itself that grows to 4 MB, which
     * count as sent: at the lowest rate that puts the deadline of a download off by 17 min. */
    SEND_SIZE = 262144,
};

/* "127.0.0.1:8080", "[::1]:8080": numbers, so that no name server is asked. */
static struct addrinfo *parse_address(const char *address, struct host_error *out_error)
{
    struct addrinfo *list = NULL;
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(address, ':');
    size_t host_len = colon != NULL ? (size_t)(colon - address) : 0;
    uint64_t port;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};

    if (host_len == 0 || host_len >= sizeof host) {
        (void)host_error_set(out_error, address, "not ADDRESS:PORT");
        return NULL;
    }
    if (number_parse(NULL, colon + 1, 0, UINT16_MAX, &port, NULL) != 0) {
        (void)host_error_set(out_error, address, "its port is not a number from 0 to 65535");
        return NULL;
    }
    bool is_bracketed = address[0] == '[' && address[host_len - 1] == ']';
    (void)snprintf(host, sizeof host, "%.*s", (int)(host_len - (is_bracketed ? 2 : 0)),
                   address + is_bracketed);
    if (!is_bracketed && strchr(host, ':') != NULL) {
        (void)host_error_set(out_error, address, "an IPv6 address needs [ ] around it");
        return NULL;
    }
    int err = getaddrinfo(host, colon + 1, &hints, &list);
    if (err != 0) {
        (void)host_error_set(out_error, address, "%s", gai_strerror(err));
        return NULL;
    }
    return list;
}

int http_check_address(const char *address, struct host_error *out_error)
{
    struct addrinfo *list = parse_address(address, out_error);

    if (list == NULL) {
        return -1;
    }
    freeaddrinfo(list);
    return 0;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address = {0}; /* its port is where that of IPv4 is */
    socklen_t len = sizeof address;

    return getsockname(fd, (struct sockaddr *)&address, &len) == 0 ? ntohs(address.sin6_port)
                                                                   : 0;
}

int http_listen(const char *address, int *out_fd, uint16_t *out_port,
                struct host_error *out_error)
{
    struct addrinfo *list = parse_address(address, out_error);
    int yes = 1, send_size = SEND_SIZE;

    if (list == NULL) {
        return -1;
    }
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* A server that is started again must not wait for its old connections' last packets;
     * accepted connections inherit the size. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof send_size) != 0 ||
        bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error_number = errno;
        if (fd >= 0) {
            close(fd);
        }
        freeaddrinfo(list);
        return host_error_errno(out_error, address, error_number);
    }
    freeaddrinfo(list);
    *out_fd = fd;
    *out_port = port_of(fd);
    return 0;
}
