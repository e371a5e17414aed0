/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store_sqlite.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud/store_batch.h"
#include "cloud/store_sqlite_db.h"
#include "cloud/store_sqlite_row.h"
#include "cloud/store_sqlite_sql.h"

enum {
    GROUP_MAX = 4096, /* batches in one commit, so that the first need not wait for ever */
    TRIM_MAX = 500,   /* events that are deleted in one transaction */
    TRIM_PAGE = 5000, /* events that are looked at at a time */
    /* Pages of 4 KB in the log before a checkpoint, and before one that waits for readers so
     * that the log starts again at its beginning. */
    WAL_PAGES = 4096,
    WAL_PAGES_MAX = 16 * WAL_PAGES,
    WAL_WAIT_MS = 500,
};

/* Statements around a group and around each batch of it. */
enum frame { BEGIN_GROUP, COMMIT_GROUP, BEGIN_BATCH, KEEP_BATCH, UNDO_BATCH, FRAMES };

/* A connection that reads. One is used by one reader at a time; idle ones wait in a list. */
struct reader {
    struct reader *next;
    sqlite3 *db;
};

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    char *path;
    int lock_fd;

    pthread_mutex_t queue_mutex; /* the queue and `is_closing` */
    pthread_cond_t queue_has_work;
    struct store_queue queue;
    bool is_closing;
    pthread_t thread;

    pthread_mutex_t write_mutex; /* the connection that writes, while a transaction is open */
    sqlite3 *db;
    sqlite3_stmt *frames[FRAMES];
    sqlite3_stmt *writes[RECORD_KINDS][SQL_WRITES];
    int wal_pages;

    pthread_mutex_t reader_mutex; /* the list */
    struct reader *readers;
};

/* ---- writing ---- */

/* Run a statement to its end. *out_rows (may be NULL): it gave a row, or rows were changed. */
static int run(struct sqlite_store *self, sqlite3_stmt *statement, bool *out_rows)
{
    int rc = sqlite3_step(statement);
    bool rows = rc == SQLITE_ROW || sqlite3_changes(self->db) > 0;

    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        rc = SQLITE_OK;
    }
    (void)sqlite3_reset(statement); /* gives the error of step() again */
    if (out_rows != NULL) {
        *out_rows = rows;
    }
    return rc;
}

static bool is_unique_violation(int rc)
{
    return rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_UNIQUE ||
           rc == SQLITE_CONSTRAINT_ROWID;
}

/* What concerns this batch alone: the others of its group can still be written. */
static bool is_of_batch(int rc)
{
    return (rc & 0xFF) == SQLITE_CONSTRAINT || (rc & 0xFF) == SQLITE_TOOBIG ||
           (rc & 0xFF) == SQLITE_MISMATCH;
}

static int put(struct sqlite_store *self, const struct store_op *op, const char **out_conflict)
{
    const struct record_table *table = record_table(op->kind);
    enum sql_write which = op->expected_rev == STORE_NEW       ? SQL_INSERT
                           : op->expected_rev == STORE_ANY_REV ? SQL_UPSERT
                                                               : SQL_UPDATE;
    sqlite3_stmt *statement = self->writes[op->kind][which];
    bool changed = true;
    int rc = sqlite_row_bind(statement, table, op->record);

    if (rc == SQLITE_OK && which == SQL_UPDATE) {
        rc = sqlite3_bind_int64(statement, (int)table->column_count + 2, op->expected_rev);
    }
    if (rc == SQLITE_OK) {
        rc = run(self, statement, &changed);
    }
    if (rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID) {
        *out_conflict = "is there already";
    } else if (is_unique_violation(rc)) {
        *out_conflict = "has a value that another row has";
    } else if (rc == SQLITE_OK && which == SQL_UPDATE && !changed) {
        *out_conflict = "has another rev, or is gone";
    }
    return *out_conflict != NULL ? SQLITE_OK : rc;
}

static int delete (struct sqlite_store *self, const struct store_op *op,
                   const char **out_conflict)
{
    const struct record_head *head = op->record;
    sqlite3_stmt *statement = self->writes[op->kind][SQL_DELETE];
    int64_t rev = op->expected_rev == STORE_ANY_REV ? -1 : (int64_t)op->expected_rev;
    bool changed = false, exists = false;

    (void)sqlite3_bind_int64(statement, 1, head->id);
    (void)sqlite3_bind_int64(statement, 2, rev);
    int rc = run(self, statement, &changed);
    if (rc == SQLITE_OK && !changed && rev >= 0) {
        statement = self->writes[op->kind][SQL_EXISTS];
        (void)sqlite3_bind_int64(statement, 1, head->id);
        rc = sqlite3_step(statement);
        exists = rc == SQLITE_ROW;
        rc = exists || rc == SQLITE_DONE ? SQLITE_OK : rc;
        (void)sqlite3_reset(statement);
    }
    if (exists) {
        *out_conflict = "has another rev";
    }
    return rc;
}

/* Take the writes of a batch back, and say why. */
static int undo_batch(struct sqlite_store *self, struct store_batch *batch,
                      enum store_status status, size_t index, const char *reason)
{
    char text[STORE_REASON_SIZE];
    const struct store_op *op = &batch->ops[index];
    long long id = ((const struct record_head *)op->record)->id;

    (void)sqlite3_snprintf(sizeof text, text, "%s, row %lld: %s", record_table(op->kind)->name,
                           id, reason);
    store_batch_end(batch, status, index, text);
    int rc = run(self, self->frames[UNDO_BATCH], NULL);
    return rc == SQLITE_OK ? run(self, self->frames[KEEP_BATCH], NULL) : rc;
}

/* Write one batch into the open transaction. Returns SQLITE_OK also if it alone is refused. */
static int write_batch(struct sqlite_store *self, struct store_batch *batch)
{
    int rc = run(self, self->frames[BEGIN_BATCH], NULL);

    for (size_t i = 0; rc == SQLITE_OK && i < batch->count; i++) {
        const struct store_op *op = &batch->ops[i];
        const char *conflict = NULL;
        rc = (op->verb == STORE_PUT ? put : delete)(self, op, &conflict);
        if (conflict != NULL) {
            return undo_batch(self, batch, STORE_CONFLICT, i, conflict);
        }
        if (rc != SQLITE_OK && is_of_batch(rc)) {
            return undo_batch(self, batch, STORE_FAILED, i, sqlite3_errmsg(self->db));
        }
    }
    return rc == SQLITE_OK ? run(self, self->frames[KEEP_BATCH], NULL) : rc;
}

/* The transaction is lost: so is every batch of it, whatever was said of it before. */
static void fail_group(struct sqlite_store *self, const struct store_queue *group)
{
    struct host_error error;
    enum store_status status = sqlite_db_status(self->db);

    (void)sqlite_db_error(self->db, self->path, &error);
    if (sqlite3_get_autocommit(self->db) == 0) { /* some errors have rolled back already */
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    }
    for (struct store_batch *batch = group->first; batch != NULL; batch = batch->next) {
        store_batch_end(batch, status, 0, error.reason);
    }
}

static void write_group(struct sqlite_store *self, const struct store_queue *group)
{
    pthread_mutex_lock(&self->write_mutex);
    int rc = run(self, self->frames[BEGIN_GROUP], NULL);
    for (struct store_batch *batch = group->first; rc == SQLITE_OK && batch != NULL;
         batch = batch->next) {
        rc = write_batch(self, batch);
    }
    if (rc == SQLITE_OK) {
        rc = run(self, self->frames[COMMIT_GROUP], NULL);
    }
    if (rc != SQLITE_OK) {
        fail_group(self, group);
    }
    pthread_mutex_unlock(&self->write_mutex);
}

static int note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_store *self = ctx;

    (void)db;
    (void)name;
    self->wal_pages = pages;
    return SQLITE_OK;
}

/* Move the log into the database. What is committed is durable with and without: errors show
 * again when something is written. */
static void checkpoint(struct sqlite_store *self)
{
    pthread_mutex_lock(&self->write_mutex);
    if (self->wal_pages >= WAL_PAGES_MAX) {
        (void)sqlite3_exec(self->db, "PRAGMA busy_timeout = 500", NULL, NULL, NULL);
        (void)sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        (void)sqlite3_exec(self->db, "PRAGMA busy_timeout = 5000", NULL, NULL, NULL);
    } else if (self->wal_pages >= WAL_PAGES) {
        (void)sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    pthread_mutex_unlock(&self->write_mutex);
}

/* Wait for batches and take up to GROUP_MAX. False: closed, and none is left. */
static bool take_group(struct sqlite_store *self, struct store_queue *out_group)
{
    store_queue_init(out_group);
    pthread_mutex_lock(&self->queue_mutex);
    while (self->queue.count == 0 && !self->is_closing) {
        pthread_cond_wait(&self->queue_has_work, &self->queue_mutex);
    }
    while (out_group->count < GROUP_MAX && self->queue.count > 0) {
        store_queue_push(out_group, store_queue_pop(&self->queue));
    }
    pthread_mutex_unlock(&self->queue_mutex);
    return out_group->count > 0;
}

static void *write_until_closed(void *ctx)
{
    struct sqlite_store *self = ctx;
    struct store_queue group;

    while (take_group(self, &group)) {
        write_group(self, &group);
        for (struct store_batch *batch; (batch = store_queue_pop(&group)) != NULL;) {
            store_batch_answer(batch);
        }
        checkpoint(self);
    }
    return NULL;
}

static int submit(struct store *store, const struct store_op ops[], size_t count,
                  store_done *done, void *ctx)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    struct store_batch *batch = store_batch_new(ops, count, done, ctx);

    if (batch == NULL) {
        return -1;
    }
    pthread_mutex_lock(&self->queue_mutex);
    bool is_taken = !self->is_closing;
    if (is_taken) {
        store_queue_push(&self->queue, batch);
        pthread_cond_signal(&self->queue_has_work);
    }
    pthread_mutex_unlock(&self->queue_mutex);
    if (!is_taken) {
        free(batch);
    }
    return is_taken ? 0 : -1;
}

/* ---- reading ---- */

static struct reader *take_reader(struct sqlite_store *self, struct host_error *out_error)
{
    pthread_mutex_lock(&self->reader_mutex);
    struct reader *reader = self->readers;
    if (reader != NULL) {
        self->readers = reader->next;
    }
    pthread_mutex_unlock(&self->reader_mutex);
    if (reader != NULL) {
        return reader;
    }
    reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        (void)host_error_set(out_error, self->path, "not enough memory");
        return NULL;
    }
    reader->db = sqlite_db_open_reader(self->path, out_error);
    if (reader->db == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

static void give_back_reader(struct sqlite_store *self, struct reader *reader)
{
    pthread_mutex_lock(&self->reader_mutex);
    reader->next = self->readers;
    self->readers = reader;
    pthread_mutex_unlock(&self->reader_mutex);
}

static int64_t first_id(const struct store_query *query)
{
    if (query->after == 0) {
        return query->newest_first ? INT64_MAX : INT64_MIN;
    }
    return query->newest_first ? query->after - 1 : query->after + 1;
}

static int visit_rows(sqlite3 *db, sqlite3_stmt *statement, const struct store_query *query,
                      store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    const struct record_table *table = record_table(query->kind);
    union sqlite_row_record record;
    int rc, place = 1;

    (void)sqlite3_bind_int64(statement, place++, first_id(query));
    if (query->column != NULL) {
        (void)sqlite3_bind_int64(statement, place++, query->value);
    }
    (void)sqlite3_bind_int64(statement, place,
                             query->limit < INT64_MAX ? (int64_t)query->limit : INT64_MAX);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (sqlite_row_get(statement, table, &record, out_error) != 0) {
            return -1;
        }
        if (!visitor(ctx, &record)) {
            return 0;
        }
    }
    return rc == SQLITE_DONE ? 0 : sqlite_db_error(db, table->name, out_error);
}

static int read_rows(struct store *store, const struct store_query *query,
                     store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    const struct record_table *table = record_table(query->kind);
    sqlite3_stmt *statement = NULL;

    if (query->column != NULL && !record_list_has(table->indexed, query->column)) {
        return host_error_set(out_error, table->name, "has no index on %s", query->column);
    }
    struct reader *reader = take_reader(self, out_error);
    if (reader == NULL) {
        return -1;
    }
    char *sql = sql_select(table, query->column, query->newest_first);
    int err = sqlite_db_prepare(reader->db, self->path, sql, &statement, out_error);
    if (err == 0) {
        err = visit_rows(reader->db, statement, query, visitor, ctx, out_error);
    }
    sqlite3_finalize(statement);
    free(sql);
    give_back_reader(self, reader);
    return err;
}

/* ---- retention ---- */

struct old_events {
    int64_t before, last_id;
    int64_t ids[TRIM_MAX];
    size_t count;
    bool has_old; /* in this page */
};

static bool note_old_event(void *ctx, const void *record)
{
    const struct record_event *event = record;
    struct old_events *old = ctx;

    old->last_id = event->head.id;
    if (event->at < old->before) {
        old->has_old = true;
        if (!event->final) {
            old->ids[old->count++] = event->head.id;
        }
    }
    return old->count < TRIM_MAX;
}

static int delete_events(struct sqlite_store *self, const struct old_events *old,
                         struct host_error *out_error)
{
    sqlite3_stmt *statement = self->writes[RECORD_EVENT][SQL_DELETE];

    pthread_mutex_lock(&self->write_mutex);
    int rc = run(self, self->frames[BEGIN_GROUP], NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < old->count; i++) {
        (void)sqlite3_bind_int64(statement, 1, old->ids[i]);
        (void)sqlite3_bind_int64(statement, 2, -1);
        rc = run(self, statement, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = run(self, self->frames[COMMIT_GROUP], NULL);
    }
    if (rc != SQLITE_OK) {
        (void)sqlite_db_error(self->db, self->path, out_error);
        if (sqlite3_get_autocommit(self->db) == 0) {
            (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
        }
    }
    pthread_mutex_unlock(&self->write_mutex);
    return rc == SQLITE_OK ? 0 : -1;
}

/* Ids grow with time, but for a clock that jumps: a whole page without an old event is the
 * end. */
static int trim_events(struct store *store, int64_t before, struct host_error *out_error)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    struct store_query query = {.kind = RECORD_EVENT, .limit = TRIM_PAGE};
    struct old_events old = {.before = before};
    int err;

    do {
        query.after = old.last_id;
        old.count = 0;
        old.has_old = false;
        err = read_rows(store, &query, note_old_event, &old, out_error);
        if (err == 0 && old.count > 0) {
            err = delete_events(self, &old, out_error);
        }
    } while (err == 0 && old.has_old);
    return err;
}

/* ---- open and close ---- */

static void free_store(struct sqlite_store *self)
{
    for (struct reader *reader = self->readers, *next; reader != NULL; reader = next) {
        next = reader->next;
        sqlite3_close(reader->db);
        free(reader);
    }
    for (int i = 0; i < FRAMES; i++) {
        sqlite3_finalize(self->frames[i]);
    }
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        for (int which = 0; which < SQL_WRITES; which++) {
            sqlite3_finalize(self->writes[kind][which]);
        }
    }
    sqlite3_close(self->db);
    if (self->lock_fd >= 0) {
        close(self->lock_fd);
    }
    pthread_mutex_destroy(&self->queue_mutex);
    pthread_cond_destroy(&self->queue_has_work);
    pthread_mutex_destroy(&self->write_mutex);
    pthread_mutex_destroy(&self->reader_mutex);
    free(self->path);
    free(self);
}

static void close_store(struct store *store)
{
    struct sqlite_store *self = (struct sqlite_store *)store;

    pthread_mutex_lock(&self->queue_mutex);
    self->is_closing = true;
    pthread_cond_signal(&self->queue_has_work);
    pthread_mutex_unlock(&self->queue_mutex);
    pthread_join(self->thread, NULL);
    free_store(self);
}

/* Make every statement that writes. That finds a file whose tables are not those of its
 * schema's number. */
static int prepare(struct sqlite_store *self, struct host_error *out_error)
{
    static const char *const frames[FRAMES] = {
        [BEGIN_GROUP] = "BEGIN IMMEDIATE",  [COMMIT_GROUP] = "COMMIT",
        [BEGIN_BATCH] = "SAVEPOINT batch",  [KEEP_BATCH] = "RELEASE batch",
        [UNDO_BATCH] = "ROLLBACK TO batch",
    };
    int err = 0;

    for (int i = 0; err == 0 && i < FRAMES; i++) {
        err = sqlite_db_prepare(self->db, self->path, frames[i], &self->frames[i], out_error);
    }
    for (int i = 0; err == 0 && i < RECORD_KINDS * SQL_WRITES; i++) {
        int kind = i / SQL_WRITES, which = i % SQL_WRITES;
        char *sql = sql_write((enum sql_write)which, record_table((enum record_kind)kind));
        err =
            sqlite_db_prepare(self->db, self->path, sql, &self->writes[kind][which], out_error);
        free(sql);
    }
    return err;
}

static int open_db(struct sqlite_store *self, struct host_error *out_error)
{
    self->lock_fd = sqlite_db_lock(self->path, out_error);
    if (self->lock_fd < 0) {
        return -1;
    }
    self->db = sqlite_db_open_writer(self->path, out_error);
    if (self->db == NULL) {
        return -1;
    }
    (void)sqlite3_wal_hook(self->db, note_wal, self);
    return prepare(self, out_error);
}

/* The thread takes no signals: they are the program's business. */
static int start_thread(struct sqlite_store *self, struct host_error *out_error)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&self->thread, NULL, write_until_closed, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err == 0 ? 0 : host_error_errno(out_error, self->path, err);
}

int store_sqlite_open(const char *path, struct store **out_store, struct host_error *out_error)
{
    if (path[0] == '\0' || path[0] == ':') { /* to SQLite these are not files */
        return host_error_set(out_error, path, "not a path of a file");
    }
    struct sqlite_store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return host_error_set(out_error, path, "not enough memory");
    }
    self->store = (struct store){submit, read_rows, trim_events, close_store};
    self->lock_fd = -1;
    store_queue_init(&self->queue);
    pthread_mutex_init(&self->queue_mutex, NULL);
    pthread_cond_init(&self->queue_has_work, NULL);
    pthread_mutex_init(&self->write_mutex, NULL);
    pthread_mutex_init(&self->reader_mutex, NULL);
    self->path = strdup(path);
    int err = self->path == NULL ? host_error_set(out_error, path, "not enough memory")
                                 : open_db(self, out_error);
    if (err != 0 || start_thread(self, out_error) != 0) {
        free_store(self);
        return -1;
    }
    *out_store = &self->store;
    return 0;
}
