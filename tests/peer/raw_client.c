/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int raw_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval guard = {.tv_sec = RAW_GUARD_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &guard, sizeof guard), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void raw_send_bytes(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len != 0) {
        ssize_t count = send(fd, at, len, MSG_NOSIGNAL);
        if (count < 0) {
            /* The peer may have answered and closed before it has read all. */
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return;
        }
        at += count;
        len -= (size_t)count;
    }
}

void raw_send(int fd, const char *text)
{
    raw_send_bytes(fd, text, strlen(text));
}

/* 0 at the end. */
static size_t receive(int fd, char *out, size_t max)
{
    ssize_t count = recv(fd, out, max, 0);

    if (count < 0 && errno != ECONNRESET) {
        fail_msg("nothing came for %d s: %s", RAW_GUARD_S, strerror(errno));
    }
    return count > 0 ? (size_t)count : 0;
}

const char *raw_header(struct raw_response *response, const char *name)
{
    size_t len = strlen(name);

    for (char *line = strstr(response->head, "\r\n"); line != NULL;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            static char value[RAW_HEAD_SIZE];
            (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line + len + 2, "\r"),
                           line + len + 2);
            return value;
        }
    }
    return NULL;
}

void raw_read_head(int fd, struct raw_response *out_response)
{
    size_t len = 0;

    out_response->status = 0;
    out_response->head[0] = out_response->body[0] = '\0';
    out_response->body_len = 0;
    do { /* byte by byte: what comes behind is the body's, or the next response's */
        assert_true(len < RAW_HEAD_SIZE - 1);
        if (receive(fd, out_response->head + len, 1) == 0) {
            return;
        }
        out_response->head[++len] = '\0';
    } while (len < 4 || strcmp(out_response->head + len - 4, "\r\n\r\n") != 0);
    assert_int_equal(strncmp(out_response->head, "HTTP/1.1 ", 9), 0);
    out_response->status = (unsigned)strtoul(out_response->head + 9, NULL, 10);
}

void raw_read(int fd, struct raw_response *out_response)
{
    raw_read_head(fd, out_response);
    const char *length = raw_header(out_response, "Content-Length");
    size_t max = length != NULL ? strtoul(length, NULL, 10) : RAW_BODY_SIZE - 1;

    if (out_response->status == 0) {
        return;
    }
    assert_true(max < RAW_BODY_SIZE);
    while (out_response->body_len < max) {
        size_t count = receive(fd, out_response->body + out_response->body_len,
                               max - out_response->body_len);
        if (count == 0) {
            break;
        }
        out_response->body_len += count;
    }
    out_response->body[out_response->body_len] = '\0';
}

size_t raw_drain(int fd)
{
    static char bytes[65536];
    size_t total = 0, count;

    while ((count = receive(fd, bytes, sizeof bytes)) != 0) {
        total += count;
    }
    return total;
}

void raw_ask(uint16_t port, const char *request, struct raw_response *out_response)
{
    int fd = raw_connect(port);

    raw_send(fd, request);
    raw_read(fd, out_response);
    close(fd);
}
