/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"

void rest_list_firmware(struct rest_call *call)
{
    struct rest_rows rows;
    struct rest_page page;

    if (!rest_query_page(call, &page)) {
        return;
    }
    rest_rows_of_fleet(call->rest->fleet, RECORD_FIRMWARE, &page, NULL, NULL, &rows);
    rest_reply_rows(call, &rows, rest_json_firmware);
}

static bool is_this(const void *ctx, const void *record)
{
    const struct record_head *head = record;
    const int64_t *id = ctx;

    return head->id == *id;
}

/* With its notes, which fleet_get_record() leaves out. */
void rest_get_firmware(struct rest_call *call)
{
    struct rest_page page = {.after = 0, .limit = 1};
    struct rest_rows rows;

    rest_rows_of_fleet(call->rest->fleet, RECORD_FIRMWARE, &page, is_this, &call->id, &rows);
    bool is_there = rows.count > 0, has_failed = rows.failed;
    json_t *document = is_there && !has_failed ? rest_json_firmware(rest_row(&rows, 0)) : NULL;
    rest_rows_free(&rows);
    if (!is_there && !has_failed) {
        rest_fail(call, 404, "there is no such firmware");
        return;
    }
    rest_reply_json(call, 200, document);
}

void rest_archive_firmware(struct rest_call *call)
{
    fleet_archive_firmware(call->rest->fleet, call->person.name, call->id, true, rest_done,
                           call);
}

void rest_unarchive_firmware(struct rest_call *call)
{
    fleet_archive_firmware(call->rest->fleet, call->person.name, call->id, false, rest_done,
                           call);
}

void rest_get_firmware_file(struct rest_call *call)
{
    struct record_firmware firmware;
    struct host_error error;

    if (!fleet_get_record(call->rest->fleet, RECORD_FIRMWARE, call->id, &firmware)) {
        rest_fail(call, 404, "there is no such firmware");
        return;
    }
    int fd = firmware_files_open_one(call->rest->files, &firmware, &error);
    if (fd < 0) {
        rest_fail(call, 500, "%s", error.reason);
        return;
    }
    struct http_file file = {.fd = fd,
                             .size = firmware.size,
                             .type = "application/octet-stream",
                             .etag = firmware.sha256,
                             .name = firmware.name};
    http_reply_file(call->request, &file);
    rest_end(call);
}
