/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet over a store in memory: what devices, people and the clock do, and what comes of
 * it. */
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

static void the_reported_version_confirms(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    assert_int_equal(world_progress(world, device, id, 1, 26), FLEET_DONE);
    assert_int_equal(world_progress(world, device, id, 2, 26), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_TRANSFERRING);
    assert_int_equal(world_action_of(world, device).count, 2);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_INSTALLED);
    world_report(world, device, "03010102");
    struct record_action action = world_action_of(world, device);
    assert_int_equal(action.state, ACTION_CONFIRMED);
    assert_false(action.open);
    assert_false(action.by_word);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    assert_int_equal(world_poll(world, "a").installed_id, id);
    /* What a newer job hides is not offered. */
    world->firmware = world_add_firmware(world, "03010103");
    world_deploy(world, "", MODE_SILENT);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_DEPLOYMENT);
    assert_int_equal(world_poll(world, "a").installed_id, 0);
}

static void success_while_the_old_image_runs_is_not_recorded(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    world_report(world, device, "03010101");
    assert_int_equal(world_action_of(world, device).state, ACTION_INSTALLED);
    for (int i = 0; i < 40 && world_action_of(world, device).open; i++) {
        world->steady_ms += MINUTE_MS;
        world_ticks(world);
        assert_int_not_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    }
}

static void one_device_goes_first(void **state)
{
    struct world *world = *state;
    int64_t first = world_new_device(world, "a"), second = world_new_device(world, "b");

    world_deploy(world, "", MODE_SILENT);
    assert_int_equal(world_action_of(world, first).state, ACTION_QUEUED);
    assert_int_equal(world_action_of(world, second).head.id, 0);
    world_fetch(world, "a");
    world_report(world, first, "03010102");
    world_ticks(world);
    assert_int_equal(world_action_of(world, first).state, ACTION_CONFIRMED);
    assert_int_equal(world_action_of(world, second).state, ACTION_QUEUED);
}

static bool get_state(void *ctx, const void *record)
{
    *(int64_t *)ctx = ((const struct record_deployment *)record)->state;
    return true;
}

static void a_first_device_that_fails_stops_the_deployment(void **state)
{
    struct world *world = *state;
    int64_t first = world_new_device(world, "a"), second = world_new_device(world, "b");
    int64_t deployment = world_deploy(world, "", MODE_SILENT), is = 0;

    int64_t id = world_fetch(world, "a");
    /* 7: the signature is wrong; nothing gets better by trying again */
    assert_int_equal(world_say(world, first, id, DDI_CLOSED, true, 7), FLEET_DONE);
    assert_int_equal(world_action_of(world, first).state, ACTION_FAILED);
    assert_int_equal(world_action_of(world, first).code, 7);
    world_ticks(world);
    fleet_visit_records(world->fleet, RECORD_DEPLOYMENT, get_state, &is);
    assert_int_equal(is, DEPLOYMENT_PAUSED);
    assert_int_equal(world_action_of(world, second).head.id, 0);
    fleet_set_deployment(world->fleet, "operator", deployment, DEPLOYMENT_ACTIVE,
                         world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(world_action_of(world, second).state, ACTION_QUEUED);
}

/* SWUpdate's own lines. */
static void the_reason_is_the_end_of_what_the_client_says(void **state)
{
    static const struct ddi_feedback feedback = {
        .execution = DDI_CLOSED,
        .is_failure = true,
        .detail = "ERROR : Compatible SW not found\n"
                  "ERROR : Writing into SWUpdate IPC stream failed.\n"
                  "ERROR : Channel operation returned error (23): "
                  "'Failed writing received data to disk/application'\n"
                  "No suitable .swu image found"};
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    fleet_feedback(world->fleet, device, id, &feedback, world_take_answer, world);
    assert_done(world);
    assert_string_equal(world_action_of(world, device).reason,
                        "ERROR : Channel operation returned error (23): "
                        "'Failed writing received data to disk/application'\n"
                        "No suitable .swu image found");
}

static void a_retry_has_a_new_id_and_tries_end(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, true, 2), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_QUEUED);
    struct fleet_poll again = world_poll(world, "a");
    assert_int_equal(again.link, DDI_LINK_DEPLOYMENT);
    assert_int_not_equal(again.id, id);
    /* Of the attempt that is over only that it worked after all is news. */
    assert_int_equal(world_progress(world, device, id, 3, 26), FLEET_GONE);
    assert_int_equal(world_say(world, device, again.id, DDI_CLOSED, true, 2), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_FAILED);
}

static void late_truth_wins(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, true, 7), FLEET_DONE);
    assert_int_equal(world_progress(world, device, id, 3, 26), FLEET_GONE);
    world_report(world, device, "03010102");
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    assert_true(world_action_of(world, device).late);
    world_report(world, device, "03010101"); /* lost again */
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    assert_string_equal(world_action_of(world, device).reason,
                        "the device runs another version again");
}

/* SWUpdate: HEAD, "0 of 1", the file, "1 of 1". */
static void a_device_that_has_got_nothing_yet_is_not_transferring(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    struct fleet_poll root = world_poll(world, "a");
    fleet_bytes_sent(world->fleet, device, world->firmware, 0);
    assert_int_equal(world_progress(world, device, root.id, 0, 1), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_OFFERED);
    fleet_bytes_sent(world->fleet, device, world->firmware, 1000);
    assert_int_equal(world_progress(world, device, root.id, 0, 1), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADING);
    assert_int_equal(world_progress(world, device, root.id, 1, 1), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_TRANSFERRING);
}

static void manual_waits_for_approval(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_MANUAL);
    struct fleet_poll root = world_poll(world, "a");
    assert_int_equal(root.link, DDI_LINK_CONFIRMATION);
    assert_int_equal(fleet_confirmation(world->fleet, device), root.id);
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_APPROVE, world_take_answer, world);
    assert_done(world);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_DEPLOYMENT);
}

static void a_cancelled_action_is_cancelled_by_the_device(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    const struct ddi_feedback closed = {.execution = DDI_CLOSED};

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    fleet_command_action(world->fleet, "operator", world_action_of(world, device).head.id,
                         FLEET_CANCEL, world_take_answer, world);
    assert_done(world);
    struct fleet_poll root = world_poll(world, "a");
    assert_int_equal(root.link, DDI_LINK_CANCEL);
    assert_int_equal(root.id, id);
    fleet_cancel_feedback(world->fleet, device, id, &closed, world_take_answer, world);
    assert_done(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_CANCELLED);
}

static void nothing_is_offered_while_stopped_or_on_hold(void **state)
{
    struct world *world = *state;
    struct fleet_device_change hold = {.product = -1, .hold_reason = "in the lab"};
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    world_set(world, "offers_stopped", "yes");
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    world_set(world, "offers_stopped", "no");
    fleet_change_device(world->fleet, "test", device, &hold, world_take_answer, world);
    assert_done(world);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    hold.hold_reason = "";
    fleet_change_device(world->fleet, "test", device, &hold, world_take_answer, world);
    assert_done(world);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_DEPLOYMENT);
}

static void nothing_goes_out_that_nobody_can_take(void **state)
{
    struct world *world = *state;
    const struct record_deployment deployment = {
        .firmware = world->firmware, .mode = MODE_SILENT, .attempts = 1, .rule = ""};

    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_REFUSED);
    world_report(world, world_new_device(world, "a"), "03010102");
    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_REFUSED);
    assert_int_equal(store_double_count(world->store, RECORD_DEPLOYMENT), 0);
}

static void a_window_is_kept(void **state)
{
    struct world *world = *state;
    int64_t minute;

    world_new_device(world, "a");
    minute = world->wall_ms / MINUTE_MS % (24 * 60);
    const struct record_deployment deployment = {.firmware = world->firmware,
                                                 .name = "night",
                                                 .rule = "",
                                                 .mode = MODE_SILENT,
                                                 .attempts = 1,
                                                 .window_from = (minute + 60) % (24 * 60),
                                                 .window_to = (minute + 120) % (24 * 60)};
    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_done(world);
    world_ticks(world);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    world->wall_ms += 61 * MINUTE_MS;
    world->steady_ms += 61 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_DEPLOYMENT);
}

static void silence_ends_an_attempt_and_a_jump_of_the_clock_does_not(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    world->wall_ms += (int64_t)1000 * 24 * 60 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADED);
    world->wall_ms -= (int64_t)2000 * 24 * 60 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADED);
    world->steady_ms += 31 * MINUTE_MS;
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_QUEUED);
    assert_int_not_equal(world_poll(world, "a").id, id);
}

/* ---- who may ---- */
static enum fleet_result poll_with(struct world *world, const char *id, const char *scheme,
                                   const char *secret, const char *own)
{
    char header[64];
    struct fleet_caller caller = {.controller_id = id, .own_token = own};
    struct fleet_poll root = {0};

    if (scheme != NULL) {
        snprintf(header, sizeof header, "%s %s", scheme, secret);
        caller.authorization = header;
    }
    fleet_poll(world->fleet, &caller, &root, world_take_answer, world);
    return world_result(world);
}

static bool take_device(void *ctx, const struct fleet_device *device)
{
    *(struct fleet_device *)ctx = *device;
    return true;
}

static void the_first_contact_is_seen_at_once(void **state)
{
    struct world *world = *state;
    struct fleet_device device;
    int64_t id = world_poll(world, "new").device;

    assert_true(fleet_visit_device(world->fleet, id, take_device, &device));
    assert_true(device.is_online);
    assert_int_equal(device.last_at, world->wall_ms);
    assert_int_equal(device.polls, 1);
    (void)world_poll(world, "new");
    assert_true(fleet_visit_device(world->fleet, id, take_device, &device));
    assert_int_equal(device.polls, 2);
}

static void a_claim_code_becomes_the_token_of_the_first_device(void **state)
{
    struct world *world = *state;
    struct record_token wish = {.kind = TOKEN_CLAIM, .name = "label", .uses_left = 1};
    char claim[FLEET_SECRET_SIZE];

    fleet_make_token(world->fleet, "test", &wish, claim, world_take_answer, world);
    assert_done(world);
    assert_int_equal(poll_with(world, "a", "TargetToken", "wrong", NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, "a", NULL, NULL, NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(fleet_find_device(world->fleet, "a"), 0);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_DONE);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_DONE);
    assert_int_equal(poll_with(world, "b", "TargetToken", claim, NULL), FLEET_UNAUTHORIZED);
    world_restart(world);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_DONE);
}

static void a_device_brings_its_own_token_beside_a_claim_code(void **state)
{
    static const char own[] = "0123456789abcdefghijklmnopqrstuv";
    struct world *world = *state;
    struct record_token wish = {.kind = TOKEN_CLAIM, .name = "batch", .uses_left = 2};
    char claim[FLEET_SECRET_SIZE];

    fleet_make_token(world->fleet, "test", &wish, claim, world_take_answer, world);
    assert_done(world);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, own), FLEET_DONE);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, own),
                     FLEET_DONE); /* unheard */
    assert_int_equal(poll_with(world, "a", "TargetToken", own, NULL), FLEET_DONE);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, "b", "TargetToken", own, NULL), FLEET_UNAUTHORIZED);
}

static void a_device_whose_token_was_revoked_is_nobodys(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    struct record_token wish = {.kind = TOKEN_CLAIM, .name = "label", .uses_left = 1000};
    struct record_token target = {.kind = TOKEN_TARGET, .owner = device, .uses_left = -1};
    static const char own[] = "0123456789abcdefghijklmnopqrstuv";
    char claim[FLEET_SECRET_SIZE], first[FLEET_SECRET_SIZE], second[FLEET_SECRET_SIZE];

    fleet_make_token(world->fleet, "test", &wish, claim, world_take_answer, world);
    assert_done(world);
    fleet_make_token(world->fleet, "test", &target, first, world_take_answer, world);
    assert_done(world);
    fleet_revoke_token(world->fleet, "test", world->answer.id, world_take_answer, world);
    assert_done(world);
    for (unsigned i = 0; i < 2; i++) {
        world_set(world, "registration", "open");
        assert_int_equal(poll_with(world, "a", NULL, NULL, NULL), FLEET_UNAUTHORIZED);
        world_set(world, "registration", "claim");
        assert_int_equal(poll_with(world, "a", "TargetToken", first, NULL), FLEET_UNAUTHORIZED);
        assert_int_equal(poll_with(world, "a", "TargetToken", claim, own), FLEET_UNAUTHORIZED);
        world_restart(world);
    }
    fleet_make_token(world->fleet, "test", &target, second, world_take_answer, world);
    assert_done(world);
    assert_int_equal(poll_with(world, "a", "TargetToken", second, NULL), FLEET_DONE);
}

static void registration_is_as_it_is_set(void **state)
{
    struct world *world = *state;
    struct record_token wish = {.kind = TOKEN_CLAIM, .name = "batch", .uses_left = 1};
    char claim[FLEET_SECRET_SIZE];

    world_set(world, "registration", "closed");
    assert_int_equal(poll_with(world, "a", "GatewayToken", world->gateway + 13, NULL),
                     FLEET_UNAUTHORIZED);
    fleet_add_device(world->fleet, "test", "a", 0, world_take_answer, world);
    assert_done(world);
    assert_int_equal(poll_with(world, "a", "GatewayToken", world->gateway + 13, NULL),
                     FLEET_DONE);
    fleet_make_token(world->fleet, "test", &wish, claim, world_take_answer, world);
    assert_done(world);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_UNAUTHORIZED);
    world_set(world, "registration", "allow-list");
    assert_int_equal(poll_with(world, "b", "TargetToken", claim, NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, "a", "TargetToken", claim, NULL), FLEET_DONE);
    world_set(world, "registration", "open");
    assert_int_equal(poll_with(world, "new", NULL, NULL, NULL), FLEET_DONE);
    assert_int_equal(poll_with(world, "new", "TargetToken", "wrong", NULL), FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, "with space", NULL, NULL, NULL), FLEET_INVALID);
}

static void the_first_admin_is_made_once(void **state)
{
    struct world *world = *state;
    struct record_token wish = {.kind = TOKEN_SETUP, .uses_left = 1};
    char setup[FLEET_SECRET_SIZE], api[FLEET_SECRET_SIZE], session[FLEET_SECRET_SIZE];
    char older[FLEET_SECRET_SIZE];
    struct fleet_person person;

    assert_false(fleet_is_set_up(world->fleet));
    wish.expires_at = world->wall_ms + 15 * MINUTE_MS;
    fleet_make_token(world->fleet, "start before", &wish, older, world_take_answer, world);
    assert_done(world);
    fleet_make_token(world->fleet, "start", &wish, setup, world_take_answer, world);
    assert_done(world);
    assert_false(fleet_identify_person(world->fleet, setup, &person));
    fleet_set_up(world->fleet, setup, api, session, world_take_answer, world);
    assert_done(world);
    assert_true(fleet_identify_person(world->fleet, api, &person));
    assert_int_equal(person.role, ROLE_ADMIN);
    assert_true(fleet_identify_person(world->fleet, session, &person));
    fleet_set_up(world->fleet, setup, api, session, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_UNAUTHORIZED);
    assert_false(fleet_identify_person(world->fleet, api, &person));
    fleet_set_up(world->fleet, older, api, session, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_UNAUTHORIZED);
    assert_false(fleet_identify_person(world->fleet, api, &person));
    assert_true(fleet_is_set_up(world->fleet));
}

/* ---- the store ---- */
static void a_conflict_is_never_seen(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    store_double_fail_next(world->store, 3, STORE_CONFLICT, 0);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_INSTALLED);
    store_double_fail_next(world->store, 100000, STORE_CONFLICT, 0);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, true, 7), FLEET_BUSY);
    assert_int_equal(world_action_of(world, device).state, ACTION_INSTALLED);
}

static void what_is_not_durable_is_not_answered_and_not_seen(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    store_double_fail_next(world->store, 1, STORE_FULL, 0);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_FULL);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADED);
    store_double_fail_next(world->store, 1, STORE_READ_ONLY, 0);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_READ_ONLY);
    store_double_set_queued(world->store, true);
    const struct ddi_feedback closed = {.execution = DDI_CLOSED};
    fleet_feedback(world->fleet, device, id, &closed, world_take_answer, world);
    assert_false(world->is_answered);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADED);
    assert_int_equal(store_double_pump(world->store, 10), 1);
    assert_done(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_INSTALLED);
}

static void a_restart_goes_on_where_it_was(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_deploy(world, "", MODE_SILENT);
    int64_t id = world_fetch(world, "a");
    world_restart(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_DOWNLOADED);
    assert_int_equal(world_poll(world, "a").id, id);
    world_report(world, device, "03010102");
    world_restart(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    world_new_device(world, "b");
    world_ticks(world);
    assert_int_equal(world_poll(world, "b").link, DDI_LINK_DEPLOYMENT);
    struct fleet_counts counts;
    fleet_count(world->fleet, &counts);
    assert_int_equal(counts.devices, 2);
    assert_int_equal(counts.actions[ACTION_CONFIRMED], 1);
}

static void ignore_outcome(void *ctx, const struct store_outcome *outcome)
{
    (void)ctx;
    (void)outcome;
}

/* What a function leaves below: one that reads what it has not written reads this. */
static __attribute__((noinline)) void fill_stack(void)
{
    volatile unsigned char rest[32768];

    for (size_t i = 0; i < sizeof rest; i++) {
        rest[i] = 0xA5;
    }
}

/* Deleted at this moment: the row is gone, and the fleet does not know it yet. */
static void a_report_of_a_device_without_a_row_finds_none(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    struct record_head head = {.id = device};
    struct store_op op = {STORE_DELETE, RECORD_DEVICE, &head, STORE_ANY_REV};
    struct ddi_config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    assert_int_equal(world->store->submit(world->store, &op, 1, ignore_outcome, NULL), 0);
    fill_stack();
    fleet_report(world->fleet, device, config, world_take_answer, world);
    free(config);
    assert_true(world->is_answered);
    assert_int_equal(world->answer.result, FLEET_NOT_FOUND);
}

static void the_id_of_a_deleted_device_is_not_given_again(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    fleet_delete_device(world->fleet, "test", device, world_take_answer, world);
    assert_done(world);
    world_restart(world);
    assert_int_not_equal(world_new_device(world, "b"), device);
}

#define test(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_reported_version_confirms),
        test(success_while_the_old_image_runs_is_not_recorded),
        test(one_device_goes_first),
        test(a_first_device_that_fails_stops_the_deployment),
        test(the_reason_is_the_end_of_what_the_client_says),
        test(a_retry_has_a_new_id_and_tries_end),
        test(late_truth_wins),
        test(a_device_that_has_got_nothing_yet_is_not_transferring),
        test(manual_waits_for_approval),
        test(a_cancelled_action_is_cancelled_by_the_device),
        test(nothing_is_offered_while_stopped_or_on_hold),
        test(nothing_goes_out_that_nobody_can_take),
        test(a_window_is_kept),
        test(silence_ends_an_attempt_and_a_jump_of_the_clock_does_not),
        test(the_first_contact_is_seen_at_once),
        test(a_claim_code_becomes_the_token_of_the_first_device),
        test(a_device_brings_its_own_token_beside_a_claim_code),
        test(a_device_whose_token_was_revoked_is_nobodys),
        test(registration_is_as_it_is_set),
        test(the_first_admin_is_made_once),
        test(a_conflict_is_never_seen),
        test(what_is_not_durable_is_not_answered_and_not_seen),
        test(a_restart_goes_on_where_it_was),
        test(a_report_of_a_device_without_a_row_finds_none),
        test(the_id_of_a_deleted_device_is_not_given_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
