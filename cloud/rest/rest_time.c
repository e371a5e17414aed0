/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/rest_time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MS_PER_S = 1000, S_PER_MINUTE = 60, MINUTES_PER_DAY = 1440 };
static const int64_t time_max_ms = 253402300799999; /* the last ms of the year 9999 */

void rest_put_time(int64_t ms, char out_text[REST_TIME_SIZE])
{
    int64_t at = ms < 0 ? 0 : ms > time_max_ms ? time_max_ms : ms;
    time_t seconds = (time_t)(at / MS_PER_S);
    struct tm tm;

    memset(&tm, 0, sizeof tm);
    (void)gmtime_r(&seconds, &tm); /* fails beyond the year 2^31 only */
    (void)snprintf(out_text, REST_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(tm.tm_year + 1900) % 10000U, (unsigned)(tm.tm_mon + 1) % 100U,
                   (unsigned)tm.tm_mday % 100U, (unsigned)tm.tm_hour % 100U,
                   (unsigned)tm.tm_min % 100U, (unsigned)tm.tm_sec % 100U,
                   (unsigned)(at % MS_PER_S));
}

/* Exactly `digits` digits, and then `end` unless it is NUL; moves *io_text behind them. */
static bool read_field(const char **io_text, int digits, char end, int min, int max,
                       int *out_value)
{
    const char *text = *io_text;
    int value = 0;

    for (int i = 0; i < digits; i++, text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (*text - '0');
    }
    if (value < min || value > max || (end != '\0' && *text++ != end)) {
        return false;
    }
    *io_text = text;
    *out_value = value;
    return true;
}

/* ".5", ".123", ".123456": what is behind the ms is dropped. */
static bool read_fraction(const char **io_text, int *out_ms)
{
    const char *text = *io_text;
    int ms = 0, weight = 100;

    if (*text == '.') {
        text++;
        if (*text < '0' || *text > '9') {
            return false;
        }
        for (; *text >= '0' && *text <= '9'; text++) {
            ms += (*text - '0') * weight;
            weight /= 10;
        }
    }
    *io_text = text;
    *out_ms = ms;
    return true;
}

static bool read_offset(const char *text, int *out_minutes)
{
    int sign = *text == '-' ? -1 : 1, hours, minutes;

    if (strcmp(text, "Z") == 0) {
        *out_minutes = 0;
        return true;
    }
    if (*text != '+' && *text != '-') {
        return false;
    }
    text++;
    if (!read_field(&text, 2, ':', 0, 23, &hours) ||
        !read_field(&text, 2, '\0', 0, 59, &minutes) || *text != '\0') {
        return false;
    }
    *out_minutes = sign * (hours * 60 + minutes);
    return true;
}

int rest_read_time(const char *text, int64_t *out_ms)
{
    struct tm tm;
    int year, month, ms, offset;

    memset(&tm, 0, sizeof tm);
    if (!read_field(&text, 4, '-', 1970, 9999, &year) ||
        !read_field(&text, 2, '-', 1, 12, &month) ||
        !read_field(&text, 2, 'T', 1, 31, &tm.tm_mday) ||
        !read_field(&text, 2, ':', 0, 23, &tm.tm_hour) ||
        !read_field(&text, 2, ':', 0, 59, &tm.tm_min) ||
        !read_field(&text, 2, '\0', 0, 59, &tm.tm_sec) || !read_fraction(&text, &ms) ||
        !read_offset(text, &offset)) {
        return -1;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    int day = tm.tm_mday;
    int64_t seconds = timegm(&tm);
    if (tm.tm_mday != day) { /* 30 February became a day of March */
        return -1;
    }
    int64_t at = (seconds - (int64_t)offset * S_PER_MINUTE) * MS_PER_S + ms;
    if (at < 0 || at > time_max_ms) {
        return -1;
    }
    *out_ms = at;
    return 0;
}

void rest_put_minutes(int64_t minutes, char out_text[REST_MINUTES_SIZE])
{
    unsigned of_day = (unsigned)(minutes % MINUTES_PER_DAY + MINUTES_PER_DAY) % MINUTES_PER_DAY;

    (void)snprintf(out_text, REST_MINUTES_SIZE, "%02u:%02u", of_day / 60U, of_day % 60U);
}

int rest_read_minutes(const char *text, int64_t *out_minutes)
{
    int hours, minutes;

    if (!read_field(&text, 2, ':', 0, 23, &hours) ||
        !read_field(&text, 2, '\0', 0, 59, &minutes) || *text != '\0') {
        return -1;
    }
    *out_minutes = hours * 60 + minutes;
    return 0;
}
