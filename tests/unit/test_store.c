/* SPDX-License-Identifier: Apache-2.0 */
/* What a store promises (cloud/store.h): the same tests against SQLite and against the double
 * in memory; and what the double has besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloud/store_sqlite.h"
#include "cloud/store_sqlite_row.h" /* room for a record of any kind */
#include "support/store_double.h"
#include "support/store_fixture.h"

static struct store *store;

static int start_sqlite(void **state)
{
    struct host_error error;

    (void)state;
    fixture_make_folder();
    if (store_sqlite_open(fixture_path("otter.db"), &store, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    return 0;
}

static int stop_sqlite(void **state)
{
    (void)state;
    store->close(store);
    fixture_remove_folder();
    return 0;
}

static int start_double(void **state)
{
    (void)state;
    store = store_double_new();
    return 0;
}

static int stop_double(void **state)
{
    (void)state;
    store->close(store);
    return 0;
}

static struct record_device a_device(int64_t id, const char *controller_id)
{
    struct record_device device = {.head.id = id};

    strcpy(device.controller_id, controller_id);
    return device;
}

static struct store_op put(enum record_kind kind, const void *record, uint32_t expected_rev)
{
    return (struct store_op){STORE_PUT, kind, record, expected_rev};
}

/* The row that was visited last, copied. */
struct found {
    enum record_kind kind;
    int64_t id;
    size_t count;
    union sqlite_row_record *copy;
};

static bool find_id(void *ctx, const void *record)
{
    struct found *found = ctx;

    if (((const struct record_head *)record)->id == found->id) {
        found->count++;
        found->copy =
            realloc(found->copy, sizeof *found->copy + record_copy_size(found->kind, record));
        assert_non_null(found->copy);
        record_copy(found->kind, record, found->copy);
    }
    return true;
}

/* Read one record; NULL = not there. Free it. */
static union sqlite_row_record *get(enum record_kind kind, int64_t id)
{
    struct found found = {.kind = kind, .id = id};
    struct host_error error = {0};

    if (store_load(store, kind, find_id, &found, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    assert_true(found.count <= 1);
    return found.copy;
}

static uint32_t rev_of(enum record_kind kind, int64_t id)
{
    union sqlite_row_record *row = get(kind, id);
    uint32_t rev = row != NULL ? row->head.rev : 0;

    free(row);
    return rev;
}

/* ---- columns ---- */

enum { LONG_TEXT_LEN = 100000 };

/* Fill each column with the largest, or the smallest, that it takes. */
static void fill(const struct record_table *table, bool largest, const char *long_text,
                 void *record)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];
        char *at = (char *)record + column->offset;
        int64_t number = largest ? INT64_MAX - (int64_t)i : INT64_MIN + (int64_t)i;
        if (column->type == RECORD_INT64) {
            memcpy(at, &number, sizeof number);
        } else if (column->type == RECORD_BOOL) {
            memcpy(at, &largest, sizeof largest);
        } else if (column->type == RECORD_LONG_TEXT) {
            const char *text = largest ? long_text : NULL;
            memcpy(at, &text, sizeof text);
        } else if (largest) {
            memset(at, 'a' + (int)i % 26, column->size - 1);
            memcpy(at, "\xC3\xA9\"'", 4); /* an e with accent, and what SQL quotes with */
        }
    }
}

static void assert_same(const struct record_table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];
        if (column->type == RECORD_INT64 || column->type == RECORD_BOOL) {
            assert_int_equal(record_int(column, a), record_int(column, b));
        } else {
            size_t a_len, b_len;
            const char *a_text = record_text(column, a, &a_len);
            const char *b_text = record_text(column, b, &b_len);
            assert_int_equal(a_len, b_len);
            assert_memory_equal(a_text, b_text, a_len);
        }
    }
}

static void test_every_column_of_every_kind_comes_back(void **state)
{
    char *long_text = malloc(LONG_TEXT_LEN + 1);

    (void)state;
    assert_non_null(long_text);
    memset(long_text, 'L', LONG_TEXT_LEN);
    long_text[LONG_TEXT_LEN] = '\0';
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        const struct record_table *table = record_table((enum record_kind)kind);
        union sqlite_row_record large = {.head.id = INT64_MAX}, small = {.head.id = 1};
        assert_true(table->size <= sizeof large);
        fill(table, true, long_text, &large);
        fill(table, false, NULL, &small);
        struct store_op ops[] = {put((enum record_kind)kind, &large, STORE_NEW),
                                 put((enum record_kind)kind, &small, STORE_NEW)};
        fixture_commit(store, ops, 2);
        union sqlite_row_record *found = get((enum record_kind)kind, INT64_MAX);
        assert_non_null(found);
        assert_int_equal(found->head.rev, 1);
        assert_same(table, found, &large);
        free(found);
        found = get((enum record_kind)kind, 1);
        assert_non_null(found);
        assert_same(table, found, &small);
        free(found);
        assert_int_equal(fixture_count(store, (enum record_kind)kind), 2);
    }
    free(long_text);
}

static void test_an_array_without_nul_is_not_left(void **state)
{
    struct record_tag tag = {.head.id = 1, .device = 2};

    (void)state;
    memset(tag.tag, 't', sizeof tag.tag);
    assert_int_equal(fixture_put(store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    union sqlite_row_record *found = get(RECORD_TAG, 1);
    assert_non_null(found);
    assert_int_equal(strlen(found->tag.tag), RECORD_NAME_MAX);
    free(found);
}

/* ---- revs ---- */

static void test_a_rev_grows_with_each_change(void **state)
{
    struct record_device device = a_device(5, "a");

    (void)state;
    device.head.rev = 77; /* means nothing */
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(rev_of(RECORD_DEVICE, 5), 1);
    strcpy(device.version, "03010102");
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, 1), STORE_COMMITTED);
    assert_int_equal(rev_of(RECORD_DEVICE, 5), 2);
    union sqlite_row_record *found = get(RECORD_DEVICE, 5);
    assert_string_equal(found->device.version, "03010102");
    free(found);
}

static void test_another_rev_is_a_conflict(void **state)
{
    struct record_device device = a_device(5, "a");

    (void)state;
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, 1), STORE_CONFLICT); /* gone */
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_CONFLICT);
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, 2), STORE_CONFLICT);
    assert_int_equal(rev_of(RECORD_DEVICE, 5), 1);
}

static void test_any_rev_makes_or_replaces(void **state)
{
    struct record_contact contact = {.head.id = 9, .polls = 1};

    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        contact.polls = i;
        assert_int_equal(fixture_put(store, RECORD_CONTACT, &contact, STORE_ANY_REV),
                         STORE_COMMITTED);
        assert_int_equal(rev_of(RECORD_CONTACT, 9), i);
    }
    union sqlite_row_record *found = get(RECORD_CONTACT, 9);
    assert_int_equal(found->contact.polls, 3);
    free(found);
}

static void test_delete_checks_the_rev_of_what_is_there(void **state)
{
    struct record_device device = a_device(5, "a");
    struct record_head head = {.id = 5};
    struct store_op delete = {STORE_DELETE, RECORD_DEVICE, &head, 1};

    (void)state;
    fixture_commit(store, &delete, 1); /* not there is no error */
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_COMMITTED);
    delete.expected_rev = 2;
    assert_int_equal(fixture_submit(store, &delete, 1).status, STORE_CONFLICT);
    assert_int_equal(rev_of(RECORD_DEVICE, 5), 1);
    delete.expected_rev = 1;
    fixture_commit(store, &delete, 1);
    assert_int_equal(fixture_count(store, RECORD_DEVICE), 0);
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_COMMITTED);
    delete.expected_rev = STORE_ANY_REV;
    fixture_commit(store, &delete, 1);
    assert_int_equal(fixture_count(store, RECORD_DEVICE), 0);
}

/* ---- batches ---- */

static void test_a_conflict_takes_the_whole_batch_back(void **state)
{
    struct record_device devices[] = {a_device(1, "a"), a_device(2, "b"), a_device(3, "c")};
    struct record_head two = {.id = 2};
    struct store_op first[] = {put(RECORD_DEVICE, &devices[0], STORE_NEW),
                               put(RECORD_DEVICE, &devices[1], STORE_NEW)};

    (void)state;
    fixture_commit(store, first, 2);
    strcpy(devices[0].name, "changed");
    struct store_op ops[] = {
        put(RECORD_DEVICE, &devices[0], 1),
        {STORE_DELETE, RECORD_DEVICE, &two, 1},
        put(RECORD_DEVICE, &devices[2], STORE_NEW),
        put(RECORD_DEVICE, &devices[0], 1), /* it has rev 2 now */
        put(RECORD_DEVICE, &devices[2], 99),
    };
    struct fixture_answer answer = fixture_submit(store, ops, 5);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 3);
    assert_string_not_equal(answer.reason, "");
    assert_int_equal(fixture_count(store, RECORD_DEVICE), 2);
    union sqlite_row_record *found = get(RECORD_DEVICE, 1);
    assert_string_equal(found->device.name, "");
    assert_int_equal(found->head.rev, 1);
    free(found);
    assert_int_equal(rev_of(RECORD_DEVICE, 2), 1);
    ops[3].expected_rev = 2;
    fixture_commit(store, ops, 4); /* the same without the conflict */
    assert_int_equal(rev_of(RECORD_DEVICE, 1), 3);
    assert_int_equal(rev_of(RECORD_DEVICE, 2), 0);
}

static void test_a_batch_without_operations_is_answered(void **state)
{
    (void)state;
    fixture_commit(store, NULL, 0);
}

static void never(void *ctx, const struct store_outcome *outcome)
{
    (void)ctx;
    (void)outcome;
    fail();
}

static void test_what_is_no_operation_is_refused(void **state)
{
    struct record_device device = a_device(1, "a");
    struct store_op op = put(RECORD_KINDS, &device, STORE_NEW);

    (void)state;
    assert_int_equal(store->submit(store, &op, 1, never, NULL), -1);
    op = put(RECORD_DEVICE, NULL, STORE_NEW);
    assert_int_equal(store->submit(store, &op, 1, never, NULL), -1);
    op = put(RECORD_DEVICE, &device, STORE_NEW);
    op.verb = (enum store_verb)(STORE_DELETE + 1);
    assert_int_equal(store->submit(store, &op, 1, never, NULL), -1);
}

/* ---- unique columns ---- */

static void test_a_unique_column_is_unique(void **state)
{
    struct record_device one = a_device(1, "same"), two = a_device(2, "same");
    struct store_op ops[] = {put(RECORD_DEVICE, &one, STORE_NEW),
                             put(RECORD_DEVICE, &two, STORE_NEW)};

    (void)state;
    struct fixture_answer answer = fixture_submit(store, ops, 2);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 1);
    assert_int_equal(fixture_count(store, RECORD_DEVICE), 0);
    fixture_commit(store, ops, 1);
    ops[1].expected_rev = STORE_ANY_REV;
    assert_int_equal(fixture_submit(store, &ops[1], 1).status, STORE_CONFLICT);
    strcpy(two.controller_id, "Same"); /* bytes, not letters */
    fixture_commit(store, &ops[1], 1);
    strcpy(two.controller_id, "same");
    ops[1].expected_rev = 1;
    assert_int_equal(fixture_submit(store, &ops[1], 1).status, STORE_CONFLICT);
    ops[0] = (struct store_op){STORE_DELETE, RECORD_DEVICE, &one, 1};
    fixture_commit(store, ops, 2); /* the value is free when the first one is gone */
}

static void test_columns_can_be_unique_together(void **state)
{
    struct record_tag tag = {.head.id = 1, .device = 1, .tag = "beach"};

    (void)state;
    assert_int_equal(fixture_put(store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    tag.head.id = 2;
    assert_int_equal(fixture_put(store, RECORD_TAG, &tag, STORE_NEW), STORE_CONFLICT);
    tag.device = 2;
    assert_int_equal(fixture_put(store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    tag.head.id = 3;
    strcpy(tag.tag, "beaches");
    assert_int_equal(fixture_put(store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
}

static void test_a_device_has_one_open_action(void **state)
{
    struct record_action old = {.head.id = 1, .device = 7, .open = true},
                         new = {.head.id = 2, .device = 7, .open = true},
                         closed = {.head.id = 3, .device = 7};

    (void)state;
    assert_int_equal(fixture_put(store, RECORD_ACTION, &old, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(fixture_put(store, RECORD_ACTION, &closed, STORE_NEW), STORE_COMMITTED);
    closed.head.id = 4;
    assert_int_equal(fixture_put(store, RECORD_ACTION, &closed, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(fixture_put(store, RECORD_ACTION, &new, STORE_NEW), STORE_CONFLICT);
    closed.open = true;
    assert_int_equal(fixture_put(store, RECORD_ACTION, &closed, 1), STORE_CONFLICT);
    old.open = false;
    struct store_op ops[] = {put(RECORD_ACTION, &old, 1), put(RECORD_ACTION, &new, STORE_NEW)};
    fixture_commit(store, ops, 2);
}

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

    assert_int_equal(store->read(store, query, note_id, &page, &error), 0);
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
        ops[i] = put(RECORD_EVENT, &events[i], STORE_NEW);
    }
    fixture_commit(store, ops, 25);
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
    assert_int_equal(store->read(store, &query, note_id, &page, &error), -1);
    assert_string_equal(error.thing, "event");
    query.column = "id\" OR 1 --";
    assert_int_equal(store->read(store, &query, note_id, &page, &error), -1);
    assert_int_equal(page.count, 0);
}

static bool read_inside(void *ctx, const void *record)
{
    struct store_query query = {.kind = RECORD_EVENT, .limit = 5};
    struct record_setting setting = {.head.id = ((const struct record_head *)record)->id};
    struct store_op op = put(RECORD_SETTING, &setting, STORE_NEW);

    (void)snprintf(setting.name, sizeof setting.name, "%d", (int)setting.head.id);
    *(size_t *)ctx += read_page(&query, 32).count;
    assert_int_equal(store->submit(store, &op, 1, NULL, NULL), 0);
    return true;
}

static void test_a_visitor_may_read_and_submit(void **state)
{
    size_t count = 0;
    struct host_error error;

    (void)state;
    put_events();
    assert_int_equal(store_load(store, RECORD_EVENT, read_inside, &count, &error), 0);
    assert_int_equal(count, 25 * 5);
    fixture_commit(store, NULL, 0);
    assert_int_equal(fixture_count(store, RECORD_SETTING), 25);
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
        struct store_op op = put(RECORD_SETTING, &setting, (uint32_t)i); /* the first is new */
        assert_int_equal(store->submit(store, &op, 1, note_order, (void *)(intptr_t)i), 0);
        memset(value, 'X', sizeof value - 1); /* it was copied */
        setting.value = NULL;
    }
    fixture_commit(store, NULL, 0);
    assert_int_equal(answer_count, 200);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(answers[i], i);
    }
    union sqlite_row_record *found = get(RECORD_SETTING, 1);
    assert_string_equal(found->setting.value, "199");
    assert_int_equal(found->head.rev, 200);
    free(found);
}

static void submit_next(void *ctx, const struct store_outcome *outcome)
{
    struct record_setting *setting = ctx;
    struct store_op op = put(RECORD_SETTING, setting, STORE_NEW);

    assert_int_equal(outcome->status, STORE_COMMITTED);
    assert_int_equal(fixture_count(store, RECORD_SETTING), setting->head.id);
    setting->head.id++;
    (void)snprintf(setting->name, sizeof setting->name, "%d", (int)setting->head.id);
    if (setting->head.id <= 20) {
        assert_int_equal(store->submit(store, &op, 1, submit_next, setting), 0);
    }
}

static void test_done_may_submit_and_read(void **state)
{
    struct record_setting setting = {.head.id = 0};

    (void)state;
    assert_int_equal(store->submit(store, NULL, 0, submit_next, &setting), 0);
    while (fixture_count(store, RECORD_SETTING) < 20) {
        fixture_commit(store, NULL, 0);
    }
    fixture_commit(store, NULL, 0); /* the last `done` has returned */
}

static void test_close_writes_what_was_submitted(void **state)
{
    struct record_event event = {.device = 1};

    answer_count = 0;
    for (int i = 0; i < 100; i++) {
        event.head.id = i + 1;
        struct store_op op = put(RECORD_EVENT, &event, STORE_NEW);
        assert_int_equal(store->submit(store, &op, 1, note_order, (void *)(intptr_t)i), 0);
    }
    store->close(store);
    assert_int_equal(answer_count, 100);
    assert_int_equal(answers[99], 99);
    store = store_double_new(); /* for the end of the test */
    (void)state;
}

/* ---- retention ---- */

static void test_trim_keeps_young_and_final_events(void **state)
{
    enum { COUNT = 12000, OLD = 11000 };
    struct record_event *events = calloc(COUNT, sizeof *events);
    struct store_op *ops = calloc(COUNT, sizeof *ops);
    struct host_error error;

    (void)state;
    assert_true(events != NULL && ops != NULL);
    for (int i = 0; i < COUNT; i++) {
        events[i].head.id = i + 1;
        events[i].at = 1000 + i;
        events[i].final = i % 1000 == 0;
        ops[i] = put(RECORD_EVENT, &events[i], STORE_NEW);
    }
    events[3].at = INT64_MAX; /* the clock jumped for a moment */
    fixture_commit(store, ops, COUNT);
    assert_int_equal(store->trim_events(store, 1000 + OLD, &error), 0);
    assert_int_equal(fixture_count(store, RECORD_EVENT), COUNT - OLD + OLD / 1000 + 1);
    assert_int_equal(rev_of(RECORD_EVENT, OLD), 0);
    assert_int_equal(rev_of(RECORD_EVENT, OLD + 1), 1);
    assert_int_equal(rev_of(RECORD_EVENT, 4), 1);
    assert_int_equal(rev_of(RECORD_EVENT, 1001), 1);
    free(events);
    free(ops);
}

/* ---- ids ---- */

static int64_t highest(enum record_kind kind)
{
    int64_t id = -1;
    struct host_error error = {0};

    if (store->highest_id(store, kind, &id, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    return id;
}

static void test_the_highest_id_is_known_after_its_row_is_gone(void **state)
{
    struct record_device five = a_device(5, "a"), nine = a_device(9, "b");
    struct store_op put_both[] = {put(RECORD_DEVICE, &five, STORE_NEW),
                                  put(RECORD_DEVICE, &nine, STORE_NEW)};
    struct store_op delete_both[] = {{STORE_DELETE, RECORD_DEVICE, &nine, 1},
                                     {STORE_DELETE, RECORD_DEVICE, &five, STORE_ANY_REV}};
    struct record_event events[] = {{.head.id = 3, .at = 5}, {.head.id = 4, .at = 6}};
    struct host_error error;

    (void)state;
    assert_int_equal(highest(RECORD_DEVICE), 0);
    fixture_commit(store, put_both, 2);
    assert_int_equal(highest(RECORD_DEVICE), 9);
    fixture_commit(store, delete_both, 2);
    assert_int_equal(fixture_count(store, RECORD_DEVICE), 0);
    assert_int_equal(highest(RECORD_DEVICE), 9);
    assert_int_equal(highest(RECORD_EVENT), 0);
    assert_int_equal(fixture_put(store, RECORD_EVENT, &events[0], STORE_NEW), STORE_COMMITTED);
    assert_int_equal(fixture_put(store, RECORD_EVENT, &events[1], STORE_NEW), STORE_COMMITTED);
    assert_int_equal(store->trim_events(store, 100, &error), 0);
    assert_int_equal(fixture_count(store, RECORD_EVENT), 0);
    assert_int_equal(highest(RECORD_EVENT), 4);
}

/* ---- the double ---- */

static void test_double_answers_when_it_is_told(void **state)
{
    struct record_event event = {.head.id = 1};
    struct store_op op = put(RECORD_EVENT, &event, STORE_ANY_REV);

    (void)state;
    store_double_set_queued(store, true);
    answer_count = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(store->submit(store, &op, 1, note_order, NULL), 0);
    }
    assert_int_equal(answer_count, 0);
    assert_int_equal(store_double_queued(store), 3);
    assert_null(store_double_find(store, RECORD_EVENT, 1));
    assert_int_equal(store_double_pump(store, 1), 1);
    assert_int_equal(answer_count, 1);
    const struct record_event *row = store_double_find(store, RECORD_EVENT, 1);
    assert_non_null(row);
    assert_int_equal(row->head.rev, 1);
    assert_int_equal(store_double_lose_queued(store), 2);
    assert_int_equal(store_double_pump(store, 9), 0);
    assert_int_equal(store_double_commits(store), 1);
    assert_int_equal(store->submit(store, &op, 1, note_order, NULL), 0);
    store_double_set_queued(store, false);
    assert_int_equal(answer_count, 2);
}

static void test_double_fails_as_it_is_told(void **state)
{
    struct record_event events[] = {{.head.id = 1}, {.head.id = 2}};
    struct store_op ops[] = {put(RECORD_EVENT, &events[0], STORE_ANY_REV),
                             put(RECORD_EVENT, &events[1], STORE_ANY_REV)};

    (void)state;
    store_double_fail_next(store, 2, STORE_CONFLICT, 1);
    struct fixture_answer answer = fixture_submit(store, ops, 2);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 1);
    answer = fixture_submit(store, ops, 1);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 0);
    store_double_fail_next(store, 1, STORE_FULL, 0);
    assert_int_equal(fixture_submit(store, ops, 2).status, STORE_FULL);
    assert_int_equal(store_double_count(store, RECORD_EVENT), 0);
    fixture_commit(store, ops, 2);
    assert_int_equal(store_double_count(store, RECORD_EVENT), 2);
}

static void test_double_changes_behind_ones_back(void **state)
{
    struct record_device device = a_device(1, "a"), other = a_device(2, "a");

    (void)state;
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, STORE_NEW), STORE_COMMITTED);
    strcpy(device.name, "elsewhere");
    assert_int_equal(store_double_change(store, RECORD_DEVICE, &device), 0);
    assert_int_equal(store_double_change(store, RECORD_DEVICE, &other), -1);
    assert_int_equal(fixture_put(store, RECORD_DEVICE, &device, 1), STORE_CONFLICT);
    const struct record_device *row = store_double_at(store, RECORD_DEVICE, 0);
    assert_string_equal(row->name, "elsewhere");
    store_double_remove(store, RECORD_DEVICE, 1);
    assert_int_equal(store_double_count(store, RECORD_DEVICE), 0);
}

#define BOTH(test)                                                                             \
    {#test " (sqlite)", test, start_sqlite, stop_sqlite, NULL},                                \
    {                                                                                          \
#test " (double)", test, start_double, stop_double, NULL                               \
    }
#define DOUBLE(test)                                                                           \
    {                                                                                          \
#test, test, start_double, stop_double, NULL                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_every_column_of_every_kind_comes_back),
        BOTH(test_an_array_without_nul_is_not_left),
        BOTH(test_a_rev_grows_with_each_change),
        BOTH(test_another_rev_is_a_conflict),
        BOTH(test_any_rev_makes_or_replaces),
        BOTH(test_delete_checks_the_rev_of_what_is_there),
        BOTH(test_a_conflict_takes_the_whole_batch_back),
        BOTH(test_a_batch_without_operations_is_answered),
        BOTH(test_what_is_no_operation_is_refused),
        BOTH(test_a_unique_column_is_unique),
        BOTH(test_columns_can_be_unique_together),
        BOTH(test_a_device_has_one_open_action),
        BOTH(test_pages_go_up_and_down),
        BOTH(test_pages_can_be_of_one_value),
        BOTH(test_a_visitor_can_end_a_page),
        BOTH(test_a_column_without_index_is_refused),
        BOTH(test_a_visitor_may_read_and_submit),
        BOTH(test_batches_are_written_and_answered_in_order),
        BOTH(test_done_may_submit_and_read),
        BOTH(test_close_writes_what_was_submitted),
        BOTH(test_trim_keeps_young_and_final_events),
        BOTH(test_the_highest_id_is_known_after_its_row_is_gone),
        DOUBLE(test_double_answers_when_it_is_told),
        DOUBLE(test_double_fails_as_it_is_told),
        DOUBLE(test_double_changes_behind_ones_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
