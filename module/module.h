/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULE_MODULE_H
#define MODULE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/about.h"
#include "otter/link.h"
#include "otter/message.h"

/* The Wi-Fi module's side of the serial line: start-up, status, heartbeat, and the offer of a
 * file.
 *
 * On the wire it acts as the open GAgent 04020006 does (docs/protocol.md, chapter 5: order,
 * bytes, retries, unescaped simple ACKs, strict about escapes), without that program's faults:
 * a file that fits one piece is sent, a READY that comes early, late or twice destroys nothing,
 * no request of the MCU damages a piece, and every end is reported.
 *
 *        MODULE_T_OFFER_MS     READY          last piece's ACK      expected version in 0x02
 *     (idle) ────────────► 0x19 ────► 0x1D 1..n ────────────► waiting ────────────► UPDATED
 *        ▲                  │ no READY │ 0x27, or 0x1F sent    │ old version, or silence
 *        │                  ▼          ▼                       ▼
 *        └── FAILED ◄────── a fresh READY in time begins again at piece 1
 *
 * While pieces run, and for 2 s after, nothing else is sent but answers: no heartbeat, no
 * status. A restart of the module (0x29, or the MCU silent to heartbeats) begins again with
 * 0x01 and a new 0x19. An otter app that refuses the offer is asked why (0x01). An MCU whose
 * 0x02 has otter's mark is asked once in each start of the module what it is, and what it would
 * say to the file (0x6F, otter/about.h), before that is offered.
 *
 * On a line that delays bytes for longer than a command waits, as a serial server behind a
 * radio link may, the 0x02 to an earlier 0x01 counts; and once an answer has come too late,
 * commands wait for MODULE_T_SLOW_MS until the next start.
 *
 * Sans-IO like the device library: bytes and milliseconds in, bytes out, everything notable
 * through one event callback. Events carry codes; words for people are host/module_text.h's.
 * The callbacks are called from inside receive and poll and must not call back. module_copy()
 * makes a snapshot that runs on independently (config and file stay where they are). About 14
 * KB.
 */
enum {
    MODULE_PIECE_MAX = 2045, /* as the open module's memory allows */
    MODULE_PIECE_DEFAULT = 256,
    MODULE_INFO_ROUNDS = 10, /* of 0x01, three sends each; then the module restarts */
    MODULE_T_SLOW_MS = 2000, /* for an answer, on a slow line; else 200 */
    MODULE_T_HEARTBEAT_MS = 55000,
    MODULE_HEARTBEATS_LOST = 4, /* then, when the next is due, the module restarts */
    MODULE_T_STATUS_MS = 600000,
    MODULE_T_STATUS_FIRST_MS = 1000, /* after start: 0x0D 071A (router) */
    MODULE_T_OFFER_MS = 2000,        /* after start: 0x19, if a file is offered */
    MODULE_T_STATUS_CLOUD_MS = 5000, /* after start: 0x0D 073A (cloud) */
    MODULE_T_QUIET_MS = 2010, /* after a transfer, before status, heartbeat, ...: as measured */
    MODULE_T_RESTART_MS = 100, /* from 0x2A to the new start */
    MODULE_T_RESET_MS = 2000,  /* from 0x0C to the new start */
    MODULE_T_READY_MS = 30000, /* we wait for READY (the open module: for ever) */
    MODULE_T_AGAIN_MS = 5000,  /* after 0x27 or an unanswered 0x19, for a fresh READY */
    /* after 0x27 to a piece: an MCU may ask twice, 3.5 s apart */
    MODULE_T_AGAIN_BEGUN_MS = 9000,
    MODULE_T_AGAIN_LOST_MS = 15000, /* the same after 0x1F: an MCU may watch for 10 s */
    MODULE_T_RETURN_MS = 60000,     /* from the last piece's ACK to the new version in 0x02 */
    /* the same of an otter app: three trials of 35 s at most, and the installation */
    MODULE_T_RETURN_OTTER_MS = 120000,
    MODULE_T_ASK_AGAIN_MS = 5000, /* interval of 0x01 while we wait for that */
    MODULE_T_SETTLE_MS = 20000, /* by then an MCU that still answers as before has installed */
    MODULE_OFFERS_MAX = 5,      /* 0x19 of one update, when the MCU keeps restarting us */
};

enum module_event_kind {
    /* the module (re)started and asks 0x01: `start` says why */
    MODULE_EVENT_STARTED,
    MODULE_EVENT_INFO, /* 0x02 came: info */
    /* an MCU whose 0x02 has otter's mark was asked about itself: about */
    MODULE_EVENT_ABOUT,
    /* the MCU has the expected version already: nothing is offered; done */
    MODULE_EVENT_UP_TO_DATE,
    MODULE_EVENT_OFFERED, /* 0x1A came (or READY without it) */
    /* READY came, pieces start: number of pieces in `count` */
    MODULE_EVENT_READY,
    /* READY came that cannot be served: ready_error; nothing is sent */
    MODULE_EVENT_WRONG_READY,
    MODULE_EVENT_PROGRESS, /* piece `number` of `count` was acknowledged */
    MODULE_EVENT_RESENT,   /* piece `number` was sent again */
    MODULE_EVENT_SENT,     /* the last piece was acknowledged */
    /* our 0x1F was sent, the MCU stayed silent to piece `number` */
    MODULE_EVENT_STOPPED,
    /* 0x27 came: failure, number, count; a fresh READY may still follow */
    MODULE_EVENT_REFUSED,
    MODULE_EVENT_REPORT, /* 0x05 from the MCU: p0 */
    /* 0x04 to our 0x03: p0 (data_len 0 and action 0: empty) */
    MODULE_EVENT_ANSWER,
    /* any other command of the MCU: cmd (0x09, 0x0B, 0x13, 0x15, ...) */
    MODULE_EVENT_REQUEST,
    MODULE_EVENT_ILLEGAL, /* the MCU complained with 0x12: number = code */
    /* the MCU stayed silent to our command cmd (not 0x01, 0x19, 0x1D, 0x1F) */
    MODULE_EVENT_GAVE_UP,
    /* the MCU came back with the expected version, and confirmed it if it is an otter app:
     * done, good */
    MODULE_EVENT_UPDATED,
    MODULE_EVENT_FAILED, /* the update ended badly: failure, number, count */
};

/* Why the module (re)starts. */
enum module_start {
    MODULE_START_POWER_ON,
    MODULE_START_ASKED,        /* 0x29 */
    MODULE_START_RESET,        /* 0x0B */
    MODULE_START_NO_HEARTBEAT, /* the MCU did not answer heartbeats */
    MODULE_START_NO_INFO,      /* ... nor 0x01 */
};

/* Why a READY cannot be served. */
enum module_ready_error {
    MODULE_READY_GOOD,
    MODULE_READY_NO_FILE, /* none is offered */
    MODULE_READY_MALFORMED,
    MODULE_READY_OTHER_FILE, /* its MD5 is another */
    MODULE_READY_TOO_MANY,   /* its pieces are so short that they cannot be numbered */
    MODULE_READY_CROSSED,    /* it met a command of ours, and `hasty` is set */
    MODULE_READY_HEX,        /* it asks for Intel HEX lines, but the file is a .bin */
};

enum module_failure {
    MODULE_FAIL_NO_ANSWER = 1, /* the MCU never answered 0x01 */
    MODULE_FAIL_NO_OFFER_ACK,  /* ... 0x19 */
    MODULE_FAIL_NO_READY,      /* 0x1A came, READY did not */
    MODULE_FAIL_REFUSED,       /* 0x27 before the first piece: too large, ... */
    MODULE_FAIL_ABORTED,       /* 0x27 in the middle: flash error, bad piece */
    MODULE_FAIL_MD5_DIFFERS,   /* 0x27 at the last piece */
    MODULE_FAIL_PIECE_LOST,    /* 0x1F sent, and no new READY came */
    MODULE_FAIL_NOT_BACK,      /* all sent, but the MCU did not answer any more */
    MODULE_FAIL_OLD_VERSION,   /* all sent, MCU is back, but not with the expected version */
    MODULE_FAIL_RESTARTS, /* the MCU restarted the module in each of MODULE_OFFERS_MAX tries */
    MODULE_FAIL_NOT_INSTALLED, /* all sent, MCU is back as before, and says why */
    MODULE_FAIL_ON_TRIAL,      /* the new version runs, but did not confirm in time */
    MODULE_FAIL_READ,          /* the file cannot be read: module_file.read failed */
};

struct module_event {
    enum module_event_kind kind;
    const struct otter_info *info; /* the last 0x02, or NULL if none came yet */
    /* what an otter app reported with it, or NULL; words for its reason: host/reason_text.h */
    const struct otter_update_status *update_status;
    /* what it told of itself since the module's start, or NULL: it was not asked, or tells
     * nothing more, as in recovery */
    const struct otter_about *about;
    const struct otter_p0 *p0;
    const struct otter_frame *frame; /* REQUEST: the MCU's command */
    uint8_t cmd;
    uint16_t number, count;
    enum module_failure failure;
    enum module_start start;             /* STARTED */
    enum module_ready_error ready_error; /* WRONG_READY */
    const uint8_t *expected; /* 8 characters: the version that the update is to bring */
};

/* A file to offer, wherever it lies. */
struct module_file {
    uint32_t size;
    uint8_t md5_hex[32];
    /* Read `len` bytes from `off` on. Returns 0, or anything else if that fails: then the MCU
     * hears that no more comes (0x1F), and the update ends with MODULE_FAIL_READ. NULL =
     * nothing to offer. */
    int (*read)(void *ctx, uint32_t off, uint8_t out[], size_t len);
    void *ctx;
};

struct module_config {
    struct module_file file;
    /* expected in 0x02 afterwards; an MCU that has it is not offered the file */
    uint8_t version[8];
    /* A person wants it: offer even if the MCU already has that version, and tell an otter app
     * to take the file even if it holds it or has tried it three times. */
    bool forced;
    /* For tests of an MCU: be as hasty as the open module may be when it stops. What is overdue
     * is sent as soon as the MCU has answered 0x1F, and a READY that meets it is lost. */
    bool hasty;
    bool knows_no_restart; /* ... and neither answer nor obey 0x29 */
    /* ... and take no notice of otter's mark in 0x02, so that nothing is sent that a vendor's
     * module does not send: no 0x6F, no flags in 0x19 */
    bool knows_no_otter;
    /* An MCU is deaf while it installs, longer than MODULE_INFO_ROUNDS if its slot is large: an
     * offer to one that does not answer fails after so long. 0 = after these rounds. */
    uint32_t no_answer_ms;
    uint16_t status; /* bits reported once "connected"; 0 = 0x073A */
    const struct otter_module_info *module_info; /* answer to 0x21; NULL = a plain Wi-Fi form */
    void *ctx;
    void (*event)(void *ctx, const struct module_event *event);

    /* Answer to 0x17 once connected. May be NULL, or return false: then the MCU gets
     * 1970-01-01 08:00:00 with NTP 0, as a module says before it has reached its cloud. */
    bool (*time)(void *ctx, struct otter_time *out_time);
};

enum module_transfer {
    MODULE_TRANSFER_NONE,
    MODULE_TRANSFER_DUE,       /* 0x19 as soon as possible */
    MODULE_TRANSFER_OFFERED,   /* 0x19 sent */
    MODULE_TRANSFER_WAITING,   /* 0x1A came, READY is awaited */
    MODULE_TRANSFER_SENDING,   /* pieces run */
    MODULE_TRANSFER_STOPPING,  /* 0x1F sent */
    MODULE_TRANSFER_AGAIN,     /* ended badly, unless a fresh READY comes */
    MODULE_TRANSFER_RETURNING, /* all sent, the MCU is to come back */
};

/* What has come over the line since module_init(): where an MCU is not reached, this tells
 * why. */
enum module_heard {
    MODULE_HEARD_NOTHING,
    MODULE_HEARD_BYTES,    /* but no frame: another baud rate, or no MCU of this kind */
    MODULE_HEARD_ITSELF,   /* its own 0x01: TX leads to RX */
    MODULE_HEARD_MESSAGES, /* of an MCU */
};

struct module { /* private */
    const struct module_config *config;
    enum module_heard heard;
    struct otter_link link;
    struct otter_link_config link_config;
    /* this start of the module */
    uint8_t phase;
    uint32_t start_ms;
    uint32_t unheard_ms; /* the first start since the MCU was heard */
    uint8_t info_rounds, heartbeats_lost;
    uint32_t heartbeat_ms, status_ms;
    uint16_t status;
    bool status_first_sent, status_cloud_sent, status_due, offer_considered;
    bool is_slow; /* the line: an answer has come too late */
    bool gave_up; /* on lost_cmd, lost_sn */
    uint8_t lost_cmd, lost_sn;
    bool asked_by_mcu; /* this start, with 0x29 */
    bool restart_due;
    uint32_t restart_ms, restart_after_ms;
    enum module_start restart_why;
    struct otter_info info;
    struct otter_update_status update_status;
    struct otter_about about;
    bool have_info, have_about;
    bool asked_about; /* in this start */
    /* the update */
    enum module_transfer transfer;
    uint32_t deadline_ms, deadline_after_ms; /* of `transfer`, where it has one */
    uint32_t quiet_ms;                       /* when the transfer ended */
    bool quiet;
    uint32_t piece_ms, sent_ms, ask_ms; /* pending piece; last piece's ACK; 0x01 since then */
    uint16_t piece_len, piece_number, piece_count;
    uint8_t offers, version_before[8];
    enum module_failure failure; /* what it will have been if no fresh READY comes */
    bool piece_due, stop_requested, begun, returned, ended;
    bool asked_why; /* the otter app that refused the offer */
    uint8_t rx_body[1024 + 16];
    uint8_t piece[OTTER_PIECE_HEAD + MODULE_PIECE_MAX];
    uint8_t command[2 * (OTTER_PIECE_HEAD + MODULE_PIECE_MAX + 7) + 2];
    uint8_t tx[2 * (OTTER_PIECE_HEAD + MODULE_PIECE_MAX + 7) + 2 + 256];
};

/* Begin as after the module's power-on. `config` must outlive it; its file and version may be
 * changed between transfers, before module_offer(). */
void module_init(struct module *module, const struct module_config *config, uint32_t now_ms);

/* Take what the UART brought. Input while the module is restarting is lost, as in a real
 * one. */
void module_receive(struct module *module, const uint8_t in[], size_t in_len, uint32_t now_ms);

/* Do what is due. */
void module_poll(struct module *module, uint32_t now_ms);

/* Move up to out_max bytes to send to `out`. Returns how many; 0 = nothing to send. */
size_t module_take(struct module *module, uint8_t out[], size_t out_max);

/* Copy a session into another struct, as a snapshot; both then use the same config and file.
 * The pointers inside (link, decoder) lead into `to` afterwards. */
void module_copy(struct module *to, const struct module *from);

/* Milliseconds until module_poll() has something to do; at most MODULE_T_HEARTBEAT_MS. */
uint32_t module_next_ms(const struct module *module, uint32_t now_ms);

/* Offer config->file as it is now, whatever version the MCU has: as soon as the MCU has
 * answered 0x01 and no piece is on its way. What an update server's "there is something new"
 * leads to.
 * Returns 0, OTTER_ERR_BUSY (a transfer runs), or OTTER_ERR_NONE (no file). */
OTTER_MUST_CHECK int module_offer(struct module *module, uint32_t now_ms);

/* Tell the MCU that no more of the file comes (0x1F in the middle of a transfer), and offer
 * nothing more until module_offer(). No event follows. */
void module_cancel(struct module *module, uint32_t now_ms);

/* Report `status` (0x0D) to the MCU now and from now on, until the next start of the module. */
void module_set_status(struct module *module, uint16_t status);

/* Send P0 (0x03) to the MCU, as an app's command through the cloud does.
 * Returns 0, or OTTER_ERR_BUSY (also while pieces run) / OTTER_ERR_SPACE. */
OTTER_MUST_CHECK int module_control(struct module *module, const struct otter_p0 *p0,
                                    uint32_t now_ms);

/* The same for any other command without an own function (0x0F, ...). */
OTTER_MUST_CHECK int module_command(struct module *module, uint8_t cmd, const uint8_t payload[],
                                    uint16_t payload_len, uint32_t now_ms);

/* Did it end (UP_TO_DATE, UPDATED or FAILED was reported)? Heartbeats and answers go on; a
 * READY of the MCU for the same file, or module_offer(), begins again. */
bool module_has_ended(const struct module *module);

/* Is a command of ours unacknowledged, or are there bytes to take? */
bool module_is_busy(const struct module *module);

enum module_heard module_heard(const struct module *module);

/* Does the 0x02 come from the bootloader, which waits for an image? */
bool module_info_is_recovery(const struct otter_info *info);

/* A file in memory, which must stay there; its MD5 is still to be set. */
struct module_file module_file_in_memory(const uint8_t data[], uint32_t size);

#endif
