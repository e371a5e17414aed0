/* SPDX-License-Identifier: Apache-2.0 */
/* What devices call, after fleet_identify(). */
#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_device.h"
#include "cloud/fleet/fleet_offer.h"
#include "cloud/fleet/fleet_report.h"

static int64_t action_of_ddi_id(int64_t id)
{
    return id / (ACTION_ATTEMPTS_MAX + 1);
}

/* ---- which link ---- */
static const struct fleet_deployment *deployment_of(struct fleet *fleet,
                                                    const struct fleet_slot *slot)
{
    return fleet_list_find(&fleet->deployments, slot->action->record.deployment);
}

/* May something that was not under way yet be offered to this device now? */
static bool may_begin(struct fleet *fleet, const struct fleet_slot *slot)
{
    const struct fleet_deployment *deployment = deployment_of(fleet, slot);

    return !fleet->settings.offers_stopped && slot->hold_reason == NULL && deployment != NULL &&
           fleet_is_offering(fleet, deployment);
}

static enum ddi_link link_of(struct fleet *fleet, const struct fleet_slot *slot)
{
    enum action_state state;

    if (slot->action == NULL || !slot->action->record.open) {
        return DDI_LINK_NONE;
    }
    state = (enum action_state)slot->action->record.state;
    if (state == ACTION_CANCELLING) {
        return DDI_LINK_CANCEL;
    }
    if (state == ACTION_WAITING_APPROVAL) {
        return may_begin(fleet, slot) ? DDI_LINK_CONFIRMATION : DDI_LINK_NONE;
    }
    if (state == ACTION_QUEUED && !may_begin(fleet, slot)) {
        return DDI_LINK_NONE;
    }
    return action_is_offerable(state) && !fleet->settings.offers_stopped ? DDI_LINK_DEPLOYMENT
                                                                         : DDI_LINK_NONE;
}

/* What a job says changes with its id only. */
static void set_job(struct fleet_poll *poll, int64_t id)
{
    poll->id = id;
    poll->deployment_hash = (uint32_t)(id * 2654435761U);
}

/* How often this device is told to poll. */
static uint32_t interval_s(const struct fleet *fleet, const struct fleet_slot *slot)
{
    return slot->action != NULL && slot->action->record.open ? fleet->settings.poll_fast_s
                                                             : fleet->settings.poll_interval_s;
}

/* The job that has put there what runs, while it is the newest one: of older ones the firmware
 * is not at hand any more. */
static int64_t installed_id(const struct fleet_slot *slot)
{
    return slot->action != NULL && slot->confirmed_id == fleet_ddi_id(&slot->action->record)
               ? slot->confirmed_id
               : 0;
}

void fleet_fill_poll(struct fleet *fleet, const struct fleet_slot *slot,
                     struct fleet_poll *out_poll)
{
    *out_poll = (struct fleet_poll){.device = slot->id,
                                    .interval_s = interval_s(fleet, slot),
                                    .wants_config = !slot->has_config,
                                    .link = link_of(fleet, slot),
                                    .installed_id = installed_id(slot)};
    if (out_poll->link != DDI_LINK_NONE) {
        set_job(out_poll, fleet_ddi_id(&slot->action->record));
    }
}

bool fleet_poll_begins_attempt(struct fleet *fleet, const struct fleet_slot *slot)
{
    return link_of(fleet, slot) == DDI_LINK_DEPLOYMENT &&
           slot->action->record.state == ACTION_QUEUED;
}

/* ---- a device that is known ---- */
struct device_params {
    int64_t device, id;
    const struct ddi_feedback *feedback;
    const struct ddi_confirmation *confirmation;
    enum fleet_job_kind kind;
    struct fleet_job *out_job;
    struct fleet_poll *out_poll;
    enum action_event event;
};

static const struct fleet_word device_word = {.actor = "device"};

static enum fleet_result find(struct fleet_change *change, struct fleet_slot **out_slot)
{
    const struct device_params *params = change->params;

    *out_slot = fleet_list_find(&change->fleet->slots, params->device);
    if (*out_slot == NULL) {
        (void)fleet_refuse(change, FLEET_NOT_FOUND, "no such device");
        return FLEET_NOT_FOUND; /* what fleet_refuse() returns; clang-tidy cannot see it */
    }
    return FLEET_DONE;
}

/* The same, and its newest action is the one of params->id. */
static enum fleet_result find_action(struct fleet_change *change, struct fleet_slot **out_slot)
{
    const struct device_params *params = change->params;
    int64_t wanted = action_of_ddi_id(params->id);

    if (find(change, out_slot) != FLEET_DONE) {
        return FLEET_NOT_FOUND;
    }
    if ((*out_slot)->action == NULL || wanted > (*out_slot)->action->record.head.id ||
        wanted <= 0) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such action");
    }
    if (wanted < (*out_slot)->action->record.head.id) {
        return fleet_refuse(change, FLEET_GONE, "there is a newer action");
    }
    return FLEET_DONE;
}

static enum fleet_result build_link_given(struct fleet_change *change)
{
    const struct device_params *params = change->params;
    struct fleet_slot *slot;
    struct fleet_work work;
    enum fleet_result result = find(change, &slot);

    if (result != FLEET_DONE) {
        return result;
    }
    if (!fleet_poll_begins_attempt(change->fleet, slot)) { /* another poll was first */
        fleet_fill_poll(change->fleet, slot, params->out_poll);
        return FLEET_DONE;
    }
    const char *reason = fleet_objection(change->fleet, slot);
    const struct fleet_word no = {.actor = "clock", .detail = reason, .reason = reason};
    fleet_work_begin(&work, change, slot);
    result = reason != NULL ? fleet_work_event(&work, ACTION_CANCEL, &no)
                            : fleet_work_event(&work, ACTION_LINK_GIVEN, &device_word);
    fleet_work_finish(&work);
    fleet_fill_poll(change->fleet, slot, params->out_poll);
    if (reason != NULL) {
        params->out_poll->link = DDI_LINK_NONE;
        return result;
    }
    set_job(params->out_poll, fleet_ddi_id(&work.record));
    return result;
}

void fleet_give_link(struct fleet *fleet, int64_t device, struct fleet_poll *out_poll,
                     fleet_done *done, void *ctx)
{
    struct device_params params = {.device = device, .out_poll = out_poll};

    fleet_run(fleet, build_link_given, &params, sizeof params, NULL, done, ctx);
}

/* ---- jobs ---- */
static enum fleet_result fill_job(struct fleet_change *change, const struct fleet_slot *slot,
                                  const struct device_params *params)
{
    struct fleet *fleet = change->fleet;
    const struct fleet_deployment *deployment = deployment_of(fleet, slot);
    const struct fleet_firmware *firmware =
        fleet_list_find(&fleet->firmware, slot->action->record.firmware);

    if (firmware == NULL || deployment == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "its firmware is gone");
    }
    *params->out_job = (struct fleet_job){.id = params->id, .firmware = firmware->record};
    return FLEET_DONE;
}

static enum fleet_result build_job(struct fleet_change *change)
{
    static const enum ddi_link links[] = {
        [FLEET_JOB_DEPLOYMENT] = DDI_LINK_DEPLOYMENT,
        [FLEET_JOB_CONFIRMATION] = DDI_LINK_CONFIRMATION,
        [FLEET_JOB_CANCEL] = DDI_LINK_CANCEL,
    };
    const struct device_params *params = change->params;
    struct fleet_slot *slot;
    struct fleet_work work;
    enum fleet_result result = find_action(change, &slot);

    if (result != FLEET_DONE) {
        return result == FLEET_GONE
                   ? fleet_refuse(change, FLEET_NOT_FOUND, "there is a newer action")
                   : result;
    }
    if (params->kind == FLEET_JOB_INSTALLED) {
        return params->id == slot->confirmed_id
                   ? fill_job(change, slot, params)
                   : fleet_refuse(change, FLEET_NOT_FOUND, "not installed by this action");
    }
    enum ddi_link link = link_of(change->fleet, slot);
    /* A device that was given the link before the window closed may go on. */
    if (link != links[params->kind] || params->id != fleet_ddi_id(&slot->action->record)) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "not offered now");
    }
    if (slot->action->record.state == ACTION_QUEUED &&
        fleet_objection(change->fleet, slot) != NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "%s",
                            fleet_objection(change->fleet, slot));
    }
    result = fill_job(change, slot, params);
    if (result != FLEET_DONE) {
        return result;
    }
    if (params->kind == FLEET_JOB_DEPLOYMENT) {
        fleet_work_begin(&work, change, slot);
        result = fleet_work_event(&work, ACTION_JOB_READ, &device_word);
        fleet_work_finish(&work);
    }
    return result;
}

void fleet_read_job(struct fleet *fleet, int64_t device, enum fleet_job_kind kind, int64_t id,
                    struct fleet_job *out_job, fleet_done *done, void *ctx)
{
    struct device_params params = {
        .device = device, .id = id, .kind = kind, .out_job = out_job};

    fleet_run(fleet, build_job, &params, sizeof params, NULL, done, ctx);
}

int64_t fleet_confirmation(struct fleet *fleet, int64_t device)
{
    struct fleet_slot *slot;
    int64_t id = 0;

    pthread_mutex_lock(&fleet->lock);
    slot = fleet_list_find(&fleet->slots, device);
    if (slot != NULL && link_of(fleet, slot) == DDI_LINK_CONFIRMATION) {
        id = fleet_ddi_id(&slot->action->record);
    }
    pthread_mutex_unlock(&fleet->lock);
    return id;
}

/* ---- feedback ---- */
static enum action_event event_of_feedback(const struct ddi_feedback *feedback)
{
    switch (feedback->execution) {
    case DDI_CLOSED:
        return feedback->is_failure ? ACTION_SAYS_FAILURE : ACTION_SAYS_SUCCESS;
    case DDI_CANCELED:
        return ACTION_SAYS_CANCELED;
    case DDI_DOWNLOAD:
        return ACTION_BYTES;
    case DDI_DOWNLOADED:
        return ACTION_SAYS_DOWNLOADED;
    case DDI_SCHEDULED:
        return ACTION_PUT_OFF;
    case DDI_PROCEEDING:
        /* 0 of n is no progress: SWUpdate says it before it fetches the file. */
        if (!feedback->has_progress || feedback->of <= 0 || feedback->count <= 0) {
            return ACTION_SAYS_NOTE;
        }
        return feedback->count < feedback->of ? ACTION_PROGRESS : ACTION_ALL_IN;
    case DDI_REJECTED: /* a warning, and the action goes on */
    case DDI_RESUMED:
    case DDI_UNKNOWN_EXECUTION:
    default:
        return ACTION_SAYS_NOTE;
    }
}

/* The same number once more is no progress: else a client that repeats it while nothing moves
 * would stay in the update. A lower one is: the MCU has begun again. */
static enum action_event event_of(const struct device_params *params,
                                  const struct record_action *action)
{
    bool is_growth = params->event == ACTION_PROGRESS || params->event == ACTION_ALL_IN;
    bool is_same = is_growth && action->state == ACTION_TRANSFERRING &&
                   params->feedback->count == action->count &&
                   params->feedback->of == action->of;

    return is_same ? ACTION_SAYS_NOTE : params->event;
}

/* The last lines that fit an action's reason: the end of a log says why it ended. */
static const char *last_lines(const char *detail)
{
    const char *start = detail, *newline;

    while (strlen(start) > RECORD_REASON_MAX && (newline = strchr(start, '\n')) != NULL) {
        start = newline + 1;
    }
    return start;
}

static enum fleet_result build_feedback(struct fleet_change *change)
{
    const struct device_params *params = change->params;
    const struct ddi_feedback *feedback = params->feedback;
    struct fleet_slot *slot;
    struct fleet_work work;
    enum fleet_result result = find_action(change, &slot);

    if (result != FLEET_DONE) {
        return result;
    }
    struct fleet_word word = {.actor = "device",
                              .detail = feedback->detail,
                              .code =
                                  params->event == ACTION_SAYS_FAILURE ? feedback->code : 0};
    if (feedback->has_progress) {
        word.count = feedback->count;
        word.of = feedback->of;
    }
    if (params->event == ACTION_SAYS_FAILURE && feedback->detail[0] != '\0') {
        word.reason = last_lines(feedback->detail);
    }
    fleet_work_begin(&work, change, slot);
    work.is_earlier_attempt = params->id != fleet_ddi_id(&slot->action->record);
    result = fleet_work_event(&work, event_of(params, &work.record), &word);
    fleet_work_finish(&work);
    if (result == FLEET_DONE && work.record.by_word && work.is_changed) {
        result = fleet_keep_version_by_word(change, &work.record);
    }
    return result;
}

void fleet_feedback(struct fleet *fleet, int64_t device, int64_t id,
                    const struct ddi_feedback *feedback, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct device_params params = {.device = device,
                                   .id = id,
                                   .feedback = fleet_keep(&kept, feedback, sizeof *feedback),
                                   .event = event_of_feedback(feedback)};

    fleet_run(fleet, build_feedback, &params, sizeof params, &kept, done, ctx);
}

void fleet_cancel_feedback(struct fleet *fleet, int64_t device, int64_t id,
                           const struct ddi_feedback *feedback, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct device_params params = {.device = device,
                                   .id = id,
                                   .feedback = fleet_keep(&kept, feedback, sizeof *feedback),
                                   .event = ACTION_SAYS_NOTE};

    if (feedback->execution == DDI_REJECTED || feedback->is_failure) {
        params.event = ACTION_CANCEL_REFUSED;
    } else if (feedback->execution == DDI_CLOSED || feedback->execution == DDI_CANCELED) {
        params.event = ACTION_SAYS_CANCELED;
    }
    fleet_run(fleet, build_feedback, &params, sizeof params, &kept, done, ctx);
}

static enum fleet_result build_confirm(struct fleet_change *change)
{
    const struct device_params *params = change->params;
    struct fleet_slot *slot;
    struct fleet_work work;
    enum fleet_result result = find_action(change, &slot);

    if (result != FLEET_DONE) {
        return result;
    }
    struct fleet_word word = {.actor = "device",
                              .detail = params->confirmation->detail,
                              .code = params->confirmation->code};
    fleet_work_begin(&work, change, slot);
    result = fleet_work_event(
        &work, params->confirmation->is_confirmed ? ACTION_APPROVE : ACTION_DENY, &word);
    fleet_work_finish(&work);
    return result;
}

void fleet_confirm(struct fleet *fleet, int64_t device, int64_t id,
                   const struct ddi_confirmation *confirmation, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct device_params params = {.device = device,
                                   .id = id,
                                   .confirmation =
                                       fleet_keep(&kept, confirmation, sizeof *confirmation)};

    fleet_run(fleet, build_confirm, &params, sizeof params, &kept, done, ctx);
}

/* ---- bytes of the file ---- */
static enum fleet_result build_bytes(struct fleet_change *change)
{
    const struct device_params *params = change->params;
    struct fleet_slot *slot;
    struct fleet_work work;

    if (find(change, &slot) != FLEET_DONE || slot->action == NULL ||
        slot->action->record.head.id != params->id) {
        return FLEET_DONE;
    }
    fleet_work_begin(&work, change, slot);
    enum fleet_result result = fleet_work_event(&work, params->event, &device_word);
    fleet_work_finish(&work);
    return result;
}

void fleet_artifact(struct fleet *fleet, int64_t device, int64_t firmware, const char *file,
                    struct record_firmware *out_firmware, struct fleet_answer *out_answer)
{
    *out_answer = (struct fleet_answer){.result = FLEET_NOT_FOUND, .reason = "no such file"};
    pthread_mutex_lock(&fleet->lock);
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, device);
    struct fleet_firmware *found = fleet_list_find(&fleet->firmware, firmware);
    if (slot != NULL && found != NULL && strcmp(found->record.name, file) == 0) {
        if (slot->action != NULL && slot->action->record.open &&
            slot->action->record.firmware == firmware &&
            action_is_offerable((enum action_state)slot->action->record.state) &&
            slot->action->record.state != ACTION_QUEUED) {
            *out_firmware = found->record;
            *out_answer = (struct fleet_answer){.result = FLEET_DONE};
        } else {
            *out_answer = (struct fleet_answer){.result = FLEET_FORBIDDEN,
                                                .reason = "not offered to this device"};
        }
    }
    pthread_mutex_unlock(&fleet->lock);
}

void fleet_bytes_sent(struct fleet *fleet, int64_t device, int64_t firmware, int64_t off)
{
    struct device_params params = {.device = device, .event = ACTION_BYTES};
    bool is_news = false;

    if (off == 0) { /* the answer to a HEAD, or one that was cut before its first byte */
        return;
    }
    pthread_mutex_lock(&fleet->lock);
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, device);
    if (slot != NULL && slot->action != NULL && slot->action->record.firmware == firmware) {
        params.id = slot->action->record.head.id;
        const struct fleet_firmware *sent = fleet_list_find(&fleet->firmware, firmware);
        bool is_whole = sent != NULL && off == sent->record.size;

        params.event = is_whole ? ACTION_ALL_BYTES : ACTION_BYTES;
        /* Further bytes only put the deadline off, in memory. */
        is_news = slot->action->record.state == ACTION_OFFERED;
        if (slot->action->record.state == ACTION_DOWNLOADING) {
            slot->action->deadline_ms =
                fleet_steady_ms(fleet) +
                fleet_within_ms(fleet, is_whole ? ACTION_WITHIN_START : ACTION_WITHIN_DOWNLOAD);
        }
    }
    pthread_mutex_unlock(&fleet->lock);
    if (is_news) {
        fleet_run(fleet, build_bytes, &params, sizeof params, NULL, NULL, NULL);
    }
}
