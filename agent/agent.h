/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent/ddi_read.h"
#include "host/error.h"
#include "module/module.h"
#include "otter/err.h"

/* What a device's agent does towards an update server that speaks hawkBit's DDI v1: polls,
 * reports attributes, downloads with resume, says when the MCU is to be offered the file, and
 * reports what became of it.
 *
 *      root ──► deploymentBase ──► artifact ──► checked ──► offer ──► pieces ─► version, reason
 *        ▲                                                                            │
 *        └────────────────────── closed success | failure ◄───────────────────────────┘
 *
 * Sans-IO: milliseconds of a monotonic clock and bytes are handed in, requests are fetched out.
 * It owns no socket, file, thread or clock, so a virtual device runs it in virtual time.
 * Around it stand
 *
 *  - an HTTP client: agent_take_request(), then agent_reply_begin(), agent_reply_bytes() and
 *    agent_reply_end(), or agent_request_failed() at any point. One request at a time;
 *  - the module's side of the serial line (module/module.h): each event to agent_mcu_event(),
 *    and agent_take_command() says what to do with it;
 *  - a place for the image (struct agent_sink);
 *  - a place for the state: whenever agent_state_due() returns a text, make it durable and call
 *    agent_state_saved(). Until then no request and no command comes out, so nothing happens
 *    that a new agent would not know of: after a kill at any point, agent_restore() goes on.
 *    After module events save before any byte goes to the MCU.
 *
 * What the server hears of an end is only what the MCU reports: its version, and its reason. An
 * image whose last piece may have reached the MCU is not offered again by the same action,
 * unless the MCU itself shows that it has not got it: an otter app that runs the old version
 * and gives no reason. Nor is an action begun again that has ended: its result is reported
 * again. A result is kept until the server has acknowledged it.
 *
 * Everything that comes from the server is hostile input. The token goes to the origin (scheme,
 * host, port) of `base_url` only; artifacts may lie elsewhere and are fetched without it.
 *
 * Source: hawkBit's DDI v1. An addition of ours: `X-Otter-Token`, see `claim` below. About 70
 * KB. */
enum {
    AGENT_URL_SIZE = DDI_URL_SIZE,
    AGENT_BODY_MAX = 16384,
    AGENT_REPLY_MAX = 32768, /* of a JSON answer; a longer one is an error */
    AGENT_STATE_MAX = 16384,
    AGENT_HEADERS_MAX = 6,
    AGENT_HEADER_SIZE = 320,
    AGENT_TOKEN_MAX = 128,
    AGENT_TEXT_SIZE = 256,
    AGENT_DETAIL_SIZE = 513, /* hawkBit: 512 characters, and 50 of them in a status */
    AGENT_CLOSED_MAX = 8,    /* ended actions that are remembered */

    AGENT_T_POLL_MS = 300000,       /* until the server says otherwise */
    AGENT_T_POLL_MIN_MS = 1000,     /* what it may say */
    AGENT_T_POLL_MAX_MS = 86400000, /* " */
    AGENT_T_PROGRESS_MS = 2000,     /* between two of them */
    AGENT_T_BACKOFF_MS = 2000,      /* after the first failure; doubles */
    AGENT_T_BACKOFF_MAX_MS = 600000,
    AGENT_T_RETRY_AFTER_MAX_MS = 3600000, /* Retry-After is obeyed up to this */
    AGENT_T_DENIED_MS = 300000,           /* after 401 and 403 */
    AGENT_T_OFFER_AGAIN_MS = 10000,       /* after an offer that the MCU did not take */
    AGENT_T_ASK_MS = 5000,      /* 0x01 again, while the MCU's version is not certain */
    AGENT_T_SETTLE_MS = 20000,  /* as MODULE_T_SETTLE_MS, after a restart of the agent */
    AGENT_T_RETURN_MS = 600000, /* from the last piece until the MCU is given up */
    AGENT_OFFERS_MAX = 4,
    AGENT_DOWNLOADS_MAX = 3, /* whole downloads whose bytes were wrong */
};

/* The number in `code` of a final status that no MCU has given (those are enum otter_reason,
 * below 128). With 128 added to enum module_failure: how the transfer ended. */
enum agent_code {
    AGENT_CODE_NONE = 0,
    AGENT_CODE_MODULE = 128,
    AGENT_CODE_ARTIFACT = 160, /* not exactly one usable artifact */
    AGENT_CODE_DOWNLOAD,       /* cannot be had */
    AGENT_CODE_DIGEST,         /* size or digest differ, again and again */
    AGENT_CODE_IMAGE,          /* no image, or its trailer is damaged */
    AGENT_CODE_VERSION,        /* neither trailer nor chunk says which version it brings */
    AGENT_CODE_DENIED,         /* by the person at the device */
    AGENT_CODE_STORAGE,        /* the image cannot be stored */
};

enum agent_token_kind { AGENT_TOKEN_TARGET, AGENT_TOKEN_GATEWAY };

/* Where the image goes. All return 0, or anything else on failure, unless said otherwise. */
struct agent_sink {
    /* Write at `off`, which is the size so far. */
    int (*write)(void *ctx, uint32_t off, const uint8_t data[], size_t len);
    int (*read)(void *ctx, uint32_t off, uint8_t out[], size_t len);
    /* Bytes so far: also of a download that an agent before this one has begun. */
    uint32_t (*size)(void *ctx);
    /* It is whole and checked: make it durable. Comes again for the same bytes if the agent
     * ends before its state, which says so, is saved. */
    int (*finish)(void *ctx);
    void (*discard)(void *ctx);
};

struct agent_attribute {
    const char *name, *value;
};

struct agent_config {
    const char *base_url; /* "https://host:port", or with a path in front of the tenant's */
    const char *tenant;   /* "DEFAULT" */
    const char *controller_id;
    enum agent_token_kind token_kind;
    const char *token; /* "" = none */
    /* A code from a label, "" = none. Then requests carry it as TargetToken, beside `token`,
     * which the device has made itself, in X-Otter-Token, until one was answered with 200; from
     * then on `token`. Both are tried in turn, because that 200 may have been lost. */
    const char *claim;
    const struct agent_attribute *attributes; /* besides those of the MCU */
    size_t attribute_count;
    bool is_manual;     /* `attempt` waits for agent_approve() */
    uint32_t poll_ms;   /* 0 = AGENT_T_POLL_MS */
    uint32_t spread_ms; /* the first poll comes within this */
    uint32_t image_max; /* bytes that the MCU's slot takes */
    const struct agent_sink *sink;
    void *sink_ctx;
};

enum agent_method { AGENT_GET, AGENT_PUT, AGENT_POST };

/* Valid until the next call of agent_take_request(). */
struct agent_request {
    enum agent_method method;
    const char *url;
    const char *headers[AGENT_HEADERS_MAX]; /* "Name: value" */
    size_t header_count;
    const char *body; /* JSON text that ends with a 0; NULL = none */
    size_t body_len;
};

/* Headers of an answer as they came; NULL = absent. */
struct agent_reply {
    int status;
    const char *retry_after, *content_length, *content_range, *etag;
};

enum agent_command {
    AGENT_COMMAND_NONE,
    AGENT_COMMAND_OFFER,    /* module_offer() with the sink's bytes and agent_version() */
    AGENT_COMMAND_WITHDRAW, /* module_cancel(), and no file to offer any more */
    AGENT_COMMAND_ASK,      /* module_command() 0x01 */
};

enum agent_activity {
    AGENT_IDLE,
    AGENT_WAITS_APPROVAL,
    AGENT_DOWNLOADS,
    AGENT_WAITS_SERVER, /* the image is there; its installation is not allowed yet */
    AGENT_WAITS_MCU,    /* ... the MCU is silent, or does not want it now */
    AGENT_OFFERS,
    AGENT_SENDS,
    AGENT_RETURNS, /* all sent: the MCU installs */
    AGENT_REPORTS, /* the result is on its way to the server */
};

enum agent_link { AGENT_LINK_UNKNOWN, AGENT_LINK_UP, AGENT_LINK_DOWN, AGENT_LINK_DENIED };

struct agent_status {
    enum agent_activity activity;
    enum agent_link link;
    char action[DDI_ID_SIZE]; /* "" = none */
    uint32_t bytes, bytes_of; /* of the download */
    uint16_t piece, piece_of;
    uint64_t poll_in_ms;
    uint64_t blocked_ms; /* no request before that */
    int http_status;     /* of the last answer */
    unsigned failures;   /* one after the other */
    char error[AGENT_TEXT_SIZE];
    bool mcu_is_known, mcu_answers, mcu_on_trial;
    char mcu_hardware[9], mcu_version[9], wanted_version[9];
    /* the last ended action */
    char last_action[DDI_ID_SIZE];
    bool last_is_good;
    char last_text[AGENT_DETAIL_SIZE];
};

struct agent;

/* A new agent; NULL without memory, or with the error if the configuration is none. The config
 * and all it points to must outlive it. */
struct agent *agent_new(const struct agent_config *config, uint64_t now_ms,
                        struct host_error *out_error);
void agent_free(struct agent *agent);

/* Go on from a saved state: right after agent_new(). Returns 0, or -1 for what is no state of
 * this program; the agent is then as new. */
OTTER_MUST_CHECK int agent_restore(struct agent *agent, const char *text, size_t len,
                                   uint64_t now_ms, struct host_error *out_error);

/* The state as text to be saved now, or NULL. Valid until the next call. */
const char *agent_state_due(struct agent *agent);
void agent_state_saved(struct agent *agent);

/* Milliseconds until something is due if nothing comes in; 0 = now. Not more than a day. */
uint64_t agent_next_ms(const struct agent *agent, uint64_t now_ms);

/* Fetch the request that is due. Returns false if there is none now, or one is on its way. */
OTTER_MUST_CHECK bool agent_take_request(struct agent *agent, uint64_t now_ms,
                                         struct agent_request *out_request);

/* The answer's status line and headers came. */
void agent_reply_begin(struct agent *agent, const struct agent_reply *reply, uint64_t now_ms);

/* Bytes of its body. Returns 0, or -1 if no more are wanted: end it by agent_request_failed()
 * (with any reason). */
OTTER_MUST_CHECK int agent_reply_bytes(struct agent *agent, const uint8_t bytes[], size_t len,
                                       uint64_t now_ms);
void agent_reply_end(struct agent *agent, uint64_t now_ms);

/* It could not be sent, or its answer broke off. `why` is one clause for a person. */
void agent_request_failed(struct agent *agent, const char *why, uint64_t now_ms);

/* What the module's side reports. */
void agent_mcu_event(struct agent *agent, const struct module_event *event, uint64_t now_ms);

/* The module's side begins anew and knows of no offer: the serial port was gone. */
void agent_mcu_lost(struct agent *agent, uint64_t now_ms);

/* What to do with it. */
enum agent_command agent_take_command(struct agent *agent, uint64_t now_ms);

/* The version that the offered file brings: 8 characters. */
const uint8_t *agent_version(const struct agent *agent);

/* The person at the device says yes or no. Returns 0, or -1: nothing waits for that. */
OTTER_MUST_CHECK int agent_approve(struct agent *agent, uint64_t now_ms,
                                   struct host_error *out_error);
OTTER_MUST_CHECK int agent_deny(struct agent *agent, uint64_t now_ms,
                                struct host_error *out_error);

/* Poll now. */
void agent_poll_now(struct agent *agent, uint64_t now_ms);

void agent_get_status(const struct agent *agent, uint64_t now_ms,
                      struct agent_status *out_status);

/* One word: "idle", "downloads", ... */
const char *agent_activity_name(enum agent_activity activity);
const char *agent_link_name(enum agent_link link);

#endif
