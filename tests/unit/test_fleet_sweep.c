/* SPDX-License-Identifier: Apache-2.0 */
/* How deployments come to devices: in steps of bounded work, whoever changes meanwhile; and how
 * they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "support/fleet_fixture.h"
#include "support/store_double.h"

enum { DEVICES = 600, DEPLOYMENTS = 20, FIRST_ID = 1000 };

/* ---- many devices ---- */
/* Rows of devices "many-0" and so on, as another start finds them. */
static void add_devices(struct world *world)
{
    struct record_device device = {
        .head.rev = 1, .hardware = "00000001", .version = "03010101", .reports_version = true};

    device.product = world->product;
    for (int i = 0; i < DEVICES; i++) {
        device.head.id = FIRST_ID + i;
        snprintf(device.controller_id, sizeof device.controller_id, "many-%d", i);
        assert_int_equal(store_double_change(world->store, RECORD_DEVICE, &device), 0);
    }
    world_restart(world);
}

/* As if a device ran it. */
static void prove_firmware(struct world *world)
{
    struct record_firmware firmware = *(const struct record_firmware *)store_double_find(
        world->store, RECORD_FIRMWARE, world->firmware);

    firmware.proven_at = 1;
    firmware.notes = "";
    assert_int_equal(store_double_change(world->store, RECORD_FIRMWARE, &firmware), 0);
    world_restart(world);
}

static int64_t deploy_until(struct world *world, const char *rule, int64_t ends_at)
{
    const struct record_deployment deployment = {.firmware = world->firmware,
                                                 .name = "first",
                                                 .rule = rule,
                                                 .mode = MODE_SILENT,
                                                 .attempts = 1,
                                                 .ends_at = ends_at};

    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_done(world);
    return world->answer.id;
}

static int64_t deploy(struct world *world, const char *rule)
{
    return deploy_until(world, rule, 0);
}

static struct fleet_counts counts_of(struct world *world)
{
    struct fleet_counts counts;

    fleet_count(world->fleet, &counts);
    return counts;
}

static void sweep_to_the_end(struct world *world)
{
    enum { STEPS_MAX = 1000 };

    for (int i = 0; fleet_wants_sweep(world->fleet); i++) {
        assert_in_range(i, 0, STEPS_MAX);
        fleet_sweep(world->fleet);
    }
}

static void tag(struct world *world, int64_t device, const char *text)
{
    const struct fleet_device_change wish = {.product = -1, .add_tag = text};

    fleet_change_device(world->fleet, "operator", device, &wish, world_take_answer, world);
    assert_done(world);
}

static void no_step_looks_at_more_than_its_share(void **state)
{
    struct world *world = *state;
    int64_t newest = 0;

    add_devices(world);
    prove_firmware(world);
    for (int i = 0; i < DEPLOYMENTS; i++) {
        newest = deploy(world, "");
    }
    sweep_to_the_end(world);
    for (int i = 0; i < DEVICES; i++) {
        assert_int_equal(world_action_of(world, FIRST_ID + i).deployment, newest);
    }
    assert_in_range(counts_of(world).looks_most, DEVICES, FLEET_LOOKS_MAX);
    assert_in_range(counts_of(world).looks, DEVICES * DEPLOYMENTS, 3 * DEVICES * DEPLOYMENTS);
}

static void a_device_that_changes_is_looked_at_alone(void **state)
{
    struct world *world = *state;

    add_devices(world);
    prove_firmware(world);
    for (int i = 0; i < DEPLOYMENTS; i++) {
        (void)deploy(world, "");
    }
    sweep_to_the_end(world);
    uint64_t before = counts_of(world).looks;
    fleet_command_action(world->fleet, "operator", world_action_of(world, FIRST_ID).head.id,
                         FLEET_CANCEL, world_take_answer, world);
    assert_done(world);
    sweep_to_the_end(world);
    assert_int_equal(counts_of(world).looks - before, DEPLOYMENTS);
    tag(world, FIRST_ID, "x");
    sweep_to_the_end(world);
    assert_int_equal(counts_of(world).looks - before, 2 * DEPLOYMENTS);
}

/* A pass over all devices, and one step of it. */
static void begin_pass(struct world *world)
{
    world_set(world, "tries_max", "4");
    fleet_sweep(world->fleet);
    assert_true(fleet_wants_sweep(world->fleet));
}

static void a_device_that_changes_behind_a_pass_is_not_missed(void **state)
{
    struct world *world = *state;
    int64_t newest = 0;

    add_devices(world);
    prove_firmware(world);
    tag(world, FIRST_ID + 1, "x");
    for (int i = 0; i < DEPLOYMENTS; i++) {
        newest = deploy(world, "tag = x");
    }
    sweep_to_the_end(world);
    begin_pass(world);
    tag(world, FIRST_ID, "x");
    fleet_sweep(world->fleet);
    assert_int_equal(world_action_of(world, FIRST_ID).deployment, newest);
    assert_int_equal(world_action_of(world, FIRST_ID + 2).head.id, 0);
}

static void the_one_on_line_goes_first_wherever_a_step_ends(void **state)
{
    enum { ON_LINE = DEVICES - 1 };
    struct world *world = *state;
    char id[16];

    add_devices(world);
    int64_t proven = world_add_firmware(world, "03010103"), unproven = world->firmware;
    world->firmware = proven;
    prove_firmware(world);
    snprintf(id, sizeof id, "many-%d", ON_LINE);
    (void)world_poll(world, id);
    world->firmware = unproven;
    (void)deploy(world, ""); /* the oldest: it comes last */
    tag(world, FIRST_ID + 1, "x");
    world->firmware = proven;
    /* The step after the one for many-1 ends among the devices of the oldest. */
    for (int i = 0; i <= FLEET_LOOKS_MAX / DEVICES; i++) {
        (void)deploy(world, "tag = x");
    }
    sweep_to_the_end(world);
    assert_int_equal(counts_of(world).looks_most, FLEET_LOOKS_MAX);
    assert_int_equal(world_action_of(world, FIRST_ID + ON_LINE).firmware, unproven);
    assert_int_equal(world_action_of(world, FIRST_ID).head.id, 0);
}

static void a_sweep_outlives_what_fails(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a"), b = world_new_device(world, "b");

    prove_firmware(world);
    (void)deploy(world, "");
    store_double_fail_next(world->store, 1, STORE_CONFLICT, 0);
    sweep_to_the_end(world);
    assert_true(world_action_of(world, a).open);
    assert_true(world_action_of(world, b).open);
    (void)deploy(world, ""); /* for whoever is free */
    sweep_to_the_end(world);
    fleet_command_action(world->fleet, "operator", world_action_of(world, a).head.id,
                         FLEET_CANCEL, world_take_answer, world);
    assert_done(world);
    store_double_fail_next(world->store, 1, STORE_FULL, 0);
    fleet_sweep(world->fleet);
    assert_false(world_action_of(world, a).open);
    sweep_to_the_end(world);
    assert_true(world_action_of(world, a).open);
}

/* ---- ends ---- */
struct wanted {
    int64_t id, state;
};

static bool take_state(void *ctx, const void *record)
{
    const struct record_deployment *deployment = record;
    struct wanted *wanted = ctx;

    wanted->state = deployment->head.id == wanted->id ? deployment->state : wanted->state;
    return true;
}

static int64_t state_of(struct world *world, int64_t deployment)
{
    struct wanted wanted = {.id = deployment};

    fleet_visit_records(world->fleet, RECORD_DEPLOYMENT, take_state, &wanted);
    return wanted.state;
}

static void fail_update(struct world *world, int64_t device, const char *id)
{
    int64_t attempt = world_fetch(world, id);

    assert_int_equal(world_say(world, device, attempt, DDI_CLOSED, true, 7), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_FAILED);
    world_ticks(world);
}

static void a_list_ends_with_its_last_device_and_a_rule_does_not(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a"), b = world_new_device(world, "b");
    int64_t rule = deploy(world, "tag = x or id in (a, b)");
    int64_t list = deploy(world, "id in (\"a\", b)");

    world_ticks(world);
    world_report(world, a, "03010102");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE);
    assert_int_equal(world_action_of(world, b).deployment, list);
    fail_update(world, b, "b");
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    assert_int_equal(state_of(world, rule), DEPLOYMENT_ACTIVE);
    const struct record_audit *last = store_double_at(
        world->store, RECORD_AUDIT, store_double_count(world->store, RECORD_AUDIT) - 1);
    assert_string_equal(last->verb, "deployment.end");
    world_restart(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    fleet_set_deployment(world->fleet, "operator", list, DEPLOYMENT_PAUSED, world_take_answer,
                         world);
    assert_int_equal(world_result(world), FLEET_CONFLICT);
}

static void a_retry_takes_an_ended_list_up_again(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    prove_firmware(world);
    int64_t list = deploy(world, "id = a");
    world_ticks(world);
    fail_update(world, device, "a");
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_RETRY, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE);
    (void)world_fetch(world, "a");
    world_report(world, device, "03010102");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
}

static void a_list_waits_for_whom_it_may_come_to_yet(void **state)
{
    struct world *world = *state;
    int64_t held = world_new_device(world, "held"), by_hand = world_new_device(world, "hand");
    struct fleet_device_change wish = {.product = -1, .hold_reason = "in the lab"};

    prove_firmware(world);
    fleet_change_device(world->fleet, "operator", held, &wish, world_take_answer, world);
    assert_done(world);
    world_report(world, by_hand, "03010102");
    int64_t list = deploy(world, "id in (held, hand)");
    world->steady_ms += MINUTE_MS;
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE);
    wish.hold_reason = "";
    fleet_change_device(world->fleet, "operator", held, &wish, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    world_report(world, held, "03010102");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
}

static void whose_first_device_failed_waits_for_a_person(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a"), list = deploy(world, "id = a");

    world_ticks(world);
    fail_update(world, device, "a");
    assert_int_equal(state_of(world, list), DEPLOYMENT_PAUSED);
    fleet_set_deployment(world->fleet, "operator", list, DEPLOYMENT_ACTIVE, world_take_answer,
                         world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
}

static void a_deployment_ends_with_its_time_and_its_last_update(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    prove_firmware(world);
    int64_t rule = deploy_until(world, "", world->wall_ms + 1);
    world_ticks(world);
    int64_t attempt = world_fetch(world, "a");
    world->wall_ms += MINUTE_MS;
    world->steady_ms += MINUTE_MS;
    world_ticks(world);
    assert_int_equal(state_of(world, rule), DEPLOYMENT_ACTIVE); /* this one goes on */
    assert_int_equal(world_say(world, device, attempt, DDI_CLOSED, true, 7), FLEET_DONE);
    world_ticks(world);
    assert_int_equal(state_of(world, rule), DEPLOYMENT_ENDED);
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_RETRY, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_CONFLICT);
}

static void a_clock_that_jumps_ends_nothing_for_good(void **state)
{
    const int64_t days_ms = 4LL * 24 * 60 * MINUTE_MS;
    struct world *world = *state;
    int64_t a = world_new_device(world, "a");
    struct fleet_device_change wish = {.product = -1, .hold_reason = "in the lab"};

    prove_firmware(world);
    int64_t running = deploy_until(world, "", world->wall_ms + 60 * MINUTE_MS);
    world_ticks(world);
    assert_true(world_action_of(world, a).open);
    fleet_change_device(world->fleet, "operator", a, &wish, world_take_answer, world);
    assert_done(world);
    int64_t idle = deploy_until(world, "", world->wall_ms + 60 * MINUTE_MS);
    world->wall_ms += days_ms;
    world->steady_ms += MINUTE_MS;
    world_ticks(world);
    assert_int_equal(state_of(world, idle), DEPLOYMENT_ACTIVE);
    assert_int_equal(state_of(world, running), DEPLOYMENT_ACTIVE);
    assert_true(world_action_of(world, a).open);
    world->wall_ms -= days_ms - 60 * MINUTE_MS;
    for (int i = 0; i < 10; i++) { /* ten times as fast as time goes by */
        world->steady_ms += MINUTE_MS;
        world_ticks(world);
    }
    assert_false(world_action_of(world, a).open);
    assert_int_equal(state_of(world, idle), DEPLOYMENT_ENDED);
    assert_int_equal(state_of(world, running), DEPLOYMENT_ENDED);
}

static enum fleet_result resume(struct world *world, int64_t deployment)
{
    fleet_set_deployment(world->fleet, "operator", deployment, DEPLOYMENT_ACTIVE,
                         world_take_answer, world);
    return world_result(world);
}

/* The `back`th entry from the end. */
static const struct record_audit *entry(struct world *world, size_t back)
{
    return store_double_at(world->store, RECORD_AUDIT,
                           store_double_count(world->store, RECORD_AUDIT) - back);
}

static void an_ended_deployment_is_resumed_while_it_has_time(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    prove_firmware(world);
    int64_t list = deploy_until(world, "id = a", world->wall_ms + 60 * MINUTE_MS);
    world_ticks(world);
    fail_update(world, device, "a");
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    assert_string_equal(entry(world, 1)->verb, "deployment.end");
    assert_string_equal(entry(world, 1)->before, "active");
    assert_int_equal(resume(world, list), FLEET_DONE);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE);
    assert_string_equal(entry(world, 1)->verb, "deployment.resume");
    assert_string_equal(entry(world, 1)->before, "ended");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    world->wall_ms += 60 * MINUTE_MS;
    assert_int_equal(resume(world, list), FLEET_CONFLICT);
}

static void deployments_end_while_offers_are_stopped(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a");

    prove_firmware(world);
    int64_t timed = deploy_until(world, "tag = x or id = a", world->wall_ms + MINUTE_MS);
    int64_t list = deploy(world, "id = a");
    world_ticks(world);
    world_set(world, "offers_stopped", "yes");
    world_report(world, a, "03010102");
    world->wall_ms += MINUTE_MS;
    world->steady_ms += MINUTE_MS;
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    assert_int_equal(state_of(world, timed), DEPLOYMENT_ENDED);
    int64_t b = world_new_device(world, "b");
    (void)deploy(world, "");
    world_ticks(world);
    assert_int_equal(world_action_of(world, b).head.id, 0); /* nothing is made meanwhile */
    world_set(world, "offers_stopped", "no");
    world_ticks(world);
    assert_true(world_action_of(world, b).open);
}

static void a_list_does_not_wait_for_a_deleted_device(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a"), b = world_new_device(world, "b");

    prove_firmware(world);
    int64_t other = deploy(world, "id in (b, never)"), list = deploy(world, "id in (a, b)");
    world_ticks(world);
    fail_update(world, a, "a");
    fleet_delete_device(world->fleet, "operator", a, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE); /* b is still to come */
    world_report(world, b, "03010102");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    assert_int_equal(state_of(world, other), DEPLOYMENT_ACTIVE); /* who never was may come */
}

static void a_list_whose_devices_are_deleted_is_done(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a");
    struct fleet_device_change wish = {.product = -1, .hold_reason = "in the lab"};

    prove_firmware(world);
    fleet_change_device(world->fleet, "operator", a, &wish, world_take_answer, world);
    assert_done(world);
    int64_t list = deploy(world, "id = a");
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ACTIVE);
    fleet_delete_device(world->fleet, "operator", a, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
}

static void the_audit_tells_what_a_retry_did(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    prove_firmware(world);
    int64_t list = world_deploy(world, "id = a", MODE_MANUAL);
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_DENY, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(state_of(world, list), DEPLOYMENT_ENDED);
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_RETRY, world_take_answer, world);
    assert_done(world);
    assert_string_equal(entry(world, 1)->verb, "action.retry");
    assert_string_equal(entry(world, 1)->after, "waiting_approval");
    assert_string_equal(entry(world, 2)->verb, "deployment.resume");
    assert_string_equal(entry(world, 2)->before, "ended");
    assert_string_equal(entry(world, 2)->after, "active");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_step_looks_at_more_than_its_share),
        TEST(a_device_that_changes_is_looked_at_alone),
        TEST(a_device_that_changes_behind_a_pass_is_not_missed),
        TEST(the_one_on_line_goes_first_wherever_a_step_ends),
        TEST(a_sweep_outlives_what_fails),
        TEST(a_list_ends_with_its_last_device_and_a_rule_does_not),
        TEST(a_retry_takes_an_ended_list_up_again),
        TEST(a_list_waits_for_whom_it_may_come_to_yet),
        TEST(whose_first_device_failed_waits_for_a_person),
        TEST(a_deployment_ends_with_its_time_and_its_last_update),
        TEST(a_clock_that_jumps_ends_nothing_for_good),
        TEST(an_ended_deployment_is_resumed_while_it_has_time),
        TEST(deployments_end_while_offers_are_stopped),
        TEST(a_list_does_not_wait_for_a_deleted_device),
        TEST(a_list_whose_devices_are_deleted_is_done),
        TEST(the_audit_tells_what_a_retry_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
