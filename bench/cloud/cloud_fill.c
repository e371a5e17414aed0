/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_fill DB COUNT: a database of otter-cloud with COUNT devices of one product, each with
 * its token, as if they had been registered and had reported version 03010101. */
#include <pthread.h>
#include <stdlib.h>
#include "bench/cloud/devices.h"
#include "cloud/store/store_sqlite.h"
#include "cloud/fleet/token.h"

enum { BATCH = 500, COUNT_MAX = 999999 };

struct outcome {
    unsigned failures; /* written by the store's thread, read after close() */
};

static void on_done(void *ctx, const struct store_outcome *store_outcome)
{
    struct outcome *outcome = ctx;

    outcome->failures += store_outcome->status != STORE_COMMITTED;
}

static void make_device(unsigned number, struct record_device *out_device,
                        struct record_token *out_token)
{
    char secret[BENCH_TOKEN_SIZE];
    uint8_t hash[32];

    *out_device = (struct record_device){.head.id = number,
                                         .product = 1,
                                         .hardware = "00000003",
                                         .version = "03010101",
                                         .reports_version = true,
                                         .first_at = 1700000000000,
                                         .attributes = "{\"hw_ver\":\"00000003\","
                                                       "\"sw_ver\":\"03010101\"}"};
    bench_id(number, out_device->controller_id);
    *out_token = (struct record_token){.head.id = number,
                                       .kind = TOKEN_TARGET,
                                       .owner = number,
                                       .uses_left = -1,
                                       .created_at = 1700000000000,
                                       .name = "made by the device"};
    bench_token(number, secret);
    token_hash(secret, BENCH_TOKEN_SIZE - 1, hash);
    token_hash_to_hex(hash, out_token->hash);
}

static int fill(struct store *store, unsigned count, struct outcome *outcome)
{
    static struct record_device devices[BATCH];
    static struct record_token tokens[BATCH];
    static struct store_op ops[2 * BATCH];
    struct record_product product = {
        .head.id = 1, .name = "bench", .hardware = "00000003", .unsigned_ok = true};
    struct store_op first = {.verb = STORE_PUT, .kind = RECORD_PRODUCT, .record = &product};
    int err = store->submit(store, &first, 1, on_done, outcome);

    for (unsigned i = 0; err == 0 && i < count; i += BATCH) {
        size_t op_count = 0;

        for (unsigned k = 0; k < BATCH && i + k < count; k++) {
            make_device(i + k + 1, &devices[k], &tokens[k]);
            ops[op_count++] = (struct store_op){
                .verb = STORE_PUT, .kind = RECORD_DEVICE, .record = &devices[k]};
            ops[op_count++] = (struct store_op){
                .verb = STORE_PUT, .kind = RECORD_TOKEN, .record = &tokens[k]};
        }
        err = store->submit(store, ops, op_count, on_done, outcome);
    }
    return err;
}

int main(int argc, char **argv)
{
    struct outcome outcome = {0};
    struct host_error error;
    struct store *store;
    unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    if (count == 0 || count > COUNT_MAX) {
        (void)fprintf(stderr, "usage: cloud_fill DB COUNT\n");
        return 2;
    }
    if (store_sqlite_open(argv[1], &store, &error) != 0) {
        (void)fprintf(stderr, "cloud_fill: %s: %s\n", error.thing, error.reason);
        return EXIT_FAILURE;
    }
    int err = fill(store, (unsigned)count, &outcome);
    store->close(store);
    if (err != 0 || outcome.failures != 0) {
        (void)fprintf(stderr, "cloud_fill: %s: not all was written\n", argv[1]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
