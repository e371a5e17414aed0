/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloud/store/store_sqlite.h"
#include "support/store_double.h"
#include "support/store_suite.h"

struct store *suite_store;

int suite_start_sqlite(void **state)
{
    struct host_error error;

    (void)state;
    fixture_make_folder();
    if (store_sqlite_open(fixture_path("otter.db"), &suite_store, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    return 0;
}

int suite_stop_sqlite(void **state)
{
    (void)state;
    suite_store->close(suite_store);
    fixture_remove_folder();
    return 0;
}

int suite_start_double(void **state)
{
    (void)state;
    suite_store = store_double_new();
    return 0;
}

int suite_stop_double(void **state)
{
    (void)state;
    suite_store->close(suite_store);
    return 0;
}

struct record_device suite_device(int64_t id, const char *controller_id)
{
    struct record_device device = {.head.id = id};

    strcpy(device.controller_id, controller_id);
    return device;
}

struct store_op suite_put(enum record_kind kind, const void *record, uint32_t expected_rev)
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

union sqlite_row_record *suite_get(enum record_kind kind, int64_t id)
{
    struct found found = {.kind = kind, .id = id};
    struct host_error error = {0};

    if (store_load(suite_store, kind, find_id, &found, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    assert_true(found.count <= 1);
    return found.copy;
}

uint32_t suite_rev(enum record_kind kind, int64_t id)
{
    union sqlite_row_record *row = suite_get(kind, id);
    uint32_t rev = row != NULL ? row->head.rev : 0;

    free(row);
    return rev;
}
