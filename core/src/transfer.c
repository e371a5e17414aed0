/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/transfer.h"

#include <string.h>
#include "otter/md5.h"

/* ---- the record that survives a reset ---- */

static void save_resume(const struct otter_transfer *transfer)
{
    if (transfer->config.resume != NULL) {
        otter_resume_set(transfer->config.resume, &transfer->offer, transfer->piece_len,
                         transfer->attempts);
    }
}

static void load_resume(struct otter_transfer *transfer)
{
    const struct otter_resume *resume = transfer->config.resume;

    if (resume != NULL && otter_resume_is_valid(resume) && resume->piece_len != 0 &&
        resume->piece_len <= transfer->config.piece_max &&
        resume->offer.file_size <= transfer->config.size_max) {
        transfer->offer = resume->offer;
        transfer->piece_len = transfer->next_piece_len = resume->piece_len;
        transfer->attempts = (uint8_t)resume->attempts;
        transfer->state = OTTER_TRANSFER_RESUMING;
    }
}

/* ---- ends ---- */

/* The transfer is over, and why is told. */
static void end(struct otter_transfer *transfer, enum otter_transfer_state state,
                enum otter_result result)
{
    transfer->state = state;
    transfer->result = result;
    if (transfer->config.resume != NULL) {
        memset(transfer->config.resume, 0, sizeof *transfer->config.resume);
    }
}

static void stop(struct otter_transfer *transfer, enum otter_transfer_state state)
{
    transfer->state = state;
    transfer->action = OTTER_TRANSFER_STOP;
}

void otter_transfer_fail(struct otter_transfer *transfer, enum otter_result result)
{
    end(transfer, OTTER_TRANSFER_STOPPING, result);
    transfer->action = OTTER_TRANSFER_STOP;
}

void otter_transfer_refuse(struct otter_transfer *transfer, enum otter_reason reason)
{
    otter_transfer_fail(transfer, reason == OTTER_REASON_INSTALLED  ? OTTER_RESULT_INSTALLED
                                  : reason == OTTER_REASON_ON_TRIAL ? OTTER_RESULT_ON_TRIAL
                                                                    : OTTER_RESULT_TRIED);
}

/* ---- attempts ---- */

/* Pieces begin where flash can be programmed: even, or a multiple of a larger unit. */
static uint32_t round_down(const struct otter_transfer *transfer, uint32_t len)
{
    return len - len % (transfer->config.unit < 2 ? 2U : transfer->config.unit);
}

/* The length asked next: half of the last one, not below the minimum. */
static void halve(struct otter_transfer *transfer)
{
    uint32_t half = round_down(transfer, transfer->piece_len / 2);

    half = half < OTTER_PIECE_MIN ? (uint32_t)OTTER_PIECE_MIN : half;
    if (half < transfer->next_piece_len) {
        transfer->next_piece_len = (uint16_t)half;
    }
}

/* READY has led to something: the attempt counts, once. */
static void count_attempt(struct otter_transfer *transfer)
{
    transfer->unanswered = 0;
    if (transfer->state == OTTER_TRANSFER_ASKED) {
        transfer->attempts++;
        save_resume(transfer);
    }
}

/* The checksum of a frame has 8 bits, so a noisy line gets a wrong piece through now and then.
 * Such a transfer is begun again; the same on a line that showed no fault is the sender's
 * mistake. */
static void reject(struct otter_transfer *transfer, enum otter_result result)
{
    if (!transfer->disturbed || transfer->attempts >= OTTER_ATTEMPTS_MAX) {
        otter_transfer_fail(transfer, result);
    } else {
        count_attempt(transfer);
        halve(transfer);
        stop(transfer, OTTER_TRANSFER_RESTOPPING);
    }
}

/* ---- READY ---- */

static bool is_over(const struct otter_transfer *transfer, uint32_t since_ms, uint32_t limit_ms)
{
    return transfer->now_ms - since_ms >= limit_ms;
}

/* From here on silence is measured. */
static void wait_in(struct otter_transfer *transfer, enum otter_transfer_state state)
{
    transfer->state = state;
    transfer->good_ms = transfer->now_ms;
}

/* READY is to go out, unless that was tried often enough. */
static void ask(struct otter_transfer *transfer)
{
    if (transfer->unanswered >= OTTER_READY_UNANSWERED_MAX) {
        end(transfer, OTTER_TRANSFER_IDLE, OTTER_RESULT_NO_ANSWER);
    } else if (transfer->attempts >= OTTER_ATTEMPTS_MAX) {
        otter_transfer_fail(transfer, OTTER_RESULT_ATTEMPTS);
    } else {
        /* One may have met a command of the module. The module may be unable to send pieces of
         * that length if another one is lost, or if the line had faults before. */
        if (transfer->unanswered > 1 || (transfer->unanswered > 0 && transfer->disturbed)) {
            halve(transfer);
        }
        transfer->action = OTTER_TRANSFER_ASK;
    }
}

/* The module does not go on, whatever else arrives; or nothing arrives at all, and READY cannot
 * meet a command of the module, or a transfer that runs. */
static bool is_time_to_ask(const struct otter_transfer *transfer)
{
    bool is_pause = transfer->state == OTTER_TRANSFER_PAUSE;
    uint32_t silence_ms = is_pause ? OTTER_READY_PAUSE_MS : OTTER_READY_SILENCE_MS;
    bool is_late = is_over(transfer, transfer->good_ms, OTTER_PIECE_SILENCE_MS);
    bool is_silent = is_over(transfer, transfer->good_ms, silence_ms) &&
                     is_over(transfer, transfer->heard_ms, silence_ms);

    return transfer->state == OTTER_TRANSFER_READY_DUE || is_late ||
           (is_silent && (is_pause || transfer->state == OTTER_TRANSFER_SILENCE ||
                          transfer->state == OTTER_TRANSFER_ASKED));
}

static void asked(struct otter_transfer *transfer)
{
    wait_in(transfer, OTTER_TRANSFER_ASKED);
    transfer->unanswered++;
    transfer->piece_len = transfer->next_piece_len;
    transfer->received = 0;
    transfer->last_number = 0;
    transfer->bad_checksums = 0;
    save_resume(transfer);
}

/* ---- offers: the same in every state, but for what the states' table calls "repeat" ---- */

static void begin(struct otter_transfer *transfer, const struct otter_offer *offer)
{
    const struct otter_transfer_config *config = &transfer->config;
    uint32_t piece_len = round_down(transfer, offer->file_size - 1);

    transfer->sender_stopped = transfer->disturbed = transfer->digest_known = false;
    transfer->unanswered = transfer->attempts = 0;
    transfer->offer = *offer;
    if (offer->file_size > config->size_max) {
        otter_transfer_fail(transfer, OTTER_RESULT_TOO_LARGE);
    } else if (offer->file_size < config->size_min || piece_len == 0) {
        otter_transfer_fail(transfer, OTTER_RESULT_TOO_SMALL);
    } else {
        /* Less than the file: a module never sends one that fits one piece. */
        piece_len = piece_len < config->piece_max ? piece_len : config->piece_max;
        transfer->piece_len = transfer->next_piece_len = (uint16_t)piece_len;
        transfer->result = OTTER_RESULT_NONE;
        transfer->action = OTTER_TRANSFER_ASK;
        wait_in(transfer, OTTER_TRANSFER_READY_DUE);
    }
}

/* Is it the offer that READY or 0x27 answers already? */
static bool is_repeat(const struct otter_transfer *transfer, const struct otter_offer *offer)
{
    return transfer->state >= OTTER_TRANSFER_READY_DUE &&
           transfer->state <= OTTER_TRANSFER_RESTOPPING &&
           offer->file_size == transfer->offer.file_size &&
           memcmp(offer->md5_hex, transfer->offer.md5_hex, sizeof offer->md5_hex) == 0;
}

static void on_offer(struct otter_transfer *transfer, const struct otter_frame *frame)
{
    struct otter_offer offer;
    bool is_good = otter_get_offer(frame, &offer) == 0;

    if (transfer->state == OTTER_TRANSFER_FINISHED) {
        transfer->action = OTTER_TRANSFER_ACK;
    } else if (otter_transfer_is_garbled_piece(transfer, frame)) {
        transfer->disturbed = true; /* it will be repeated */
    } else if (!is_good) {
        memset(&transfer->offer, 0, sizeof transfer->offer);
        otter_transfer_fail(transfer, OTTER_RESULT_BAD_OFFER);
    } else if (!is_repeat(transfer, &offer)) {
        begin(transfer, &offer); /* in the middle: the module has restarted */
    } else {
        /* Resent because 0x1A was lost; or, later, offered anew by a module that restarted. The
         * READY that is out may be on its way: only silence brings another one. */
        if (transfer->state <= OTTER_TRANSFER_ASKED &&
            is_over(transfer, transfer->good_ms, OTTER_REPEAT_MS)) {
            transfer->unanswered = transfer->attempts = 0;
        }
        transfer->action = OTTER_TRANSFER_ACK;
    }
}

/* ---- pieces ---- */

/* Is it the one piece that can come now? */
static bool is_next(const struct otter_transfer *transfer)
{
    const struct otter_piece *piece = &transfer->piece;
    uint32_t size = transfer->offer.file_size, left = size - transfer->received;
    uint32_t count = (size + transfer->piece_len - 1) / transfer->piece_len;
    uint32_t len = left < transfer->piece_len ? left : transfer->piece_len;

    return piece->number == (uint32_t)transfer->last_number + 1 && piece->count == count &&
           piece->data_len == len;
}

static void on_piece(struct otter_transfer *transfer)
{
    if (!is_next(transfer)) {
        reject(transfer, OTTER_RESULT_BAD_PIECE);
        return;
    }
    if (is_over(transfer, transfer->good_ms, OTTER_PIECE_LATE_MS)) {
        transfer->disturbed = true; /* probably not its first sending */
    }
    count_attempt(transfer);
    wait_in(transfer, OTTER_TRANSFER_RECEIVING);
    transfer->received += transfer->piece.data_len;
    transfer->last_number = transfer->piece.number;
    transfer->bad_checksums = 0;
    transfer->sender_stopped = false;
    transfer->action = OTTER_TRANSFER_WRITE;
    if (transfer->received == transfer->offer.file_size) {
        transfer->state = OTTER_TRANSFER_VERIFYING;
        transfer->action = OTTER_TRANSFER_WRITE_LAST;
    }
}

/* ---- faults of the line ---- */

/* 0x1F: the module gave up, and waits for READY. Before ours is out that says nothing of the
 * line. */
static void on_sender_stop(struct otter_transfer *transfer)
{
    if (otter_transfer_awaits_piece(transfer)) {
        count_attempt(transfer);
        halve(transfer);
        transfer->disturbed = true;
    }
    wait_in(transfer, OTTER_TRANSFER_PAUSE);
}

static void on_bad_checksum(struct otter_transfer *transfer)
{
    transfer->disturbed = true;
    if (++transfer->bad_checksums == OTTER_BAD_CHECKSUMS_FOR_HALVING) {
        halve(transfer);
    }
}

/* ---- one function per state, or for a few that are alike ---- */

static void unknown(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE) { /* of a transfer from before our reset */
        transfer->state = OTTER_TRANSFER_RESTARTING;
        transfer->action = OTTER_TRANSFER_RESTART_MODULE;
    }
}

static void idle(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE) { /* unasked: the reason of the last end stays */
        stop(transfer, OTTER_TRANSFER_STOPPING);
    }
}

/* RESUMING, READY_DUE, PAUSE, SILENCE, and what the two states in which pieces may come
 * share. */
static void asking(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE) { /* before READY is out: of a transfer before */
        stop(transfer, OTTER_TRANSFER_RESTOPPING);
    } else if (event == OTTER_TRANSFER_SENDER_STOP) {
        on_sender_stop(transfer);
    } else if (event == OTTER_TRANSFER_READY_SENT) {
        asked(transfer);
    } else if (event == OTTER_TRANSFER_STOPPED && transfer->state == OTTER_TRANSFER_SILENCE) {
        wait_in(transfer, OTTER_TRANSFER_PAUSE); /* 0x28 came late */
    } else if (event == OTTER_TRANSFER_BAD_CHECKSUM &&
               transfer->state != OTTER_TRANSFER_RESUMING) {
        on_bad_checksum(transfer);
    } else if (event == OTTER_TRANSFER_POLL && is_time_to_ask(transfer)) {
        ask(transfer);
    }
}

static void awaiting_first(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE && transfer->piece.number <= 1) {
        on_piece(transfer);
    } else {
        asking(transfer, event);
    }
}

static void receiving(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event != OTTER_TRANSFER_PIECE) {
        asking(transfer, event);
    } else if (transfer->piece.number == transfer->last_number) {
        transfer->disturbed = true;
        transfer->action = OTTER_TRANSFER_ACK; /* ours was lost: again, and write nothing */
    } else {
        on_piece(transfer);
    }
}

static void verifying(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_GOOD) {
        transfer->state = OTTER_TRANSFER_VERIFIED;
        transfer->action = OTTER_TRANSFER_ACK;
    }
}

static void verified(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE) {
        transfer->action = OTTER_TRANSFER_ACK;
    } else if (event == OTTER_TRANSFER_ANNOUNCED) {
        end(transfer, OTTER_TRANSFER_FINISHED, OTTER_RESULT_FINISHED);
    }
}

static void stopping(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE) {
        transfer->action = OTTER_TRANSFER_ACK; /* which ends it */
    } else if (event == OTTER_TRANSFER_STOPPED || event == OTTER_TRANSFER_STOP_LOST) {
        end(transfer, OTTER_TRANSFER_IDLE, transfer->result);
    }
}

/* Without 0x28 the module may still be sending, so only silence brings the next READY. */
static void restopping(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_STOPPED) {
        wait_in(transfer, OTTER_TRANSFER_PAUSE);
    } else if (event == OTTER_TRANSFER_STOP_LOST) {
        wait_in(transfer, OTTER_TRANSFER_SILENCE);
    } else {
        stopping(transfer, event);
    }
}

/* RESTARTING, the module; FINISHED, we are about to restart. */
static void over(struct otter_transfer *transfer, enum otter_transfer_event event)
{
    if (event == OTTER_TRANSFER_PIECE && transfer->state == OTTER_TRANSFER_FINISHED) {
        transfer->action = OTTER_TRANSFER_ACK;
    }
}

/* ---- interface ---- */

void otter_transfer_init(struct otter_transfer *transfer,
                         const struct otter_transfer_config *config, uint32_t now_ms)
{
    memset(transfer, 0, sizeof *transfer);
    transfer->config = *config;
    transfer->heard_ms = transfer->good_ms = now_ms;
    load_resume(transfer);
}

enum otter_transfer_action otter_transfer_tell(struct otter_transfer *transfer,
                                               enum otter_transfer_event event, uint32_t now_ms)
{
    static void (*const states[OTTER_TRANSFER_STATES])(struct otter_transfer *,
                                                       enum otter_transfer_event) = {
        unknown,        over,     idle,       asking,    asking,    asking,   asking,
        awaiting_first, stopping, restopping, receiving, verifying, verified, over,
    };

    transfer->now_ms = now_ms;
    transfer->action = OTTER_TRANSFER_NOTHING;
    if (event == OTTER_TRANSFER_HEARD) {
        transfer->heard_ms = now_ms;
    } else {
        states[transfer->state](transfer, event);
    }
    return transfer->action;
}

enum otter_transfer_action otter_transfer_request(struct otter_transfer *transfer,
                                                  const struct otter_frame *frame,
                                                  uint32_t now_ms)
{
    bool is_repeat = transfer->sender_stopped && transfer->sender_stop_sn == frame->sn;

    if (frame->cmd == OTTER_CMD_PIECE) {
        if ((frame->flags & OTTER_PIECE_FLAG_HEX) != 0 ||
            otter_get_piece(frame, &transfer->piece) != 0) {
            transfer->piece.number = 0;
        }
        return otter_transfer_tell(transfer, OTTER_TRANSFER_PIECE, now_ms);
    }
    if (frame->cmd == OTTER_CMD_SENDER_STOP && !is_repeat) {
        transfer->sender_stopped = true;
        transfer->sender_stop_sn = frame->sn;
        return otter_transfer_tell(transfer, OTTER_TRANSFER_SENDER_STOP, now_ms);
    }
    transfer->now_ms = now_ms;
    transfer->action = OTTER_TRANSFER_NOTHING;
    if (frame->cmd == OTTER_CMD_OFFER) {
        on_offer(transfer, frame);
    }
    return transfer->action;
}

/* Noise does not come twice with the same digest: then the file or its MD5 is wrong. */
enum otter_transfer_action otter_transfer_check_file(struct otter_transfer *transfer,
                                                     const uint8_t digest[16])
{
    uint8_t offered[16];
    bool is_again = transfer->digest_known &&
                    memcmp(transfer->digest, digest, sizeof transfer->digest) == 0;

    transfer->action = OTTER_TRANSFER_NOTHING;
    if (otter_md5_from_hex(transfer->offer.md5_hex, offered) != 0 ||
        memcmp(digest, offered, sizeof offered) != 0) {
        memcpy(transfer->digest, digest, sizeof transfer->digest);
        transfer->digest_known = true;
        (is_again ? otter_transfer_fail : reject)(transfer, OTTER_RESULT_MD5);
    }
    return transfer->action;
}

int otter_transfer_put_ready(const struct otter_transfer *transfer,
                             uint8_t out[OTTER_READY_SIZE])
{
    struct otter_ready ready = {.piece_len = transfer->next_piece_len};

    memcpy(ready.md5_hex, transfer->offer.md5_hex, sizeof ready.md5_hex);
    return otter_put_ready(&ready, out, OTTER_READY_SIZE);
}

bool otter_transfer_is_active(const struct otter_transfer *transfer)
{
    return transfer->state > OTTER_TRANSFER_IDLE;
}

bool otter_transfer_awaits_piece(const struct otter_transfer *transfer)
{
    return transfer->state == OTTER_TRANSFER_ASKED ||
           transfer->state == OTTER_TRANSFER_RECEIVING;
}

bool otter_transfer_is_garbled_piece(const struct otter_transfer *transfer,
                                     const struct otter_frame *frame)
{
    struct otter_offer offer;

    return frame->cmd == OTTER_CMD_OFFER && otter_transfer_awaits_piece(transfer) &&
           otter_get_offer(frame, &offer) != 0;
}
