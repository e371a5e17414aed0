/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_BATCH_H
#define CLOUD_STORE_BATCH_H

#include "cloud/store/store.h"

/* A batch as a store keeps it between submit and `done`, and a queue of them: what every store
 * needs.
 */
enum { STORE_REASON_SIZE = 160 };

struct store_batch {
    struct store_batch *next;
    store_done *done;
    void *ctx;
    enum store_status status;
    size_t conflict;
    char reason[STORE_REASON_SIZE];
    size_t count;
    struct store_op ops[]; /* their records lie behind them, in the same piece of memory */
};

struct store_queue {
    struct store_batch *first, **end; /* start: .end = &first */
    size_t count;
};

/* Copy a batch with all that it points to. NULL: no memory, or an operation that there is
 * not. Free it with free(). */
struct store_batch *store_batch_new(const struct store_op ops[], size_t count, store_done *done,
                                    void *ctx);

/* Set how a batch ends; of a reason that is too long the end is cut. */
void store_batch_end(struct store_batch *batch, enum store_status status, size_t conflict,
                     const char *reason);

/* Call `done` and free. */
void store_batch_answer(struct store_batch *batch);

void store_queue_init(struct store_queue *queue);
void store_queue_push(struct store_queue *queue, struct store_batch *batch);

/* The oldest batch, or NULL. */
struct store_batch *store_queue_pop(struct store_queue *queue);

#endif
