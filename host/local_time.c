/* SPDX-License-Identifier: Apache-2.0 */
#include "host/local_time.h"

#include <stddef.h>
#include <time.h>

bool local_time(void *ctx, struct otter_time *out_time)
{
    time_t now = time(NULL);
    struct tm tm;

    (void)ctx;
    if (localtime_r(&now, &tm) == NULL) {
        return false;
    }
    *out_time = (struct otter_time){
        .year = (uint16_t)(tm.tm_year + 1900),
        .month = (uint8_t)(tm.tm_mon + 1),
        .day = (uint8_t)tm.tm_mday,
        .hour = (uint8_t)tm.tm_hour,
        .minute = (uint8_t)tm.tm_min,
        .second = (uint8_t)tm.tm_sec,
        .ntp_s = (uint32_t)now,
    };
    return true;
}
