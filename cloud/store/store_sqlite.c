/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_sqlite.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud/store/store_batch.h"
#include "cloud/store/store_sqlite_db.h"
#include "cloud/store/store_sqlite_row.h"
#include "cloud/store/store_sqlite_sql.h"
#include "cloud/store/store_sqlite_writer.h"

enum {
    GROUP_MAX = 4096, /* batches in one commit, so that the first need not wait for ever */
};

/* A connection that reads. One is used by one reader at a time; idle ones wait in a list. */
struct reader {
    struct reader *next;
    sqlite3 *db;
    sqlite3_stmt *by_id[RECORD_KINDS]; /* rows in order of their id, kept for the next time */
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

    struct sqlite_writer writer;

    pthread_mutex_t reader_mutex; /* the list */
    struct reader *readers;
};

/* ---- writing ---- */

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
        sqlite_writer_group(&self->writer, &group);
        for (struct store_batch *batch; (batch = store_queue_pop(&group)) != NULL;) {
            store_batch_answer(batch);
        }
        sqlite_writer_checkpoint(&self->writer);
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

/* Behind which id the page begins. From the start it is behind a number that is beyond all ids:
 * SQLite compares those with floating-point numbers exactly. */
static void bind_after(sqlite3_stmt *statement, int place, const struct store_query *query)
{
    if (query->after == 0) {
        (void)sqlite3_bind_double(statement, place, query->newest_first ? INFINITY : -INFINITY);
    } else {
        (void)sqlite3_bind_int64(statement, place, query->after);
    }
}

static int visit_rows(sqlite3 *db, sqlite3_stmt *statement, const struct store_query *query,
                      store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    const struct record_table *table = record_table(query->kind);
    union sqlite_row_record record;
    int rc, place = 1;

    bind_after(statement, place++, query);
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

/* The statement of a query. */
static int prepare_query(const struct sqlite_store *self, struct reader *reader,
                         const struct store_query *query, sqlite3_stmt **out_statement,
                         struct host_error *out_error)
{
    bool is_kept = query->column == NULL && !query->newest_first;

    if (is_kept && reader->by_id[query->kind] != NULL) {
        *out_statement = reader->by_id[query->kind];
        return 0;
    }
    char *sql = sql_select(record_table(query->kind), query->column, query->newest_first);
    int err = sqlite_db_prepare(reader->db, self->path, sql, out_statement, out_error);
    free(sql);
    if (err == 0 && is_kept) {
        reader->by_id[query->kind] = *out_statement;
    }
    return err;
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
    int err = prepare_query(self, reader, query, &statement, out_error);
    if (err == 0) {
        err = visit_rows(reader->db, statement, query, visitor, ctx, out_error);
    }
    if (statement != NULL && statement == reader->by_id[query->kind]) {
        (void)sqlite3_reset(statement); /* which ends the transaction that it reads in */
    } else {
        sqlite3_finalize(statement);
    }
    give_back_reader(self, reader);
    return err;
}

static int highest_id(struct store *store, enum record_kind kind, int64_t *out_id,
                      struct host_error *out_error)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    sqlite3_stmt *statement = NULL;
    struct reader *reader = take_reader(self, out_error);

    if (reader == NULL) {
        return -1;
    }
    char *sql = sql_highest_id(record_table(kind));
    int err = sqlite_db_prepare(reader->db, self->path, sql, &statement, out_error);
    if (err == 0 && sqlite3_step(statement) != SQLITE_ROW) {
        err = sqlite_db_error(reader->db, self->path, out_error);
    }
    if (err == 0) {
        *out_id = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    free(sql);
    give_back_reader(self, reader);
    return err;
}

/* ---- open and close ---- */

static void free_store(struct sqlite_store *self)
{
    for (struct reader *reader = self->readers, *next; reader != NULL; reader = next) {
        next = reader->next;
        for (int kind = 0; kind < RECORD_KINDS; kind++) {
            sqlite3_finalize(reader->by_id[kind]);
        }
        sqlite3_close(reader->db);
        free(reader);
    }
    if (self->writer.db != NULL) {
        sqlite_writer_close(&self->writer);
    }
    if (self->lock_fd >= 0) {
        close(self->lock_fd);
    }
    pthread_mutex_destroy(&self->queue_mutex);
    pthread_cond_destroy(&self->queue_has_work);
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

static int open_db(struct sqlite_store *self, struct host_error *out_error)
{
    self->lock_fd = sqlite_db_lock(self->path, out_error);
    if (self->lock_fd < 0) {
        return -1;
    }
    return sqlite_writer_open(&self->writer, self->path, out_error);
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
    self->store = (struct store){submit, read_rows, highest_id, close_store};
    self->lock_fd = -1;
    store_queue_init(&self->queue);
    pthread_mutex_init(&self->queue_mutex, NULL);
    pthread_cond_init(&self->queue_has_work, NULL);
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
