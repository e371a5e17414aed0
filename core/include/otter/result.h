/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RESULT_H
#define OTTER_RESULT_H

/* Why a transfer ended; for logs and for a later result message. Never renumbered. */
enum otter_result {
    OTTER_RESULT_NONE = 0,          /* none ended yet */
    OTTER_RESULT_FINISHED = 1,      /* verified, and announced to the bootloader */
    OTTER_RESULT_TOO_LARGE = 2,     /* larger than APPBAK */
    OTTER_RESULT_TOO_SMALL = 3,     /* smaller than an image can be */
    OTTER_RESULT_BAD_OFFER = 4,     /* 0x19 not of the right form */
    OTTER_RESULT_BAD_PIECE = 5,     /* number, count or length cannot be */
    OTTER_RESULT_NOT_STARTABLE = 6, /* no vector table for this slot */
    OTTER_RESULT_WRONG_HARDWARE = 7,
    OTTER_RESULT_FLASH = 8,
    OTTER_RESULT_MD5 = 9,
    OTTER_RESULT_NO_ANSWER = 10,   /* READYs stayed without pieces */
    OTTER_RESULT_ATTEMPTS = 11,    /* OTTER_ATTEMPTS_MAX used up */
    OTTER_RESULT_BAD_TRAILER = 12, /* a trailer is there, but not right */
    OTTER_RESULT_INSTALLED = 13,   /* these three: an offer not taken, nothing was erased */
    OTTER_RESULT_ON_TRIAL = 14,
    OTTER_RESULT_TRIED = 15,
};

#endif
