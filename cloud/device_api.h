/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_DEVICE_API_H
#define CLOUD_DEVICE_API_H

#include "cloud/store/firmware_files.h"
#include "cloud/fleet/fleet.h"
#include "cloud/http/http.h"

/* What devices call: DDI requests in, the fleet's answers out. `config` and what it points to
 * must outlive the listener. */
struct device_api {
    struct fleet *fleet;
    struct firmware_files *files;
    /* Links begin with this, "https://otter.example"; NULL = with http or https and the Host
     * of the request, if it is one of `hosts`, "127.0.0.1" or "localhost". Anything else is
     * refused: a forged Host would draw the device and its token away. */
    const char *public_url;
    const char *const *hosts; /* NULL-terminated; NULL = none */
};

/* For struct http_listener; `ctx` is the struct device_api. */
bool device_api_plan_body(void *ctx, struct http_request *request,
                          struct http_body_plan *io_plan);
void device_api_handle(void *ctx, struct http_request *request);

#endif
