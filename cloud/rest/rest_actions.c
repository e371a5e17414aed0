/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"

void rest_get_action(struct rest_call *call)
{
    struct store_query query = {.kind = RECORD_ACTION, .after = call->id - 1, .limit = 1};
    struct host_error error;
    struct rest_rows rows;

    if (rest_rows_of_store(fleet_store(call->rest->fleet), &query, &rows, &error) != 0) {
        rest_rows_free(&rows);
        rest_fail(call, 500, "%s", error.reason);
        return;
    }
    const struct record_action *action = rows.count > 0 ? rest_row(&rows, 0) : NULL;
    bool is_there = action != NULL && action->head.id == call->id;
    json_t *document = is_there ? rest_json_action(action) : NULL;
    rest_rows_free(&rows);
    if (!is_there) {
        rest_fail(call, 404, "there is no such action");
        return;
    }
    rest_reply_json(call, 200, document);
}

void rest_list_deployment_actions(struct rest_call *call)
{
    const struct store_query query = {
        .kind = RECORD_ACTION, .column = "deployment", .value = call->id};

    rest_reply_history(call, &query, rest_json_action);
}

static void command(struct rest_call *call, enum fleet_command what)
{
    fleet_command_action(call->rest->fleet, call->person.name, call->id, what, rest_done, call);
}

void rest_approve_action(struct rest_call *call)
{
    command(call, FLEET_APPROVE);
}

void rest_deny_action(struct rest_call *call)
{
    command(call, FLEET_DENY);
}

void rest_cancel_action(struct rest_call *call)
{
    command(call, FLEET_CANCEL);
}

void rest_retry_action(struct rest_call *call)
{
    command(call, FLEET_RETRY);
}
