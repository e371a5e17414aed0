/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_json.h"

#include "cloud/rest/rest_time.h"
#include "host/json.h"
#include "host/reason_text.h"

/* A number comes from the database: it may be anything. */
#define WORD(words, number) word_of(words, sizeof(words) / sizeof(words)[0], (int64_t)(number))

static const char *word_of(const char *const words[], size_t count, int64_t number)
{
    return number >= 0 && (uint64_t)number < count && words[number] != NULL ? words[number]
                                                                            : "unknown";
}

const char *rest_role_name(int64_t role)
{
    static const char *const words[] = {[ROLE_NONE] = "none",
                                        [ROLE_VIEWER] = "viewer",
                                        [ROLE_OPERATOR] = "operator",
                                        [ROLE_ADMIN] = "admin"};
    return WORD(words, role);
}

const char *rest_registration_name(enum fleet_registration registration)
{
    static const char *const words[] = {[REGISTRATION_CLOSED] = "closed",
                                        [REGISTRATION_ALLOW_LIST] = "allow-list",
                                        [REGISTRATION_CLAIM] = "claim",
                                        [REGISTRATION_OPEN] = "open"};
    return WORD(words, registration);
}

const char *rest_token_kind_name(int64_t kind)
{
    static const char *const words[] = {
        [TOKEN_TARGET] = "device", [TOKEN_GATEWAY] = "gateway", [TOKEN_CLAIM] = "claim",
        [TOKEN_API] = "api",       [TOKEN_SESSION] = "session", [TOKEN_SETUP] = "setup"};
    return WORD(words, kind);
}

static const char *kind_name(int64_t kind)
{
    static const char *const words[] = {
        [FIRMWARE_OTTER] = "otter", [FIRMWARE_PLAIN] = "plain", [FIRMWARE_OPAQUE] = "opaque"};
    return WORD(words, kind);
}

static const char *signature_name(int64_t signature)
{
    static const char *const words[] = {[0] = "none",
                                        [SIGNATURE_GOOD] = "good",
                                        [SIGNATURE_UNKNOWN_KEY] = "unknown_key",
                                        [SIGNATURE_NONE] = "none",
                                        [SIGNATURE_BAD] = "bad"};
    return WORD(words, signature);
}

static const char *mode_name(int64_t mode)
{
    static const char *const words[] = {[MODE_SILENT] = "silent", [MODE_MANUAL] = "manual"};
    return WORD(words, mode);
}

static const char *deployment_state_name(int64_t state)
{
    static const char *const words[] = {[DEPLOYMENT_ACTIVE] = "active",
                                        [DEPLOYMENT_PAUSED] = "paused",
                                        [DEPLOYMENT_CANCELLED] = "cancelled",
                                        [DEPLOYMENT_ENDED] = "ended"};
    return WORD(words, state);
}

/* One device first: until the firmware is proven, only group 0 runs. */
static const char *group_state_name(int64_t ordinal, bool is_proven)
{
    if (ordinal == 0) {
        return is_proven ? "has_succeeded" : "runs";
    }
    return is_proven ? "runs" : "waits";
}

static bool is_action_state(int64_t state)
{
    return state > 0 && state < ACTION_STATES;
}

json_t *rest_json_time(int64_t ms)
{
    char text[REST_TIME_SIZE];

    if (ms <= 0) {
        return json_null();
    }
    rest_put_time(ms, text);
    return json_string(text);
}

json_t *rest_json_id(int64_t id)
{
    return id > 0 ? json_integer(id) : json_null();
}

static json_t *long_text(const char *text)
{
    return json_text(text != NULL ? text : "");
}

/* What begins every record. */
static json_t *begin(const struct record_head *head)
{
    json_t *object = json_object();

    json_add(&object, "id", json_integer(head->id));
    json_add(&object, "rev", json_integer(head->rev));
    return object;
}

json_t *rest_json_product(const void *record)
{
    const struct record_product *product = record;
    json_t *object = begin(&product->head);

    json_add(&object, "name", json_text(product->name));
    json_add(&object, "product_key", json_text(product->product_key));
    json_add(&object, "hardware", json_text(product->hardware));
    json_add(&object, "key1", json_text(product->key1));
    json_add(&object, "key2", json_text(product->key2));
    json_add(&object, "unsigned_ok", json_boolean(product->unsigned_ok));
    json_add(&object, "slot_size", json_integer(product->slot_size));
    return object;
}

json_t *rest_json_firmware(const void *record)
{
    const struct record_firmware *firmware = record;
    json_t *object = begin(&firmware->head);

    json_add(&object, "kind", json_string(kind_name(firmware->kind)));
    json_add(&object, "product", rest_json_id(firmware->product));
    json_add(&object, "name", json_text(firmware->name));
    json_add(&object, "hardware", json_text(firmware->hardware));
    json_add(&object, "version", json_text(firmware->version));
    json_add(&object, "number", json_integer(firmware->number));
    json_add(&object, "from_min", json_text(firmware->from_min));
    json_add(&object, "key_id", json_integer(firmware->key_id));
    json_add(&object, "signature", json_string(signature_name(firmware->signature)));
    json_add(&object, "sha256", json_text(firmware->sha256));
    json_add(&object, "sha1", json_text(firmware->sha1));
    json_add(&object, "md5", json_text(firmware->md5));
    json_add(&object, "size", json_integer(firmware->size));
    json_add(&object, "created_at", rest_json_time(firmware->created_at));
    json_add(&object, "archived_at", rest_json_time(firmware->archived_at));
    json_add(&object, "proven_at", rest_json_time(firmware->proven_at));
    json_add(&object, "notes", long_text(firmware->notes));
    return object;
}

static json_t *window(const struct record_deployment *deployment)
{
    char text[REST_MINUTES_SIZE];
    json_t *object = json_object();

    if (deployment->window_from == deployment->window_to) {
        json_decref(object);
        return json_null();
    }
    rest_put_minutes(deployment->window_from, text);
    json_add(&object, "from", json_string(text));
    rest_put_minutes(deployment->window_to, text);
    json_add(&object, "to", json_string(text));
    return object;
}

json_t *rest_json_deployment(const void *record)
{
    const struct record_deployment *deployment = record;
    json_t *object = begin(&deployment->head);

    json_add(&object, "firmware", rest_json_id(deployment->firmware));
    json_add(&object, "name", json_text(deployment->name));
    json_add(&object, "filter", long_text(deployment->rule));
    json_add(&object, "mode", json_string(mode_name(deployment->mode)));
    json_add(&object, "state", json_string(deployment_state_name(deployment->state)));
    json_add(&object, "starts_at", rest_json_time(deployment->starts_at));
    json_add(&object, "ends_at", rest_json_time(deployment->ends_at));
    json_add(&object, "window", window(deployment));
    json_add(&object, "attempts", json_integer(deployment->attempts));
    json_add(&object, "created_by", json_text(deployment->created_by));
    json_add(&object, "created_at", rest_json_time(deployment->created_at));
    return object;
}

json_t *rest_json_group(const void *record, bool is_proven)
{
    const struct record_group *group = record;
    json_t *object = begin(&group->head);

    json_add(&object, "ordinal", json_integer(group->ordinal));
    json_add(&object, "share", rest_json_id(group->share));
    json_add(&object, "need_ok", json_integer(group->need_ok));
    json_add(&object, "max_failed", json_integer(group->max_failed));
    json_add(&object, "state", json_string(group_state_name(group->ordinal, is_proven)));
    return object;
}

static void add_action_state(json_t **io_object, const char *name, int64_t state)
{
    json_add(io_object, name,
             is_action_state(state) ? json_string(action_state_name((enum action_state)state))
                                    : json_null());
}

/* What the device's number means, if it gave one. */
static void add_code(json_t **io_object, int64_t code)
{
    json_add(io_object, "code", json_integer(code));
    json_add(io_object, "code_text",
             code > 0 && code <= UINT8_MAX ? json_string(reason_text((uint8_t)code)->text)
                                           : json_null());
}

json_t *rest_json_action(const void *record)
{
    const struct record_action *action = record;
    json_t *object = begin(&action->head);

    json_add(&object, "deployment", rest_json_id(action->deployment));
    json_add(&object, "device", rest_json_id(action->device));
    json_add(&object, "firmware", rest_json_id(action->firmware));
    json_add(&object, "open", json_boolean(action->open));
    add_action_state(&object, "state", action->state);
    json_add(&object, "attempt", json_integer(action->attempt));
    json_add(&object, "count", json_integer(action->count));
    json_add(&object, "of", json_integer(action->of));
    add_code(&object, action->code);
    json_add(&object, "reason", json_text(action->reason));
    json_add(&object, "by_word", json_boolean(action->by_word));
    json_add(&object, "late", json_boolean(action->late));
    json_add(&object, "created_at", rest_json_time(action->created_at));
    json_add(&object, "changed_at", rest_json_time(action->changed_at));
    json_add(&object, "outcome_at", rest_json_time(action->outcome_at));
    json_add(&object, "deadline_at", rest_json_time(action->deadline_at));
    return object;
}

json_t *rest_json_token(const void *record)
{
    const struct record_token *token = record;
    json_t *object = begin(&token->head);

    json_add(&object, "kind", json_string(rest_token_kind_name(token->kind)));
    json_add(&object, "device", rest_json_id(token->kind == TOKEN_TARGET ? token->owner : 0));
    json_add(&object, "role", json_string(rest_role_name(token->role)));
    json_add(&object, "name", json_text(token->name));
    json_add(&object, "uses_left",
             token->uses_left >= 0 ? json_integer(token->uses_left) : json_null());
    json_add(&object, "created_at", rest_json_time(token->created_at));
    json_add(&object, "expires_at", rest_json_time(token->expires_at));
    json_add(&object, "revoked_at", rest_json_time(token->revoked_at));
    return object;
}

json_t *rest_json_event(const void *record)
{
    const struct record_event *event = record;
    json_t *object = json_object();

    json_add(&object, "id", rest_json_id(event->head.id));
    json_add(&object, "device", rest_json_id(event->device));
    json_add(&object, "action", rest_json_id(event->action));
    json_add(&object, "attempt", json_integer(event->attempt));
    json_add(&object, "at", rest_json_time(event->at));
    json_add(&object, "kind", json_text(event->kind));
    add_action_state(&object, "state", event->state);
    add_code(&object, event->code);
    json_add(&object, "actor", json_text(event->actor));
    json_add(&object, "detail", long_text(event->detail));
    return object;
}

json_t *rest_json_audit(const void *record)
{
    const struct record_audit *audit = record;
    json_t *object = json_object();

    json_add(&object, "id", json_integer(audit->head.id));
    json_add(&object, "at", rest_json_time(audit->at));
    json_add(&object, "at_ms", json_integer(audit->at)); /* as it is hashed */
    json_add(&object, "actor", json_text(audit->actor));
    json_add(&object, "verb", json_text(audit->verb));
    json_add(&object, "object", json_text(audit->object));
    json_add(&object, "before", long_text(audit->before));
    json_add(&object, "after", long_text(audit->after));
    json_add(&object, "previous_hash", json_text(audit->previous_hash));
    json_add(&object, "hash", json_text(audit->hash));
    return object;
}

static json_t *webhook_events(uint32_t events)
{
    json_t *list = json_array();

    for (unsigned event = 0; event < WEBHOOK_EVENTS; event++) {
        if ((events & 1U << event) != 0 &&
            json_array_append_new(list, json_string(fleet_webhook_event_name(
                                            (enum fleet_webhook_event)event))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *rest_json_settings(const struct fleet_settings *settings, bool sees_url)
{
    json_t *object = json_object();

    json_add(&object, "registration",
             json_string(rest_registration_name(settings->registration)));
    json_add(&object, "offers_stopped", json_boolean(settings->offers_stopped));
    json_add(&object, "poll_interval_s", json_integer(settings->poll_interval_s));
    json_add(&object, "poll_fast_s", json_integer(settings->poll_fast_s));
    json_add(&object, "tries_max", json_integer(settings->tries_max));
    json_add(&object, "retention_days", json_integer(settings->retention_days));
    json_add(&object, "webhook_url",
             sees_url ? json_string(settings->webhook_url) : json_null());
    json_add(&object, "webhook_has_secret", json_boolean(settings->webhook_secret[0] != '\0'));
    json_add(&object, "webhook_events", webhook_events(settings->webhook_events));
    json_add(&object, "webhook_retry_s", json_integer(settings->webhook_retry_s));
    json_add(&object, "webhook_timeout_s", json_integer(settings->webhook_timeout_s));
    return object;
}

json_t *rest_json_states(const int64_t counts[ACTION_STATES])
{
    json_t *object = json_object();

    for (int state = 1; state < ACTION_STATES; state++) {
        json_add(&object, action_state_name((enum action_state)state),
                 json_integer(counts[state]));
    }
    return object;
}

static json_t *webhook_counts(const struct fleet_counts *counts)
{
    json_t *object = json_object();

    json_add(&object, "waiting", json_count(counts->webhook_waiting));
    json_add(&object, "sent", json_count(counts->webhook_sent));
    json_add(&object, "failed", json_count(counts->webhook_failed));
    json_add(&object, "given_up", json_count(counts->webhook_given_up));
    json_add(&object, "dropped", json_count(counts->webhook_dropped));
    json_add(&object, "reason", json_text(counts->webhook_reason));
    return object;
}

json_t *rest_json_counts(const struct fleet_counts *counts)
{
    int64_t actions[ACTION_STATES] = {0};
    json_t *object = json_object();

    for (int state = 1; state < ACTION_STATES; state++) {
        actions[state] = (int64_t)counts->actions[state];
    }
    json_add(&object, "devices", json_count(counts->devices));
    json_add(&object, "online", json_count(counts->online));
    json_add(&object, "products", json_count(counts->products));
    json_add(&object, "firmware", json_count(counts->firmware));
    json_add(&object, "deployments", json_count(counts->deployments));
    json_add(&object, "actions", rest_json_states(actions));
    json_add(&object, "polls", json_count(counts->polls));
    json_add(&object, "changes", json_count(counts->changes));
    json_add(&object, "conflicts", json_count(counts->conflicts));
    json_add(&object, "failures", json_count(counts->failures));
    json_add(&object, "webhook", webhook_counts(counts));
    return object;
}
