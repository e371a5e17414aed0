/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_rows.h"

#include <stdlib.h>
#include <string.h>

#include "host/json.h"

/* Where the long text of a column lies in a record. */
static void *text_of(char *record, const struct record_column *column)
{
    return record + column->offset;
}

static void free_texts(const struct record_table *table, char *record)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].type == RECORD_LONG_TEXT) {
            char *text;
            memcpy(&text, text_of(record, &table->columns[i]), sizeof text);
            free(text);
        }
    }
}

/* Give the copy of a record texts of its own; one without memory becomes NULL. */
static bool own_texts(const struct record_table *table, char *record)
{
    bool is_complete = true;

    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].type == RECORD_LONG_TEXT) {
            const char *text;
            void *at = text_of(record, &table->columns[i]);
            memcpy(&text, at, sizeof text);
            char *copy = text != NULL ? strdup(text) : NULL;
            is_complete = is_complete && (copy != NULL || text == NULL);
            memcpy(at, &copy, sizeof copy);
        }
    }
    return is_complete;
}

static bool append(struct rest_rows *rows, const void *record)
{
    const struct record_table *table = record_table(rows->kind);

    if (rows->count == rows->room) {
        size_t room = rows->room == 0 ? 16 : 2 * rows->room;
        char *bytes = reallocarray(rows->bytes, room, table->size);
        if (bytes == NULL) {
            rows->failed = true;
            return false;
        }
        rows->bytes = bytes;
        rows->room = room;
    }
    char *copy = rows->bytes + rows->count * table->size;
    memcpy(copy, record, table->size);
    rows->count++;
    if (!own_texts(table, copy)) {
        rows->failed = true;
        return false;
    }
    return true;
}

struct collector {
    struct rest_rows *rows;
    struct rest_page page;
    bool (*accepts)(const void *ctx, const void *record);
    const void *ctx;
};

static bool collect(void *ctx, const void *record)
{
    struct collector *collector = ctx;
    struct rest_rows *rows = collector->rows;
    struct record_head head;

    memcpy(&head, record, sizeof head);
    if (collector->accepts != NULL && !collector->accepts(collector->ctx, record)) {
        return true;
    }
    rows->total++;
    if (head.id <= collector->page.after) {
        return true;
    }
    if (rows->count == collector->page.limit) {
        rows->has_more = true;
        return true;
    }
    return append(rows, record);
}

void rest_rows_of_fleet(struct fleet *fleet, enum record_kind kind,
                        const struct rest_page *page,
                        bool (*accepts)(const void *ctx, const void *record), const void *ctx,
                        struct rest_rows *out_rows)
{
    struct collector collector = {
        .rows = out_rows, .page = *page, .accepts = accepts, .ctx = ctx};

    *out_rows = (struct rest_rows){.kind = kind};
    fleet_visit_records(fleet, kind, collect, &collector);
}

static bool take(void *ctx, const void *record)
{
    return append(ctx, record);
}

int rest_rows_of_store(struct store *store, const struct store_query *query,
                       struct rest_rows *out_rows, struct host_error *out_error)
{
    struct store_query one_more = *query;

    *out_rows = (struct rest_rows){.kind = query->kind};
    one_more.limit++;
    if (store->read(store, &one_more, take, out_rows, out_error) != 0) {
        return -1;
    }
    if (out_rows->count > query->limit) {
        out_rows->count--;
        free_texts(record_table(out_rows->kind),
                   out_rows->bytes + out_rows->count * record_table(out_rows->kind)->size);
        out_rows->has_more = true;
    }
    return 0;
}

const void *rest_row(const struct rest_rows *rows, size_t index)
{
    return rows->bytes + index * record_table(rows->kind)->size;
}

void rest_rows_free(struct rest_rows *rows)
{
    const struct record_table *table = record_table(rows->kind);

    for (size_t i = 0; i < rows->count; i++) {
        free_texts(table, rows->bytes + i * table->size);
    }
    free(rows->bytes);
    *rows = (struct rest_rows){.kind = rows->kind};
}

void rest_reply_items(struct rest_call *call, json_t *items, int64_t next, int64_t total)
{
    json_t *document = json_object();

    json_add(&document, "items", items);
    json_add(&document, "next", next != 0 ? json_integer(next) : json_null());
    json_add(&document, "total", total >= 0 ? json_integer(total) : json_null());
    rest_reply_json(call, 200, document);
}

static bool is_counted(enum record_kind kind)
{
    return kind != RECORD_EVENT && kind != RECORD_AUDIT && kind != RECORD_ACTION;
}

void rest_reply_rows(struct rest_call *call, struct rest_rows *rows,
                     json_t *(*to_json)(const void *record))
{
    json_t *items = rows->failed ? NULL : json_array();
    int64_t next = 0;

    for (size_t i = 0; i < rows->count && items != NULL; i++) {
        const void *record = rest_row(rows, i);
        struct record_head head;
        memcpy(&head, record, sizeof head);
        next = rows->has_more ? head.id : 0;
        if (json_array_append_new(items, to_json(record)) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    int64_t total = is_counted(rows->kind) ? (int64_t)rows->total : -1;
    rest_rows_free(rows);
    rest_reply_items(call, items, next, total);
}

void rest_reply_history(struct rest_call *call, const struct store_query *query,
                        json_t *(*to_json)(const void *record))
{
    struct store_query page_query = *query;
    struct host_error error;
    struct rest_rows rows;
    struct rest_page page;

    if (!rest_query_page(call, &page)) {
        return;
    }
    page_query.after = page.after;
    page_query.limit = page.limit;
    if (rest_rows_of_store(fleet_store(call->rest->fleet), &page_query, &rows, &error) != 0) {
        rest_rows_free(&rows);
        rest_fail(call, 500, "%s", error.reason);
        return;
    }
    rest_reply_rows(call, &rows, to_json);
}
