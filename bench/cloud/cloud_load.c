/* SPDX-License-Identifier: Apache-2.0 */
/* What many devices ask, each with its TargetToken, for so many milliseconds:
 *
 *     cloud_load polls PORT DEVICES MS            100 kept connections
 *     cloud_load polls-new PORT DEVICES MS        a new connection for each poll
 * cloud_load file PORT DEVICES MS PATH SIZE   a file; DEVICES 0 = without token, as of nginx;
 * of a PATH that begins without "/", each device asks below its own resource
 *
 * Prints "per_s", "p50_ms", "p99_ms" and "bad", a name and a number each. */
#include <stdlib.h>
#include <string.h>
#include "bench/cloud/devices.h"
#include "bench/cloud/load.h"

enum { CONNECTIONS = 100, MISUSE = 2, STRIDE = 7919 /* a prime: neighbours are far apart */ };

struct asking {
    unsigned devices, device;
    uint16_t port;
    const char *path; /* NULL = poll */
    size_t size;
    bool is_new_each;
};

static size_t next(void *ctx, unsigned connection, char *out, size_t size)
{
    struct asking *asking = ctx;
    char id[BENCH_ID_SIZE], token[BENCH_TOKEN_SIZE];
    bool has_base = asking->path == NULL || asking->path[0] != '/';

    (void)connection;
    asking->device = asking->devices != 0 ? (asking->device + STRIDE) % asking->devices : 0;
    bench_id(asking->device + 1, id);
    bench_token(asking->device + 1, token);
    int len = snprintf(out, size, "GET %s%s%s%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s%s%s\r\n",
                       has_base ? "/DEFAULT/controller/v1/" : "", has_base ? id : "",
                       has_base && asking->path != NULL ? "/" : "",
                       asking->path != NULL ? asking->path : "", asking->port,
                       asking->is_new_each ? "Connection: close\r\n" : "",
                       asking->devices != 0 ? "Authorization: TargetToken " : "",
                       asking->devices != 0 ? token : "", asking->devices != 0 ? "\r\n" : "");
    return (size_t)len;
}

static bool take(void *ctx, unsigned connection, const struct load_answer *answer)
{
    const struct asking *asking = ctx;

    (void)connection;
    return answer->status == 200 &&
           (asking->path != NULL ? answer->body_len == asking->size
                                 : strstr(answer->body, "\"sleep\"") != NULL);
}

int main(int argc, char **argv)
{
    bool is_file = argc == 7 && strcmp(argv[1], "file") == 0;
    struct asking asking = {.path = is_file ? argv[5] : NULL,
                            .size = is_file ? strtoul(argv[6], NULL, 10) : 0,
                            .is_new_each = argc == 5 && strcmp(argv[1], "polls-new") == 0};
    struct load load = {.connections = CONNECTIONS,
                        .is_new_each = asking.is_new_each,
                        .next = next,
                        .take = take,
                        .ctx = &asking};
    struct load_result result;

    if (!is_file && (argc != 5 || strncmp(argv[1], "polls", 5) != 0)) {
        (void)fprintf(stderr, "usage: cloud_load polls|polls-new PORT DEVICES MS\n"
                              "       cloud_load file PORT DEVICES MS PATH SIZE\n");
        return MISUSE;
    }
    load.port = asking.port = (uint16_t)strtoul(argv[2], NULL, 10);
    asking.devices = (unsigned)strtoul(argv[3], NULL, 10);
    load.ms = (unsigned)strtoul(argv[4], NULL, 10);
    if (load.ms == 0 || load_run(&load, &result) != 0) {
        (void)fprintf(stderr, "cloud_load: nothing measured\n");
        return EXIT_FAILURE;
    }
    printf("per_s %.0f\np50_ms %.2f\np99_ms %.2f\nbad %llu\n",
           (double)result.good / result.seconds, result.p50_ms, result.p99_ms,
           (unsigned long long)result.bad);
    return result.bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
