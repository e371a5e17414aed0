/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_sqlite_row.h"

#include <string.h>

static int bind_column(sqlite3_stmt *statement, int place, const struct record_column *column,
                       const void *record)
{
    size_t len;

    if (column->type == RECORD_INT64 || column->type == RECORD_BOOL) {
        return sqlite3_bind_int64(statement, place, record_int(column, record));
    }
    const char *text = record_text(column, record, &len);
    return sqlite3_bind_text64(statement, place, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

int sqlite_row_bind(sqlite3_stmt *statement, const struct record_table *table,
                    uint64_t left_out, const void *record, int *out_next)
{
    const struct record_head *head = record;
    int rc = SQLITE_OK, place = 1;

    for (size_t i = 0; rc == SQLITE_OK && i < table->column_count; i++) {
        if ((left_out >> i & 1) == 0) {
            rc = bind_column(statement, place++, &table->columns[i], record);
        }
    }
    *out_next = place + 1;
    return rc == SQLITE_OK ? sqlite3_bind_int64(statement, place, head->id) : rc;
}

bool sqlite_row_has_keys(sqlite3_stmt *statement, const struct record_table *table,
                         uint64_t keys, const void *record)
{
    bool is_same = true;
    int place = 1;
    size_t len;

    for (size_t i = 0; is_same && i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];

        if ((keys >> i & 1) == 0) {
            continue;
        }
        if (column->type == RECORD_INT64 || column->type == RECORD_BOOL) {
            is_same = sqlite3_column_int64(statement, place) == record_int(column, record);
        } else {
            const char *text = record_text(column, record, &len);
            const void *there = sqlite3_column_text(statement, place);

            is_same = there != NULL && (size_t)sqlite3_column_bytes(statement, place) == len &&
                      memcmp(there, text, len) == 0;
        }
        place++;
    }
    return is_same;
}

/* Values are read by sqlite3_value_...(), and not by sqlite3_column_...(), which looks for the
 * column and an error anew at each call: a large fleet has millions of them at the start. That
 * is allowed while one thread uses the connection (SQLite's c3ref/column_blob.html). */

/* NULL, or what is wrong with a number. */
static const char *get_number(sqlite3_value *in, const struct record_column *column,
                              void *record)
{
    char *at = (char *)record + column->offset;
    int64_t value = sqlite3_value_int64(in);

    if (sqlite3_value_type(in) != SQLITE_INTEGER) {
        return "is no number";
    }
    if (column->type == RECORD_BOOL) {
        bool flag = value == 1;
        memcpy(at, &flag, sizeof flag);
        return value == 0 || value == 1 ? NULL : "is neither 0 nor 1";
    }
    memcpy(at, &value, sizeof value);
    return NULL;
}

static const char *get_text(sqlite3_value *in, const struct record_column *column, void *record)
{
    char *at = (char *)record + column->offset;

    if (sqlite3_value_type(in) != SQLITE_TEXT) {
        return "is no text";
    }
    const char *text = (const char *)sqlite3_value_text(in);
    if (text == NULL) {
        return "does not fit the memory";
    }
    size_t len = (size_t)sqlite3_value_bytes(in);
    if (memchr(text, '\0', len) != NULL) {
        return "holds a NUL";
    }
    if (column->type == RECORD_LONG_TEXT) {
        memcpy(at, &text, sizeof text);
        return NULL;
    }
    if (len >= column->size) {
        return "is too long";
    }
    memcpy(at, text, len + 1);
    return NULL;
}

int sqlite_row_get(sqlite3_stmt *statement, const struct record_table *table, void *out_record,
                   struct host_error *out_error)
{
    struct record_head *head = out_record;
    long long id = sqlite3_column_int64(statement, 0);
    int64_t rev = sqlite3_column_int64(statement, 1);

    memset(out_record, 0, table->size);
    if (sqlite3_column_type(statement, 1) != SQLITE_INTEGER || rev < 1 || rev > UINT32_MAX) {
        return host_error_set(out_error, table->name, "row %lld: rev is none", id);
    }
    head->id = id;
    head->rev = (uint32_t)rev;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];
        bool is_number = column->type == RECORD_INT64 || column->type == RECORD_BOOL;
        sqlite3_value *value = sqlite3_column_value(statement, (int)i + 2);
        const char *wrong = (is_number ? get_number : get_text)(value, column, out_record);
        if (wrong != NULL) {
            return host_error_set(out_error, table->name, "row %lld: %s %s", id, column->name,
                                  wrong);
        }
    }
    return 0;
}
