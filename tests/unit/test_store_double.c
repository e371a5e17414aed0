/* SPDX-License-Identifier: Apache-2.0 */
/* What the store in memory has besides a store's promises: a test decides when and how batches
 * are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/store_double.h"
#include "support/store_suite.h"

static size_t answer_count;

static void count_answer(void *ctx, const struct store_outcome *outcome)
{
    (void)ctx;
    assert_int_equal(outcome->status, STORE_COMMITTED);
    answer_count++;
}

static void test_double_answers_when_it_is_told(void **state)
{
    struct record_event event = {.head.id = 1};
    struct store_op op = suite_put(RECORD_EVENT, &event, STORE_ANY_REV);

    (void)state;
    store_double_set_queued(suite_store, true);
    answer_count = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(suite_store->submit(suite_store, &op, 1, count_answer, NULL), 0);
    }
    assert_int_equal(answer_count, 0);
    assert_int_equal(store_double_queued(suite_store), 3);
    assert_null(store_double_find(suite_store, RECORD_EVENT, 1));
    assert_int_equal(store_double_pump(suite_store, 1), 1);
    assert_int_equal(answer_count, 1);
    const struct record_event *row = store_double_find(suite_store, RECORD_EVENT, 1);
    assert_non_null(row);
    assert_int_equal(row->head.rev, 1);
    assert_int_equal(store_double_lose_queued(suite_store), 2);
    assert_int_equal(store_double_pump(suite_store, 9), 0);
    assert_int_equal(store_double_commits(suite_store), 1);
    assert_int_equal(suite_store->submit(suite_store, &op, 1, count_answer, NULL), 0);
    store_double_set_queued(suite_store, false);
    assert_int_equal(answer_count, 2);
}

static void test_double_fails_as_it_is_told(void **state)
{
    struct record_event events[] = {{.head.id = 1}, {.head.id = 2}};
    struct store_op ops[] = {suite_put(RECORD_EVENT, &events[0], STORE_ANY_REV),
                             suite_put(RECORD_EVENT, &events[1], STORE_ANY_REV)};

    (void)state;
    store_double_fail_next(suite_store, 2, STORE_CONFLICT, 1);
    struct fixture_answer answer = fixture_submit(suite_store, ops, 2);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 1);
    answer = fixture_submit(suite_store, ops, 1);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 0);
    store_double_fail_next(suite_store, 1, STORE_FULL, 0);
    assert_int_equal(fixture_submit(suite_store, ops, 2).status, STORE_FULL);
    assert_int_equal(store_double_count(suite_store, RECORD_EVENT), 0);
    fixture_commit(suite_store, ops, 2);
    assert_int_equal(store_double_count(suite_store, RECORD_EVENT), 2);
}

static void test_double_changes_behind_ones_back(void **state)
{
    struct record_device device = suite_device(1, "a"), other = suite_device(2, "a");

    (void)state;
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_COMMITTED);
    strcpy(device.name, "elsewhere");
    assert_int_equal(store_double_change(suite_store, RECORD_DEVICE, &device), 0);
    assert_int_equal(store_double_change(suite_store, RECORD_DEVICE, &other), -1);
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, 1), STORE_CONFLICT);
    const struct record_device *row = store_double_at(suite_store, RECORD_DEVICE, 0);
    assert_string_equal(row->name, "elsewhere");
    store_double_remove(suite_store, RECORD_DEVICE, 1);
    assert_int_equal(store_double_count(suite_store, RECORD_DEVICE), 0);
}

#define DOUBLE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, suite_start_double, suite_stop_double)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOUBLE(test_double_answers_when_it_is_told),
        DOUBLE(test_double_fails_as_it_is_told),
        DOUBLE(test_double_changes_behind_ones_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
