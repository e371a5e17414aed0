/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_H
#define CLOUD_REST_H

#include "cloud/store/firmware_files.h"
#include "cloud/fleet/fleet.h"
#include "cloud/http/http.h"

/* What people and their programs call: /api/v1, the console's static files, /healthz and
 * /metrics. One table of routes (rest_routes.c) says method, path, least role, parameters, body
 * and handler.
 *
 * A person is known by `Authorization: Bearer SECRET` or by the session's cookie. A cookie is
 * sent by a browser unasked, so with it every write needs an Origin that is this server's.
 */
struct rest;

struct rest_config {
    struct fleet *fleet;
    struct firmware_files *files;
    const struct fleet_clock *clock; /* the fleet's; must outlive the rest */
    const char *public_origin; /* "https://otter.example": what Origin may say; NULL = Host's */
    int64_t upload_max;        /* bytes */
};

OTTER_MUST_CHECK int rest_open(const struct rest_config *config, struct rest **out_rest,
                               struct host_error *out_error);
/* What ends by time alone: the event streams of tokens that have expired. Call it about once a
 * second. */
void rest_tick(struct rest *rest);
/* Close the event streams first, before the listener stops: it would wait for them. No new ones
 * are opened from then on. */
void rest_close_streams(struct rest *rest);
/* When no request is open any more, and the store is closed, so that every change is
 * answered. */
void rest_close(struct rest *rest);

/* For struct http_listener; `ctx` is the struct rest. */
bool rest_plan_body(void *ctx, struct http_request *request, struct http_body_plan *io_plan);
void rest_handle(void *ctx, struct http_request *request);

#endif
