/* SPDX-License-Identifier: Apache-2.0 */
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

static int64_t wall_ms(void *ctx)
{
    return ((struct world *)ctx)->wall_ms;
}

static int64_t steady_ms(void *ctx)
{
    return ((struct world *)ctx)->steady_ms;
}

void world_take_answer(void *ctx, const struct fleet_answer *answer)
{
    struct world *world = ctx;

    assert_false(world->is_answered);
    world->answer = *answer;
    world->is_answered = true;
}

enum fleet_result world_result(struct world *world)
{
    assert_true(world->is_answered);
    world->is_answered = false;
    return world->answer.result;
}

void world_open(struct world *world)
{
    const struct fleet_clock clock = {.wall_ms = wall_ms, .steady_ms = steady_ms, .ctx = world};
    struct host_error error = {0};

    if (fleet_open(world->store, &clock, &world->fleet, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
}

void world_restart(struct world *world)
{
    (void)store_double_lose_queued(world->store);
    fleet_close(world->fleet);
    world_open(world);
}

void world_set(struct world *world, const char *name, const char *value)
{
    const struct fleet_setting setting = {.name = name, .value = value};

    fleet_set(world->fleet, "test", &setting, 1, world_take_answer, world);
    assert_done(world);
}

int64_t world_add_firmware(struct world *world, const char *version)
{
    struct record_firmware firmware = {.kind = FIRMWARE_PLAIN,
                                       .product = world->product,
                                       .name = "app.bin",
                                       .hardware = "00000001",
                                       .notes = "it is better",
                                       .size = 26624};

    strcpy(firmware.version, version);
    memset(firmware.sha256, version[7], 64);
    fleet_add_firmware(world->fleet, "test", &firmware, world_take_answer, world);
    assert_done(world);
    return world->answer.id;
}

int world_set_up(void **state)
{
    struct record_product product = {
        .name = "Pet House", .hardware = "00000001", .unsigned_ok = true};
    struct record_token wish = {.kind = TOKEN_GATEWAY, .name = "gateway", .uses_left = -1};
    struct world *world = calloc(1, sizeof *world);
    char secret[FLEET_SECRET_SIZE];

    assert_non_null(world);
    world->wall_ms = 1795000000000;
    world->steady_ms = 5000;
    world->store = store_double_new();
    assert_non_null(world->store);
    world_open(world);
    fleet_put_product(world->fleet, "test", &product, NULL, 0, world_take_answer, world);
    assert_done(world);
    world->product = world->answer.id;
    fleet_make_token(world->fleet, "test", &wish, secret, world_take_answer, world);
    assert_done(world);
    snprintf(world->gateway, sizeof world->gateway, "GatewayToken %s", secret);
    world->firmware = world_add_firmware(world, "03010102");
    *state = world;
    return 0;
}

int world_tear_down(void **state)
{
    struct world *world = *state;

    fleet_close(world->fleet);
    world->store->close(world->store);
    free(world);
    return 0;
}

struct fleet_poll world_poll(struct world *world, const char *id)
{
    const struct fleet_caller caller = {.controller_id = id, .authorization = world->gateway};
    struct fleet_poll poll = {0};

    fleet_poll(world->fleet, &caller, &poll, world_take_answer, world);
    assert_done(world);
    return poll;
}

void world_report(struct world *world, int64_t device, const char *version)
{
    struct ddi_config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    config->count = 2;
    strcpy(config->attributes[0].key, "hw_ver");
    strcpy(config->attributes[0].value, "00000001");
    strcpy(config->attributes[1].key, "sw_ver");
    strcpy(config->attributes[1].value, version);
    fleet_report(world->fleet, device, config, world_take_answer, world);
    free(config);
    assert_done(world);
}

int64_t world_new_device(struct world *world, const char *id)
{
    int64_t device = world_poll(world, id).device;

    world_report(world, device, "03010101");
    return device;
}

void world_ticks(struct world *world)
{
    for (int i = 0; i < 10; i++) {
        fleet_tick(world->fleet);
    }
}

int64_t world_deploy(struct world *world, const char *rule, enum deployment_mode mode)
{
    const struct record_deployment deployment = {.firmware = world->firmware,
                                                 .name = "first",
                                                 .rule = rule,
                                                 .mode = mode,
                                                 .attempts = 2};

    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_done(world);
    int64_t id = world->answer.id;
    world_ticks(world);
    return id;
}

enum fleet_result world_say(struct world *world, int64_t device, int64_t id,
                            enum ddi_execution execution, bool is_failure, int64_t code)
{
    const struct ddi_feedback feedback = {
        .execution = execution, .is_failure = is_failure, .code = code};

    fleet_feedback(world->fleet, device, id, &feedback, world_take_answer, world);
    return world_result(world);
}

enum fleet_result world_progress(struct world *world, int64_t device, int64_t id, int64_t count,
                                 int64_t of)
{
    const struct ddi_feedback feedback = {
        .execution = DDI_PROCEEDING, .has_progress = true, .count = count, .of = of};

    fleet_feedback(world->fleet, device, id, &feedback, world_take_answer, world);
    return world_result(world);
}

static bool copy_action(void *ctx, const struct fleet_device *device)
{
    struct record_action *action = ctx;

    if (device->action != NULL) {
        *action = *device->action;
    }
    return false;
}

struct record_action world_action_of(struct world *world, int64_t device)
{
    struct record_action action = {0};

    assert_true(fleet_visit_device(world->fleet, device, copy_action, &action));
    return action;
}

enum fleet_result world_read_job(struct world *world, int64_t device, int64_t id,
                                 struct fleet_job *out_job)
{
    fleet_read_job(world->fleet, device, FLEET_JOB_DEPLOYMENT, id, out_job, world_take_answer,
                   world);
    return world_result(world);
}

int64_t world_fetch(struct world *world, const char *id)
{
    struct fleet_poll root = world_poll(world, id);
    struct record_firmware firmware;
    struct fleet_answer answer;
    struct fleet_job job;

    assert_int_equal(root.link, DDI_LINK_DEPLOYMENT);
    assert_int_equal(world_read_job(world, root.device, root.id, &job), FLEET_DONE);
    fleet_artifact(world->fleet, root.device, job.firmware.head.id, job.firmware.name,
                   &firmware, &answer);
    assert_int_equal(answer.result, FLEET_DONE);
    fleet_bytes_sent(world->fleet, root.device, job.firmware.head.id, 26624);
    assert_int_equal(world_action_of(world, root.device).state, ACTION_DOWNLOADING);
    assert_int_equal(world_say(world, root.device, root.id, DDI_DOWNLOADED, false, 0),
                     FLEET_DONE);
    return root.id;
}
