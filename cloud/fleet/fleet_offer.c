/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_offer.h"

#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"

enum {
    SWEEP_MAX = 500, /* actions of one change */
    MINUTES_PER_DAY = 24 * 60,
    MINUTE_MS = 60000,
};

static bool is_in_window(const struct record_deployment *deployment, int64_t now)
{
    int64_t minute = now / MINUTE_MS % MINUTES_PER_DAY;
    int64_t from = deployment->window_from, to = deployment->window_to;

    if (from == to) {
        return true;
    }
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

bool fleet_is_offering(const struct fleet *fleet, const struct fleet_deployment *deployment)
{
    int64_t now = fleet_wall_ms(fleet);
    const struct record_deployment *record = &deployment->record;

    return record->state == DEPLOYMENT_ACTIVE && record->starts_at <= now &&
           (record->ends_at == 0 || now < record->ends_at) && is_in_window(record, now);
}

const char *fleet_objection(struct fleet *fleet, const struct fleet_slot *slot)
{
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, slot->action->record.firmware);

    if (firmware == NULL) {
        return "its firmware is gone";
    }
    enum preflight_verdict verdict = fleet_verdict(fleet, slot, &firmware->record);
    /* Busy it is with this action, and whether it is tried again is said already. */
    return preflight_is_good(verdict) || verdict == PREFLIGHT_BUSY ||
                   verdict == PREFLIGHT_ON_HOLD || verdict == PREFLIGHT_TRIED
               ? NULL
               : preflight_text(verdict);
}

/* ---- one device first ---- */
static const struct record_group *find_group(const struct fleet *fleet, int64_t deployment,
                                             int64_t ordinal)
{
    const struct fleet_list *groups = &fleet->rows[RECORD_GROUP];

    for (size_t i = 0; i < groups->count; i++) {
        const struct record_group *group = ((const struct fleet_row *)groups->items[i])->record;

        if (group->deployment == deployment && group->ordinal == ordinal) {
            return group;
        }
    }
    return NULL;
}

bool fleet_is_on_its_way(struct fleet *fleet, int64_t firmware)
{
    for (size_t i = 0; i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];

        if (slot->action != NULL && slot->action->record.open &&
            slot->action->record.firmware == firmware) {
            return true;
        }
    }
    return false;
}

void fleet_go_first(struct fleet_change *change, const struct record_firmware *firmware)
{
    struct record_firmware same = *firmware;

    fleet_change_put_firmware(change, &same);
}

static int64_t failures_of(const struct fleet_deployment *deployment)
{
    return deployment->counts[ACTION_FAILED] + deployment->counts[ACTION_TIMED_OUT];
}

void fleet_allow_first_again(struct fleet_change *change, int64_t deployment)
{
    const struct record_group *group = find_group(change->fleet, deployment, 0);
    const struct fleet_deployment *found =
        fleet_list_find(&change->fleet->deployments, deployment);

    if (group != NULL && found != NULL && failures_of(found) > group->max_failed) {
        struct record_group changed = *group;

        changed.max_failed = failures_of(found);
        fleet_change_put(change, RECORD_GROUP, &changed);
    }
}

/* The first device did not make it: nobody else gets it until a person looks. */
static void pause_deployment(struct fleet_change *change, struct fleet_deployment *deployment)
{
    struct record_deployment paused = deployment->record;

    paused.state = DEPLOYMENT_PAUSED;
    fleet_change_put(change, RECORD_DEPLOYMENT, &paused);
    fleet_change_audit(change, "clock", "deployment.pause", "deployment", paused.head.id,
                       paused.name, "active", "paused: the first device did not take it");
}

/* ---- the sweep ---- */
static bool wants(struct fleet *fleet, const struct fleet_slot *slot,
                  const struct fleet_deployment *deployment,
                  const struct record_firmware *firmware)
{
    struct rule_subject subject;

    if (slot->action != NULL && slot->action->record.open) {
        return false;
    }
    if (!preflight_is_good(fleet_verdict(fleet, slot, firmware))) {
        return false;
    }
    /* One action of a deployment for a device: trying again is its attempts' matter. And never
     * back to an older deployment: opaque files have no order that would tell a downgrade. */
    if (slot->action != NULL && slot->action->record.deployment >= deployment->id) {
        return false;
    }
    fleet_rule_subject(fleet, slot, &subject);
    return rule_matches(deployment->rule, &subject);
}

/* The device that goes first: one that is on line, if there is one. */
static struct fleet_slot *find_first(struct fleet *fleet,
                                     const struct fleet_deployment *deployment,
                                     const struct record_firmware *firmware)
{
    struct fleet_slot *first = NULL;

    for (size_t i = 0; i < fleet->slots.count; i++) {
        struct fleet_slot *slot = fleet->slots.items[i];

        if ((first == NULL || fleet_is_online(fleet, slot)) &&
            wants(fleet, slot, deployment, firmware)) {
            first = slot;
            if (fleet_is_online(fleet, slot)) {
                return slot;
            }
        }
    }
    return first;
}

static void offer_to_first(struct fleet_change *change, struct fleet_deployment *deployment,
                           const struct record_firmware *firmware)
{
    struct fleet *fleet = change->fleet;
    const struct record_group *group = find_group(fleet, deployment->id, 0);

    if (group == NULL || fleet_is_on_its_way(fleet, firmware->head.id)) {
        return;
    }
    if (failures_of(deployment) > group->max_failed) {
        pause_deployment(change, deployment);
        return;
    }
    struct fleet_slot *slot = find_first(fleet, deployment, firmware);
    if (slot == NULL) {
        return;
    }
    fleet_work_create(change, slot, &deployment->record, group->head.id);
    fleet_go_first(change, firmware);
}

static size_t offer_to_all(struct fleet_change *change, struct fleet_deployment *deployment,
                           const struct record_firmware *firmware, size_t max)
{
    struct fleet *fleet = change->fleet;
    const struct record_group *group = find_group(fleet, deployment->id, 1);
    size_t count = 0;

    for (size_t i = 0; group != NULL && i < fleet->slots.count && count < max; i++) {
        struct fleet_slot *slot = fleet->slots.items[i];

        if (wants(fleet, slot, deployment, firmware)) {
            fleet_work_create(change, slot, &deployment->record, group->head.id);
            count++;
        }
    }
    return count;
}

/* Newest deployment first. A change has actions of one deployment only, so that no device gets
 * two; the next round does the others. */
static enum fleet_result build_sweep(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;

    for (size_t i = fleet->deployments.count; i-- > 0;) {
        struct fleet_deployment *deployment = fleet->deployments.items[i];
        struct fleet_firmware *firmware =
            fleet_list_find(&fleet->firmware, deployment->record.firmware);

        if (firmware == NULL || !fleet_is_offering(fleet, deployment)) {
            continue;
        }
        if (firmware->record.proven_at == 0) {
            offer_to_first(change, deployment, &firmware->record);
        } else if (offer_to_all(change, deployment, &firmware->record, SWEEP_MAX) != 0) {
            change->answer.id = deployment->id; /* there may be more to offer */
        }
        if (change->op_count != 0) {
            return FLEET_DONE;
        }
    }
    return FLEET_DONE;
}

/* A sweep that has made actions is followed by the next at once, and not at the next tick. */
static void swept(void *ctx, const struct fleet_answer *answer)
{
    struct fleet *fleet = ctx;
    bool goes_on = answer->result == FLEET_DONE && answer->id != 0;

    pthread_mutex_lock(&fleet->lock);
    fleet->is_sweeping = false;
    if (answer->result != FLEET_DONE) {
        fleet->failures++; /* the next tick tries again */
        fleet->wants_sweep = true;
    }
    pthread_mutex_unlock(&fleet->lock);
    if (goes_on) {
        fleet_sweep(fleet);
    }
}

void fleet_sweep(struct fleet *fleet)
{
    bool is_due;
    char nothing = 0;

    pthread_mutex_lock(&fleet->lock);
    is_due = fleet->wants_sweep && !fleet->is_sweeping && !fleet->settings.offers_stopped;
    if (is_due) {
        fleet->is_sweeping = true;
        fleet->wants_sweep = false;
    }
    pthread_mutex_unlock(&fleet->lock);
    if (is_due) {
        fleet_run(fleet, build_sweep, &nothing, sizeof nothing, NULL, swept, fleet);
    }
}
