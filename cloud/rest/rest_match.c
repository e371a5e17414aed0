/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_route.h"

#include <stdio.h>
#include <string.h>

/* Digits without a zero in front, so that a thing has one address. */
static bool read_id(const char *text, size_t len, int64_t *out_id)
{
    int64_t id = 0;

    if (len == 0 || len > 18 || text[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        id = id * 10 + (text[i] - '0');
    }
    *out_id = id;
    return true;
}

static bool matches(const char *pattern, const char *path, int64_t *out_id)
{
    static const char id_segment[] = "{id}";

    while (*pattern != '\0') {
        if (strncmp(pattern, id_segment, sizeof id_segment - 1) == 0) {
            size_t len = strcspn(path, "/");
            if (!read_id(path, len, out_id)) {
                return false;
            }
            path += len;
            pattern += sizeof id_segment - 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

void rest_find_route(const struct rest_route routes[], size_t count, const char *method,
                     const char *path, struct rest_match *out_match)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    memset(out_match, 0, sizeof *out_match);
    for (size_t i = 0; i < count; i++) {
        int64_t id = 0;
        if (!matches(routes[i].path, path, &id)) {
            continue;
        }
        size_t len = strlen(out_match->allow);
        (void)snprintf(out_match->allow + len, sizeof out_match->allow - len, "%s%s",
                       len == 0 ? "" : ", ", routes[i].method);
        if (strcmp(routes[i].method, wanted) == 0) {
            out_match->route = &routes[i];
            out_match->id = id;
        }
    }
}
