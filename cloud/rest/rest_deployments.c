/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"
#include "cloud/rest/rest_time.h"
#include "host/json.h"

void rest_list_deployments(struct rest_call *call)
{
    struct rest_rows rows;
    struct rest_page page;

    if (!rest_query_page(call, &page)) {
        return;
    }
    rest_rows_of_fleet(call->rest->fleet, RECORD_DEPLOYMENT, &page, NULL, NULL, &rows);
    rest_reply_rows(call, &rows, rest_json_deployment);
}

/* Returns false after it has ended the call. */
static bool read_window(struct rest_call *call, struct record_deployment *io_deployment)
{
    const json_t *window = json_object_get(call->body, "window");

    if (!json_is_object(window)) {
        return true;
    }
    if (rest_read_minutes(rest_body_text(window, "from"), &io_deployment->window_from) != 0 ||
        rest_read_minutes(rest_body_text(window, "to"), &io_deployment->window_to) != 0) {
        rest_fail(call, 400, "window: not times of a day like 22:30, in UTC");
        return false;
    }
    return true;
}

/* A list of devices as the rule that means the same. The fleet is asked for each, because a
 * misspelt one would wait for a device that never comes. */
static bool put_devices(struct rest_call *call, const json_t *list, char *out_rule, size_t size)
{
    size_t count = json_array_size(list);
    const char **ids = calloc(count, sizeof *ids);

    if (ids == NULL) {
        rest_fail(call, 503, "no memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ids[i] = json_string_value(json_array_get(list, i));
        if (fleet_find_device(call->rest->fleet, ids[i]) == 0) {
            rest_fail(call, 400, "devices: there is no device %s", ids[i]);
            free(ids);
            return false;
        }
    }
    size_t len = rule_put_ids(out_rule, size, ids, count);
    free(ids);
    if (len >= size) {
        rest_fail(call, 400, "devices: too many for a list; use a filter, for example by tag");
        return false;
    }
    return true;
}

static bool read_rule(struct rest_call *call, char *out_rule, size_t size)
{
    const json_t *list = json_object_get(call->body, "devices");
    const char *filter = rest_body_text(call->body, "filter");
    struct rule *rule = NULL;
    struct host_error error;

    if ((filter != NULL) == (json_is_array(list) != 0)) {
        rest_fail(call, 400, "either filter or devices is needed; filter \"\" is every device");
        return false;
    }
    if (filter == NULL) {
        return put_devices(call, list, out_rule, size);
    }
    if (rule_parse(filter, &rule, &error) != 0) {
        rest_fail(call, 400, "filter: %s%s%s", error.thing, error.thing[0] != '\0' ? ": " : "",
                  error.reason);
        return false;
    }
    rule_free(rule);
    (void)snprintf(out_rule, size, "%s", filter); /* its length was checked */
    return true;
}

void rest_add_deployment(struct rest_call *call)
{
    enum { RULE_SIZE = RULE_TEXT_MAX + 1, ATTEMPTS_DEFAULT = 3 };
    const char *name = rest_body_text(call->body, "name");
    struct record_deployment deployment;
    char *rule = malloc(RULE_SIZE);

    if (rule == NULL) {
        rest_fail(call, 503, "no memory");
        return;
    }
    memset(&deployment, 0, sizeof deployment);
    deployment.firmware = rest_body_integer(call->body, "firmware", 0);
    deployment.mode =
        strcmp(rest_body_text(call->body, "mode"), "manual") == 0 ? MODE_MANUAL : MODE_SILENT;
    deployment.starts_at = rest_body_time(call->body, "starts_at", 0);
    deployment.ends_at = rest_body_time(call->body, "ends_at", 0);
    deployment.attempts = rest_body_integer(call->body, "attempts", ATTEMPTS_DEFAULT);
    deployment.rule = rule;
    (void)snprintf(deployment.name, sizeof deployment.name, "%s", name != NULL ? name : "");
    if (read_window(call, &deployment) && read_rule(call, rule, RULE_SIZE)) {
        call->ok_status = 201;
        fleet_deploy(call->rest->fleet, call->person.name, &deployment, rest_done, call);
    }
    free(rule);
}

static bool is_this(const void *ctx, const void *record)
{
    const struct record_head *head = record;
    const int64_t *id = ctx;

    return head->id == *id;
}

static bool is_group_of(const void *ctx, const void *record)
{
    const struct record_group *group = record;
    const int64_t *deployment = ctx;

    return group->deployment == *deployment;
}

static json_t *groups_of(struct rest_call *call, int64_t firmware_id)
{
    struct record_firmware firmware;
    bool is_proven =
        fleet_get_record(call->rest->fleet, RECORD_FIRMWARE, firmware_id, &firmware) &&
        firmware.proven_at != 0;
    struct rest_page page = {.after = 0, .limit = REST_PAGE_MAX};
    struct rest_rows rows;

    rest_rows_of_fleet(call->rest->fleet, RECORD_GROUP, &page, is_group_of, &call->id, &rows);
    json_t *list = rows.failed ? NULL : json_array();
    for (size_t i = 0; i < rows.count && list != NULL; i++) {
        if (json_array_append_new(list, rest_json_group(rest_row(&rows, i), is_proven)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    rest_rows_free(&rows);
    return list;
}

void rest_get_deployment(struct rest_call *call)
{
    struct rest_page page = {.after = 0, .limit = 1};
    int64_t counts[ACTION_STATES] = {0};
    struct rest_rows rows;

    rest_rows_of_fleet(call->rest->fleet, RECORD_DEPLOYMENT, &page, is_this, &call->id, &rows);
    bool is_there = rows.count > 0, has_failed = rows.failed;
    const struct record_deployment *deployment = is_there ? rest_row(&rows, 0) : NULL;
    int64_t firmware = is_there ? deployment->firmware : 0;
    json_t *document = is_there && !has_failed ? rest_json_deployment(deployment) : NULL;
    rest_rows_free(&rows);
    if (!is_there && !has_failed) {
        rest_fail(call, 404, "there is no such deployment");
        return;
    }
    fleet_count_actions(call->rest->fleet, call->id, counts);
    json_add(&document, "actions", rest_json_states(counts));
    json_add(&document, "groups", groups_of(call, firmware));
    rest_reply_json(call, 200, document);
}

static void set_state(struct rest_call *call, enum deployment_state state)
{
    fleet_set_deployment(call->rest->fleet, call->person.name, call->id, state, rest_done,
                         call);
}

void rest_pause_deployment(struct rest_call *call)
{
    set_state(call, DEPLOYMENT_PAUSED);
}

void rest_resume_deployment(struct rest_call *call)
{
    set_state(call, DEPLOYMENT_ACTIVE);
}

void rest_cancel_deployment(struct rest_call *call)
{
    set_state(call, DEPLOYMENT_CANCELLED);
}
