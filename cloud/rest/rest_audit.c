/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"
#include "host/json.h"

static void list(struct rest_call *call)
{
    static const struct store_query query = {.kind = RECORD_AUDIT, .newest_first = true};

    rest_reply_history(call, &query, rest_json_audit);
}

struct audit_export {
    struct store_query query; /* of the next page */
    FILE *out;
    bool is_full; /* the disk: the one failure that somebody else can end */
};

static int fail_write(struct audit_export *export, struct host_error *out_error)
{
    int number = errno != 0 ? errno : ENOMEM;

    export->is_full = host_error_means_full(number);
    return host_error_set(out_error, NULL, "the export could not be written: %s",
                          strerror(number));
}

/* Write a page, and move the query behind it. Returns 1 if there are more, 0, or -1. */
static int put_page(struct store *store, struct audit_export *export,
                    struct host_error *out_error)
{
    struct rest_rows rows;
    int err = rest_rows_of_store(store, &export->query, &rows, out_error);

    if (err == 0 && rows.failed) {
        err = host_error_set(out_error, NULL, "no memory");
    }
    for (size_t i = 0; i < rows.count && err == 0; i++) {
        const struct record_audit *audit = rest_row(&rows, i);
        export->query.after = audit->head.id;
        errno = 0;
        if (json_print(rest_json_audit(audit), export->out) != 0) {
            err = fail_write(export, out_error);
        }
    }
    int result = err != 0 ? -1 : rows.has_more ? 1 : 0;
    rest_rows_free(&rows);
    return result;
}

/* All of it, oldest first, as the chain of hashes is checked: by way of a file, because it has
 * no limit. */
static int put_all(struct rest_call *call, int fd, struct audit_export *export,
                   struct host_error *out_error)
{
    int own = dup(fd);
    int more = 1;

    export->out = own >= 0 ? fdopen(own, "w") : NULL;
    if (export->out == NULL) {
        int err = fail_write(export, out_error);
        if (own >= 0) {
            (void)close(own);
        }
        return err;
    }
    while (more > 0) {
        more = put_page(fleet_store(call->rest->fleet), export, out_error);
    }
    errno = 0;
    if (fclose(export->out) != 0 && more == 0) { /* else the first failure is the reason */
        more = fail_write(export, out_error);
    }
    return more;
}

static void export_lines(struct rest_call *call)
{
    struct audit_export export = {.query = {.kind = RECORD_AUDIT, .limit = REST_PAGE_MAX}};
    struct host_error error;
    struct stat status;
    int fd = firmware_files_begin(call->rest->files, &error);

    if (fd < 0) {
        rest_fail(call, 507, "%s", error.reason);
        return;
    }
    int err = put_all(call, fd, &export, &error);
    if (err == 0 && fstat(fd, &status) != 0) {
        err = fail_write(&export, &error);
    }
    if (err != 0) {
        (void)close(fd);
        rest_fail(call, export.is_full ? 507 : 500, "%s", error.reason);
        return;
    }
    char etag[24];
    (void)snprintf(etag, sizeof etag, "%lld", (long long)status.st_size);
    struct http_file file = {.fd = fd,
                             .size = status.st_size,
                             .type = "application/jsonl",
                             .etag = etag, /* it only grows */
                             .name = "audit.jsonl"};
    http_reply_file(call->request, &file);
    rest_end(call);
}

void rest_list_audit(struct rest_call *call)
{
    const char *format = http_query(call->request, "format");

    if (format == NULL || strcmp(format, "json") == 0) {
        list(call);
    } else if (strcmp(format, "jsonl") == 0) {
        export_lines(call);
    } else {
        rest_fail(call, 400, "format: not one of: json jsonl");
    }
}
