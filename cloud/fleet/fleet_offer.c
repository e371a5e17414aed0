/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_offer.h"

#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_outbox.h"

enum {
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
           !fleet_is_time_over(fleet, record) && is_in_window(record, now);
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
    const struct fleet_firmware *found = fleet_list_find(&fleet->firmware, firmware);

    return found != NULL && found->open_actions != 0;
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

static bool has_first_failed(const struct fleet *fleet,
                             const struct fleet_deployment *deployment)
{
    const struct record_group *group = find_group(fleet, deployment->id, 0);
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, deployment->record.firmware);

    return group != NULL && firmware != NULL && firmware->record.proven_at == 0 &&
           failures_of(deployment) > group->max_failed;
}

/* Nobody else gets it until a person looks. */
bool fleet_pause_if_failed(struct fleet_change *change,
                           const struct fleet_deployment *deployment)
{
    static const char why[] = "the first device did not take it";
    struct record_deployment paused = deployment->record;

    if (!has_first_failed(change->fleet, deployment)) {
        return false;
    }
    paused.state = DEPLOYMENT_PAUSED;
    fleet_change_put(change, RECORD_DEPLOYMENT, &paused);
    fleet_change_audit(change, "clock", "deployment.pause", "deployment", paused.head.id,
                       paused.name, "active", why);
    fleet_outbox_deployment(change, WEBHOOK_DEPLOYMENT_PAUSED, deployment, &paused, why);
    return true;
}

int64_t fleet_group_id(const struct fleet *fleet, int64_t deployment, int64_t ordinal)
{
    const struct record_group *group = find_group(fleet, deployment, ordinal);

    return group != NULL ? group->head.id : 0;
}

/* ---- the end of a deployment ---- */
static bool has_open_actions(const struct fleet_deployment *deployment)
{
    for (int state = 1; state < ACTION_STATES; state++) {
        if (action_is_open((enum action_state)state) && deployment->counts[state] != 0) {
            return true;
        }
    }
    return false;
}

/* Will this deployment make no action for the device any more? One that is on hold, busy or of
 * another product may get it yet; and one that is not there may come, but if it was deleted. */
static bool is_done_with(struct fleet *fleet, const struct fleet_deployment *deployment,
                         const char *controller_id, bool is_deleted)
{
    const struct fleet_slot *slot = fleet_find_slot(fleet, controller_id);
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, deployment->record.firmware);

    if (slot == NULL || firmware == NULL) {
        return slot == NULL && is_deleted;
    }
    if (slot->action != NULL && slot->action->record.deployment >= deployment->id) {
        return true;
    }
    enum preflight_verdict verdict = fleet_verdict(fleet, slot, &firmware->record);
    return verdict == PREFLIGHT_RUNS_IT || verdict == PREFLIGHT_NOT_NEWER;
}

/* Only a list of devices comes to its end; for what another rule says there may always be one
 * more. */
static bool is_list_done(struct fleet *fleet, const struct fleet_deployment *deployment,
                         size_t *io_left)
{
    const char *const *ids;
    size_t count;

    if (deployment->record.state != DEPLOYMENT_ACTIVE ||
        deployment->record.starts_at > fleet_wall_ms(fleet) ||
        has_first_failed(fleet, deployment) || /* it is to be paused */
        !rule_is_list(deployment->rule, &ids, &count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (*io_left == 0 ||
            !is_done_with(fleet, deployment, ids[i],
                          deployment->deleted != NULL && deployment->deleted[i])) {
            return false;
        }
        (*io_left)--;
    }
    return true;
}

bool fleet_is_time_over(const struct fleet *fleet, const struct record_deployment *deployment)
{
    return deployment->ends_at != 0 && deployment->ends_at <= fleet_wall_ms(fleet);
}

bool fleet_is_surely_over(const struct fleet *fleet, const struct record_deployment *deployment)
{
    return deployment->ends_at != 0 && deployment->ends_at <= fleet_sure_ms(fleet);
}

const char *fleet_deployment_state(int64_t state)
{
    switch (state) {
    case DEPLOYMENT_PAUSED:
        return "paused";
    case DEPLOYMENT_CANCELLED:
        return "cancelled";
    case DEPLOYMENT_ENDED:
        return "ended";
    case DEPLOYMENT_ACTIVE:
    default:
        return "active";
    }
}

void fleet_end_if_over(struct fleet_change *change, const struct fleet_deployment *deployment,
                       size_t *io_left)
{
    struct record_deployment ended = deployment->record;
    bool is_time_over = fleet_is_surely_over(change->fleet, &ended);

    if ((ended.state != DEPLOYMENT_ACTIVE && ended.state != DEPLOYMENT_PAUSED) ||
        has_open_actions(deployment) ||
        (!is_time_over && !is_list_done(change->fleet, deployment, io_left))) {
        return;
    }
    ended.state = DEPLOYMENT_ENDED;
    fleet_change_put(change, RECORD_DEPLOYMENT, &ended);
    fleet_change_audit(change, "clock", "deployment.end", "deployment", ended.head.id,
                       ended.name, fleet_deployment_state(deployment->record.state),
                       is_time_over ? "its time is over" : "each device of its list is done");
    fleet_outbox_deployment(change, WEBHOOK_DEPLOYMENT_ENDED, deployment, &ended, NULL);
}
