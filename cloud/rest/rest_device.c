/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_json.h"
#include "host/json.h"

static bool copy_tags(struct rest_device *out, const struct fleet_device *device)
{
    size_t size = 0;

    for (size_t i = 0; i < device->tag_count; i++) {
        size += strlen(device->tags[i]) + 1;
    }
    if (size == 0) {
        return true;
    }
    out->tags = malloc(size);
    if (out->tags == NULL) {
        return false;
    }
    char *at = out->tags;
    for (size_t i = 0; i < device->tag_count; i++) {
        size_t len = strlen(device->tags[i]) + 1;
        memcpy(at, device->tags[i], len);
        at += len;
    }
    out->tag_count = device->tag_count;
    return true;
}

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static bool copy(struct rest_device *out, const struct fleet_device *device)
{
    memset(out, 0, sizeof *out);
    out->id = device->id;
    out->rev = device->rev;
    out->product = device->product;
    out->first_at = device->first_at;
    out->last_at = device->last_at;
    out->polls = device->polls;
    out->is_online = device->is_online;
    out->reports_version = device->reports_version;
    copy_text(out->controller_id, sizeof out->controller_id, device->controller_id);
    copy_text(out->name, sizeof out->name, device->name);
    copy_text(out->hold_reason, sizeof out->hold_reason, device->hold_reason);
    copy_text(out->hardware, sizeof out->hardware, device->hardware);
    copy_text(out->version, sizeof out->version, device->version);
    copy_text(out->product_name, sizeof out->product_name, device->product_name);
    if (device->action != NULL) {
        out->action = *device->action;
        out->has_action = true;
    }
    return copy_tags(out, device);
}

bool rest_take_device(void *ctx, const struct fleet_device *device)
{
    struct rest_devices *devices = ctx;

    if (devices->count == devices->max) {
        devices->has_more = true;
        return false;
    }
    if (devices->count == devices->room) {
        size_t room = devices->room == 0 ? 16 : 2 * devices->room;
        struct rest_device *list = reallocarray(devices->list, room, sizeof *list);
        if (list == NULL) {
            devices->failed = true;
            return false;
        }
        devices->list = list;
        devices->room = room;
    }
    devices->failed = !copy(&devices->list[devices->count++], device);
    return !devices->failed;
}

void rest_devices_free(struct rest_devices *devices)
{
    for (size_t i = 0; i < devices->count; i++) {
        free(devices->list[i].tags);
    }
    free(devices->list);
    memset(devices, 0, sizeof *devices);
}

static json_t *tags(const struct rest_device *device)
{
    json_t *list = json_array();
    const char *at = device->tags;

    for (size_t i = 0; i < device->tag_count; i++) {
        if (json_array_append_new(list, json_text(at)) != 0) {
            json_decref(list);
            return NULL;
        }
        at += strlen(at) + 1;
    }
    return list;
}

json_t *rest_json_device(const struct rest_device *device)
{
    json_t *object = json_object();

    json_add(&object, "id", json_integer(device->id));
    json_add(&object, "rev", json_integer(device->rev));
    json_add(&object, "controller_id", json_text(device->controller_id));
    json_add(&object, "name", json_text(device->name));
    json_add(&object, "product", rest_json_id(device->product));
    json_add(&object, "product_name", json_text(device->product_name));
    json_add(&object, "hardware", json_text(device->hardware));
    json_add(&object, "version", json_text(device->version));
    json_add(&object, "reports_version", json_boolean(device->reports_version));
    json_add(&object, "online", json_boolean(device->is_online));
    json_add(&object, "first_at", rest_json_time(device->first_at));
    json_add(&object, "last_at", rest_json_time(device->last_at));
    json_add(&object, "polls", json_integer(device->polls));
    json_add(&object, "hold",
             device->hold_reason[0] != '\0' ? json_text(device->hold_reason) : json_null());
    json_add(&object, "tags", tags(device));
    json_add(&object, "action",
             device->has_action ? rest_json_action(&device->action) : json_null());
    return object;
}
