/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_sweep.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_offer.h"

static const int64_t newest_deployment = INT64_MAX - 1;

/* ---- what is to be looked at ---- */
void fleet_sweep_all(struct fleet *fleet)
{
    fleet->sweep.wants_all = true;
}

void fleet_sweep_device(struct fleet *fleet, struct fleet_slot *slot)
{
    struct fleet_sweep *sweep = &fleet->sweep;

    if (slot->is_to_sweep || sweep->wants_all) {
        return;
    }
    if (sweep->count == sweep->max) {
        size_t max = sweep->max == 0 ? 64 : 2 * sweep->max;
        int64_t *devices = realloc(sweep->devices, max * sizeof *devices);

        if (devices == NULL) {
            fleet_sweep_all(fleet);
            return;
        }
        sweep->devices = devices;
        sweep->max = max;
    }
    sweep->devices[sweep->count++] = slot->id;
    slot->is_to_sweep = true;
}

void fleet_sweep_deployment(struct fleet *fleet, struct fleet_deployment *deployment)
{
    deployment->may_be_over = true;
    fleet->sweep.wants_ends = true;
}

/* Without memory for it they wait until somebody cancels them. */
void fleet_sweep_deleted(struct fleet *fleet, const char *controller_id)
{
    for (size_t i = 0; i < fleet->deployments.count; i++) {
        struct fleet_deployment *deployment = fleet->deployments.items[i];
        const char *const *ids;
        size_t count;

        if ((deployment->record.state != DEPLOYMENT_ACTIVE &&
             deployment->record.state != DEPLOYMENT_PAUSED) ||
            !rule_is_list(deployment->rule, &ids, &count)) {
            continue;
        }
        for (size_t j = 0; j < count; j++) {
            if (strcmp(ids[j], controller_id) != 0) {
                continue;
            }
            if (deployment->deleted == NULL) {
                deployment->deleted = calloc(count, sizeof *deployment->deleted);
            }
            if (deployment->deleted != NULL) {
                deployment->deleted[j] = true;
                fleet_sweep_deployment(fleet, deployment);
            }
        }
    }
}

void fleet_sweep_free(struct fleet_sweep *sweep)
{
    free(sweep->devices);
}

/* ---- one device and one deployment ---- */
static void note_looks(struct fleet *fleet, size_t looks)
{
    fleet->sweep.looks += looks;
    if (looks > fleet->sweep.looks_most) {
        fleet->sweep.looks_most = looks;
    }
}

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

/* The firmware of a deployment that may make actions now, or NULL. When offers go on, the
 * setting that says so has all devices looked at. */
static const struct record_firmware *offered_by(struct fleet *fleet,
                                                const struct fleet_deployment *deployment)
{
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, deployment->record.firmware);

    return firmware != NULL && !fleet->settings.offers_stopped &&
                   fleet_is_offering(fleet, deployment)
               ? &firmware->record
               : NULL;
}

/* ---- devices that changed ---- */

/* The newest deployment that wants the device makes its action. Which device goes first is
 * decided among all of them. */
static void look_at_device(struct fleet_change *change, struct fleet_slot *slot)
{
    struct fleet *fleet = change->fleet;

    for (size_t i = fleet->deployments.count; i-- > 0;) {
        const struct fleet_deployment *deployment = fleet->deployments.items[i];
        const struct record_firmware *firmware = offered_by(fleet, deployment);

        if (firmware == NULL || !wants(fleet, slot, deployment, firmware)) {
            continue;
        }
        if (firmware->proven_at != 0) {
            (void)fleet_work_create(change, slot, &deployment->record,
                                    fleet_group_id(fleet, deployment->id, 1));
            return;
        }
        if (!fleet_is_on_its_way(fleet, firmware->head.id)) {
            fleet_sweep_all(fleet);
            return;
        }
    }
}

static enum fleet_result build_devices(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;
    const struct fleet_sweep *sweep = &fleet->sweep;

    for (size_t i = 0; i < sweep->taken_count; i++) {
        struct fleet_slot *slot = fleet_list_find(&fleet->slots, sweep->taken[i]);

        if (slot != NULL) {
            look_at_device(change, slot);
        }
    }
    note_looks(fleet, sweep->taken_count * fleet->deployments.count);
    return FLEET_DONE;
}

/* They are taken before the change is built, and not by it: a change may be built twice, and
 * who changes meanwhile is to be looked at once more. */
static void take_devices(struct fleet *fleet)
{
    struct fleet_sweep *sweep = &fleet->sweep;
    size_t max = FLEET_LOOKS_MAX / (fleet->deployments.count + 1) + 1;

    max = max < FLEET_SWEPT_MAX ? max : FLEET_SWEPT_MAX;
    sweep->taken_count = sweep->count < max ? sweep->count : max;
    memcpy(sweep->taken, sweep->devices, sweep->taken_count * sizeof *sweep->taken);
    sweep->count -= sweep->taken_count;
    memmove(sweep->devices, sweep->devices + sweep->taken_count,
            sweep->count * sizeof *sweep->devices);
    for (size_t i = 0; i < sweep->taken_count; i++) {
        struct fleet_slot *slot = fleet_list_find(&fleet->slots, sweep->taken[i]);

        if (slot != NULL) {
            slot->is_to_sweep = false;
        }
    }
}

/* ---- all devices ---- */
static bool is_at_end(const struct fleet *fleet, const struct fleet_pass *pass)
{
    return fleet_list_behind(&fleet->slots, pass->after) == fleet->slots.count;
}

static void offer_to_all(struct fleet_change *change, const struct fleet_deployment *deployment,
                         const struct record_firmware *firmware, struct fleet_pass *pass,
                         size_t *io_left)
{
    struct fleet *fleet = change->fleet;
    int64_t group = fleet_group_id(fleet, deployment->id, 1);
    size_t count = 0;

    for (size_t i = fleet_list_behind(&fleet->slots, pass->after);
         i<fleet->slots.count && * io_left> 0 && count < FLEET_SWEPT_MAX; i++, (*io_left)--) {
        struct fleet_slot *slot = fleet->slots.items[i];

        pass->after = slot->id;
        if (wants(fleet, slot, deployment, firmware)) {
            (void)fleet_work_create(change, slot, &deployment->record, group);
            count++;
        }
    }
}

/* To one that is on line, or if there is none in the end, to the first one that wants it.
 * Returns false as long as it is to be looked on for. */
static bool offer_to_first(struct fleet_change *change, struct fleet_deployment *deployment,
                           const struct record_firmware *firmware, struct fleet_pass *pass,
                           size_t *io_left)
{
    struct fleet *fleet = change->fleet;
    struct fleet_slot *first = NULL;

    if (fleet_is_on_its_way(fleet, firmware->head.id) ||
        fleet_pause_if_failed(change, deployment)) {
        return true;
    }
    for (size_t i = fleet_list_behind(&fleet->slots, pass->after);
         first == NULL && i<fleet->slots.count && * io_left> 0; i++, (*io_left)--) {
        struct fleet_slot *slot = fleet->slots.items[i];
        bool is_online = fleet_is_online(fleet, slot);

        pass->after = slot->id;
        if ((pass->first == 0 || is_online) && wants(fleet, slot, deployment, firmware)) {
            pass->first = slot->id;
            first = is_online ? slot : NULL;
        }
    }
    if (first == NULL && !is_at_end(fleet, pass)) {
        return false;
    }
    if (first == NULL) {
        first = fleet_list_find(&fleet->slots, pass->first);
    }
    if (first != NULL && wants(fleet, first, deployment, firmware)) {
        (void)fleet_work_create(change, first, &deployment->record,
                                fleet_group_id(fleet, deployment->id, 0));
        fleet_go_first(change, firmware);
    } else if (pass->first != 0) { /* it got something else meanwhile: look again */
        fleet_sweep_all(fleet);
    }
    return true;
}

/* Go on with a deployment. Returns false if there are devices left. */
static bool look_for_deployment(struct fleet_change *change,
                                struct fleet_deployment *deployment, struct fleet_pass *pass,
                                size_t *io_left)
{
    struct fleet *fleet = change->fleet;
    const struct record_firmware *firmware = offered_by(fleet, deployment);

    if (pass->after == 0) {
        fleet_end_if_over(change, deployment, io_left);
    }
    if (firmware == NULL || change->op_count != 0) {
        return true;
    }
    if (firmware->proven_at == 0) {
        return offer_to_first(change, deployment, firmware, pass, io_left);
    }
    offer_to_all(change, deployment, firmware, pass, io_left);
    return is_at_end(fleet, pass);
}

/* Newest deployment first. A change has actions of one deployment only, so that no device gets
 * two. */
static enum fleet_result build_pass(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;
    struct fleet_pass pass = fleet->sweep.pass;
    size_t left = FLEET_LOOKS_MAX;

    while (left > 0 && change->op_count == 0 && pass.deployment != 0) {
        size_t behind = fleet_list_behind(&fleet->deployments, pass.deployment);

        if (behind == 0) {
            pass = (struct fleet_pass){0};
            break;
        }
        struct fleet_deployment *deployment = fleet->deployments.items[behind - 1];
        if (deployment->id != pass.deployment) {
            pass = (struct fleet_pass){.deployment = deployment->id};
        }
        if (look_for_deployment(change, deployment, &pass, &left)) {
            pass = (struct fleet_pass){.deployment = deployment->id - 1};
        }
    }
    note_looks(fleet, FLEET_LOOKS_MAX - left);
    fleet->sweep.next_pass = pass;
    return FLEET_DONE;
}

/* ---- ends of deployments ---- */
static enum fleet_result build_end(struct fleet_change *change)
{
    const int64_t *id = change->params;
    struct fleet_deployment *deployment = fleet_list_find(&change->fleet->deployments, *id);
    size_t left = FLEET_LOOKS_MAX;

    fleet_end_if_over(change, deployment, &left);
    note_looks(change->fleet, FLEET_LOOKS_MAX - left);
    return FLEET_DONE;
}

/* The next one that may be over: 0 = none. */
static int64_t take_deployment(struct fleet *fleet)
{
    for (size_t i = 0; fleet->sweep.wants_ends && i < fleet->deployments.count; i++) {
        struct fleet_deployment *deployment = fleet->deployments.items[i];

        if (deployment->may_be_over) {
            deployment->may_be_over = false;
            return deployment->id;
        }
    }
    fleet->sweep.wants_ends = false;
    return 0;
}

/* ---- step by step ---- */
static bool has_work(const struct fleet *fleet)
{
    const struct fleet_sweep *sweep = &fleet->sweep;

    return !sweep->is_running && (sweep->wants_all || sweep->wants_ends || sweep->count != 0 ||
                                  sweep->pass.deployment != 0);
}

/* What has written something is followed by the next step at once, and not at the next tick. */
static void swept(void *ctx, const struct fleet_answer *answer)
{
    struct fleet *fleet = ctx;

    pthread_mutex_lock(&fleet->lock);
    bool goes_on = answer->result == FLEET_DONE && fleet->sweep.has_written;

    fleet->sweep.is_running = false;
    fleet->sweep.taken_count = 0;
    fleet->sweep.pass = fleet->sweep.next_pass;
    if (answer->result != FLEET_DONE) { /* the next tick tries again */
        fleet->failures++;
        fleet->sweep.pass = (struct fleet_pass){0};
        fleet_sweep_all(fleet);
    }
    pthread_mutex_unlock(&fleet->lock);
    if (goes_on) {
        fleet_sweep(fleet);
    }
}

static enum fleet_result build_step(struct fleet_change *change)
{
    struct fleet_sweep *sweep = &change->fleet->sweep;
    const int64_t *ending = change->params;
    enum fleet_result result;

    sweep->next_pass = sweep->pass;
    if (*ending != 0) {
        result = build_end(change);
    } else {
        result = sweep->taken_count != 0 ? build_devices(change) : build_pass(change);
    }
    sweep->has_written = change->op_count != 0;
    return result;
}

bool fleet_wants_sweep(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    bool wants_it = has_work(fleet);
    pthread_mutex_unlock(&fleet->lock);
    return wants_it;
}

/* Take what the next step is about: *out_ending is a deployment, or 0. */
static bool begin_step(struct fleet *fleet, int64_t *out_ending)
{
    struct fleet_sweep *sweep = &fleet->sweep;

    *out_ending = 0;
    pthread_mutex_lock(&fleet->lock);
    bool begins = has_work(fleet);
    if (begins) {
        sweep->is_running = true;
        *out_ending = take_deployment(fleet);
    }
    if (begins && *out_ending == 0 && sweep->count != 0) {
        take_devices(fleet);
    } else if (begins && *out_ending == 0 && sweep->pass.deployment == 0) {
        sweep->pass.deployment = sweep->wants_all ? newest_deployment : 0;
        sweep->wants_all = false;
    }
    pthread_mutex_unlock(&fleet->lock);
    return begins;
}

/* Of deployments that are not over yet one after the other: that is a look each, mostly. */
void fleet_sweep(struct fleet *fleet)
{
    int64_t ending = 1;

    while (ending != 0 && begin_step(fleet, &ending)) {
        fleet_run(fleet, build_step, &ending, sizeof ending, NULL, swept, fleet);
    }
}
