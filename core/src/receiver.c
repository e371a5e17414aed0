/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/receiver.h"

#include <string.h>
#include "otter/image.h"
#include "receiver_store.h"

enum {
    REOFFER_MS = 1000, /* a resent 0x19 comes within 600 ms; later ones are new */
};

/* READY is sent once and awaited as long as the silence before it may be repeated lasts: a repeat
 * would hit the running transfer and destroy it (docs/protocol.md chapter 4). */
static const struct otter_retry retry_ready = {OTTER_READY_SILENCE_MS, 1};

/* ---- states ---- */

static bool is_over(uint32_t since_ms, uint32_t now_ms, uint32_t limit_ms)
{
    return now_ms - since_ms >= limit_ms;
}

/* The transfer has ended without a new image. */
static void end(struct otter_receiver *receiver, enum otter_receiver_result result)
{
    receiver->result = result;
    receiver->state = OTTER_RECEIVER_IDLE;
    receiver->ready_due = false;
    otter_store_forget_resume(receiver);
}

/* Go on with 0x27, and the ACK that is owed behind it. */
static void stop(struct otter_receiver *receiver, bool ask_again)
{
    receiver->state = OTTER_RECEIVER_STOPPING;
    receiver->stop_due = true;
    receiver->ask_again = ask_again;
    receiver->ready_due = false;
    receiver->flag_due = false;
    receiver->queued_len = 0;
}

static void fail(struct otter_receiver *receiver, enum otter_receiver_result result)
{
    receiver->result = result;
    otter_store_forget_resume(receiver);
    stop(receiver, false);
}

/* Ask for the whole file: with READY at once, or after silence. */
static void ask(struct otter_receiver *receiver, bool at_once, uint32_t now_ms)
{
    receiver->state = OTTER_RECEIVER_ASKING;
    receiver->ready_due = at_once;
    receiver->asked = receiver->begun = false;
    receiver->flag_due = false;
    receiver->queued_len = 0;
    receiver->good_ms = now_ms;
}

/* Pieces begin where flash can be programmed: even, or a multiple of a larger program_size. */
static uint32_t round_down(const struct otter_receiver *receiver, uint32_t len)
{
    uint32_t unit = receiver->config->port->program_size;

    if (unit < 2) {
        unit = 2;
    }
    return len / unit * unit;
}

/* The length asked next: half of the last one, not below the minimum. */
static void halve(struct otter_receiver *receiver)
{
    uint16_t half = (uint16_t)round_down(receiver, receiver->piece_len / 2);

    if (half < OTTER_PIECE_MIN) {
        half = OTTER_PIECE_MIN;
    }
    if (half < receiver->next_piece_len) {
        receiver->next_piece_len = half;
    }
}

static void count_attempt(struct otter_receiver *receiver)
{
    receiver->unanswered = 0;
    if (receiver->begun) {
        return;
    }
    receiver->begun = true;
    receiver->attempts++;
    otter_store_save_resume(receiver);
}

/* The sums of a frame are 8 bits, so a noisy line gets a wrong piece through now and then. Such a
 * transfer is begun again; the same on a line that showed no fault is the sender's mistake, and so
 * is a file that arrives twice with the same wrong digest. */
static void reject(struct otter_receiver *receiver, enum otter_receiver_result result)
{
    if (!receiver->disturbed || receiver->attempts >= OTTER_ATTEMPTS_MAX) {
        fail(receiver, result);
        return;
    }
    count_attempt(receiver);
    halve(receiver);
    stop(receiver, true);
}

static void reject_digest(struct otter_receiver *receiver, const uint8_t digest[16])
{
    bool is_same = receiver->digest_known &&
                   memcmp(receiver->digest, digest, sizeof(receiver->digest)) == 0;

    memcpy(receiver->digest, digest, sizeof(receiver->digest));
    receiver->digest_known = true;
    if (is_same) {
        fail(receiver, OTTER_RESULT_MD5);
    } else {
        reject(receiver, OTTER_RESULT_MD5);
    }
}

/* The last ACK has left: tell the bootloader. */
static void announce(struct otter_receiver *receiver)
{
    receiver->flag_due = false;
    if (otter_store_write_flag(receiver) != 0) {
        fail(receiver, OTTER_RESULT_FLASH);
        return;
    }
    receiver->result = OTTER_RESULT_FINISHED;
    receiver->state = OTTER_RECEIVER_FINISHED;
    otter_store_forget_resume(receiver);
}

/* ---- what is due on the link ---- */

/* A piece, an 0x1F or a new offer: nobody will answer our READY any more. */
static void drop_ready(struct otter_receiver *receiver, struct otter_link *link)
{
    if (receiver->ready_pending) {
        otter_link_drop(link);
    }
    receiver->ready_pending = false;
}

static int send_ack(struct otter_receiver *receiver, struct otter_link *link)
{
    const struct otter_frame piece = {.cmd = OTTER_CMD_PIECE, .sn = receiver->last_sn};
    int rc = otter_link_answer(link, &piece, NULL, 0);

    receiver->ack_due = rc != 0;
    return rc;
}

static int send_ready(struct otter_receiver *receiver, struct otter_link *link, uint32_t now_ms)
{
    struct otter_ready ready = {.piece_len = receiver->next_piece_len};
    uint8_t payload[OTTER_READY_SIZE];
    int len, rc;

    memcpy(ready.md5_hex, receiver->offer.md5_hex, sizeof(ready.md5_hex));
    len = otter_put_ready(&ready, payload, sizeof(payload));
    if (len < 0) {
        return len;
    }
    rc = otter_link_command(link, OTTER_CMD_READY, 0, payload, (uint16_t)len, &retry_ready,
                            now_ms);
    if (rc != 0) {
        return rc;
    }
    ask(receiver, false, now_ms);
    receiver->asked = receiver->ready_pending = true;
    receiver->unanswered++;
    receiver->piece_len = receiver->next_piece_len;
    receiver->bad_sums = 0;
    receiver->received = receiver->written = 0;
    receiver->last_number = 0;
    receiver->queued_done = 0;
    receiver->may_write = false;
    otter_md5_init(&receiver->md5);
    otter_store_save_resume(receiver);
    return 0;
}

/* Send 0x27 and owed ACKs, in this order (measured: the other order brings one more piece). */
static int send_due(struct otter_receiver *receiver, struct otter_link *link, uint32_t now_ms)
{
    int rc;

    if (receiver->stop_due || receiver->restart_module_due) {
        bool is_stop = receiver->stop_due;

        if (otter_link_is_busy(link)) {
            return 0;
        }
        rc = otter_link_command(link,
                                is_stop ? OTTER_CMD_RECEIVER_STOP : OTTER_CMD_RESTART_MODULE, 0,
                                NULL, 0, &otter_retry_command, now_ms);
        if (rc != 0) {
            return rc;
        }
        if (is_stop) {
            receiver->stop_due = false;
        } else {
            receiver->restart_module_due = false;
        }
    }
    return receiver->ack_due ? send_ack(receiver, link) : 0;
}

/* ---- the module's requests ---- */

static int take_offer(struct otter_receiver *receiver, struct otter_link *link,
                      const struct otter_frame *frame, uint32_t now_ms)
{
    const struct otter_receiver_config *config = receiver->config;
    struct otter_offer offer;
    bool is_good = otter_get_offer(frame, &offer) == 0;
    bool is_same = is_good && receiver->offered &&
                   offer.file_size == receiver->offer.file_size &&
                   memcmp(offer.md5_hex, receiver->offer.md5_hex, sizeof(offer.md5_hex)) == 0;
    uint32_t piece_len;
    int rc;

    if (!is_good && receiver->asked &&
        (receiver->state == OTTER_RECEIVER_ASKING ||
         receiver->state == OTTER_RECEIVER_RECEIVING)) {
        receiver->disturbed = true; /* most likely a garbled piece, which will be repeated */
        return 0;
    }
    rc = otter_link_answer(link, frame, NULL, 0);
    if (rc != 0 || receiver->state == OTTER_RECEIVER_FINISHED) {
        return rc;
    }
    if (is_same && receiver->state == OTTER_RECEIVER_STOPPING) {
        return 0;
    }
    if (is_same && receiver->state == OTTER_RECEIVER_ASKING) {
        /* Resent because 0x1A was lost; or, later, offered anew by a module that restarted. The READY
         * that is out may be on its way: only silence brings another one. */
        if (is_over(receiver->good_ms, now_ms, REOFFER_MS)) {
            receiver->unanswered = receiver->attempts = 0;
        }
        return 0;
    }

    /* A new one. In the middle of a transfer: the module has restarted and begins again. */
    drop_ready(receiver, link);
    receiver->ack_due = false;
    receiver->stop_due = false;
    receiver->sender_stopped = false;
    receiver->restart_module_due = false;
    receiver->disturbed = receiver->digest_known = false;
    receiver->offered = true;
    receiver->unanswered = receiver->attempts = 0;
    if (!is_good) {
        memset(&receiver->offer, 0, sizeof(receiver->offer));
        fail(receiver, OTTER_RESULT_BAD_OFFER);
        return send_due(receiver, link, now_ms);
    }
    receiver->offer = offer;
    if (offer.file_size > config->layout->backup.size) {
        fail(receiver, OTTER_RESULT_TOO_LARGE);
        return send_due(receiver, link, now_ms);
    }
    piece_len = round_down(receiver, offer.file_size - 1);
    if (offer.file_size < OTTER_IMAGE_SIZE_MIN || piece_len == 0) {
        fail(receiver, OTTER_RESULT_TOO_SMALL);
        return send_due(receiver, link, now_ms);
    }
    if (piece_len > config->piece_max) {
        piece_len = config->piece_max;
    }
    receiver->result = OTTER_RESULT_NONE;
    receiver->piece_len = receiver->next_piece_len = (uint16_t)piece_len;
    ask(receiver, true, now_ms);
    return 0;
}

/* Is it the one piece that can come now? */
static bool is_next(const struct otter_receiver *receiver, const struct otter_frame *frame,
                    const struct otter_piece *piece)
{
    uint32_t left = receiver->offer.file_size - receiver->received;
    uint32_t count =
        (receiver->offer.file_size + receiver->piece_len - 1) / receiver->piece_len;
    uint32_t len = left < receiver->piece_len ? left : receiver->piece_len;

    return (frame->flags & OTTER_PIECE_FLAG_HEX) == 0 &&
           piece->number == (uint32_t)receiver->last_number + 1 && piece->count == count &&
           piece->data_len == len;
}

/* Queue the piece. Returns why the transfer must end, or OTTER_RESULT_NONE. */
static enum otter_receiver_result queue_piece(struct otter_receiver *receiver,
                                              const struct otter_piece *piece, uint32_t now_ms)
{
    while (receiver->queued_len != 0) {
        if (otter_store_program(receiver) != 0) {
            return OTTER_RESULT_FLASH;
        }
    }
    if (is_over(receiver->good_ms, now_ms, otter_retry_piece.timeout_ms)) {
        receiver->disturbed = true; /* probably not its first sending */
    }
    if (receiver->received == 0) {
        count_attempt(receiver);
        receiver->state = OTTER_RECEIVER_RECEIVING;
        if (receiver->config->check_image && piece->data_len >= OTTER_IMAGE_SIZE_MIN &&
            !otter_image_is_startable(piece->data, receiver->config->layout)) {
            return OTTER_RESULT_NOT_STARTABLE;
        }
    }
    memcpy(receiver->queued, piece->data, piece->data_len);
    receiver->queued_len = piece->data_len;
    receiver->queued_done = 0;
    receiver->received += piece->data_len;
    receiver->last_number = piece->number;
    receiver->good_ms = now_ms;
    receiver->bad_sums = 0;
    receiver->sender_stopped = false;
    if (receiver->received == receiver->offer.file_size) {
        receiver->state = OTTER_RECEIVER_VERIFYING;
    }
    return OTTER_RESULT_NONE;
}

static int take_piece(struct otter_receiver *receiver, struct otter_link *link,
                      const struct otter_frame *frame, uint32_t now_ms)
{
    struct otter_piece piece = {0};
    bool is_good = otter_get_piece(frame, &piece) == 0;
    enum otter_receiver_result result = OTTER_RESULT_BAD_PIECE;

    if (!receiver->offered && receiver->state == OTTER_RECEIVER_IDLE) {
        /* A transfer that began before our reset, and nothing known of it: no ACK. */
        receiver->restart_module_due = !receiver->restart_module_done;
        receiver->restart_module_done = true;
        return send_due(receiver, link, now_ms);
    }
    drop_ready(receiver, link); /* the first piece implies 0x1C */
    receiver->last_sn = frame->sn;
    switch (receiver->state) {
    case OTTER_RECEIVER_IDLE: /* unasked, after the end: the reason of that end stays */
        stop(receiver, false);
        break;
    case OTTER_RECEIVER_RESUMING:
        stop(receiver, true);
        break;
    case OTTER_RECEIVER_ASKING:
        if (!receiver->asked || (is_good && piece.number != 1)) {
            stop(receiver, true); /* still of a transfer before this READY */
            break;
        }
        /* fall through */
    case OTTER_RECEIVER_RECEIVING:
        if (is_good && (frame->flags & OTTER_PIECE_FLAG_HEX) == 0 && piece.number != 0 &&
            piece.number == receiver->last_number) {
            receiver->disturbed = true;
            break; /* our ACK was lost: acknowledge again, write nothing */
        }
        if (is_good && is_next(receiver, frame, &piece)) {
            result = queue_piece(receiver, &piece, now_ms);
        }
        if (result == OTTER_RESULT_BAD_PIECE) {
            reject(receiver, result);
        } else if (result != OTTER_RESULT_NONE) {
            fail(receiver, result);
        } else if (receiver->state == OTTER_RECEIVER_VERIFYING) {
            return 0; /* the ACK waits for the check */
        }
        break;
    case OTTER_RECEIVER_VERIFYING:
        if (!receiver->flag_due) {
            return 0;
        }
        break;
    case OTTER_RECEIVER_STOPPING:
    case OTTER_RECEIVER_FINISHED:
        break; /* its ACK ends it */
    }
    receiver->ack_due = true;
    return send_due(receiver, link, now_ms);
}

static int take_sender_stop(struct otter_receiver *receiver, struct otter_link *link,
                            const struct otter_frame *frame, uint32_t now_ms)
{
    bool is_repeat = receiver->sender_stopped && receiver->sender_stop_sn == frame->sn;
    int rc = otter_link_answer(link, frame, NULL, 0);

    if (rc != 0 || is_repeat) {
        return rc;
    }
    receiver->sender_stopped = true;
    receiver->sender_stop_sn = frame->sn;
    if (receiver->state != OTTER_RECEIVER_RESUMING &&
        receiver->state != OTTER_RECEIVER_ASKING &&
        receiver->state != OTTER_RECEIVER_RECEIVING) {
        return 0;
    }
    drop_ready(receiver, link);
    if (receiver->asked) { /* else it is about a transfer before: its line was not tried */
        count_attempt(receiver);
        halve(receiver);
        receiver->disturbed = true;
    }
    ask(receiver, true, now_ms);
    return 0;
}

/* ---- interface ---- */

void otter_receiver_init(struct otter_receiver *receiver,
                         const struct otter_receiver_config *config, uint32_t now_ms)
{
    memset(receiver, 0, sizeof(*receiver));
    receiver->config = config;
    receiver->heard_ms = receiver->good_ms = now_ms;
    receiver->offered = otter_store_load_resume(receiver);
    if (receiver->offered) {
        receiver->state = OTTER_RECEIVER_RESUMING;
    }
}

int otter_receiver_request(struct otter_receiver *receiver, struct otter_link *link,
                           const struct otter_frame *frame, uint32_t now_ms)
{
    switch (frame->cmd) {
    case OTTER_CMD_OFFER:
        return take_offer(receiver, link, frame, now_ms);
    case OTTER_CMD_PIECE:
        return take_piece(receiver, link, frame, now_ms);
    case OTTER_CMD_SENDER_STOP:
        return take_sender_stop(receiver, link, frame, now_ms);
    default:
        return 0;
    }
}

/* 0x27 is over: answered, or given up. Without the answer the module may still be sending, so only
 * silence brings the next READY. */
static void stopped(struct otter_receiver *receiver, bool answered, uint32_t now_ms)
{
    if (receiver->state != OTTER_RECEIVER_STOPPING || receiver->stop_due) {
        return;
    }
    if (receiver->ask_again) {
        ask(receiver, answered, now_ms);
    } else {
        end(receiver, receiver->result);
    }
}

void otter_receiver_answer(struct otter_receiver *receiver, uint8_t cmd, uint32_t now_ms)
{
    if (cmd == OTTER_CMD_READY_ACK) {
        receiver->ready_pending = false;
    } else if (cmd == OTTER_CMD_RECEIVER_STOP_ACK) {
        stopped(receiver, true, now_ms);
    }
}

void otter_receiver_gave_up(struct otter_receiver *receiver, uint8_t cmd, uint32_t now_ms)
{
    if (cmd == OTTER_CMD_READY) {
        receiver->ready_pending = false;
    } else if (cmd == OTTER_CMD_RECEIVER_STOP) {
        stopped(receiver, false, now_ms);
    }
}

void otter_receiver_heard(struct otter_receiver *receiver, uint32_t now_ms)
{
    receiver->heard_ms = now_ms;
}

void otter_receiver_bad_sum(struct otter_receiver *receiver)
{
    if (receiver->state != OTTER_RECEIVER_RECEIVING &&
        receiver->state != OTTER_RECEIVER_ASKING) {
        return;
    }
    receiver->disturbed = true;
    if (++receiver->bad_sums == OTTER_BAD_SUMS_FOR_HALVING) {
        halve(receiver);
    }
}

/* Should READY go out? Looks at the timers, and may end the transfer instead. */
static bool is_ready_due(struct otter_receiver *receiver, uint32_t now_ms)
{
    bool watchdog = is_over(receiver->good_ms, now_ms, OTTER_PIECE_SILENCE_MS);
    bool silent = is_over(receiver->good_ms, now_ms, OTTER_READY_SILENCE_MS) &&
                  is_over(receiver->heard_ms, now_ms, OTTER_READY_SILENCE_MS);
    bool asking = receiver->state == OTTER_RECEIVER_ASKING;

    if (asking && !receiver->ready_due && !silent && !watchdog) {
        return false;
    }
    if (!asking && !watchdog) {
        return false;
    }
    if (receiver->unanswered >= OTTER_READY_UNANSWERED_MAX) {
        end(receiver, OTTER_RESULT_NO_ANSWER);
        return false;
    }
    if (receiver->attempts >= OTTER_ATTEMPTS_MAX) {
        fail(receiver, OTTER_RESULT_ATTEMPTS);
        return false;
    }
    if (receiver->unanswered > 0) {
        halve(receiver); /* the module may be unable to send pieces of that length */
    }
    return true;
}

int otter_receiver_poll(struct otter_receiver *receiver, struct otter_link *link,
                        uint32_t now_ms)
{
    if (receiver->queued_len != 0) {
        if (otter_store_program(receiver) != 0) {
            if (receiver->state == OTTER_RECEIVER_VERIFYING) {
                receiver->ack_due = true;
            }
            fail(receiver, OTTER_RESULT_FLASH);
        }
    } else if (receiver->state == OTTER_RECEIVER_VERIFYING && !receiver->flag_due) {
        uint8_t digest[16];
        enum otter_receiver_result result = otter_store_check(receiver, digest);

        receiver->ack_due = true;
        receiver->flag_due = true;
        if (result == OTTER_RESULT_MD5) {
            reject_digest(receiver, digest);
        } else if (result != OTTER_RESULT_FINISHED) {
            fail(receiver, result);
        }
    } else if (receiver->flag_due && !receiver->ack_due && otter_link_is_drained(link)) {
        announce(receiver);
    } else if (!otter_link_is_busy(link) && (receiver->state == OTTER_RECEIVER_ASKING ||
                                             receiver->state == OTTER_RECEIVER_RECEIVING ||
                                             receiver->state == OTTER_RECEIVER_RESUMING)) {
        if (is_ready_due(receiver, now_ms)) {
            return send_ready(receiver, link, now_ms);
        }
    }
    return send_due(receiver, link, now_ms);
}

bool otter_receiver_is_active(const struct otter_receiver *receiver)
{
    return receiver->state != OTTER_RECEIVER_IDLE || receiver->restart_module_due;
}
