/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CLOUD_LOAD_H
#define BENCH_CLOUD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A load of HTTP requests to 127.0.0.1 from one thread: `connections` at a time, each with one
 * request under way, no pipelining. What is asked and what an answer means is its user's. */

struct load_answer {
    unsigned status;  /* 0 = the connection failed or ended before it was whole */
    const char *body; /* ends with NUL */
    size_t body_len;
};

struct load {
    uint16_t port;
    unsigned connections;
    bool is_new_each; /* a new connection for each request; else they are kept */
    unsigned ms;      /* how long requests are begun; 0 = until is_over() */
    /* Write the next request of this connection. Returns its length, 0 = none now: it is asked
     * again within 10 ms. */
    size_t (*next)(void *ctx, unsigned connection, char *out, size_t size);
    /* Returns false if the answer is not what it should be. */
    bool (*take)(void *ctx, unsigned connection, const struct load_answer *answer);
    bool (*is_over)(void *ctx); /* may be NULL if `ms` is not 0 */
    void *ctx;
};

struct load_result {
    uint64_t good, bad;
    double seconds; /* from the first request to the last answer */
    double p50_ms, p99_ms;
};

/* Returns 0, or -1 with errno. */
int load_run(const struct load *load, struct load_result *out_result);

int64_t load_now_us(void);

#endif
