/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RESUME_H
#define OTTER_RESUME_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a transfer keeps over a reset without loss of power, in RAM that start-up code does not
 * touch: which file was being received, and how. After power-on it holds noise, hence the CRC.
 * Written and read by otter/transfer.h. No padding.
 */
struct otter_resume {
    struct otter_offer offer;
    uint16_t piece_len;
    uint16_t attempts;
    uint32_t crc; /* CRC-32 of all before, seeded so that zeros are not valid */
};

/* Store these three with their CRC. */
void otter_resume_set(struct otter_resume *resume, const struct otter_offer *offer,
                      uint16_t piece_len, uint16_t attempts);

/* Was it stored by otter_resume_set()? */
bool otter_resume_is_valid(const struct otter_resume *resume);

#ifdef __cplusplus
}
#endif
#endif
