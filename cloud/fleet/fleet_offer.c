/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_offer.h"

#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_outbox.h"

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

static bool is_over(const struct fleet *fleet, const struct fleet_deployment *deployment)
{
    return deployment->record.ends_at != 0 &&
           deployment->record.ends_at <= fleet_wall_ms(fleet);
}

bool fleet_is_offering(const struct fleet *fleet, const struct fleet_deployment *deployment)
{
    int64_t now = fleet_wall_ms(fleet);
    const struct record_deployment *record = &deployment->record;

    return (record->state == DEPLOYMENT_ACTIVE || record->state == DEPLOYMENT_FINISHED) &&
           record->starts_at <= now && !is_over(fleet, deployment) && is_in_window(record, now);
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
    static const char why[] = "the first device did not take it";
    struct record_deployment paused = deployment->record;

    paused.state = DEPLOYMENT_PAUSED;
    fleet_change_put(change, RECORD_DEPLOYMENT, &paused);
    fleet_change_audit(change, "clock", "deployment.pause", "deployment", paused.head.id,
                       paused.name, "active", why);
    fleet_outbox_deployment(change, WEBHOOK_DEPLOYMENT_PAUSED, deployment, &paused, why);
}

/* ---- the end ---- */
static int64_t count_updates(const struct fleet_deployment *deployment, bool open)
{
    int64_t count = 0;

    for (int state = 1; state < ACTION_STATES; state++) {
        if (action_is_open((enum action_state)state) == open) {
            count += deployment->counts[state];
        }
    }
    return count;
}

/* Said once: a device that comes later gets it all the same. */
static void finish_deployment(struct fleet_change *change, struct fleet_deployment *deployment)
{
    struct record_deployment finished = deployment->record;

    finished.state = DEPLOYMENT_FINISHED;
    fleet_change_put(change, RECORD_DEPLOYMENT, &finished);
    fleet_change_audit(change, "clock", "deployment.finish", "deployment", finished.head.id,
                       finished.name, NULL, NULL);
    fleet_outbox_deployment(change, WEBHOOK_DEPLOYMENT_FINISHED, deployment, &finished, NULL);
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

/* Is a device still busy with an older deployment, and wants this one next? */
static bool is_awaited(struct fleet *fleet, const struct fleet_deployment *deployment,
                       const struct record_firmware *firmware)
{
    for (size_t i = 0; i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];
        struct rule_subject subject;

        if (slot->action != NULL && slot->action->record.deployment < deployment->id &&
            fleet_verdict(fleet, slot, firmware) == PREFLIGHT_BUSY) {
            fleet_rule_subject(fleet, slot, &subject);
            if (rule_matches(deployment->rule, &subject)) {
                return true;
            }
        }
    }
    return false;
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

/* Returns true if there is nobody who could be first. */
static bool offer_to_first(struct fleet_change *change, struct fleet_deployment *deployment,
                           const struct record_firmware *firmware)
{
    struct fleet *fleet = change->fleet;
    const struct record_group *group = find_group(fleet, deployment->id, 0);

    if (group == NULL || fleet_is_on_its_way(fleet, firmware->head.id)) {
        return false;
    }
    if (failures_of(deployment) > group->max_failed) {
        pause_deployment(change, deployment);
        return false;
    }
    struct fleet_slot *slot = find_first(fleet, deployment, firmware);
    if (slot == NULL) {
        return true;
    }
    fleet_work_create(change, slot, &deployment->record, group->head.id);
    fleet_go_first(change, firmware);
    return false;
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

/* Make the actions that it wants. Returns true if there is nobody who could get one. */
static bool offer(struct fleet_change *change, struct fleet_deployment *deployment,
                  const struct record_firmware *firmware)
{
    if (!fleet_is_offering(change->fleet, deployment)) {
        return false;
    }
    return firmware->proven_at == 0
               ? offer_to_first(change, deployment, firmware)
               : offer_to_all(change, deployment, firmware, SWEEP_MAX) == 0;
}

static void sweep_deployment(struct fleet_change *change, struct fleet_deployment *deployment,
                             const struct record_firmware *firmware)
{
    struct fleet *fleet = change->fleet;
    int64_t state = deployment->record.state;
    bool has_nobody = offer(change, deployment, firmware);

    if ((state != DEPLOYMENT_ACTIVE && state != DEPLOYMENT_PAUSED) ||
        count_updates(deployment, true) != 0) {
        return;
    }
    if (is_over(fleet, deployment) ||
        (state == DEPLOYMENT_ACTIVE && has_nobody && count_updates(deployment, false) != 0 &&
         !is_awaited(fleet, deployment, firmware))) {
        finish_deployment(change, deployment);
    }
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

        if (firmware != NULL) {
            sweep_deployment(change, deployment, &firmware->record);
        }
        if (change->op_count != 0) {
            change->answer.id = deployment->id; /* there may be more to do */
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
