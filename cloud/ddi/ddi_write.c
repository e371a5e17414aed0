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

/* A job is printed, too: each device of a rollout reads one. */
static FILE *open_text(char **out_text, size_t *out_len)
{
    *out_text = NULL;
    return open_memstream(out_text, out_len);
}

/* NULL if there was no memory, or it is not `good`. */
static char *close_text(FILE *out, char **io_text, bool good)
{
    good = ferror(out) == 0 && good;
    if (fclose(out) != 0 || !good) {
        free(*io_text);
        return NULL;
    }
    return *io_text;
}

/* A character that is not as it is in a JSON string. Returns its bytes in `text`. */
static size_t put_special(FILE *out, const char *text)
{
    size_t len = json_character_len(text);

    if (len == 0) {
        (void)fputs("\xEF\xBF\xBD", out); /* U+FFFD */
    } else if (*text == '"' || *text == '\\') {
        (void)fprintf(out, "\\%c", *text);
    } else if ((unsigned char)*text < ' ') {
        (void)fprintf(out, "\\u%04X", (unsigned)*text);
    } else {
        (void)fwrite(text, 1, len, out);
    }
    return len != 0 ? len : 1;
}

static void put_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    while (*text != '\0') {
        size_t len = 0;

        while (text[len] >= ' ' && text[len] < 0x7F && text[len] != '"' && text[len] != '\\') {
            len++;
        }
        (void)fwrite(text, 1, len, out);
        text += len;
        text += *text != '\0' ? put_special(out, text) : 0;
    }
    (void)fputc('"', out);
}

/* `before` is printed as it is: a comma, braces, the member's name. */
static void put_member(FILE *out, const char *before, const char *text)
{
    (void)fputs(before, out);
    put_string(out, text);
}

/* Zephyr knows the names with -http only, whatever the URL says. */
static void put_file_links(FILE *out, const char *name, bool is_https, const char *url,
                           const char *tail)
{
    if (is_https) {
        (void)fprintf(out, "\"%s\":{\"href\":\"%s%s\"},", name, url, tail);
    }
    (void)fprintf(out, "\"%s-http\":{\"href\":\"%s%s\"}", name, url, tail);
}

/* Returns false if there is no such URL: one that is cut would be worse than none. */
static bool put_artifacts(FILE *out, const struct ddi_job *job)
{
    static const char tail[] = ".MD5SUM";
    char text[URL_SIZE], id[32];
    struct url url = {text, sizeof text, 0};
    bool is_https = strncmp(job->base, "https:", 6) == 0;

    text[0] = '\0';
    (void)snprintf(id, sizeof id, "/softwaremodules/%" PRId64 "/artifacts/", job->module_id);
    put_text(&url, job->base);
    put_text(&url, id);
    put_segment(&url, job->file);
    if (url.len + sizeof tail > url.size || !is_url(text)) {
        return false;
    }
    put_member(out, "[{\"filename\":", job->file);
    put_member(out, ",\"hashes\":{\"sha1\":", job->sha1);
    put_member(out, ",\"md5\":", job->md5);
    put_member(out, ",\"sha256\":", job->sha256);
    (void)fprintf(out, "},\"size\":%" PRId64 ",\"_links\":{", job->size);
    put_file_links(out, "download", is_https, text, "");
    (void)fputc(',', out);
    put_file_links(out, "md5sum", is_https, text, tail);
    (void)fputs("}}]", out);
    return true;
}

static const char *handling_word(enum ddi_handling handling)
{
    return handling == DDI_FORCED ? "forced" : handling == DDI_ATTEMPT ? "attempt" : "skip";
}

static bool put_chunks(FILE *out, const struct ddi_job *job)
{
    put_member(out, "[{\"part\":", job->part);
    put_member(out, ",\"version\":", job->version);
    put_member(out, ",\"name\":", job->name);
    (void)fputs(",\"artifacts\":", out);
    bool is_good = put_artifacts(out, job);

    if (job->hardware != NULL && job->hardware[0] != '\0') {
        put_member(out, ",\"metadata\":[{\"key\":\"hw_ver\",\"value\":", job->hardware);
        (void)fputs("}]", out);
    }
    (void)fputs("}]", out);
    return is_good;
}

static void put_history(FILE *out, const struct ddi_job *job)
{
    put_member(out, ",\"actionHistory\":{\"status\":", job->last_status);
    (void)fputs(",\"messages\":[", out);
    for (size_t i = 0; i < job->message_count; i++) {
        put_member(out, i != 0 ? "," : "", job->messages[i]);
    }
    (void)fputs("]}", out);
}

char *ddi_put_job(const struct ddi_job *job)
{
    char *text;
    size_t len;
    FILE *out = open_text(&text, &len);

    if (out == NULL) {
        return NULL;
    }
    (void)fprintf(out, "{\"id\":\"%" PRId64 "\",\"%s\":{\"download\":\"%s\",\"update\":\"%s\",",
                  job->id, job->is_confirmation ? "confirmation" : "deployment",
                  handling_word(job->download), handling_word(job->update));
    if (job->has_window) {
        (void)fprintf(out, "\"maintenanceWindow\":\"%s\",",
                      job->is_in_window ? "available" : "unavailable");
    }
    (void)fputs("\"chunks\":", out);
    bool is_good = put_chunks(out, job);
    (void)fputc('}', out);
    if (job->last_status != NULL) {
        put_history(out, job);
    }
    (void)fputc('}', out);
    return close_text(out, &text, is_good);
}

char *ddi_put_artifacts(const struct ddi_job *job)
{
    char *text;
    size_t len;
    FILE *out = open_text(&text, &len);

    return out != NULL ? close_text(out, &text, put_artifacts(out, job)) : NULL;
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
