/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/device_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cloud/result_status.h"

enum { URL_SIZE = 280, BASE_SIZE = 768, REASON_SIZE = 160 };

/* One request on its way through the fleet. */
struct call {
    struct device_api *api;
    struct http_request *request;
    struct ddi_path path;
    char base[BASE_SIZE];
    int64_t device;
    struct fleet_poll poll;
    struct fleet_job job;
    union body *body; /* large, and most calls have none */
};

union body {
    struct ddi_feedback feedback;
    struct ddi_confirmation confirmation;
    struct ddi_config config;
};

static void end(struct call *call)
{
    free(call->body);
    free(call);
}

/* ---- answers ---- */
/* Takes over `json`; NULL = there was no memory for it. */
static void answer_json(struct call *call, char *json)
{
    if (json == NULL) {
        http_reply_error(call->request, 500, "no memory");
    } else {
        http_reply(call->request, &(struct http_reply){.status = 200,
                                                       .type = "application/hal+json;"
                                                               "charset=UTF-8",
                                                       .body = json,
                                                       .owner = HTTP_TAKE,
                                                       .body_len = strlen(json)});
    }
}

static void refuse(struct call *call, const struct fleet_answer *answer)
{
    http_reply_error(call->request, status_of_result(answer->result), "%s", answer->reason);
}

static void on_empty(void *ctx, const struct fleet_answer *answer)
{
    struct call *call = ctx;

    if (answer->result == FLEET_DONE) {
        http_reply(call->request, &(struct http_reply){.status = 200});
    } else {
        refuse(call, answer);
    }
    end(call);
}

static void on_poll(void *ctx, const struct fleet_answer *answer)
{
    struct call *call = ctx;

    if (answer->result != FLEET_DONE) {
        refuse(call, answer);
    } else {
        answer_json(call, ddi_put_root(&(struct ddi_root){
                              .base = call->base,
                              .interval_s = call->poll.interval_s,
                              .wants_config = call->poll.wants_config,
                              .link = call->poll.link,
                              .id = call->poll.id,
                              .deployment_hash = call->poll.deployment_hash,
                              .installed_id = call->poll.installed_id,
                          }));
    }
    end(call);
}

static void describe_job(const struct call *call, struct ddi_job *out_job)
{
    const struct record_firmware *firmware = &call->job.firmware;

    *out_job = (struct ddi_job){
        .base = call->base,
        .id = call->job.id,
        /* Whoever has approved has approved, so both modes are forced from here on; and outside
         * of its window a job is not offered at all. */
        .download = DDI_FORCED,
        .update = DDI_FORCED,
        .part = firmware->kind == FIRMWARE_OPAQUE ? "os" : "bApp",
        .name = firmware->name,
        .version = firmware->version,
        .module_id = firmware->head.id,
        .file = firmware->name,
        .sha256 = firmware->sha256,
        .sha1 = firmware->sha1,
        .md5 = firmware->md5,
        .size = firmware->size,
        .hardware = firmware->hardware,
        .is_confirmation = call->path.resource == DDI_CONFIRMATION,
    };
}

static void on_job(void *ctx, const struct fleet_answer *answer)
{
    struct call *call = ctx;
    struct ddi_job job;

    if (answer->result != FLEET_DONE) {
        refuse(call, answer);
    } else if (call->path.resource == DDI_CANCEL) {
        answer_json(call, ddi_put_cancel(call->job.id, call->job.id));
    } else {
        describe_job(call, &job);
        answer_json(call, ddi_put_job(&job));
    }
    end(call);
}

/* ---- links ---- */
/* "" or ":8080". */
static bool is_port(const char *text)
{
    enum { PORT_LEN_MAX = 5 };
    size_t len = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;

    return text[0] == '\0' || (len > 0 && len <= PORT_LEN_MAX && text[1 + len] == '\0');
}

static bool is_allowed_host(const struct device_api *api, const char *host)
{
    size_t len = strcspn(host, ":");

    if ((len == 9 && strncasecmp(host, "127.0.0.1", len) == 0) ||
        (len == 9 && strncasecmp(host, "localhost", len) == 0)) {
        return is_port(host + len);
    }
    for (size_t i = 0; api->hosts != NULL && api->hosts[i] != NULL; i++) {
        if (strcasecmp(host, api->hosts[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Where links begin. */
static bool make_base(struct call *call)
{
    const char *host = http_header(call->request, "Host");
    char url[URL_SIZE];
    int len;

    if (call->api->public_url != NULL) {
        len = snprintf(url, sizeof url, "%s", call->api->public_url);
    } else if (host != NULL && is_allowed_host(call->api, host)) {
        len = snprintf(url, sizeof url, "%s://%s",
                       http_is_tls(call->request) ? "https" : "http", host);
    } else {
        return false;
    }
    return (size_t)len < sizeof url && ddi_put_base(url, call->path.controller_id, call->base,
                                                    sizeof call->base) < sizeof call->base;
}

/* ---- the file ---- */
struct sending {
    struct fleet *fleet;
    int64_t device, firmware;
};

static void on_sent(void *ctx, int64_t off, bool at_end)
{
    struct sending *sending = ctx;

    fleet_bytes_sent(sending->fleet, sending->device, sending->firmware, off);
    if (at_end) {
        free(sending);
    }
}

static void send_file(struct call *call, const struct record_firmware *firmware)
{
    struct sending *sending = malloc(sizeof *sending);
    struct host_error error;
    int fd = -1;

    if (sending != NULL) {
        fd = firmware_files_open_one(call->api->files, firmware, &error);
    }
    if (fd < 0) {
        free(sending);
        http_reply_error(call->request, 500, "the file cannot be read");
        return;
    }
    *sending = (struct sending){
        .fleet = call->api->fleet, .device = call->device, .firmware = firmware->head.id};
    http_reply_file(call->request, &(struct http_file){.fd = fd,
                                                       .size = firmware->size,
                                                       .type = "application/octet-stream",
                                                       .etag = firmware->sha256,
                                                       .name = firmware->name,
                                                       .sent = on_sent,
                                                       .ctx = sending});
}

static void send_md5(struct call *call, const struct record_firmware *firmware)
{
    char text[sizeof firmware->md5 + sizeof firmware->name + 4];
    int len = snprintf(text, sizeof text, "%s  %s\n", firmware->md5, firmware->name);

    http_reply(call->request,
               &(struct http_reply){
                   .status = 200, .type = "text/plain", .body = text, .body_len = (size_t)len});
}

static void answer_artifact(struct call *call)
{
    struct record_firmware firmware;
    struct fleet_answer answer;

    fleet_artifact(call->api->fleet, call->device, call->path.id, call->path.file, &firmware,
                   &answer);
    if (answer.result != FLEET_DONE) {
        refuse(call, &answer);
    } else if (call->path.resource == DDI_ARTIFACT_MD5) {
        send_md5(call, &firmware);
    } else {
        send_file(call, &firmware);
    }
    end(call);
}

/* ---- bodies ---- */
static bool read_body(struct call *call)
{
    char reason[REASON_SIZE] = "";
    size_t len;
    const uint8_t *body = http_body_bytes(call->request, &len);
    int result;

    switch ((unsigned)call->path.resource) {
    case DDI_DEPLOYMENT_FEEDBACK:
    case DDI_CANCEL_FEEDBACK:
        result = ddi_read_feedback(body, len, &call->body->feedback, reason);
        break;
    case DDI_CONFIRMATION_FEEDBACK:
        result = ddi_read_confirmation(body, len, &call->body->confirmation, reason);
        break;
    case DDI_INSTALLED_VERSION:
        call->body->config.mode = DDI_MERGE;
        call->body->config.count = 1;
        (void)snprintf(call->body->config.attributes[0].key, DDI_KEY_SIZE, "sw_ver");
        result = ddi_read_installed(body, len, call->body->config.attributes[0].value, reason);
        break;
    default:
        result = ddi_read_config(body, len, &call->body->config, reason);
    }
    if (result != 0) {
        http_reply_error(call->request, 400, "%s", reason);
    }
    return result == 0;
}

/* The readers fill in all that counts. A config is twenty times as large as the others. */
static size_t body_size(enum ddi_resource resource)
{
    switch ((unsigned)resource) {
    case DDI_DEPLOYMENT_FEEDBACK:
    case DDI_CANCEL_FEEDBACK:
        return sizeof(struct ddi_feedback);
    case DDI_CONFIRMATION_FEEDBACK:
        return sizeof(struct ddi_confirmation);
    default:
        return sizeof(union body);
    }
}

static void answer_body(struct call *call)
{
    struct fleet *fleet = call->api->fleet;

    call->body = malloc(body_size(call->path.resource));
    if (call->body == NULL) {
        http_reply_error(call->request, 500, "no memory");
        end(call);
        return;
    }
    if (!read_body(call)) {
        end(call);
        return;
    }
    switch ((unsigned)call->path.resource) {
    case DDI_DEPLOYMENT_FEEDBACK:
        fleet_feedback(fleet, call->device, call->path.id, &call->body->feedback, on_empty,
                       call);
        return;
    case DDI_CANCEL_FEEDBACK:
        fleet_cancel_feedback(fleet, call->device, call->path.id, &call->body->feedback,
                              on_empty, call);
        return;
    case DDI_CONFIRMATION_FEEDBACK:
        fleet_confirm(fleet, call->device, call->path.id, &call->body->confirmation, on_empty,
                      call);
        return;
    default:
        fleet_report(fleet, call->device, &call->body->config, on_empty, call);
    }
}

static void answer_job(struct call *call, enum fleet_job_kind kind)
{
    fleet_read_job(call->api->fleet, call->device, kind, call->path.id, &call->job, on_job,
                   call);
}

/* Name and digests are not for others either: only of what is offered to this device. */
static void answer_artifacts(struct call *call)
{
    struct fleet *fleet = call->api->fleet;
    struct record_firmware firmware;
    struct fleet_answer answer;
    struct ddi_job job;

    if (!fleet_get_record(fleet, RECORD_FIRMWARE, call->path.id, &firmware)) {
        http_reply_error(call->request, 404, "no such software module");
        end(call);
        return;
    }
    fleet_artifact(fleet, call->device, call->path.id, firmware.name, &firmware, &answer);
    if (answer.result != FLEET_DONE) {
        refuse(call, &answer);
    } else {
        call->job = (struct fleet_job){.firmware = firmware};
        describe_job(call, &job);
        answer_json(call, ddi_put_artifacts(&job));
    }
    end(call);
}

/* ---- dispatch ---- */
static void dispatch(struct call *call)
{
    switch ((unsigned)call->path.resource) {
    case DDI_DEPLOYMENT:
        answer_job(call, FLEET_JOB_DEPLOYMENT);
        return;
    case DDI_INSTALLED:
        answer_job(call, FLEET_JOB_INSTALLED);
        return;
    case DDI_CONFIRMATION:
        answer_job(call, FLEET_JOB_CONFIRMATION);
        return;
    case DDI_CANCEL:
        answer_job(call, FLEET_JOB_CANCEL);
        return;
    case DDI_CONFIRMATIONS:
        answer_json(call,
                    ddi_put_confirmations(
                        call->base, fleet_confirmation(call->api->fleet, call->device), false));
        end(call);
        return;
    case DDI_AUTO_CONFIRM_ON:
    case DDI_AUTO_CONFIRM_OFF:
        /* Manual is what an operator has chosen: a device does not undo that. */
        http_reply_error(call->request, 403, "auto-confirm is not for the device to choose");
        end(call);
        return;
    case DDI_ARTIFACTS:
        answer_artifacts(call);
        return;
    case DDI_ARTIFACT:
    case DDI_ARTIFACT_MD5:
        answer_artifact(call);
        return;
    default:
        answer_body(call);
    }
}

/* Refuses what needs no fleet. Returns false if it has replied. */
static bool check_path(struct http_request *request, const struct ddi_path *path)
{
    char allow[64];
    const char *const headers[] = {allow, NULL};

    if (path->resource == DDI_NOT_FOUND) {
        http_reply_error(request, 404, "no such resource; this port is for devices");
        return false;
    }
    if (path->is_wrong_method) {
        (void)snprintf(allow, sizeof allow, "Allow: %s", path->allow);
        http_reply_error_with(request, 405, headers, "this resource does not take that method");
        return false;
    }
    return true;
}

static void caller_of(struct http_request *request, const struct ddi_path *path,
                      struct fleet_caller *out_caller)
{
    *out_caller = (struct fleet_caller){.controller_id = path->controller_id,
                                        .authorization = http_header(request, "Authorization"),
                                        .own_token = http_header(request, "X-Otter-Token")};
}

void device_api_handle(void *ctx, struct http_request *request)
{
    struct call *call = calloc(1, sizeof *call);
    struct fleet_caller caller;
    struct fleet_answer answer;

    if (call == NULL) {
        http_reply_error(request, 500, "no memory");
        return;
    }
    call->api = ctx;
    call->request = request;
    ddi_read_path(http_method(request), http_path(request), &call->path);
    if (!check_path(request, &call->path)) {
        end(call);
        return;
    }
    if (!make_base(call)) {
        http_reply_error(request, 421, "this host is not allowed: see --public-url, --host");
        end(call);
        return;
    }
    caller_of(request, &call->path, &caller);
    if (call->path.resource == DDI_ROOT) {
        fleet_poll(call->api->fleet, &caller, &call->poll, on_poll, call);
        return;
    }
    fleet_identify(call->api->fleet, &caller, &answer);
    if (answer.result != FLEET_DONE) {
        refuse(call, &answer);
        end(call);
        return;
    }
    call->device = answer.id;
    dispatch(call);
}

bool device_api_plan_body(void *ctx, struct http_request *request,
                          struct http_body_plan *io_plan)
{
    struct device_api *api = ctx;
    struct fleet_caller caller;
    struct fleet_answer answer;
    struct ddi_path path;

    (void)io_plan;
    ddi_read_path(http_method(request), http_path(request), &path);
    if (!check_path(request, &path)) {
        return false;
    }
    caller_of(request, &path, &caller);
    if (path.resource != DDI_ROOT) {
        fleet_identify(api->fleet, &caller, &answer);
        if (answer.result != FLEET_DONE) {
            http_reply_error(request, status_of_result(answer.result), "%s", answer.reason);
            return false;
        }
    }
    return true;
}
