/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_ABOUT_H
#define OTTER_ABOUT_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/frame.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an otter device tells of itself: whose images it takes, how large, from which version
 * number on, how its last update ended, and what it would say to a file. 0x02 has no room left
 * for that.
 *
 * Our module asks with OTTER_CMD_ASK_ABOUT, once in each of its starts, after an 0x02 that
 * shows the mark of an otter app, so a vendor's module never sends it, and a vendor's MCU
 * never sees it. A sender learns so before a transfer what the bootloader would say after it.
 * It is information for people and tools: nothing on the device depends on it, and what
 * installs an image asks the image itself. The bootloader in recovery answers with an empty
 * payload.
 *
 * otter_put_*() and otter_get_*() are pure, as in otter/message.h. otter_about_read() is called
 * by the app from its main loop, and reads flash. Source: docs/protocol.md 2.2.
 */
enum {
    OTTER_ABOUT_FORMAT = 1,
    OTTER_ABOUT_FIXED = 44,   /* what comes before the key ids, in this version */
    OTTER_ABOUT_KEYS_MAX = 8, /* ids that are told */
    OTTER_ABOUT_MAX = OTTER_ABOUT_FIXED + 4 * OTTER_ABOUT_KEYS_MAX,
    OTTER_ASK_ABOUT_MAX = 20,
};

/* Bits of `can`. Those that nothing sets yet are kept for what they name. */
enum otter_can {
    OTTER_CAN_JUDGE = 1 << 0,  /* it says whether it would take a file (`judged`) */
    OTTER_CAN_FORCE = 1 << 1,  /* it understands a forced offer (OTTER_OFFER_FLAGS_FORCED) */
    OTTER_CAN_RESUME = 1 << 2, /* a transfer goes on where it broke off */
    OTTER_CAN_WINDOW = 1 << 3, /* several pieces before an ACK */
    OTTER_CAN_BAUD = 1 << 4,   /* another baud rate for a transfer */
    OTTER_CAN_DELTA = 1 << 5,  /* patches */
};

/* The question: perhaps of a file that is to be offered. */
struct otter_ask_about {
    bool has_file;
    uint32_t file_size;
    uint8_t md5[16];
};

struct otter_about {
    uint32_t can;        /* enum otter_can */
    bool on_trial;       /* as in 0x02 ... */
    uint8_t reason;      /* ... too */
    uint8_t version[8];  /* ASCII, of the app that answers */
    uint8_t hardware[8]; /* ASCII: an image must be for this */
    bool has_journal;    /* there is one; else number and floor are 0 */
    uint32_t number;     /* of the running version */
    uint32_t floor;      /* images with a lower number are refused */
    uint32_t slot_size;  /* bytes that an image may have, with its trailer */
    bool has_boot;       /* the bootloader says what it is; else what follows is 0 */
    uint8_t boot_does;   /* enum otter_boot_does */
    uint8_t boot_major, boot_minor;
    uint8_t key_count;                      /* keys that the bootloader knows */
    uint32_t key_ids[OTTER_ABOUT_KEYS_MAX]; /* of the first of them, as in struct otter_image */
    bool judged;       /* the question had a file, and this is the answer: */
    uint8_t verdict;   /* enum otter_reason: why it would not be taken; 0 = it would */
    uint8_t tries;     /* downloads of it so far (otter/history.h) */
    uint8_t try_ended; /* enum otter_reason: how the last of them ended */
};

/* Write a question, and read one. It is empty, or has a file; longer ones are read by their
 * first 20 bytes. get returns 0, or OTTER_ERR_FORMAT for 1 to 19 bytes. */
OTTER_MUST_CHECK int otter_put_ask_about(const struct otter_ask_about *ask, uint8_t out[],
                                         uint16_t out_max);
OTTER_MUST_CHECK int otter_get_ask_about(const struct otter_frame *frame,
                                         struct otter_ask_about *out_ask);

/* Write the answer, and read one. put returns its length or OTTER_ERR_SPACE. get returns 0,
 * OTTER_ERR_NONE (an empty one: whoever answered knows nothing of it, as the recovery does), or
 * OTTER_ERR_FORMAT (too short, or of another format). What later versions put between the
 * fields that it knows and the key ids, or behind them, is passed over. */
OTTER_MUST_CHECK int otter_put_about(const struct otter_about *about, uint8_t out[],
                                     uint16_t out_max);
OTTER_MUST_CHECK int otter_get_about(const struct otter_frame *frame,
                                     struct otter_about *out_about);

/* How many key ids are told in it? */
uint8_t otter_about_keys_told(const struct otter_about *about);

/* Set what journal, layout and bootloader tell, and the judgement of ask's file. The other
 * members are the caller's: version, on_trial, reason, and the hardware that stays if the
 * bootloader does not say its own. Nothing is written. Only a file of the length of the running
 * image costs time: APP is hashed (STM32F103, 72 MHz: 1 ms for each KB). What cannot be read is
 * not told. */
void otter_about_read(const struct otter_port *port, const struct otter_layout *layout,
                      const struct otter_ask_about *ask, struct otter_about *io_about);

#ifdef __cplusplus
}
#endif
#endif
