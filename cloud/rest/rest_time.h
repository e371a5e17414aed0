/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_TIME_H
#define CLOUD_REST_TIME_H

#include <stdint.h>
#include "otter/err.h"

/* Times as people and programs exchange them: RFC 3339, "2026-11-29T12:00:00.123Z", written in
 * UTC with ms, read with any offset; and the minutes of a day as "HH:MM".
 */
enum { REST_TIME_SIZE = 32, REST_MINUTES_SIZE = 8 };

/* Write a time of the years 1970 to 9999, in ms since 1970. */
void rest_put_time(int64_t ms, char out_text[REST_TIME_SIZE]);
/* Returns 0, or -1 if it is no such time: T and Z in upper case, an offset is needed. */
OTTER_MUST_CHECK int rest_read_time(const char *text, int64_t *out_ms);

void rest_put_minutes(int64_t minutes, char out_text[REST_MINUTES_SIZE]);
OTTER_MUST_CHECK int rest_read_minutes(const char *text, int64_t *out_minutes);

#endif
