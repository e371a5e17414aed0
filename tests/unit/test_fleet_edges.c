/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet where calls meet: devices, people and the clock at the same time, and what stays
 * behind of things that changed or went away. */
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

static int64_t make_token(struct world *world, enum token_kind kind,
                          char out_secret[FLEET_SECRET_SIZE])
{
    const struct record_token wish = {.kind = kind, .name = "of the test", .uses_left = 5};

    fleet_make_token(world->fleet, "test", &wish, out_secret, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    return world->answer.id;
}

static enum fleet_result poll_with(struct world *world, const struct fleet_caller *caller,
                                   struct fleet_poll *out_poll)
{
    fleet_poll(world->fleet, caller, out_poll, world_take_answer, world);
    return world_result(world);
}

/* Without a tick: no device has an action yet. */
static int64_t deploy(struct world *world, const char *rule)
{
    const struct record_deployment deployment = {.firmware = world->firmware,
                                                 .name = "first",
                                                 .rule = rule,
                                                 .mode = MODE_SILENT,
                                                 .attempts = 2};

    fleet_deploy(world->fleet, "operator", &deployment, world_take_answer, world);
    assert_done(world);
    return world->answer.id;
}

/* ---- a store during whose writing the devices go on ---- */
struct busy_store {
    struct store store; /* first */
    struct world *world;
    struct store *below;
    size_t contacts;
};

static void ignore(void *ctx, const struct fleet_answer *answer)
{
    (void)ctx;
    (void)answer;
}

static int submit_busy(struct store *store, const struct store_op ops[], size_t count,
                       store_done *done, void *ctx)
{
    struct busy_store *busy = (struct busy_store *)store;
    const struct fleet_caller caller = {.controller_id = "a",
                                        .authorization = busy->world->gateway};
    struct fleet_poll poll;

    busy->contacts += ops[0].kind == RECORD_CONTACT;
    if (busy->contacts < 100) { /* so that the test ends, however it ends */
        fleet_poll(busy->world->fleet, &caller, &poll, ignore, NULL);
    }
    return busy->below->submit(busy->below, ops, count, done, ctx);
}

static int read_busy(struct store *store, const struct store_query *query,
                     store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    struct store *below = ((struct busy_store *)store)->below;

    return below->read(below, query, visitor, ctx, out_error);
}

static int highest_busy(struct store *store, enum record_kind kind, int64_t *out_id,
                        struct host_error *out_error)
{
    struct store *below = ((struct busy_store *)store)->below;

    return below->highest_id(below, kind, out_id, out_error);
}

static void saving_contacts_ends_while_devices_poll(void **state)
{
    struct world *world = *state;
    struct busy_store busy = {
        .store = {.submit = submit_busy, .read = read_busy, .highest_id = highest_busy},
        .world = world,
        .below = world->store};

    (void)world_new_device(world, "a");
    fleet_close(world->fleet);
    world->store = &busy.store;
    world_open(world);
    world->store = busy.below; /* what is closed in the end */
    (void)world_poll(world, "a");
    fleet_save_contacts(world->fleet);
    assert_int_equal(busy.contacts, 1);
}

static void a_device_that_talks_without_end_fills_no_disk(void **state)
{
    enum { TALKS = 1500, KEPT = 1000 };
    struct world *world = *state;
    const struct ddi_feedback note = {.execution = DDI_PROCEEDING, .detail = "still here"};
    int64_t device = world_new_device(world, "a");

    (void)deploy(world, "");
    world_ticks(world);
    int64_t id = world_fetch(world, "a");
    size_t before = store_double_count(world->store, RECORD_EVENT);
    for (int i = 0; i < TALKS; i++) {
        fleet_feedback(world->fleet, device, id, &note, world_take_answer, world);
        assert_done(world);
    }
    assert_int_equal(store_double_count(world->store, RECORD_EVENT) - before, KEPT);
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, true, 7), FLEET_DONE);
    assert_int_equal(world_action_of(world, device).state, ACTION_FAILED);
    size_t commits = store_double_commits(world->store);
    for (int i = 0; i < TALKS; i++) {
        world_report(world, device, "03010101"); /* as it was */
    }
    assert_int_equal(store_double_commits(world->store), commits);
}

static void a_device_that_goes_to_and_fro_fills_no_disk(void **state)
{
    enum { ROUNDS = 1500, LINES_MAX = 200 }; /* of a day */
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    (void)deploy(world, "");
    world_ticks(world);
    int64_t id = world_fetch(world, "a");
    assert_int_equal(world_say(world, device, id, DDI_CLOSED, false, 0), FLEET_DONE);
    for (int day = 0; day < 2; day++) {
        size_t before = store_double_count(world->store, RECORD_EVENT);
        for (int i = 0; i < ROUNDS; i++) {
            world_report(world, device, i % 2 == 0 ? "03010102" : "03010101");
        }
        size_t lines = store_double_count(world->store, RECORD_EVENT) - before;
        assert_in_range(lines, LINES_MAX / 2, LINES_MAX);
        world->steady_ms += 24 * 60 * MINUTE_MS;
    }
}

/* ---- people and the clock at the same time ---- */
static void no_action_stays_open_in_a_cancelled_deployment(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a"), deployment = deploy(world, "");

    store_double_set_queued(world->store, true);
    world_ticks(world); /* makes the action, which is not durable yet */
    fleet_set_deployment(world->fleet, "operator", deployment, DEPLOYMENT_CANCELLED,
                         world_take_answer, world);
    store_double_set_queued(world->store, false);
    assert_int_equal(world_result(world), FLEET_DONE);
    assert_int_not_equal(world_action_of(world, device).head.id, 0);
    world_ticks(world);
    assert_int_equal(world_action_of(world, device).state, ACTION_CANCELLED);
}

static void a_cancel_of_many_ends_all(void **state)
{
    enum { COUNT = 500 };
    struct world *world = *state;
    char id[20];
    int64_t first = world_new_device(world, "a"), last = 0, counts[ACTION_STATES];

    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof id, "many-%d", i);
        last = world_new_device(world, id);
    }
    int64_t deployment = deploy(world, "");
    world_ticks(world);
    world_report(world, first, "03010102");
    world_ticks(world);
    assert_int_equal(world_poll(world, id).link, DDI_LINK_DEPLOYMENT);
    fleet_set_deployment(world->fleet, "operator", deployment, DEPLOYMENT_CANCELLED,
                         world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    world_ticks(world);
    fleet_count_actions(world->fleet, deployment, counts);
    assert_int_equal(counts[ACTION_CONFIRMED], 1);
    assert_int_equal(counts[ACTION_CANCELLED], COUNT - 1);
    assert_int_equal(world_action_of(world, last).state,
                     ACTION_CANCELLING); /* it had the link */
}

/* ---- firmware ---- */
static enum fleet_result archive(struct world *world, int64_t firmware, bool archived)
{
    fleet_archive_firmware(world->fleet, "operator", firmware, archived, world_take_answer,
                           world);
    return world_result(world);
}

static const char *notes_of(struct world *world)
{
    const struct record_firmware *firmware =
        store_double_find(world->store, RECORD_FIRMWARE, world->firmware);

    return firmware->notes;
}

static void notes_stay_when_firmware_is_proven_or_archived(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    deploy(world, "");
    world_ticks(world);
    world_report(world, device, "03010102");
    assert_int_equal(world_action_of(world, device).state, ACTION_CONFIRMED);
    assert_string_equal(notes_of(world), "it is better");
    assert_int_equal(archive(world, world->firmware, true), FLEET_DONE);
    assert_string_equal(notes_of(world), "it is better");
}

static void one_version_is_not_taken_out_of_the_archive_beside_another(void **state)
{
    struct world *world = *state;

    assert_int_equal(archive(world, world->firmware, true), FLEET_DONE);
    (void)world_add_firmware(world, "03010102");
    assert_int_equal(archive(world, world->firmware, false), FLEET_CONFLICT);
}

/* ---- what a device cannot take any more ---- */
static enum fleet_result retry(struct world *world, int64_t action)
{
    fleet_command_action(world->fleet, "operator", action, FLEET_RETRY, world_take_answer,
                         world);
    return world_result(world);
}

static void archived_firmware_is_not_offered_and_blocks_no_device(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    deploy(world, "");
    world_ticks(world);
    assert_int_equal(archive(world, world->firmware, true), FLEET_DONE);
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    struct record_action action = world_action_of(world, device);
    assert_int_equal(action.state, ACTION_CANCELLED);
    assert_string_equal(action.reason, "the firmware is archived");
    assert_int_equal(retry(world, action.head.id), FLEET_REFUSED);
}

static void a_job_is_read_only_by_a_device_that_can_take_it(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    struct fleet_job job;

    deploy(world, "");
    world_ticks(world);
    world_report(world, device, "03010103");
    fleet_read_job(world->fleet, device, FLEET_JOB_DEPLOYMENT,
                   world_action_of(world, device).head.id * (ACTION_ATTEMPTS_MAX + 1) + 1, &job,
                   world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_NOT_FOUND);
}

static void a_device_that_was_brought_further_is_not_taken_back(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    deploy(world, "");
    world_ticks(world);
    world_report(world, device, "03010103"); /* by hand */
    assert_int_equal(world_poll(world, "a").link, DDI_LINK_NONE);
    assert_false(world_action_of(world, device).open);
    assert_int_equal(retry(world, world_action_of(world, device).head.id), FLEET_REFUSED);
}

static void a_retry_does_not_pass_the_device_that_goes_first(void **state)
{
    struct world *world = *state;
    int64_t first = world_new_device(world, "a"), second = world_new_device(world, "b");

    deploy(world, "");
    world_ticks(world);
    fleet_command_action(world->fleet, "operator", world_action_of(world, first).head.id,
                         FLEET_CANCEL, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    world_ticks(world);
    assert_int_equal(world_action_of(world, second).state, ACTION_QUEUED);
    assert_int_equal(retry(world, world_action_of(world, first).head.id), FLEET_REFUSED);
    world_report(world, second, "03010102");
    assert_int_equal(retry(world, world_action_of(world, first).head.id), FLEET_DONE);
}

static void a_retry_and_the_clock_do_not_send_two_devices_first(void **state)
{
    struct world *world = *state;
    int64_t first = world_new_device(world, "a"), second = world_new_device(world, "b");

    deploy(world, "");
    world_ticks(world);
    int64_t action = world_action_of(world, first).head.id;
    fleet_command_action(world->fleet, "operator", action, FLEET_CANCEL, world_take_answer,
                         world);
    assert_int_equal(world_result(world), FLEET_DONE);
    store_double_set_queued(world->store, true);
    world_ticks(world); /* the other device is first, but that is not durable yet */
    fleet_command_action(world->fleet, "operator", action, FLEET_RETRY, world_take_answer,
                         world);
    store_double_set_queued(world->store, false);
    assert_int_equal(world_result(world), FLEET_REFUSED);
    assert_true(world_action_of(world, second).open);
    assert_false(world_action_of(world, first).open);
}

/* ---- what devices say ---- */
static void a_number_that_does_not_grow_extends_no_deadline(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    const struct ddi_feedback feedback = {
        .execution = DDI_PROCEEDING, .has_progress = true, .count = 3, .of = 26};

    deploy(world, "");
    world_ticks(world);
    int64_t id = world_poll(world, "a").id;
    for (int minute = 0; minute < 12; minute++) {
        fleet_feedback(world->fleet, device, id, &feedback, world_take_answer, world);
        assert_int_equal(world_result(world), minute < 10 ? FLEET_DONE : FLEET_GONE);
        world->steady_ms += MINUTE_MS;
        world_ticks(world);
    }
    assert_int_equal(world_action_of(world, device).attempt, 2);
}

/* Between its row's end in the store and its end in memory. */
static void a_device_whose_row_is_gone_is_not_found(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    struct ddi_config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    store_double_remove(world->store, RECORD_DEVICE, device);
    fleet_report(world->fleet, device, config, world_take_answer, world);
    free(config);
    assert_int_equal(world_result(world), FLEET_NOT_FOUND);
}

static void say_attribute(struct world *world, int64_t device, const char *key,
                          const char *value)
{
    struct ddi_config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    config->count = 1;
    strcpy(config->attributes[0].key, key);
    strcpy(config->attributes[0].value, value);
    fleet_report(world->fleet, device, config, world_take_answer, world);
    free(config);
    assert_int_equal(world_result(world), FLEET_DONE);
}

static size_t count_of(struct world *world, const char *text)
{
    struct host_error error;
    struct rule *rule;

    if (rule_parse(text, &rule, &error) != 0) {
        fail_msg("%s: %s", text, error.reason);
    }
    size_t count = fleet_visit_devices(world->fleet, rule, 0, 0, NULL, NULL);
    rule_free(rule);
    return count;
}

static void rules_see_attributes_as_they_were_said(void **state)
{
    struct world *world = *state;
    int64_t device = world_poll(world, "a").device;

    assert_int_equal(count_of(world, "attribute.line=x"), 0);
    say_attribute(world, device, "line", "x");
    say_attribute(world, device, "a\"b", "q");
    say_attribute(world, device, "quoted", "\"line\":\"y\"");
    say_attribute(world, device, "path", "a\\b");
    say_attribute(world, device, "tab", "a\tb");
    say_attribute(world, device, "z", "");
    say_attribute(world, device, "town", "\xC3\xBC");
    assert_int_equal(count_of(world, "attribute.line=x"), 1);
    assert_int_equal(count_of(world, "attribute.line=y"), 0);
    assert_int_equal(count_of(world, "attribute.lin=x"), 0);
    assert_int_equal(count_of(world, "attribute.quoted=*line*y*"), 1);
    assert_int_equal(count_of(world, "attribute.path=a?b"), 1);
    assert_int_equal(count_of(world, "attribute.tab=a?b"), 1);
    assert_int_equal(count_of(world, "attribute.town=\"\xC3\xBC\""), 1);
}

static void a_tag_of_no_device_does_no_harm(void **state)
{
    struct world *world = *state;
    const struct record_tag tag = {.head = {.id = 1}, .device = 99, .tag = "lost"};
    const struct fleet_device_change change = {.product = -1, .remove_tag = "lost"};
    int64_t device = world_new_device(world, "a");

    assert_int_equal(store_double_change(world->store, RECORD_TAG, &tag), 0);
    world_restart(world);
    fleet_change_device(world->fleet, "operator", device, &change, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    fleet_delete_device(world->fleet, "operator", device, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
}

/* ---- tokens ---- */
static void a_deleted_device_comes_back_with_the_token_that_it_made(void **state)
{
    struct world *world = *state;
    char claim[FLEET_SECRET_SIZE], header[FLEET_SECRET_SIZE + 16];
    const char *own = "TargetToken abcdefghijklmnopqrstuvwxyz012345";
    const struct fleet_caller with_claim = {
        .controller_id = "c", .authorization = header, .own_token = strchr(own, ' ') + 1};
    const struct fleet_caller with_own = {.controller_id = "c", .authorization = own};
    struct fleet_answer answer;
    struct fleet_poll poll;

    (void)make_token(world, TOKEN_CLAIM, claim);
    snprintf(header, sizeof header, "TargetToken %s", claim);
    assert_int_equal(poll_with(world, &with_claim, &poll), FLEET_DONE);
    fleet_delete_device(world->fleet, "operator", poll.device, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    fleet_identify(world->fleet, &with_own, &answer);
    assert_int_equal(answer.result, FLEET_UNAUTHORIZED);
    assert_int_equal(poll_with(world, &with_claim, &poll), FLEET_DONE);
    fleet_identify(world->fleet, &with_own, &answer);
    assert_int_equal(answer.result, FLEET_DONE);
    assert_int_equal(answer.id, poll.device);
}

static bool find_target(void *ctx, const void *record)
{
    const struct record_token *token = record;

    if (token->kind == TOKEN_TARGET) {
        *(int64_t *)ctx = token->head.id;
    }
    return true;
}

static void a_revoked_token_does_not_come_back(void **state)
{
    struct world *world = *state;
    char claim[FLEET_SECRET_SIZE], header[FLEET_SECRET_SIZE + 16];
    const struct fleet_caller caller = {.controller_id = "c",
                                        .authorization = header,
                                        .own_token = "abcdefghijklmnopqrstuvwxyz012345"};
    struct fleet_poll poll;
    int64_t token = 0;

    (void)make_token(world, TOKEN_CLAIM, claim);
    snprintf(header, sizeof header, "TargetToken %s", claim);
    assert_int_equal(poll_with(world, &caller, &poll), FLEET_DONE);
    fleet_visit_records(world->fleet, RECORD_TOKEN, find_target, &token);
    fleet_revoke_token(world->fleet, "operator", token, world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_DONE);
    assert_int_equal(poll_with(world, &caller, &poll), FLEET_UNAUTHORIZED);
}

static int64_t stands_still(void *ctx)
{
    (void)ctx;
    return 1;
}

static void a_start_counts_the_tokens_of_devices(void **state)
{
    struct world *world = *state;
    char claim[FLEET_SECRET_SIZE], header[FLEET_SECRET_SIZE + 16];
    struct fleet_caller caller = {.controller_id = "c",
                                  .authorization = header,
                                  .own_token = "abcdefghijklmnopqrstuvwxyz012345"};
    struct fleet_poll poll;

    (void)make_token(world, TOKEN_CLAIM, claim);
    snprintf(header, sizeof header, "TargetToken %s", claim);
    assert_int_equal(poll_with(world, &caller, &poll), FLEET_DONE);
    world_restart(world);
    assert_int_equal(poll_with(world, &caller, &poll), FLEET_DONE);
    caller.own_token = "another-one-of-somebody-else-012"; /* the device has one */
    assert_int_equal(poll_with(world, &caller, &poll), FLEET_UNAUTHORIZED);
}

static void a_token_that_cannot_be_ends_the_start(void **state)
{
    struct world *world = *state;
    const struct record_token token = {.head = {.id = 99, .rev = 1}, .hash = "no hash"};
    struct fleet *fleet = NULL;
    const struct fleet_clock clock = {.wall_ms = stands_still, .steady_ms = stands_still};
    struct host_error error = {0};

    assert_int_equal(store_double_change(world->store, RECORD_TOKEN, &token), 0);
    assert_int_equal(fleet_open(world->store, &clock, &fleet, &error), -1);
    assert_string_equal(error.thing, "token");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(saving_contacts_ends_while_devices_poll),
        TEST(no_action_stays_open_in_a_cancelled_deployment),
        TEST(a_cancel_of_many_ends_all),
        TEST(notes_stay_when_firmware_is_proven_or_archived),
        TEST(one_version_is_not_taken_out_of_the_archive_beside_another),
        TEST(archived_firmware_is_not_offered_and_blocks_no_device),
        TEST(a_job_is_read_only_by_a_device_that_can_take_it),
        TEST(a_device_that_was_brought_further_is_not_taken_back),
        TEST(a_retry_does_not_pass_the_device_that_goes_first),
        TEST(a_retry_and_the_clock_do_not_send_two_devices_first),
        TEST(a_device_that_talks_without_end_fills_no_disk),
        TEST(a_device_that_goes_to_and_fro_fills_no_disk),
        TEST(a_number_that_does_not_grow_extends_no_deadline),
        TEST(a_device_whose_row_is_gone_is_not_found),
        TEST(a_tag_of_no_device_does_no_harm),
        TEST(rules_see_attributes_as_they_were_said),
        TEST(a_deleted_device_comes_back_with_the_token_that_it_made),
        TEST(a_revoked_token_does_not_come_back),
        TEST(a_start_counts_the_tokens_of_devices),
        TEST(a_token_that_cannot_be_ends_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
