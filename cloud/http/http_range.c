/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

/* Digits; more than fit are "very large", which is what they mean. Returns where they end, or
 * NULL if there are none. */
static const char *read_number(const char *text, int64_t *out_value)
{
    const char *start = text;

    *out_value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        int digit = *text - '0';
        *out_value =
            *out_value > (INT64_MAX - digit) / 10 ? INT64_MAX : *out_value * 10 + digit;
    }
    return text != start ? text : NULL;
}

/* "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-SUFFIX" (RFC 9110, 14.1.2). Returns false if it
 * is anything else; of a range that is outside of the file the length is 0. */
static bool read_range(const char *text, int64_t size, struct http_part *out_part)
{
    int64_t first, last = INT64_MAX;

    if (strncasecmp(text, "bytes=", 6) != 0) {
        return false;
    }
    text = skip_space(text + 6);
    bool is_suffix = *text == '-';
    text = read_number(is_suffix ? text + 1 : text, &first);
    if (text == NULL || (!is_suffix && *text++ != '-')) {
        return false;
    }
    if (is_suffix) {
        first = first < size ? size - first : 0;
        /* "-0" has no byte of the file: `first` is its size. */
    } else if (*skip_space(text) != '\0') {
        text = read_number(text, &last);
        if (text == NULL || last < first) {
            return false;
        }
    }
    if (*skip_space(text) != '\0') {
        return false; /* several ranges, or rubbish */
    }
    last = last < size ? last : size - 1;
    *out_part = (struct http_part){206, first, first < size ? last - first + 1 : 0};
    return true;
}

/* Is `etag` one of a list of ETags? The weak comparison (8.8.3.2) takes W/"x" as "x". */
static bool has_etag(const char *list, const char *etag, bool is_weak)
{
    size_t etag_len = strlen(etag);

    for (;;) {
        list += strspn(list, " \t,");
        bool matches = true;
        if (*list == '*') {
            return true;
        }
        if (list[0] == 'W' && list[1] == '/') {
            list += 2;
            matches = is_weak;
        }
        const char *end = *list == '"' ? strchr(list + 1, '"') : NULL;
        if (end == NULL) {
            return false;
        }
        if (matches && (size_t)(end - list - 1) == etag_len &&
            memcmp(list + 1, etag, etag_len) == 0) {
            return true;
        }
        list = end + 1;
    }
}

/* A date never matches: these files have none. Neither does `*`, which is no ETag. */
static bool range_is_valid(const char *if_range, const char *etag)
{
    return if_range == NULL ||
           (*skip_space(if_range) == '"' && has_etag(if_range, etag, false));
}

struct http_part http_choose_part(const struct http_conditions *conditions, const char *etag,
                                  int64_t size)
{
    struct http_part whole = {200, 0, size}, part;

    /* The order is that of 13.2.2. */
    if (conditions->if_match != NULL && !has_etag(conditions->if_match, etag, false)) {
        return (struct http_part){412, 0, 0};
    }
    if (conditions->if_none_match != NULL && has_etag(conditions->if_none_match, etag, true)) {
        return (struct http_part){304, 0, 0};
    }
    if (conditions->range == NULL || !range_is_valid(conditions->if_range, etag) ||
        !read_range(conditions->range, size, &part)) {
        return whole;
    }
    return part.len != 0 ? part : (struct http_part){416, 0, 0};
}
