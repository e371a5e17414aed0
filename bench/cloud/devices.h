/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CLOUD_DEVICES_H
#define BENCH_CLOUD_DEVICES_H

#include <stdio.h>

/* The devices of the bench: number 1 is "bench-000001", and its token can be told from its
 * number, so that who fills the database and who plays the devices need no file between
 * them. */
enum { BENCH_ID_SIZE = 16, BENCH_TOKEN_SIZE = 33 };

static inline void bench_id(unsigned number, char out[BENCH_ID_SIZE])
{
    (void)snprintf(out, BENCH_ID_SIZE, "bench-%06u", number % 1000000);
}

static inline void bench_token(unsigned number, char out[BENCH_TOKEN_SIZE])
{
    (void)snprintf(out, BENCH_TOKEN_SIZE, "bench%027u", number);
}

#endif
