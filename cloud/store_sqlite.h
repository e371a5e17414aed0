/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_H
#define CLOUD_STORE_SQLITE_H

#include "cloud/store.h"

/* A store in one SQLite file: WAL, synchronous=FULL, one writer thread with group commit,
 * readers on connections of their own. The only file of the server that knows SQL is
 * store_sqlite.c.
 *
 * The file carries the number of its schema (table `meta`); a newer one is refused, an older
 * one is brought up in one transaction. A second process on the same file is refused, too.
 */
enum { STORE_SQLITE_SCHEMA = 1 };

/* Open or create. */
OTTER_MUST_CHECK int store_sqlite_open(const char *path, struct store **out_store,
                                       struct host_error *out_error);

/* Copy a database, which may be in use, into a new file (SQLite's own backup), and check the
 * copy (integrity_check). */
OTTER_MUST_CHECK int store_sqlite_backup(const char *from, const char *to,
                                         struct host_error *out_error);

#endif
