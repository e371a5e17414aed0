/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_batch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a record may begin. */
static size_t aligned(size_t size)
{
    size_t unit = _Alignof(max_align_t);

    return (size + unit - 1) / unit * unit;
}

static size_t op_size(const struct store_op *op)
{
    return aligned(op->verb == STORE_PUT ? record_copy_size(op->kind, op->record)
                                         : sizeof(struct record_head));
}

static bool is_possible(const struct store_op *op)
{
    return (op->verb == STORE_PUT || op->verb == STORE_DELETE) &&
           (unsigned)op->kind < RECORD_KINDS && op->record != NULL;
}

struct store_batch *store_batch_new(const struct store_op ops[], size_t count, store_done *done,
                                    void *ctx)
{
    size_t ops_size = aligned(sizeof(struct store_batch) + count * sizeof ops[0]);
    size_t size = ops_size;

    for (size_t i = 0; i < count; i++) {
        if (!is_possible(&ops[i])) {
            return NULL;
        }
        size += op_size(&ops[i]);
    }
    struct store_batch *batch = malloc(size);
    if (batch == NULL) {
        return NULL;
    }
    *batch = (struct store_batch){.done = done, .ctx = ctx, .count = count};
    char *place = (char *)batch + ops_size;
    for (size_t i = 0; i < count; i++) {
        batch->ops[i] = ops[i];
        batch->ops[i].record = place;
        if (ops[i].verb == STORE_PUT) {
            record_copy(ops[i].kind, ops[i].record, place);
        } else {
            memcpy(place, ops[i].record, sizeof(struct record_head));
        }
        place += op_size(&ops[i]);
    }
    return batch;
}

void store_batch_end(struct store_batch *batch, enum store_status status, size_t conflict,
                     const char *reason)
{
    batch->status = status;
    batch->conflict = conflict;
    (void)snprintf(batch->reason, sizeof batch->reason, "%s", reason);
}

void store_batch_answer(struct store_batch *batch)
{
    struct store_outcome outcome = {batch->status, batch->conflict, batch->reason};

    if (batch->done != NULL) {
        batch->done(batch->ctx, &outcome);
    }
    free(batch);
}

void store_queue_init(struct store_queue *queue)
{
    *queue = (struct store_queue){.end = &queue->first};
}

void store_queue_push(struct store_queue *queue, struct store_batch *batch)
{
    batch->next = NULL;
    *queue->end = batch;
    queue->end = &batch->next;
    queue->count++;
}

struct store_batch *store_queue_pop(struct store_queue *queue)
{
    struct store_batch *batch = queue->first;

    if (batch != NULL) {
        queue->first = batch->next;
        queue->end = queue->first != NULL ? queue->end : &queue->first;
        queue->count--;
    }
    return batch;
}
