/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_JOURNAL_FIXTURE_H
#define TESTS_SUPPORT_JOURNAL_FIXTURE_H

#include <stdint.h>
#include "otter/journal.h"

/* Frames of the install journal written by hand, as docs/flash-format.md chapter 4 has them and not
 * as core writes them: right ones, and what a hostile app might leave. */
enum { JOURNAL_FRAMES = 16, JOURNAL_FRAME_LEN = 128 };

struct journal_frame {
    uint8_t step, kind;
    uint16_t number;
    uint16_t present_len;
    uint32_t present_crc;
    uint16_t previous_len;
    uint32_t previous_crc;
    uint8_t reason, flags;
};

/* Address of frame 0..15: the journal page's, then FLAG's. */
uint32_t journal_frame_addr(unsigned i);

/* A firm frame without marks for place 0..7 of a page. */
void journal_frame_put(uint8_t out[JOURNAL_FRAME_LEN], unsigned place,
                       const struct journal_frame *frame);

/* A request for `len` bytes in the frame with this number, right or not (`wrong` is put over it). */
void journal_request_put(uint8_t frame[JOURNAL_FRAME_LEN], uint16_t number, uint16_t len,
                         uint32_t wrong);

/* A frame with a right checksum that says anything, and any marks; one in eight is noise, one blank.
 * Half of its seals are from seals[count], which may be empty. */
void journal_frame_hostile(uint64_t *random, uint8_t out[JOURNAL_FRAME_LEN], unsigned place,
                           const struct otter_seal seals[], unsigned count);

#endif
