/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STORE_FILE_H
#define TESTS_SUPPORT_STORE_FILE_H

#include "cloud/store/store.h"

/* What tests of the store in SQLite share: a database in a folder of the test's own, and ways
 * past the store. A failure ends the cmocka test. */
extern struct store *file_store; /* NULL = closed */
extern char file_path[256];

int file_start(void **state);
int file_stop(void **state);
void file_open(void);
void file_close(void);

/* The store must not open; returns why, until the next call. */
const char *file_open_error(const char *path);

void file_assert_has(const char *text, const char *part);

/* Run SQL on the file past the store; the one number that a query gives. On connections of
 * their own. */
void file_run_sql(const char *sql);
int64_t file_ask(const char *sql);

/* An operation that makes an event, in `event`; one that is committed. */
struct store_op file_new_event(struct record_event *event, int64_t id);
void file_put_event(int64_t id);

/* Run `body` in a process of its own; returns its exit status. */
int file_in_child(int (*body)(void));

#endif
