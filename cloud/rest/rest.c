/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cloud/rest/rest_call.h"

int rest_open(const struct rest_config *config, struct rest **out_rest,
              struct host_error *out_error)
{
    struct rest *rest = calloc(1, sizeof *rest);

    if (rest == NULL) {
        return host_error_set(out_error, NULL, "no memory");
    }
    rest->fleet = config->fleet;
    rest->files = config->files;
    rest->clock = config->clock;
    rest->public_origin = config->public_origin;
    rest->upload_max = config->upload_max;
    if (rest_static_open(&rest->pages) != 0 ||
        rest_events_open(config->fleet, &rest->events) != 0) {
        rest_static_close(rest->pages);
        free(rest);
        return host_error_set(out_error, NULL, "no memory");
    }
    *out_rest = rest;
    return 0;
}

void rest_tick(struct rest *rest)
{
    rest_events_check(rest->events);
}

void rest_close_streams(struct rest *rest)
{
    rest_events_stop(rest->events);
}

void rest_close(struct rest *rest)
{
    if (rest != NULL) {
        rest_events_close(rest->events);
        rest_static_close(rest->pages);
        free(rest);
    }
}

static void refuse_unknown(struct http_request *request, const struct rest_match *match)
{
    char header[sizeof "Allow: " + REST_ALLOW_SIZE] = "Allow: ";

    if (match->allow[0] == '\0') {
        rest_refuse(request, 404, NULL, "there is no such address; this port is for people");
        return;
    }
    memcpy(header + strlen(header), match->allow, strlen(match->allow) + 1);
    rest_refuse(request, 405, header, "this address does not take that method");
}

/* A mistyped filter must not become every device. */
static bool check_query(struct http_request *request, const struct rest_route *route)
{
    const char *unknown = http_unknown_query(request, route->query);
    char reason[160];

    if (unknown != NULL) {
        (void)snprintf(reason, sizeof reason, "%.40s: no such parameter; there %s%.60s",
                       unknown, route->query[0] == '\0' ? "is none" : "are: ", route->query);
        rest_refuse(request, 400, NULL, reason);
    }
    return unknown == NULL;
}

/* The route of a request that may be made by who makes it; NULL after a refusal. */
static const struct rest_route *admit(struct rest *rest, struct http_request *request,
                                      int64_t *out_id, struct rest_access *out_access)
{
    struct rest_match match;
    size_t count;
    const struct rest_route *routes = rest_routes(&count);

    rest_find_route(routes, count, http_method(request), http_path(request), &match);
    if (match.route == NULL) {
        refuse_unknown(request, &match);
        return NULL;
    }
    rest_check_access(rest, match.route, request, out_access);
    if (out_access->status != 0) {
        rest_refuse(request, out_access->status, NULL, out_access->reason);
        return NULL;
    }
    *out_id = match.id;
    return check_query(request, match.route) ? match.route : NULL;
}

/* "application/json; charset=utf-8" is application/json. */
static bool has_type(const struct http_request *request, const char *wanted)
{
    const char *type = http_header(request, "Content-Type");
    size_t len = strlen(wanted);

    return type != NULL && strncasecmp(type, wanted, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

bool rest_plan_body(void *ctx, struct http_request *request, struct http_body_plan *io_plan)
{
    struct rest *rest = ctx;
    struct rest_access access;
    struct host_error error;
    int64_t id;
    const struct rest_route *route = admit(rest, request, &id, &access);

    if (route == NULL) {
        return false;
    }
    if (route->body == NULL && !route->takes_file) {
        rest_refuse(request, 400, NULL, "this call takes no body");
        return false;
    }
    const char *type = route->takes_file ? "application/octet-stream" : "application/json";
    if (!has_type(request, type)) {
        rest_refuse(request, 415, NULL,
                    route->takes_file ? "Content-Type is not application/octet-stream"
                                      : "Content-Type is not application/json");
        return false;
    }
    io_plan->max = REST_BODY_MAX;
    if (route->takes_file) {
        io_plan->fd = firmware_files_begin(rest->files, &error);
        if (io_plan->fd < 0) {
            rest_refuse(request, 507, NULL, error.reason);
            return false;
        }
        io_plan->where = HTTP_BODY_FILE;
        io_plan->max = rest->upload_max;
    }
    return true;
}

/* Returns false after a refusal. */
static bool read_body(struct http_request *request, const struct rest_route *route,
                      json_t **out_body)
{
    char reason[REST_REASON_SIZE];
    size_t len;
    const uint8_t *bytes = http_body_bytes(request, &len);

    *out_body = NULL;
    if (route->body == NULL) {
        return true;
    }
    if (bytes == NULL || len == 0) {
        rest_refuse(request, 400, NULL, "a JSON object is needed as body");
        return false;
    }
    if (rest_read_body(bytes, len, route->body, out_body, reason) != 0) {
        rest_refuse(request, 400, NULL, reason);
        return false;
    }
    return true;
}

void rest_handle(void *ctx, struct http_request *request)
{
    struct rest *rest = ctx;
    struct rest_access access;
    json_t *body;
    int64_t id;

    if (rest_static_handle(rest->pages, request)) {
        return;
    }
    /* Again, though plan_body() has asked: a token may have been revoked while a long body
     * came. */
    const struct rest_route *route = admit(rest, request, &id, &access);
    if (route == NULL || !read_body(request, route, &body)) {
        return;
    }
    struct rest_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        json_decref(body);
        rest_refuse(request, 503, NULL, "no memory");
        return;
    }
    call->rest = rest;
    call->request = request;
    call->id = id;
    call->person = access.person;
    call->by_cookie = access.by_cookie;
    call->body = body;
    call->is_https = rest_is_https(rest, request);
    (void)snprintf(call->request_id, sizeof call->request_id, "%s", http_id(request));
    route->handle(call);
}
