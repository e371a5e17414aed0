/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_TRANSFER_H
#define OTTER_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/message.h"
#include "otter/reason.h"
#include "otter/result.h"
#include "otter/resume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One big-data transfer, from the offer to the verified file: which piece may come, what is
 * answered, when READY goes out, how long pieces are, when it ends.
 *
 * Pure: events and the time go in, one action comes out. Bytes of the line and flash belong to
 * whoever calls it: otter/receiver.h, which has a link with resends, and gizwits-dropin/, which
 * lives in somebody else's dispatcher.
 *
 *           offer          READY sent        piece 1           last piece
 *  UNKNOWN ┐
 *     IDLE ┴───────► READY_DUE ───────► ASKED ────────► RECEIVING ───────► VERIFYING
 *       ▲               PAUSE ───────►    │                 │                  │  │ good
 *       │             ▲     ▲             │                 │                  │  │
 *  0x28 │        0x28 │     └─── 0x1F ────┼─────────────────┤                  │  ▼
 *       │             │                   │ wrong, on a     │                  │ VERIFIED
 *       │         RESTOPPING ◄────────────┤ line with       ├──────────────────┤  │ announced
 *       │             │ no 0x28           │ faults          │                  │  ▼
 *       │             ▼                   │                 │                  │ FINISHED
 *       │          SILENCE                │                 │                  │
 *       └──── STOPPING ◄──────────────────┴─────────────────┴──────────────────┘
 *                         wrong, on a clean line
 *
 * transfer.c has a function per row, but one for RESUMING, READY_DUE, PAUSE and SILENCE, and
 * one for RESTARTING and FINISHED. "begin" is READY_DUE, or STOPPING if the offer cannot be
 * taken; "repeat": the same offer is acknowledged only. A dash: nothing happens. After 0x20 and
 * 0x28 the module sends at once what it could not send before; a READY that meets it is lost.
 * So READY comes after a PAUSE.
 *
 *  state       offer    piece                   0x1F        0x28        no 0x28   READY after
 *  UNKNOWN     begin    RESTARTING (0x29)       -           -           -         -
 *  RESTARTING  begin    -                       -           -           -         -
 *  IDLE        begin    STOPPING                -           -           -         -
 *  RESUMING    begin    RESTOPPING              PAUSE       -           -         10 s
 *  READY_DUE   repeat   RESTOPPING              PAUSE       -           -         0 s
 *  PAUSE       repeat   RESTOPPING              PAUSE       -           -         0.2 s quiet
 *  SILENCE     repeat   RESTOPPING              PAUSE       PAUSE       -         3.5 s quiet
 *  ASKED       repeat   1: RECEIVING            PAUSE       -           -         3.5 s quiet
 *                       2..: RESTOPPING
 *  RECEIVING   begin    next: RECEIVING, or     PAUSE       -           -         10 s
 *                       VERIFYING with the last
 *                       again: ACK
 *  VERIFYING   begin    -                       -           -           -         -
 *  VERIFIED    begin    ACK                     -           -           -         -
 *  STOPPING    repeat   ACK                     -           IDLE        IDLE      -
 *  RESTOPPING  repeat   ACK                     -           PAUSE       SILENCE   -
 *  FINISHED    ACK      ACK                     -           -           -         -
 *
 * In ASKED and RECEIVING a malformed 0x19 is not answered: it is a piece with a garbled
 * command. There and in VERIFYING a piece or a digest that is wrong leads to STOPPING; after a
 * fault of the line (a wrong checksum, a piece that is repeated or late, 0x1F) to RESTOPPING,
 * with half the piece length, until the same wrong digest comes twice or the attempts are used
 * up.
 *
 * After a reset `resume` (retained RAM) tells what was going on: the module's resent piece is
 * stopped, and READY asks for the file again. Without it a piece that comes before any offer
 * restarts the module, once.
 *
 * RAM: struct otter_transfer, 124 bytes. Context: main loop.
 * Source: docs/protocol.md chapter 4 (order of abort, silence before READY: measured).
 */

/* The limits and timers, one place. */
enum {
    OTTER_PIECE_MIN = 128,          /* halving stops here */
    OTTER_READY_PAUSE_MS = 200,     /* without any byte, before READY after 0x20 or 0x28 */
    OTTER_READY_SILENCE_MS = 3500,  /* without any byte, before READY is repeated */
    OTTER_READY_UNANSWERED_MAX = 4, /* READYs without a piece, then back to idle */
    OTTER_PIECE_SILENCE_MS = 10000, /* without a good piece or 0x1F, then READY again */
    OTTER_PIECE_LATE_MS = 3000,     /* the module's own repetition: not the first sending */
    OTTER_REPEAT_MS =
        1000, /* a 0x19 resent because 0x1A was lost comes sooner; later it is anew */
    OTTER_ATTEMPTS_MAX = 8,              /* whole transfers begun per offer, then 0x27 */
    OTTER_BAD_CHECKSUMS_FOR_HALVING = 2, /* bad frames while the same piece is awaited */
};

struct otter_transfer_config {
    uint32_t size_min, size_max; /* of a file */
    uint16_t piece_max;          /* even, OTTER_PIECE_MIN or more */
    uint16_t unit;               /* pieces begin at multiples of it: flash's program_size */
    struct otter_resume *resume; /* retained RAM, or NULL */
};

enum otter_transfer_state {
    OTTER_TRANSFER_UNKNOWN,    /* since the reset: no offer, and no record of one */
    OTTER_TRANSFER_RESTARTING, /* a piece came then: the module is restarted */
    OTTER_TRANSFER_IDLE,
    OTTER_TRANSFER_RESUMING,   /* after a reset: waiting for the module's resent piece */
    OTTER_TRANSFER_READY_DUE,  /* READY goes out as soon as the line is free */
    OTTER_TRANSFER_PAUSE,      /* after 0x20 or 0x28: READY goes out after a short silence */
    OTTER_TRANSFER_SILENCE,    /* 0x27 was not answered: READY goes out after silence */
    OTTER_TRANSFER_ASKED,      /* READY is out, piece 1 awaited */
    OTTER_TRANSFER_STOPPING,   /* 0x27 is due or out, 0x28 awaited; then IDLE */
    OTTER_TRANSFER_RESTOPPING, /* the same; then READY again */
    OTTER_TRANSFER_RECEIVING,  /* at least one piece of this attempt came */
    OTTER_TRANSFER_VERIFYING,  /* the last piece is being programmed and checked */
    OTTER_TRANSFER_VERIFIED,   /* the file is good; its last ACK leaves, then it is announced */
    OTTER_TRANSFER_FINISHED,   /* announced: restart once the line is drained */
    OTTER_TRANSFER_STATES,     /* how many there are */
};

enum otter_transfer_event {
    OTTER_TRANSFER_HEARD,        /* bytes arrived, any */
    OTTER_TRANSFER_BAD_CHECKSUM, /* a frame with a wrong checksum did */
    OTTER_TRANSFER_PIECE,        /* these two come by otter_transfer_request() */
    OTTER_TRANSFER_SENDER_STOP,
    OTTER_TRANSFER_STOPPED,    /* 0x28 came */
    OTTER_TRANSFER_STOP_LOST,  /* 0x27 stayed unanswered */
    OTTER_TRANSFER_READY_SENT, /* what OTTER_TRANSFER_ASK asked for */
    OTTER_TRANSFER_GOOD,       /* the whole file was checked and can be installed */
    OTTER_TRANSFER_ANNOUNCED,  /* the bootloader was told */
    OTTER_TRANSFER_POLL,       /* time passes, and the line is free for a command */
    OTTER_TRANSFER_EVENTS,     /* how many there are */
};

/* What the caller does. "The ACK" is that of the frame it has handed over. */
enum otter_transfer_action {
    OTTER_TRANSFER_NOTHING,    /* no ACK either: it comes again, or its ACK follows later */
    OTTER_TRANSFER_ACK,        /* send the ACK */
    OTTER_TRANSFER_WRITE,      /* send the ACK, and write `piece` */
    OTTER_TRANSFER_WRITE_LAST, /* write `piece`; the ACK follows the verification */
    OTTER_TRANSFER_STOP, /* send 0x27, then the ACK if one is owed (an offer's goes first) */
    OTTER_TRANSFER_RESTART_MODULE, /* send 0x29, no ACK */
    OTTER_TRANSFER_ASK, /* send READY as soon as the line is free; an offer's ACK goes first */
};

/* Members are private but for reading state, result, received, piece_len, next_piece_len,
 * offer. */
struct otter_transfer {
    struct otter_transfer_config config;
    enum otter_transfer_state state;
    enum otter_transfer_action action; /* what the last event asks for */
    enum otter_result result;
    struct otter_offer offer;
    uint16_t piece_len; /* asked with the last READY */
    uint16_t next_piece_len;
    uint32_t received;      /* bytes accepted in this attempt */
    uint16_t last_number;   /* last piece accepted */
    uint8_t sender_stop_sn; /* of the last 0x1F, to tell its repeats */
    uint8_t attempts, unanswered, bad_checksums;
    bool sender_stopped; /* sender_stop_sn is valid */
    bool disturbed;      /* the line showed a fault since the offer */
    bool digest_known;   /* `digest` is valid */
    uint8_t digest[16];  /* of the last attempt whose MD5 was wrong */
    uint32_t now_ms;     /* of the last event */
    uint32_t heard_ms;   /* last byte received */
    uint32_t good_ms;    /* last good piece, or READY */
    struct otter_piece
        piece; /* the last one; its data end with the frame. Number 0: malformed */
};

/* Start UNKNOWN, or RESUMING if config->resume holds a valid record. `config` is copied. */
void otter_transfer_init(struct otter_transfer *transfer,
                         const struct otter_transfer_config *config, uint32_t now_ms);

/* Handle a request of the module: 0x19, 0x1D or 0x1F (whose ACK is always due). Returns what is
 * to be done. After WRITE_LAST call otter_transfer_check_file(), and tell GOOD and
 * ANNOUNCED. */
enum otter_transfer_action otter_transfer_request(struct otter_transfer *transfer,
                                                  const struct otter_frame *frame,
                                                  uint32_t now_ms);

/* Tell what else happened. Returns what is to be done: NOTHING, STOP or ASK; POLL asks for
 * READY again and again until READY_SENT. */
enum otter_transfer_action otter_transfer_tell(struct otter_transfer *transfer,
                                               enum otter_transfer_event event,
                                               uint32_t now_ms);

/* The last piece is written: is it the file that was offered? Returns NOTHING (yes) or STOP. */
enum otter_transfer_action otter_transfer_check_file(struct otter_transfer *transfer,
                                                     const uint8_t digest[16]);

/* End it, for what the caller found: the caller sends 0x27. */
void otter_transfer_fail(struct otter_transfer *transfer, enum otter_result result);

/* End it before it begins: an offer that could be taken is not, for `reason`: INSTALLED,
 * ON_TRIAL or TRIED (otter_update_refusal()). The caller sends 0x27. */
void otter_transfer_refuse(struct otter_transfer *transfer, enum otter_reason reason);

/* Write the payload of READY. Returns its length, or an error as otter_put_ready(). */
OTTER_MUST_CHECK int otter_transfer_put_ready(const struct otter_transfer *transfer,
                                              uint8_t out[OTTER_READY_SIZE]);

/* Is one running, so that a piece may be unacknowledged? */
bool otter_transfer_is_active(const struct otter_transfer *transfer);

/* Can a piece come now? */
bool otter_transfer_awaits_piece(const struct otter_transfer *transfer);

/* Is this a malformed 0x19 among pieces, most likely one of them with a garbled command? Not
 * answered. */
bool otter_transfer_is_garbled_piece(const struct otter_transfer *transfer,
                                     const struct otter_frame *frame);

#ifdef __cplusplus
}
#endif
#endif
