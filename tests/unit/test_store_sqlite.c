/* SPDX-License-Identifier: Apache-2.0 */
/* The store in SQLite as a file: durable before `done`, after kill -9, on a bad disk, with
 * hostile contents, and its copies. What it promises as a store is in test_store.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloud/store_sqlite.h"
#include "cloud/store_sqlite_row.h"
#include "support/failing_disk.h"
#include "support/store_fixture.h"

static struct store *store;
static char db_path[256];

static void open_store(void)
{
    struct host_error error = {0};

    if (store_sqlite_open(db_path, &store, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
}

static void close_store(void)
{
    store->close(store);
    store = NULL;
}

static int start(void **state)
{
    (void)state;
    fixture_make_folder();
    strcpy(db_path, fixture_path("otter.db"));
    open_store();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    failing_disk_set(FAILING_NONE, 0);
    if (store != NULL) {
        close_store();
    }
    fixture_remove_folder();
    return 0;
}

/* The store must not open; returns why, until the next call. */
static const char *open_error(const char *path)
{
    static struct host_error error;
    struct store *other = NULL;

    assert_int_equal(store_sqlite_open(path, &other, &error), -1);
    return error.reason;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}

/* Run SQL on the file past the store. */
static void run_sql(const char *sql)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
}

/* The one number that a query gives, on a connection of its own. */
static int64_t ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open_v2(db_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static struct store_op new_event(struct record_event *event, int64_t id)
{
    *event = (struct record_event){.head.id = id, .device = 1, .kind = "test"};
    return (struct store_op){STORE_PUT, RECORD_EVENT, event, STORE_NEW};
}

static void put_event(int64_t id)
{
    struct record_event event;
    struct store_op op = new_event(&event, id);

    fixture_commit(store, &op, 1);
}

/* ---- durable ---- */

static void see_row(void *ctx, const struct store_outcome *outcome)
{
    assert_int_equal(outcome->status, STORE_COMMITTED);
    *(int64_t *)ctx = ask("SELECT count(*) FROM event");
}

static void test_done_comes_when_others_can_see_the_row(void **state)
{
    struct record_event event;

    (void)state;
    for (int64_t id = 1; id <= 3; id++) {
        int64_t seen = 0;
        struct store_op op = new_event(&event, id);
        assert_int_equal(store->submit(store, &op, 1, see_row, &seen), 0);
        fixture_commit(store, NULL, 0);
        assert_int_equal(seen, id);
    }
}

/* The writer waits for another connection's lock meanwhile, so the later ones are a group. */
static void test_a_conflict_is_of_its_batch_and_not_of_the_group(void **state)
{
    struct record_event event;
    int64_t seen[5] = {0};
    struct fixture_answer answer;
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct store_op op = new_event(&event, 100);
    assert_int_equal(store->submit(store, &op, 1, NULL, NULL), 0);
    for (int i = 0; i < 5; i++) {
        op = new_event(&event, i == 2 ? 1 : i + 1); /* the third is there already */
        assert_int_equal(store->submit(store, &op, 1, i == 2 ? NULL : see_row, &seen[i]), 0);
    }
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    answer = fixture_submit(store, NULL, 0);
    assert_int_equal(answer.status, STORE_COMMITTED);
    assert_int_equal(fixture_count(store, RECORD_EVENT), 5);
    assert_int_equal(seen[4], 5);
}

/* A child that submits as fast as it can and writes the id of each batch that was answered. */
enum { OUTSTANDING = 64, ROUND_BATCHES = 500 };

static int ack_fd;

static void write_ack(void *ctx, const struct store_outcome *outcome)
{
    int64_t id = (int64_t)(intptr_t)ctx;

    if (outcome->status != STORE_COMMITTED || write(ack_fd, &id, sizeof id) != sizeof id) {
        _exit(3);
    }
    struct record_event event;
    struct record_tag tag = {.head.id = id + OUTSTANDING, .device = id + OUTSTANDING};
    struct store_op ops[] = {new_event(&event, id + OUTSTANDING),
                             {STORE_PUT, RECORD_TAG, &tag, STORE_NEW}};
    (void)store->submit(store, ops, 2, write_ack, (void *)(intptr_t)(id + OUTSTANDING));
}

static void write_until_killed(int fd, int64_t first_id)
{
    struct host_error error;
    struct store_outcome committed = {STORE_COMMITTED, 0, ""};

    ack_fd = fd;
    if (store_sqlite_open(db_path, &store, &error) != 0) {
        _exit(2);
    }
    for (int i = 0; i < OUTSTANDING; i++) { /* ids below the first are no rows */
        write_ack((void *)(intptr_t)(first_id - OUTSTANDING + i), &committed);
    }
    for (;;) {
        pause();
    }
}

/* Kill it after some answers; returns the last id that it was told. */
static int64_t kill_round(int64_t first_id, int64_t acks[], size_t *io_count)
{
    int ends[2];
    int64_t last = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_until_killed(ends[1], first_id);
    }
    close(ends[1]);
    size_t count = 0, killed_at = ROUND_BATCHES + (size_t)rand() % ROUND_BATCHES;
    while (count < 20 * ROUND_BATCHES && read(ends[0], &acks[count], 8) == 8) {
        last = acks[count] > last ? acks[count] : last;
        if (++count == killed_at) {
            kill(child, SIGKILL);
        }
    }
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    *io_count = count;
    return last;
}

static void test_kill_9_loses_nothing_that_was_acknowledged(void **state)
{
    static int64_t acks[20 * ROUND_BATCHES];
    const char *text = getenv("OTTER_STORE_KILL_ROUNDS");
    long rounds = text != NULL ? strtol(text, NULL, 10) : 5;
    int64_t first_id = 1000;

    (void)state;
    close_store();
    for (long round = 0; round < rounds; round++) {
        size_t count = 0;
        int64_t last = kill_round(first_id, acks, &count);
        assert_true(count >= ROUND_BATCHES);
        sqlite3 *db;
        sqlite3_stmt *row;
        assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
        assert_int_equal(
            sqlite3_prepare_v2(db, "SELECT 1 FROM event WHERE id = ?", -1, &row, NULL),
            SQLITE_OK);
        for (size_t i = 0; i < count; i++) {
            if (acks[i] >= first_id) {
                sqlite3_bind_int64(row, 1, acks[i]);
                assert_int_equal(sqlite3_step(row), SQLITE_ROW);
                sqlite3_reset(row);
            }
        }
        sqlite3_finalize(row);
        sqlite3_close(db);
        /* and each batch is there with both of its rows */
        assert_int_equal(ask("SELECT count(*) FROM (SELECT id FROM event EXCEPT "
                             "SELECT id FROM device_tag)"),
                         0);
        assert_int_equal(ask("SELECT (SELECT count(*) FROM event) - "
                             "(SELECT count(*) FROM device_tag)"),
                         0);
        first_id = last + 100000;
    }
    open_store();
    put_event(1);
}

static void test_the_log_stays_bounded(void **state)
{
    enum { BATCHES = 40, OPS = 250, TEXT = 4000 };
    static struct record_setting settings[OPS];
    static struct store_op ops[OPS];
    char *text = malloc(TEXT + 1);
    struct stat st;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', TEXT);
    text[TEXT] = '\0';
    for (int batch = 0; batch < BATCHES; batch++) { /* 40 MB */
        for (int i = 0; i < OPS; i++) {
            settings[i].head.id = i + 1;
            settings[i].value = text;
            (void)snprintf(settings[i].name, sizeof settings[i].name, "%d", i);
            ops[i] = (struct store_op){STORE_PUT, RECORD_SETTING, &settings[i], STORE_ANY_REV};
        }
        fixture_commit(store, ops, OPS);
    }
    free(text);
    assert_int_equal(stat(fixture_path("otter.db-wal"), &st), 0);
    assert_true(st.st_size < 24 * 1024 * 1024);
}

/* ---- bad disks ---- */

static void test_a_disk_that_fails_is_told_and_survived(void **state)
{
    static const struct {
        enum failing_what what;
        int code;
        enum store_status status;
    } cases[] = {
        {FAILING_WRITE, SQLITE_FULL, STORE_FULL},
        {FAILING_WRITE, SQLITE_READONLY, STORE_READ_ONLY},
        {FAILING_WRITE, SQLITE_IOERR_WRITE, STORE_FAILED},
        {FAILING_SYNC, SQLITE_IOERR_FSYNC, STORE_FAILED},
    };
    struct record_event event;

    (void)state;
    put_event(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        failing_disk_set(cases[i].what, cases[i].code);
        struct store_op op = new_event(&event, 2);
        struct fixture_answer answer = fixture_submit(store, &op, 1);
        failing_disk_set(FAILING_NONE, 0);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_not_equal(answer.reason, "");
        assert_int_equal(ask("SELECT count(*) FROM event"), 1 + (int64_t)i);
        put_event(10 + (int64_t)i); /* it goes on when the disk does */
    }
}

struct statuses {
    enum store_status at[4];
    size_t count;
};

static void note_status(void *ctx, const struct store_outcome *outcome)
{
    struct statuses *statuses = ctx;
    statuses->at[statuses->count++] = outcome->status;
}

static void test_a_failed_commit_fails_every_batch_of_the_group(void **state)
{
    struct statuses statuses = {.count = 0};
    struct record_event event;
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    failing_disk_set(FAILING_SYNC, SQLITE_IOERR_FSYNC);
    for (int i = 0; i < 4; i++) { /* the first alone, or all; the third is a conflict */
        struct store_op op = new_event(&event, i == 2 ? 2 : i + 1);
        assert_int_equal(store->submit(store, &op, 1, note_status, &statuses), 0);
    }
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    (void)fixture_submit(store, NULL, 0);
    failing_disk_set(FAILING_NONE, 0);
    assert_int_equal(statuses.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(statuses.at[i], STORE_FAILED);
    }
    assert_int_equal(fixture_count(store, RECORD_EVENT), 0);
}

/* Run `body` in a process of its own; returns its exit status. */
static int in_child(int (*body)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        _exit(body());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* 0: a limit of the file's size, as a full disk, ends in STORE_FULL, what was written before is
 * there, and writing goes on when there is room. */
static int fill_disk(void)
{
    struct rlimit limit = {.rlim_cur = 600 * 1024, .rlim_max = RLIM_INFINITY};
    struct record_event event;
    struct host_error error;
    char text[4001] = "";
    struct fixture_answer answer = {.status = STORE_COMMITTED};
    int64_t id = 0;

    memset(text, 'x', sizeof text - 1);
    signal(SIGXFSZ, SIG_IGN);
    if (store_sqlite_open(db_path, &store, &error) != 0 ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 1;
    }
    while (answer.status == STORE_COMMITTED && id < 1000) {
        struct store_op op = new_event(&event, ++id);
        event.detail = text;
        answer = fixture_submit(store, &op, 1);
    }
    if (answer.status != STORE_FULL) {
        return 2;
    }
    if ((int64_t)fixture_count(store, RECORD_EVENT) != id - 1) {
        return 3;
    }
    limit.rlim_cur = RLIM_INFINITY;
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    struct store_op op = new_event(&event, id);
    if (fixture_submit(store, &op, 1).status != STORE_COMMITTED) {
        return 4;
    }
    store->close(store);
    return 0;
}

static void test_a_full_disk_is_told_and_survived(void **state)
{
    (void)state;
    close_store();
    assert_int_equal(in_child(fill_disk), 0);
    open_store();
    assert_true(fixture_count(store, RECORD_EVENT) > 10);
}

/* 0: the store does not open, because it cannot be written. Root may write everything, so it
 * becomes nobody. */
static int open_read_only(void)
{
    struct host_error error = {0};

    if (geteuid() == 0 && setuid(65534) != 0) {
        return 1;
    }
    if (store_sqlite_open(db_path, &store, &error) == 0) {
        return 2;
    }
    return strstr(error.reason, "read-only") != NULL ||
                   strstr(error.reason, "Permission denied") != NULL
               ? 0
               : 3;
}

static void test_a_file_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    close_store();
    assert_int_equal(chmod(fixture_path(""), 0777), 0);
    assert_int_equal(chmod(db_path, 0444), 0);
    assert_int_equal(chmod(fixture_path("otter.db-lock"), 0666), 0);
    assert_int_equal(in_child(open_read_only), 0);
    assert_int_equal(chmod(fixture_path(""), 0555), 0); /* no log beside it, either */
    assert_int_equal(in_child(open_read_only), 0);
    assert_int_equal(chmod(fixture_path(""), 0700), 0);
}

static void test_nobody_else_may_read_the_files(void **state)
{
    struct stat st;

    (void)state;
    put_event(1);
    assert_int_equal(stat(db_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(fixture_path("otter.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* ---- what may be opened ---- */

static int open_second(void)
{
    return strcmp(open_error(db_path), "in use by another process") == 0 ? 0 : 1;
}

static void test_a_second_open_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_second(), 0);
    assert_int_equal(in_child(open_second), 0);
    close_store();
    open_store(); /* and then it is free */
}

static void test_what_is_no_path_is_refused(void **state)
{
    (void)state;
    assert_has(open_error(""), "not a path");
    assert_has(open_error(":memory:"), "not a path");
    assert_has(open_error(fixture_path("no/such/folder.db")), "No such file");
    assert_int_equal(mkdir(fixture_path("folder.db"), 0700), 0);
    (void)open_error(fixture_path("folder.db"));
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)state;
    put_event(1);
    close_store();
    run_sql("UPDATE meta SET value = '2' WHERE name = 'schema'");
    assert_has(open_error(db_path), "schema is number 2");
    run_sql("UPDATE meta SET value = '1'");
    open_store();
    assert_int_equal(fixture_count(store, RECORD_EVENT), 1); /* it was left as it was */
}

static void test_another_database_is_refused(void **state)
{
    static const char *const changes[] = {
        "UPDATE meta SET value = 'one'",
        "UPDATE meta SET value = '0'",
        "UPDATE meta SET value = '-1'",
        "DELETE FROM meta",
        "DROP TABLE meta",
    };

    (void)state;
    close_store();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        run_sql(changes[i]);
        assert_has(open_error(db_path), "not one of otter-cloud");
    }
    assert_int_equal(unlink(db_path), 0);
    open_store();
    close_store();
    run_sql("ALTER TABLE device DROP COLUMN mac");
    assert_has(open_error(db_path), "mac");
}

static void test_garbage_is_refused(void **state)
{
    (void)state;
    close_store();
    FILE *file = fopen(db_path, "w");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++) {
        fputc(rand() & 0xFF, file);
    }
    assert_int_equal(fclose(file), 0);
    assert_has(open_error(db_path), "not a database");
}

static void test_a_truncated_file_is_refused(void **state)
{
    struct stat st;

    (void)state;
    for (int64_t id = 1; id <= 100; id++) {
        put_event(id);
    }
    close_store();
    assert_int_equal(stat(db_path, &st), 0);
    assert_int_equal(truncate(db_path, st.st_size / 2 / 4096 * 4096), 0);
    assert_has(open_error(db_path), "malformed");
    assert_int_equal(truncate(db_path, 1000), 0);
    (void)open_error(db_path);
}

/* ---- contents are input ---- */

static void test_contents_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *change, *reason;
    } cases[] = {
        {"controller_id = printf('%200s', 'x')", "row 7: controller_id is too long"},
        {"mac = printf('%13s', 'x')", "row 7: mac is too long"},
        {"name = x'6162'", "row 7: name is no text"},
        {"name = CAST(x'610062' AS TEXT)", "row 7: name holds a NUL"},
        {"attributes = x'00'", "row 7: attributes is no text"},
        {"product = 'one'", "row 7: product is no number"},
        {"product = 1.5", "row 7: product is no number"},
        {"first_at = 9223372036854775808.0", "row 7: first_at is no number"},
        {"reports_version = 2", "row 7: reports_version is neither 0 nor 1"},
        {"reports_version = 'yes'", "row 7: reports_version is no number"},
        {"rev = 0", "row 7: rev is none"},
        {"rev = 4294967296", "row 7: rev is none"},
        {"rev = x'01'", "row 7: rev is none"},
    };
    struct record_device device = {.head.id = 7, .controller_id = "a"};
    struct store_query query = {.kind = RECORD_DEVICE, .limit = 10};
    bool seen = false;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct host_error error = {0};
        char sql[200];
        struct store_op op = {STORE_DELETE, RECORD_DEVICE, &device, STORE_ANY_REV};
        fixture_commit(store, &op, 1);
        assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW),
                         STORE_COMMITTED);
        (void)snprintf(sql, sizeof sql, "UPDATE device SET %s", cases[i].change);
        run_sql(sql);
        assert_int_equal(store->read(store, &query, NULL, &seen, &error), -1);
        assert_string_equal(error.thing, "device");
        assert_string_equal(error.reason, cases[i].reason);
    }
}

/* ---- copies ---- */

static void test_a_backup_is_made_while_the_store_works(void **state)
{
    char copy[256];
    struct host_error error = {0};
    struct stat st;

    (void)state;
    strcpy(copy, fixture_path("copy.db"));
    put_event(1);
    assert_int_equal(store_sqlite_backup(db_path, copy, &error), 0);
    put_event(2);
    assert_int_equal(store_sqlite_check(copy, &error), 0);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_nlink, 1); /* nothing else is left of it */
    assert_int_equal(store_sqlite_backup(db_path, copy, &error), -1);
    assert_has(error.reason, "exists already");
    close_store();
    strcpy(db_path, copy);
    open_store();
    assert_int_equal(fixture_count(store, RECORD_EVENT), 1);
}

static void test_a_copy_does_not_meet_the_log_of_another(void **state)
{
    static const char *const names[] = {"copy.db-wal", "copy.db-journal"};
    struct host_error error = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int fd = open(fixture_path(names[i]), O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(store_sqlite_backup(db_path, fixture_path("copy.db"), &error), -1);
        assert_has(error.thing, names[i]);
        assert_int_equal(unlink(fixture_path(names[i])), 0);
    }
    assert_int_equal(store_sqlite_backup(db_path, fixture_path("copy.db"), &error), 0);
}

static void damage(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDWR);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    char *zeros = calloc(1, (size_t)st.st_size - 4096);
    assert_non_null(zeros);
    assert_true(pwrite(fd, zeros, (size_t)st.st_size - 8192, 8192) > 0);
    free(zeros);
    close(fd);
}

static void test_a_damaged_copy_is_found(void **state)
{
    char copy[256], other[256];
    struct host_error error = {0};

    (void)state;
    strcpy(copy, fixture_path("copy.db"));
    strcpy(other, fixture_path("other.db"));
    for (int64_t id = 1; id <= 100; id++) {
        put_event(id);
    }
    assert_int_equal(store_sqlite_backup(db_path, copy, &error), 0);
    damage(copy);
    assert_int_equal(store_sqlite_check(copy, &error), -1);
    assert_int_equal(store_sqlite_backup(copy, other, &error), -1);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(store_sqlite_backup(fixture_path("none.db"), other, &error), -1);
    assert_int_equal(store_sqlite_check(fixture_path("none.db"), &error), -1);
    assert_int_equal(access(fixture_path("none.db"), F_OK), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_done_comes_when_others_can_see_the_row),
        TEST(test_a_conflict_is_of_its_batch_and_not_of_the_group),
        TEST(test_kill_9_loses_nothing_that_was_acknowledged),
        TEST(test_the_log_stays_bounded),
        TEST(test_a_disk_that_fails_is_told_and_survived),
        TEST(test_a_failed_commit_fails_every_batch_of_the_group),
        TEST(test_a_full_disk_is_told_and_survived),
        TEST(test_a_file_that_cannot_be_written_is_refused),
        TEST(test_nobody_else_may_read_the_files),
        TEST(test_a_second_open_is_refused),
        TEST(test_what_is_no_path_is_refused),
        TEST(test_a_newer_schema_is_refused),
        TEST(test_another_database_is_refused),
        TEST(test_garbage_is_refused),
        TEST(test_a_truncated_file_is_refused),
        TEST(test_contents_that_are_none_are_refused),
        TEST(test_a_backup_is_made_while_the_store_works),
        TEST(test_a_copy_does_not_meet_the_log_of_another),
        TEST(test_a_damaged_copy_is_found),
    };
    failing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
