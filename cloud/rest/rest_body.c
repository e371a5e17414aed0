/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_time.h"

enum { LIST_TEXT_MAX = 128 };

static int fail(char out_reason[REST_REASON_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(char out_reason[REST_REASON_SIZE], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out_reason, REST_REASON_SIZE, format, args);
    va_end(args);
    return -1;
}

/* jansson reads by recursion, as deep as 2048: counted first, on bytes that may be no JSON at
 * all. */
static bool is_too_deep(const uint8_t bytes[], size_t len)
{
    size_t depth = 0;
    bool in_text = false;

    for (size_t i = 0; i < len; i++) {
        if (in_text) {
            if (bytes[i] == '\\') {
                i++;
            } else if (bytes[i] == '"') {
                in_text = false;
            }
        } else if (bytes[i] == '"') {
            in_text = true;
        } else if (bytes[i] == '{' || bytes[i] == '[') {
            if (++depth > REST_DEPTH_MAX) {
                return true;
            }
        } else if ((bytes[i] == '}' || bytes[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

bool rest_is_one_of(const char *word, const char *words)
{
    size_t len = strlen(word);

    for (const char *at = words; *at != '\0';) {
        size_t part = strcspn(at, " ");
        if (part == len && memcmp(at, word, len) == 0) {
            return true;
        }
        at += part;
        at += strspn(at, " ");
    }
    return false;
}

static bool has_control_characters(const char *text, bool allow_lines)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == 0x7F || (c < 0x20 && !(allow_lines && strchr("\n\r\t", c) != NULL))) {
            return true;
        }
    }
    return false;
}

static int check_text(const struct rest_member *member, const json_t *value, char *out_reason)
{
    size_t len = json_string_length(value);

    if (!json_is_string(value)) {
        return fail(out_reason, "%s: not a text", member->name);
    }
    if (len < (size_t)member->min || len > (size_t)member->max) {
        return fail(out_reason, "%s: %zu bytes long, not %lld to %lld", member->name, len,
                    (long long)member->min, (long long)member->max);
    }
    if (has_control_characters(json_string_value(value), member->type == REST_LONG_TEXT)) {
        return fail(out_reason, "%s: holds control characters", member->name);
    }
    return 0;
}

static int check_texts(const struct rest_member *member, const json_t *value, char *out_reason)
{
    struct rest_member each = {
        .name = member->name, .type = REST_TEXT, .min = 1, .max = LIST_TEXT_MAX};
    size_t count = json_array_size(value);

    if (!json_is_array(value)) {
        return fail(out_reason, "%s: not a list", member->name);
    }
    if (count < (size_t)member->min || count > (size_t)member->max) {
        return fail(out_reason, "%s: %zu entries, not %lld to %lld", member->name, count,
                    (long long)member->min, (long long)member->max);
    }
    for (size_t i = 0; i < count; i++) {
        if (check_text(&each, json_array_get(value, i), out_reason) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_integer(const struct rest_member *member, const json_t *value,
                         char *out_reason)
{
    if (!json_is_integer(value)) {
        return fail(out_reason, "%s: not an integer", member->name);
    }
    if (json_integer_value(value) < member->min || json_integer_value(value) > member->max) {
        return fail(out_reason, "%s: not from %lld to %lld", member->name,
                    (long long)member->min, (long long)member->max);
    }
    return 0;
}

static int check_choice(const struct rest_member *member, const json_t *value, char *out_reason)
{
    if (!json_is_string(value) || !rest_is_one_of(json_string_value(value), member->choices)) {
        return fail(out_reason, "%s: not one of: %s", member->name, member->choices);
    }
    return 0;
}

static int check_time(const struct rest_member *member, const json_t *value, char *out_reason)
{
    int64_t ms;

    if (!json_is_string(value) || rest_read_time(json_string_value(value), &ms) != 0) {
        return fail(out_reason, "%s: not a time like 2026-11-29T12:00:00Z", member->name);
    }
    return 0;
}

static int check_object(json_t *object, const struct rest_member members[], char *out_reason);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables of members */
static int check_member(const struct rest_member *member, json_t *value, char *out_reason)
{
    if (json_is_null(value) && member->may_be_null) {
        return 0;
    }
    switch (member->type) {
    case REST_TEXT:
    case REST_LONG_TEXT:
        return check_text(member, value, out_reason);
    case REST_CHOICE:
        return check_choice(member, value, out_reason);
    case REST_INTEGER:
        return check_integer(member, value, out_reason);
    case REST_BOOLEAN:
        return json_is_boolean(value) ? 0
                                      : fail(out_reason, "%s: not true or false", member->name);
    case REST_TIME:
        return check_time(member, value, out_reason);
    case REST_TEXTS:
        return check_texts(member, value, out_reason);
    case REST_OBJECT:
        return json_is_object(value) ? check_object(value, member->members, out_reason)
                                     : fail(out_reason, "%s: not an object", member->name);
    }
    return fail(out_reason, "%s: cannot be read", member->name);
}

static const struct rest_member *find_member(const struct rest_member members[],
                                             const char *name)
{
    for (; members->name != NULL; members++) {
        if (strcmp(members->name, name) == 0) {
            return members;
        }
    }
    return NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables of members */
static int check_object(json_t *object, const struct rest_member members[], char *out_reason)
{
    for (const struct rest_member *member = members; member->name != NULL; member++) {
        if (member->is_required && json_object_get(object, member->name) == NULL) {
            return fail(out_reason, "%s: missing", member->name);
        }
    }
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const struct rest_member *member = find_member(members, name);
        if (member == NULL) {
            return fail(out_reason, "%.64s: no such member", name);
        }
        if (check_member(member, value, out_reason) != 0) {
            return -1;
        }
    }
    return 0;
}

int rest_read_body(const uint8_t bytes[], size_t len, const struct rest_member members[],
                   json_t **out_body, char out_reason[REST_REASON_SIZE])
{
    json_error_t error;

    if (len > REST_BODY_MAX) {
        return fail(out_reason, "longer than %d bytes", REST_BODY_MAX);
    }
    if (is_too_deep(bytes, len)) {
        return fail(out_reason, "nested deeper than %d", REST_DEPTH_MAX);
    }
    json_t *body = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (body == NULL) {
        return fail(out_reason, "not JSON: line %d, column %d: %s", error.line, error.column,
                    error.text);
    }
    if (!json_is_object(body)) {
        json_decref(body);
        return fail(out_reason, "not a JSON object");
    }
    if (check_object(body, members, out_reason) != 0) {
        json_decref(body);
        return -1;
    }
    *out_body = body;
    return 0;
}

const char *rest_body_text(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

int64_t rest_body_integer(const json_t *body, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(body, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

int64_t rest_body_time(const json_t *body, const char *name, int64_t fallback)
{
    const char *text = rest_body_text(body, name);
    int64_t ms;

    return text != NULL && rest_read_time(text, &ms) == 0 ? ms : fallback;
}
