/* SPDX-License-Identifier: Apache-2.0 */
/* What happens by time alone. */
#include <stdio.h>
#include <stdlib.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_offer.h"
#include "cloud/fleet/fleet_sweep.h"

enum {
    DUE_MAX = 2000, /* of one tick: each is in memory until it is durable */
    CONTACTS_EVERY_MS = 5000,
    CONTACTS_MAX = 1000,    /* of one change */
    SWEEP_EVERY_MS = 60000, /* windows open and deployments begin by the clock */
};

/* ---- deadlines ---- */
struct deadline_params {
    int64_t device, action;
    enum action_event event;
};

static enum fleet_result build_deadline(struct fleet_change *change)
{
    static const struct fleet_word word = {.actor = "clock"};
    const struct deadline_params *params = change->params;
    struct fleet_slot *slot = fleet_list_find(&change->fleet->slots, params->device);
    struct fleet_work work;

    if (slot == NULL || slot->action == NULL ||
        slot->action->record.head.id != params->action) {
        return FLEET_DONE;
    }
    if (params->event == ACTION_DEADLINE &&
        (slot->action->deadline_ms == 0 ||
         slot->action->deadline_ms > fleet_steady_ms(change->fleet))) {
        return FLEET_DONE; /* it was put off meanwhile */
    }
    fleet_work_begin(&work, change, slot);
    enum fleet_result result = fleet_work_event(&work, params->event, &word);
    fleet_work_finish(&work);
    return result;
}

static bool is_over(struct fleet *fleet, const struct fleet_action *action)
{
    const struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, action->record.deployment);

    return (action->record.state == ACTION_QUEUED ||
            action->record.state == ACTION_WAITING_APPROVAL) &&
           deployment != NULL && fleet_is_surely_over(fleet, &deployment->record);
}

/* Is its deployment cancelled, and it is not yet? The cancel itself ends only some, and knows
 * nothing of those that were being made then. What a device refuses is not asked again. */
static bool is_left_behind(struct fleet *fleet, const struct fleet_action *action)
{
    const struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, action->record.deployment);

    return action->record.state != ACTION_CANCELLING &&
           action->record.state_before_cancel == 0 && deployment != NULL &&
           deployment->record.state == DEPLOYMENT_CANCELLED;
}

/* What is due of one device: 0 = nothing. */
static enum action_event due(struct fleet *fleet, const struct fleet_action *action)
{
    if (action == NULL || !action->record.open) {
        return 0;
    }
    if (is_over(fleet, action)) {
        return ACTION_DEPLOYMENT_END;
    }
    if (is_left_behind(fleet, action)) {
        return ACTION_CANCEL;
    }
    return action->deadline_ms != 0 && action->deadline_ms <= fleet_steady_ms(fleet)
               ? ACTION_DEADLINE
               : 0;
}

/* The next device behind `after` of which something is due, or the last one that was looked
 * at: then event is 0. False: there is no device behind it. */
static bool find_due(struct fleet *fleet, int64_t after, struct deadline_params *out_params)
{
    *out_params = (struct deadline_params){0};
    pthread_mutex_lock(&fleet->lock);
    size_t first = fleet_list_behind(&fleet->slots, after), count = fleet->slots.count;
    size_t end = count - first < FLEET_LOOKS_MAX ? count : first + FLEET_LOOKS_MAX;

    for (size_t i = first; i < end && out_params->event == 0; i++) {
        const struct fleet_slot *slot = fleet->slots.items[i];

        out_params->event = due(fleet, slot->action);
        out_params->device = slot->id;
        out_params->action = out_params->event != 0 ? slot->action->record.head.id : 0;
    }
    pthread_mutex_unlock(&fleet->lock);
    return first < count;
}

/* Looks at each device once; a change that is not durable yet is found again at the next tick,
 * and changes nothing then. */
static void end_what_is_due(struct fleet *fleet)
{
    struct deadline_params params = {0};
    int count = 0;

    while (count < DUE_MAX && find_due(fleet, params.device, &params)) {
        if (params.event != 0) {
            fleet_run(fleet, build_deadline, &params, sizeof params, NULL, NULL, NULL);
            count++;
        }
    }
}

/* ---- contacts ---- */
/* Goes on where the change before it ended: a fleet is looked through once, and not once for
 * each thousand. */
static enum fleet_result build_contacts(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;
    size_t i = fleet->contacts_next;

    for (; i < fleet->slots.count && change->op_count < CONTACTS_MAX; i++) {
        struct fleet_slot *slot = fleet->slots.items[i];

        if (slot->has_unsaved_contact) {
            struct record_contact contact = {
                .head.id = slot->id, .last_at = slot->last_at, .polls = slot->polls};

            fleet_change_put_any(change, RECORD_CONTACT, &contact);
            slot->has_unsaved_contact = false;
        }
    }
    fleet->contacts_next = i;
    return FLEET_DONE;
}

void fleet_save_contacts(struct fleet *fleet)
{
    size_t from = 0;
    bool is_left = true;
    char nothing = 0;

    pthread_mutex_lock(&fleet->lock);
    fleet->contacts_next = 0;
    pthread_mutex_unlock(&fleet->lock);
    while (is_left) {
        fleet_run(fleet, build_contacts, &nothing, sizeof nothing, NULL, NULL, NULL);
        pthread_mutex_lock(&fleet->lock);
        /* Without memory for a change it does not move on: the next tick tries again. */
        is_left = fleet->contacts_next > from && fleet->contacts_next < fleet->slots.count;
        from = fleet->contacts_next;
        pthread_mutex_unlock(&fleet->lock);
    }
}

/* While others go on: a thousand at a time, each when the ones before are written, so that a
 * large fleet does not lie in memory twice. */
static void save_more_contacts(void *ctx, const struct fleet_answer *answer)
{
    struct fleet *fleet = ctx;
    char nothing = 0;

    pthread_mutex_lock(&fleet->lock);
    fleet->is_saving_contacts =
        answer->result == FLEET_DONE && fleet->contacts_next < fleet->slots.count;
    bool goes_on = fleet->is_saving_contacts;
    pthread_mutex_unlock(&fleet->lock);
    if (goes_on) {
        fleet_run(fleet, build_contacts, &nothing, sizeof nothing, NULL, save_more_contacts,
                  fleet);
    }
}

static void begin_saving_contacts(struct fleet *fleet)
{
    static const struct fleet_answer begin = {.result = FLEET_DONE};

    pthread_mutex_lock(&fleet->lock);
    bool begins = !fleet->is_saving_contacts;
    if (begins) {
        fleet->contacts_next = 0;
    }
    pthread_mutex_unlock(&fleet->lock);
    if (begins) {
        save_more_contacts(fleet, &begin);
    }
}

static bool is_time(struct fleet *fleet, int64_t *io_last_ms, int64_t every_ms)
{
    int64_t now_ms = fleet_steady_ms(fleet);
    bool is_due;

    pthread_mutex_lock(&fleet->lock);
    is_due = now_ms - *io_last_ms >= every_ms;
    if (is_due) {
        *io_last_ms = now_ms;
    }
    pthread_mutex_unlock(&fleet->lock);
    return is_due;
}

void fleet_tick(struct fleet *fleet)
{
    end_what_is_due(fleet);
    if (is_time(fleet, &fleet->contacts_saved_ms, CONTACTS_EVERY_MS)) {
        begin_saving_contacts(fleet);
    }
    fleet_trim_tick(fleet);
    if (is_time(fleet, &fleet->swept_ms, SWEEP_EVERY_MS)) {
        pthread_mutex_lock(&fleet->lock);
        fleet_sweep_all(fleet);
        pthread_mutex_unlock(&fleet->lock);
    }
    fleet_sweep(fleet);
}
