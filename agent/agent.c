/* SPDX-License-Identifier: Apache-2.0 */
/* Begin, save, time, and what a person asks and says; see agent.h. */
#include "agent/agent.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/internal.h"
#include "agent/schedule.h"
#include "agent/url.h"
#include "host/image_file.h"

enum { ID_MAX = 256, DAY_MS = 86400000, BASE_URL_MAX = 384 };

void agent_set_dirty(struct agent *agent)
{
    agent->is_dirty = true;
}

void agent_set_error(struct agent *agent, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(agent->error, sizeof agent->error, format, args);
    va_end(args);
}

/* ---- begin ---- */

/* Into a header: visible ASCII only. */
static bool is_token(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return strlen(text) <= AGENT_TOKEN_MAX;
}

static int check_config(const struct agent_config *config, struct host_error *out_error)
{
    if (!url_is_good(config->base_url) || strchr(config->base_url, '?') != NULL ||
        strlen(config->base_url) > BASE_URL_MAX) {
        return host_error_set(out_error, config->base_url, "no http or https URL of a server");
    }
    if (config->controller_id[0] == '\0' || strlen(config->controller_id) > ID_MAX / 3) {
        return host_error_set(out_error, "controller id", "1 to %d characters", ID_MAX / 3);
    }
    if (config->tenant[0] == '\0' || strlen(config->tenant) > 40) {
        return host_error_set(out_error, "tenant", "1 to 40 characters");
    }
    if (!is_token(config->token) || !is_token(config->claim)) {
        return host_error_set(out_error, "token",
                              "at most %d visible characters, without blanks", AGENT_TOKEN_MAX);
    }
    if (config->claim[0] != '\0' && config->token[0] == '\0') {
        return host_error_set(out_error, "claim code", "needs a token of the device's own");
    }
    return 0;
}

/* Unreserved characters stay (RFC 3986, 2.3). */
static void add_encoded(char out[], size_t out_size, const char *text)
{
    size_t len = strlen(out);

    for (; *text != '\0' && len + 4 < out_size; text++) {
        unsigned char c = (unsigned char)*text;
        bool stays = isalnum(c) || strchr("-._~", c) != NULL;
        len += (size_t)snprintf(out + len, out_size - len, stays ? "%c" : "%%%02X", c);
    }
}

static void make_root_url(struct agent *agent)
{
    const struct agent_config *config = agent->config;
    size_t len = strlen(config->base_url);

    while (len > 0 && config->base_url[len - 1] == '/') {
        len--;
    }
    (void)snprintf(agent->root_url, sizeof agent->root_url, "%.*s/", (int)len,
                   config->base_url);
    add_encoded(agent->root_url, sizeof agent->root_url, config->tenant);
    (void)strncat(agent->root_url, "/controller/v1/", 16);
    add_encoded(agent->root_url, sizeof agent->root_url, config->controller_id);
}

struct agent *agent_new(const struct agent_config *config, uint64_t now_ms,
                        struct host_error *out_error)
{
    if (check_config(config, out_error) != 0) {
        return NULL;
    }
    struct agent *agent = calloc(1, sizeof *agent);
    if (agent == NULL) {
        (void)host_error_set(out_error, "agent", "not enough memory");
        return NULL;
    }
    agent->config = config;
    agent->seed = schedule_seed(config->controller_id);
    agent->poll_ms = config->poll_ms != 0 ? config->poll_ms : AGENT_T_POLL_MS;
    agent->poll_at_ms = now_ms + schedule_place_ms(agent->seed, config->spread_ms);
    agent->use_claim = true;
    make_root_url(agent);
    return agent;
}

void agent_free(struct agent *agent)
{
    free(agent);
}

/* ---- the state ---- */

int agent_restore(struct agent *agent, const char *text, size_t len, uint64_t now_ms,
                  struct host_error *out_error)
{
    if (agent_state_read(text, len, &agent->saved, out_error) != 0) {
        return -1;
    }
    agent_mcu_restored(agent, now_ms);
    return 0;
}

const char *agent_state_due(struct agent *agent)
{
    if (!agent->is_dirty || agent_state_write(&agent->saved, agent->state_text) != 0) {
        return NULL;
    }
    return agent->state_text;
}

void agent_state_saved(struct agent *agent)
{
    agent->is_dirty = false;
}

/* ---- time ---- */

static void sooner(uint64_t *io_next_ms, uint64_t now_ms, uint64_t at_ms)
{
    if (at_ms > now_ms && at_ms - now_ms < *io_next_ms) {
        *io_next_ms = at_ms - now_ms;
    }
}

uint64_t agent_next_ms(const struct agent *agent, uint64_t now_ms)
{
    uint64_t next_ms = DAY_MS;

    if (agent->is_dirty || agent_request_due(agent, now_ms) != AGENT_REQUEST_NONE ||
        (agent->request == AGENT_REQUEST_NONE && agent_download_is_complete(agent))) {
        return 0;
    }
    sooner(&next_ms, now_ms, agent->poll_at_ms);
    sooner(&next_ms, now_ms, agent->api.until_ms);
    sooner(&next_ms, now_ms, agent->artifact.until_ms);
    sooner(&next_ms, now_ms, agent->progress_ms + AGENT_T_PROGRESS_MS);
    sooner(&next_ms, now_ms, agent->offer_at_ms);
    sooner(&next_ms, now_ms, agent->ask_at_ms);
    if (agent->judges) {
        sooner(&next_ms, now_ms, agent->commit_ms + AGENT_T_RETURN_MS);
    }
    uint64_t command_ms = agent_mcu_next_ms(agent, now_ms);
    return command_ms < next_ms ? command_ms : next_ms;
}

void agent_poll_now(struct agent *agent, uint64_t now_ms)
{
    agent->poll_at_ms = now_ms;
    if (!agent->api.is_told) {
        agent->api.until_ms = now_ms;
    }
}

const uint8_t *agent_version(const struct agent *agent)
{
    return (const uint8_t *)agent->saved.version;
}

/* ---- the person at the device ---- */

static bool waits_for_confirmation(const struct agent *agent)
{
    return agent->confirm_id[0] != '\0' && agent->confirm == CONFIRM_OPEN;
}

static bool waits_for_approval(const struct agent *agent)
{
    return agent->needs_approval &&
           (agent->saved.stage == AGENT_STAGE_OPEN || agent->saved.stage == AGENT_STAGE_READY);
}

int agent_approve(struct agent *agent, uint64_t now_ms, struct host_error *out_error)
{
    (void)now_ms;
    if (waits_for_confirmation(agent)) {
        agent->confirm = CONFIRM_YES;
        memcpy(agent->saved.approved, agent->confirm_id, sizeof agent->saved.approved);
    } else if (waits_for_approval(agent)) {
        agent->needs_approval = false;
        memcpy(agent->saved.approved, agent->saved.id, sizeof agent->saved.approved);
    } else {
        return host_error_set(out_error, NULL, "no update waits for approval");
    }
    agent_set_dirty(agent);
    return 0;
}

int agent_deny(struct agent *agent, uint64_t now_ms, struct host_error *out_error)
{
    (void)now_ms;
    if (waits_for_confirmation(agent)) {
        agent->confirm = CONFIRM_NO;
    } else if (waits_for_approval(agent)) {
        agent_action_end(agent, false, AGENT_CODE_DENIED, "denied at the device");
    } else {
        return host_error_set(out_error, NULL, "no update waits for approval");
    }
    return 0;
}

/* ---- status ---- */

static enum agent_activity activity(const struct agent *agent)
{
    if (waits_for_confirmation(agent) || waits_for_approval(agent)) {
        return AGENT_WAITS_APPROVAL;
    }
    switch (agent->saved.stage) {
    case AGENT_STAGE_NONE:
    case AGENT_STAGES:
        break;
    case AGENT_STAGE_OPEN:
        return agent->may_download ? AGENT_DOWNLOADS : AGENT_WAITS_SERVER;
    case AGENT_STAGE_READY:
        return agent->may_update ? AGENT_WAITS_MCU : AGENT_WAITS_SERVER;
    case AGENT_STAGE_OFFERED:
        return agent->is_sending ? AGENT_SENDS : AGENT_OFFERS;
    case AGENT_STAGE_COMMITTED:
        return AGENT_RETURNS;
    case AGENT_STAGE_ENDED:
        return AGENT_REPORTS;
    }
    return AGENT_IDLE;
}

static void get_mcu(const struct agent *agent, struct agent_status *out)
{
    out->mcu_is_known = agent->mcu_is_known;
    out->mcu_answers = agent->mcu_answers;
    out->mcu_on_trial = agent->mcu_on_trial;
    if (agent->mcu_is_known) {
        image_file_text(agent->info.hardware, out->mcu_hardware);
        image_file_text(agent->info.version, out->mcu_version);
    }
    if (agent->saved.stage >= AGENT_STAGE_READY && agent->saved.stage != AGENT_STAGE_ENDED) {
        memcpy(out->wanted_version, agent->saved.version, sizeof out->wanted_version);
    }
}

void agent_get_status(const struct agent *agent, uint64_t now_ms,
                      struct agent_status *out_status)
{
    const struct agent_saved *saved = &agent->saved;

    *out_status = (struct agent_status){.activity = activity(agent),
                                        .link = agent->link,
                                        .piece = agent->piece,
                                        .piece_of = agent->piece_of,
                                        .http_status = agent->http_status,
                                        .failures = agent->api.failures};
    memcpy(out_status->action, waits_for_confirmation(agent) ? agent->confirm_id : saved->id,
           sizeof out_status->action);
    if (saved->stage != AGENT_STAGE_NONE && saved->stage != AGENT_STAGE_ENDED) {
        out_status->bytes = agent->config->sink->size(agent->config->sink_ctx);
        out_status->bytes_of = saved->size;
    }
    out_status->blocked_ms = agent->api.until_ms > now_ms ? agent->api.until_ms - now_ms : 0;
    out_status->poll_in_ms = agent->poll_at_ms > now_ms ? agent->poll_at_ms - now_ms : 0;
    if (out_status->poll_in_ms < out_status->blocked_ms) {
        out_status->poll_in_ms = out_status->blocked_ms;
    }
    memcpy(out_status->error, agent->error, sizeof out_status->error);
    get_mcu(agent, out_status);
    if (saved->closed_count > 0) {
        memcpy(out_status->last_action, saved->closed[0].id, sizeof out_status->last_action);
        out_status->last_is_good = saved->closed[0].is_good;
        memcpy(out_status->last_text, saved->closed[0].text, sizeof out_status->last_text);
    }
}

const char *agent_activity_name(enum agent_activity activity)
{
    static const char *const names[] = {
        [AGENT_IDLE] = "idle",
        [AGENT_WAITS_APPROVAL] = "waits-for-approval",
        [AGENT_DOWNLOADS] = "downloads",
        [AGENT_WAITS_SERVER] = "waits-for-server",
        [AGENT_WAITS_MCU] = "waits-for-mcu",
        [AGENT_OFFERS] = "offers",
        [AGENT_SENDS] = "sends",
        [AGENT_RETURNS] = "mcu-installs",
        [AGENT_REPORTS] = "reports",
    };

    return names[activity];
}

const char *agent_link_name(enum agent_link link)
{
    static const char *const names[] = {
        [AGENT_LINK_UNKNOWN] = "unknown",
        [AGENT_LINK_UP] = "up",
        [AGENT_LINK_DOWN] = "down",
        [AGENT_LINK_DENIED] = "denied",
    };

    return names[link];
}
