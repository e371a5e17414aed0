/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths and depth are limited before jansson builds anything; see ddi_read.h. */
#include "agent/ddi_read.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

enum { ID_MAX = DDI_ID_SIZE - 1, ARTIFACTS_LOOKED_AT = 64 };

/* jansson's own limit of depth is 2048 calls; a text of 32 KB may not use so much stack of a
 * small device. Brackets inside of strings do not count. */
static bool is_deep(const char *text, size_t len)
{
    unsigned depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > DDI_DEPTH_MAX) {
                return true;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

static json_t *parse(const char *text, size_t len, const char *what,
                     struct host_error *out_error)
{
    json_error_t error;

    if (is_deep(text, len)) {
        (void)host_error_set(out_error, what, "JSON nested too deeply");
        return NULL;
    }
    json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        (void)host_error_set(out_error, what, "no JSON: %s", error.text);
        return NULL;
    }
    if (!json_is_object(document)) {
        json_decref(document);
        (void)host_error_set(out_error, what, "JSON, but no object");
        return NULL;
    }
    return document;
}

/* A string member of printable ASCII that fits; else "". */
static void get_text(const json_t *object, const char *name, char out[], size_t out_size)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);

    out[0] = '\0';
    if (text == NULL || json_string_length(value) >= out_size) {
        return;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return;
        }
    }
    memcpy(out, text, strlen(text) + 1);
}

/* An id may be a string or, with other servers, a number. */
static void get_id(const json_t *object, const char *name, char out[DDI_ID_SIZE])
{
    const json_t *value = json_object_get(object, name);

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        (void)snprintf(out, DDI_ID_SIZE, "%lld", (long long)json_integer_value(value));
        return;
    }
    get_text(object, name, out, DDI_ID_SIZE);
    if (!ddi_is_id(out)) {
        out[0] = '\0';
    }
}

static void get_link(const json_t *links, const char *name, char out[DDI_URL_SIZE])
{
    get_text(json_object_get(links, name), "href", out, DDI_URL_SIZE);
}

bool ddi_is_id(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_') {
            return false;
        }
    }
    return len > 0 && len <= ID_MAX;
}

int ddi_read_sleep(const char *text, uint32_t *out_s)
{
    uint32_t part[3] = {0};

    if (strlen(text) != 8 || text[2] != ':' || text[5] != ':') {
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        const char *digits = text + 3 * (size_t)i;
        if (!isdigit((unsigned char)digits[0]) || !isdigit((unsigned char)digits[1])) {
            return -1;
        }
        part[i] = (uint32_t)(digits[0] - '0') * 10 + (uint32_t)(digits[1] - '0');
    }
    if (part[1] > 59 || part[2] > 59) {
        return -1;
    }
    *out_s = part[0] * 3600 + part[1] * 60 + part[2];
    return 0;
}

int ddi_read_root(const char *text, size_t len, struct ddi_root *out_root,
                  struct host_error *out_error)
{
    json_t *document = parse(text, len, "answer to the poll", out_error);
    char sleep[16];

    if (document == NULL) {
        return -1;
    }
    memset(out_root, 0, sizeof *out_root);
    const json_t *config = json_object_get(document, "config");
    get_text(json_object_get(config, "polling"), "sleep", sleep, sizeof sleep);
    out_root->has_sleep = ddi_read_sleep(sleep, &out_root->sleep_s) == 0;
    const json_t *links = json_object_get(document, "_links");
    get_link(links, "configData", out_root->config_data);
    get_link(links, "deploymentBase", out_root->deployment);
    get_link(links, "confirmationBase", out_root->confirmation);
    get_link(links, "cancelAction", out_root->cancel);
    json_decref(document);
    return 0;
}

/* What is absent or unknown is not done: `skip`. */
static enum ddi_handling get_handling(const json_t *deployment, const char *name)
{
    const char *text = json_string_value(json_object_get(deployment, name));

    if (text != NULL && strcmp(text, "forced") == 0) {
        return DDI_FORCED;
    }
    return text != NULL && strcmp(text, "attempt") == 0 ? DDI_ATTEMPT : DDI_SKIP;
}

static bool get_hash(const json_t *hashes, const char *name, size_t digits,
                     char out[DDI_HASH_SIZE])
{
    get_text(hashes, name, out, DDI_HASH_SIZE);
    if (strlen(out) != digits) {
        return false;
    }
    for (char *c = out; *c != '\0'; c++) {
        if (!isxdigit((unsigned char)*c)) {
            return false;
        }
        *c = (char)tolower((unsigned char)*c);
    }
    return true;
}

static enum ddi_hash get_best_hash(const json_t *hashes, char out[DDI_HASH_SIZE])
{
    if (get_hash(hashes, "sha256", 64, out)) {
        return DDI_HASH_SHA256;
    }
    if (get_hash(hashes, "sha1", 40, out)) {
        return DDI_HASH_SHA1;
    }
    if (get_hash(hashes, "md5", 32, out)) {
        return DDI_HASH_MD5;
    }
    out[0] = '\0';
    return DDI_HASH_NONE;
}

static void get_artifact(const json_t *artifact, const json_t *chunk,
                         struct ddi_deployment *out)
{
    const json_t *links = json_object_get(artifact, "_links");
    const json_t *size = json_object_get(artifact, "size");
    char url[DDI_URL_SIZE], hash[DDI_HASH_SIZE];

    out->artifacts++;
    get_link(links, "download", url);
    if (url[0] == '\0') {
        get_link(links, "download-http", url);
    }
    enum ddi_hash kind = get_best_hash(json_object_get(artifact, "hashes"), hash);
    json_int_t bytes = json_is_integer(size) ? json_integer_value(size) : 0;
    if (url[0] == '\0' || kind == DDI_HASH_NONE || bytes < 1 || bytes > UINT32_MAX) {
        return;
    }
    out->usable++;
    out->size = (uint32_t)bytes;
    out->hash_kind = kind;
    memcpy(out->hash, hash, sizeof hash);
    memcpy(out->url, url, sizeof url);
    get_text(artifact, "filename", out->filename, sizeof out->filename);
    get_text(chunk, "version", out->version, sizeof out->version);
}

static void get_chunks(const json_t *chunks, struct ddi_deployment *out)
{
    for (size_t i = 0; i < json_array_size(chunks); i++) {
        const json_t *chunk = json_array_get(chunks, i);
        const json_t *artifacts = json_object_get(chunk, "artifacts");
        for (size_t k = 0; k < json_array_size(artifacts); k++) {
            if (out->artifacts < ARTIFACTS_LOOKED_AT) {
                get_artifact(json_array_get(artifacts, k), chunk, out);
            }
        }
    }
}

int ddi_read_deployment(const char *text, size_t len, struct ddi_deployment *out_deployment,
                        struct host_error *out_error)
{
    json_t *document = parse(text, len, "deployment", out_error);

    if (document == NULL) {
        return -1;
    }
    memset(out_deployment, 0, sizeof *out_deployment);
    get_id(document, "id", out_deployment->id);
    const json_t *deployment = json_object_get(document, "deployment");
    if (deployment == NULL) {
        deployment = json_object_get(document, "confirmation");
    }
    if (out_deployment->id[0] == '\0' || !json_is_object(deployment)) {
        json_decref(document);
        return host_error_set(out_error, "deployment", "without id or deployment");
    }
    const char *window = json_string_value(json_object_get(deployment, "maintenanceWindow"));
    out_deployment->is_in_window = window == NULL || strcmp(window, "available") == 0;
    out_deployment->download = get_handling(deployment, "download");
    out_deployment->update = get_handling(deployment, "update");
    get_chunks(json_object_get(deployment, "chunks"), out_deployment);
    json_decref(document);
    return 0;
}

int ddi_read_cancel(const char *text, size_t len, struct ddi_cancel *out_cancel,
                    struct host_error *out_error)
{
    json_t *document = parse(text, len, "cancellation", out_error);

    if (document == NULL) {
        return -1;
    }
    get_id(document, "id", out_cancel->id);
    get_id(json_object_get(document, "cancelAction"), "stopId", out_cancel->stop_id);
    json_decref(document);
    if (out_cancel->stop_id[0] == '\0') {
        return host_error_set(out_error, "cancellation", "without stopId");
    }
    if (out_cancel->id[0] == '\0') {
        memcpy(out_cancel->id, out_cancel->stop_id, sizeof out_cancel->id);
    }
    return 0;
}
