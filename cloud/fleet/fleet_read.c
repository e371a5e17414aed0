/* SPDX-License-Identifier: Apache-2.0 */
/* What is there: lists, pre-flight, counts. */
#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_attributes.h"
#include "cloud/fleet/fleet_tokens.h"

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

/* ---- what rules and the pre-flight ask ---- */
/* Attributes are asked for rarely, so they are kept as the text that they came as. The value is
 * valid until the next call of this thread. */
static const char *attribute(const void *ctx, const char *name)
{
    static _Thread_local char value[DDI_VALUE_SIZE];
    const struct fleet_slot *slot = ctx;

    return fleet_attribute(slot->attributes, name, value) ? value : NULL;
}

void fleet_rule_subject(struct fleet *fleet, const struct fleet_slot *slot,
                        struct rule_subject *out_subject)
{
    const struct record_product *product = fleet_find_product(fleet, slot->product);
    bool is_open = slot->action != NULL && slot->action->record.open;

    *out_subject = (struct rule_subject){
        .id = slot->controller_id,
        .name = text_of(slot->name),
        .product = product != NULL ? product->name : "",
        .hardware = slot->hardware,
        .version = text_of(slot->version),
        .state =
            is_open ? action_state_name((enum action_state)slot->action->record.state) : "none",
        .is_online = fleet_is_online(fleet, slot),
        .is_on_hold = slot->hold_reason != NULL,
        .tags = (const char *const *)slot->tags,
        .tag_count = slot->tag_count,
        .attribute = attribute,
        .ctx = slot,
    };
}

enum preflight_verdict fleet_verdict(struct fleet *fleet, const struct fleet_slot *slot,
                                     const struct record_firmware *firmware)
{
    const struct fleet_tries *tries = fleet_find_tries(slot, firmware->sha256);
    const struct preflight_subject subject = {
        .hardware = slot->hardware,
        .version = text_of(slot->version),
        .product = slot->product,
        .is_on_hold = slot->hold_reason != NULL,
        .has_open_action = slot->action != NULL && slot->action->record.open,
        .tries = tries != NULL ? tries->record.tries : 0,
        .tries_max = fleet->settings.tries_max,
    };
    const struct record_product *product = fleet_find_product(fleet, firmware->product);

    return product != NULL ? preflight(&subject, firmware, product) : PREFLIGHT_OTHER_PRODUCT;
}

/* ---- devices ---- */
static void fill_device(struct fleet *fleet, const struct fleet_slot *slot,
                        struct fleet_device *out_device)
{
    const struct record_product *product = fleet_find_product(fleet, slot->product);

    *out_device = (struct fleet_device){
        .id = slot->id,
        .rev = slot->rev,
        .controller_id = slot->controller_id,
        .name = text_of(slot->name),
        .hold_reason = text_of(slot->hold_reason),
        .hardware = slot->hardware,
        .version = text_of(slot->version),
        .product = slot->product,
        .product_name = product != NULL ? product->name : "",
        .is_online = fleet_is_online(fleet, slot),
        .reports_version = slot->reports_version,
        .first_at = slot->first_at,
        .last_at = slot->last_at,
        .polls = slot->polls,
        .tags = (const char *const *)slot->tags,
        .tag_count = slot->tag_count,
        .action = slot->action != NULL ? &slot->action->record : NULL,
    };
}

static bool matches(struct fleet *fleet, const struct fleet_slot *slot, const struct rule *rule)
{
    struct rule_subject subject;

    if (rule == NULL) {
        return true;
    }
    fleet_rule_subject(fleet, slot, &subject);
    return rule_matches(rule, &subject);
}

size_t fleet_visit_devices(struct fleet *fleet, const struct rule *rule, int64_t after,
                           size_t limit, fleet_device_visitor *visitor, void *ctx)
{
    size_t total = 0, shown = 0;
    bool goes_on = visitor != NULL;

    pthread_mutex_lock(&fleet->lock);
    for (size_t i = 0; i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];
        struct fleet_device device;

        if (!matches(fleet, slot, rule)) {
            continue;
        }
        total++;
        if (goes_on && slot->id > after && shown < limit) {
            fill_device(fleet, slot, &device);
            goes_on = visitor(ctx, &device);
            shown++;
        }
    }
    pthread_mutex_unlock(&fleet->lock);
    return total;
}

bool fleet_visit_device(struct fleet *fleet, int64_t id, fleet_device_visitor *visitor,
                        void *ctx)
{
    struct fleet_device device;

    pthread_mutex_lock(&fleet->lock);
    const struct fleet_slot *slot = fleet_list_find(&fleet->slots, id);
    if (slot != NULL) {
        fill_device(fleet, slot, &device);
        (void)visitor(ctx, &device);
    }
    pthread_mutex_unlock(&fleet->lock);
    return slot != NULL;
}

int64_t fleet_find_device(struct fleet *fleet, const char *controller_id)
{
    int64_t id = 0;

    pthread_mutex_lock(&fleet->lock);
    const struct fleet_slot *slot = fleet_find_slot(fleet, controller_id);
    if (slot != NULL) {
        id = slot->id;
    }
    pthread_mutex_unlock(&fleet->lock);
    return id;
}

/* ---- small tables ---- */
static const struct fleet_list *list_of(const struct fleet *fleet, enum record_kind kind)
{
    if (kind == RECORD_FIRMWARE) {
        return &fleet->firmware;
    }
    if (kind == RECORD_DEPLOYMENT) {
        return &fleet->deployments;
    }
    return kind == RECORD_TOKEN ? &fleet->tokens : &fleet->rows[kind];
}

/* The record of an item of list_of(); a token's is made in `token`. */
static const void *record_of(enum record_kind kind, const void *item,
                             struct record_token *token)
{
    if (kind == RECORD_FIRMWARE) {
        return &((const struct fleet_firmware *)item)->record;
    }
    if (kind == RECORD_DEPLOYMENT) {
        return &((const struct fleet_deployment *)item)->record;
    }
    if (kind == RECORD_TOKEN) {
        fleet_token_row(item, token);
        return token;
    }
    return ((const struct fleet_row *)item)->record;
}

void fleet_visit_records(struct fleet *fleet, enum record_kind kind, store_visitor *visitor,
                         void *ctx)
{
    struct record_token token;

    pthread_mutex_lock(&fleet->lock);
    const struct fleet_list *list = list_of(fleet, kind);
    for (size_t i = 0; i < list->count; i++) {
        if (!visitor(ctx, record_of(kind, list->items[i], &token))) {
            break;
        }
    }
    pthread_mutex_unlock(&fleet->lock);
}

bool fleet_get_record(struct fleet *fleet, enum record_kind kind, int64_t id, void *out_record)
{
    struct record_token token;

    pthread_mutex_lock(&fleet->lock);
    const void *item = fleet_list_find(list_of(fleet, kind), id);
    if (item != NULL) {
        memcpy(out_record, record_of(kind, item, &token), record_table(kind)->size);
        if (kind == RECORD_DEPLOYMENT) {
            ((struct record_deployment *)out_record)->rule = NULL;
        }
    }
    pthread_mutex_unlock(&fleet->lock);
    return item != NULL;
}

/* ---- counts ---- */
void fleet_count_actions(struct fleet *fleet, int64_t deployment,
                         int64_t out_counts[ACTION_STATES])
{
    memset(out_counts, 0, ACTION_STATES * sizeof *out_counts);
    pthread_mutex_lock(&fleet->lock);
    const struct fleet_deployment *found = fleet_list_find(&fleet->deployments, deployment);
    if (found != NULL) {
        memcpy(out_counts, found->counts, sizeof found->counts);
    }
    pthread_mutex_unlock(&fleet->lock);
}

bool fleet_preflight(struct fleet *fleet, int64_t firmware, const struct rule *rule,
                     struct fleet_preflight *out_preflight,
                     bool (*visitor)(void *ctx, const struct fleet_device *device,
                                     enum preflight_verdict verdict),
                     void *ctx)
{
    bool goes_on = visitor != NULL;

    *out_preflight = (struct fleet_preflight){.firmware_verdict = PREFLIGHT_TAKES_IT};
    pthread_mutex_lock(&fleet->lock);
    const struct fleet_firmware *found = fleet_list_find(&fleet->firmware, firmware);
    for (size_t i = 0; found != NULL && i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];
        struct fleet_device device;

        if (!matches(fleet, slot, rule)) {
            continue;
        }
        enum preflight_verdict verdict = fleet_verdict(fleet, slot, &found->record);
        out_preflight->counts[verdict]++;
        if (goes_on) {
            fill_device(fleet, slot, &device);
            goes_on = visitor(ctx, &device, verdict);
        }
    }
    if (found != NULL) {
        const struct record_product *product = fleet_find_product(fleet, found->record.product);

        out_preflight->firmware_verdict = product != NULL
                                              ? preflight_firmware(&found->record, product)
                                              : PREFLIGHT_OTHER_PRODUCT;
        out_preflight->one_first = found->record.proven_at == 0;
    }
    pthread_mutex_unlock(&fleet->lock);
    return found != NULL;
}

void fleet_count(struct fleet *fleet, struct fleet_counts *out_counts)
{
    pthread_mutex_lock(&fleet->lock);
    *out_counts = (struct fleet_counts){
        .devices = fleet->slots.count,
        .products = fleet->rows[RECORD_PRODUCT].count,
        .firmware = fleet->firmware.count,
        .deployments = fleet->deployments.count,
        .polls = fleet->polls,
        .changes = fleet->changes,
        .conflicts = fleet->conflicts,
        .failures = fleet->failures,
        .webhook_waiting = fleet->rows[RECORD_OUTBOX].count,
        .webhook_sent = fleet->webhook_sent,
        .webhook_failed = fleet->webhook_failed,
        .webhook_given_up = fleet->webhook_given_up,
        .webhook_dropped = fleet->webhook_dropped,
        .looks = fleet->sweep.looks,
        .looks_most = fleet->sweep.looks_most,
    };
    memcpy(out_counts->webhook_reason, fleet->webhook_reason, sizeof fleet->webhook_reason);
    for (size_t i = 0; i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];

        out_counts->online += fleet_is_online(fleet, slot);
        if (slot->action != NULL) {
            out_counts->actions[slot->action->record.state]++;
        }
    }
    pthread_mutex_unlock(&fleet->lock);
}
