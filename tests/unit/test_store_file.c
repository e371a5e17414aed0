/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the store in SQLite: what is opened and what is refused, hostile contents, and
 * copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloud/store/store_sqlite.h"
#include "support/store_file.h"
#include "support/store_fixture.h"

/* ---- what may be opened ---- */

static int open_second(void)
{
    return strcmp(file_open_error(file_path), "another otter-cloud uses it") == 0 ? 0 : 1;
}

static void test_a_second_open_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_second(), 0);
    assert_int_equal(file_in_child(open_second), 0);
    file_close();
    file_open(); /* and then it is free */
}

static void test_what_is_no_path_is_refused(void **state)
{
    (void)state;
    file_assert_has(file_open_error(""), "not a path");
    file_assert_has(file_open_error(":memory:"), "not a path");
    file_assert_has(file_open_error(fixture_path("no/such/folder.db")),
                    "the folder that it is to be in is not there");
    assert_int_equal(mkdir(fixture_path("folder.db"), 0700), 0);
    (void)file_open_error(fixture_path("folder.db"));
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)state;
    file_put_event(1);
    file_close();
    file_run_sql("UPDATE meta SET value = '2' WHERE name = 'schema'");
    file_assert_has(file_open_error(file_path), "schema is number 2");
    file_run_sql("UPDATE meta SET value = '1'");
    file_open();
    assert_int_equal(fixture_count(file_store, RECORD_EVENT), 1); /* it was left as it was */
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
    file_close();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        file_run_sql(changes[i]);
        file_assert_has(file_open_error(file_path), "not one of otter-cloud");
    }
    assert_int_equal(unlink(file_path), 0);
    file_open();
    file_close();
    file_run_sql("ALTER TABLE device DROP COLUMN mac");
    file_assert_has(file_open_error(file_path), "mac");
}

static void test_garbage_is_refused(void **state)
{
    (void)state;
    file_close();
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++) {
        fputc(rand() & 0xFF, file);
    }
    assert_int_equal(fclose(file), 0);
    file_assert_has(file_open_error(file_path), "not a database");
}

static void test_a_truncated_file_is_refused(void **state)
{
    struct stat st;

    (void)state;
    for (int64_t id = 1; id <= 100; id++) {
        file_put_event(id);
    }
    file_close();
    assert_int_equal(stat(file_path, &st), 0);
    assert_int_equal(truncate(file_path, st.st_size / 2 / 4096 * 4096), 0);
    file_assert_has(file_open_error(file_path), "malformed");
    assert_int_equal(truncate(file_path, 1000), 0);
    (void)file_open_error(file_path);
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
        fixture_commit(file_store, &op, 1);
        assert_int_equal(fixture_put(file_store, RECORD_DEVICE, &device, STORE_NEW),
                         STORE_COMMITTED);
        (void)snprintf(sql, sizeof sql, "UPDATE device SET %s", cases[i].change);
        file_run_sql(sql);
        assert_int_equal(file_store->read(file_store, &query, NULL, &seen, &error), -1);
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
    file_put_event(1);
    assert_int_equal(store_sqlite_backup(file_path, copy, &error), 0);
    file_put_event(2);
    assert_int_equal(store_sqlite_check(copy, &error), 0);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_nlink, 1); /* nothing else is left of it */
    assert_int_equal(store_sqlite_backup(file_path, copy, &error), -1);
    file_assert_has(error.reason, "exists already");
    file_close();
    strcpy(file_path, copy);
    file_open();
    assert_int_equal(fixture_count(file_store, RECORD_EVENT), 1);
}

/* Devices remember what they have closed: a number that comes again would be an old job. */
static void test_a_restored_copy_gives_no_action_number_again(void **state)
{
    char copy[256];
    struct host_error error = {0};
    int64_t id = 0;

    (void)state;
    strcpy(copy, fixture_path("copy.db"));
    assert_int_equal(store_sqlite_backup(file_path, copy, &error), 0);
    file_close();
    strcpy(file_path, fixture_path("restored.db"));
    assert_int_equal(store_sqlite_restore(copy, file_path, &error), 0);
    file_open();
    assert_int_equal(file_store->highest_id(file_store, RECORD_ACTION, &id, &error), 0);
    assert_int_equal(id, STORE_SQLITE_ACTIONS_SKIPPED);
    assert_int_equal(file_store->highest_id(file_store, RECORD_EVENT, &id, &error), 0);
    assert_int_equal(id, 0);
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
        assert_int_equal(store_sqlite_backup(file_path, fixture_path("copy.db"), &error), -1);
        file_assert_has(error.thing, names[i]);
        assert_int_equal(unlink(fixture_path(names[i])), 0);
    }
    assert_int_equal(store_sqlite_backup(file_path, fixture_path("copy.db"), &error), 0);
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
        file_put_event(id);
    }
    assert_int_equal(store_sqlite_backup(file_path, copy, &error), 0);
    damage(copy);
    assert_int_equal(store_sqlite_check(copy, &error), -1);
    assert_int_equal(store_sqlite_backup(copy, other, &error), -1);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(store_sqlite_backup(fixture_path("none.db"), other, &error), -1);
    assert_int_equal(store_sqlite_check(fixture_path("none.db"), &error), -1);
    assert_int_equal(access(fixture_path("none.db"), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, file_start, file_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_second_open_is_refused),
        TEST(test_what_is_no_path_is_refused),
        TEST(test_a_newer_schema_is_refused),
        TEST(test_another_database_is_refused),
        TEST(test_garbage_is_refused),
        TEST(test_a_truncated_file_is_refused),
        TEST(test_contents_that_are_none_are_refused),
        TEST(test_a_backup_is_made_while_the_store_works),
        TEST(test_a_restored_copy_gives_no_action_number_again),
        TEST(test_a_copy_does_not_meet_the_log_of_another),
        TEST(test_a_damaged_copy_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
