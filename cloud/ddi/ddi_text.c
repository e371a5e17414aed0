/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/ddi/ddi_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* ---- what jansson would refuse ---- */

struct repair {
    const char *in; /* ends with NUL */
    size_t len;
    char *out;
    size_t out_len;
    bool in_string;
    unsigned depth, depth_max;
};

/* The code unit of "\uXXXX" at `text`, -1 = it is none. */
static int32_t read_unit(const char *text)
{
    char digits[5] = {0}, *end;

    if (text[0] != '\\' || text[1] != 'u') {
        return -1;
    }
    (void)snprintf(digits, sizeof digits, "%.4s", text + 2);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4) {
        return -1;
    }
    return (int32_t)strtol(digits, &end, 16);
}

/* An escape sequence as it stands, but half of a pair. Returns the bytes that were read. */
static size_t copy_escape(struct repair *repair, const char *at)
{
    int32_t unit = read_unit(at);
    size_t len = unit < 0 ? (at[1] == '\0' ? 1 : 2) : 6;
    bool is_first = unit >= 0xD800 && unit < 0xDC00;
    int32_t second = is_first ? read_unit(at + 6) : -1;
    const char *from = at;

    if (second >= 0xDC00 && second < 0xE000) {
        len = 12;
    } else if (unit >= 0xD800 && unit < 0xE000) {
        from = "\\uFFFD";
    }
    memcpy(repair->out + repair->out_len, from, len);
    repair->out_len += len;
    return len;
}

/* One character of a string. Returns the bytes that were read. */
static size_t copy_character(struct repair *repair, const char *at)
{
    size_t len = json_character_len(at);
    const char *from = len != 0 ? at : replacement;
    size_t out_len = len != 0 ? len : sizeof replacement - 1;

    if ((unsigned char)*at < 0x20) {
        from = " ";
    }
    memcpy(repair->out + repair->out_len, from, out_len);
    repair->out_len += out_len;
    return len != 0 ? len : 1;
}

static void count_depth(struct repair *repair, char c)
{
    if (c == '{' || c == '[') {
        repair->depth++;
        if (repair->depth > repair->depth_max) {
            repair->depth_max = repair->depth;
        }
    } else if ((c == '}' || c == ']') && repair->depth != 0) {
        repair->depth--;
    }
}

/* `out` has room for three bytes per byte. */
static void run_repair(struct repair *repair)
{
    size_t at = 0;

    while (at < repair->len) {
        char c = repair->in[at];
        if (!repair->in_string) {
            count_depth(repair, c);
            repair->in_string = c == '"';
            repair->out[repair->out_len++] = c;
            at++;
        } else if (c == '\\') {
            at += copy_escape(repair, repair->in + at);
        } else {
            repair->in_string = c != '"';
            at += copy_character(repair, repair->in + at);
        }
    }
}

/* ---- parsing ---- */

static json_t *parse_text(const char *text, size_t len, size_t flags, char out_reason[160])
{
    json_error_t error;
    struct repair repair = {.in = text, .len = len, .out = malloc(3 * len + 1)};
    json_t *document = NULL;

    if (repair.out == NULL) {
        (void)snprintf(out_reason, 160, "no memory");
        return NULL;
    }
    run_repair(&repair);
    if (repair.depth_max > DDI_DEPTH_MAX) {
        (void)snprintf(out_reason, 160, "deeper than %d levels", DDI_DEPTH_MAX);
    } else {
        document = json_loadb(repair.out, repair.out_len, flags | JSON_ALLOW_NUL, &error);
        if (document == NULL) {
            (void)snprintf(out_reason, 160, "not JSON: line %d, column %d", error.line,
                           error.column);
        } else if (!json_is_object(document)) {
            (void)snprintf(out_reason, 160, "not a JSON object");
            json_decref(document);
            document = NULL;
        }
    }
    free(repair.out);
    return document;
}

json_t *ddi_parse(const uint8_t body[], size_t len, size_t flags, char out_reason[160])
{
    if (len > DDI_BODY_MAX) {
        (void)snprintf(out_reason, 160, "longer than %d bytes", DDI_BODY_MAX);
        return NULL;
    }
    while (len != 0 && body[len - 1] == 0) {
        len--; /* clients in C send sizeof their buffer */
    }
    char *text = malloc(len + 1); /* with an end, for a character that is cut there */
    if (text == NULL) {
        (void)snprintf(out_reason, 160, "no memory");
        return NULL;
    }
    if (len != 0) {
        memcpy(text, body, len);
    }
    text[len] = '\0';
    json_t *document = parse_text(text, len, flags, out_reason);
    free(text);
    return document;
}

/* ---- texts with an end ---- */

void ddi_append(struct ddi_line *line, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && !line->is_full) {
        size_t part = json_character_len(text + at);
        bool is_control =
            ((unsigned char)text[at] < 0x20 && text[at] != '\n') || text[at] == 0x7F;
        part = part != 0 ? part : 1; /* of jansson's texts it never is */
        if (part >= line->size - line->len) {
            line->is_full = true;
        } else {
            memcpy(line->out + line->len, is_control ? " " : text + at, part);
            line->len += part;
        }
        at += part;
    }
    line->out[line->len] = '\0';
}

bool ddi_append_value(struct ddi_line *line, const json_t *value)
{
    char number[40];

    switch (json_typeof(value)) {
    case JSON_STRING:
        ddi_append(line, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(number, sizeof number, "%.15g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)snprintf(number, sizeof number, "%s", json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        return false;
    }
    ddi_append(line, number, strlen(number));
    return true;
}
