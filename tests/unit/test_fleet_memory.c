/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "cloud/fleet/fleet_memory.h"

enum { COUNT = 20000 }; /* several blocks, the last ones of large pages */

static size_t size_of(size_t i)
{
    return i * 37 % (FLEET_SMALL_MAX + 40); /* some are malloc()'s */
}

static void is_all(const uint8_t *item, size_t size, uint8_t value)
{
    size_t at = 0;

    while (at < size && item[at] == value) {
        at++;
    }
    assert_int_equal(at, size);
}

static void items_are_zeroed_and_their_own(void **state)
{
    static uint8_t *items[COUNT];
    struct fleet_arena arena = {0};

    (void)state;
    for (size_t round = 0; round < 2; round++) { /* the second one takes what was given back */
        for (size_t i = 0; i < COUNT; i++) {
            items[i] = fleet_arena_new(&arena, size_of(i));
            assert_non_null(items[i]);
            assert_int_equal((uintptr_t)items[i] % FLEET_UNIT, 0);
            is_all(items[i], size_of(i), 0);
            memset(items[i], (int)(i % 255) + 1, size_of(i));
        }
        for (size_t i = 0; i < COUNT; i++) {
            is_all(items[i], size_of(i), (uint8_t)(i % 255 + 1));
            fleet_arena_give(&arena, items[i], size_of(i));
        }
    }
    fleet_arena_free(&arena);
}

static void what_was_given_back_is_used_again(void **state)
{
    struct fleet_arena arena = {0};
    const void *block = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        void *item = fleet_arena_new(&arena, 200);

        assert_non_null(item);
        block = block != NULL ? block : arena.blocks;
        assert_ptr_equal(arena.blocks, block);
        fleet_arena_give(&arena, item, 200);
    }
    fleet_arena_free(&arena);
}

static void a_large_piece_is_zeroed(void **state)
{
    static const size_t sizes[] = {64, 100000, 2 << 20, 4 << 20};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *memory = fleet_memory_large(sizes[i]);

        assert_non_null(memory);
        is_all(memory, sizes[i], 0);
        memset(memory, 1, sizes[i]);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_zeroed_and_their_own),
        cmocka_unit_test(what_was_given_back_is_used_again),
        cmocka_unit_test(a_large_piece_is_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
