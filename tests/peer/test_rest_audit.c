/* SPDX-License-Identifier: Apache-2.0 */
/* The audit over REST: a chain, and an export that says why it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "peer/rest_fixture.h"
#include "support/store_fixture.h"

#define API "/api/v1"

static const struct rest_answer *admin(unsigned status, const char *method, const char *path,
                                       const char *json)
{
    return rest_must(status, rest_admin(), method, path, json);
}

/* Something that the audit tells of. */
static void make(const char *path, const char *json)
{
    char whole[40];

    (void)snprintf(whole, sizeof whole, API "%s", path);
    (void)admin(201, "POST", whole, json);
}

static void test_the_audit_log_is_a_chain(void **state)
{
    char previous[65] = "";
    size_t lines = 0;

    (void)state;
    make("/products", "{\"name\":\"Pet House\"}");
    make("/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)admin(200, "GET", API "/audit?limit=1", NULL);
    const json_t *newest = json_array_get(rest_items(1), 0);
    assert_string_equal(json_string_value(json_object_get(newest, "verb")), "device.add");
    assert_string_equal(json_string_value(json_object_get(newest, "actor")), "admin");
    (void)admin(400, "GET", API "/audit?format=xml", NULL);
    const struct rest_answer *answer = admin(200, "GET", API "/audit?format=jsonl", NULL);
    for (const char *at = answer->body; *at != '\0'; at = strchr(at, '\n') + 1, lines++) {
        json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        const char *before = json_string_value(json_object_get(line, "previous_hash"));
        const char *hash = json_string_value(json_object_get(line, "hash"));
        assert_non_null(before);
        assert_non_null(hash);
        if (lines > 0) {
            assert_string_equal(before, previous);
        }
        (void)snprintf(previous, sizeof previous, "%s", hash);
        json_decref(line);
    }
    assert_true(lines >= 3);
}

/* A file may not grow beyond 1 KB, which is what a full disk does to a write: the reason is
 * told, as an upload's is; and one that is short fails in its last write only. */
static void test_an_export_for_which_there_is_no_room_says_so(void **state)
{
    struct rlimit before, limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)rest_admin();
    for (int i = 0; i < 20; i++) {
        char json[60];
        (void)snprintf(json, sizeof json, "{\"controller_id\":\"a0b1c2d3e4%02d\"}", i);
        make("/devices", json);
        if (i != 4 && i != 19) {
            continue;
        }
        limit = before;
        limit.rlim_cur = 1024;
        (void)signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const struct rest_answer *answer =
            rest_ask(rest_admin(), "GET", API "/audit?format=jsonl", NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        (void)signal(SIGXFSZ, SIG_DFL);
        if (answer->status != 507 || strstr(rest_text("error"), strerror(EFBIG)) == NULL) {
            fail_msg("%d: %u: %s", i, answer->status, answer->body);
        }
        answer = admin(200, "GET", API "/audit?format=jsonl", NULL);
        assert_true(answer->len > limit.rlim_cur);
    }
}

/* What is wrong with the database is told, and it is not the disk's size. */
static void test_an_export_that_cannot_be_read_says_why(void **state)
{
    sqlite3 *db;

    (void)state;
    make("/products", "{\"name\":\"Pet House\"}");
    assert_int_equal(sqlite3_open(fixture_path("db"), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE audit SET verb = hex(zeroblob(5000))", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    (void)admin(500, "GET", API "/audit", NULL);
    char *reason = strdup(rest_text("error"));
    assert_non_null(reason);
    assert_non_null(strstr(reason, "verb"));
    (void)admin(500, "GET", API "/audit?format=jsonl", NULL);
    assert_non_null(strstr(rest_text("error"), "verb"));
    free(reason);
}

int main(void)
{
#define WITH_SERVER(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, rest_fixture_start, rest_fixture_stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_the_audit_log_is_a_chain),
        WITH_SERVER(test_an_export_for_which_there_is_no_room_says_so),
        WITH_SERVER(test_an_export_that_cannot_be_read_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
