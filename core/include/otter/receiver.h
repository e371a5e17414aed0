/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RECEIVER_H
#define OTTER_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/frame.h"
#include "otter/link.h"
#include "otter/md5.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/slot_writer.h"
#include "otter/transfer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The MCU's end of a big-data transfer, on a link: 0x19, READY, pieces, verify, request.
 *
 * Frames of the link and the time go in; answers and commands go out through the same link;
 * flash is reached through the port only. What comes is decided by otter/transfer.h, and
 * written by otter/slot_writer.h. This unit keeps the order on the wire, and of wire and flash:
 *
 *    * A piece is acknowledged when it is range-checked and queued, and programmed by
 *      otter_receiver_poll() while the next one is on the wire: not before what was queued for
 *      the line has been taken, since the core stands still in an erase.
 *    * 0x27 goes out before the ACK of the piece it refuses (measured: the other order brings
 *      one more).
 *    * The last piece is acknowledged after the whole file was verified. When that ACK has
 *      left, the bootloader is asked to install it, by the journal or by FLAG.
 *    * An offer that would lead to nothing is acknowledged and refused (0x1A, 0x27), and
 *      nothing is erased: APP holds the file already, the app is on trial, or the file was
 *      downloaded three times (otter_update_refusal()). What fails here is counted for that.
 *    * READY goes out once per ask, when no command is unacknowledged: the link's 200 ms resend
 *      would destroy the transfer it started. The first piece counts as its answer, too.
 *
 * Context: main loop. RAM: struct otter_receiver, about 1.3 KB with the piece buffer.
 * Power: APPBAK is incomplete and nothing is asked until FINISHED; then update.h and flag.h.
 * Source: docs/protocol.md chapter 4.
 */
#ifndef OTTER_PIECE_MAX
#define OTTER_PIECE_MAX                                                                        \
    1024 /* largest piece we ask for: even, at most 2045 (module's memory) */
#endif

struct otter_receiver_config {
    const struct otter_port *port;
    const struct otter_layout *layout;
    struct otter_resume *resume; /* retained RAM, or NULL */
    uint16_t piece_max;          /* even, OTTER_PIECE_MIN..OTTER_PIECE_MAX */
    bool check_image;            /* refuse what otter_image_check() rejects for `hardware` */
    uint8_t hardware[8];
};

/* Members are private but for reading `transfer`. */
struct otter_receiver {
    const struct otter_receiver_config *config;
    struct otter_transfer transfer;
    struct otter_slot_writer writer;
    struct otter_md5 md5;   /* the writer's */
    uint8_t command_due;    /* 0x27 or 0x29 is to go out as soon as the link is free; or 0 */
    uint8_t last_sn;        /* of the last piece */
    bool ack_due;           /* the ACK of last_sn is owed, after that 0x27 if one is due */
    bool may_write;         /* APPBAK: FLAG was erased, or the journal allows it */
    bool is_new, is_forced; /* the offer has not been considered yet; a person wants it */
    bool awaits_restart;    /* a download has failed, and left no room for the next request */
    uint8_t refusal; /* enum otter_reason: why the last offer was not taken; 0 = it was */
    uint8_t queued[OTTER_PIECE_MAX]; /* what the writer is to write */
};

/* Start; without `config->resume`, or if that holds no valid record, nothing is known. */
void otter_receiver_init(struct otter_receiver *receiver,
                         const struct otter_receiver_config *config, uint32_t now_ms);

/* Handle a request of the module: 0x19, 0x1D or 0x1F, whose answer is sent here too.
 * Returns 0, or the link's error when the answer did not fit the send queue (the module
 * repeats). */
OTTER_MUST_CHECK int otter_receiver_request(struct otter_receiver *receiver,
                                            struct otter_link *link,
                                            const struct otter_frame *frame, uint32_t now_ms);

/* Tell that bytes arrived (HEARD), that a frame with a wrong checksum did (BAD_CHECKSUM), or
 * that the receiver's command 0x27 was answered (STOPPED) or given up (STOP_LOST). */
void otter_receiver_tell(struct otter_receiver *receiver, enum otter_transfer_event event,
                         uint32_t now_ms);

/* Do what is due: timers, READY, and, if all that was queued for the line has been taken, one
 * step of flash work: a page erase or 256 bytes. Call it after otter_link_poll() of the same
 * time.
 * Returns 0 or the link's error (the send queue is full: what was due stays due). */
OTTER_MUST_CHECK int otter_receiver_poll(struct otter_receiver *receiver,
                                         struct otter_link *link, uint32_t now_ms);

/* What 0x02 says of updates: on trial or not, and why the last offer was not taken, which is
 * known until the next offer or the next start; else how the last update ended. */
void otter_receiver_status(const struct otter_receiver *receiver,
                           struct otter_update_status *out_status);

/* Must the MCU be restarted, once 0x27 is answered? A download has failed in a way that only
 * the bootloader can put right (otter_update_awaits_restart()). */
bool otter_receiver_awaits_restart(const struct otter_receiver *receiver);

/* May the application send commands of its own now? No while a piece may be unacknowledged:
 * 0x21 and 0x23 would destroy it in the module's buffer. */
bool otter_receiver_is_active(const struct otter_receiver *receiver);

#ifdef __cplusplus
}
#endif
#endif
