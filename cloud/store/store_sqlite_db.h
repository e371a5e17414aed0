/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_DB_H
#define CLOUD_STORE_SQLITE_DB_H

#include <sqlite3.h>
#include "cloud/store/store.h"
#include "host/error.h"
#include "otter/err.h"

/* Connections to the database file, and its schema. */

/* Take the right to write to the database at `path`: a lock on the file PATH-lock, which ends
 * with the process. It is no lock of SQLite's, so a backup can still read. Returns a descriptor
 * that holds it, or -1. */
int sqlite_db_lock(const char *path, struct host_error *out_error);

/* Open the one connection that writes: creates the file (for its owner only) and its tables if
 * there are none. Refuses what is not a database of this program, one with a newer schema, and
 * one that cannot be written. NULL: an error. */
sqlite3 *sqlite_db_open_writer(const char *path, struct host_error *out_error);

/* Open a connection that only reads. */
sqlite3 *sqlite_db_open_reader(const char *path, struct host_error *out_error);

/* Is this a database of this program, with a schema that it knows? */
OTTER_MUST_CHECK int sqlite_db_check_schema(sqlite3 *db, const char *path,
                                            struct host_error *out_error);

/* Run statements without parameters and results. */
OTTER_MUST_CHECK int sqlite_db_run(sqlite3 *db, const char *path, const char *sql,
                                   struct host_error *out_error);

/* Make a statement that is kept. */
OTTER_MUST_CHECK int sqlite_db_prepare(sqlite3 *db, const char *path, const char *sql,
                                       sqlite3_stmt **out_statement,
                                       struct host_error *out_error);

/* What the last error of `db` is to whoever submitted a batch. */
enum store_status sqlite_db_status(sqlite3 *db);

/* Fill in the last error of `db`. Returns -1. */
int sqlite_db_error(sqlite3 *db, const char *path, struct host_error *out_error);

#endif
