/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the webhook: written here, kept by the store, fetched and ended by the sender. */
#include "cloud/fleet/fleet_outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cloud/fleet/fleet_trim.h"
#include "cloud/fleet/token.h"
#include "host/json.h"

enum { RANDOM_LEN = 16, MS_PER_S = 1000, WAIT_MAX_MS = 3600 * MS_PER_S };

static const char webhook[] = "webhook"; /* the rows' kind */

/* ---- payload ---- */
static json_t *begin(struct fleet_change *change, const char *event, int64_t now)
{
    char secret[TOKEN_SECRET_SIZE], id[64], at[32], day[24];
    time_t seconds = (time_t)(now / MS_PER_S);
    json_t *object = json_object();
    struct tm tm;

    /* The random part keeps it apart from all others, also after the restore of a backup; the
     * time is read again when it is given up. */
    if (token_make(secret) != 0 || gmtime_r(&seconds, &tm) == NULL) {
        change->is_broken = true;
        secret[0] = '\0';
        tm = (struct tm){0};
    }
    (void)snprintf(id, sizeof id, "%lld-%.*s", (long long)now, RANDOM_LEN, secret);
    (void)strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(at, sizeof at, "%s.%03dZ", day, (int)(now % MS_PER_S));
    json_add(&object, "id", json_string(id));
    json_add(&object, "event", json_string(event));
    json_add(&object, "at", json_string(at));
    return object;
}

static json_t *device_object(const struct fleet_slot *slot)
{
    json_t *object = json_object();

    json_add(&object, "id", json_integer(slot->id));
    json_add(&object, "controller_id", json_text(slot->controller_id));
    json_add(&object, "name", json_text(slot->name != NULL ? slot->name : ""));
    json_add(&object, "version", json_text(slot->version != NULL ? slot->version : ""));
    return object;
}

static json_t *action_object(const struct record_action *action)
{
    json_t *object = json_object();

    json_add(&object, "id", json_integer(action->head.id));
    json_add(&object, "state",
             json_string(action_state_name((enum action_state)action->state)));
    json_add(&object, "attempt", json_integer(action->attempt));
    json_add(&object, "code", json_integer(action->code));
    json_add(&object, "reason", json_text(action->reason));
    json_add(&object, "late", json_boolean(action->late));
    return object;
}

static json_t *deployment_object(int64_t id, const char *name)
{
    json_t *object = json_object();

    json_add(&object, "id", json_integer(id));
    json_add(&object, "name", json_text(name));
    return object;
}

static json_t *firmware_object(struct fleet *fleet, int64_t id)
{
    const struct fleet_firmware *firmware = fleet_list_find(&fleet->firmware, id);
    json_t *object = json_object();

    json_add(&object, "id", json_integer(id));
    json_add(&object, "version", json_text(firmware != NULL ? firmware->record.version : ""));
    return object;
}

static json_t *counts_object(const int64_t counts[ACTION_STATES])
{
    json_t *object = json_object();

    for (int state = 1; state < ACTION_STATES; state++) {
        json_add(&object, action_state_name((enum action_state)state),
                 json_integer(counts[state]));
    }
    return object;
}

/* ---- rows ---- */
static bool is_wanted(const struct fleet_change *change, enum fleet_webhook_event event)
{
    const struct fleet_settings *settings = &change->fleet->settings;

    return settings->webhook_url[0] != '\0' && (settings->webhook_events & 1U << event) != 0;
}

static bool is_full(const struct fleet_change *change)
{
    return change->fleet->rows[RECORD_OUTBOX].count >= FLEET_OUTBOX_MAX;
}

/* Is there to be a message of this event? Counts one that has no room. */
static bool may_add(struct fleet_change *change, enum fleet_webhook_event event)
{
    if (!is_wanted(change, event)) {
        return false;
    }
    if (is_full(change)) {
        change->dropped++;
        return false;
    }
    return true;
}

/* Takes over `payload`. */
static void add_row(struct fleet_change *change, int64_t now, json_t *payload)
{
    struct record_outbox row = {.not_before = now};
    char *text = payload != NULL ? json_dumps(payload, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

    json_decref(payload);
    if (text == NULL) {
        change->is_broken = true;
        return;
    }
    (void)snprintf(row.kind, sizeof row.kind, "%s", webhook);
    row.payload = text;
    (void)fleet_change_insert(change, RECORD_OUTBOX, &row);
    free(text);
}

void fleet_outbox_action(struct fleet_change *change, enum fleet_webhook_event event,
                         const struct fleet_slot *slot, const struct record_action *action)
{
    struct fleet *fleet = change->fleet;
    const struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, action->deployment);
    int64_t now = fleet_wall_ms(fleet);

    if (!may_add(change, event)) {
        return;
    }
    json_t *payload = begin(change, fleet_webhook_event_name(event), now);
    json_add(&payload, "action", action_object(action));
    json_add(&payload, "device", device_object(slot));
    json_add(&payload, "deployment",
             deployment_object(action->deployment,
                               deployment != NULL ? deployment->record.name : ""));
    json_add(&payload, "firmware", firmware_object(fleet, action->firmware));
    add_row(change, now, payload);
}

void fleet_outbox_deployment(struct fleet_change *change, enum fleet_webhook_event event,
                             const struct fleet_deployment *found,
                             const struct record_deployment *deployment, const char *reason)
{
    int64_t now = fleet_wall_ms(change->fleet);

    if (!may_add(change, event)) {
        return;
    }
    json_t *payload = begin(change, fleet_webhook_event_name(event), now);
    json_add(&payload, "deployment", deployment_object(found->id, deployment->name));
    json_add(&payload, "firmware", firmware_object(change->fleet, deployment->firmware));
    json_add(&payload, "updates", counts_object(found->counts));
    json_add(&payload, "reason", json_text(reason != NULL ? reason : ""));
    add_row(change, now, payload);
}

/* ---- a test ---- */
struct test_params {
    const char *actor;
};

static enum fleet_result build_test(struct fleet_change *change)
{
    const struct test_params *params = change->params;
    int64_t now = fleet_wall_ms(change->fleet);

    if (change->fleet->settings.webhook_url[0] == '\0') {
        return fleet_refuse(change, FLEET_CONFLICT, "webhook_url is empty: the webhook is off");
    }
    if (is_full(change)) {
        return fleet_refuse(change, FLEET_REFUSED, "%d messages wait to be sent already",
                            FLEET_OUTBOX_MAX);
    }
    json_t *payload = begin(change, "test", now);
    json_add(&payload, "by", json_text(params->actor));
    add_row(change, now, payload);
    fleet_change_audit(change, params->actor, "webhook.test", "setting", 0, "webhook_url", NULL,
                       NULL);
    return FLEET_DONE;
}

void fleet_test_webhook(struct fleet *fleet, const char *actor, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct test_params params = {.actor = fleet_keep_text(&kept, actor)};

    fleet_run(fleet, build_test, &params, sizeof params, &kept, done, ctx);
}

/* ---- the sender's side ---- */
static const struct record_outbox *next_row(struct fleet *fleet, int64_t after)
{
    const struct fleet_list *rows = &fleet->rows[RECORD_OUTBOX];
    int64_t now = fleet_wall_ms(fleet);

    if (after != FLEET_MESSAGES_DUE) {
        size_t i = fleet_list_behind(rows, after);

        return i < rows->count ? ((const struct fleet_row *)rows->items[i])->record : NULL;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct record_outbox *row = ((const struct fleet_row *)rows->items[i])->record;

        /* Nothing waits for longer: the clock was set back since. */
        if (row->not_before <= now || row->not_before > now + WAIT_MAX_MS) {
            return row;
        }
    }
    return NULL;
}

struct payload_reader {
    int64_t id;
    char *text;
};

static bool take_payload(void *ctx, const void *record)
{
    const struct record_outbox *row = record;
    struct payload_reader *reader = ctx;

    if (row->head.id == reader->id) {
        reader->text = strdup(row->payload != NULL ? row->payload : "");
    }
    return false;
}

static void read_event_id(struct fleet_message *message, int64_t now)
{
    json_t *payload = json_loads(message->payload, 0, NULL);
    const char *id = json_string_value(json_object_get(payload, "id"));

    (void)snprintf(message->event_id, sizeof message->event_id, "%s", id != NULL ? id : "");
    message->age_ms = now - strtoll(message->event_id, NULL, 10);
    json_decref(payload);
}

int fleet_next_message(struct fleet *fleet, int64_t after, struct fleet_message *out_message)
{
    struct payload_reader reader = {0};
    struct store_query query = {.kind = RECORD_OUTBOX, .limit = 1};
    struct host_error error;

    pthread_mutex_lock(&fleet->lock);
    const struct record_outbox *row = next_row(fleet, after);
    int64_t now = fleet_sure_ms(fleet);
    *out_message = (struct fleet_message){0};
    if (row != NULL) {
        out_message->id = row->head.id;
        out_message->tries = row->tries;
    }
    pthread_mutex_unlock(&fleet->lock);
    if (out_message->id == 0) {
        return 0;
    }
    reader.id = out_message->id;
    query.after = reader.id - 1;
    if (fleet->store->read(fleet->store, &query, take_payload, &reader, &error) != 0 ||
        reader.text == NULL) {
        return -1;
    }
    out_message->payload = reader.text;
    read_event_id(out_message, now);
    return 1;
}

struct end_params {
    int64_t id, wait_ms;
    enum fleet_message_end end;
};

static void note_end(struct fleet *fleet, enum fleet_message_end end, const char *reason)
{
    pthread_mutex_lock(&fleet->lock);
    fleet->webhook_sent += end == FLEET_MESSAGE_SENT;
    fleet->webhook_failed += end == FLEET_MESSAGE_FAILED;
    fleet->webhook_given_up += end == FLEET_MESSAGE_GIVEN_UP;
    (void)snprintf(fleet->webhook_reason, sizeof fleet->webhook_reason, "%s", reason);
    pthread_mutex_unlock(&fleet->lock);
}

static enum fleet_result build_end(struct fleet_change *change)
{
    const struct end_params *params = change->params;
    struct fleet *fleet = change->fleet;
    const struct record_outbox *row = fleet_find_row(fleet, RECORD_OUTBOX, params->id);

    if (row == NULL) {
        return FLEET_DONE;
    }
    if (params->end != FLEET_MESSAGE_FAILED) {
        fleet_change_delete(change, RECORD_OUTBOX, row->head.id, row->head.rev);
        return FLEET_DONE;
    }
    /* The payload is only in the store. */
    struct payload_reader reader = {.id = row->head.id};
    struct store_query query = {.kind = RECORD_OUTBOX, .after = row->head.id - 1, .limit = 1};
    struct record_outbox later = *row;
    struct host_error error;
    if (fleet->store->read(fleet->store, &query, take_payload, &reader, &error) != 0 ||
        reader.text == NULL) {
        return fleet_refuse(change, FLEET_FAILED, "the outbox cannot be read");
    }
    later.payload = reader.text;
    later.tries++;
    later.not_before = fleet_wall_ms(fleet) + params->wait_ms;
    fleet_change_put(change, RECORD_OUTBOX, &later);
    free(reader.text);
    return FLEET_DONE;
}

void fleet_end_message(struct fleet *fleet, int64_t id, enum fleet_message_end end,
                       int64_t wait_ms, const char *reason, fleet_done *done, void *ctx)
{
    struct end_params params = {.id = id, .wait_ms = wait_ms, .end = end};

    note_end(fleet, end, reason);
    fleet_run(fleet, build_end, &params, sizeof params, NULL, done, ctx);
}
