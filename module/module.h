/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULE_MODULE_H
#define MODULE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/link.h"
#include "otter/message.h"

/* The Wi-Fi module's side of the serial line: start-up, status, heartbeat, and the offer of a file.
 *
 * On the wire it acts as the open GAgent 04020006 does (docs/protocol.md, chapter 5: order, bytes,
 * retries, unescaped simple ACKs), without that program's faults: a file that fits one piece is
 * sent, a READY that comes late or twice destroys nothing, and every end is reported.
 *
 * Sans-IO like the device library: bytes and milliseconds in, bytes out, everything notable through
 * one event callback. Plain data; copying it (with its file staying put) is a snapshot.
 */
enum {
    MODULE_PIECE_MAX = 2045, /* as the open module's memory allows */
    MODULE_HEARTBEAT_MS = 55000,
    MODULE_STATUS_MS = 600000,
    MODULE_STATUS_FIRST_MS = 1000, /* after start: 0x0D 071A (router) */
    MODULE_OFFER_MS = 2000,        /* after start: 0x19, if a file is offered */
    MODULE_STATUS_CLOUD_MS = 5000, /* after start: 0x0D 073A (cloud) */
    MODULE_RESTART_MS = 100,       /* from 0x2A to the new start */
    MODULE_READY_MS = 30000,       /* we wait for READY (the open module: for ever) */
    MODULE_RETURN_MS = 60000,      /* from the last piece's ACK to the new version in 0x02 */
    MODULE_ASK_AGAIN_MS = 5000,    /* interval of 0x01 while we wait for that */
};

enum module_event_kind {
    MODULE_STARTED,  /* the module (re)started and asks 0x01 */
    MODULE_INFO,     /* 0x02 came: info */
    MODULE_OFFERED,  /* 0x1A came */
    MODULE_READY,    /* READY came, pieces start: number of pieces in `count` */
    MODULE_PROGRESS, /* piece `number` of `count` was acknowledged */
    MODULE_RESENT,   /* piece `number` was sent again */
    MODULE_SENT,     /* the last piece was acknowledged */
    MODULE_STOPPED,  /* our 0x1F was sent: the MCU stayed silent to a piece */
    MODULE_REPORT,   /* 0x05 from the MCU: p0 */
    MODULE_ANSWER,   /* 0x04 to our 0x03: p0 (p0.data_len may be 0 and action 0: empty) */
    MODULE_REQUEST,  /* any other command of the MCU: cmd (0x09, 0x0B, 0x13, 0x15, ...) */
    MODULE_ILLEGAL,  /* the MCU complained with 0x12: number = code */
    MODULE_UPDATED,  /* the MCU came back with the expected version: done, good */
    MODULE_FAILED,   /* the update ended badly: failure */
};

enum module_failure {
    MODULE_NO_ANSWER = 1, /* the MCU never answered 0x01 */
    MODULE_NO_OFFER_ACK,  /* ... 0x19 */
    MODULE_NO_READY,      /* 0x1A came, READY did not */
    MODULE_REFUSED,       /* 0x27 before the first piece: too large, ... */
    MODULE_ABORTED,       /* 0x27 in the middle: flash error, bad piece */
    MODULE_MD5_DIFFERS,   /* 0x27 at the last piece */
    MODULE_PIECE_LOST,    /* 0x1F sent, and no new READY came */
    MODULE_NOT_BACK,      /* all sent, but the MCU did not answer any more */
    MODULE_OLD_VERSION,   /* all sent, MCU is back, but not with the expected version */
};

struct module_event {
    enum module_event_kind kind;
    const struct otter_info *info;
    const struct otter_p0 *p0;
    uint8_t cmd;
    uint16_t number, count;
    enum module_failure failure;
    const char *text; /* one clause for a person, for FAILED and STOPPED */
};

struct module_config {
    const uint8_t *file; /* NULL = nothing to offer */
    uint32_t file_size;
    uint8_t md5_hex[32];
    uint8_t version
        [8]; /* expected in 0x02 afterwards; an MCU that has it is not offered the file */
    bool offer_always; /* offer even if the MCU already has that version */
    uint16_t status;   /* bits reported once "connected"; 0 = 0x073A */
    void *ctx;
    void (*event)(void *ctx, const struct module_event *event);
};

struct module { /* private */
    const struct module_config *config;
    struct otter_link link;
    struct otter_link_config link_config;
    uint8_t phase;
    uint32_t start_ms, heartbeat_ms, status_ms, deadline_ms, ask_ms;
    uint8_t info_rounds, heartbeats_lost;
    bool status_first_sent, status_cloud_sent, offered, cloud;
    struct otter_info info;
    bool have_info;
    uint16_t piece_len, piece_number, piece_count;
    bool piece_due, sending, stop_due, all_sent, restart_due, ended;
    uint32_t restart_ms;
    uint8_t rx_body[1024 + 16];
    uint8_t command[2 * (MODULE_PIECE_MAX + 4 + 7) + 2];
    uint8_t tx[2 * (MODULE_PIECE_MAX + 4 + 7) + 2 + 256];
};

/* Begin as after the module's power-on. `config` must outlive it. */
void module_init(struct module *module, const struct module_config *config, uint32_t now_ms);

void module_receive(struct module *module, const uint8_t in[], size_t in_len, uint32_t now_ms);
void module_poll(struct module *module, uint32_t now_ms);
size_t module_take(struct module *module, uint8_t out[], size_t out_max);

/* Milliseconds until module_poll() has something to do. */
uint32_t module_next_ms(const struct module *module, uint32_t now_ms);

/* Send P0 (0x03) to the MCU, as an app's command through the cloud does.
 * Returns 0, or OTTER_ERR_BUSY / OTTER_ERR_SPACE. */
OTTER_MUST_CHECK int module_control(struct module *module, const struct otter_p0 *p0,
                                    uint32_t now_ms);

/* The same for any other command without an own function (0x0F, ...). */
OTTER_MUST_CHECK int module_command(struct module *module, uint8_t cmd, const uint8_t payload[],
                                    uint16_t payload_len, uint32_t now_ms);

/* Did it end (MODULE_UPDATED or MODULE_FAILED was told)? Heartbeats and answers go on. */
bool module_has_ended(const struct module *module);

#endif
