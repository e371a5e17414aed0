/* SPDX-License-Identifier: Apache-2.0 */
/* What the MCU does, and what it is to be told. What became of an update is told by the MCU:
 * by its version, and by its reason. */
#include <string.h>

#include "agent/internal.h"
#include "host/image_file.h"
#include "host/module_text.h"
#include "host/reason_text.h"
#include "otter/reason.h"

static bool runs(const struct agent *agent, const char version[9])
{
    return agent->mcu_is_known && memcmp(agent->info.version, version, 8) == 0;
}

/* ---- how it ends ---- */

static void end_good(struct agent *agent)
{
    char version[9];

    image_file_text(agent->info.version, version);
    if (agent->reason != OTTER_REASON_NONE) {
        agent_action_end(agent, true, agent->reason, "the MCU runs version %s; it was %s",
                         version, reason_text(agent->reason)->text);
    } else {
        agent_action_end(agent, true, 0, "the MCU runs version %s", version);
    }
}

static void end_by_reason(struct agent *agent)
{
    char version[9];

    image_file_text(agent->info.version, version);
    agent_action_end(agent, false, agent->reason, "the MCU runs version %s; the update was %s",
                     version, reason_text(agent->reason)->text);
}

static void end_by_failure(struct agent *agent, enum module_failure failure, const char *words)
{
    agent_action_end(agent, false, AGENT_CODE_MODULE + (int)failure, "%s (%s)", words,
                     module_text_failure(failure));
}

/* ---- the agent's own judgement, where the module's side has none ---- */

static void judge_again(struct agent *agent, uint64_t now_ms)
{
    agent->judges = true;
    agent->had_info = false;
    agent->ask_at_ms = now_ms;
}

static void offer_again(struct agent *agent, uint64_t now_ms)
{
    struct agent_saved *saved = &agent->saved;

    saved->stage = agent_image_is_whole(agent) ? AGENT_STAGE_READY : AGENT_STAGE_OPEN;
    agent->judges = false;
    agent->is_sending = false;
    agent->offer_at_ms = now_ms + ((uint64_t)AGENT_T_OFFER_AGAIN_MS << saved->offers);
    agent_set_dirty(agent);
}

/* An MCU may answer once more before it restarts into its bootloader. So an old version means
 * something only when it has had time to install, or says that it has refused. */
static void judge(struct agent *agent, uint64_t now_ms)
{
    bool says_why = agent->reason != OTTER_REASON_NONE;
    bool is_news = says_why && agent->reason != agent->saved.reason_before;

    if (!agent->had_info) {
        agent->had_info = true;
        agent->first_info_ms = now_ms;
    }
    if (runs(agent, agent->saved.version)) {
        if (!agent->mcu_on_trial) {
            end_good(agent);
        }
    } else if (is_news) {
        end_by_reason(agent);
    } else if (now_ms - agent->first_info_ms >= AGENT_T_SETTLE_MS) {
        if (says_why) {
            end_by_reason(agent);
        } else if (agent->mcu_is_otter && agent->saved.reason_before == OTTER_REASON_NONE) {
            offer_again(agent, now_ms); /* it would have a reason if it had got the file */
        } else {
            end_by_failure(agent, MODULE_FAIL_OLD_VERSION,
                           "the MCU runs another version, and does not say why");
        }
    }
}

static void give_up_waiting(struct agent *agent)
{
    if (agent->mcu_on_trial && runs(agent, agent->saved.version)) {
        end_by_failure(agent, MODULE_FAIL_ON_TRIAL,
                       "the new version runs, but has not confirmed that it works");
    } else {
        end_by_failure(agent, MODULE_FAIL_NOT_BACK, "the MCU did not come back");
    }
}

/* ---- events ---- */

static void commit(struct agent *agent, uint64_t now_ms)
{
    if (agent->saved.stage == AGENT_STAGE_OFFERED) {
        agent->saved.stage = AGENT_STAGE_COMMITTED;
        agent_set_dirty(agent);
    }
    agent->commit_ms = now_ms;
}

static void on_progress(struct agent *agent, const struct module_event *event, uint64_t now_ms)
{
    agent->piece = event->number;
    agent->piece_of = event->count;
    agent->piece_due = true;
    if ((unsigned)event->number + 1 >= event->count) {
        commit(agent, now_ms); /* before the last piece leaves */
    }
}

/* An otter app took the offer, and its 0x02 says why it does not want the file. */
static bool is_explained(const struct agent *agent, enum module_failure failure)
{
    return failure == MODULE_FAIL_REFUSED && reason_is_of_offer(agent->reason);
}

/* The MCU may take it next time: it was restarted or on trial, or the line was bad. */
static bool is_passing(const struct agent *agent, enum module_failure failure)
{
    return (is_explained(agent, failure) && agent->reason == OTTER_REASON_ON_TRIAL) ||
           failure == MODULE_FAIL_NO_ANSWER || failure == MODULE_FAIL_NO_OFFER_ACK ||
           failure == MODULE_FAIL_NO_READY || failure == MODULE_FAIL_ABORTED ||
           failure == MODULE_FAIL_PIECE_LOST || failure == MODULE_FAIL_RESTARTS;
}

static void on_failed(struct agent *agent, const struct module_event *event, uint64_t now_ms)
{
    char words[MODULE_TEXT_SIZE];

    module_text(event, words);
    if (event->failure == MODULE_FAIL_NOT_INSTALLED) {
        end_by_reason(agent);
    } else if (agent->saved.stage == AGENT_STAGE_COMMITTED &&
               event->failure != MODULE_FAIL_OLD_VERSION &&
               event->failure != MODULE_FAIL_MD5_DIFFERS) {
        judge_again(agent, now_ms);
    } else if (is_passing(agent, event->failure) && agent->saved.offers < AGENT_OFFERS_MAX) {
        offer_again(agent, now_ms);
        agent_set_error(agent, "%s", words);
    } else if (is_explained(agent, event->failure)) {
        end_by_reason(agent);
    } else {
        end_by_failure(agent, event->failure, words);
    }
}

static void on_transfer(struct agent *agent, const struct module_event *event, uint64_t now_ms)
{
    switch (event->kind) {
    case MODULE_EVENT_READY:
        agent->is_sending = true;
        agent->piece_of = event->count;
        if (event->count <= 1) {
            commit(agent, now_ms);
        }
        break;
    case MODULE_EVENT_PROGRESS:
        on_progress(agent, event, now_ms);
        break;
    case MODULE_EVENT_SENT:
        commit(agent, now_ms);
        break;
    case MODULE_EVENT_UP_TO_DATE:
    case MODULE_EVENT_UPDATED:
        end_good(agent);
        break;
    case MODULE_EVENT_FAILED:
        on_failed(agent, event, now_ms);
        break;
    case MODULE_EVENT_STARTED:
    case MODULE_EVENT_INFO:
    case MODULE_EVENT_ABOUT:
    case MODULE_EVENT_OFFERED:
    case MODULE_EVENT_WRONG_READY:
    case MODULE_EVENT_RESENT:
    case MODULE_EVENT_STOPPED:
    case MODULE_EVENT_REFUSED:
    case MODULE_EVENT_REPORT:
    case MODULE_EVENT_ANSWER:
    case MODULE_EVENT_REQUEST:
    case MODULE_EVENT_ILLEGAL:
    case MODULE_EVENT_GAVE_UP:
        break;
    }
}

static void on_info(struct agent *agent, const struct module_event *event, uint64_t now_ms)
{
    if (event->info == NULL) {
        return;
    }
    if (!agent->mcu_is_known ||
        memcmp(agent->info.version, event->info->version, sizeof agent->info.version) != 0) {
        agent->config_refused = false; /* that was about another version */
    }
    agent->mcu_is_known = true;
    agent->mcu_answers = true;
    agent->info = *event->info;
    agent->mcu_is_otter = event->update_status != NULL;
    agent->mcu_on_trial = event->update_status != NULL && event->update_status->on_trial;
    agent->reason = event->update_status != NULL ? event->update_status->reason : 0;
    if (agent->mcu_on_trial) {
        agent->ask_at_ms = now_ms + AGENT_T_ASK_MS;
    }
    if (agent->saved.stage == AGENT_STAGE_COMMITTED && agent->judges) {
        judge(agent, now_ms);
    }
}

void agent_mcu_event(struct agent *agent, const struct module_event *event, uint64_t now_ms)
{
    if (event->kind == MODULE_EVENT_INFO) {
        on_info(agent, event, now_ms);
    } else if (event->kind == MODULE_EVENT_STARTED &&
               (event->start == MODULE_START_NO_HEARTBEAT ||
                event->start == MODULE_START_NO_INFO)) {
        agent->mcu_answers = false;
    }
    if (agent->has_file && (agent->saved.stage == AGENT_STAGE_OFFERED ||
                            agent->saved.stage == AGENT_STAGE_COMMITTED)) {
        on_transfer(agent, event, now_ms);
    }
}

/* ---- commands ---- */

/* Everything that can be known before the MCU is asked. */
static void prepare_offer(struct agent *agent)
{
    struct agent_saved *saved = &agent->saved;

    if (runs(agent, saved->version)) {
        end_good(agent);
        return;
    }
    if (agent->has_trailer && memcmp(agent->hardware, agent->info.hardware, 8) != 0) {
        char is[9], wants[9];
        image_file_text(agent->info.hardware, is);
        image_file_text(agent->hardware, wants);
        agent_action_end(agent, false, OTTER_REASON_HARDWARE,
                         "the image is for hardware %s, the MCU is %s; not offered", wants, is);
        return;
    }
    memcpy(saved->version_before, agent->info.version, 8);
    saved->version_before[8] = '\0';
    saved->reason_before = agent->reason;
    saved->offers++;
    saved->stage = AGENT_STAGE_OFFERED;
    agent->is_offer_due = true;
    agent->is_sending = false;
    agent->piece = 0;
    agent->piece_of = 0;
    agent_set_dirty(agent);
}

static bool wants_to_offer(const struct agent *agent)
{
    return agent->saved.stage == AGENT_STAGE_READY && agent->may_update &&
           !agent->needs_approval && agent->mcu_answers && !agent->mcu_on_trial &&
           !agent->has_file;
}

void agent_mcu_tick(struct agent *agent, uint64_t now_ms)
{
    const struct agent_saved *saved = &agent->saved;

    if (saved->stage == AGENT_STAGE_COMMITTED && agent->judges &&
        now_ms - agent->commit_ms >= AGENT_T_RETURN_MS) {
        give_up_waiting(agent);
    }
    if (wants_to_offer(agent) && now_ms >= agent->offer_at_ms) {
        if (saved->offers < AGENT_OFFERS_MAX) {
            prepare_offer(agent);
        } else {
            end_by_failure(agent, MODULE_FAIL_RESTARTS, "every offer was cut off");
        }
    }
}

/* After a restart of the agent the module's side knows nothing of an update. */
void agent_mcu_restored(struct agent *agent, uint64_t now_ms)
{
    struct agent_saved *saved = &agent->saved;

    agent->commit_ms = now_ms;
    if (saved->stage == AGENT_STAGE_COMMITTED) {
        judge_again(agent, now_ms);
    } else if (saved->stage == AGENT_STAGE_READY) {
        saved->stage = agent_image_is_whole(agent) ? AGENT_STAGE_READY : AGENT_STAGE_OPEN;
        agent_set_dirty(agent);
    } else if (saved->stage == AGENT_STAGE_OFFERED) {
        offer_again(agent, now_ms);
    }
}

void agent_mcu_lost(struct agent *agent, uint64_t now_ms)
{
    agent->has_file = false;
    agent->is_offer_due = false;
    agent->is_sending = false;
    agent->mcu_answers = false;
    if (agent->saved.stage == AGENT_STAGE_COMMITTED) {
        agent->commit_ms = now_ms;
        judge_again(agent, now_ms);
    } else if (agent->saved.stage == AGENT_STAGE_OFFERED) {
        agent->saved.stage = AGENT_STAGE_READY;
        agent_set_dirty(agent);
    }
}

static bool wants_to_ask(const struct agent *agent)
{
    if (!agent->mcu_answers) {
        return false; /* the module's side is asking */
    }
    return agent->saved.stage == AGENT_STAGE_COMMITTED ? agent->judges : agent->mcu_on_trial;
}

uint64_t agent_mcu_next_ms(const struct agent *agent, uint64_t now_ms)
{
    enum agent_stage stage = agent->saved.stage;
    uint64_t at_ms = now_ms + 86400000U;

    if (agent->is_offer_due ||
        (agent->has_file && stage != AGENT_STAGE_OFFERED && stage != AGENT_STAGE_COMMITTED)) {
        return 0;
    }
    if (wants_to_offer(agent)) {
        at_ms = agent->offer_at_ms;
    } else if (wants_to_ask(agent)) {
        at_ms = agent->ask_at_ms;
    }
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

enum agent_command agent_take_command(struct agent *agent, uint64_t now_ms)
{
    enum agent_stage stage = agent->saved.stage;

    if (agent->is_dirty) {
        return AGENT_COMMAND_NONE;
    }
    if (agent->has_file && stage != AGENT_STAGE_OFFERED && stage != AGENT_STAGE_COMMITTED) {
        agent->has_file = false;
        return AGENT_COMMAND_WITHDRAW;
    }
    agent_mcu_tick(agent, now_ms);
    if (agent->is_dirty) {
        return AGENT_COMMAND_NONE;
    }
    if (agent->is_offer_due) {
        agent->is_offer_due = false;
        agent->has_file = true;
        return AGENT_COMMAND_OFFER;
    }
    if (wants_to_ask(agent) && now_ms >= agent->ask_at_ms) {
        agent->ask_at_ms = now_ms + AGENT_T_ASK_MS;
        return AGENT_COMMAND_ASK;
    }
    return AGENT_COMMAND_NONE;
}
