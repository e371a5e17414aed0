/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_SQL_H
#define CLOUD_STORE_SQLITE_SQL_H

#include <stdbool.h>
#include "cloud/store/record.h"

/* SQL from the description of a table: no statement is written per table. SQLite 3.40 and
 * PostgreSQL 15 both take the text; names come from record.c only, and all values are
 * parameters.
 *
 * Parameters of INSERT, UPSERT and UPDATE: the columns in their order ($1 ...), then the id,
 * then (UPDATE) the rev that the row must have. DELETE: id, and that rev or -1. LOOK: id.
 * NOTE_ID: the id of a deleted row, which `meta` keeps if it is the highest of its table.
 * Selections: the id behind which they begin, [the value of `column`,] and how many rows at
 * most. They give id, rev, and the columns in their order.
 */
enum sql_write {
    SQL_INSERT,
    SQL_UPSERT,
    SQL_UPDATE,
    SQL_UPDATE_REST, /* all but the keys, which are as they were */
    SQL_DELETE,
    SQL_LOOK, /* rev and the keys of a row */
    SQL_NOTE_ID,
    SQL_WRITES
};

/* The columns that are part of an index: 1 << i for the column i. */
uint64_t sql_keys(const struct record_table *table);

/* All texts are malloc'ed; NULL = no memory. */
char *sql_write(enum sql_write which, const struct record_table *table);

/* `column` may be NULL. */
char *sql_select(const struct record_table *table, const char *column, bool newest_first);

/* The highest id that a row ever had; gives one number. No parameters. */
char *sql_highest_id(const struct record_table *table);

/* Note an id as given that is so much higher than the highest one. */
char *sql_skip_ids(const struct record_table *table, int64_t count);

/* CREATE TABLE and its indexes. */
char *sql_create(const struct record_table *table);

#endif
