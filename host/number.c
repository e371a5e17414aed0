/* SPDX-License-Identifier: Apache-2.0 */
#include "host/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More digits than UINT64_MAX has; zeros in front of a hexadecimal number count, too. */
enum { TEXT_SIZE = 40, THING_SIZE = HOST_THING_SIZE };

static bool all(const char *text, int (*is)(int))
{
    for (; *text != '\0'; text++) {
        if (!is((unsigned char)*text)) {
            return false;
        }
    }
    return true;
}

/* 010 is 10 for most people, 8 for a C compiler; 08003000 is an address without its 0x, and so
 * is 03010102 as the number of that version. */
static int refuse_leading_zero(const char *thing, const char *text,
                               struct host_error *out_error)
{
    const char *digits = text + strspn(text, "0");

    return host_error_set(out_error, thing, "begins with 0: write %s, or 0x%s",
                          *digits == '\0' ? "0" : digits, text);
}

static int parse(const char *thing, const char *text, uint64_t min, uint64_t max,
                 uint64_t *out_value, struct host_error *out_error)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    bool is_number = *digits != '\0' && all(digits, is_hex ? isxdigit : isdigit);

    if (is_number && !is_hex && text[0] == '0' && text[1] != '\0') {
        return refuse_leading_zero(thing, text, out_error);
    }
    errno = 0;
    uint64_t value = strtoull(digits, NULL, is_hex ? 16 : 10);
    if (!is_number || errno != 0 || value < min || value > max) {
        return host_error_set(out_error, thing, "not a number from %" PRIu64 " to %" PRIu64,
                              min, max);
    }
    *out_value = value;
    return 0;
}

int number_parse_part(const char *name, const char *text, size_t text_len, uint64_t min,
                      uint64_t max, uint64_t *out_value, struct host_error *out_error)
{
    char thing[THING_SIZE], copy[TEXT_SIZE];
    int shown_len = text_len < THING_SIZE ? (int)text_len : THING_SIZE;

    (void)snprintf(thing, sizeof thing, "%s%s%.*s", name != NULL ? name : "",
                   name != NULL ? " " : "", shown_len, text);
    if (text_len >= sizeof copy) {
        return host_error_set(out_error, thing, "not a number from %" PRIu64 " to %" PRIu64,
                              min, max);
    }
    memcpy(copy, text, text_len);
    copy[text_len] = '\0';
    return parse(thing, copy, min, max, out_value, out_error);
}

int number_parse(const char *name, const char *text, uint64_t min, uint64_t max,
                 uint64_t *out_value, struct host_error *out_error)
{
    return number_parse_part(name, text, strlen(text), min, max, out_value, out_error);
}

int number_parse_hex_digits(const char *text, uint32_t *out_value)
{
    if (*text == '\0' || !all(text, isxdigit)) {
        return -1;
    }
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 16);
    if (errno != 0 || value > UINT32_MAX) {
        return -1;
    }
    *out_value = (uint32_t)value;
    return 0;
}
