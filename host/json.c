/* SPDX-License-Identifier: Apache-2.0 */
#include "host/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digits of a double that are always right; a value rounded to a few digits prints as it was
 * rounded. */
enum { REAL_DIGITS = 15, DIGITS_MAX = 6 };

/* Unicode 15, table 3-7. */
size_t json_character_len(const char *characters)
{
    const unsigned char *text = (const unsigned char *)characters;
    unsigned char first = text[0], low = 0x80, high = 0xBF;
    size_t len = first < 0x80                    ? 1
                 : first >= 0xC2 && first < 0xE0 ? 2
                 : first >= 0xE0 && first < 0xF0 ? 3
                 : first >= 0xF0 && first < 0xF5 ? 4
                                                 : 0;

    if (first == 0xE0) {
        low = 0xA0;
    } else if (first == 0xED) {
        high = 0x9F;
    } else if (first == 0xF0) {
        low = 0x90;
    } else if (first == 0xF4) {
        high = 0x8F;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < low || text[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xBF;
    }
    return len;
}

size_t json_prefix_len(const char *text, size_t max)
{
    size_t len = 0, next = 0;

    while (next <= max && text[next] != '\0') {
        size_t part = json_character_len(text + next);
        len = next;
        next += part != 0 ? part : 1;
    }
    return next <= max ? next : len;
}

void json_add(json_t **io_object, const char *name, json_t *value)
{
    if (json_object_set_new(*io_object, name, value) != 0) { /* takes NULLs, and fails */
        json_decref(*io_object);
        *io_object = NULL;
    }
}

json_t *json_text(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
    size_t len = strlen(text), out_len = 0;
    char *out = malloc(len * (sizeof replacement - 1) + 1);

    if (out == NULL) {
        return NULL;
    }
    while (*text != '\0') {
        size_t part = json_character_len(text);
        const char *from = part != 0 ? text : replacement;
        size_t from_len = part != 0 ? part : sizeof replacement - 1;
        memcpy(out + out_len, from, from_len);
        out_len += from_len;
        text += part != 0 ? part : 1;
    }
    json_t *string = json_stringn(out, out_len);
    free(out);
    return string;
}

json_t *json_hex(const uint8_t bytes[], size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * len + 1);

    if (text == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_t *string = json_stringn(text, 2 * len);
    free(text);
    return string;
}

json_t *json_count(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value)
                              : json_sprintf("%llu", (unsigned long long)value);
}

json_t *json_fixed(double value, unsigned digits)
{
    double scale = 1;

    for (unsigned i = 0; i < digits && i < DIGITS_MAX; i++) {
        scale *= 10;
    }
    return json_real(round(value * scale) / scale);
}

static int print(json_t *document, FILE *out, size_t flags)
{
    int err = document == NULL
                  ? -1
                  : json_dumpf(document, out,
                               flags | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS));

    json_decref(document);
    return err == 0 && fputc('\n', out) != EOF ? 0 : -1;
}

int json_print(json_t *document, FILE *out)
{
    return print(document, out, 0);
}

int json_print_lines(json_t *document, FILE *out)
{
    return print(document, out, JSON_INDENT(2));
}
