/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_index.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { COUNT = 5000, KEY_SIZE = 40 };

struct item {
    char key[KEY_SIZE];
};

static bool has_key(const void *item, const void *key, size_t key_len)
{
    const struct item *found = item;

    return strlen(found->key) == key_len && memcmp(found->key, key, key_len) == 0;
}

static struct item *make_items(void)
{
    struct item *items = calloc(COUNT, sizeof *items);

    assert_non_null(items);
    for (unsigned i = 0; i < COUNT; i++) { /* of every length, so that each tail is hashed */
        (void)snprintf(items[i].key, KEY_SIZE, "%.*s%u", (int)(i % 23),
                       "device-of-the-long-name", i);
    }
    return items;
}

static void *find(const struct fleet_index *index, const struct item *item)
{
    return fleet_index_find(index, item->key, strlen(item->key), has_key);
}

static void add_all(struct fleet_index *index, struct item *items)
{
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(fleet_index_add(index, items[i].key, strlen(items[i].key), &items[i]),
                         0);
    }
}

static void an_empty_index_finds_nothing(void **state)
{
    struct fleet_index index = {0};
    struct item item = {"a"};

    (void)state;
    assert_null(find(&index, &item));
    fleet_index_remove(&index, "a", 1, &item);
    assert_int_equal(fleet_index_reserve(&index, 10), 0);
    assert_null(find(&index, &item));
    fleet_index_remove(&index, "a", 1, &item);
    fleet_index_free(&index);
}

static void every_item_is_found_by_its_key_alone(void **state)
{
    struct item *items = make_items(), stranger = {"device-of-nobody"};
    struct fleet_index index = {0};

    (void)state;
    add_all(&index, items);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ptr_equal(find(&index, &items[i]), &items[i]);
    }
    assert_null(find(&index, &stranger));
    assert_int_equal(index.count, COUNT);
    fleet_index_free(&index);
    free(items);
}

static void what_was_taken_out_is_gone_and_all_others_stay(void **state)
{
    struct item *items = make_items();
    struct fleet_index index = {0};

    (void)state;
    add_all(&index, items);
    for (unsigned i = 0; i < COUNT; i += 3) {
        fleet_index_remove(&index, items[i].key, strlen(items[i].key), &items[i]);
        fleet_index_remove(&index, items[i].key, strlen(items[i].key), &items[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ptr_equal(find(&index, &items[i]), i % 3 == 0 ? NULL : &items[i]);
    }
    fleet_index_free(&index);
    free(items);
}

static void a_reserved_index_does_not_grow(void **state)
{
    struct item *items = make_items();
    struct fleet_index index = {0};

    (void)state;
    assert_int_equal(fleet_index_reserve(&index, COUNT), 0);
    size_t size = index.size;
    add_all(&index, items);
    assert_int_equal(index.size, size);
    assert_int_equal(fleet_index_reserve(&index, 1), 0);
    assert_int_equal(index.size, size);
    assert_ptr_equal(find(&index, &items[COUNT - 1]), &items[COUNT - 1]);
    fleet_index_free(&index);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(every_item_is_found_by_its_key_alone),
        cmocka_unit_test(what_was_taken_out_is_gone_and_all_others_stay),
        cmocka_unit_test(a_reserved_index_does_not_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
