/* SPDX-License-Identifier: Apache-2.0 */
/* An action begins, is dropped, ends; what has ended is remembered. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/internal.h"

const struct agent_result *agent_action_find_closed(const struct agent *agent, const char *id)
{
    const struct agent_saved *saved = &agent->saved;

    for (size_t i = 0; i < saved->closed_count; i++) {
        if (strcmp(saved->closed[i].id, id) == 0) {
            return &saved->closed[i];
        }
    }
    return NULL;
}

/* All about the open action; what is remembered of others stays. */
static void forget(struct agent *agent)
{
    struct agent_saved *saved = &agent->saved;

    saved->stage = AGENT_STAGE_NONE;
    saved->id[0] = '\0';
    saved->size = 0;
    saved->hash_kind = DDI_HASH_NONE;
    saved->hash[0] = '\0';
    saved->etag[0] = '\0';
    saved->chunk_version[0] = '\0';
    saved->accepted_told = false;
    saved->downloaded_told = false;
    saved->downloads = 0;
    saved->offers = 0;
    saved->version[0] = '\0';
    saved->version_before[0] = '\0';
    saved->reason_before = 0;
    memset(&saved->result, 0, sizeof saved->result);
    agent->may_download = false;
    agent->may_update = false;
    agent->needs_approval = false;
    agent->is_mute = false;
    agent->is_offer_due = false;
    agent->is_sending = false;
    agent->judges = false;
    agent->had_info = false;
    agent->piece = 0;
    agent->piece_of = 0;
    agent->piece_due = false;
    agent->offer_at_ms = 0;
    agent->artifact = (struct agent_wait){0};
    agent_set_dirty(agent);
}

void agent_action_drop(struct agent *agent)
{
    agent->config->sink->discard(agent->config->sink_ctx);
    forget(agent);
}

static void remember(struct agent_saved *saved, const struct agent_result *result)
{
    size_t place = 0;

    while (place < saved->closed_count && strcmp(saved->closed[place].id, result->id) != 0) {
        place++;
    }
    if (place == saved->closed_count) {
        if (saved->closed_count < AGENT_CLOSED_MAX) {
            saved->closed_count++;
        } else {
            place--;
        }
    }
    memmove(&saved->closed[1], &saved->closed[0], place * sizeof saved->closed[0]);
    saved->closed[0] = *result;
}

void agent_action_end(struct agent *agent, bool is_good, int code, const char *format, ...)
{
    struct agent_saved *saved = &agent->saved;
    struct agent_result result = {.is_good = is_good, .code = code};
    va_list args;

    memcpy(result.id, saved->id, sizeof result.id);
    va_start(args, format);
    (void)vsnprintf(result.text, sizeof result.text, format, args);
    va_end(args);
    remember(saved, &result);
    saved->result = result;
    saved->stage = AGENT_STAGE_ENDED;
    agent->is_offer_due = false;
    agent->is_sending = false;
    agent->judges = false;
    agent_set_dirty(agent);
}

void agent_action_acknowledged(struct agent *agent)
{
    agent_action_drop(agent);
}

bool agent_action_is_recallable(const struct agent *agent)
{
    return agent->saved.stage < AGENT_STAGE_OFFERED ||
           (agent->saved.stage == AGENT_STAGE_OFFERED && !agent->is_sending);
}

void agent_action_gone(struct agent *agent)
{
    if (agent->saved.stage == AGENT_STAGE_ENDED || agent_action_is_recallable(agent)) {
        agent_action_drop(agent);
    } else {
        agent->is_mute = true; /* it goes on, and its end is told: the server may want it */
    }
}

/* Not as the server promises it to be: nothing to begin with. */
static bool is_acceptable(struct agent *agent, const struct ddi_deployment *deployment)
{
    if (deployment->usable != 1 || deployment->artifacts != 1) {
        agent_action_end(agent, false, AGENT_CODE_ARTIFACT,
                         "exactly one artifact with link, size and digest is needed; here are "
                         "%u, %u of them usable",
                         deployment->artifacts, deployment->usable);
        return false;
    }
    if (deployment->size > agent->config->image_max) {
        agent_action_end(agent, false, AGENT_CODE_IMAGE,
                         "%u bytes do not fit the device, which takes %u", deployment->size,
                         agent->config->image_max);
        return false;
    }
    return true;
}

static void begin(struct agent *agent, const struct ddi_deployment *deployment)
{
    struct agent_saved *saved = &agent->saved;

    agent_action_drop(agent);
    memcpy(saved->id, deployment->id, sizeof saved->id);
    saved->stage = AGENT_STAGE_OPEN;
    saved->size = deployment->size;
    saved->hash_kind = deployment->hash_kind;
    memcpy(saved->hash, deployment->hash, sizeof saved->hash);
    if (strlen(deployment->version) == 8) {
        memcpy(saved->chunk_version, deployment->version, sizeof saved->chunk_version);
    }
}

static bool is_same_artifact(const struct agent_saved *saved,
                             const struct ddi_deployment *deployment)
{
    return saved->size == deployment->size && saved->hash_kind == deployment->hash_kind &&
           strcmp(saved->hash, deployment->hash) == 0;
}

/* What may be done now. `attempt` is for the person at the device, if there is one. */
static void take_permissions(struct agent *agent, const struct ddi_deployment *deployment)
{
    bool asks = agent->config->is_manual &&
                (deployment->download == DDI_ATTEMPT || deployment->update == DDI_ATTEMPT);

    agent->needs_approval = asks && strcmp(agent->saved.approved, deployment->id) != 0;
    agent->may_download = deployment->download != DDI_SKIP;
    agent->may_update = deployment->update != DDI_SKIP && deployment->is_in_window;
}

void agent_action_offered(struct agent *agent, const struct ddi_deployment *deployment)
{
    struct agent_saved *saved = &agent->saved;
    const struct agent_result *closed = agent_action_find_closed(agent, deployment->id);

    if (saved->stage >= AGENT_STAGE_OFFERED) {
        return; /* one after the other */
    }
    if (closed != NULL) {
        struct agent_result again = *closed;
        agent_action_drop(agent);
        memcpy(saved->id, again.id, sizeof saved->id);
        saved->result = again;
        saved->stage = AGENT_STAGE_ENDED;
        return;
    }
    agent->deployment = *deployment;
    if (saved->stage == AGENT_STAGE_NONE || strcmp(saved->id, deployment->id) != 0 ||
        !is_same_artifact(saved, deployment)) {
        begin(agent, deployment);
        if (!is_acceptable(agent, deployment)) {
            return;
        }
    }
    take_permissions(agent, deployment);
}
