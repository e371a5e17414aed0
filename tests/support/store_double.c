/* SPDX-License-Identifier: Apache-2.0 */
#include "support/store_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/store/store_batch.h"

struct rows { /* in the order of ids; each of its own memory */
    void **at;
    size_t count, room;
};

struct double_store {
    struct store store; /* first */
    struct rows rows[RECORD_KINDS];
    int64_t highest_deleted[RECORD_KINDS];
    struct store_queue queue;
    bool is_queued, is_pumping, is_closing;
    size_t commits;
    size_t failures; /* batches still to fail */
    enum store_status failure;
    size_t failure_index;
};

/* What an operation replaced, so that it can be taken back. NULL = nothing was there. */
struct undo {
    enum record_kind kind;
    int64_t id;
    void *before;
};

/* A test cannot go on without memory. */
static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static int64_t id_of(const void *record)
{
    return ((const struct record_head *)record)->id;
}

static const struct double_store *self_of(const struct store *store)
{
    return (const struct double_store *)store;
}

/* ---- rows ---- */

/* Where the row with this id is or would be. */
static size_t place_of(const struct rows *rows, int64_t id)
{
    size_t low = 0, high = rows->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (id_of(rows->at[middle]) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void *find(const struct rows *rows, int64_t id)
{
    size_t place = place_of(rows, id);

    return place < rows->count && id_of(rows->at[place]) == id ? rows->at[place] : NULL;
}

/* Put a row (NULL: none) where this id is, and return what was there. */
static void *exchange(struct rows *rows, int64_t id, void *row)
{
    size_t place = place_of(rows, id);
    void *before = find(rows, id);
    void **at = rows->at + place;

    if (before != NULL && row != NULL) {
        *at = row;
    } else if (before != NULL) {
        rows->count--;
        memmove(at, at + 1, (rows->count - place) * sizeof *at);
    } else if (row != NULL) {
        if (rows->count == rows->room) {
            rows->room = rows->room == 0 ? 16 : 2 * rows->room;
            rows->at = must(realloc(rows->at, rows->room * sizeof *at));
            at = rows->at + place;
        }
        memmove(at + 1, at, (rows->count - place) * sizeof *at);
        *at = row;
        rows->count++;
    }
    return before;
}

static bool has_same(const struct record_column *column, const void *a, const void *b)
{
    size_t a_len, b_len;

    if (column->type == RECORD_INT64 || column->type == RECORD_BOOL) {
        return record_int(column, a) == record_int(column, b);
    }
    const char *a_text = record_text(column, a, &a_len);
    const char *b_text = record_text(column, b, &b_len);
    return a_len == b_len && memcmp(a_text, b_text, a_len) == 0;
}

/* Is the row among those of which something is unique? */
static bool is_counted(const struct record_table *table, const void *row)
{
    for (size_t i = 0; table->unique_where != NULL && i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, table->unique_where) == 0) {
            return record_int(&table->columns[i], row) != 0;
        }
    }
    return true;
}

static bool violates_unique(const struct rows *rows, const struct record_table *table,
                            const void *row)
{
    if (table->unique == NULL || !is_counted(table, row)) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const void *other = rows->at[i];
        bool same = id_of(other) != id_of(row) && is_counted(table, other);
        for (size_t c = 0; same && c < table->column_count; c++) {
            same = !record_list_has(table->unique, table->columns[c].name) ||
                   has_same(&table->columns[c], other, row);
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static void *clone(enum record_kind kind, const void *record)
{
    void *copy = must(malloc(record_copy_size(kind, record)));

    record_copy(kind, record, copy);
    return copy;
}

/* ---- batches ---- */

/* NULL, or why the operation is a conflict. */
static const char *refuse(const struct rows *rows, const struct store_op *op)
{
    const struct record_head *there = find(rows, id_of(op->record));
    bool any = op->expected_rev == STORE_ANY_REV;

    if (op->verb == STORE_DELETE) {
        return there == NULL || any || there->rev == op->expected_rev ? NULL
                                                                      : "has another rev";
    }
    if (!any && op->expected_rev == STORE_NEW && there != NULL) {
        return "is there already";
    }
    if (!any && op->expected_rev != STORE_NEW &&
        (there == NULL || there->rev != op->expected_rev)) {
        return "has another rev, or is gone";
    }
    return violates_unique(rows, record_table(op->kind), op->record)
               ? "has a value that another row has"
               : NULL;
}

static void note_deleted(struct double_store *self, enum record_kind kind, int64_t id)
{
    if (id > self->highest_deleted[kind]) {
        self->highest_deleted[kind] = id;
    }
}

static void apply(struct double_store *self, const struct store_op *op, struct undo *out_undo)
{
    struct rows *rows = &self->rows[op->kind];
    int64_t id = id_of(op->record);
    const struct record_head *there = find(rows, id);
    struct record_head *row = NULL;

    if (op->verb == STORE_PUT) {
        row = clone(op->kind, op->record);
        row->rev = there != NULL ? there->rev + 1 : 1;
    }
    if (there != NULL && row == NULL) {
        note_deleted(self, op->kind, id);
    }
    *out_undo = (struct undo){op->kind, id, exchange(rows, id, row)};
}

static void take_back(struct double_store *self, const struct undo *undo)
{
    free(exchange(&self->rows[undo->kind], undo->id, undo->before));
}

static void write_batch(struct double_store *self, struct store_batch *batch)
{
    struct undo *undo = must(calloc(batch->count + 1, sizeof *undo));
    const char *conflict = NULL;
    size_t i = 0;

    while (i < batch->count) {
        const struct store_op *op = &batch->ops[i];
        conflict = refuse(&self->rows[op->kind], op);
        if (conflict != NULL) {
            store_batch_end(batch, STORE_CONFLICT, i, conflict);
            break;
        }
        apply(self, op, &undo[i++]);
    }
    self->commits += conflict == NULL;
    while (i-- > 0) {
        if (conflict != NULL) {
            take_back(self, &undo[i]);
        } else {
            free(undo[i].before);
        }
    }
    free(undo);
}

static void fail_batch(struct double_store *self, struct store_batch *batch)
{
    size_t last = batch->count > 0 ? batch->count - 1 : 0;

    self->failures--;
    store_batch_end(batch, self->failure,
                    self->failure_index < last ? self->failure_index : last,
                    "the test wants it so");
}

size_t store_double_pump(struct store *store, size_t max)
{
    struct double_store *self = (struct double_store *)store;
    size_t count = 0;

    if (self->is_pumping) {
        return 0;
    }
    self->is_pumping = true;
    while (count < max && self->queue.count > 0) {
        struct store_batch *batch = store_queue_pop(&self->queue);
        if (self->failures > 0) {
            fail_batch(self, batch);
        } else {
            write_batch(self, batch);
        }
        store_batch_answer(batch);
        count++;
    }
    self->is_pumping = false;
    return count;
}

static int submit(struct store *store, const struct store_op ops[], size_t count,
                  store_done *done, void *ctx)
{
    struct double_store *self = (struct double_store *)store;
    struct store_batch *batch =
        self->is_closing ? NULL : store_batch_new(ops, count, done, ctx);

    if (batch == NULL) {
        return -1;
    }
    store_queue_push(&self->queue, batch);
    if (!self->is_queued) {
        (void)store_double_pump(store, SIZE_MAX);
    }
    return 0;
}

/* ---- reading ---- */

static bool is_asked_for(const struct store_query *query, const void *row)
{
    const struct record_table *table = record_table(query->kind);
    int64_t id = id_of(row);

    if (query->after != 0 && (query->newest_first ? id >= query->after : id <= query->after)) {
        return false;
    }
    for (size_t i = 0; query->column != NULL && i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, query->column) == 0) {
            return record_int(&table->columns[i], row) == query->value;
        }
    }
    return true;
}

/* The page is copied first: the visitor may change what is in the store. */
static int read_rows(struct store *store, const struct store_query *query,
                     store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    const struct rows *rows = &self_of(store)->rows[query->kind];
    const struct record_table *table = record_table(query->kind);
    size_t count = 0;

    if (query->column != NULL && !record_list_has(table->indexed, query->column)) {
        return host_error_set(out_error, table->name, "has no index on %s", query->column);
    }
    void **page = must(calloc(rows->count + 1, sizeof *page));
    for (size_t i = 0; i < rows->count && count < query->limit; i++) {
        const void *row = rows->at[query->newest_first ? rows->count - 1 - i : i];
        if (is_asked_for(query, row)) {
            page[count++] = clone(query->kind, row);
        }
    }
    bool more = true;
    for (size_t i = 0; i < count; i++) {
        more = more && visitor(ctx, page[i]);
        free(page[i]);
    }
    free(page);
    return 0;
}

static int highest_id(struct store *store, enum record_kind kind, int64_t *out_id,
                      struct host_error *out_error)
{
    const struct double_store *self = self_of(store);
    const struct rows *rows = &self->rows[kind];
    int64_t top = rows->count > 0 ? id_of(rows->at[rows->count - 1]) : 0;

    (void)out_error;
    *out_id = top > self->highest_deleted[kind] ? top : self->highest_deleted[kind];
    return 0;
}

static void close_store(struct store *store)
{
    struct double_store *self = (struct double_store *)store;

    self->is_closing = true;
    (void)store_double_pump(store, SIZE_MAX);
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        for (size_t i = 0; i < self->rows[kind].count; i++) {
            free(self->rows[kind].at[i]);
        }
        free(self->rows[kind].at);
    }
    free(self);
}

/* ---- what tests do with it ---- */

struct store *store_double_new(void)
{
    struct double_store *self = must(calloc(1, sizeof *self));

    self->store = (struct store){submit, read_rows, highest_id, close_store};
    store_queue_init(&self->queue);
    return &self->store;
}

void store_double_set_queued(struct store *store, bool is_queued)
{
    ((struct double_store *)store)->is_queued = is_queued;
    if (!is_queued) {
        (void)store_double_pump(store, SIZE_MAX);
    }
}

size_t store_double_queued(const struct store *store)
{
    return self_of(store)->queue.count;
}

size_t store_double_lose_queued(struct store *store)
{
    struct store_queue *queue = &((struct double_store *)store)->queue;
    size_t count = queue->count;

    while (queue->count > 0) {
        free(store_queue_pop(queue));
    }
    return count;
}

void store_double_fail_next(struct store *store, size_t count, enum store_status status,
                            size_t conflict)
{
    struct double_store *self = (struct double_store *)store;

    self->failures = count;
    self->failure = status;
    self->failure_index = conflict;
}

int store_double_change(struct store *store, enum record_kind kind, const void *record)
{
    struct double_store *self = (struct double_store *)store;
    struct store_op op = {STORE_PUT, kind, record, STORE_ANY_REV};
    struct undo undo;

    if (refuse(&self->rows[kind], &op) != NULL) {
        return -1;
    }
    apply(self, &op, &undo);
    free(undo.before);
    return 0;
}

void store_double_remove(struct store *store, enum record_kind kind, int64_t id)
{
    struct double_store *self = (struct double_store *)store;

    note_deleted(self, kind, id);
    free(exchange(&self->rows[kind], id, NULL));
}

const void *store_double_find(const struct store *store, enum record_kind kind, int64_t id)
{
    return find(&self_of(store)->rows[kind], id);
}

size_t store_double_count(const struct store *store, enum record_kind kind)
{
    return self_of(store)->rows[kind].count;
}

const void *store_double_at(const struct store *store, enum record_kind kind, size_t i)
{
    return self_of(store)->rows[kind].at[i];
}

size_t store_double_commits(const struct store *store)
{
    return self_of(store)->commits;
}
