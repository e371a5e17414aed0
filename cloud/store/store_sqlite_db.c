/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_sqlite_db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cloud/store/store_sqlite.h"
#include "cloud/store/store_sqlite_sql.h"

/* How long to wait for a lock of SQLite that another program has, e.g. a shell. */
enum { BUSY_MS = 5000 };

int sqlite_db_lock(const char *path, struct host_error *out_error)
{
    char *name = sqlite3_mprintf("%s-lock", path);

    if (name == NULL) {
        return host_error_set(out_error, path, "not enough memory");
    }
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err = errno;
    if (fd < 0 && err == ENOENT) {
        sqlite3_free(name);
        return host_error_set(out_error, path, "the folder that it is to be in is not there");
    }
    if (fd < 0) {
        (void)host_error_set(out_error, path, "its lock file %s cannot be made: %s", name,
                             strerror(err));
        sqlite3_free(name);
        return -1;
    }
    sqlite3_free(name);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return fd;
    }
    err = errno;
    close(fd);
    return err == EWOULDBLOCK ? host_error_set(out_error, path, "another otter-cloud uses it")
                              : host_error_errno(out_error, path, err);
}

static int file_errno(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    int err = 0;

    if (sqlite3_file_control(db, "main", which, &file) == SQLITE_OK && file != NULL &&
        file->pMethods != NULL) {
        (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &err);
    }
    return err;
}

/* errno of the last failed call of the system, 0 = not known. sqlite3_system_errno() is 0 after
 * a COMMIT that failed; the files know it still. */
static int last_errno(sqlite3 *db)
{
    int err = sqlite3_system_errno(db);

    err = err != 0 ? err : file_errno(db, SQLITE_FCNTL_JOURNAL_POINTER);
    return err != 0 ? err : file_errno(db, SQLITE_FCNTL_FILE_POINTER);
}

enum store_status sqlite_db_status(sqlite3 *db)
{
    int rc = sqlite3_extended_errcode(db), err = last_errno(db);

    if ((rc & 0xFF) == SQLITE_FULL) {
        return STORE_FULL;
    }
    if ((rc & 0xFF) == SQLITE_READONLY) {
        return STORE_READ_ONLY;
    }
    /* SQLite knows ENOSPC only. */
    if ((rc & 0xFF) == SQLITE_IOERR || (rc & 0xFF) == SQLITE_CANTOPEN) {
        if (host_error_means_full(err)) {
            return STORE_FULL;
        }
        if (err == EROFS || err == EACCES || err == EPERM) {
            return STORE_READ_ONLY;
        }
    }
    return STORE_FAILED;
}

int sqlite_db_error(sqlite3 *db, const char *path, struct host_error *out_error)
{
    int rc = sqlite3_extended_errcode(db), err = last_errno(db);

    if (err != 0 && ((rc & 0xFF) == SQLITE_IOERR || (rc & 0xFF) == SQLITE_CANTOPEN)) {
        return host_error_set(out_error, path, "%s: %s", sqlite3_errmsg(db), strerror(err));
    }
    return host_error_set(out_error, path, "%s", sqlite3_errmsg(db));
}

int sqlite_db_run(sqlite3 *db, const char *path, const char *sql, struct host_error *out_error)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : sqlite_db_error(db, path, out_error);
}

int sqlite_db_prepare(sqlite3 *db, const char *path, const char *sql,
                      sqlite3_stmt **out_statement, struct host_error *out_error)
{
    if (sql == NULL) {
        return host_error_set(out_error, path, "not enough memory");
    }
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out_statement, NULL) ==
                   SQLITE_OK
               ? 0
               : sqlite_db_error(db, path, out_error);
}

/* Statistics of memory that nobody reads would cost a mutex of the process at each malloc(). */
static void configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static sqlite3 *open_file(const char *path, int flags, struct host_error *out_error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite3 *db = NULL;

    (void)pthread_once(&once, configure);
    /* No mutex of SQLite's: a connection is used by one thread at a time. */
    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        if (db == NULL) {
            (void)host_error_set(out_error, path, "not enough memory");
            return NULL;
        }
        (void)sqlite_db_error(db, path, out_error);
        sqlite3_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_extended_result_codes(db, 1);
    /* What is in the file is not to be run: views, triggers, functions of a schema that
     * somebody else wrote. Source: SQLite's security.html. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return db;
}

/* The first column of the first row, as text to be freed; "" = no row. NULL: an error. */
static char *read_text(sqlite3 *db, const char *path, const char *sql,
                       struct host_error *out_error)
{
    sqlite3_stmt *statement = NULL;
    char *copy = NULL;

    if (sqlite_db_prepare(db, path, sql, &statement, out_error) != 0) {
        return NULL;
    }
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        const char *text =
            rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        copy = strdup(text != NULL ? text : "");
    }
    if (copy == NULL) {
        (void)sqlite_db_error(db, path, out_error);
    }
    sqlite3_finalize(statement);
    return copy;
}

static int create_tables(sqlite3 *db, const char *path, struct host_error *out_error)
{
    int err = sqlite_db_run(
        db, path, "CREATE TABLE \"meta\" (\"name\" TEXT PRIMARY KEY, \"value\" TEXT NOT NULL)",
        out_error);

    for (int kind = 0; err == 0 && kind < RECORD_KINDS; kind++) {
        char *sql = sql_create(record_table((enum record_kind)kind));
        err = sql == NULL ? host_error_set(out_error, path, "not enough memory")
                          : sqlite_db_run(db, path, sql, out_error);
        free(sql);
    }
    char *sql =
        sqlite3_mprintf("INSERT INTO \"meta\" VALUES ('schema', '%d')", STORE_SQLITE_SCHEMA);
    if (err == 0) {
        err = sql == NULL ? host_error_set(out_error, path, "not enough memory")
                          : sqlite_db_run(db, path, sql, out_error);
    }
    sqlite3_free(sql);
    return err;
}

int sqlite_db_check_schema(sqlite3 *db, const char *path, struct host_error *out_error)
{
    char *table = read_text(
        db, path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
        out_error);

    if (table == NULL) {
        return -1;
    }
    bool has_meta = table[0] != '\0';
    free(table);
    char *text =
        has_meta
            ? read_text(db, path, "SELECT \"value\" FROM \"meta\" WHERE \"name\" = 'schema'",
                        out_error)
            : strdup("");
    if (text == NULL) {
        return -1;
    }
    char *end = text;
    unsigned long number = strtoul(text, &end, 10);
    bool is_number = text[0] != '-' && end != text && *end == '\0' && number > 0;
    free(text);
    if (!is_number) {
        return host_error_set(out_error, path, "a database, but not one of otter-cloud");
    }
    if (number > STORE_SQLITE_SCHEMA) {
        return host_error_set(out_error, path,
                              "its schema is number %lu, and this otter-cloud knows up to %d; "
                              "a newer otter-cloud wrote it",
                              number, STORE_SQLITE_SCHEMA);
    }
    return 0;
}

static int create_or_check(sqlite3 *db, const char *path, struct host_error *out_error)
{
    if (sqlite_db_run(db, path, "BEGIN IMMEDIATE", out_error) != 0) {
        return -1;
    }
    char *any = read_text(db, path, "SELECT name FROM sqlite_master LIMIT 1", out_error);
    int err = any == NULL      ? -1
              : any[0] == '\0' ? create_tables(db, path, out_error)
                               : sqlite_db_check_schema(db, path, out_error);
    free(any);
    if (err == 0) {
        return sqlite_db_run(db, path, "COMMIT", out_error);
    }
    (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int set_up_writer(sqlite3 *db, const char *path, struct host_error *out_error)
{
    if (sqlite3_db_readonly(db, "main") == 1) {
        return host_error_set(out_error, path, "is read-only");
    }
    /* Checkpoints are the writer thread's business: none inside a COMMIT. */
    return sqlite_db_run(db, path,
                         "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                         "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; "
                         "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384",
                         out_error) == 0
               ? create_or_check(db, path, out_error)
               : -1;
}

sqlite3 *sqlite_db_open_writer(const char *path, struct host_error *out_error)
{
    /* Token hashes are in it: nobody else's business, whatever the umask. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_EXCL, 0600);

    if (fd >= 0) {
        close(fd);
    }
    sqlite3 *db = open_file(path, SQLITE_OPEN_READWRITE, out_error);
    if (db != NULL && set_up_writer(db, path, out_error) != 0) {
        sqlite3_close(db);
        db = NULL;
    }
    return db;
}

sqlite3 *sqlite_db_open_reader(const char *path, struct host_error *out_error)
{
    sqlite3 *db = open_file(path, SQLITE_OPEN_READONLY, out_error);

    /* Each commit of the writer empties it, so that more would be of no use. */
    if (db != NULL && sqlite_db_run(db, path, "PRAGMA cache_size = -512", out_error) != 0) {
        sqlite3_close(db);
        db = NULL;
    }
    return db;
}
