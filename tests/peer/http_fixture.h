/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include <pthread.h>
#include "cloud/http/http.h"

/* A server on a free port, and what its handler answers:
 *
 *   /hello   "hello"
 *   /what    METHOD|PATH|query a|header X-A|cookie c|peer
 *   /echo    the body; from a file if it was written to one
 *   /late    nothing yet: the request is kept for the test
 *   /thread  "thread", from another thread
 *   /file    the file, with the ETag abc
 *   /stream  a stream, kept for the test
 *
 * Bodies: /echo/small takes 10 bytes in memory, /echo/file 100,000 in a file, /closed none (401
 * before the body), others the default. */
enum { HTTP_LATE_MAX = 1000 };

struct http_fixture {
    struct http_server *server;
    uint16_t port;
    int file_fd;
    int64_t file_size;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of these: */
    struct http_request *late[HTTP_LATE_MAX];
    size_t late_count;
    int64_t sent_off;
    unsigned sent_ends;
    struct http_stream *stream;
    unsigned streams_gone;
    unsigned logs;
    struct http_log last_log; /* its texts: */
    char log_id[64], log_method[16], log_path[200], log_peer[64];
};

/* Start with these members of a listener; those that the fixture needs are filled in. */
void http_fixture_start(struct http_fixture *fixture, const struct http_listener *listener);
/* With the listener that most tests use. */
void http_fixture_start_plain(struct http_fixture *fixture);
void http_fixture_stop(struct http_fixture *fixture);
/* Make the file: byte i is http_file_byte(i). */
void http_fixture_make_file(struct http_fixture *fixture, int64_t size);
/* Say that it is longer, or shorter. */
void http_fixture_claim_size(struct http_fixture *fixture, int64_t size);
char http_file_byte(int64_t off);

/* Wait until *value, which is by the lock, is at least `least`. */
void http_fixture_wait(struct http_fixture *fixture, const unsigned *value, unsigned least);
/* Wait for the request number `index` of /late, and take it. */
struct http_request *http_fixture_late(struct http_fixture *fixture, size_t index);

#endif
