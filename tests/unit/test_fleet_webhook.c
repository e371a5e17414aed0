/* SPDX-License-Identifier: Apache-2.0 */
/* What the webhook is told: with the change that it tells of, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "host/json.h"
#include "support/fleet_fixture.h"
#include "support/store_double.h"

static const char secret[] = "key-of-the-test-0123456789";

static int set_up(void **state)
{
    if (world_set_up(state) != 0) {
        return -1;
    }
    world_set(*state, "webhook_url", "http://127.0.0.1:9/");
    world_set(*state, "webhook_secret", secret);
    return 0;
}

static size_t count_rows(const struct world *world)
{
    return store_double_count(world->store, RECORD_OUTBOX);
}

/* The i-th message of the outbox, parsed. */
static json_t *payload(const struct world *world, size_t i)
{
    const struct record_outbox *row = store_double_at(world->store, RECORD_OUTBOX, i);

    assert_non_null(row);
    assert_string_equal(row->kind, "webhook");
    json_t *document = json_loads(row->payload, 0, NULL);
    assert_non_null(document);
    return document;
}

static void assert_told(const struct world *world, size_t i, const char *event)
{
    json_t *document = payload(world, i);

    assert_string_equal(json_string_value(json_object_get(document, "event")), event);
    json_decref(document);
}

static void fail_update(struct world *world, int64_t device, const char *id)
{
    /* 7: the signature is wrong; it is not tried again */
    assert_int_equal(world_say(world, device, world_fetch(world, id), DDI_CLOSED, true, 7),
                     FLEET_DONE);
}

static struct fleet_message next(struct world *world, int64_t after)
{
    struct fleet_message message;

    assert_int_equal(fleet_next_message(world->fleet, after, &message), 1);
    return message;
}

static void end(struct world *world, int64_t id, enum fleet_message_end how, int64_t wait_ms)
{
    fleet_end_message(world->fleet, id, how, wait_ms, "why", world_take_answer, world);
    assert_done(world);
}

/* ---- with the change ---- */
struct say {
    struct world *world;
    int64_t device, id;
};

static void say_failed(struct say *say)
{
    const struct ddi_feedback feedback = {
        .execution = DDI_CLOSED, .is_failure = true, .code = 7};

    fleet_feedback(say->world->fleet, say->device, say->id, &feedback, world_take_answer,
                   say->world);
}

static void closing_and_message_are_one_batch(void **state)
{
    struct world *world = *state;
    struct say say = {.world = world, .device = world_new_device(world, "a")};

    (void)world_deploy(world, "", MODE_SILENT);
    say.id = world_fetch(world, "a");
    int64_t action = world_action_of(world, say.device).head.id;
    store_double_set_queued(world->store, true);
    say_failed(&say);
    assert_int_equal(store_double_queued(world->store), 1);
    assert_int_equal(count_rows(world), 0);
    assert_int_equal(store_double_pump(world->store, 1), 1);
    assert_done(world);
    assert_int_equal(count_rows(world), 1);
    const struct record_action *closed = store_double_find(world->store, RECORD_ACTION, action);
    assert_int_equal(closed->state, ACTION_FAILED);
    assert_told(world, 0, "action.failed");
    store_double_set_queued(world->store, false);
}

static void what_does_not_reach_the_disk_is_not_told(void **state)
{
    struct world *world = *state;
    struct say say = {.world = world, .device = world_new_device(world, "a")};

    (void)world_deploy(world, "", MODE_SILENT);
    say.id = world_fetch(world, "a");
    int64_t action = world_action_of(world, say.device).head.id;
    store_double_fail_next(world->store, 1, STORE_FULL, 0);
    say_failed(&say);
    assert_int_equal(world_result(world), FLEET_FULL);
    world_restart(world);
    const struct record_action *open = store_double_find(world->store, RECORD_ACTION, action);
    assert_true(open->open);
    assert_int_equal(count_rows(world), 0);
    say_failed(&say); /* the device says it again: it was not answered */
    assert_done(world);
    assert_int_equal(count_rows(world), 1);
}

static void a_change_that_is_made_again_is_told_once(void **state)
{
    struct world *world = *state;
    struct say say = {.world = world, .device = world_new_device(world, "a")};

    (void)world_deploy(world, "", MODE_SILENT);
    say.id = world_fetch(world, "a");
    store_double_fail_next(world->store, 3, STORE_CONFLICT, 0);
    say_failed(&say);
    assert_done(world);
    assert_int_equal(count_rows(world), 1);
}

static void the_same_report_twice_is_told_once(void **state)
{
    struct world *world = *state;
    struct say say = {.world = world, .device = world_new_device(world, "a")};

    (void)world_deploy(world, "", MODE_SILENT);
    say.id = world_fetch(world, "a");
    say_failed(&say);
    assert_done(world);
    say_failed(&say);
    assert_done(world);
    assert_int_equal(count_rows(world), 1);
}

/* ---- what is told ---- */
static void nothing_is_told_while_it_is_off(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_set(world, "webhook_url", "");
    (void)world_deploy(world, "", MODE_SILENT);
    fail_update(world, device, "a");
    world_ticks(world);
    assert_int_equal(count_rows(world), 0);
    fleet_test_webhook(world->fleet, "test", world_take_answer, world);
    assert_int_equal(world_result(world), FLEET_CONFLICT);
}

static void a_pause_by_failure_is_told_and_one_by_a_person_not(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    int64_t deployment = world_deploy(world, "", MODE_SILENT);

    fail_update(world, device, "a");
    world_ticks(world);
    assert_int_equal(count_rows(world), 2);
    assert_told(world, 0, "action.failed");
    assert_told(world, 1, "deployment.paused");
    fleet_set_deployment(world->fleet, "operator", deployment, DEPLOYMENT_PAUSED,
                         world_take_answer, world);
    assert_done(world);
    assert_int_equal(count_rows(world), 2);
}

static int64_t state_of(struct world *world, int64_t deployment)
{
    struct record_deployment record;

    assert_true(fleet_get_record(world->fleet, RECORD_DEPLOYMENT, deployment, &record));
    return record.state;
}

static void update(struct world *world, int64_t device, const char *id)
{
    (void)world_fetch(world, id);
    world_report(world, device, "03010102");
}

static void a_deployment_ends_once_when_its_list_is_done(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a"), b = world_new_device(world, "b");
    int64_t deployment = world_deploy(world, "id in (a, b)", MODE_SILENT);

    update(world, a, "a");
    world_ticks(world);
    assert_int_equal(state_of(world, deployment), DEPLOYMENT_ACTIVE);
    assert_int_equal(count_rows(world), 0); /* confirmed devices are not told one by one */
    update(world, b, "b");
    world_ticks(world);
    assert_int_equal(state_of(world, deployment), DEPLOYMENT_ENDED);
    assert_int_equal(count_rows(world), 1);
    assert_told(world, 0, "deployment.ended");
    json_t *document = payload(world, 0);
    json_t *updates = json_object_get(document, "updates");
    assert_int_equal(json_integer_value(json_object_get(updates, "confirmed")), 2);
    json_decref(document);
    /* Said once. */
    world_restart(world);
    world_ticks(world);
    assert_int_equal(count_rows(world), 1);
}

static void a_deployment_waits_for_a_device_that_is_busy(void **state)
{
    struct world *world = *state;
    int64_t a = world_new_device(world, "a"), b = world_new_device(world, "b");

    (void)world_deploy(world, "id = b", MODE_SILENT); /* 03010102, to b */
    assert_true(world_action_of(world, b).open);
    world->firmware = world_add_firmware(world, "03010103");
    int64_t newer = world_deploy(world, "id in (a, b)", MODE_SILENT);
    assert_true(world_action_of(world, a).open);
    (void)world_fetch(world, "a");
    world_report(world, a, "03010103");
    world_ticks(world);
    assert_int_equal(state_of(world, newer), DEPLOYMENT_ACTIVE); /* b is still to come */
    update(world, b, "b");
    world_ticks(world);
    assert_true(world_action_of(world, b).open);
    (void)world_fetch(world, "b");
    world_report(world, b, "03010103");
    world_ticks(world);
    assert_int_equal(state_of(world, newer), DEPLOYMENT_ENDED);
}

static void corrections_and_losses_are_told(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    (void)world_deploy(world, "", MODE_SILENT);
    fail_update(world, device, "a");
    world_report(world, device, "03010102");
    assert_int_equal(count_rows(world), 2);
    assert_told(world, 1, "action.corrected");
    world_report(world, device, "03010101");
    assert_int_equal(count_rows(world), 3);
    assert_told(world, 2, "action.lost");
}

static void the_list_of_events_decides(void **state)
{
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");

    world_set(world, "webhook_events", "action.confirmed");
    (void)world_deploy(world, "", MODE_SILENT);
    update(world, device, "a");
    world_ticks(world);
    assert_int_equal(count_rows(world), 1);
    assert_told(world, 0, "action.confirmed");
}

static void the_payload_is_of_the_documented_shape(void **state)
{
    static const char shape[] =
        "{\"event\":\"action.failed\",\"at\":\"2025-09-13T12:26:40.000Z\",\"action\":{\"id\":1,"
        "\"state\":\"failed\",\"attempt\":1,\"code\":7,\"reason\":\"the device says that it "
        "failed\",\"late\":false},\"device\":{\"id\":1,\"controller_id\":\"a\",\"name\":\"\","
        "\"version\":\"03010101\"},\"deployment\":{\"id\":1,\"name\":\"first\"},\"firmware\":"
        "{\"id\":1,\"version\":\"03010102\"}}";
    struct world *world = *state;
    int64_t device = world_new_device(world, "a");
    char id[64];

    (void)world_deploy(world, "", MODE_SILENT);
    world->wall_ms = 1757766400000;
    fail_update(world, device, "a");
    json_t *document = payload(world, 0);
    (void)snprintf(id, sizeof id, "%s", json_string_value(json_object_get(document, "id")));
    assert_memory_equal(id, "1757766400000-", 14);
    assert_int_equal(strlen(id), 14 + 16);
    json_object_del(document, "id");
    char *text = json_dumps(document, JSON_COMPACT);
    assert_string_equal(text, shape);
    free(text);
    json_decref(document);
    struct fleet_message message = next(world, FLEET_MESSAGES_DUE);
    assert_string_equal(message.event_id, id);
    assert_null(strstr(message.payload, secret));
    free(message.payload);
}

/* ---- sending ---- */
static void a_message_waits_after_a_failure_and_goes_when_it_is_taken(void **state)
{
    struct world *world = *state;
    struct fleet_message first, again, none;
    struct fleet_counts counts;

    fleet_test_webhook(world->fleet, "boss", world_take_answer, world);
    assert_done(world);
    fleet_test_webhook(world->fleet, "boss", world_take_answer, world);
    assert_done(world);
    first = next(world, FLEET_MESSAGES_DUE);
    assert_non_null(strstr(first.payload, "\"event\":\"test\""));
    assert_non_null(strstr(first.payload, "\"by\":\"boss\""));
    end(world, first.id, FLEET_MESSAGE_FAILED, 10000);
    again = next(world, FLEET_MESSAGES_DUE); /* the other one */
    assert_int_not_equal(again.id, first.id);
    end(world, again.id, FLEET_MESSAGE_SENT, 0);
    free(again.payload);
    assert_int_equal(fleet_next_message(world->fleet, FLEET_MESSAGES_DUE, &none), 0);
    world_restart(world);
    assert_int_equal(fleet_next_message(world->fleet, FLEET_MESSAGES_DUE, &none), 0);
    again = next(world, 0);
    assert_string_equal(again.event_id, first.event_id);
    assert_string_equal(again.payload, first.payload);
    assert_int_equal(again.tries, 1);
    free(again.payload);
    world->wall_ms += 10000;
    again = next(world, FLEET_MESSAGES_DUE);
    end(world, again.id, FLEET_MESSAGE_GIVEN_UP, 0);
    free(again.payload);
    assert_int_equal(count_rows(world), 0);
    fleet_count(world->fleet, &counts);
    assert_int_equal(counts.webhook_waiting, 0);
    assert_int_equal(counts.webhook_given_up, 1);
    free(first.payload);
}

/* One that is refused again and again does not keep a pass over all of them at its first. */
static void a_pass_takes_each_message_once(void **state)
{
    struct world *world = *state;
    struct fleet_message first, second, none;

    for (int i = 0; i < 2; i++) {
        fleet_test_webhook(world->fleet, "boss", world_take_answer, world);
        assert_done(world);
    }
    first = next(world, 0);
    end(world, first.id, FLEET_MESSAGE_FAILED, 10000);
    second = next(world, first.id);
    assert_int_not_equal(second.id, first.id);
    end(world, second.id, FLEET_MESSAGE_FAILED, 10000);
    assert_int_equal(fleet_next_message(world->fleet, second.id, &none), 0);
    free(first.payload);
    free(second.payload);
}

static void a_clock_that_jumps_makes_no_message_old(void **state)
{
    enum { HOUR_MS = 3600 * 1000 };
    const int64_t year_ms = 365LL * 24 * HOUR_MS;
    struct world *world = *state;
    struct fleet_message message;

    world->wall_ms = 1798761600000; /* what retention's clock believes */
    world_restart(world);
    fleet_test_webhook(world->fleet, "boss", world_take_answer, world);
    assert_done(world);
    world->wall_ms += year_ms;
    world->steady_ms += HOUR_MS;
    fleet_tick(world->fleet);
    message = next(world, 0);
    free(message.payload);
    assert_in_range(message.age_ms, HOUR_MS, 10 * HOUR_MS);
}

static void a_clock_that_was_set_back_delays_nothing_for_long(void **state)
{
    struct world *world = *state;
    struct fleet_message message, none;

    fleet_test_webhook(world->fleet, "boss", world_take_answer, world);
    assert_done(world);
    message = next(world, FLEET_MESSAGES_DUE);
    end(world, message.id, FLEET_MESSAGE_FAILED, 10000);
    free(message.payload);
    assert_int_equal(fleet_next_message(world->fleet, FLEET_MESSAGES_DUE, &none), 0);
    world->wall_ms -= 2 * 3600 * 1000;
    message = next(world, FLEET_MESSAGES_DUE);
    free(message.payload);
}

static void a_full_outbox_drops_and_counts(void **state)
{
    struct world *world = *state;
    struct record_outbox row = {.head = {.rev = 1}, .kind = "webhook", .payload = "{}"};
    int64_t device = world_new_device(world, "a");
    struct fleet_counts counts;

    (void)world_deploy(world, "", MODE_SILENT);
    for (int64_t id = 1; id <= FLEET_OUTBOX_MAX; id++) {
        row.head.id = id;
        assert_int_equal(store_double_change(world->store, RECORD_OUTBOX, &row), 0);
    }
    world_restart(world);
    fail_update(world, device, "a");
    assert_int_equal(world_action_of(world, device).state, ACTION_FAILED);
    assert_int_equal(count_rows(world), FLEET_OUTBOX_MAX);
    fleet_count(world->fleet, &counts);
    assert_int_equal(counts.webhook_waiting, FLEET_OUTBOX_MAX);
    assert_int_equal(counts.webhook_dropped, 1);
}

static void the_key_is_in_no_audit(void **state)
{
    struct world *world = *state;
    size_t found = 0;

    for (size_t i = 0; i < store_double_count(world->store, RECORD_AUDIT); i++) {
        const struct record_audit *entry = store_double_at(world->store, RECORD_AUDIT, i);

        assert_null(strstr(entry->before, secret));
        assert_null(strstr(entry->after, secret));
        found += strstr(entry->object, "webhook_secret") != NULL;
    }
    assert_int_equal(found, 1);
}

static void set_two(struct world *world, const char *key, const char *url)
{
    const struct fleet_setting settings[] = {{"webhook_secret", key}, {"webhook_url", url}};

    fleet_set(world->fleet, "boss", settings, 2, world_take_answer, world);
}

/* A new key signs nothing for the old address. */
static void address_and_key_change_together_or_not_at_all(void **state)
{
    static const char key[] = "another-key-0123456789", url[] = "https://a/";
    struct world *world = *state;
    struct fleet_settings settings;
    size_t entries = store_double_count(world->store, RECORD_AUDIT);

    set_two(world, key, "http://a/#x");
    assert_int_equal(world_result(world), FLEET_INVALID);
    const char *why = world->answer.reason;
    assert_memory_equal(why, "webhook_url: ", 13);
    assert_null(strstr(why + 1, "webhook_url"));
    assert_non_null(strstr(why, "HOST[:PORT]"));
    fleet_get_settings(world->fleet, &settings);
    assert_string_equal(settings.webhook_secret, secret);
    assert_int_equal(store_double_count(world->store, RECORD_AUDIT), entries);
    store_double_set_queued(world->store, true);
    set_two(world, key, url);
    assert_int_equal(store_double_queued(world->store), 1);
    assert_int_equal(store_double_pump(world->store, 1), 1);
    assert_done(world);
    store_double_set_queued(world->store, false);
    fleet_get_settings(world->fleet, &settings);
    assert_string_equal(settings.webhook_secret, key);
    assert_string_equal(settings.webhook_url, url);
    assert_int_equal(store_double_count(world->store, RECORD_AUDIT), entries + 2);
    world_restart(world);
    fleet_get_settings(world->fleet, &settings);
    assert_string_equal(settings.webhook_secret, key);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, world_tear_down)
    static const struct CMUnitTest tests[] = {
        WITH_WORLD(closing_and_message_are_one_batch),
        WITH_WORLD(what_does_not_reach_the_disk_is_not_told),
        WITH_WORLD(a_change_that_is_made_again_is_told_once),
        WITH_WORLD(the_same_report_twice_is_told_once),
        WITH_WORLD(nothing_is_told_while_it_is_off),
        WITH_WORLD(a_pause_by_failure_is_told_and_one_by_a_person_not),
        WITH_WORLD(a_deployment_ends_once_when_its_list_is_done),
        WITH_WORLD(a_deployment_waits_for_a_device_that_is_busy),
        WITH_WORLD(corrections_and_losses_are_told),
        WITH_WORLD(the_list_of_events_decides),
        WITH_WORLD(the_payload_is_of_the_documented_shape),
        WITH_WORLD(a_message_waits_after_a_failure_and_goes_when_it_is_taken),
        WITH_WORLD(a_pass_takes_each_message_once),
        WITH_WORLD(a_clock_that_jumps_makes_no_message_old),
        WITH_WORLD(a_clock_that_was_set_back_delays_nothing_for_long),
        WITH_WORLD(a_full_outbox_drops_and_counts),
        WITH_WORLD(the_key_is_in_no_audit),
        WITH_WORLD(address_and_key_change_together_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
