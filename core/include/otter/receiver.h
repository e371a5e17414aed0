/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RECEIVER_H
#define OTTER_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/frame.h"
#include "otter/link.h"
#include "otter/md5.h"
#include "otter/message.h"
#include "otter/partition.h"
#include "otter/port.h"

/* The MCU's end of a big-data transfer: 0x19 -> 0x1A -> READY -> pieces -> verify -> FLAG.
 *
 * Frames of the link and the time go in; answers and commands go out through the same link; flash is
 * reached through the port only. A piece is range-checked, queued and acknowledged, and programmed
 * by otter_receiver_poll() while the next one is on the wire; each page is erased just before it is
 * needed, and the digest is computed over what was read back. A repeated piece is acknowledged
 * again and not written again. The last piece is acknowledged after the whole image was verified
 * (or 0x27 is sent instead, then the ACK: the measured order); once that ACK has left, FLAG is
 * written.
 *
 *                 offer            READY sent        piece 1           last piece
 *       IDLE ───────────► ASKING ───────────► ASKING ───────► RECEIVING ───────────► VERIFYING
 *        ▲                  ▲ silence 3.5 s      │ (<= 4 READYs)  │ 0x1F, 10 s silence    │ good
 *        │                  └────────────────────┴────────────────┘ new READY             ▼
 *        └── STOPPING (0x27 sent, 0x28 awaited) ◄── too large, bad piece, flash error,  FINISHED
 *                                                   MD5 differs, attempts used up
 *
 * A wrong MD5 or an impossible piece ends the transfer, unless the line has shown a fault since the
 * offer (bad sum, repeated or late piece, 0x1F): then 0x27 and its ACK are followed by READY, until
 * the same wrong digest comes twice or the attempts are used up.
 *
 * READY goes out once per ask: the link's 200 ms resend would destroy the transfer it started. The
 * first piece counts as the answer to READY too.
 *
 * After an unexpected reset `resume` (retained RAM) tells what was going on: at the module's
 * resent piece it is stopped with 0x27, acknowledged, and asked again with READY. Without it, a piece
 * that comes before any offer makes the receiver restart the module (0x29), once. A piece that
 * comes unasked later (after a stop, or not number 1 after READY) gets 0x27 and its ACK.
 *
 * Context: main loop. RAM: struct otter_receiver, about 1.2 KB with the piece buffer.
 * Power: APPBAK is incomplete and FLAG says nothing until FINISHED; then flag.h.
 * Source: docs/protocol.md chapter 4 (order of abort, silence before READY: measured on a module).
 */
#ifndef OTTER_PIECE_MAX
#define OTTER_PIECE_MAX                                                                        \
    1024 /* largest piece we ask for: even, at most 2045 (module's memory) */
#endif

/* The limits and timers, one place. */
enum {
    OTTER_PIECE_MIN = 128,         /* halving stops here */
    OTTER_READY_SILENCE_MS = 3500, /* without any byte, before READY is repeated (and halved) */
    OTTER_READY_UNANSWERED_MAX = 4, /* READYs without a piece, then back to idle */
    OTTER_PIECE_SILENCE_MS = 10000, /* without a good piece or 0x1F, then READY again */
    OTTER_ATTEMPTS_MAX = 8,         /* whole transfers begun per offer, then 0x27 */
    OTTER_BAD_SUMS_FOR_HALVING = 2, /* bad frames while the same piece is awaited */
};

/* What survives a reset without loss of power; in RAM that start-up code does not touch. */
struct otter_resume {
    uint32_t file_size;
    uint8_t md5_hex[32];
    uint16_t piece_len;
    uint16_t attempts;
    uint32_t crc; /* CRC-32 of all before, seeded so that zeros are not valid */
};

/* Why a transfer ended; for logs and for a later result message. Never renumbered. */
enum otter_receiver_result {
    OTTER_RESULT_NONE = 0,          /* none ended yet */
    OTTER_RESULT_FINISHED = 1,      /* verified, FLAG written */
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
};

struct otter_receiver_config {
    const struct otter_port *port;
    const struct otter_layout *layout;
    struct otter_resume *resume; /* retained RAM, or NULL */
    uint16_t piece_max;          /* even, OTTER_PIECE_MIN..OTTER_PIECE_MAX */
    bool check_image;    /* refuse what otter_image_is_startable() or `hardware` rejects */
    uint8_t hardware[8]; /* for images with a trailer, with check_image */
};

enum otter_receiver_state {
    OTTER_RECEIVER_IDLE,
    OTTER_RECEIVER_ASKING,    /* READY is due, or sent and unanswered */
    OTTER_RECEIVER_RECEIVING, /* at least one piece of this attempt came */
    OTTER_RECEIVER_VERIFYING, /* last piece is being programmed and checked */
    OTTER_RECEIVER_STOPPING,  /* 0x27 sent, 0x28 awaited */
    OTTER_RECEIVER_RESUMING,  /* after a reset: waiting for the module's resent piece */
    OTTER_RECEIVER_FINISHED,  /* FLAG written: restart once the link is drained */
};

/* Members are private but for reading state, result, received (bytes), offer.file_size. */
struct otter_receiver {
    const struct otter_receiver_config *config;
    enum otter_receiver_state state;
    enum otter_receiver_result result;
    struct otter_offer offer;
    uint16_t piece_len; /* asked with the last READY */
    uint16_t next_piece_len;
    uint32_t received;      /* bytes accepted in this attempt */
    uint16_t last_number;   /* last piece accepted */
    uint8_t last_sn;        /* of the piece whose ACK is still owed */
    uint8_t sender_stop_sn; /* of the last 0x1F, to tell its repeats */
    uint8_t attempts, unanswered, bad_sums;
    bool offered;            /* an offer came since the reset, or is known from `resume` */
    bool ready_due;          /* send READY as soon as the link is free */
    bool asked;              /* READY was sent for this attempt */
    bool ready_pending;      /* READY is the link's unacknowledged command */
    bool begun;              /* this attempt is counted */
    bool stop_due;           /* send 0x27 as soon as the link is free */
    bool ack_due;            /* the ACK of last_sn is owed, behind that 0x27 if one is due */
    bool ask_again;          /* STOPPING leads back to ASKING */
    bool may_write;          /* APPBAK: FLAG was erased, or the journal allows it */
    bool flag_due;           /* verified: write FLAG once the last ACK has left */
    bool sender_stopped;     /* sender_stop_sn is valid */
    bool restart_module_due; /* send 0x29 as soon as the link is free */
    bool restart_module_done;
    bool disturbed;     /* the line showed a fault since the offer */
    bool digest_known;  /* `digest` is valid */
    uint8_t digest[16]; /* of the last transfer whose MD5 was wrong */
    uint32_t heard_ms;  /* last byte received */
    uint32_t good_ms;   /* last good piece, or READY */
    struct otter_md5 md5;
    uint32_t written;    /* bytes programmed and hashed */
    uint16_t queued_len; /* bytes in `queued`, of which queued_done are programmed */
    uint16_t queued_done;
    uint8_t queued[OTTER_PIECE_MAX];
};

/* Start idle, or RESUMING if config->resume holds a valid record. */
void otter_receiver_init(struct otter_receiver *receiver,
                         const struct otter_receiver_config *config, uint32_t now_ms);

/* Handle a request of the module: 0x19, 0x1D or 0x1F, whose answer is sent here too.
 * Returns 0, or the link's error when the answer did not fit the send queue (the module repeats). */
OTTER_MUST_CHECK int otter_receiver_request(struct otter_receiver *receiver,
                                            struct otter_link *link,
                                            const struct otter_frame *frame, uint32_t now_ms);

/* Tell of the answer 0x1C, 0x28 or 0x2A to a command of the receiver, or that its command 0x1B, 0x27
 * or 0x29 was given up. Answers to commands of the application are not for the receiver. */
void otter_receiver_answer(struct otter_receiver *receiver, uint8_t cmd, uint32_t now_ms);
void otter_receiver_gave_up(struct otter_receiver *receiver, uint8_t cmd, uint32_t now_ms);

/* Tell that bytes arrived (any), or that a frame with a wrong sum did. */
void otter_receiver_heard(struct otter_receiver *receiver, uint32_t now_ms);
void otter_receiver_bad_sum(struct otter_receiver *receiver);

/* Do what is due: timers, READY, and at most one page erase and 256 bytes of programming (for the
 * last piece also the final check). Call it after otter_link_poll() of the same time.
 * Returns 0 or the link's error (the send queue is full: what was due stays due). */
OTTER_MUST_CHECK int otter_receiver_poll(struct otter_receiver *receiver,
                                         struct otter_link *link, uint32_t now_ms);

/* May the application send commands of its own now? No while a piece may be unacknowledged: 0x21 and
 * 0x23 would destroy it in the module's buffer. */
bool otter_receiver_is_active(const struct otter_receiver *receiver);

#endif
