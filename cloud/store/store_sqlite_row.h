/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_STORE_SQLITE_ROW_H
#define CLOUD_STORE_SQLITE_ROW_H

#include <sqlite3.h>
#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Rows of SQLite and records, both ways (store_sqlite_sql.h has the order). */

/* Room for a record of any kind. */
union sqlite_row_record {
    struct record_head head;
    struct record_product product;
    struct record_device device;
    struct record_contact contact;
    struct record_tag tag;
    struct record_token token;
    struct record_firmware firmware;
    struct record_deployment deployment;
    struct record_group group;
    struct record_action action;
    struct record_tries tries;
    struct record_event event;
    struct record_audit audit;
    struct record_setting setting;
    struct record_outbox outbox;
};

/* Bind the columns of a record but those that are left out (1 << i), and its id; the parameter
 * behind these is *out_next. The record must stay until the statement has run. Returns a code
 * of SQLite. */
OTTER_MUST_CHECK int sqlite_row_bind(sqlite3_stmt *statement, const struct record_table *table,
                                     uint64_t left_out, const void *record, int *out_next);

/* Are the keys (of sql_keys()) of this row of SQL_LOOK those of the record? */
bool sqlite_row_has_keys(sqlite3_stmt *statement, const struct record_table *table,
                         uint64_t keys, const void *record);

/* Read a row. What is in the file is input: a value of another type, a text that is longer than
 * its array or holds a NUL, or a rev that none can be is an error that names table, id and
 * column. Long texts point to memory of the statement. Returns 0 or -1. */
OTTER_MUST_CHECK int sqlite_row_get(sqlite3_stmt *statement, const struct record_table *table,
                                    void *out_record, struct host_error *out_error);

#endif
