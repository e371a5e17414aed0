/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean ...?" (cli/nearest.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/nearest.h"

static const char *nearest_of(const char *typed)
{
    static const char *const words[] = {"push", "info", "image", "inspect", "baud", "board"};
    struct nearest nearest;

    nearest_init(&nearest, typed);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        nearest_offer(&nearest, words[i]);
    }
    return nearest.word;
}

static void test_nearest_of_each_mistake(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("pusk"), "push");       /* another letter */
    assert_string_equal(nearest_of("psh"), "push");        /* one left out */
    assert_string_equal(nearest_of("pushh"), "push");      /* one too many */
    assert_string_equal(nearest_of("insepct"), "inspect"); /* two swapped */
    assert_string_equal(nearest_of("baord"), "board");     /* 1, and not baud's 2 */
    assert_string_equal(nearest_of("push"), "push");
}

static void test_nearest_is_not_just_anything(void **state)
{
    (void)state;
    assert_null(nearest_of(""));
    assert_null(nearest_of("key"));
    assert_null(nearest_of("no-such"));
    assert_null(nearest_of("xyz"));
    assert_null(nearest_of("pushpushpushpushpushpushpush"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest_of_each_mistake),
        cmocka_unit_test(test_nearest_is_not_just_anything),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
