/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RAW_CLIENT_H
#define TESTS_RAW_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* A client of HTTP that sends exactly the bytes it is told to. What does not come within a
 * minute fails the test: no answer of a live server takes that long. */
enum { RAW_GUARD_S = 60, RAW_HEAD_SIZE = 4096, RAW_BODY_SIZE = 300000 };

struct raw_response {
    unsigned status; /* 0 = the connection ended without one */
    char head[RAW_HEAD_SIZE];
    char body[RAW_BODY_SIZE]; /* ends with NUL */
    size_t body_len;
};

int raw_connect(uint16_t port);
void raw_send_bytes(int fd, const void *bytes, size_t len);
void raw_send(int fd, const char *text);

/* Read one response; its body is as long as Content-Length says, or reads up to the
 * connection's end if there is none. */
void raw_read(int fd, struct raw_response *out_response);
/* The same for a response to HEAD. */
void raw_read_head(int fd, struct raw_response *out_response);

/* The value of a header, as it stands in the head; NULL if it is not there. */
const char *raw_header(struct raw_response *response, const char *name);

/* Read until the peer closes, and return how many bytes came. */
size_t raw_drain(int fd);

/* Connect, send, read one response, close. */
void raw_ask(uint16_t port, const char *request, struct raw_response *out_response);

#endif
