/* SPDX-License-Identifier: Apache-2.0 */
/* What a store promises of what is written (cloud/store/store.h): the same tests against
 * SQLite and against the double in memory. Reading and order are in test_store_read.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/store_suite.h"

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

static void test_each_column_changes_alone(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        const struct record_table *table = record_table((enum record_kind)kind);
        union sqlite_row_record record = {.head.id = 1}, large = {.head.id = 1};
        uint32_t rev = 0;

        fill(table, false, NULL, &record);
        fill(table, true, "long", &large);
        for (size_t i = 0; i <= table->column_count; i++, rev++) {
            struct store_op op = suite_put((enum record_kind)kind, &record, rev);
            fixture_commit(suite_store, &op, 1);
            union sqlite_row_record *found = suite_get((enum record_kind)kind, 1);
            assert_non_null(found);
            assert_same(table, found, &record);
            free(found);
            if (i < table->column_count) {
                const struct record_column *column = &table->columns[i];
                memcpy((char *)&record + column->offset, (char *)&large + column->offset,
                       column->size);
            }
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
        struct store_op ops[] = {suite_put((enum record_kind)kind, &large, STORE_NEW),
                                 suite_put((enum record_kind)kind, &small, STORE_NEW)};
        fixture_commit(suite_store, ops, 2);
        union sqlite_row_record *found = suite_get((enum record_kind)kind, INT64_MAX);
        assert_non_null(found);
        assert_int_equal(found->head.rev, 1);
        assert_same(table, found, &large);
        free(found);
        found = suite_get((enum record_kind)kind, 1);
        assert_non_null(found);
        assert_same(table, found, &small);
        free(found);
        assert_int_equal(fixture_count(suite_store, (enum record_kind)kind), 2);
    }
    free(long_text);
}

static void test_an_array_without_nul_is_not_left(void **state)
{
    struct record_tag tag = {.head.id = 1, .device = 2};

    (void)state;
    memset(tag.tag, 't', sizeof tag.tag);
    assert_int_equal(fixture_put(suite_store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    union sqlite_row_record *found = suite_get(RECORD_TAG, 1);
    assert_non_null(found);
    assert_int_equal(strlen(found->tag.tag), RECORD_NAME_MAX);
    free(found);
}

/* ---- revs ---- */

static void test_a_rev_grows_with_each_change(void **state)
{
    struct record_device device = suite_device(5, "a");

    (void)state;
    device.head.rev = 77; /* means nothing */
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_COMMITTED);
    assert_int_equal(suite_rev(RECORD_DEVICE, 5), 1);
    strcpy(device.version, "03010102");
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, 1), STORE_COMMITTED);
    assert_int_equal(suite_rev(RECORD_DEVICE, 5), 2);
    union sqlite_row_record *found = suite_get(RECORD_DEVICE, 5);
    assert_string_equal(found->device.version, "03010102");
    free(found);
}

static void test_another_rev_is_a_conflict(void **state)
{
    struct record_device device = suite_device(5, "a");

    (void)state;
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, 1),
                     STORE_CONFLICT); /* gone */
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_COMMITTED);
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_CONFLICT);
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, 2), STORE_CONFLICT);
    assert_int_equal(suite_rev(RECORD_DEVICE, 5), 1);
}

static void test_any_rev_makes_or_replaces(void **state)
{
    struct record_contact contact = {.head.id = 9, .polls = 1};

    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        contact.polls = i;
        assert_int_equal(fixture_put(suite_store, RECORD_CONTACT, &contact, STORE_ANY_REV),
                         STORE_COMMITTED);
        assert_int_equal(suite_rev(RECORD_CONTACT, 9), i);
    }
    union sqlite_row_record *found = suite_get(RECORD_CONTACT, 9);
    assert_int_equal(found->contact.polls, 3);
    free(found);
}

static void test_delete_checks_the_rev_of_what_is_there(void **state)
{
    struct record_device device = suite_device(5, "a");
    struct record_head head = {.id = 5};
    struct store_op delete = {STORE_DELETE, RECORD_DEVICE, &head, 1};

    (void)state;
    fixture_commit(suite_store, &delete, 1); /* not there is no error */
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_COMMITTED);
    delete.expected_rev = 2;
    assert_int_equal(fixture_submit(suite_store, &delete, 1).status, STORE_CONFLICT);
    assert_int_equal(suite_rev(RECORD_DEVICE, 5), 1);
    delete.expected_rev = 1;
    fixture_commit(suite_store, &delete, 1);
    assert_int_equal(fixture_count(suite_store, RECORD_DEVICE), 0);
    assert_int_equal(fixture_put(suite_store, RECORD_DEVICE, &device, STORE_NEW),
                     STORE_COMMITTED);
    delete.expected_rev = STORE_ANY_REV;
    fixture_commit(suite_store, &delete, 1);
    assert_int_equal(fixture_count(suite_store, RECORD_DEVICE), 0);
}

/* ---- batches ---- */

static void test_a_conflict_takes_the_whole_batch_back(void **state)
{
    struct record_device devices[] = {suite_device(1, "a"), suite_device(2, "b"),
                                      suite_device(3, "c")};
    struct record_head two = {.id = 2};
    struct store_op first[] = {suite_put(RECORD_DEVICE, &devices[0], STORE_NEW),
                               suite_put(RECORD_DEVICE, &devices[1], STORE_NEW)};

    (void)state;
    fixture_commit(suite_store, first, 2);
    strcpy(devices[0].name, "changed");
    struct store_op ops[] = {
        suite_put(RECORD_DEVICE, &devices[0], 1),
        {STORE_DELETE, RECORD_DEVICE, &two, 1},
        suite_put(RECORD_DEVICE, &devices[2], STORE_NEW),
        suite_put(RECORD_DEVICE, &devices[0], 1), /* it has rev 2 now */
        suite_put(RECORD_DEVICE, &devices[2], 99),
    };
    struct fixture_answer answer = fixture_submit(suite_store, ops, 5);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 3);
    assert_string_not_equal(answer.reason, "");
    assert_int_equal(fixture_count(suite_store, RECORD_DEVICE), 2);
    union sqlite_row_record *found = suite_get(RECORD_DEVICE, 1);
    assert_string_equal(found->device.name, "");
    assert_int_equal(found->head.rev, 1);
    free(found);
    assert_int_equal(suite_rev(RECORD_DEVICE, 2), 1);
    ops[3].expected_rev = 2;
    fixture_commit(suite_store, ops, 4); /* the same without the conflict */
    assert_int_equal(suite_rev(RECORD_DEVICE, 1), 3);
    assert_int_equal(suite_rev(RECORD_DEVICE, 2), 0);
}

static void test_a_batch_without_operations_is_answered(void **state)
{
    (void)state;
    fixture_commit(suite_store, NULL, 0);
}

static void never(void *ctx, const struct store_outcome *outcome)
{
    (void)ctx;
    (void)outcome;
    fail();
}

static void test_what_is_no_operation_is_refused(void **state)
{
    struct record_device device = suite_device(1, "a");
    struct store_op op = suite_put(RECORD_KINDS, &device, STORE_NEW);

    (void)state;
    assert_int_equal(suite_store->submit(suite_store, &op, 1, never, NULL), -1);
    op = suite_put(RECORD_DEVICE, NULL, STORE_NEW);
    assert_int_equal(suite_store->submit(suite_store, &op, 1, never, NULL), -1);
    op = suite_put(RECORD_DEVICE, &device, STORE_NEW);
    op.verb = (enum store_verb)(STORE_DELETE + 1);
    assert_int_equal(suite_store->submit(suite_store, &op, 1, never, NULL), -1);
}

/* ---- unique columns ---- */

static void test_a_unique_column_is_unique(void **state)
{
    struct record_device one = suite_device(1, "same"), two = suite_device(2, "same");
    struct store_op ops[] = {suite_put(RECORD_DEVICE, &one, STORE_NEW),
                             suite_put(RECORD_DEVICE, &two, STORE_NEW)};

    (void)state;
    struct fixture_answer answer = fixture_submit(suite_store, ops, 2);
    assert_int_equal(answer.status, STORE_CONFLICT);
    assert_int_equal(answer.conflict, 1);
    assert_int_equal(fixture_count(suite_store, RECORD_DEVICE), 0);
    fixture_commit(suite_store, ops, 1);
    ops[1].expected_rev = STORE_ANY_REV;
    assert_int_equal(fixture_submit(suite_store, &ops[1], 1).status, STORE_CONFLICT);
    strcpy(two.controller_id, "Same"); /* bytes, not letters */
    fixture_commit(suite_store, &ops[1], 1);
    strcpy(two.controller_id, "same");
    ops[1].expected_rev = 1;
    assert_int_equal(fixture_submit(suite_store, &ops[1], 1).status, STORE_CONFLICT);
    ops[0] = (struct store_op){STORE_DELETE, RECORD_DEVICE, &one, 1};
    fixture_commit(suite_store, ops, 2); /* the value is free when the first one is gone */
}

static void test_columns_can_be_unique_together(void **state)
{
    struct record_tag tag = {.head.id = 1, .device = 1, .tag = "beach"};

    (void)state;
    assert_int_equal(fixture_put(suite_store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    tag.head.id = 2;
    assert_int_equal(fixture_put(suite_store, RECORD_TAG, &tag, STORE_NEW), STORE_CONFLICT);
    tag.device = 2;
    assert_int_equal(fixture_put(suite_store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
    tag.head.id = 3;
    strcpy(tag.tag, "beaches");
    assert_int_equal(fixture_put(suite_store, RECORD_TAG, &tag, STORE_NEW), STORE_COMMITTED);
}

static void test_a_device_has_one_open_action(void **state)
{
    struct record_action old = {.head.id = 1, .device = 7, .open = true},
                         new = {.head.id = 2, .device = 7, .open = true},
                         closed = {.head.id = 3, .device = 7};

    (void)state;
    assert_int_equal(fixture_put(suite_store, RECORD_ACTION, &old, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(fixture_put(suite_store, RECORD_ACTION, &closed, STORE_NEW),
                     STORE_COMMITTED);
    closed.head.id = 4;
    assert_int_equal(fixture_put(suite_store, RECORD_ACTION, &closed, STORE_NEW),
                     STORE_COMMITTED);
    assert_int_equal(fixture_put(suite_store, RECORD_ACTION, &new, STORE_NEW), STORE_CONFLICT);
    closed.open = true;
    assert_int_equal(fixture_put(suite_store, RECORD_ACTION, &closed, 1), STORE_CONFLICT);
    old.open = false;
    struct store_op ops[] = {suite_put(RECORD_ACTION, &old, 1),
                             suite_put(RECORD_ACTION, &new, STORE_NEW)};
    fixture_commit(suite_store, ops, 2);
}

/* ---- ids ---- */

static int64_t highest(enum record_kind kind)
{
    int64_t id = -1;
    struct host_error error = {0};

    if (suite_store->highest_id(suite_store, kind, &id, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    return id;
}

static void test_the_highest_id_is_known_after_its_row_is_gone(void **state)
{
    struct record_device five = suite_device(5, "a"), nine = suite_device(9, "b");
    struct store_op put_both[] = {suite_put(RECORD_DEVICE, &five, STORE_NEW),
                                  suite_put(RECORD_DEVICE, &nine, STORE_NEW)};
    struct store_op delete_both[] = {{STORE_DELETE, RECORD_DEVICE, &nine, 1},
                                     {STORE_DELETE, RECORD_DEVICE, &five, STORE_ANY_REV}};

    (void)state;
    assert_int_equal(highest(RECORD_DEVICE), 0);
    fixture_commit(suite_store, put_both, 2);
    assert_int_equal(highest(RECORD_DEVICE), 9);
    fixture_commit(suite_store, delete_both, 2);
    assert_int_equal(fixture_count(suite_store, RECORD_DEVICE), 0);
    assert_int_equal(highest(RECORD_DEVICE), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_every_column_of_every_kind_comes_back),
        BOTH(test_an_array_without_nul_is_not_left),
        BOTH(test_a_rev_grows_with_each_change),
        BOTH(test_each_column_changes_alone),
        BOTH(test_another_rev_is_a_conflict),
        BOTH(test_any_rev_makes_or_replaces),
        BOTH(test_delete_checks_the_rev_of_what_is_there),
        BOTH(test_a_conflict_takes_the_whole_batch_back),
        BOTH(test_a_batch_without_operations_is_answered),
        BOTH(test_what_is_no_operation_is_refused),
        BOTH(test_a_unique_column_is_unique),
        BOTH(test_columns_can_be_unique_together),
        BOTH(test_a_device_has_one_open_action),
        BOTH(test_the_highest_id_is_known_after_its_row_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
