/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store_sqlite_writer.h"

#include <stdlib.h>

#include "cloud/store/store_sqlite_db.h"
#include "cloud/store/store_sqlite_row.h"

/* Pages of 4 KB in the log before a checkpoint, and before one that waits for readers so that
 * the log starts again at its beginning. */
enum { WAL_PAGES = 4096, WAL_PAGES_MAX = 16 * WAL_PAGES };

/* Statements around a group and around each batch of it. */
enum frame { BEGIN_GROUP, COMMIT_GROUP, BEGIN_BATCH, KEEP_BATCH, UNDO_BATCH };

/* Run a statement to its end. *out_rows (may be NULL): it gave a row, or rows were changed. */
static int run(struct sqlite_writer *self, sqlite3_stmt *statement, bool *out_rows)
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

static int put(struct sqlite_writer *self, const struct store_op *op, bool has_keys,
               const char **out_conflict)
{
    const struct record_table *table = record_table(op->kind);
    enum sql_write which = op->expected_rev == STORE_NEW       ? SQL_INSERT
                           : op->expected_rev == STORE_ANY_REV ? SQL_UPSERT
                           : has_keys                          ? SQL_UPDATE
                                                               : SQL_UPDATE_REST;
    bool is_update = which == SQL_UPDATE || which == SQL_UPDATE_REST, changed = true;
    sqlite3_stmt *statement = self->writes[op->kind][which];
    int next;
    int rc =
        sqlite_row_bind(statement, table, which == SQL_UPDATE_REST ? self->keys[op->kind] : 0,
                        op->record, &next);

    if (rc == SQLITE_OK && is_update) {
        rc = sqlite3_bind_int64(statement, next, op->expected_rev);
    }
    if (rc == SQLITE_OK) {
        rc = run(self, statement, &changed);
    }
    if (rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID) {
        *out_conflict = "is there already";
    } else if (is_unique_violation(rc)) {
        *out_conflict = "has a value that another row has";
    } else if (rc == SQLITE_OK && is_update && !changed) {
        *out_conflict = "has another rev, or is gone";
    }
    return *out_conflict != NULL ? SQLITE_OK : rc;
}

static int delete (struct sqlite_writer *self, const struct store_op *op,
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
        statement = self->writes[op->kind][SQL_LOOK];
        (void)sqlite3_bind_int64(statement, 1, head->id);
        rc = sqlite3_step(statement);
        exists = rc == SQLITE_ROW;
        rc = exists || rc == SQLITE_DONE ? SQLITE_OK : rc;
        (void)sqlite3_reset(statement);
    }
    if (exists) {
        *out_conflict = "has another rev";
    }
    if (rc == SQLITE_OK && changed) {
        statement = self->writes[op->kind][SQL_NOTE_ID];
        (void)sqlite3_bind_int64(statement, 1, head->id);
        rc = run(self, statement, NULL);
    }
    return rc;
}

/* Take the writes of a batch back, and say why. */
static int undo_batch(struct sqlite_writer *self, struct store_batch *batch,
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

/* How a batch is written. */
struct way {
    bool has_savepoint; /* it may have to be taken back */
    bool has_keys;      /* columns of indexes change, perhaps */
};

static const struct way careful = {.has_savepoint = true, .has_keys = true};

/* Look at the rows that a batch changes. One that is not as it expects it is perhaps only
 * changed by the batch itself before: what that says is that there is doubt. */
static struct way find_way(struct sqlite_writer *self, const struct store_batch *batch)
{
    struct way way = {0};

    for (size_t i = 0; !way.has_savepoint && i < batch->count; i++) {
        const struct store_op *op = &batch->ops[i];
        sqlite3_stmt *statement = self->writes[op->kind][SQL_LOOK];

        if (op->expected_rev == STORE_NEW || op->expected_rev == STORE_ANY_REV) {
            continue;
        }
        (void)sqlite3_bind_int64(statement, 1, ((const struct record_head *)op->record)->id);
        if (sqlite3_step(statement) != SQLITE_ROW ||
            sqlite3_column_int64(statement, 0) != op->expected_rev) {
            way = careful;
        } else if (op->verb == STORE_PUT) {
            way.has_keys =
                way.has_keys || !sqlite_row_has_keys(statement, record_table(op->kind),
                                                     self->keys[op->kind], op->record);
        }
        (void)sqlite3_reset(statement);
    }
    return way;
}

/* Write one batch into the open transaction. Returns SQLITE_OK also if it alone is refused;
 * then without a savepoint *out_is_spoilt is set, as it cannot be taken back alone. */
static int write_batch(struct sqlite_writer *self, struct store_batch *batch, struct way way,
                       bool *out_is_spoilt)
{
    int rc = way.has_savepoint ? run(self, self->frames[BEGIN_BATCH], NULL) : SQLITE_OK;

    for (size_t i = 0; rc == SQLITE_OK && i < batch->count; i++) {
        const struct store_op *op = &batch->ops[i];
        const char *conflict = NULL;
        rc = op->verb == STORE_PUT ? put(self, op, way.has_keys, &conflict)
                                   : delete (self, op, &conflict);
        bool is_refused = conflict != NULL || (rc != SQLITE_OK && is_of_batch(rc));
        if (is_refused && !way.has_savepoint) {
            *out_is_spoilt = true;
            return SQLITE_OK;
        }
        if (is_refused) {
            return conflict != NULL
                       ? undo_batch(self, batch, STORE_CONFLICT, i, conflict)
                       : undo_batch(self, batch, STORE_FAILED, i, sqlite3_errmsg(self->db));
        }
    }
    return rc == SQLITE_OK && way.has_savepoint ? run(self, self->frames[KEEP_BATCH], NULL)
                                                : rc;
}

/* Begin a transaction and write the batches. It is spoilt if one is refused that nobody
 * doubted. */
static int write_batches(struct sqlite_writer *self, const struct store_queue *group,
                         bool doubts_all, bool *out_is_spoilt)
{
    int rc = run(self, self->frames[BEGIN_GROUP], NULL);

    *out_is_spoilt = false;
    for (struct store_batch *batch = group->first;
         rc == SQLITE_OK && batch != NULL && !*out_is_spoilt; batch = batch->next) {
        rc = write_batch(self, batch, doubts_all ? careful : find_way(self, batch),
                         out_is_spoilt);
    }
    return rc;
}

static void roll_back(struct sqlite_writer *self)
{
    if (sqlite3_get_autocommit(self->db) == 0) { /* some errors have rolled back already */
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* The transaction is lost: so is every batch of it, whatever was said of it before. */
static void fail_group(struct sqlite_writer *self, const struct store_queue *group)
{
    struct host_error error;
    enum store_status status = sqlite_db_status(self->db);

    (void)sqlite_db_error(self->db, self->path, &error);
    roll_back(self);
    for (struct store_batch *batch = group->first; batch != NULL; batch = batch->next) {
        store_batch_end(batch, status, 0, error.reason);
    }
}

/* SQLite copies each page that is written behind a savepoint, a third of all its work: so only
 * a batch in doubt has one. If another one is refused after all, because of a value that must
 * be unique, all are written once more, each behind one. */
void sqlite_writer_group(struct sqlite_writer *self, const struct store_queue *group)
{
    bool is_spoilt;

    int rc = write_batches(self, group, false, &is_spoilt);
    if (rc == SQLITE_OK && is_spoilt) {
        roll_back(self);
        rc = write_batches(self, group, true, &is_spoilt);
    }
    if (rc == SQLITE_OK) {
        rc = run(self, self->frames[COMMIT_GROUP], NULL);
    }
    if (rc != SQLITE_OK) {
        fail_group(self, group);
    }
}

static int note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_writer *self = ctx;

    (void)db;
    (void)name;
    self->wal_pages = pages;
    return SQLITE_OK;
}

/* What is committed is durable with and without: errors show again when something is
 * written. */
void sqlite_writer_checkpoint(struct sqlite_writer *self)
{
    if (self->wal_pages >= WAL_PAGES_MAX) {
        (void)sqlite3_exec(self->db, "PRAGMA busy_timeout = 500", NULL, NULL, NULL);
        (void)sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        (void)sqlite3_exec(self->db, "PRAGMA busy_timeout = 5000", NULL, NULL, NULL);
    } else if (self->wal_pages >= WAL_PAGES) {
        (void)sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
}

/* ---- open and close ---- */

/* Make every statement that writes. That finds a file whose tables are not those of its
 * schema's number. */
static int prepare(struct sqlite_writer *self, struct host_error *out_error)
{
    static const char *const frames[SQLITE_FRAMES] = {
        [BEGIN_GROUP] = "BEGIN IMMEDIATE",  [COMMIT_GROUP] = "COMMIT",
        [BEGIN_BATCH] = "SAVEPOINT batch",  [KEEP_BATCH] = "RELEASE batch",
        [UNDO_BATCH] = "ROLLBACK TO batch",
    };
    int err = 0;

    for (int i = 0; err == 0 && i < SQLITE_FRAMES; i++) {
        err = sqlite_db_prepare(self->db, self->path, frames[i], &self->frames[i], out_error);
    }
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        self->keys[kind] = sql_keys(record_table((enum record_kind)kind));
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

int sqlite_writer_open(struct sqlite_writer *self, const char *path,
                       struct host_error *out_error)
{
    *self = (struct sqlite_writer){.path = path};
    self->db = sqlite_db_open_writer(path, out_error);
    if (self->db == NULL) {
        return -1;
    }
    (void)sqlite3_wal_hook(self->db, note_wal, self);
    if (prepare(self, out_error) != 0) {
        sqlite_writer_close(self);
        return -1;
    }
    return 0;
}

void sqlite_writer_close(struct sqlite_writer *self)
{
    for (int i = 0; i < SQLITE_FRAMES; i++) {
        sqlite3_finalize(self->frames[i]);
    }
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        for (int which = 0; which < SQL_WRITES; which++) {
            sqlite3_finalize(self->writes[kind][which]);
        }
    }
    sqlite3_close(self->db);
    self->db = NULL;
}
