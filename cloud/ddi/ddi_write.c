/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/ddi/ddi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/json.h"

enum { URL_SIZE = 2048, SLEEP_MAX_S = 24 * 3600 - 1 };

/* ---- URLs ---- */

struct url {
    char *out;
    size_t size, len; /* len may be larger: then it did not fit */
};

static void put_character(struct url *url, char c)
{
    if (url->len + 1 < url->size) {
        url->out[url->len] = c;
        url->out[url->len + 1] = '\0';
    }
    url->len++;
}

static void put_text(struct url *url, const char *text)
{
    while (*text != '\0') {
        put_character(url, *text++);
    }
}

/* One segment of a path (RFC 3986: unreserved characters stand for themselves). */
static void put_segment(struct url *url, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || strchr("-._~:@", c) != NULL;
        if (is_plain) {
            put_character(url, (char)c);
        } else {
            put_character(url, '%');
            put_character(url, digits[c >> 4]);
            put_character(url, digits[c & 15]);
        }
    }
}

size_t ddi_put_base(const char *url, const char *controller_id, char *out, size_t out_size)
{
    struct url base = {out, out_size, 0};

    if (out_size != 0) {
        out[0] = '\0';
    }
    put_text(&base, url);
    put_text(&base, "/DEFAULT/controller/v1/");
    put_segment(&base, controller_id);
    return base.len;
}

static json_t *make_link(const char *url)
{
    json_t *link = json_object();

    json_add(&link, "href", json_text(url));
    return link;
}

static json_t *make_id(int64_t id)
{
    return json_sprintf("%" PRId64, id);
}

/* The document as a text; it is released. */
static char *print(json_t *document)
{
    char *text = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;

    json_decref(document);
    return text;
}

/* ---- the root ---- */

/* Text of a root answer. It is what most requests ask for, so that it is printed, and not built
 * as a document first. */
struct root_text {
    char *out;
    size_t size, len;
    const char *base;
    bool has_link;
};

static void put_link(struct root_text *text, const char *name, const char *resource,
                     const char *tail)
{
    int len = snprintf(text->out + text->len, text->size - text->len,
                       "%s\"%s\":{\"href\":\"%s/%s%s\"}", text->has_link ? "," : "", name,
                       text->base, resource, tail);

    text->len += (size_t)len;
    text->has_link = true;
}

static void put_action(struct root_text *text, const struct ddi_root *root)
{
    char tail[64];

    (void)snprintf(tail, sizeof tail, "/%" PRId64, root->id);
    if (root->link == DDI_LINK_CONFIRMATION) {
        put_link(text, "confirmationBase", "confirmationBase", tail);
    } else if (root->link == DDI_LINK_DEPLOYMENT) {
        (void)snprintf(tail, sizeof tail, "/%" PRId64 "?c=%" PRIu32, root->id,
                       root->deployment_hash);
        put_link(text, "deploymentBase", "deploymentBase", tail);
    } else if (root->link == DDI_LINK_CANCEL) {
        put_link(text, "cancelAction", "cancelAction", tail);
    }
}

/* A URL has nothing that JSON would have to escape; what is none is not written. */
static bool is_url(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text == '"' || *text == '\\' || *text == 0x7F) {
            return false;
        }
    }
    return true;
}

char *ddi_put_root(const struct ddi_root *root)
{
    uint32_t sleep_s = root->interval_s < SLEEP_MAX_S ? root->interval_s : SLEEP_MAX_S;
    size_t size = 512 + 3 * strlen(root->base); /* three links at most */
    struct root_text text = {.out = malloc(size), .size = size, .base = root->base};
    char tail[32];

    if (text.out == NULL || !is_url(root->base)) {
        free(text.out);
        return NULL;
    }
    text.len = (size_t)snprintf(text.out, size,
                                "{\"config\":{\"polling\":{\"sleep\":\"%02" PRIu32 ":%02" PRIu32
                                ":%02" PRIu32 "\"}},\"_links\":{",
                                sleep_s / 3600, sleep_s / 60 % 60, sleep_s % 60);
    if (root->wants_config) {
        put_link(&text, "configData", "configData", "");
    }
    put_action(&text, root);
    if (root->installed_id != 0) {
        (void)snprintf(tail, sizeof tail, "/%" PRId64, root->installed_id);
        put_link(&text, "installedBase", "installedBase", tail);
    }
    (void)snprintf(text.out + text.len, size - text.len, "}}");
    return text.out;
}

/* ---- a job ---- */

static json_t *make_artifact_links(const struct ddi_job *job)
{
    char text[URL_SIZE], id[32];
    struct url url = {text, sizeof text, 0};
    json_t *links = json_object();
    bool is_https = strncmp(job->base, "https:", 6) == 0;

    (void)snprintf(id, sizeof id, "%" PRId64, job->module_id);
    put_text(&url, job->base);
    put_text(&url, "/softwaremodules/");
    put_text(&url, id);
    put_text(&url, "/artifacts/");
    put_segment(&url, job->file);
    /* Zephyr knows the names with -http only, whatever the URL says. */
    if (is_https) {
        json_add(&links, "download", make_link(text));
    }
    json_add(&links, "download-http", make_link(text));
    put_text(&url, ".MD5SUM");
    if (is_https) {
        json_add(&links, "md5sum", make_link(text));
    }
    json_add(&links, "md5sum-http", make_link(text));
    if (url.len >= url.size) { /* a link that is cut would be worse than none */
        json_decref(links);
        return NULL;
    }
    return links;
}

static json_t *make_artifacts(const struct ddi_job *job)
{
    json_t *list = json_array(), *artifact = json_object(), *hashes = json_object();

    json_add(&hashes, "sha1", json_text(job->sha1));
    json_add(&hashes, "md5", json_text(job->md5));
    json_add(&hashes, "sha256", json_text(job->sha256));
    json_add(&artifact, "filename", json_text(job->file));
    json_add(&artifact, "hashes", hashes);
    json_add(&artifact, "size", json_integer(job->size));
    json_add(&artifact, "_links", make_artifact_links(job));
    if (json_array_append_new(list, artifact) != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *make_metadata(const char *hardware)
{
    json_t *list = json_array(), *entry = json_object();

    json_add(&entry, "key", json_text("hw_ver"));
    json_add(&entry, "value", json_text(hardware));
    if (json_array_append_new(list, entry) != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *make_chunks(const struct ddi_job *job)
{
    json_t *list = json_array(), *chunk = json_object();

    json_add(&chunk, "part", json_text(job->part));
    json_add(&chunk, "version", json_text(job->version));
    json_add(&chunk, "name", json_text(job->name));
    json_add(&chunk, "artifacts", make_artifacts(job));
    if (job->hardware != NULL && job->hardware[0] != '\0') {
        json_add(&chunk, "metadata", make_metadata(job->hardware));
    }
    if (json_array_append_new(list, chunk) != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static const char *handling_word(enum ddi_handling handling)
{
    return handling == DDI_FORCED ? "forced" : handling == DDI_ATTEMPT ? "attempt" : "skip";
}

static json_t *make_history(const struct ddi_job *job)
{
    json_t *history = json_object(), *messages = json_array();

    for (size_t i = 0; i < job->message_count && messages != NULL; i++) {
        if (json_array_append_new(messages, json_text(job->messages[i])) != 0) {
            json_decref(messages);
            messages = NULL;
        }
    }
    json_add(&history, "status", json_text(job->last_status));
    json_add(&history, "messages", messages);
    return history;
}

char *ddi_put_job(const struct ddi_job *job)
{
    json_t *document = json_object(), *deployment = json_object();

    json_add(&deployment, "download", json_text(handling_word(job->download)));
    json_add(&deployment, "update", json_text(handling_word(job->update)));
    if (job->has_window) {
        json_add(&deployment, "maintenanceWindow",
                 json_text(job->is_in_window ? "available" : "unavailable"));
    }
    json_add(&deployment, "chunks", make_chunks(job));
    json_add(&document, "id", make_id(job->id));
    json_add(&document, job->is_confirmation ? "confirmation" : "deployment", deployment);
    if (job->last_status != NULL) {
        json_add(&document, "actionHistory", make_history(job));
    }
    return print(document);
}

char *ddi_put_artifacts(const struct ddi_job *job)
{
    return print(make_artifacts(job));
}

/* ---- the small ones ---- */

char *ddi_put_cancel(int64_t id, int64_t stop_id)
{
    json_t *document = json_object(), *cancel = json_object();

    json_add(&cancel, "stopId", make_id(stop_id));
    json_add(&document, "id", make_id(id));
    json_add(&document, "cancelAction", cancel);
    return print(document);
}

static json_t *make_resource_link(const char *base, const char *resource, const char *tail)
{
    char text[URL_SIZE];
    int len = snprintf(text, sizeof text, "%s/%s%s", base, resource, tail);

    return len >= 0 && (size_t)len < sizeof text ? make_link(text) : NULL;
}

char *ddi_put_confirmations(const char *base, int64_t id, bool auto_confirm)
{
    json_t *document = json_object(), *state = json_object();
    json_t *links = json_object(), *state_links = json_object();
    const char *change = auto_confirm ? "deactivateAutoConfirm" : "activateAutoConfirm";
    char tail[32];

    json_add(&state_links, change, make_resource_link(base, "confirmationBase/", change));
    json_add(&state, "active", json_boolean(auto_confirm));
    json_add(&state, "_links", state_links);
    json_add(&document, "autoConfirm", state);
    (void)snprintf(tail, sizeof tail, "/%" PRId64, id);
    if (id != 0) {
        json_add(&links, "confirmationBase",
                 make_resource_link(base, "confirmationBase", tail));
    }
    json_add(&document, "_links", links);
    return print(document);
}
