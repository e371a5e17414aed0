/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloud/store/store_sqlite.h"
#include "support/failing_disk.h"
#include "support/store_file.h"
#include "support/store_fixture.h"

struct store *file_store;
char file_path[256];

void file_open(void)
{
    struct host_error error = {0};

    if (store_sqlite_open(file_path, &file_store, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
}

void file_close(void)
{
    file_store->close(file_store);
    file_store = NULL;
}

int file_start(void **state)
{
    (void)state;
    fixture_make_folder();
    strcpy(file_path, fixture_path("otter.db"));
    file_open();
    return 0;
}

int file_stop(void **state)
{
    (void)state;
    failing_disk_set(FAILING_NONE, 0);
    if (file_store != NULL) {
        file_close();
    }
    fixture_remove_folder();
    return 0;
}

const char *file_open_error(const char *path)
{
    static struct host_error error;
    struct store *other = NULL;

    assert_int_equal(store_sqlite_open(path, &other, &error), -1);
    return error.reason;
}

void file_assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}

void file_run_sql(const char *sql)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(file_path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
}

int64_t file_ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open_v2(file_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

struct store_op file_new_event(struct record_event *event, int64_t id)
{
    *event = (struct record_event){.head.id = id, .device = 1, .kind = "test"};
    return (struct store_op){STORE_PUT, RECORD_EVENT, event, STORE_NEW};
}

void file_put_event(int64_t id)
{
    struct record_event event;
    struct store_op op = file_new_event(&event, id);

    fixture_commit(file_store, &op, 1);
}

int file_in_child(int (*body)(void))
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
