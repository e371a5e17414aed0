/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_device.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"
#include "host/json.h"

void rest_list_devices(struct rest_call *call)
{
    struct rest_page page;
    struct rule *rule;

    if (!rest_query_page(call, &page) || !rest_query_rule(call, &rule)) {
        return;
    }
    struct rest_devices devices = {.max = page.limit};
    /* One more than asked for, to see whether there are more. */
    size_t total = fleet_visit_devices(call->rest->fleet, rule, page.after, page.limit + 1,
                                       rest_take_device, &devices);
    rule_free(rule);
    json_t *items = devices.failed ? NULL : json_array();
    for (size_t i = 0; i < devices.count && items != NULL; i++) {
        if (json_array_append_new(items, rest_json_device(&devices.list[i])) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    int64_t next = devices.has_more ? devices.list[devices.count - 1].id : 0;
    rest_devices_free(&devices);
    rest_reply_items(call, items, next, (int64_t)total);
}

void rest_add_device(struct rest_call *call)
{
    call->ok_status = 201;
    fleet_add_device(call->rest->fleet, call->person.name,
                     rest_body_text(call->body, "controller_id"),
                     rest_body_integer(call->body, "product", 0), rest_done, call);
}

void rest_get_device(struct rest_call *call)
{
    struct rest_devices devices = {.max = 1};

    if (!fleet_visit_device(call->rest->fleet, call->id, rest_take_device, &devices)) {
        rest_fail(call, 404, "there is no such device");
        return;
    }
    json_t *document = devices.failed ? NULL : rest_json_device(&devices.list[0]);
    rest_devices_free(&devices);
    rest_reply_json(call, 200, document);
}

void rest_change_device(struct rest_call *call)
{
    const json_t *hold = json_object_get(call->body, "hold");
    struct fleet_device_change change = {
        .name = rest_body_text(call->body, "name"),
        .hold_reason = json_is_null(hold) ? "" : json_string_value(hold),
        .product = rest_body_integer(call->body, "product", -1),
        .add_tag = rest_body_text(call->body, "add_tag"),
        .remove_tag = rest_body_text(call->body, "remove_tag"),
    };

    fleet_change_device(call->rest->fleet, call->person.name, call->id, &change, rest_done,
                        call);
}

void rest_delete_device(struct rest_call *call)
{
    fleet_delete_device(call->rest->fleet, call->person.name, call->id, rest_done, call);
}

static bool exists(void *ctx, const struct fleet_device *device)
{
    (void)ctx;
    (void)device;
    return false;
}

/* A page of what the store keeps of a device, newest first. */
static void list_history(struct rest_call *call, enum record_kind kind,
                         json_t *(*to_json)(const void *record))
{
    const struct store_query query = {
        .kind = kind, .column = "device", .value = call->id, .newest_first = true};

    if (!fleet_visit_device(call->rest->fleet, call->id, exists, NULL)) {
        rest_fail(call, 404, "there is no such device");
        return;
    }
    rest_reply_history(call, &query, to_json);
}

void rest_list_timeline(struct rest_call *call)
{
    list_history(call, RECORD_EVENT, rest_json_event);
}

void rest_list_device_actions(struct rest_call *call)
{
    list_history(call, RECORD_ACTION, rest_json_action);
}
