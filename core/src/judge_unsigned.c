/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>
#include "otter/flag.h"
#include "otter/judge.h"

/* Is APPBAK what a pending record says, if there is one? */
static bool has_digest_of_record(const struct otter_judge *judge)
{
    struct otter_flag record;
    uint8_t digest[16];

    if (otter_flag_read(judge->port, judge->layout, &record) != 0) {
        return true;
    }
    return otter_image_md5(judge->port, judge->layout->backup.addr, record.image_size, NULL,
                           NULL, digest) == 0 &&
           memcmp(digest, record.md5, sizeof digest) == 0;
}

enum otter_reason otter_judge_unsigned(void *ctx, enum otter_place place, uint32_t *size,
                                       uint32_t *out_number)
{
    const struct otter_judge *judge = ctx;
    uint8_t header[OTTER_IMAGE_HEADER_SIZE];

    if (otter_judge_find(judge, place, size, header)) {
        if (memcmp(header + OTTER_IMAGE_HARDWARE, judge->hardware, sizeof judge->hardware) !=
            0) {
            return OTTER_REASON_HARDWARE;
        }
    } else if (*size == 0) {
        *size = judge->layout->app.size;
    }
    if (*size < OTTER_IMAGE_SIZE_MIN || *size > judge->layout->app.size ||
        !otter_judge_startable(judge, place)) {
        return OTTER_REASON_NOT_STARTABLE;
    }
    if (place == OTTER_PLACE_INCOMING && !has_digest_of_record(judge)) {
        return OTTER_REASON_DIGEST;
    }
    *out_number = 0;
    return OTTER_REASON_NONE;
}
