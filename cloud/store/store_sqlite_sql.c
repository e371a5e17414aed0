/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_sqlite_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLite makes this and only this spelling the number of the row itself; in PostgreSQL it is to
 * be BIGINT. Source: SQLite's lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY". */
#define ID_TYPE "INTEGER"

struct text {
    FILE *out;
    char *data;
    size_t len;
};

static bool text_start(struct text *text)
{
    *text = (struct text){0};
    text->out = open_memstream(&text->data, &text->len);
    return text->out != NULL;
}

static char *text_end(struct text *text)
{
    bool good = ferror(text->out) == 0;

    if (fclose(text->out) != 0 || !good) {
        free(text->data);
        return NULL;
    }
    return text->data;
}

static void put_insert(FILE *out, const struct record_table *table)
{
    size_t count = table->column_count;

    fprintf(out, "INSERT INTO \"%s\" (", table->name);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "\"%s\", ", table->columns[i].name);
    }
    fprintf(out, "\"id\", \"rev\") VALUES (");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "$%zu, ", i + 1);
    }
    fprintf(out, "$%zu, 1)", count + 1);
}

static void put_upsert(FILE *out, const struct record_table *table)
{
    put_insert(out, table);
    fprintf(out, " ON CONFLICT (\"id\") DO UPDATE SET ");
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        fprintf(out, "\"%s\" = excluded.\"%s\", ", name, name);
    }
    fprintf(out, "\"rev\" = \"%s\".\"rev\" + 1", table->name);
}

uint64_t sql_keys(const struct record_table *table)
{
    uint64_t keys = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        if (record_list_has(table->unique, table->columns[i].name) ||
            record_list_has(table->indexed, table->columns[i].name)) {
            keys |= UINT64_C(1) << i;
        }
    }
    return keys;
}

static bool has(uint64_t columns, size_t i)
{
    return (columns >> i & 1) != 0;
}

/* An index is written anew if a column of it is named here, whatever its value. */
static void put_update(FILE *out, const struct record_table *table, uint64_t left_out)
{
    size_t place = 0;

    fprintf(out, "UPDATE \"%s\" SET ", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!has(left_out, i)) {
            fprintf(out, "\"%s\" = $%zu, ", table->columns[i].name, ++place);
        }
    }
    fprintf(out, "\"rev\" = \"rev\" + 1 WHERE \"id\" = $%zu AND \"rev\" = $%zu", place + 1,
            place + 2);
}

static void put_look(FILE *out, const struct record_table *table)
{
    fprintf(out, "SELECT \"rev\"");
    for (size_t i = 0; i < table->column_count; i++) {
        if (has(sql_keys(table), i)) {
            fprintf(out, ", \"%s\"", table->columns[i].name);
        }
    }
    fprintf(out, " FROM \"%s\" WHERE \"id\" = $1", table->name);
}

char *sql_write(enum sql_write which, const struct record_table *table)
{
    struct text text;

    if (!text_start(&text)) {
        return NULL;
    }
    if (which == SQL_INSERT) {
        put_insert(text.out, table);
    } else if (which == SQL_UPSERT) {
        put_upsert(text.out, table);
    } else if (which == SQL_UPDATE || which == SQL_UPDATE_REST) {
        put_update(text.out, table, which == SQL_UPDATE ? 0 : sql_keys(table));
    } else if (which == SQL_DELETE) {
        fprintf(text.out, "DELETE FROM \"%s\" WHERE \"id\" = $1 AND ($2 = -1 OR \"rev\" = $2)",
                table->name);
    } else if (which == SQL_NOTE_ID) {
        fprintf(text.out,
                "INSERT INTO \"meta\" (\"name\", \"value\") "
                "VALUES ('highest id of %s', CAST($1 AS TEXT)) "
                "ON CONFLICT (\"name\") DO UPDATE SET \"value\" = excluded.\"value\" "
                "WHERE CAST(\"meta\".\"value\" AS BIGINT) < CAST(excluded.\"value\" AS BIGINT)",
                table->name);
    } else {
        put_look(text.out, table);
    }
    return text_end(&text);
}

char *sql_select(const struct record_table *table, const char *column, bool newest_first)
{
    struct text text;

    if (!text_start(&text)) {
        return NULL;
    }
    fprintf(text.out, "SELECT \"id\", \"rev\"");
    for (size_t i = 0; i < table->column_count; i++) {
        fprintf(text.out, ", \"%s\"", table->columns[i].name);
    }
    fprintf(text.out, " FROM \"%s\" WHERE \"id\" %s $1", table->name, newest_first ? "<" : ">");
    if (column != NULL) {
        fprintf(text.out, " AND \"%s\" = $2", column);
    }
    fprintf(text.out, " ORDER BY \"id\" %s LIMIT $%d", newest_first ? "DESC" : "ASC",
            column != NULL ? 3 : 2);
    return text_end(&text);
}

char *sql_highest_id(const struct record_table *table)
{
    struct text text;

    if (!text_start(&text)) {
        return NULL;
    }
    fprintf(text.out,
            "SELECT coalesce(max(\"n\"), 0) FROM (SELECT max(\"id\") AS \"n\" FROM \"%s\" "
            "UNION ALL SELECT CAST(\"value\" AS BIGINT) FROM \"meta\" "
            "WHERE \"name\" = 'highest id of %s') AS \"ids\"",
            table->name, table->name);
    return text_end(&text);
}

char *sql_skip_ids(const struct record_table *table, int64_t count)
{
    struct text text;

    if (!text_start(&text)) {
        return NULL;
    }
    fprintf(text.out,
            "INSERT INTO \"meta\" (\"name\", \"value\") "
            "SELECT 'highest id of %s', CAST(%lld + coalesce(max(\"n\"), 0) AS TEXT) "
            "FROM (SELECT max(\"id\") AS \"n\" FROM \"%s\" "
            "UNION ALL SELECT CAST(\"value\" AS BIGINT) FROM \"meta\" "
            "WHERE \"name\" = 'highest id of %s') AS \"ids\" WHERE true "
            "ON CONFLICT (\"name\") DO UPDATE SET \"value\" = excluded.\"value\"",
            table->name, (long long)count, table->name, table->name);
    return text_end(&text);
}

/* "a,b" as "a", "b" */
static void put_list(FILE *out, const char *list)
{
    fputc('"', out);
    for (; *list != '\0'; list++) {
        if (*list == ',') {
            fputs("\", \"", out);
        } else {
            fputc(*list, out);
        }
    }
    fputc('"', out);
}

/* One index per word of `indexed`, but for what the unique index begins with. */
static void put_indexes(FILE *out, const struct record_table *table)
{
    const char *list = table->indexed;

    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ",");
        bool has_one = table->unique != NULL && table->unique_where == NULL &&
                       strcspn(table->unique, ",") == len &&
                       memcmp(table->unique, list, len) == 0;
        if (!has_one) {
            fprintf(out, ";\nCREATE INDEX \"%s_by_%.*s\" ON \"%s\" (\"%.*s\")", table->name,
                    (int)len, list, table->name, (int)len, list);
        }
        list += len + (list[len] == ',');
    }
}

char *sql_create(const struct record_table *table)
{
    static const char *const types[] = {
        [RECORD_INT64] = "BIGINT",
        [RECORD_BOOL] = "SMALLINT",
        [RECORD_TEXT] = "TEXT",
        [RECORD_LONG_TEXT] = "TEXT",
    };
    struct text text;

    if (!text_start(&text)) {
        return NULL;
    }
    fprintf(text.out,
            "CREATE TABLE \"%s\" (\n\"id\" " ID_TYPE " PRIMARY KEY,\n"
            "\"tenant\" TEXT NOT NULL DEFAULT 'DEFAULT',\n\"rev\" BIGINT NOT NULL",
            table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        fprintf(text.out, ",\n\"%s\" %s NOT NULL", table->columns[i].name,
                types[table->columns[i].type]);
    }
    fprintf(text.out, ")");
    if (table->unique != NULL) {
        fprintf(text.out, ";\nCREATE UNIQUE INDEX \"%s_unique\" ON \"%s\" (", table->name,
                table->name);
        put_list(text.out, table->unique);
        fprintf(text.out, ")");
        if (table->unique_where != NULL) {
            fprintf(text.out, " WHERE \"%s\" = 1", table->unique_where);
        }
    }
    put_indexes(text.out, table);
    return text_end(&text);
}
