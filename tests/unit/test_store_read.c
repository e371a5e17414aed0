/* SPDX-License-Identifier: Apache-2.0 */
/* What a store promises of pages, order and answers (cloud/store/store.h): the same tests
 * against SQLite and against the double in memory. */
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

/* ---- reading ---- */

struct page {
    int64_t ids[32];
    size_t count, max;
};

static bool note_id(void *ctx, const void *record)
{
    struct page *page = ctx;

    assert_true(page->count < 32);
    page->ids[page->count++] = ((const struct record_head *)record)->id;
    return page->count < page->max;
}

static struct page read_page(const struct store_query *query, size_t max)
{
    struct page page = {.max = max};
    struct host_error error = {0};

    assert_int_equal(suite_store->read(suite_store, query, note_id, &page, &error), 0);
    return page;
}

/* Events 1 to 25; the odd ones of device 1. */
static void put_events(void)
{
    struct record_event events[25] = {{.at = 0}};
    struct store_op ops[25];

    for (int i = 0; i < 25; i++) {
        int id = 1 + (i * 7) % 25; /* not in their order */
        events[i].head.id = id;
        events[i].device = id % 2;
        ops[i] = suite_put(RECORD_EVENT, &events[i], STORE_NEW);
    }
    fixture_commit(suite_store, ops, 25);
}

static void test_pages_go_up_and_down(void **state)
{
    struct store_query query = {.kind = RECORD_EVENT, .limit = 10};

    (void)state;
    put_events();
    for (int down = 0; down < 2; down++) {
        size_t sum = 0;
        query.newest_first = down == 1;
        query.after = 0;
        for (int64_t next = 1; next <= 25;) {
            struct page page = read_page(&query, 32);
            assert_int_equal(page.count, next < 20 ? 10 : 5);
            for (size_t i = 0; i < page.count; i++, next++) {
                assert_int_equal(page.ids[i], down ? 26 - next : next);
            }
            query.after = page.ids[page.count - 1];
            sum += page.count;
        }
        assert_int_equal(sum, 25);
        assert_int_equal(read_page(&query, 32).count, 0);
    }
}

/* No sum with the ends of the numbers: behind the last one there is none, and not all again. */
static void test_behind_the_last_number_is_nothing(void **state)
{
    static const int64_t ids[] = {1, 2, INT64_MAX};
    struct store_query query = {.kind = RECORD_EVENT, .limit = 10};
    struct record_event events[3] = {{.at = 0}};
    struct store_op ops[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        events[i].head.id = ids[i];
        events[i].device = 1;
        ops[i] = suite_put(RECORD_EVENT, &events[i], STORE_NEW);
    }
    fixture_commit(suite_store, ops, 3);
    for (int of_one = 0; of_one < 2; of_one++) {
        query.column = of_one == 1 ? "device" : NULL;
        query.value = 1;
        query.newest_first = false;
        query.after = INT64_MAX;
        assert_int_equal(read_page(&query, 32).count, 0);
        query.after = INT64_MAX - 1;
        assert_int_equal(read_page(&query, 32).count, 1);
        query.newest_first = true;
        query.after = INT64_MAX;
        assert_int_equal(read_page(&query, 32).count, 2);
        query.after = INT64_MIN;
        assert_int_equal(read_page(&query, 32).count, 0);
        query.after = 0; /* from the start: the highest one, too */
        struct page page = read_page(&query, 32);
        assert_int_equal(page.count, 3);
        assert_true(page.ids[0] == INT64_MAX);
    }
}

static void test_pages_can_be_of_one_value(void **state)
{
    struct store_query query = {.kind = RECORD_EVENT,
                                .column = "device",
                                .value = 1,
                                .limit = 10,
                                .newest_first = true};

    (void)state;
    put_events();
    struct page page = read_page(&query, 32);
    assert_int_equal(page.count, 10);
    assert_int_equal(page.ids[0], 25);
    assert_int_equal(page.ids[9], 7);
    query.after = 7;
    page = read_page(&query, 32);
    assert_int_equal(page.count, 3);
    assert_int_equal(page.ids[2], 1);
    query.value = 3;
    assert_int_equal(read_page(&query, 32).count, 0);
}

static void test_a_visitor_can_end_a_page(void **state)
{
    struct store_query query = {.kind = RECORD_EVENT, .limit = 10};

    (void)state;
    put_events();
    assert_int_equal(read_page(&query, 3).count, 3);
    query.limit = 0;
    assert_int_equal(read_page(&query, 3).count, 0);
}

static void test_a_column_without_index_is_refused(void **state)
{
    struct store_query query = {.kind = RECORD_EVENT, .column = "at", .limit = 10};
    struct host_error error = {0};
    struct page page = {.max = 32};

    (void)state;
    assert_int_equal(suite_store->read(suite_store, &query, note_id, &page, &error), -1);
    assert_string_equal(error.thing, "event");
    query.column = "id\" OR 1 --";
    assert_int_equal(suite_store->read(suite_store, &query, note_id, &page, &error), -1);
    assert_int_equal(page.count, 0);
}

static bool read_inside(void *ctx, const void *record)
{
    struct store_query query = {.kind = RECORD_EVENT, .limit = 5};
    struct record_setting setting = {.head.id = ((const struct record_head *)record)->id};
    struct store_op op = suite_put(RECORD_SETTING, &setting, STORE_NEW);

    (void)snprintf(setting.name, sizeof setting.name, "%d", (int)setting.head.id);
    *(size_t *)ctx += read_page(&query, 32).count;
    assert_int_equal(suite_store->submit(suite_store, &op, 1, NULL, NULL), 0);
    return true;
}

static void test_a_visitor_may_read_and_submit(void **state)
{
    size_t count = 0;
    struct host_error error;

    (void)state;
    put_events();
    assert_int_equal(store_load(suite_store, RECORD_EVENT, read_inside, &count, &error), 0);
    assert_int_equal(count, 25 * 5);
    fixture_commit(suite_store, NULL, 0);
    assert_int_equal(fixture_count(suite_store, RECORD_SETTING), 25);
}

/* ---- order, copies, done ---- */

static int answers[200];
static size_t answer_count;

static void note_order(void *ctx, const struct store_outcome *outcome)
{
    assert_int_equal(outcome->status, STORE_COMMITTED);
    answers[answer_count++] = (int)(intptr_t)ctx;
}

static void test_batches_are_written_and_answered_in_order(void **state)
{
    struct record_setting setting = {.head.id = 1, .name = "n"};

    (void)state;
    answer_count = 0;
    for (int i = 0; i < 200; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        setting.value = value;
        struct store_op op =
            suite_put(RECORD_SETTING, &setting, (uint32_t)i); /* the first is new */
        assert_int_equal(
            suite_store->submit(suite_store, &op, 1, note_order, (void *)(intptr_t)i), 0);
        memset(value, 'X', sizeof value - 1); /* it was copied */
        setting.value = NULL;
    }
    fixture_commit(suite_store, NULL, 0);
    assert_int_equal(answer_count, 200);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(answers[i], i);
    }
    union sqlite_row_record *found = suite_get(RECORD_SETTING, 1);
    assert_string_equal(found->setting.value, "199");
    assert_int_equal(found->head.rev, 200);
    free(found);
}

static void submit_next(void *ctx, const struct store_outcome *outcome)
{
    struct record_setting *setting = ctx;
    struct store_op op = suite_put(RECORD_SETTING, setting, STORE_NEW);

    assert_int_equal(outcome->status, STORE_COMMITTED);
    assert_int_equal(fixture_count(suite_store, RECORD_SETTING), setting->head.id);
    setting->head.id++;
    (void)snprintf(setting->name, sizeof setting->name, "%d", (int)setting->head.id);
    if (setting->head.id <= 20) {
        assert_int_equal(suite_store->submit(suite_store, &op, 1, submit_next, setting), 0);
    }
}

static void test_done_may_submit_and_read(void **state)
{
    struct record_setting setting = {.head.id = 0};

    (void)state;
    assert_int_equal(suite_store->submit(suite_store, NULL, 0, submit_next, &setting), 0);
    while (fixture_count(suite_store, RECORD_SETTING) < 20) {
        fixture_commit(suite_store, NULL, 0);
    }
    fixture_commit(suite_store, NULL, 0); /* the last `done` has returned */
}

static void test_close_writes_what_was_submitted(void **state)
{
    struct record_event event = {.device = 1};

    answer_count = 0;
    for (int i = 0; i < 100; i++) {
        event.head.id = i + 1;
        struct store_op op = suite_put(RECORD_EVENT, &event, STORE_NEW);
        assert_int_equal(
            suite_store->submit(suite_store, &op, 1, note_order, (void *)(intptr_t)i), 0);
    }
    suite_store->close(suite_store);
    assert_int_equal(answer_count, 100);
    assert_int_equal(answers[99], 99);
    suite_store = store_double_new(); /* for the end of the test */
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_pages_go_up_and_down),
        BOTH(test_behind_the_last_number_is_nothing),
        BOTH(test_pages_can_be_of_one_value),
        BOTH(test_a_visitor_can_end_a_page),
        BOTH(test_a_column_without_index_is_refused),
        BOTH(test_a_visitor_may_read_and_submit),
        BOTH(test_batches_are_written_and_answered_in_order),
        BOTH(test_done_may_submit_and_read),
        BOTH(test_close_writes_what_was_submitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
