/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_WRITER_H
#define CLOUD_STORE_SQLITE_WRITER_H

#include <sqlite3.h>
#include "cloud/store/store_batch.h"
#include "cloud/store/store_sqlite_sql.h"
#include "host/error.h"
#include "otter/err.h"

/* The one connection that writes: batches into transactions. Used by one thread at a time. */
enum { SQLITE_FRAMES = 5 }; /* statements around groups and batches; store_sqlite_writer.c */

struct sqlite_writer {
    const char *path;
    sqlite3 *db;
    sqlite3_stmt *frames[SQLITE_FRAMES];
    sqlite3_stmt *writes[RECORD_KINDS][SQL_WRITES];
    uint64_t keys[RECORD_KINDS]; /* sql_keys() */
    int wal_pages;               /* in the log after the last commit */
};

/* `path` must outlive it. */
OTTER_MUST_CHECK int sqlite_writer_open(struct sqlite_writer *self, const char *path,
                                        struct host_error *out_error);
void sqlite_writer_close(struct sqlite_writer *self);

/* Write the batches of a queue in one transaction, each whole or not at all, and set how each
 * ends. Nobody is told yet. */
void sqlite_writer_group(struct sqlite_writer *self, const struct store_queue *group);

/* Move the log into the database if it has grown. */
void sqlite_writer_checkpoint(struct sqlite_writer *self);

#endif
