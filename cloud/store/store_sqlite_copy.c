/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the database: backup and check. */
#include "cloud/store/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud/store/store_sqlite_db.h"
#include "cloud/store/store_sqlite_sql.h"

/* The first line of integrity_check: "ok", or what is broken. */
static int check_integrity(sqlite3 *db, const char *path, struct host_error *out_error)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite_db_prepare(db, path, "PRAGMA integrity_check(1)", &statement, out_error) != 0) {
        return -1;
    }
    int err = sqlite3_step(statement) == SQLITE_ROW ? 0 : sqlite_db_error(db, path, out_error);
    const char *text = err == 0 ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (text != NULL && strcmp(text, "ok") != 0) {
        err = host_error_set(out_error, path, "damaged: %s", text);
    }
    sqlite3_finalize(statement);
    return err;
}

int store_sqlite_check(const char *path, struct host_error *out_error)
{
    sqlite3 *db = sqlite_db_open_reader(path, out_error);

    if (db == NULL) {
        return -1;
    }
    int err = sqlite_db_check_schema(db, path, out_error);
    if (err == 0) {
        err = check_integrity(db, path, out_error);
    }
    sqlite3_close(db);
    return err;
}

/* All pages in one step, so in one state of the database, whatever is written meanwhile. */
static int copy_pages(sqlite3 *from, sqlite3 *to, const char *to_path,
                      struct host_error *out_error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    if (backup == NULL) {
        return sqlite_db_error(to, to_path, out_error);
    }
    int step = sqlite3_backup_step(backup, -1);
    int finish = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE || finish != SQLITE_OK) {
        int rc = step != SQLITE_DONE ? step : finish;
        return host_error_set(out_error, to_path, "the copy failed: %s", sqlite3_errstr(rc));
    }
    /* A copy is one file: without a log beside it, and readable where none can be made. */
    return sqlite_db_run(to, to_path, "PRAGMA journal_mode = DELETE", out_error);
}

static int skip_actions(sqlite3 *db, const char *path, struct host_error *out_error)
{
    char *sql = sql_skip_ids(record_table(RECORD_ACTION), STORE_SQLITE_ACTIONS_SKIPPED);
    int err = sql != NULL ? sqlite_db_run(db, path, sql, out_error)
                          : host_error_set(out_error, path, "not enough memory");

    free(sql);
    return err;
}

static int copy(const char *from, const char *part, bool is_restore,
                struct host_error *out_error)
{
    sqlite3 *source = sqlite_db_open_reader(from, out_error);
    sqlite3 *target = NULL;

    if (source == NULL) {
        return -1;
    }
    int err = sqlite_db_check_schema(source, from, out_error);
    if (err == 0) {
        if (sqlite3_open_v2(part, &target, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
            err = copy_pages(source, target, part, out_error);
            err = err == 0 && is_restore ? skip_actions(target, part, out_error) : err;
        } else {
            err = sqlite_db_error(target, part, out_error);
        }
    }
    sqlite3_close(target);
    sqlite3_close(source);
    return err != 0 ? -1 : store_sqlite_check(part, out_error);
}

/* Give the finished copy its name, durably, unless something else has it. */
static int publish(const char *part, const char *to, struct host_error *out_error)
{
    char *name = strdup(to);
    int folder = name != NULL ? open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int err = 0;

    if (folder < 0 || link(part, to) != 0 || fsync(folder) != 0) {
        err = host_error_errno(out_error, to, errno);
    }
    if (folder >= 0) {
        close(folder);
    }
    free(name);
    return err;
}

/* A log that lies there still is of a database that was moved away without it. SQLite would
 * write it into whatever gets the name. Source: SQLite's howtocorrupt.html, 1.4. */
static int refuse_leftover(const char *to, const char *suffix, struct host_error *out_error)
{
    char *name = sqlite3_mprintf("%s%s", to, suffix);
    int err = 0;

    if (name == NULL) {
        err = host_error_set(out_error, to, "not enough memory");
    } else if (access(name, F_OK) == 0) {
        err = host_error_set(out_error, name,
                             suffix[0] == '\0'
                                 ? "exists already; it is never overwritten"
                                 : "is left of another database; move it to where that is");
    }
    sqlite3_free(name);
    return err;
}

static int copy_to(const char *from, const char *to, bool is_restore,
                   struct host_error *out_error)
{
    static const char suffix[] = ".part-XXXXXX";

    if (refuse_leftover(to, "", out_error) != 0 ||
        refuse_leftover(to, "-wal", out_error) != 0 ||
        refuse_leftover(to, "-journal", out_error) != 0) {
        return -1;
    }
    size_t size = strlen(to) + sizeof suffix;
    char *part = malloc(size);
    if (part == NULL) {
        return host_error_set(out_error, to, "not enough memory");
    }
    (void)snprintf(part, size, "%s%s", to, suffix);
    int fd = mkostemp(part, O_CLOEXEC); /* for its owner only */
    if (fd < 0) {
        int err = host_error_errno(out_error, to, errno);
        free(part);
        return err;
    }
    close(fd);
    int err = copy(from, part, is_restore, out_error);
    if (err == 0) {
        err = publish(part, to, out_error);
    }
    unlink(part);
    free(part);
    return err;
}

int store_sqlite_backup(const char *from, const char *to, struct host_error *out_error)
{
    return copy_to(from, to, false, out_error);
}

int store_sqlite_restore(const char *from, const char *to, struct host_error *out_error)
{
    int lock =
        sqlite_db_lock(to, out_error); /* a server has it open, and would go on with it */

    if (lock < 0) {
        return -1;
    }
    int err = access(to, F_OK) == 0
                  ? host_error_set(out_error, to,
                                   "is there: move it away first, so that nothing is lost")
                  : copy_to(from, to, true, out_error);
    close(lock);
    return err;
}
