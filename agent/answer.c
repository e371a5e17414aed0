/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer means. Status codes: RFC 9110, RFC 6585 (429); what a DDI server means by
 * them: hawkBit's DDI documentation. */
#include <stdio.h>
#include <string.h>

#include "agent/internal.h"
#include "agent/schedule.h"

enum { WAIT_DEFAULT_MS = 60000 }; /* 429 or 503 without Retry-After */

enum meaning {
    GOOD,
    BUSY,    /* later, when the server says so: 429, 503 */
    RETRY,   /* later: 408, 409, 5xx, and what is no answer of DDI */
    DENIED,  /* 401, 403 */
    GONE,    /* 404, 410 */
    REFUSED, /* all other 4xx: this request will never be taken */
};

static enum meaning meaning_of(int status)
{
    switch (status) {
    case 401:
    case 403:
        return DENIED;
    case 404:
    case 410:
        return GONE;
    case 408:
    case 409:
        return RETRY;
    case 429:
    case 503:
        return BUSY;
    default:
        break;
    }
    if (status >= 200 && status < 300) {
        return GOOD;
    }
    return status >= 400 && status < 500 ? REFUSED : RETRY;
}

/* ---- waiting ---- */

static void back_off(struct agent *agent, struct agent_wait *wait, uint64_t now_ms)
{
    wait->failures++;
    wait->is_told = false;
    wait->until_ms = now_ms + schedule_backoff_ms(agent->seed, wait->failures);
}

static void obey(struct agent *agent, struct agent_wait *wait, uint64_t now_ms)
{
    uint64_t wait_ms = agent->retry_after_ms;

    wait->failures++;
    wait->is_told = true;
    if (wait_ms == 0) {
        wait_ms = schedule_jitter_ms(agent->seed, wait->failures, WAIT_DEFAULT_MS);
    }
    wait->until_ms = now_ms + wait_ms;
}

void agent_download_failed(struct agent *agent, uint64_t now_ms)
{
    back_off(agent, &agent->artifact, now_ms);
}

/* The claim code may be used up because the 200 to it was lost: then the own token is good. And
 * a device that was deleted from the server comes back with a new claim code. */
static void denied(struct agent *agent, uint64_t now_ms)
{
    bool has_claim = agent->config->claim[0] != '\0';
    bool has_another = has_claim && (agent->saved.is_claimed || agent->use_claim);

    if (has_claim && agent->saved.is_claimed) {
        agent->saved.is_claimed = false;
        agent->use_claim = false; /* the token was it that was refused: next the code */
        agent_set_dirty(agent);
    }
    agent->link = AGENT_LINK_DENIED;
    agent->use_claim = !agent->use_claim;
    agent->api.failures++;
    agent->api.is_told = false;
    agent->api.until_ms =
        now_ms + schedule_jitter_ms(agent->seed, agent->api.failures,
                                    has_another ? AGENT_T_BACKOFF_MS : AGENT_T_DENIED_MS);
}

/* ---- answers with a document ---- */

static void plan_poll(struct agent *agent, uint64_t now_ms)
{
    agent->poll_count++;
    agent->poll_at_ms =
        now_ms + schedule_jitter_ms(agent->seed, agent->poll_count, agent->poll_ms);
}

static void unreadable(struct agent *agent, const struct host_error *error, uint64_t now_ms)
{
    agent_set_error(agent, "%s: %s", error->thing, error->reason);
    back_off(agent, &agent->api, now_ms);
}

static void on_root(struct agent *agent, uint64_t now_ms)
{
    struct ddi_root root;
    struct host_error error;

    if (ddi_read_root(agent->reply_text, agent->reply_len, &root, &error) != 0) {
        unreadable(agent, &error, now_ms);
        return;
    }
    if (!agent->saved.is_claimed && agent->config->claim[0] != '\0') {
        agent->saved.is_claimed = true;
        agent_set_dirty(agent);
    }
    if (root.has_sleep) {
        uint64_t sleep_ms = (uint64_t)root.sleep_s * 1000;
        agent->poll_ms = sleep_ms < AGENT_T_POLL_MIN_MS   ? AGENT_T_POLL_MIN_MS
                         : sleep_ms > AGENT_T_POLL_MAX_MS ? AGENT_T_POLL_MAX_MS
                                                          : sleep_ms;
    }
    plan_poll(agent, now_ms);
    agent->has_polled = true;
    agent->config_asked = root.config_data[0] != '\0';
    memcpy(agent->cancel_link, root.cancel, sizeof agent->cancel_link);
    memcpy(agent->confirmation_link, root.confirmation, sizeof agent->confirmation_link);
    /* While the MCU has an image, the next action waits. */
    bool takes = agent->saved.stage < AGENT_STAGE_OFFERED;
    memcpy(agent->deployment_link, takes ? root.deployment : "", takes ? DDI_URL_SIZE : 1);
    if (takes && root.deployment[0] == '\0') {
        agent->may_download = false; /* offers are stopped: nothing new is begun */
        agent->may_update = false;
    }
    if (root.confirmation[0] == '\0' && agent->confirm == CONFIRM_OPEN) {
        agent->confirm_id[0] = '\0';
    }
}

static void on_deployment(struct agent *agent, uint64_t now_ms)
{
    struct ddi_deployment deployment;
    struct host_error error;

    agent->deployment_link[0] = '\0';
    if (ddi_read_deployment(agent->reply_text, agent->reply_len, &deployment, &error) != 0) {
        unreadable(agent, &error, now_ms);
        return;
    }
    agent_action_offered(agent, &deployment);
}

static void on_confirmation(struct agent *agent, uint64_t now_ms)
{
    struct ddi_deployment asked;
    struct host_error error;

    agent->confirmation_link[0] = '\0';
    if (ddi_read_deployment(agent->reply_text, agent->reply_len, &asked, &error) != 0) {
        unreadable(agent, &error, now_ms);
        return;
    }
    if (strcmp(agent->confirm_id, asked.id) != 0) {
        memcpy(agent->confirm_id, asked.id, sizeof agent->confirm_id);
        agent->confirm = CONFIRM_OPEN;
    }
    if (strcmp(agent->saved.approved, asked.id) == 0) {
        agent->confirm = CONFIRM_YES; /* said before a restart */
    }
}

static void on_cancel(struct agent *agent, uint64_t now_ms)
{
    struct ddi_cancel cancel;
    struct host_error error;

    agent->cancel_link[0] = '\0';
    if (ddi_read_cancel(agent->reply_text, agent->reply_len, &cancel, &error) != 0) {
        unreadable(agent, &error, now_ms);
        return;
    }
    bool is_open =
        agent->saved.stage != AGENT_STAGE_NONE && strcmp(agent->saved.id, cancel.stop_id) == 0;
    memcpy(agent->cancel_id, cancel.id, sizeof agent->cancel_id);
    agent->cancel_accepted = is_open ? agent_action_is_recallable(agent)
                                     : agent_action_find_closed(agent, cancel.stop_id) == NULL;
    if (is_open && agent->cancel_accepted) {
        agent_action_drop(agent);
    }
}

/* ---- answers to what was told ---- */

static void was_told(struct agent *agent, uint64_t now_ms)
{
    struct agent_saved *saved = &agent->saved;

    if (agent->telling == AGENT_TELL_ACCEPTED && !saved->accepted_told) {
        saved->accepted_told = true;
        agent_set_dirty(agent);
    } else if (agent->telling == AGENT_TELL_DOWNLOADED && !saved->downloaded_told) {
        saved->downloaded_told = true;
        agent_set_dirty(agent);
    } else if (agent->telling == AGENT_TELL_PIECES) {
        agent->piece_due = agent->piece_due && agent->piece != agent->telling_piece;
        agent->progress_sent = true;
        agent->progress_ms = now_ms;
    }
}

static void config_told(struct agent *agent, uint64_t now_ms)
{
    struct agent_saved *saved = &agent->saved;

    (void)now_ms;
    agent->config_asked = false;
    memcpy(saved->reported_hardware, agent->sent_hardware, sizeof saved->reported_hardware);
    memcpy(saved->reported_version, agent->sent_version, sizeof saved->reported_version);
    agent_set_dirty(agent);
}

/* ---- what was told is taken, or never will be ---- */

static void config_refused(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent->config_refused = true;
}

/* Is it the link of the open action? */
static bool is_of_action(const struct agent *agent, const char *link)
{
    char part[DDI_ID_SIZE + 32];

    (void)snprintf(part, sizeof part, "/deploymentBase/%s", agent->saved.id);
    const char *found = strstr(link, part);
    return agent->saved.stage != AGENT_STAGE_NONE && found != NULL &&
           strchr("?/", found[strlen(part)]) != NULL; /* or its end */
}

static void deployment_refused(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    if (meaning_of(agent->http_status) == GONE && is_of_action(agent, agent->deployment_link)) {
        agent_action_gone(agent);
    }
    agent->deployment_link[0] = '\0';
}

static void confirmation_refused(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent->confirmation_link[0] = '\0';
}

static void cancel_refused(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent->cancel_link[0] = '\0';
}

static void progress_refused(struct agent *agent, uint64_t now_ms)
{
    was_told(agent, now_ms);
    if (meaning_of(agent->http_status) == GONE && agent->saved.stage != AGENT_STAGE_ENDED) {
        agent_action_gone(agent);
    }
}

static void result_told(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent_action_acknowledged(agent);
}

static void cancel_answer_told(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent->cancel_id[0] = '\0';
}

static void confirm_answer_refused(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    agent->confirm_id[0] = '\0';
    agent->confirm = CONFIRM_OPEN;
}

static void confirm_answer_told(struct agent *agent, uint64_t now_ms)
{
    confirm_answer_refused(agent, now_ms);
    agent->poll_at_ms = now_ms; /* the deployment is there now */
}

/* By request. A download's answer is on_download()'s. */
static const struct kind {
    const char *name;
    bool has_document;
    void (*good)(struct agent *agent, uint64_t now_ms);
    void (*refused)(struct agent *agent, uint64_t now_ms); /* for good: leave it */
} kinds[] = {
    [AGENT_REQUEST_NONE] = {.name = "nothing"},
    [AGENT_REQUEST_ROOT] = {"poll", true, on_root, plan_poll},
    [AGENT_REQUEST_CONFIG] = {"configData", false, config_told, config_refused},
    [AGENT_REQUEST_DEPLOYMENT] = {"deployment", true, on_deployment, deployment_refused},
    [AGENT_REQUEST_CONFIRMATION] = {"confirmation", true, on_confirmation,
                                    confirmation_refused},
    [AGENT_REQUEST_CANCEL] = {"cancellation", true, on_cancel, cancel_refused},
    [AGENT_REQUEST_PROGRESS] = {"progress", false, was_told, progress_refused},
    [AGENT_REQUEST_RESULT] = {"result", false, result_told, result_told},
    [AGENT_REQUEST_CANCEL_ANSWER] = {"answer to the cancellation", false, cancel_answer_told,
                                     cancel_answer_told},
    [AGENT_REQUEST_CONFIRM_ANSWER] = {"confirmation", false, confirm_answer_told,
                                      confirm_answer_refused},
    [AGENT_REQUEST_DOWNLOAD] = {.name = "download"},
};

static void on_good(struct agent *agent, uint64_t now_ms)
{
    agent->api = (struct agent_wait){0};
    agent->link = AGENT_LINK_UP;
    agent->error[0] = '\0';
    kinds[agent->request].good(agent, now_ms);
}

/* What is likely wrong, in words; "" = the number says it. */
static const char *advice(const struct agent *agent, enum meaning meaning)
{
    bool is_poll = agent->request == AGENT_REQUEST_ROOT;

    if (meaning == DENIED) {
        return ": the server does not take this token or claim code";
    }
    if (agent->http_status >= 300 && agent->http_status < 400) {
        return ": redirects are not followed; give the address that it leads to";
    }
    if (is_poll && meaning == GONE) {
        return ": no devices are served there; is it the port for devices, and the tenant?";
    }
    if (is_poll && agent->http_status == 400 &&
        strncmp(agent->config->base_url, "http:", 5) == 0) {
        return ": perhaps the port is for https";
    }
    return "";
}

static void on_answer(struct agent *agent, enum meaning meaning, uint64_t now_ms)
{
    if (meaning == GOOD) {
        on_good(agent, now_ms);
        return;
    }
    agent_set_error(agent, "%s: HTTP %d%s", kinds[agent->request].name, agent->http_status,
                    advice(agent, meaning));
    agent->link = AGENT_LINK_UP;
    switch (meaning) {
    case BUSY:
        obey(agent, &agent->api, now_ms);
        break;
    case RETRY:
        back_off(agent, &agent->api, now_ms);
        break;
    case DENIED:
        denied(agent, now_ms);
        break;
    case GONE:
        if (agent->request == AGENT_REQUEST_ROOT) { /* no such tenant or device */
            denied(agent, now_ms);
            break;
        }
        kinds[agent->request].refused(agent, now_ms);
        break;
    case REFUSED:
        kinds[agent->request].refused(agent, now_ms);
        break;
    case GOOD:
        break;
    }
}

static void on_download(struct agent *agent, enum meaning meaning, uint64_t now_ms)
{
    char why[32];

    (void)snprintf(why, sizeof why, "HTTP %d", agent->http_status);
    if (meaning == GOOD) {
        agent_download_end(agent, now_ms);
    } else if (agent->saved.stage != AGENT_STAGE_OPEN) {
        return; /* cancelled meanwhile */
    } else if (meaning == BUSY) {
        agent_set_error(agent, "download: %s", why);
        obey(agent, &agent->artifact, now_ms);
    } else if (meaning == RETRY && agent->http_status >= 400) {
        agent_set_error(agent, "download: %s", why);
        agent_download_failed(agent, now_ms);
    } else {
        /* 412, 416: what we have is of another file. Else the link is no good: the next poll
         * brings a new one. */
        if (agent->http_status != 412 && agent->http_status != 416) {
            agent->may_download = false;
        }
        agent_download_again(agent, AGENT_CODE_DOWNLOAD, why);
    }
}

/* ---- what the HTTP client calls ---- */

void agent_reply_begin(struct agent *agent, const struct agent_reply *reply, uint64_t now_ms)
{
    agent->reply = (struct agent_reply){.status = reply->status};
    agent->http_status = reply->status;
    agent->reply_len = 0;
    agent->retry_after_ms = schedule_retry_after_ms(reply->retry_after, 0);
    if (agent->request == AGENT_REQUEST_DOWNLOAD && agent->saved.stage == AGENT_STAGE_OPEN) {
        agent_download_begin(agent, reply, now_ms);
    }
}

int agent_reply_bytes(struct agent *agent, const uint8_t bytes[], size_t len, uint64_t now_ms)
{
    if (agent->is_broken) {
        return -1;
    }
    if (agent->request == AGENT_REQUEST_DOWNLOAD) {
        return agent_download_bytes(agent, bytes, len, now_ms);
    }
    if (!kinds[agent->request].has_document) {
        return 0;
    }
    if (len > sizeof agent->reply_text - agent->reply_len) {
        agent_set_error(agent, "%s: the answer is too long", kinds[agent->request].name);
        agent->is_broken = true;
        return -1;
    }
    if (len > 0) {
        memcpy(agent->reply_text + agent->reply_len, bytes, len);
        agent->reply_len += len;
    }
    return 0;
}

void agent_reply_end(struct agent *agent, uint64_t now_ms)
{
    if (agent->request == AGENT_REQUEST_NONE) {
        return;
    }
    if (agent->is_broken || agent->reply.status == 0) {
        agent_request_failed(agent, "no answer", now_ms);
        return;
    }
    enum meaning meaning = meaning_of(agent->reply.status);
    if (agent->request == AGENT_REQUEST_DOWNLOAD) {
        on_download(agent, meaning, now_ms);
    } else {
        on_answer(agent, meaning, now_ms);
    }
    agent->request = AGENT_REQUEST_NONE;
}

void agent_request_failed(struct agent *agent, const char *why, uint64_t now_ms)
{
    enum agent_request_kind kind = agent->request;

    agent->request = AGENT_REQUEST_NONE;
    if (kind == AGENT_REQUEST_NONE) {
        return;
    }
    if (!agent->is_broken) { /* else it is said already */
        agent_set_error(agent, "%s: %s", kinds[kind].name, why);
    }
    if (kind == AGENT_REQUEST_DOWNLOAD) {
        agent_download_failed(agent, now_ms);
    } else {
        agent->link = AGENT_LINK_DOWN;
        back_off(agent, &agent->api, now_ms);
    }
}
