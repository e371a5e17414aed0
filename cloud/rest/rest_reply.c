/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ends, and the parameters that many calls have. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/result_status.h"
#include "host/json.h"
#include "host/number.h"

static const char retry_soon[] = "Retry-After: 1";
static const char how_to_sign_in[] = "WWW-Authenticate: Bearer";

void rest_end(struct rest_call *call)
{
    json_decref(call->body);
    explicit_bzero(call->secret, sizeof call->secret);
    explicit_bzero(call->session, sizeof call->session);
    free(call);
}

static void send(struct http_request *request, unsigned status, const char *type,
                 const char *text, size_t len, const char *header)
{
    const char *const headers[] = {"Cache-Control: no-store", "X-Content-Type-Options: nosniff",
                                   "Content-Security-Policy: default-src 'none'", header, NULL};
    struct http_reply reply = {
        .status = status, .type = type, .body = text, .body_len = len, .headers = headers};

    http_reply(request, &reply);
}

static void send_json(struct http_request *request, unsigned status, const char *header,
                      json_t *document)
{
    char *text =
        document != NULL ? json_dumps(document, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    static const char no_memory[] = "{\"error\":\"no memory\"}";

    json_decref(document);
    if (text != NULL) {
        send(request, status, "application/json", text, strlen(text), header);
    } else {
        send(request, 500, "application/json", no_memory, sizeof no_memory - 1, NULL);
    }
    free(text);
}

static void send_error(struct http_request *request, const char *request_id, unsigned status,
                       const char *header, const char *reason)
{
    json_t *document = json_object();

    json_add(&document, "error", json_text(reason));
    json_add(&document, "request", json_text(request_id));
    if (header == NULL) {
        header = status == 503 ? retry_soon : status == 401 ? how_to_sign_in : NULL;
    }
    send_json(request, status, header, document);
}

void rest_refuse(struct http_request *request, unsigned status, const char *header,
                 const char *reason)
{
    send_error(request, http_id(request), status, header, reason);
}

void rest_reply_json_with(struct rest_call *call, unsigned status, const char *header,
                          json_t *document)
{
    send_json(call->request, status, header, document);
    rest_end(call);
}

void rest_reply_json(struct rest_call *call, unsigned status, json_t *document)
{
    rest_reply_json_with(call, status, NULL, document);
}

void rest_reply_text(struct rest_call *call, unsigned status, const char *type,
                     const char *text, size_t len, const char *header)
{
    send(call->request, status, type, text, len, header);
    rest_end(call);
}

void rest_fail(struct rest_call *call, unsigned status, const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    send_error(call->request, call->request_id, status, NULL, reason);
    rest_end(call);
}

void rest_fail_answer(struct rest_call *call, const struct fleet_answer *answer)
{
    rest_fail(call, status_of_result(answer->result), "%s", answer->reason);
}

void rest_done(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;

    if (answer->result != FLEET_DONE) {
        rest_fail_answer(call, answer);
        return;
    }
    json_t *document = json_object();
    json_add(&document, "id", json_integer(answer->id != 0 ? answer->id : call->id));
    rest_reply_json(call, call->ok_status != 0 ? call->ok_status : 200, document);
}

int64_t rest_now_ms(const struct rest *rest)
{
    return rest->clock->wall_ms(rest->clock->ctx);
}

bool rest_query_integer(struct rest_call *call, const char *name, int64_t min, int64_t max,
                        int64_t *io_value)
{
    const char *text = http_query(call->request, name);
    struct host_error error;
    uint64_t value;

    if (text == NULL) {
        return true;
    }
    if (number_parse(name, text, (uint64_t)min, (uint64_t)max, &value, &error) != 0) {
        rest_fail(call, 400, "%s: %s", error.thing, error.reason);
        return false;
    }
    *io_value = (int64_t)value;
    return true;
}

bool rest_query_page(struct rest_call *call, struct rest_page *out_page)
{
    int64_t limit = REST_PAGE_DEFAULT;

    out_page->after = 0;
    if (!rest_query_integer(call, "limit", 1, REST_PAGE_MAX, &limit) ||
        !rest_query_integer(call, "after", 0, INT64_MAX, &out_page->after)) {
        return false;
    }
    out_page->limit = (size_t)limit;
    return true;
}

bool rest_query_rule(struct rest_call *call, struct rule **out_rule)
{
    const char *filter = http_query(call->request, "filter");
    struct host_error error;

    *out_rule = NULL;
    if (filter == NULL || filter[0] == '\0') {
        return true;
    }
    if (rule_parse(filter, out_rule, &error) != 0) {
        rest_fail(call, 400, "filter: %s%s%s", error.thing, error.thing[0] != '\0' ? ": " : "",
                  error.reason);
        return false;
    }
    return true;
}
