/* SPDX-License-Identifier: Apache-2.0 */
/* The board's debugger by its own interface: what gdb does not ask for (board/debug.h). */
#include "support/gdb_fixture.h"

struct seen {
    unsigned count;
    uint32_t stop_at; /* 0 = nowhere */
};

static bool visit(void *ctx, uint32_t pc)
{
    struct seen *seen = ctx;

    seen->count++;
    return pc != seen->stop_at;
}

static void run_us(struct board *board, uint64_t us, enum board_stop expected)
{
    uint64_t until = board_now(board) + us * BOARD_TICKS_PER_US;

    assert_int_equal(board_run(board, until), expected);
}

static uint32_t counter(const struct board *board)
{
    uint8_t bytes[4];

    assert_int_equal(debug_read(board, COUNTER, bytes, sizeof bytes), sizeof bytes);
    return bytes[0];
}

static void test_every_instruction_is_visited(void **state)
{
    struct gdb_fixture *fixture = *state;
    struct board_debug debug;
    struct seen seen = {0, 0};
    uint64_t before = board_instructions(fixture->board);

    board_attach(fixture->board, &debug);
    debug.visit = visit;
    debug.visit_ctx = &seen;
    run_us(fixture->board, 100, BOARD_STOP_TIME);
    assert_true(seen.count > 100);
    assert_int_equal(seen.count, board_instructions(fixture->board) - before);
}

static void test_stops_before_the_visited_one_and_goes_on(void **state)
{
    struct gdb_fixture *fixture = *state;
    struct board_debug debug;
    struct seen seen = {0, STORE};
    const uint8_t zero[4] = {0, 0, 0, 0};

    assert_true(debug_write(fixture->board, COUNTER, zero, sizeof zero));
    board_attach(fixture->board, &debug);
    debug.visit = visit;
    debug.visit_ctx = &seen;
    for (unsigned round = 0; round < 3; round++) {
        run_us(fixture->board, 100, BOARD_STOP_ASKED);
        assert_int_equal(debug.hit, DEBUG_VISIT);
        assert_int_equal(debug_register(fixture->board, 15), STORE);
        assert_int_equal(counter(fixture->board), round);
        debug_resume(fixture->board, false);
    }
}

static void test_skipped_store_stores_nothing(void **state)
{
    struct gdb_fixture *fixture = *state;
    struct board_debug debug;
    struct seen seen = {0, STORE};
    const uint8_t zero[4] = {0, 0, 0, 0};

    assert_true(debug_write(fixture->board, COUNTER, zero, sizeof zero));
    board_attach(fixture->board, &debug);
    debug.visit = visit;
    debug.visit_ctx = &seen;
    run_us(fixture->board, 100, BOARD_STOP_ASKED);
    debug_skip(fixture->board);
    assert_int_equal(debug_register(fixture->board, 15), BACK);
    debug_resume(fixture->board, false);
    run_us(fixture->board, 100, BOARD_STOP_ASKED);
    assert_int_equal(counter(fixture->board), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_instruction_is_visited, fixture_start,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(test_stops_before_the_visited_one_and_goes_on,
                                        fixture_start, fixture_stop),
        cmocka_unit_test_setup_teardown(test_skipped_store_stores_nothing, fixture_start,
                                        fixture_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
