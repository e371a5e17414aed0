/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to deployments and actions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_offer.h"

struct deploy_params {
    const char *actor;
    const struct record_deployment *deployment;
    struct rule *rule; /* of the deployment, for build alone */
    int64_t id, device;
    enum deployment_state state;
    enum fleet_command command;
};

static void audit(struct fleet_change *change, const char *verb, const char *kind, int64_t id,
                  const char *name)
{
    const struct deploy_params *params = change->params;

    fleet_change_audit(change, params->actor, verb, kind, id, name, NULL, NULL);
}

/* ---- deploy ---- */
static enum fleet_result check_deployment(struct fleet_change *change,
                                          const struct record_deployment *deployment)
{
    enum { MINUTES_PER_DAY = 24 * 60 };

    if (deployment->mode != MODE_SILENT && deployment->mode != MODE_MANUAL) {
        return fleet_refuse(change, FLEET_INVALID, "mode: silent or manual");
    }
    if (deployment->attempts < 1 || deployment->attempts > ACTION_ATTEMPTS_MAX) {
        return fleet_refuse(change, FLEET_INVALID, "attempts: 1 to %d", ACTION_ATTEMPTS_MAX);
    }
    if (deployment->window_from < 0 || deployment->window_from >= MINUTES_PER_DAY ||
        deployment->window_to < 0 || deployment->window_to >= MINUTES_PER_DAY) {
        return fleet_refuse(change, FLEET_INVALID, "window: not minutes of a day");
    }
    if (deployment->ends_at != 0 && (deployment->ends_at <= deployment->starts_at ||
                                     deployment->ends_at <= fleet_wall_ms(change->fleet))) {
        return fleet_refuse(change, FLEET_INVALID, "ends_at: before it begins, or past");
    }
    return FLEET_DONE;
}

/* Nothing goes out that nobody can take. */
static enum fleet_result check_takers(struct fleet_change *change,
                                      const struct record_firmware *firmware,
                                      const struct rule *rule)
{
    struct fleet *fleet = change->fleet;
    const struct record_product *product = fleet_find_product(fleet, firmware->product);
    enum preflight_verdict most =
        product != NULL ? preflight_firmware(firmware, product) : PREFLIGHT_OTHER_PRODUCT;
    size_t counts[PREFLIGHT_VERDICTS] = {0}, matching = 0;

    if (!preflight_is_good(most)) { /* whoever the device is */
        return fleet_refuse(change, FLEET_REFUSED, "%s", preflight_text(most));
    }

    for (size_t i = 0; i < fleet->slots.count; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];
        struct rule_subject subject;

        fleet_rule_subject(fleet, slot, &subject);
        if (!rule_matches(rule, &subject)) {
            continue;
        }
        enum preflight_verdict verdict = fleet_verdict(fleet, slot, firmware);
        /* A device that is busy or on hold now may take it later. */
        if (preflight_is_good(verdict) || verdict == PREFLIGHT_BUSY ||
            verdict == PREFLIGHT_ON_HOLD) {
            return FLEET_DONE;
        }
        matching++;
        counts[verdict]++;
        most = counts[verdict] > counts[most] ? verdict : most;
    }
    if (matching == 0) {
        return fleet_refuse(change, FLEET_REFUSED, "no device matches");
    }
    return fleet_refuse(change, FLEET_REFUSED, "no device can take it; %zu of %zu: %s",
                        counts[most], matching, preflight_text(most));
}

static void add_group(struct fleet_change *change, int64_t deployment, int64_t ordinal)
{
    struct record_group group = {.deployment = deployment, .ordinal = ordinal};

    if (ordinal == 0) { /* the one device first */
        group.share = 1;
        group.need_ok = 1;
    }
    (void)fleet_change_insert(change, RECORD_GROUP, &group);
}

static enum fleet_result build_deploy(struct fleet_change *change)
{
    const struct deploy_params *params = change->params;
    struct record_deployment deployment = *params->deployment;
    const struct fleet_firmware *firmware =
        fleet_list_find(&change->fleet->firmware, deployment.firmware);
    enum fleet_result result = check_deployment(change, &deployment);

    if (result != FLEET_DONE) {
        return result;
    }
    if (firmware == NULL) {
        return fleet_refuse(change, FLEET_INVALID, "firmware: there is no such firmware");
    }
    result = check_takers(change, &firmware->record, params->rule);
    if (result != FLEET_DONE) {
        return result;
    }
    deployment.state = DEPLOYMENT_ACTIVE;
    deployment.created_at = fleet_wall_ms(change->fleet);
    (void)snprintf(deployment.created_by, sizeof deployment.created_by, "%s", params->actor);
    change->answer.id = fleet_change_insert(change, RECORD_DEPLOYMENT, &deployment);
    add_group(change, deployment.head.id, 0);
    add_group(change, deployment.head.id, 1);
    audit(change, "deployment.add", "deployment", deployment.head.id, deployment.name);
    return FLEET_DONE;
}

struct deploying {
    struct rule *rule;
    fleet_done *done;
    void *ctx;
};

static void deployed(void *ctx, const struct fleet_answer *answer)
{
    struct deploying *deploying = ctx;

    deploying->done(deploying->ctx, answer);
    rule_free(deploying->rule);
    free(deploying);
}

void fleet_deploy(struct fleet *fleet, const char *actor,
                  const struct record_deployment *deployment, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct record_deployment copy = *deployment;
    struct deploy_params params = {.actor = fleet_keep_text(&kept, actor)};
    struct fleet_answer answer = {.result = FLEET_INVALID};
    struct deploying *deploying = calloc(1, sizeof *deploying);
    struct host_error error;

    copy.rule = fleet_keep_text(&kept, deployment->rule != NULL ? deployment->rule : "");
    params.deployment = fleet_keep(&kept, &copy, sizeof copy);
    if (deploying == NULL || kept.is_broken) {
        answer = (struct fleet_answer){.result = FLEET_FAILED, .reason = "no memory"};
    } else if (rule_parse(copy.rule, &params.rule, &error) != 0) {
        (void)snprintf(answer.reason, sizeof answer.reason, "filter: %.200s", error.reason);
    } else {
        *deploying = (struct deploying){.rule = params.rule, .done = done, .ctx = ctx};
        fleet_run(fleet, build_deploy, &params, sizeof params, &kept, deployed, deploying);
        return;
    }
    free(deploying);
    fleet_free_kept(&kept);
    done(ctx, &answer);
}

/* ---- pause, resume, cancel ---- */
enum { CANCEL_MAX = 200 };

/* The first ones at once, the others by the clock: a change of all would be a conflict as soon
 * as one of the devices reports, and never get through. */
static void cancel_actions(struct fleet_change *change, int64_t deployment)
{
    const struct deploy_params *params = change->params;
    const struct fleet_word word = {.actor = params->actor};

    for (size_t i = 0, count = 0; i < change->fleet->slots.count && count < CANCEL_MAX; i++) {
        struct fleet_slot *slot = change->fleet->slots.items[i];
        struct fleet_work work;

        if (slot->action != NULL && slot->action->record.open &&
            slot->action->record.deployment == deployment) {
            fleet_work_begin(&work, change, slot);
            (void)fleet_work_event(&work, ACTION_CANCEL, &word);
            fleet_work_finish(&work);
            count++;
        }
    }
}

static enum fleet_result build_set_deployment(struct fleet_change *change)
{
    static const char *const verbs[] = {[DEPLOYMENT_ACTIVE] = "deployment.resume",
                                        [DEPLOYMENT_PAUSED] = "deployment.pause",
                                        [DEPLOYMENT_CANCELLED] = "deployment.cancel"};
    const struct deploy_params *params = change->params;
    const struct fleet_deployment *found =
        fleet_list_find(&change->fleet->deployments, params->id);

    if (found == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such deployment");
    }
    bool is_resumable = params->state == DEPLOYMENT_ACTIVE &&
                        !fleet_is_time_over(change->fleet, &found->record);
    if (found->record.state == DEPLOYMENT_CANCELLED ||
        (found->record.state == DEPLOYMENT_ENDED && !is_resumable)) {
        return fleet_refuse(change, FLEET_CONFLICT, "the deployment is over");
    }
    struct record_deployment deployment = found->record;
    deployment.state = params->state;
    change->answer.id = params->id;
    fleet_change_put(change, RECORD_DEPLOYMENT, &deployment);
    if (params->state == DEPLOYMENT_CANCELLED) {
        cancel_actions(change, params->id);
    }
    if (params->state == DEPLOYMENT_ACTIVE) {
        fleet_allow_first_again(change, params->id);
    }
    fleet_change_audit(change, params->actor, verbs[params->state], "deployment", params->id,
                       deployment.name, fleet_deployment_state(found->record.state),
                       fleet_deployment_state(params->state));
    return FLEET_DONE;
}

void fleet_set_deployment(struct fleet *fleet, const char *actor, int64_t id,
                          enum deployment_state state, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct deploy_params params = {
        .actor = fleet_keep_text(&kept, actor), .id = id, .state = state};

    if (state != DEPLOYMENT_ACTIVE && state != DEPLOYMENT_PAUSED &&
        state != DEPLOYMENT_CANCELLED) {
        struct fleet_answer answer = {.result = FLEET_INVALID, .reason = "no such state"};

        done(ctx, &answer);
        return;
    }
    fleet_run(fleet, build_set_deployment, &params, sizeof params, &kept, done, ctx);
}

/* ---- one action ---- */
static struct fleet_slot *slot_of_action(struct fleet *fleet, int64_t action)
{
    for (size_t i = 0; i < fleet->slots.count; i++) {
        struct fleet_slot *slot = fleet->slots.items[i];

        if (slot->action != NULL && slot->action->record.head.id == action) {
            return slot;
        }
    }
    return NULL;
}

/* What a new deployment would not bring to the device, a retry does not bring either; but that
 * it was tried often enough is what the person decides anew. */
static enum fleet_result check_retry(struct fleet_change *change, const struct fleet_slot *slot,
                                     const struct record_firmware *firmware)
{
    enum preflight_verdict verdict = fleet_verdict(change->fleet, slot, firmware);

    if (!preflight_is_good(verdict) && verdict != PREFLIGHT_TRIED &&
        verdict != PREFLIGHT_ON_HOLD) {
        return fleet_refuse(change, FLEET_REFUSED, "%s", preflight_text(verdict));
    }
    if (firmware->proven_at == 0 && fleet_is_on_its_way(change->fleet, firmware->head.id)) {
        return fleet_refuse(change, FLEET_REFUSED,
                            "another device takes this firmware first: wait for it");
    }
    return FLEET_DONE;
}

/* Try again after failures: the count of tries begins anew, and so does the action. */
static enum fleet_result retry(struct fleet_change *change, struct fleet_slot *slot,
                               enum action_state *out_state)
{
    const struct deploy_params *params = change->params;
    struct fleet *fleet = change->fleet;
    const struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, slot->action->record.deployment);
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, slot->action->record.firmware);

    if (slot->action->record.open || slot->action->record.state == ACTION_CONFIRMED) {
        return fleet_refuse(change, FLEET_CONFLICT, "it has not failed");
    }
    if (deployment == NULL || firmware == NULL ||
        deployment->record.state == DEPLOYMENT_CANCELLED ||
        fleet_is_time_over(fleet, &deployment->record)) {
        return fleet_refuse(change, FLEET_CONFLICT, "its deployment is over");
    }
    if (check_retry(change, slot, &firmware->record) != FLEET_DONE) {
        return FLEET_REFUSED; /* with its reason */
    }
    const struct fleet_tries *tries = fleet_find_tries(slot, firmware->record.sha256);
    if (tries != NULL) {
        struct record_tries none = tries->record;

        none.tries = 0;
        fleet_change_put(change, RECORD_TRIES, &none);
    }
    if (deployment->record.state == DEPLOYMENT_ENDED) { /* there is something to do again */
        struct record_deployment again = deployment->record;

        again.state = DEPLOYMENT_ACTIVE;
        fleet_change_put(change, RECORD_DEPLOYMENT, &again);
        fleet_change_audit(change, params->actor, "deployment.resume", "deployment",
                           again.head.id, again.name, fleet_deployment_state(DEPLOYMENT_ENDED),
                           fleet_deployment_state(again.state));
    }
    *out_state =
        fleet_work_create(change, slot, &deployment->record, slot->action->record.group);
    if (firmware->record.proven_at == 0) {
        fleet_go_first(change, &firmware->record);
    }
    return FLEET_DONE;
}

static enum fleet_result build_command(struct fleet_change *change)
{
    static const struct {
        const char *verb;
        enum action_event event;
    } commands[] = {[FLEET_APPROVE] = {"action.approve", ACTION_APPROVE},
                    [FLEET_DENY] = {"action.deny", ACTION_DENY},
                    [FLEET_CANCEL] = {"action.cancel", ACTION_CANCEL},
                    [FLEET_RETRY] = {"action.retry", 0}};
    const struct deploy_params *params = change->params;
    struct fleet_slot *slot = slot_of_action(change->fleet, params->id);
    const struct fleet_word word = {.actor = params->actor};
    enum fleet_result result;
    struct fleet_work work;

    if (slot == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND,
                            "no such action, or its device has a newer one");
    }
    change->answer.id = params->id;
    enum action_state before = (enum action_state)slot->action->record.state;
    enum action_state after = ACTION_QUEUED;
    if (params->command == FLEET_RETRY) {
        result = retry(change, slot, &after);
    } else {
        fleet_work_begin(&work, change, slot);
        result = fleet_work_event(&work, commands[params->command].event, &word);
        fleet_work_finish(&work);
        if (result == FLEET_DONE && !work.is_changed) {
            return FLEET_DONE; /* the same for a second time */
        }
        after = (enum action_state)work.record.state;
    }
    if (result == FLEET_DONE) {
        fleet_change_audit(change, params->actor, commands[params->command].verb, "action",
                           params->id, slot->controller_id, action_state_name(before),
                           action_state_name(after));
    }
    return result;
}

void fleet_command_action(struct fleet *fleet, const char *actor, int64_t action,
                          enum fleet_command command, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct deploy_params params = {
        .actor = fleet_keep_text(&kept, actor), .id = action, .command = command};

    fleet_run(fleet, build_command, &params, sizeof params, &kept, done, ctx);
}
