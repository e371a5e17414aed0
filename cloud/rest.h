/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_H
#define CLOUD_REST_H

#include "cloud/firmware_files.h"
#include "cloud/fleet.h"
#include "cloud/http.h"

/* What people and their programs call: /api/v1, the console's static files, /healthz and
 * /metrics. One table of routes says method, path, least role and handler.
 */
struct rest;

struct rest_config {
    struct fleet *fleet;
    struct firmware_files *files;
    const char *public_origin; /* "https://otter.example": what Origin may say; NULL = Host's */
    int64_t upload_max;        /* bytes */
};

OTTER_MUST_CHECK int rest_open(const struct rest_config *config, struct rest **out_rest,
                               struct host_error *out_error);
/* Close the event streams first, before the listener stops. */
void rest_close_streams(struct rest *rest);
void rest_close(struct rest *rest);

/* For struct http_listener; `ctx` is the struct rest. */
bool rest_plan_body(void *ctx, struct http_request *request, struct http_body_plan *io_plan);
void rest_handle(void *ctx, struct http_request *request);

#endif
