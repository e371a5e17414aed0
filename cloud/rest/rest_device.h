/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_DEVICE_H
#define CLOUD_REST_DEVICE_H

#include <jansson.h>
#include "cloud/fleet/fleet.h"

/* Copies of devices, for the same reason as rest_rows.h.
 */
struct rest_device {
    int64_t id, product, first_at, last_at, polls;
    uint32_t rev;
    bool is_online, reports_version, has_action;
    char controller_id[RECORD_CONTROLLER_ID_MAX + 1];
    char name[RECORD_NAME_MAX + 1];
    char hold_reason[RECORD_REASON_MAX + 1];
    char hardware[RECORD_FIELD_MAX + 1];
    char version[RECORD_VERSION_MAX + 1];
    char product_name[RECORD_NAME_MAX + 1];
    char *tags; /* each ends with NUL; NULL = none */
    size_t tag_count;
    struct record_action action; /* the last one, if has_action */
};

struct rest_devices {
    struct rest_device *list;
    size_t count, room, max; /* `max`: more are not taken */
    bool has_more;
    bool failed; /* no memory */
};

/* A fleet_device_visitor; `ctx` is a struct rest_devices. */
bool rest_take_device(void *ctx, const struct fleet_device *device);
void rest_devices_free(struct rest_devices *devices);
json_t *rest_json_device(const struct rest_device *device);

#endif
