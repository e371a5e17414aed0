/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/resume.h"

#include <stddef.h>
#include "otter/crc32.h"

enum { SEED = 0x4F54 }; /* any but 0: a record of zeros must not be valid */

static uint32_t crc(const struct otter_resume *resume)
{
    return otter_crc32(SEED, (const uint8_t *)resume, offsetof(struct otter_resume, crc));
}

void otter_resume_set(struct otter_resume *resume, const struct otter_offer *offer,
                      uint16_t piece_len, uint16_t attempts)
{
    resume->offer = *offer;
    resume->piece_len = piece_len;
    resume->attempts = attempts;
    resume->crc = crc(resume);
}

bool otter_resume_is_valid(const struct otter_resume *resume)
{
    return resume->crc == crc(resume);
}
