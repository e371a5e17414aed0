/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: what ends after its days, what stays, and clocks that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include "support/fleet_fixture.h"
#include "support/store_double.h"
#include "support/store_fixture.h"

static const int64_t day_ms = 24 * 60 * MINUTE_MS;

static void run_for(struct world *world, int64_t ms)
{
    world->wall_ms += ms;
    world->steady_ms += ms;
    world_ticks(world);
}

/* Lines of any device, written `age_days` ago by the world's wall clock. */
static void add_lines(struct world *world, int64_t first_id, int count, int64_t age_days,
                      bool final)
{
    for (int i = 0; i < count; i++) {
        struct record_event event = {.head.id = first_id + i,
                                     .at = world->wall_ms - age_days * day_ms,
                                     .kind = "action.note",
                                     .final = final};

        assert_int_equal(fixture_put(world->store, RECORD_EVENT, &event, STORE_NEW),
                         STORE_COMMITTED);
    }
}

static bool is_there(struct world *world, int64_t id)
{
    return store_double_find(world->store, RECORD_EVENT, id) != NULL;
}

static void lines_end_after_their_days_and_final_ones_stay(void **state)
{
    struct world *world = *state;

    add_lines(world, 1001, 1, 91, false);
    add_lines(world, 1002, 1, 91, true);
    add_lines(world, 1003, 1, 89, false);
    run_for(world, MINUTE_MS);
    assert_false(is_there(world, 1001));
    assert_true(is_there(world, 1002));
    assert_true(is_there(world, 1003));
    run_for(world, 2 * day_ms);
    assert_true(is_there(world, 1002));
    assert_false(is_there(world, 1003));
}

static void a_clock_that_jumps_ahead_deletes_nothing_young(void **state)
{
    struct world *world = *state;

    add_lines(world, 1001, 1, 0, false);
    run_for(world, MINUTE_MS);
    world->wall_ms += 10 * 365 * day_ms;
    for (int hour = 0; hour < 24; hour++) {
        run_for(world, 60 * MINUTE_MS);
    }
    assert_true(is_there(world, 1001));
    world_restart(world); /* the clock is still wrong */
    run_for(world, MINUTE_MS);
    assert_true(is_there(world, 1001));
    world->wall_ms -= 10 * 365 * day_ms;
    run_for(world, 91 * day_ms);
    run_for(world, MINUTE_MS);
    assert_false(is_there(world, 1001));
}

static void lines_of_a_wrong_future_stay_and_hide_no_old_ones(void **state)
{
    struct world *world = *state;

    add_lines(world, 1001, 1, -3650, false);
    add_lines(world, 1002, 1, 91, false);
    run_for(world, MINUTE_MS);
    assert_true(is_there(world, 1001));
    assert_false(is_there(world, 1002));
}

static void a_clock_that_is_set_back_loses_nothing_and_hides_nothing_for_good(void **state)
{
    struct world *world = *state;

    add_lines(world, 1001, 1, 80, false);
    run_for(world, MINUTE_MS);
    world->wall_ms -= 50 * 365 * day_ms;
    run_for(world, MINUTE_MS);
    add_lines(world, 1002, 1, 0, false); /* of the seventies */
    world->wall_ms += 50 * 365 * day_ms;
    run_for(world, MINUTE_MS);
    assert_true(is_there(world, 1001));
    assert_true(is_there(world, 1002));
    run_for(world, 11 * day_ms);
    assert_false(is_there(world, 1001));
    assert_false(is_there(world, 1002));
}

static void after_a_month_off_it_is_up_to_date_in_days(void **state)
{
    struct world *world = *state;

    run_for(world, MINUTE_MS);
    add_lines(world, 1001, 1, 80, false);
    world->wall_ms += 30 * day_ms;
    world_restart(world);
    run_for(world, MINUTE_MS);
    assert_true(is_there(world, 1001));
    run_for(world, 3 * day_ms);
    assert_false(is_there(world, 1001));
}

/* ---- its cost ---- */
struct counting_store {
    struct store store; /* first */
    struct store *below;
    size_t lines, deletes;
    store_visitor *visitor;
    void *visitor_ctx;
};

static bool count_line(void *ctx, const void *record)
{
    struct counting_store *self = ctx;

    self->lines++;
    return self->visitor(self->visitor_ctx, record);
}

static int read_counting(struct store *store, const struct store_query *query,
                         store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    struct counting_store *self = (struct counting_store *)store;

    if (query->kind != RECORD_EVENT) {
        return self->below->read(self->below, query, visitor, ctx, out_error);
    }
    self->visitor = visitor;
    self->visitor_ctx = ctx;
    return self->below->read(self->below, query, count_line, self, out_error);
}

static int submit_counting(struct store *store, const struct store_op ops[], size_t count,
                           store_done *done, void *ctx)
{
    struct counting_store *self = (struct counting_store *)store;

    for (size_t i = 0; i < count; i++) {
        self->deletes += ops[i].verb == STORE_DELETE && ops[i].kind == RECORD_EVENT;
    }
    return self->below->submit(self->below, ops, count, done, ctx);
}

static int highest_counting(struct store *store, enum record_kind kind, int64_t *out_id,
                            struct host_error *out_error)
{
    struct store *below = ((struct counting_store *)store)->below;

    return below->highest_id(below, kind, out_id, out_error);
}

static void a_pass_is_bounded_and_looks_at_no_line_twice(void **state)
{
    enum { FINAL = 6000, OLD = 2500 };
    struct world *world = *state;
    struct counting_store counting = {.store = {.submit = submit_counting,
                                                .read = read_counting,
                                                .highest_id = highest_counting},
                                      .below = world->store};

    add_lines(world, 1001, FINAL, 91, true);
    add_lines(world, 1001 + FINAL, OLD, 91, false);
    fleet_close(world->fleet);
    world->store = &counting.store;
    world_open(world);
    for (int pass = 0; pass < 10; pass++) {
        size_t lines = counting.lines, deletes = counting.deletes;

        world->wall_ms += pass == 0 ? MINUTE_MS : 1000; /* what is left is not put off */
        world->steady_ms += pass == 0 ? MINUTE_MS : 1000;
        fleet_tick(world->fleet);
        assert_in_range(counting.lines - lines, 0, 5001);
        assert_in_range(counting.deletes - deletes, 0, 1000);
    }
    assert_int_equal(counting.deletes, OLD);
    size_t lines = counting.lines;
    for (int minute = 0; minute < 100; minute++) {
        world->wall_ms += MINUTE_MS;
        world->steady_ms += MINUTE_MS;
        fleet_tick(world->fleet);
    }
    assert_in_range(counting.lines - lines, 0, 200); /* the first that is young, each time */
    fleet_close(world->fleet);
    world->store = counting.below;
    world_open(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_end_after_their_days_and_final_ones_stay,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_jumps_ahead_deletes_nothing_young,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(lines_of_a_wrong_future_stay_and_hide_no_old_ones,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_clock_that_is_set_back_loses_nothing_and_hides_nothing_for_good, world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(after_a_month_off_it_is_up_to_date_in_days,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_pass_is_bounded_and_looks_at_no_line_twice,
                                        world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
