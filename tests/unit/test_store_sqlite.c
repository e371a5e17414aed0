/* SPDX-License-Identifier: Apache-2.0 */
/* The store in SQLite: durable before `done`, after kill -9, on a bad disk. What it promises as
 * a store is in test_store.c, what files it opens in test_store_file.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloud/store/store_sqlite.h"
#include "support/failing_disk.h"
#include "support/store_file.h"
#include "support/store_fixture.h"

/* ---- durable ---- */

static void see_row(void *ctx, const struct store_outcome *outcome)
{
    assert_int_equal(outcome->status, STORE_COMMITTED);
    *(int64_t *)ctx = file_ask("SELECT count(*) FROM event");
}

static void test_done_comes_when_others_can_see_the_row(void **state)
{
    struct record_event event;

    (void)state;
    for (int64_t id = 1; id <= 3; id++) {
        int64_t seen = 0;
        struct store_op op = file_new_event(&event, id);
        assert_int_equal(file_store->submit(file_store, &op, 1, see_row, &seen), 0);
        fixture_commit(file_store, NULL, 0);
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
    assert_int_equal(sqlite3_open(file_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct store_op op = file_new_event(&event, 100);
    assert_int_equal(file_store->submit(file_store, &op, 1, NULL, NULL), 0);
    for (int i = 0; i < 5; i++) {
        op = file_new_event(&event, i == 2 ? 1 : i + 1); /* the third is there already */
        assert_int_equal(
            file_store->submit(file_store, &op, 1, i == 2 ? NULL : see_row, &seen[i]), 0);
    }
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    answer = fixture_submit(file_store, NULL, 0);
    assert_int_equal(answer.status, STORE_COMMITTED);
    assert_int_equal(fixture_count(file_store, RECORD_EVENT), 5);
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
    struct store_op ops[] = {file_new_event(&event, id + OUTSTANDING),
                             {STORE_PUT, RECORD_TAG, &tag, STORE_NEW}};
    (void)file_store->submit(file_store, ops, 2, write_ack,
                             (void *)(intptr_t)(id + OUTSTANDING));
}

static void write_until_killed(int fd, int64_t first_id)
{
    struct host_error error;
    struct store_outcome committed = {STORE_COMMITTED, 0, ""};

    ack_fd = fd;
    if (store_sqlite_open(file_path, &file_store, &error) != 0) {
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
    file_close();
    for (long round = 0; round < rounds; round++) {
        size_t count = 0;
        int64_t last = kill_round(first_id, acks, &count);
        assert_true(count >= ROUND_BATCHES);
        sqlite3 *db;
        sqlite3_stmt *row;
        assert_int_equal(sqlite3_open(file_path, &db), SQLITE_OK);
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
        assert_int_equal(file_ask("SELECT count(*) FROM (SELECT id FROM event EXCEPT "
                                  "SELECT id FROM device_tag)"),
                         0);
        assert_int_equal(file_ask("SELECT (SELECT count(*) FROM event) - "
                                  "(SELECT count(*) FROM device_tag)"),
                         0);
        first_id = last + 100000;
    }
    file_open();
    file_put_event(1);
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
        fixture_commit(file_store, ops, OPS);
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
    file_put_event(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        failing_disk_set(cases[i].what, cases[i].code);
        struct store_op op = file_new_event(&event, 2);
        struct fixture_answer answer = fixture_submit(file_store, &op, 1);
        failing_disk_set(FAILING_NONE, 0);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_not_equal(answer.reason, "");
        assert_int_equal(file_ask("SELECT count(*) FROM event"), 1 + (int64_t)i);
        file_put_event(10 + (int64_t)i); /* it goes on when the disk does */
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
    assert_int_equal(sqlite3_open(file_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    failing_disk_set(FAILING_SYNC, SQLITE_IOERR_FSYNC);
    for (int i = 0; i < 4; i++) { /* the first alone, or all; the third is a conflict */
        struct store_op op = file_new_event(&event, i == 2 ? 2 : i + 1);
        assert_int_equal(file_store->submit(file_store, &op, 1, note_status, &statuses), 0);
    }
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    (void)fixture_submit(file_store, NULL, 0);
    failing_disk_set(FAILING_NONE, 0);
    assert_int_equal(statuses.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(statuses.at[i], STORE_FAILED);
    }
    assert_int_equal(fixture_count(file_store, RECORD_EVENT), 0);
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
    if (store_sqlite_open(file_path, &file_store, &error) != 0 ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 1;
    }
    while (answer.status == STORE_COMMITTED && id < 1000) {
        struct store_op op = file_new_event(&event, ++id);
        event.detail = text;
        answer = fixture_submit(file_store, &op, 1);
    }
    if (answer.status != STORE_FULL) {
        return 2;
    }
    if ((int64_t)fixture_count(file_store, RECORD_EVENT) != id - 1) {
        return 3;
    }
    limit.rlim_cur = RLIM_INFINITY;
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    struct store_op op = file_new_event(&event, id);
    if (fixture_submit(file_store, &op, 1).status != STORE_COMMITTED) {
        return 4;
    }
    file_store->close(file_store);
    return 0;
}

static void test_a_full_disk_is_told_and_survived(void **state)
{
    (void)state;
    file_close();
    assert_int_equal(file_in_child(fill_disk), 0);
    file_open();
    assert_true(fixture_count(file_store, RECORD_EVENT) > 10);
}

/* 0: the store does not open, because it cannot be written. Root may write everything, so it
 * becomes nobody. */
static int open_read_only(void)
{
    struct host_error error = {0};

    if (geteuid() == 0 && setuid(65534) != 0) {
        return 1;
    }
    if (store_sqlite_open(file_path, &file_store, &error) == 0) {
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
    file_close();
    assert_int_equal(chmod(fixture_path(""), 0777), 0);
    assert_int_equal(chmod(file_path, 0444), 0);
    assert_int_equal(chmod(fixture_path("otter.db-lock"), 0666), 0);
    assert_int_equal(file_in_child(open_read_only), 0);
    assert_int_equal(chmod(fixture_path(""), 0555), 0); /* no log beside it, either */
    assert_int_equal(file_in_child(open_read_only), 0);
    assert_int_equal(chmod(fixture_path(""), 0700), 0);
}

static void test_nobody_else_may_read_the_files(void **state)
{
    struct stat st;

    (void)state;
    file_put_event(1);
    assert_int_equal(stat(file_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(fixture_path("otter.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, file_start, file_stop)

int main(void)
{
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
    };
    failing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
