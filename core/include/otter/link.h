/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_LINK_H
#define OTTER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One end of the serial link: frames in, frames out, and the one ACK/retry engine of otter.
 *
 * Both sides use it, the MCU (device.h) and the Wi-Fi module (module/). Sans-IO: received bytes
 * and the time go in, bytes to send are taken out. At most one command of ours is
 * unacknowledged, as in every deployed implementation; a resend repeats the same bytes with the
 * same sn. An answer counts only if both its command and its sn fit. Answers to the peer are
 * not repeated by us: the peer asks again. Times are milliseconds that may wrap. Source:
 * docs/protocol.md chapters 1.4 and 3.
 */
struct otter_retry {
    uint16_t timeout_ms; /* from the command's entry into the send queue */
    uint8_t sends;       /* in total */
};
extern const struct otter_retry otter_retry_command; /* 200 ms, 3 sends */
extern const struct otter_retry otter_retry_piece;   /* 3000 ms, 3 sends */

/* The caller's memory and the side's manners; must outlive the link. */
struct otter_link_config {
    uint8_t *rx_body; /* decoder buffer: largest payload + 7 */
    uint16_t rx_body_max;
    uint8_t *command; /* keeps the unacknowledged command's wire bytes for its resends */
    uint16_t command_max;
    uint8_t *tx; /* send queue */
    uint16_t tx_max;
    enum otter_frame_mode rx_mode; /* LENIENT for a device */
    bool raw_acks;                 /* simple ACKs go out without escapes, as modules do */
};

enum otter_link_event {
    OTTER_LINK_NONE,
    /* A command of the peer (odd codes): answer with otter_link_answer(). Nobody answers 0x11,
     * which comes as a request, too. */
    OTTER_LINK_REQUEST,
    OTTER_LINK_ANSWER, /* the answer to our command; frame->cmd - 1 says which */
    OTTER_LINK_STRAY,  /* an answer nobody waits for (late, or a repeated one); also 0x12 */
    OTTER_LINK_BAD_CHECKSUM, /* a frame with a wrong checksum */
    /* Our command was sent `sends` times without answer; frame->cmd, ->sn. */
    OTTER_LINK_GAVE_UP,
};

/* Members are private; initialise with otter_link_init(). */
struct otter_link {
    const struct otter_link_config *config;
    struct otter_frame_decoder decoder;
    uint16_t command_len; /* wire bytes in config->command */
    uint8_t command_cmd, command_sn;
    uint8_t sends_left;
    bool waiting;
    struct otter_retry retry;
    uint32_t sent_ms;
    uint8_t next_sn;
    uint16_t tx_head, tx_len;
};

void otter_link_init(struct otter_link *link, const struct otter_link_config *config);

/* Take received bytes until one event; call again with the remainder. *out_frame is valid until
 * the next call. Returns the event; OTTER_LINK_NONE means all input is used. */
enum otter_link_event otter_link_receive(struct otter_link *link, const uint8_t in[],
                                         size_t in_len, size_t *out_consumed,
                                         struct otter_frame *out_frame);

/* Resend or give up what is overdue at now_ms. A resend that finds no room in the send queue
 * counts as sent, so that a transmitter that is stuck ends in GAVE_UP, too. Times are measured
 * from each send. Returns OTTER_LINK_NONE or OTTER_LINK_GAVE_UP. */
enum otter_link_event otter_link_poll(struct otter_link *link, uint32_t now_ms,
                                      struct otter_frame *out_frame);

/* Milliseconds until otter_link_poll() has something to do; UINT32_MAX = nothing is awaited. */
uint32_t otter_link_next_ms(const struct otter_link *link, uint32_t now_ms);

/* Send a command with the next sn and await its answer. retry->sends of 0 is taken as 1.
 * Returns 0, OTTER_ERR_BUSY (another one is awaited), or OTTER_ERR_SPACE / OTTER_ERR_RANGE;
 * after an error nothing was queued and no sn was used. */
OTTER_MUST_CHECK int otter_link_command(struct otter_link *link, uint8_t cmd, uint16_t flags,
                                        const uint8_t payload[], uint16_t payload_len,
                                        const struct otter_retry *retry, uint32_t now_ms);

/* Is a command of ours unacknowledged? */
bool otter_link_is_busy(const struct otter_link *link);

/* ... and is it this one? */
bool otter_link_awaits(const struct otter_link *link, uint8_t cmd);

/* Forget the unacknowledged command: its answer will be a stray. */
void otter_link_drop(struct otter_link *link);

/* Answer `request` with its command + 1 and its sn. Returns 0 or OTTER_ERR_SPACE /
 * OTTER_ERR_RANGE. */
OTTER_MUST_CHECK int otter_link_answer(struct otter_link *link,
                                       const struct otter_frame *request,
                                       const uint8_t payload[], uint16_t payload_len);

/* The same with flags, which are 0 else. */
OTTER_MUST_CHECK int otter_link_answer_flags(struct otter_link *link,
                                             const struct otter_frame *request, uint16_t flags,
                                             const uint8_t payload[], uint16_t payload_len);

/* Send a frame that nobody answers and nothing repeats, with a given sn (illegal-message
 * replies). */
OTTER_MUST_CHECK int otter_link_notify(struct otter_link *link, uint8_t cmd, uint8_t sn,
                                       const uint8_t payload[], uint16_t payload_len);

/* Move up to out_max bytes of the send queue to `out`. Returns how many; 0 = nothing to
 * send. */
size_t otter_link_take(struct otter_link *link, uint8_t out[], size_t out_max);

/* Is the send queue empty? */
bool otter_link_is_drained(const struct otter_link *link);

#ifdef __cplusplus
}
#endif
#endif
