/* SPDX-License-Identifier: Apache-2.0 */
/* Which request is due, and its bytes. */
#include <stdio.h>
#include <string.h>

#include "agent/ddi_write.h"
#include "agent/internal.h"
#include "agent/url.h"
#include "host/image_file.h"

enum { ATTRIBUTES_MAX = 32 };

/* ---- what is due ---- */

static bool is_authorised(const struct agent *agent)
{
    return agent->config->claim[0] == '\0' || agent->saved.is_claimed;
}

/* The MCU reports something else than the server has acknowledged, or the server asks. A
 * version on trial may be taken back. Not before a poll: with that a server registers a
 * device. */
bool agent_config_is_due(const struct agent *agent)
{
    if (!agent->has_polled || !agent->mcu_is_known || agent->mcu_on_trial ||
        agent->config_refused) {
        return false;
    }
    char hardware[9], version[9];
    image_file_text(agent->info.hardware, hardware);
    image_file_text(agent->info.version, version);
    return agent->config_asked || strcmp(hardware, agent->saved.reported_hardware) != 0 ||
           strcmp(version, agent->saved.reported_version) != 0;
}

bool agent_download_is_due(const struct agent *agent)
{
    return agent->saved.stage == AGENT_STAGE_OPEN && agent->may_download &&
           !agent->needs_approval;
}

enum agent_telling agent_telling_due(const struct agent *agent, uint64_t now_ms)
{
    const struct agent_saved *saved = &agent->saved;

    if (saved->stage == AGENT_STAGE_NONE || agent->is_mute) {
        return AGENT_TELL_NOTHING;
    }
    if (!saved->accepted_told && agent_download_is_due(agent)) {
        return AGENT_TELL_ACCEPTED;
    }
    if (!saved->downloaded_told && saved->stage >= AGENT_STAGE_READY &&
        saved->stage != AGENT_STAGE_ENDED) {
        return AGENT_TELL_DOWNLOADED;
    }
    bool is_last = agent->piece == agent->piece_of;
    bool in_time = !agent->progress_sent || now_ms - agent->progress_ms >= AGENT_T_PROGRESS_MS;
    if (agent->piece_due && (is_last || (in_time && saved->stage != AGENT_STAGE_ENDED))) {
        return AGENT_TELL_PIECES;
    }
    return AGENT_TELL_NOTHING;
}

static enum agent_request_kind server_request_due(const struct agent *agent, uint64_t now_ms)
{
    if (agent->cancel_id[0] != '\0') {
        return AGENT_REQUEST_CANCEL_ANSWER;
    }
    if (agent->cancel_link[0] != '\0') {
        return AGENT_REQUEST_CANCEL;
    }
    if (agent_config_is_due(agent)) {
        return AGENT_REQUEST_CONFIG;
    }
    if (agent_telling_due(agent, now_ms) != AGENT_TELL_NOTHING) {
        return AGENT_REQUEST_PROGRESS;
    }
    if (agent->saved.stage == AGENT_STAGE_ENDED) {
        return AGENT_REQUEST_RESULT;
    }
    if (agent->confirm_id[0] != '\0' && agent->confirm != CONFIRM_OPEN) {
        return AGENT_REQUEST_CONFIRM_ANSWER;
    }
    if (agent->deployment_link[0] != '\0') {
        return AGENT_REQUEST_DEPLOYMENT;
    }
    if (agent->confirmation_link[0] != '\0') {
        return AGENT_REQUEST_CONFIRMATION;
    }
    return AGENT_REQUEST_NONE;
}

enum agent_request_kind agent_request_due(const struct agent *agent, uint64_t now_ms)
{
    if (agent->request != AGENT_REQUEST_NONE || agent->is_dirty) {
        return AGENT_REQUEST_NONE;
    }
    if (now_ms >= agent->api.until_ms) {
        enum agent_request_kind kind =
            is_authorised(agent) ? server_request_due(agent, now_ms) : AGENT_REQUEST_NONE;
        if (kind != AGENT_REQUEST_NONE) {
            return kind;
        }
        if (now_ms >= agent->poll_at_ms) {
            return AGENT_REQUEST_ROOT;
        }
    }
    if (agent_download_is_due(agent) && now_ms >= agent->artifact.until_ms) {
        return AGENT_REQUEST_DOWNLOAD;
    }
    return AGENT_REQUEST_NONE;
}

/* ---- its bytes ---- */

static void add_header(struct agent *agent, const char *name, const char *kind,
                       const char *value)
{
    (void)snprintf(agent->headers[agent->header_count++], AGENT_HEADER_SIZE, "%s: %s%s", name,
                   kind, value);
}

/* Only where the base URL leads: a link may name any host. */
static void add_token(struct agent *agent)
{
    const struct agent_config *config = agent->config;

    if (!url_is_same_origin(agent->url, config->base_url)) {
        return;
    }
    if (!is_authorised(agent) && agent->use_claim) {
        add_header(agent, "Authorization", "TargetToken ", config->claim);
        add_header(agent, "X-Otter-Token", "", config->token);
    } else if (config->token[0] != '\0') {
        add_header(agent, "Authorization",
                   config->token_kind == AGENT_TOKEN_GATEWAY ? "GatewayToken " : "TargetToken ",
                   config->token);
    }
}

/* A link of the server is followed if it leads to the server; a server behind a proxy may name
 * itself wrongly (hawkbit#1213), then it is asked under the address that we know. */
static void set_link_url(struct agent *agent, const char *link)
{
    if (url_resolve(agent->root_url, link, agent->url) == 0 &&
        url_is_same_origin(agent->url, agent->config->base_url)) {
        return;
    }
    const char *path = strstr(link, "/controller/v1/");
    const char *rest = path == NULL ? NULL : strchr(path + strlen("/controller/v1/"), '/');
    (void)snprintf(agent->url, sizeof agent->url, "%s%s", agent->root_url,
                   rest == NULL ? "" : rest);
    if (!url_is_good(agent->url)) {
        memcpy(agent->url, agent->root_url, sizeof agent->root_url);
    }
}

static void set_feedback_url(struct agent *agent, const char *base, const char *id)
{
    (void)snprintf(agent->url, sizeof agent->url, "%s/%s/%s/feedback", agent->root_url, base,
                   id);
}

static size_t put_config(struct agent *agent)
{
    char key[33] = "";
    struct agent_attribute all[ATTRIBUTES_MAX] = {{"hw_ver", agent->sent_hardware},
                                                  {"sw_ver", agent->sent_version},
                                                  {"product_key", key}};
    size_t count = 3;

    image_file_text(agent->info.hardware, agent->sent_hardware);
    image_file_text(agent->info.version, agent->sent_version);
    for (size_t i = 0;
         i < 32 && agent->info.product_key[i] > ' ' && agent->info.product_key[i] <= '~'; i++) {
        key[i] = (char)agent->info.product_key[i];
        key[i + 1] = '\0';
    }
    for (size_t i = 0; i < agent->config->attribute_count && count < ATTRIBUTES_MAX; i++) {
        all[count++] = agent->config->attributes[i];
    }
    return ddi_write_config(all, count, agent->body, sizeof agent->body);
}

/* Words for people come four times in a transfer: servers keep each of them. */
static unsigned quarter(const struct agent *agent, unsigned piece)
{
    return agent->piece_of != 0 ? piece * 4 / agent->piece_of : 0;
}

static size_t put_telling(struct agent *agent, uint64_t now_ms)
{
    char words[AGENT_TEXT_SIZE];
    struct ddi_feedback feedback = {.id = agent->saved.id,
                                    .execution = "proceeding",
                                    .finished = "none",
                                    .details = {words},
                                    .detail_count = 1};

    agent->telling = agent_telling_due(agent, now_ms);
    if (agent->telling == AGENT_TELL_ACCEPTED) {
        (void)snprintf(words, sizeof words, "downloading %u bytes", agent->saved.size);
    } else if (agent->telling == AGENT_TELL_DOWNLOADED) {
        feedback.execution = "downloaded";
        (void)snprintf(words, sizeof words, "%u bytes, version %s, digest checked",
                       agent->saved.size, agent->saved.version);
    } else {
        feedback.has_progress = true;
        feedback.cnt = agent->piece;
        feedback.of = agent->piece_of;
        (void)snprintf(words, sizeof words, "piece %u of %u to the MCU", agent->piece,
                       agent->piece_of);
        if (quarter(agent, agent->piece) == quarter(agent, agent->telling_piece)) {
            feedback.detail_count = 0;
        }
        agent->telling_piece = agent->piece;
    }
    return ddi_write_feedback(&feedback, agent->body, sizeof agent->body);
}

static size_t put_result(struct agent *agent)
{
    const struct agent_result *result = &agent->saved.result;
    struct ddi_feedback feedback = {.id = result->id,
                                    .execution = "closed",
                                    .finished = result->is_good ? "success" : "failure",
                                    .code = result->code,
                                    .details = {result->text},
                                    .detail_count = 1};

    return ddi_write_feedback(&feedback, agent->body, sizeof agent->body);
}

static size_t put_cancel_answer(struct agent *agent)
{
    bool accepted = agent->cancel_accepted;
    struct ddi_feedback feedback = {
        .id = agent->cancel_id,
        .execution = accepted ? "closed" : "rejected",
        .finished = accepted ? "success" : "none",
        .details = {accepted ? "cancelled; nothing was sent to the MCU"
                             : "too late: the MCU has the file, or part of it"},
        .detail_count = 1};

    return ddi_write_feedback(&feedback, agent->body, sizeof agent->body);
}

static void prepare_download(struct agent *agent)
{
    const struct agent_config *config = agent->config;
    char range[32];

    if (url_resolve(agent->root_url, agent->deployment.url, agent->url) != 0) {
        agent->url[0] = '\0';
    }
    agent->range_off = config->sink->size(config->sink_ctx);
    if (agent->range_off != 0) {
        (void)snprintf(range, sizeof range, "%u-", agent->range_off);
        add_header(agent, "Range", "bytes=", range);
        if (agent->saved.etag[0] != '\0') {
            add_header(agent, "If-Match", "", agent->saved.etag);
        }
    }
}

/* The URL, and the length of the body. */
static size_t prepare_body(struct agent *agent, uint64_t now_ms)
{
    switch (agent->request) {
    case AGENT_REQUEST_CONFIG:
        (void)snprintf(agent->url, sizeof agent->url, "%s/configData", agent->root_url);
        return put_config(agent);
    case AGENT_REQUEST_PROGRESS:
        set_feedback_url(agent, "deploymentBase", agent->saved.id);
        return put_telling(agent, now_ms);
    case AGENT_REQUEST_RESULT:
        set_feedback_url(agent, "deploymentBase", agent->saved.id);
        return put_result(agent);
    case AGENT_REQUEST_CANCEL_ANSWER:
        set_feedback_url(agent, "cancelAction", agent->cancel_id);
        return put_cancel_answer(agent);
    case AGENT_REQUEST_CONFIRM_ANSWER:
        set_feedback_url(agent, "confirmationBase", agent->confirm_id);
        return ddi_write_confirmation(agent->confirm == CONFIRM_YES,
                                      agent->confirm == CONFIRM_YES ? "confirmed at the device"
                                                                    : "denied at the device",
                                      agent->body, sizeof agent->body);
    case AGENT_REQUEST_DEPLOYMENT:
        set_link_url(agent, agent->deployment_link);
        break;
    case AGENT_REQUEST_CONFIRMATION:
        set_link_url(agent, agent->confirmation_link);
        break;
    case AGENT_REQUEST_CANCEL:
        set_link_url(agent, agent->cancel_link);
        break;
    case AGENT_REQUEST_DOWNLOAD:
        prepare_download(agent);
        break;
    case AGENT_REQUEST_NONE:
    case AGENT_REQUEST_ROOT:
        (void)snprintf(agent->url, sizeof agent->url, "%s", agent->root_url);
        break;
    }
    return 0;
}

static void fill_in(struct agent *agent, size_t body_len, struct agent_request *out)
{
    *out = (struct agent_request){.method = AGENT_GET, .url = agent->url};
    add_token(agent);
    if (agent->request != AGENT_REQUEST_DOWNLOAD) {
        add_header(agent, "Accept", "", "application/hal+json, application/json");
    }
    if (body_len != 0) {
        add_header(agent, "Content-Type", "", "application/json");
        out->method = agent->request == AGENT_REQUEST_CONFIG ? AGENT_PUT : AGENT_POST;
        out->body = agent->body;
        out->body_len = body_len;
    }
    for (size_t i = 0; i < agent->header_count; i++) {
        out->headers[i] = agent->headers[i];
    }
    out->header_count = agent->header_count;
}

bool agent_take_request(struct agent *agent, uint64_t now_ms, struct agent_request *out_request)
{
    agent_mcu_tick(agent, now_ms);
    if (agent->request == AGENT_REQUEST_NONE && !agent->is_dirty &&
        agent_download_is_complete(agent)) {
        agent_download_check(agent, now_ms); /* a restart came between */
    }
    enum agent_request_kind kind = agent_request_due(agent, now_ms);
    if (kind == AGENT_REQUEST_NONE) {
        return false;
    }
    agent->request = kind;
    agent->header_count = 0;
    agent->reply_len = 0;
    agent->reply = (struct agent_reply){0};
    agent->retry_after_ms = 0;
    agent->is_broken = false;
    size_t body_len = prepare_body(agent, now_ms);
    if (agent->url[0] == '\0') {
        agent->request = AGENT_REQUEST_NONE;
        agent_download_again(agent, AGENT_CODE_DOWNLOAD, "its link is no http or https URL");
        return false;
    }
    fill_in(agent, body_len, out_request);
    return true;
}
