/* SPDX-License-Identifier: Apache-2.0 */
/* The audit says what a value was and is; and what it says is chained. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include "cloud/store/audit.h"
#include "support/fleet_fixture.h"
#include "support/store_double.h"

static void expect(struct world *world, const char *verb, const char *before, const char *after)
{
    size_t count = store_double_count(world->store, RECORD_AUDIT);
    const struct record_audit *last = store_double_at(world->store, RECORD_AUDIT, count - 1);
    struct audit_end end;
    struct host_error error;

    assert_string_equal(last->verb, verb);
    assert_string_equal(last->before, before);
    assert_string_equal(last->after, after);
    assert_int_equal(audit_verify(world->store, &end, &error), 0);
    assert_int_equal(end.count, count);
}

static void settings(void **state)
{
    struct world *world = *state;

    world_set(world, "poll_interval_s", "60");
    expect(world, "setting", "300", "60");
    world_set(world, "poll_interval_s", "90");
    expect(world, "setting", "60", "90");
    world_set(world, "offers_stopped", "yes");
    expect(world, "setting", "no", "yes");
    world_set(world, "registration", "open");
    expect(world, "setting", "claim", "open");
}

static void change(struct world *world, int64_t device, struct fleet_device_change wish)
{
    fleet_change_device(world->fleet, "test", device, &wish, world_take_answer, world);
    assert_done(world);
}

static void devices(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    change(world, device, (struct fleet_device_change){.product = -1, .hold_reason = "lab"});
    expect(world, "device.hold", "", "lab");
    change(world, device, (struct fleet_device_change){.product = -1, .hold_reason = "moved"});
    expect(world, "device.hold", "lab", "moved");
    change(world, device, (struct fleet_device_change){.product = -1, .hold_reason = ""});
    expect(world, "device.release", "moved", "");
    change(world, device, (struct fleet_device_change){.product = -1, .name = "door"});
    expect(world, "device.name", "", "door");
    change(world, device, (struct fleet_device_change){.product = -1, .add_tag = "beach"});
    expect(world, "device.tag", "", "beach");
    change(world, device, (struct fleet_device_change){.product = -1, .remove_tag = "beach"});
    expect(world, "device.untag", "beach", "");
}

/* An entry's object has no room for a long name: it is cut between two characters. */
static void names_in_chinese(void **state)
{
    struct world *world = *state;
    char name[RECORD_NAME_MAX + 1];

    for (int i = 0; i < 3; i++) { /* any of a character's bytes is the last that fits */
        (void)snprintf(name, sizeof name, "%.*s宠物屋宠物屋宠物屋宠物屋宠物屋宠物屋", i, "ab");
        int64_t device = world_new_device(world, name);
        change(world, device, (struct fleet_device_change){.product = -1, .name = name});
        expect(world, "device.name", "", name);
        change(world, device,
               (struct fleet_device_change){.product = -1, .hold_reason = "lab"});
        expect(world, "device.hold", "", "lab");
    }
}

static void deployments_and_actions(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    int64_t deployment = world_deploy(world, "", MODE_MANUAL);

    fleet_command_action(world->fleet, "test", world_action_of(world, device).head.id,
                         FLEET_APPROVE, world_take_answer, world);
    assert_done(world);
    expect(world, "action.approve", "waiting_approval", "queued");
    (void)world_poll(world, "a");
    fleet_command_action(world->fleet, "test", world_action_of(world, device).head.id,
                         FLEET_CANCEL, world_take_answer, world);
    assert_done(world);
    expect(world, "action.cancel", "offered", "cancelling");
    fleet_set_deployment(world->fleet, "test", deployment, DEPLOYMENT_PAUSED, world_take_answer,
                         world);
    assert_done(world);
    expect(world, "deployment.pause", "active", "paused");
    fleet_set_deployment(world->fleet, "test", deployment, DEPLOYMENT_CANCELLED,
                         world_take_answer, world);
    assert_done(world);
    expect(world, "deployment.cancel", "paused", "cancelled");
}

static void tokens(void **state)
{
    struct world *world = *state;
    const struct record_token wish = {.kind = TOKEN_CLAIM, .name = "label", .uses_left = 1};
    char secret[FLEET_SECRET_SIZE];

    fleet_make_token(world->fleet, "test", &wish, secret, world_take_answer, world);
    assert_done(world);
    fleet_revoke_token(world->fleet, "test", world->answer.id, world_take_answer, world);
    assert_done(world);
    expect(world, "token.revoke", "valid", "revoked");
}

/* Only what differs. */
static void products(void **state)
{
    struct world *world = *state;
    struct record_product product = *(const struct record_product *)store_double_find(
        world->store, RECORD_PRODUCT, world->product);

    product.slot_size = 40000;
    (void)snprintf(product.name, sizeof product.name, "Caf\xC3\xA9");
    fleet_put_product(world->fleet, "test", &product, NULL, 0, world_take_answer, world);
    assert_done(world);
    expect(world, "product.change", "{\"name\":\"Pet House\",\"slot_size\":0}",
           "{\"name\":\"Caf\xC3\xA9\",\"slot_size\":40000}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(devices, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(names_in_chinese, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(deployments_and_actions, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(tokens, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(products, world_set_up, world_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
