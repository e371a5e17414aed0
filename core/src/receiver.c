/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/receiver.h"

#include <string.h>
#include "otter/flag.h"
#include "otter/history.h"
#include "otter/image.h"
#include "otter/update.h"
#include "chip.h"

/* READY is sent once and awaited as long as the silence before it may be repeated lasts: a
 * repeat would hit the running transfer and destroy it (docs/protocol.md chapter 4). */
static const struct otter_retry retry_ready = {OTTER_READY_SILENCE_MS, 1};

/* ---- what is due on the link ---- */

/* Make due what the transfer asks for, but for ACK and READY. After a piece, an 0x1F or a new
 * offer nobody will answer our READY any more: none of these leaves the transfer ASKED. */
static void apply(struct otter_receiver *receiver, struct otter_link *link,
                  enum otter_transfer_action action)
{
    if (receiver->transfer.state != OTTER_TRANSFER_ASKED &&
        otter_link_awaits(link, OTTER_CMD_READY)) {
        otter_link_drop(link);
    }
    if (action == OTTER_TRANSFER_STOP) {
        receiver->command_due = OTTER_CMD_RECEIVER_STOP;
    } else if (action == OTTER_TRANSFER_RESTART_MODULE) {
        receiver->command_due = OTTER_CMD_RESTART_MODULE;
    }
}

/* ---- files that are not worth a download ---- */

/* The file that is offered, as the journal and FLAG know it. */
static struct otter_flag offered(const struct otter_receiver *receiver)
{
    struct otter_flag file = {.image_size = receiver->transfer.offer.file_size};
    int rc = otter_md5_from_hex(receiver->transfer.offer.md5_hex, file.md5);

    (void)rc; /* otter_get_offer() and the CRC of the resume record have seen to it */
    return file;
}

/* A download is over: if the file is no good, that is noted. One that is to come again has no
 * result. */
static void note_end(struct otter_receiver *receiver)
{
    const struct otter_receiver_config *config = receiver->config;
    struct otter_flag file = offered(receiver);

    otter_history_note_end(config->port, config->layout, file.md5, receiver->transfer.result);
    receiver->awaits_restart = otter_update_awaits_restart(config->port, config->layout);
}

static void fail(struct otter_receiver *receiver, enum otter_result result)
{
    otter_transfer_fail(&receiver->transfer, result);
    receiver->command_due = OTTER_CMD_RECEIVER_STOP;
    note_end(receiver);
}

/* A new offer that could be taken, and 0x1A has left: is it to be? */
static void consider(struct otter_receiver *receiver)
{
    const struct otter_receiver_config *config = receiver->config;
    struct otter_flag file = offered(receiver);
    enum otter_reason reason =
        otter_update_refusal(config->port, config->layout, &file, receiver->is_forced);

    receiver->is_new = false;
    receiver->refusal = (uint8_t)reason;
    if (reason != OTTER_REASON_NONE) {
        otter_transfer_refuse(&receiver->transfer, reason);
        receiver->command_due = OTTER_CMD_RECEIVER_STOP;
    }
}

static int send_ready(struct otter_receiver *receiver, struct otter_link *link, uint32_t now_ms)
{
    const struct otter_receiver_config *config = receiver->config;
    uint8_t payload[OTTER_READY_SIZE];
    int rc = otter_transfer_put_ready(&receiver->transfer, payload);

    if (rc >= 0) {
        rc = otter_link_command(link, OTTER_CMD_READY, 0, payload, sizeof payload, &retry_ready,
                                now_ms);
    }
    if (rc == 0) {
        (void)otter_transfer_tell(&receiver->transfer, OTTER_TRANSFER_READY_SENT, now_ms);
        otter_slot_writer_open(&receiver->writer, config->port,
                               chip_map(config->layout)->backup.addr,
                               receiver->transfer.offer.file_size, &receiver->md5);
        receiver->may_write = false;
    }
    return rc;
}

/* Send 0x27 or 0x29, and an owed ACK, in this order. */
static int send_due(struct otter_receiver *receiver, struct otter_link *link, uint32_t now_ms)
{
    const struct otter_frame piece = {.cmd = OTTER_CMD_PIECE, .sn = receiver->last_sn};
    int rc = 0;

    if (receiver->command_due != 0) {
        if (otter_link_is_busy(link)) {
            return 0;
        }
        rc = otter_link_command(link, receiver->command_due, 0, NULL, 0, &otter_retry_command,
                                now_ms);
        if (rc != 0) {
            return rc;
        }
        receiver->command_due = 0;
    }
    if (receiver->ack_due) {
        rc = otter_link_answer(link, &piece, NULL, 0);
        receiver->ack_due = rc != 0;
    }
    return rc;
}

/* ---- flash ---- */

static int work(struct otter_receiver *receiver)
{
    int rc;

    if (receiver->may_write) {
        return otter_slot_writer_step(&receiver->writer);
    }
    rc = otter_update_open(receiver->config->port, receiver->config->layout);
    receiver->may_write = rc == 0;
    return rc;
}

/* Queue the piece. Returns why the transfer must end, or OTTER_RESULT_NONE. */
static enum otter_result queue_piece(struct otter_receiver *receiver)
{
    const struct otter_piece *piece = &receiver->transfer.piece;
    int rc = 0;

    while (rc == 0 && otter_slot_writer_is_busy(&receiver->writer)) {
        rc = work(receiver);
    }
    if (rc == 0 && receiver->config->check_image && piece->number == 1 &&
        piece->data_len >= OTTER_IMAGE_SIZE_MIN &&
        !otter_image_is_startable(piece->data, receiver->transfer.offer.file_size,
                                  receiver->config->layout)) {
        return OTTER_RESULT_NOT_STARTABLE;
    }
    if (rc == 0) {
        memcpy(receiver->queued, piece->data, piece->data_len);
        rc = otter_slot_writer_write(&receiver->writer, receiver->queued, piece->data_len);
    }
    return rc == 0 ? OTTER_RESULT_NONE : OTTER_RESULT_FLASH;
}

static void verify(struct otter_receiver *receiver, uint32_t now_ms)
{
    const struct otter_receiver_config *config = receiver->config;
    enum otter_result result = OTTER_RESULT_NONE;
    uint8_t digest[16];

    receiver->ack_due = true;
    otter_slot_writer_finish(&receiver->writer, digest);
    if (otter_transfer_check_file(&receiver->transfer, digest) == OTTER_TRANSFER_STOP) {
        receiver->command_due = OTTER_CMD_RECEIVER_STOP;
        note_end(receiver);
        return;
    }
    if (config->check_image) {
        result = otter_image_check(config->port, config->layout,
                                   chip_map(config->layout)->backup.addr,
                                   receiver->transfer.offer.file_size, config->hardware);
    }
    if (result == OTTER_RESULT_NONE) {
        (void)otter_transfer_tell(&receiver->transfer, OTTER_TRANSFER_GOOD, now_ms);
    } else {
        fail(receiver, result);
    }
}

/* The last ACK has left: ask the bootloader. */
static void announce(struct otter_receiver *receiver, uint32_t now_ms)
{
    const struct otter_receiver_config *config = receiver->config;
    struct otter_flag file = offered(receiver);

    if (otter_update_install(config->port, config->layout, &file) == 0) {
        (void)otter_transfer_tell(&receiver->transfer, OTTER_TRANSFER_ANNOUNCED, now_ms);
    } else {
        fail(receiver, OTTER_RESULT_FLASH);
    }
}

/* ---- interface ---- */

void otter_receiver_init(struct otter_receiver *receiver,
                         const struct otter_receiver_config *config, uint32_t now_ms)
{
    const struct otter_transfer_config limits = {
        .size_min = OTTER_IMAGE_SIZE_MIN,
        /* 0: every offer is too large */
        .size_max = otter_layout_check(config->port, config->layout)
                        ? chip_map(config->layout)->backup.size
                        : 0,
        .piece_max = config->piece_max,
        .unit = CHIP_PORT(config->port)->program_size,
        .resume = config->resume};

    memset(receiver, 0, sizeof *receiver);
    receiver->config = config;
    otter_transfer_init(&receiver->transfer, &limits, now_ms);
}

int otter_receiver_request(struct otter_receiver *receiver, struct otter_link *link,
                           const struct otter_frame *frame, uint32_t now_ms)
{
    bool is_piece = frame->cmd == OTTER_CMD_PIECE;
    enum otter_transfer_action action;
    enum otter_result result;

    if (!is_piece && !otter_transfer_is_garbled_piece(&receiver->transfer, frame)) {
        int rc = otter_link_answer(link, frame, NULL, 0);

        if (rc != 0) {
            return rc;
        }
    }
    action = otter_transfer_request(&receiver->transfer, frame, now_ms);
    if (is_piece) {
        receiver->last_sn = frame->sn;
        if (action == OTTER_TRANSFER_WRITE || action == OTTER_TRANSFER_WRITE_LAST) {
            result = queue_piece(receiver);
            if (result != OTTER_RESULT_NONE) {
                fail(receiver, result);
                action = OTTER_TRANSFER_STOP;
            }
        }
        receiver->ack_due = receiver->ack_due || action == OTTER_TRANSFER_ACK ||
                            action == OTTER_TRANSFER_WRITE || action == OTTER_TRANSFER_STOP;
    } else if (action == OTTER_TRANSFER_ASK || action == OTTER_TRANSFER_STOP) {
        receiver->ack_due = false; /* a new offer ends what was before */
        receiver->command_due = 0;
        receiver->is_new = action == OTTER_TRANSFER_ASK;
        receiver->is_forced = frame->flags == OTTER_OFFER_FLAGS_FORCED;
        receiver->refusal = OTTER_REASON_NONE;
    }
    apply(receiver, link, action);
    return send_due(receiver, link, now_ms);
}

void otter_receiver_tell(struct otter_receiver *receiver, enum otter_transfer_event event,
                         uint32_t now_ms)
{
    bool is_stop = event == OTTER_TRANSFER_STOPPED || event == OTTER_TRANSFER_STOP_LOST;

    if (!is_stop || receiver->command_due == 0) { /* else another 0x27 is due already */
        (void)otter_transfer_tell(&receiver->transfer, event, now_ms);
    }
}

int otter_receiver_poll(struct otter_receiver *receiver, struct otter_link *link,
                        uint32_t now_ms)
{
    enum otter_transfer_state state;
    bool is_writing;

    if (receiver->is_new) {
        if (!otter_link_is_drained(link)) {
            return send_due(receiver, link, now_ms);
        }
        consider(receiver);
    }
    state = receiver->transfer.state;
    is_writing = state == OTTER_TRANSFER_RECEIVING || state == OTTER_TRANSFER_VERIFYING;
    if (is_writing && otter_slot_writer_has_work(&receiver->writer)) {
        if (otter_link_is_drained(link) && work(receiver) != 0) {
            receiver->ack_due = receiver->ack_due || state == OTTER_TRANSFER_VERIFYING;
            fail(receiver, OTTER_RESULT_FLASH);
        }
    } else if (state == OTTER_TRANSFER_VERIFYING) {
        verify(receiver, now_ms);
    } else if (state == OTTER_TRANSFER_VERIFIED) {
        if (!receiver->ack_due && otter_link_is_drained(link)) {
            announce(receiver, now_ms);
        }
    } else if (!otter_link_is_busy(link)) {
        enum otter_transfer_action action =
            otter_transfer_tell(&receiver->transfer, OTTER_TRANSFER_POLL, now_ms);

        if (action == OTTER_TRANSFER_ASK) {
            return send_ready(receiver, link, now_ms);
        }
        apply(receiver, link, action);
    }
    return send_due(receiver, link, now_ms);
}

void otter_receiver_status(const struct otter_receiver *receiver,
                           struct otter_update_status *out_status)
{
    const struct otter_receiver_config *config = receiver->config;

    out_status->is_otter = true;
    out_status->on_trial = !otter_update_is_allowed(config->port, config->layout);
    out_status->reason = receiver->refusal != OTTER_REASON_NONE
                             ? receiver->refusal
                             : (uint8_t)otter_update_reason(config->port, config->layout);
}

bool otter_receiver_awaits_restart(const struct otter_receiver *receiver)
{
    return receiver->awaits_restart && !otter_receiver_is_active(receiver);
}

bool otter_receiver_is_active(const struct otter_receiver *receiver)
{
    return otter_transfer_is_active(&receiver->transfer) || receiver->command_due != 0;
}
