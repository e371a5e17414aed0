/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_INTERNAL_H
#define AGENT_INTERNAL_H

#include "agent/agent.h"

/* What the agent's files share. Who does what:
 *
 *    agent.c     begin, save, time
 *    request.c   which request is due, and its bytes
 *    answer.c    what an answer means
 *    download.c  the artifact's bytes, and whether they are what was promised
 *    action.c    an action begins, is dropped, ends
 *    mcu.c       what the MCU does, and is told
 *    state.c     struct agent_saved as text, and back
 */

enum { AGENT_ROOT_SIZE = 832 }; /* base URL, tenant and id, encoded */

enum agent_stage {
    AGENT_STAGE_NONE,
    AGENT_STAGE_OPEN,      /* the image is not complete yet */
    AGENT_STAGE_READY,     /* it is there, and checked */
    AGENT_STAGE_OFFERED,   /* the MCU may have heard of it */
    AGENT_STAGE_COMMITTED, /* the last piece may have reached the MCU */
    AGENT_STAGE_ENDED,     /* the result is to be acknowledged by the server */
    AGENT_STAGES,
};

struct agent_result {
    char id[DDI_ID_SIZE];
    bool is_good;
    int code;
    char text[AGENT_DETAIL_SIZE];
};

/* All that must survive a restart. */
struct agent_saved {
    enum agent_stage stage;
    char id[DDI_ID_SIZE];
    uint32_t size;
    enum ddi_hash hash_kind;
    char hash[DDI_HASH_SIZE];
    char etag[AGENT_TEXT_SIZE];
    char chunk_version[9]; /* "" = none of 8 characters */
    bool accepted_told, downloaded_told;
    unsigned downloads, offers;
    char version[9], version_before[9];
    uint8_t reason_before;
    char approved[DDI_ID_SIZE];
    struct agent_result result;                   /* ENDED */
    struct agent_result closed[AGENT_CLOSED_MAX]; /* newest first */
    size_t closed_count;
    char reported_hardware[9], reported_version[9]; /* acknowledged by the server */
    bool is_claimed;
};

enum agent_request_kind {
    AGENT_REQUEST_NONE,
    AGENT_REQUEST_ROOT,
    AGENT_REQUEST_CONFIG,
    AGENT_REQUEST_DEPLOYMENT,
    AGENT_REQUEST_CONFIRMATION,
    AGENT_REQUEST_CANCEL,
    AGENT_REQUEST_PROGRESS, /* feedback that ends nothing */
    AGENT_REQUEST_RESULT,   /* feedback that ends the action */
    AGENT_REQUEST_CANCEL_ANSWER,
    AGENT_REQUEST_CONFIRM_ANSWER,
    AGENT_REQUEST_DOWNLOAD,
};

enum agent_telling {
    AGENT_TELL_NOTHING,
    AGENT_TELL_ACCEPTED,
    AGENT_TELL_DOWNLOADED,
    AGENT_TELL_PIECES
};

/* Nothing is asked before until_ms. */
struct agent_wait {
    uint64_t until_ms;
    unsigned failures;
    bool is_told; /* by Retry-After */
};

struct agent {
    const struct agent_config *config;
    char root_url[AGENT_ROOT_SIZE];
    uint64_t seed, poll_count;
    struct agent_saved saved;
    bool is_dirty;
    char state_text[AGENT_STATE_MAX];

    /* the server */
    uint64_t poll_ms, poll_at_ms;
    struct agent_wait api, artifact;
    enum agent_link link;
    int http_status;
    char error[AGENT_TEXT_SIZE];
    bool use_claim;  /* of the two tokens, while it is not claimed */
    bool has_polled; /* with success, since the start */
    bool config_asked, config_refused;
    char deployment_link[DDI_URL_SIZE], confirmation_link[DDI_URL_SIZE];
    char cancel_link[DDI_URL_SIZE];
    char cancel_id[DDI_ID_SIZE]; /* answer it: "" = none */
    bool cancel_accepted;
    char confirm_id[DDI_ID_SIZE]; /* waits for a person, or for its answer to be sent */
    enum { CONFIRM_OPEN, CONFIRM_YES, CONFIRM_NO } confirm;
    /* the open action, as the server last said */
    struct ddi_deployment deployment;
    bool may_download, may_update, needs_approval;
    bool is_mute; /* the server knows it no more */
    /* progress */
    uint16_t piece, piece_of;
    bool piece_due;
    uint64_t progress_ms; /* when the last one went out */
    bool progress_sent;

    /* the request on its way */
    enum agent_request_kind request;
    enum agent_telling telling;
    uint16_t telling_piece;
    char url[AGENT_URL_SIZE];
    char headers[AGENT_HEADERS_MAX][AGENT_HEADER_SIZE];
    size_t header_count;
    char body[AGENT_BODY_MAX];
    uint32_t range_off;
    struct agent_reply reply;               /* status only; its texts are not kept */
    uint64_t retry_after_ms;                /* what the header says; 0 = nothing */
    char sent_hardware[9], sent_version[9]; /* in configData */
    char reply_text[AGENT_REPLY_MAX];
    size_t reply_len;
    bool is_broken; /* the answer was given up in the middle */

    /* the image */
    bool has_trailer;
    uint8_t hardware[8];

    /* the MCU */
    bool mcu_is_known, mcu_answers, mcu_is_otter, mcu_on_trial;
    struct otter_info info;
    uint8_t reason;
    bool is_offer_due, has_file, is_sending;
    uint64_t offer_at_ms, ask_at_ms;
    bool judges; /* COMMITTED, and the module's side judges no more: a restart, ... */
    uint64_t commit_ms, first_info_ms;
    bool had_info;
};

/* agent.c */
void agent_set_dirty(struct agent *agent);
void agent_set_error(struct agent *agent, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* request.c */
enum agent_request_kind agent_request_due(const struct agent *agent, uint64_t now_ms);
bool agent_config_is_due(const struct agent *agent);
bool agent_download_is_due(const struct agent *agent);
enum agent_telling agent_telling_due(const struct agent *agent, uint64_t now_ms);

/* answer.c: the download has to wait before it goes on. */
void agent_download_failed(struct agent *agent, uint64_t now_ms);

/* download.c */
void agent_download_begin(struct agent *agent, const struct agent_reply *reply,
                          uint64_t now_ms);
int agent_download_bytes(struct agent *agent, const uint8_t bytes[], size_t len,
                         uint64_t now_ms);
void agent_download_end(struct agent *agent, uint64_t now_ms);
/* The sink has all bytes: check them, and go on or begin again. */
void agent_download_check(struct agent *agent, uint64_t now_ms);
/* Read digest and trailer of what lies in the sink. True = it is what was promised. */
bool agent_image_is_whole(struct agent *agent);
/* Does the sink hold as much as was promised, or more? */
bool agent_download_is_complete(const struct agent *agent);
/* Begin at byte 0 again; the action ends when that was too often. */
void agent_download_again(struct agent *agent, enum agent_code code, const char *why);

/* action.c */
void agent_action_offered(struct agent *agent, const struct ddi_deployment *deployment);
void agent_action_drop(struct agent *agent);
void agent_action_end(struct agent *agent, bool is_good, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void agent_action_acknowledged(struct agent *agent);
/* The server knows the open action no more. */
void agent_action_gone(struct agent *agent);
/* Can it still be taken back? */
bool agent_action_is_recallable(const struct agent *agent);
const struct agent_result *agent_action_find_closed(const struct agent *agent, const char *id);

/* mcu.c */
void agent_mcu_tick(struct agent *agent, uint64_t now_ms);
/* Until agent_take_command() has something, by what is known of the MCU; at most a day. */
uint64_t agent_mcu_next_ms(const struct agent *agent, uint64_t now_ms);
void agent_mcu_restored(struct agent *agent, uint64_t now_ms);

/* state.c: 0, or -1. */
int agent_state_write(const struct agent_saved *saved, char out[AGENT_STATE_MAX]);
int agent_state_read(const char *text, size_t len, struct agent_saved *out_saved,
                     struct host_error *out_error);

#endif
