/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_ROWS_H
#define CLOUD_REST_ROWS_H

#include "cloud/rest/rest_call.h"

/* Copies of records: what a visitor sees is gone when it returns, and it runs with a lock held,
 * so that JSON is made afterwards from these.
 */
struct rest_rows {
    enum record_kind kind;
    char *bytes; /* records of the kind, one behind the other, with texts of their own */
    size_t count, room;
    size_t total; /* that were accepted; of the fleet's only */
    bool has_more;
    bool failed; /* no memory */
};

/* A page of a small table of the fleet, oldest first. `accepts` may be NULL; it runs with the
 * fleet's lock held. */
void rest_rows_of_fleet(struct fleet *fleet, enum record_kind kind,
                        const struct rest_page *page,
                        bool (*accepts)(const void *ctx, const void *record), const void *ctx,
                        struct rest_rows *out_rows);
/* A page of history from the store; the query's limit is kept. Returns 0 or -1; free the rows
 * in both cases. */
OTTER_MUST_CHECK int rest_rows_of_store(struct store *store, const struct store_query *query,
                                        struct rest_rows *out_rows,
                                        struct host_error *out_error);
/* A page of history as the call asks for it (`limit`, `after`), and the reply. */
void rest_reply_history(struct rest_call *call, const struct store_query *query,
                        json_t *(*to_json)(const void *record));
const void *rest_row(const struct rest_rows *rows, size_t index);
void rest_rows_free(struct rest_rows *rows);

/* End the call with {"items", "next", "total"} and free the rows. */
void rest_reply_rows(struct rest_call *call, struct rest_rows *rows,
                     json_t *(*to_json)(const void *record));
/* The same from items that were made already; `next` 0 = there are no more, `total` negative =
 * not counted. */
void rest_reply_items(struct rest_call *call, json_t *items, int64_t next, int64_t total);

#endif
