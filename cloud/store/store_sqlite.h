/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_H
#define CLOUD_STORE_SQLITE_H

#include "cloud/store/store.h"

/* A store in one SQLite file: WAL, synchronous=FULL, one writer thread with group commit,
 * readers on connections of their own. SQL is known to the files store_sqlite*.c only.
 *
 * The file carries the number of its schema (table `meta`); a newer one is refused. A second
 * process on the same file is refused, too: it finds a lock on PATH-lock, a file that stays.
 * Everything is for the owner of the files only, since hashes of tokens are in them.
 *
 * Power loss and kill -9: a batch whose `done` was told STORE_COMMITTED is there, whole;
 * another is there whole or not at all.
 */
enum { STORE_SQLITE_SCHEMA = 1 };

/* Open or create. `path` must be a file's, in a folder that can be written. */
OTTER_MUST_CHECK int store_sqlite_open(const char *path, struct store **out_store,
                                       struct host_error *out_error);

/* Is this a whole database of this program, with a schema that it knows? Reads all of it. */
OTTER_MUST_CHECK int store_sqlite_check(const char *path, struct host_error *out_error);

/* Copy a database, which may be in use, into a new file (SQLite's own backup). `to` gets its
 * name when the copy is complete and was found good by store_sqlite_check(); it must not be
 * there yet, nor a log of that name. */
OTTER_MUST_CHECK int store_sqlite_backup(const char *from, const char *to,
                                         struct host_error *out_error);

/* The same, of a copy that becomes the database again. Devices may have heard of actions that
 * were made after the copy: their numbers are not given again (that many of them). */
enum { STORE_SQLITE_ACTIONS_SKIPPED = 1000000 };
OTTER_MUST_CHECK int store_sqlite_restore(const char *from, const char *to,
                                          struct host_error *out_error);

#endif
