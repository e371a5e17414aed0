/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_H
#define CLOUD_STORE_H

#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Where records are durable. An interface: whoever uses it knows no SQL, and tests hand in a
 * double that makes conflicts happen.
 *
 * Writes are batches of operations, each atomic as a whole, in the order in which they were
 * submitted. `done` tells when a batch is on the disk and not earlier: an answer that a device
 * may rely on is sent from there. Many batches share one commit of the disk.
 */
enum store_verb {
    STORE_PUT,    /* insert or replace one record */
    STORE_DELETE, /* by id; that it is not there is no error, that it has another rev is one */
};

/* `expected_rev` for a record that must not be there yet, and for one that is replaced or
 * deleted whatever is there.
 *
 * The row that a PUT writes has the rev after the expected one: 1 if it is new. (With
 * STORE_ANY_REV: the rev after that of the row that is there.) The rev in the head of what is
 * handed in means nothing.
 */
enum { STORE_NEW = 0 };
#define STORE_ANY_REV UINT32_MAX

struct store_op {
    enum store_verb verb;
    enum record_kind kind;
    const void *record;    /* of this kind; DELETE needs its head only */
    uint32_t expected_rev; /* of the row that is replaced */
};

enum store_status {
    STORE_COMMITTED,
    STORE_CONFLICT,  /* a row has another rev or is there already, or what must be unique is
                        not: nothing of the batch was written */
    STORE_FULL,      /* no room on the disk */
    STORE_READ_ONLY, /* the database cannot be written */
    STORE_FAILED,    /* anything else; `reason` says what */
};

struct store_outcome {
    enum store_status status;
    size_t conflict;    /* STORE_CONFLICT: the index of the operation */
    const char *reason; /* a clause; "" if committed. Gone when `done` returns */
};

/* Called once per batch, from a thread of the store or from inside submit; it may submit and
 * read, and must not close. */
typedef void store_done(void *ctx, const struct store_outcome *outcome);

/* Called once per record; returns false to end. It may submit and read. */
typedef bool store_visitor(void *ctx, const void *record);

/* Which rows of a kind, a page at a time, newest id first or oldest first. */
struct store_query {
    enum record_kind kind;
    const char *column; /* one of the table's indexed ones; NULL = all rows */
    int64_t value;
    int64_t after; /* only ids below (newest first) or above this; 0 = from the start */
    bool newest_first;
    size_t limit;
};

struct store {
    /* Queue a batch; everything it points to is copied. Returns 0, or -1 without calling
     * `done` if there is no memory or the store is closing. A batch without operations is
     * answered in its turn, too. */
    int (*submit)(struct store *store, const struct store_op ops[], size_t count,
                  store_done *done, void *ctx);
    /* Read a page of what is committed, on the caller's thread. Returns 0 or -1. */
    int (*read)(struct store *store, const struct store_query *query, store_visitor *visitor,
                void *ctx, struct host_error *out_error);
    /* The highest id that a row of this kind ever had, 0 = none: new ids are above it, so that
     * none is used twice, not even that of a deleted row. Of what is committed. Returns 0 or
     * -1. */
    int (*highest_id)(struct store *store, enum record_kind kind, int64_t *out_id,
                      struct host_error *out_error);
    /* Write everything that was submitted, call every `done`, and free. */
    void (*close)(struct store *store);
};

/* Read all rows of a kind, oldest first. */
OTTER_MUST_CHECK int store_load(struct store *store, enum record_kind kind,
                                store_visitor *visitor, void *ctx,
                                struct host_error *out_error);

#endif
