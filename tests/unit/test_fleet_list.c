/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in order of an id: where one stands, and what stands behind it. */
#include "cloud/fleet/fleet_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

struct item {
    int64_t id;
};

static struct item items[] = {{1}, {2}, {5}, {INT64_MAX}};
enum { COUNT = sizeof items / sizeof items[0] };

static void fill(struct fleet_list *list)
{
    for (size_t i = 0; i < COUNT; i++) { /* not in their order */
        assert_int_equal(fleet_list_add(list, &items[(i * 3 + 2) % COUNT]), 0);
    }
    assert_int_equal(list->count, COUNT);
}

static void an_id_stands_in_its_place(void **state)
{
    struct fleet_list list = {0};

    (void)state;
    assert_int_equal(fleet_list_place(&list, 1), 0);
    fill(&list);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(fleet_list_place(&list, items[i].id), i);
        assert_ptr_equal(fleet_list_find(&list, items[i].id), &items[i]);
    }
    assert_int_equal(fleet_list_place(&list, 3), 2);
    assert_null(fleet_list_find(&list, 3));
    free(list.items);
}

static void behind_an_id_is_the_next_one(void **state)
{
    struct fleet_list list = {0};

    (void)state;
    assert_int_equal(fleet_list_behind(&list, 0), 0);
    fill(&list);
    assert_int_equal(fleet_list_behind(&list, INT64_MIN), 0);
    assert_int_equal(fleet_list_behind(&list, 0), 0);
    assert_int_equal(fleet_list_behind(&list, 2), 2);
    assert_int_equal(fleet_list_behind(&list, 3), 2);
    assert_int_equal(fleet_list_behind(&list, 5), 3);
    assert_int_equal(fleet_list_behind(&list, INT64_MAX - 1), 3);
    assert_int_equal(fleet_list_behind(&list, INT64_MAX), COUNT);
    free(list.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_stands_in_its_place),
        cmocka_unit_test(behind_an_id_is_the_next_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
