/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_action.h"

#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_outbox.h"
#include "cloud/fleet/fleet_report.h"
#include "host/json.h"
#include "otter/reason.h"

enum {
    PROGRESS_WRITE_MS = 10000, /* n of m is written so often; every step is in memory */
    NOTES_MAX = 1000,          /* of one action, as hawkBit's; more are accepted and not kept */
};

/* Reasons that the next attempt meets again: what is wrong is the image. */
static bool is_final_reason(int64_t code)
{
    switch (code) {
    case OTTER_REASON_NO_IMAGE:
    case OTTER_REASON_UNSIGNED:
    case OTTER_REASON_UNKNOWN_KEY:
    case OTTER_REASON_SIGNATURE:
    case OTTER_REASON_HARDWARE:
    case OTTER_REASON_OLDER:
    case OTTER_REASON_NOT_STARTABLE:
    case OTTER_REASON_INSTALLED:
    case OTTER_REASON_TRIED:
        return true;
    default:
        return false;
    }
}

static const int64_t minute_ms = 60000;

int64_t fleet_within_ms(const struct fleet *fleet, enum action_deadline deadline)
{
    int64_t polls_ms = 3 * (int64_t)fleet->settings.poll_interval_s * 1000;

    switch (deadline) {
    case ACTION_WITHIN_OFFER:
        return polls_ms > 15 * minute_ms ? polls_ms : 15 * minute_ms;
    case ACTION_WITHIN_DOWNLOAD:
        return 15 * minute_ms;
    case ACTION_WITHIN_START:
        return 30 * minute_ms;
    case ACTION_WITHIN_RESTART:
        return minute_ms * 60 * 24;
    case ACTION_WITHIN_PROGRESS:
    case ACTION_WITHIN_RETURN:
        return 10 * minute_ms;
    case ACTION_WITHIN_CANCEL:
        return polls_ms;
    case ACTION_NO_DEADLINE:
    case ACTION_KEEP_DEADLINE:
    default:
        return 0;
    }
}

static const struct record_firmware *firmware_of(struct fleet *fleet, int64_t id)
{
    const struct fleet_firmware *firmware = fleet_list_find(&fleet->firmware, id);

    return firmware != NULL ? &firmware->record : NULL;
}

/* ---- tries of an image on a device ---- */
static int64_t tries_used(const struct fleet_work *work, const struct record_firmware *firmware)
{
    const struct fleet_tries *tries =
        firmware != NULL ? fleet_find_tries(work->slot, firmware->sha256) : NULL;

    return tries != NULL ? tries->record.tries : 0;
}

static int64_t attempts_max(const struct fleet_work *work)
{
    const struct fleet_deployment *deployment =
        fleet_list_find(&work->change->fleet->deployments, work->record.deployment);

    return deployment != NULL ? deployment->record.attempts : 1;
}

static bool has_tries_left(const struct fleet_work *work)
{
    const struct record_firmware *firmware =
        firmware_of(work->change->fleet, work->record.firmware);

    return work->record.attempt < attempts_max(work) &&
           tries_used(work, firmware) + 1 < (int64_t)work->change->fleet->settings.tries_max;
}

static void use_up_try(struct fleet_work *work)
{
    const struct record_firmware *firmware =
        firmware_of(work->change->fleet, work->record.firmware);
    struct record_tries record = {.device = work->slot->id};

    if (firmware == NULL) {
        return;
    }
    struct fleet_tries *tries = fleet_find_tries(work->slot, firmware->sha256);
    if (tries != NULL) {
        record = tries->record;
        record.tries++;
        fleet_change_put(work->change, RECORD_TRIES, &record);
        return;
    }
    record.tries = 1;
    (void)snprintf(record.sha256, sizeof record.sha256, "%s", firmware->sha256);
    fleet_change_insert(work->change, RECORD_TRIES, &record);
}

/* ---- one event ---- */
void fleet_work_begin(struct fleet_work *work, struct fleet_change *change,
                      struct fleet_slot *slot)
{
    *work = (struct fleet_work){.change = change, .slot = slot, .record = slot->action->record};
}

static void describe(const struct fleet_work *work, const struct fleet_word *word,
                     struct action_situation *out_situation)
{
    const struct record_firmware *firmware =
        firmware_of(work->change->fleet, work->record.firmware);
    const char *version = work->slot->version != NULL ? work->slot->version : "";

    *out_situation = (struct action_situation){
        .state = (enum action_state)work->record.state,
        .before_cancel = (enum action_state)work->record.state_before_cancel,
        .reports_version = work->slot->reports_version,
        .runs_wanted = firmware != NULL && strcmp(version, firmware->version) == 0,
        .is_earlier_attempt = work->is_earlier_attempt,
        .has_reason = word->code != 0,
        .is_final_reason = is_final_reason(word->code),
        .tries_left = has_tries_left(work),
    };
}

static void tell(struct fleet_work *work, const char *kind, const struct fleet_word *word,
                 const char *detail, bool is_final)
{
    struct record_event event = {.device = work->slot->id,
                                 .action = work->record.head.id,
                                 .attempt = work->record.attempt,
                                 .state = work->record.state,
                                 .code = word->code,
                                 .final = is_final,
                                 .detail = detail};

    (void)snprintf(event.kind, sizeof event.kind, "%s", kind);
    (void)snprintf(event.actor, sizeof event.actor, "%s", word->actor);
    fleet_change_event(work->change, &event);
}

/* The first device that runs it opens the way for the others. */
static void prove_firmware(struct fleet_work *work)
{
    const struct record_firmware *firmware =
        firmware_of(work->change->fleet, work->record.firmware);

    if (firmware != NULL && firmware->proven_at == 0) {
        struct record_firmware proven = *firmware;

        proven.proven_at = fleet_wall_ms(work->change->fleet);
        fleet_change_put_firmware(work->change, &proven);
    }
}

static void enter(struct fleet_work *work, const struct action_step *step,
                  const struct fleet_word *word)
{
    struct record_action *record = &work->record;
    int64_t now = fleet_wall_ms(work->change->fleet);
    bool was_open = record->open;

    if (step->state == ACTION_CANCELLING) {
        record->state_before_cancel = record->state;
    }
    if (step->state != ACTION_CONFIRMED) {
        record->by_word = false;
    }
    record->state = step->state;
    record->open = action_is_open(step->state);
    record->changed_at = now;
    record->by_word = record->by_word || step->by_word;
    record->late = record->late || step->late;
    if (word->code != 0) {
        record->code = word->code;
    }
    if (!record->open && (was_open || record->outcome_at == 0)) {
        record->outcome_at = now;
    }
    if (step->state == ACTION_QUEUED) { /* the next attempt begins at nothing */
        record->count = 0;
        record->of = 0;
    }
    const char *reason = word->reason != NULL ? word->reason : step->reason;
    if (reason != NULL) {
        (void)snprintf(record->reason, sizeof record->reason, "%.*s",
                       (int)json_prefix_len(reason, RECORD_REASON_MAX), reason);
    }
    if (step->state == ACTION_CONFIRMED) {
        record->code = 0;
        prove_firmware(work);
    }
}

static void set_deadline(struct fleet_work *work, enum action_deadline deadline)
{
    int64_t ms = fleet_within_ms(work->change->fleet, deadline);

    work->record.deadline_left_ms = ms;
    work->record.deadline_at = ms != 0 ? fleet_wall_ms(work->change->fleet) + ms : 0;
}

/* n of m alone is not written at every step. */
static bool is_progress_only(const struct fleet_work *work, enum action_event event,
                             const struct action_step *step, const struct fleet_word *word)
{
    int64_t since_ms =
        fleet_steady_ms(work->change->fleet) - work->slot->action->progress_written_ms;

    return event == ACTION_PROGRESS && (int64_t)step->state == work->record.state &&
           (word->detail == NULL || word->detail[0] == '\0') && since_ms < PROGRESS_WRITE_MS;
}

static void show_progress(struct fleet_work *work, const struct fleet_word *word)
{
    struct fleet *fleet = work->change->fleet;
    struct fleet_action *action = work->slot->action;

    action->record.count = word->count;
    action->record.of = word->of;
    action->deadline_ms =
        fleet_steady_ms(fleet) + fleet_within_ms(fleet, ACTION_WITHIN_PROGRESS);
    work->change->has_progress = true;
    work->change->progress = (struct record_event){.device = work->slot->id,
                                                   .action = work->record.head.id,
                                                   .attempt = work->record.attempt,
                                                   .at = fleet_wall_ms(fleet),
                                                   .state = work->record.state,
                                                   .kind = "progress",
                                                   .actor = "device"};
}

static void tell_step(struct fleet_work *work, const struct action_step *step,
                      const struct fleet_word *word, bool is_entered)
{
    bool has_detail = word->detail != NULL && word->detail[0] != '\0';

    if (step->lost_again) {
        tell(work, "action.lost", word, step->reason, true);
    } else if (is_entered) {
        tell(work, "action.state", word, has_detail ? word->detail : step->reason,
             !work->record.open);
    } else if (has_detail && work->slot->action->notes++ < NOTES_MAX) {
        bool is_last = work->slot->action->notes == NOTES_MAX;

        tell(work, "action.note", word, is_last ? "further notes are not kept" : word->detail,
             false);
    }
}

/* What of it a program of the operator's may be told of. */
static void tell_webhook(struct fleet_work *work, enum action_state before,
                         const struct action_step *step)
{
    static const enum fleet_webhook_event events[ACTION_STATES] = {
        [ACTION_CONFIRMED] = WEBHOOK_ACTION_CONFIRMED,
        [ACTION_FAILED] = WEBHOOK_ACTION_FAILED,
        [ACTION_TIMED_OUT] = WEBHOOK_ACTION_TIMED_OUT,
        [ACTION_CANCELLED] = WEBHOOK_ACTION_CANCELLED,
        [ACTION_REJECTED] = WEBHOOK_ACTION_REJECTED,
        [ACTION_EXPIRED] = WEBHOOK_ACTION_EXPIRED};

    if (step->lost_again) {
        fleet_outbox_action(work->change, WEBHOOK_ACTION_LOST, work->slot, &work->record);
    } else if (step->state != before && !action_is_open(step->state)) {
        bool is_correction = step->state == ACTION_CONFIRMED && !action_is_open(before);

        fleet_outbox_action(work->change,
                            is_correction ? WEBHOOK_ACTION_CORRECTED : events[step->state],
                            work->slot, &work->record);
    }
}

enum fleet_result fleet_work_event(struct fleet_work *work, enum action_event event,
                                   const struct fleet_word *word)
{
    struct action_situation situation;

    describe(work, word, &situation);
    struct action_step step = action_next(&situation, event);
    if (!step.is_accepted) {
        return fleet_refuse(work->change, FLEET_GONE, "the action is %s%s",
                            action_state_name(situation.state),
                            work->is_earlier_attempt ? ", and a newer attempt has begun" : "");
    }
    if (is_progress_only(work, event, &step, word)) {
        show_progress(work, word);
        return FLEET_DONE;
    }
    bool is_entered = step.state != situation.state || step.ends_attempt || step.reason != NULL;
    if (word->of != 0) {
        work->record.count = word->count;
        work->record.of = word->of;
    }
    if (step.ends_attempt) {
        use_up_try(work);
    }
    if (is_entered) {
        enter(work, &step, word);
    }
    if (step.deadline != ACTION_KEEP_DEADLINE) {
        set_deadline(work, step.deadline);
    }
    work->is_changed = work->is_changed || action_step_changes(&situation, &step);
    if (!step.lost_again || fleet_turn_is_told(work->slot)) {
        tell_step(work, &step, word, is_entered);
        tell_webhook(work, situation.state, &step);
    }
    if (step.ends_attempt && step.state == ACTION_QUEUED) {
        work->record.attempt++;
    }
    return FLEET_DONE;
}

void fleet_work_finish(struct fleet_work *work)
{
    if (work->is_changed) {
        fleet_change_put(work->change, RECORD_ACTION, &work->record);
    }
}

enum action_state fleet_work_create(struct fleet_change *change, struct fleet_slot *slot,
                                    const struct record_deployment *deployment, int64_t group)
{
    int64_t now = fleet_wall_ms(change->fleet);
    struct fleet_work work = {
        .change = change,
        .slot = slot,
        .record = {.deployment = deployment->head.id,
                   .group = group,
                   .device = slot->id,
                   .firmware = deployment->firmware,
                   .open = true,
                   .attempt = 1,
                   .state = deployment->mode == MODE_MANUAL ? ACTION_WAITING_APPROVAL
                                                            : ACTION_QUEUED,
                   .created_at = now,
                   .changed_at = now},
    };
    struct fleet_word word = {.actor = deployment->created_by};

    fleet_change_insert(change, RECORD_ACTION, &work.record);
    tell(&work, "action.new", &word, deployment->name, false);
    return (enum action_state)work.record.state;
}
