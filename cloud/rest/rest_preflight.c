/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "host/json.h"

enum { SHOWN_DEFAULT = 20, SHOWN_MAX = 100 };

struct shown_device {
    int64_t id;
    char controller_id[RECORD_CONTROLLER_ID_MAX + 1];
    char name[RECORD_NAME_MAX + 1];
    char version[RECORD_VERSION_MAX + 1];
};

/* The first devices of each verdict: `limit` places per verdict. */
struct shown {
    struct shown_device *devices;
    size_t limit, counts[PREFLIGHT_VERDICTS];
};

static bool show(void *ctx, const struct fleet_device *device, enum preflight_verdict verdict)
{
    struct shown *shown = ctx;

    if (verdict >= PREFLIGHT_VERDICTS || shown->counts[verdict] == shown->limit) {
        return true;
    }
    struct shown_device *one =
        &shown->devices[(size_t)verdict * shown->limit + shown->counts[verdict]++];
    one->id = device->id;
    (void)snprintf(one->controller_id, sizeof one->controller_id, "%s", device->controller_id);
    (void)snprintf(one->name, sizeof one->name, "%s", device->name);
    (void)snprintf(one->version, sizeof one->version, "%s", device->version);
    return true;
}

static json_t *devices_of(const struct shown *shown, size_t verdict)
{
    json_t *list = json_array();

    for (size_t i = 0; i < shown->counts[verdict]; i++) {
        const struct shown_device *one = &shown->devices[verdict * shown->limit + i];
        json_t *object = json_object();
        json_add(&object, "id", json_integer(one->id));
        json_add(&object, "controller_id", json_text(one->controller_id));
        json_add(&object, "name", json_text(one->name));
        json_add(&object, "version", json_text(one->version));
        if (json_array_append_new(list, object) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void add_verdict(json_t **io_object, enum preflight_verdict verdict)
{
    json_add(io_object, "verdict", json_string(preflight_name(verdict)));
    json_add(io_object, "text", json_string(preflight_text(verdict)));
    json_add(io_object, "gets_it", json_boolean(preflight_is_good(verdict)));
}

static json_t *verdicts_of(const struct fleet_preflight *result, const struct shown *shown)
{
    json_t *list = json_array();

    for (size_t i = 0; i < PREFLIGHT_VERDICTS; i++) {
        if (result->counts[i] == 0) {
            continue;
        }
        json_t *object = json_object();
        add_verdict(&object, (enum preflight_verdict)i);
        json_add(&object, "count", json_count(result->counts[i]));
        json_add(&object, "devices", devices_of(shown, i));
        if (json_array_append_new(list, object) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *to_json(const struct fleet_preflight *result, const struct shown *shown)
{
    size_t matching = 0, getting = 0;
    json_t *firmware = json_object(), *document = json_object();

    for (size_t i = 0; i < PREFLIGHT_VERDICTS; i++) {
        matching += result->counts[i];
        getting += preflight_is_good((enum preflight_verdict)i) ? result->counts[i] : 0;
    }
    add_verdict(&firmware, result->firmware_verdict);
    json_add(&document, "firmware", firmware);
    json_add(&document, "matching", json_count(matching));
    json_add(&document, "getting", json_count(getting));
    json_add(&document, "one_first", json_boolean(result->one_first));
    json_add(&document, "verdicts", verdicts_of(result, shown));
    return document;
}

void rest_get_preflight(struct rest_call *call)
{
    struct fleet_preflight result;
    int64_t limit = SHOWN_DEFAULT;
    struct rule *rule;

    if (!rest_query_integer(call, "limit", 1, SHOWN_MAX, &limit) ||
        !rest_query_rule(call, &rule)) {
        return;
    }
    struct shown shown = {.limit = (size_t)limit};
    shown.devices = calloc(shown.limit * PREFLIGHT_VERDICTS, sizeof *shown.devices);
    if (shown.devices == NULL) {
        rule_free(rule);
        rest_fail(call, 503, "no memory");
        return;
    }
    memset(&result, 0, sizeof result);
    bool is_there = fleet_preflight(call->rest->fleet, call->id, rule, &result, show, &shown);
    rule_free(rule);
    json_t *document = is_there ? to_json(&result, &shown) : NULL;
    free(shown.devices);
    if (!is_there) {
        rest_fail(call, 404, "there is no such firmware");
        return;
    }
    rest_reply_json(call, 200, document);
}
