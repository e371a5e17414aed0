/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that report no version, as SWUpdate: what they say is all that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "support/fleet_fixture.h"

static void add_opaque_firmware(struct world *world, const char *version)
{
    struct record_firmware firmware = {
        .kind = FIRMWARE_OPAQUE, .product = world->product, .name = "system.swu", .size = 100};

    strcpy(firmware.version, version);
    memset(firmware.sha256, version[0], 64);
    fleet_add_firmware(world->fleet, "test", &firmware, world_take_answer, world);
    assert_done(world);
    world->firmware = world->answer.id;
}

/* A device that reports no version, as SWUpdate. */
static int64_t new_silent_device(struct world *world, const char *id)
{
    const struct fleet_device_change change = {.product = world->product};
    int64_t device = world_poll(world, id).device;

    fleet_change_device(world->fleet, "test", device, &change, world_take_answer, world);
    assert_done(world);
    return device;
}

static void a_client_without_versions_is_taken_by_its_word(void **state)
{
    struct world *world = *state;
    int64_t device = new_silent_device(world, "gateway");

    add_opaque_firmware(world, "2.0");
    world_deploy(world, "id = gateway", MODE_SILENT);
    int64_t id = world_fetch(world, "gateway");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    assert_true(world_action_of(world, device).by_word);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0),
                     FLEET_DONE); /* twice */
}

/* SWUpdate says "1 of 1", and its final word after the next restart. */
static void a_client_that_waits_for_its_restart_keeps_its_try(void **state)
{
    struct world *world = *state;
    int64_t device = new_silent_device(world, "gateway");

    add_opaque_firmware(world, "2.0");
    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "gateway");
    assert_int_equal(world_progress(world, device, id, 1, 1), FLEET_DONE);
    world->steady_ms += 23 * 60 * MINUTE_MS;
    assert_int_equal(world_progress(world, device, id, 1, 1), FLEET_DONE); /* extends nothing */
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_TRANSFERRING);
    assert_int_equal(world_action_of(world, device).attempt, 1);
    world->steady_ms += 61 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).attempt, 2);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
}

/* It writes the file to its slow flash, and says nothing that counts meanwhile. */
static void a_client_that_has_the_whole_file_has_longer_than_one_that_has_a_part(void **state)
{
    struct world *world = *state;
    int64_t device = new_silent_device(world, "gateway");

    add_opaque_firmware(world, "2.0"); /* 100 bytes */
    world_deploy(world, "", MODE_SILENT);
    (void)world_poll(world, "gateway");
    fleet_bytes_sent(world->fleet, device, world->firmware, 50);
    fleet_bytes_sent(world->fleet, device, world->firmware, 100);
    world->steady_ms += 29 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).attempt, 1);
    fleet_bytes_sent(world->fleet, device, world->firmware, 50); /* once more, and in part */
    world->steady_ms += 16 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).attempt, 2);
}

static void what_a_client_says_to_have_it_does_not_get_again(void **state)
{
    struct world *world = *state;
    int64_t device = new_silent_device(world, "gateway");

    add_opaque_firmware(world, "2.0");
    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "gateway");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    const struct record_deployment again = {.firmware = world->firmware,
                                            .rule = "version = 2.0",
                                            .mode = MODE_SILENT,
                                            .attempts = 1};
    world_restart(world);
    fleet_deploy(world->fleet, "operator", &again, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_REFUSED);
    assert_non_null(strstr(world->answer.reason, "runs this version already"));
}

static void an_older_deployment_does_not_take_a_device_back(void **state)
{
    struct world *world = *state;
    int64_t device = new_silent_device(world, "gateway");

    for (const char *version = "123"; *version != '\0'; version++) {
        add_opaque_firmware(world, version);
        world_deploy(world, "", MODE_SILENT);
        int64_t id = world_fetch(world, "gateway");
        assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
        world_ticks(world);
        assert_int_equal(world_action_of(world, device).firmware, world->firmware);
        assert_int_equal(world_poll(world, "gateway").link, DDI_LINK_NONE);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_client_without_versions_is_taken_by_its_word),
        test(a_client_that_waits_for_its_restart_keeps_its_try),
        test(a_client_that_has_the_whole_file_has_longer_than_one_that_has_a_part),
        test(what_a_client_says_to_have_it_does_not_get_again),
        test(an_older_deployment_does_not_take_a_device_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
