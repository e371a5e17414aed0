/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/ddi/ddi.h"

#include <string.h>
#include <strings.h>

enum { SEGMENTS_MAX = 4 }; /* behind the controller's id */

/* `#` is a number, `*` a file. */
static const struct row {
    const char *segments[SEGMENTS_MAX];
    enum ddi_resource resource;
    const char *method;
} rows[] = {
    {{NULL}, DDI_ROOT, "GET"},
    {{"configData"}, DDI_CONFIG_DATA, "PUT"},
    {{"deploymentBase", "#"}, DDI_DEPLOYMENT, "GET"},
    {{"deploymentBase", "#", "feedback"}, DDI_DEPLOYMENT_FEEDBACK, "POST"},
    {{"installedBase", "#"}, DDI_INSTALLED, "GET"},
    {{"installedBase"}, DDI_INSTALLED_VERSION, "PUT"},
    {{"confirmationBase"}, DDI_CONFIRMATIONS, "GET"},
    {{"confirmationBase", "activateAutoConfirm"}, DDI_AUTO_CONFIRM_ON, "POST"},
    {{"confirmationBase", "deactivateAutoConfirm"}, DDI_AUTO_CONFIRM_OFF, "POST"},
    {{"confirmationBase", "#"}, DDI_CONFIRMATION, "GET"},
    {{"confirmationBase", "#", "feedback"}, DDI_CONFIRMATION_FEEDBACK, "POST"},
    {{"cancelAction", "#"}, DDI_CANCEL, "GET"},
    {{"cancelAction", "#", "feedback"}, DDI_CANCEL_FEEDBACK, "POST"},
    {{"softwaremodules", "#", "artifacts"}, DDI_ARTIFACTS, "GET"},
    {{"softwaremodules", "#", "artifacts", "*"}, DDI_ARTIFACT, "GET, HEAD"},
};

struct segment {
    const char *text;
    size_t len;
};

/* Returns the length of the segment at *io_path, and moves on behind its slash. */
static struct segment next_segment(const char **io_path)
{
    struct segment segment = {*io_path, strcspn(*io_path, "/")};

    *io_path += segment.len;
    if (**io_path == '/') {
        ++*io_path;
    }
    return segment;
}

static bool is_text(struct segment segment, const char *text)
{
    return strlen(text) == segment.len && memcmp(segment.text, text, segment.len) == 0;
}

/* Ids are given by the server: from 1 up. */
static bool read_id(struct segment segment, int64_t *out_id)
{
    int64_t id = 0;

    for (size_t i = 0; i < segment.len; i++) {
        char c = segment.text[i];
        if (c < '0' || c > '9' || id > (INT64_MAX - 9) / 10) {
            return false;
        }
        id = id * 10 + (c - '0');
    }
    *out_id = id;
    return id != 0;
}

static bool copy(struct segment segment, char *out, size_t out_size)
{
    if (segment.len == 0 || segment.len >= out_size) {
        return false;
    }
    memcpy(out, segment.text, segment.len);
    out[segment.len] = '\0';
    return true;
}

static bool row_matches(const struct row *row, const struct segment segments[], size_t count,
                        struct ddi_path *out_path)
{
    for (size_t i = 0; i < SEGMENTS_MAX; i++) {
        const char *pattern = row->segments[i];
        if (pattern == NULL || i == count) {
            return pattern == NULL && i == count;
        }
        bool matches = strcmp(pattern, "#") == 0 ? read_id(segments[i], &out_path->id)
                       : strcmp(pattern, "*") == 0
                           ? copy(segments[i], out_path->file, sizeof out_path->file)
                           : is_text(segments[i], pattern);
        if (!matches) {
            return false;
        }
    }
    return count == SEGMENTS_MAX;
}

static bool allows(const char *allow, const char *method)
{
    return strcmp(method, "HEAD") == 0 ? strstr(allow, "HEAD") != NULL
                                       : strncmp(allow, method, strlen(method)) == 0 &&
                                             strchr(",", allow[strlen(method)]) != NULL;
}

/* "{file}.MD5SUM" is the MD5 of a file, and no file of that name. */
static void read_md5_suffix(struct ddi_path *path)
{
    static const char suffix[] = ".MD5SUM";
    size_t len = strlen(path->file);

    if (path->resource == DDI_ARTIFACT && len > sizeof suffix - 1 &&
        strcmp(path->file + len - (sizeof suffix - 1), suffix) == 0) {
        path->file[len - (sizeof suffix - 1)] = '\0';
        path->resource = DDI_ARTIFACT_MD5;
    }
}

static void find_row(const char *method, const struct segment segments[], size_t count,
                     struct ddi_path *path)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        path->id = 0;
        path->file[0] = '\0';
        if (row_matches(&rows[i], segments, count, path)) {
            path->resource = rows[i].resource;
            path->allow = rows[i].method;
            path->is_wrong_method = !allows(rows[i].method, method);
            read_md5_suffix(path);
            return;
        }
    }
    path->id = 0;
    path->file[0] = '\0';
}

void ddi_read_path(const char *method, const char *path, struct ddi_path *out_path)
{
    struct segment segments[SEGMENTS_MAX];
    size_t count = 0;

    memset(out_path, 0, sizeof *out_path); /* DDI_NOT_FOUND */
    if (*path++ != '/') {
        return;
    }
    struct segment tenant = next_segment(&path); /* SWUpdate's documents write it small */
    if (tenant.len != 7 || strncasecmp(tenant.text, "DEFAULT", 7) != 0 ||
        !is_text(next_segment(&path), "controller") || !is_text(next_segment(&path), "v1") ||
        !copy(next_segment(&path), out_path->controller_id, sizeof out_path->controller_id)) {
        return;
    }
    while (*path != '\0') { /* one slash at the end does no harm */
        struct segment segment = next_segment(&path);
        if (count == SEGMENTS_MAX) {
            return;
        }
        segments[count++] = segment;
    }
    find_row(method, segments, count, out_path);
}
