/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/ddi/ddi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cloud/ddi/ddi_text.h"

enum { REASON_SIZE = 160 };

static int refuse(json_t *document, char out_reason[REASON_SIZE], const char *reason)
{
    json_decref(document);
    (void)snprintf(out_reason, REASON_SIZE, "%s", reason);
    return -1;
}

/* A number, or digits in a string; anything else is 0. */
static int64_t read_number(const json_t *value)
{
    double number = json_number_value(value);

    if (json_is_string(value)) {
        return strtoll(json_string_value(value), NULL, 10);
    }
    if (number >= 9e18 || number <= -9e18) {
        return number > 0 ? INT64_MAX : INT64_MIN;
    }
    return (int64_t)number;
}

static bool word_is(const json_t *value, const char *word)
{
    const char *text = json_string_value(value);

    return text != NULL && strcasecmp(text, word) == 0;
}

/* ---- feedback ---- */

static enum ddi_execution read_execution(const json_t *value)
{
    static const struct {
        const char *word;
        enum ddi_execution execution;
    } words[] = {
        {"closed", DDI_CLOSED},      {"proceeding", DDI_PROCEEDING}, {"canceled", DDI_CANCELED},
        {"cancelled", DDI_CANCELED}, {"scheduled", DDI_SCHEDULED},   {"rejected", DDI_REJECTED},
        {"resumed", DDI_RESUMED},    {"downloaded", DDI_DOWNLOADED}, {"download", DDI_DOWNLOAD},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (word_is(value, words[i].word)) {
            return words[i].execution;
        }
    }
    return DDI_UNKNOWN_EXECUTION;
}

/* The lines from `first` on. Returns false if they do not fit; what does not ends with
 * "...". */
static bool put_lines(const json_t *details, size_t first, char out_detail[DDI_DETAIL_SIZE])
{
    static const char more[] = "...";
    struct ddi_line line = {.out = out_detail, .size = DDI_DETAIL_SIZE - (sizeof more - 1)};

    out_detail[0] = '\0';
    if (first > 0) {
        ddi_append(&line, more, sizeof more - 1);
    }
    for (size_t i = first; i < json_array_size(details) && !line.is_full; i++) {
        if (line.len != 0) {
            ddi_append(&line, "\n", 1);
        }
        (void)ddi_append_value(&line, json_array_get(details, i));
    }
    if (details != NULL && !json_is_array(details)) {
        (void)ddi_append_value(&line, details);
    }
    if (line.is_full) {
        memcpy(out_detail + line.len, more, sizeof more);
    }
    return !line.is_full;
}

/* The lines of a log, or one text. Dozens come from SWUpdate; hawkBit refuses more than 50
 * (eclipse-hawkbit/hawkbit issue 1321). A log says at its end why it ended. */
static void read_details(const json_t *details, char out_detail[DDI_DETAIL_SIZE])
{
    size_t low = 1, high = json_array_size(details);

    if (put_lines(details, 0, out_detail) || high < 2) {
        return;
    }
    high--; /* the last line must do, even if it does not fit */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (put_lines(details, middle, out_detail)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (void)put_lines(details, high, out_detail);
}

static void read_result(const json_t *result, struct ddi_feedback *feedback)
{
    const json_t *progress = json_object_get(result, "progress");
    const json_t *count = json_object_get(progress, "cnt");

    feedback->is_failure = word_is(json_object_get(result, "finished"), "failure");
    if (count != NULL) {
        int64_t number = read_number(count), of = read_number(json_object_get(progress, "of"));
        feedback->has_progress = true;
        feedback->count = number > 0 ? number : 0;
        feedback->of = of > 0 ? of : 0;
    }
}

int ddi_read_feedback(const uint8_t body[], size_t len, struct ddi_feedback *out_feedback,
                      char out_reason[REASON_SIZE])
{
    /* As reals, no integer is too long for jansson, e.g. a time stamp. */
    json_t *document = ddi_parse(body, len, JSON_DECODE_INT_AS_REAL, out_reason);

    if (document == NULL) {
        return -1;
    }
    const json_t *status = json_object_get(document, "status");
    const json_t *execution = json_object_get(status, "execution");
    if (!json_is_string(execution)) {
        return refuse(document, out_reason, "no status.execution");
    }
    memset(out_feedback, 0, sizeof *out_feedback);
    out_feedback->execution = read_execution(execution);
    out_feedback->code = read_number(json_object_get(status, "code"));
    read_result(json_object_get(status, "result"), out_feedback);
    read_details(json_object_get(status, "details"), out_feedback->detail);
    json_decref(document);
    return 0;
}

int ddi_read_confirmation(const uint8_t body[], size_t len,
                          struct ddi_confirmation *out_confirmation,
                          char out_reason[REASON_SIZE])
{
    json_t *document = ddi_parse(body, len, JSON_DECODE_INT_AS_REAL, out_reason);

    if (document == NULL) {
        return -1;
    }
    const json_t *word = json_object_get(document, "confirmation");
    bool is_confirmed = word_is(word, "confirmed");
    if (!is_confirmed && !word_is(word, "denied")) {
        return refuse(document, out_reason, "confirmation is neither confirmed nor denied");
    }
    out_confirmation->is_confirmed = is_confirmed;
    out_confirmation->code = read_number(json_object_get(document, "code"));
    read_details(json_object_get(document, "details"), out_confirmation->detail);
    json_decref(document);
    return 0;
}

/* ---- attributes ---- */

/* Returns NULL, or what is wrong. */
static const char *read_mode(const json_t *mode, enum ddi_config_mode *out_mode)
{
    *out_mode = word_is(mode, "replace")  ? DDI_REPLACE
                : word_is(mode, "remove") ? DDI_REMOVE
                                          : DDI_MERGE;
    bool is_known =
        mode == NULL || json_is_null(mode) || *out_mode != DDI_MERGE || word_is(mode, "merge");
    return is_known ? NULL : "mode is none of merge, replace, remove";
}

static const char *read_attributes(json_t *data, struct ddi_config *config)
{
    const char *name;
    json_t *value;

    if (!json_is_object(data)) {
        return "no data";
    }
    if (json_object_size(data) > DDI_ATTRIBUTES_MAX) {
        return "more than 100 attributes";
    }
    json_object_foreach(data, name, value)
    {
        struct ddi_line key = {config->attributes[config->count].key, DDI_KEY_SIZE, 0, false};
        struct ddi_line text = {config->attributes[config->count].value, DDI_VALUE_SIZE, 0,
                                false};
        text.out[0] = '\0';
        ddi_append(&key, name, strlen(name));
        if (key.len == 0 || key.is_full) {
            return "an attribute's name is empty, or longer than 128 bytes";
        }
        if (!ddi_append_value(&text, value) && !json_is_null(value)) {
            return "an attribute's value is no text";
        }
        if (text.is_full) {
            return "an attribute's value is longer than 256 bytes";
        }
        config->count++;
    }
    return NULL;
}

int ddi_read_config(const uint8_t body[], size_t len, struct ddi_config *out_config,
                    char out_reason[REASON_SIZE])
{
    json_t *document = ddi_parse(body, len, 0, out_reason);

    if (document == NULL) {
        return -1;
    }
    out_config->count = 0;
    const char *reason = read_mode(json_object_get(document, "mode"), &out_config->mode);
    if (reason == NULL) {
        /* SWUpdate sends id, time and status, too. */
        reason = read_attributes(json_object_get(document, "data"), out_config);
    }
    if (reason != NULL) {
        return refuse(document, out_reason, reason);
    }
    json_decref(document);
    return 0;
}

int ddi_read_installed(const uint8_t body[], size_t len, char out_version[65],
                       char out_reason[REASON_SIZE])
{
    json_t *document = ddi_parse(body, len, 0, out_reason);

    if (document == NULL) {
        return -1;
    }
    const json_t *version = json_object_get(document, "version");
    struct ddi_line line = {.out = out_version, .size = 65};
    out_version[0] = '\0';
    if (version == NULL || !ddi_append_value(&line, version) || line.len == 0) {
        return refuse(document, out_reason, "no version");
    }
    if (line.is_full) {
        return refuse(document, out_reason, "the version is longer than 64 bytes");
    }
    json_decref(document);
    return 0;
}
