/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_ota.h"

#include <stdbool.h>
#include <string.h>
#include "gizwits_ota_port.h"
#include "otter/frame.h"
#include "otter/history.h"
#include "otter/image.h"
#include "otter/message.h"
#include "otter/slot_writer.h"
#include "otter/transfer.h"
#include "otter/update.h"

enum {
    LAST_ACK_MS = 100, /* for the ACK of the last piece to leave: 9 bytes take 10 ms */
    REBOOT_GAP_MS = 5000,
    REBOOT_TRIES = 3,
    TRIAL_MS = 300000, /* in which an app on trial must have heard somebody */
    SECONDS_MAX = 30,  /* with polls, after the first byte: the link works */
};

static struct {
    struct otter_transfer transfer;
    struct otter_slot_writer writer;
    const uint8_t *hardware; /* 8 characters, or NULL: any */
    uint8_t sn;              /* of the next command */
    uint8_t sender_stops;    /* 0x1F so far: the dispatcher does not tell their sn */
    uint8_t reboot_tries;
    bool is_polled;      /* start_ms is valid */
    bool is_heard;       /* bytes came; since then: */
    uint8_t seconds;     /* in each of which there was a poll, */
    uint32_t second_ms;  /* the last of them */
    uint32_t start_ms;   /* of the five minutes of a trial */
    bool link_works;     /* the module was heard, and answered or confirmed to */
    bool awaits_restart; /* a download has failed, and left no room for the next request */
    bool stop_sent;      /* the handler did: Suspend is called next */
    uint32_t since_ms;   /* last 0x29, or the end of the last download */
} ota;

static volatile uint8_t heard;

mcuOTA_t romUpdate;

static enum otter_transfer_action tell(enum otter_transfer_event event)
{
    return otter_transfer_tell(&ota.transfer, event, gizGetTimerCount());
}

/* A message as the dispatcher hands it over, its checksum good, its sn and flags unknown. */
static enum otter_transfer_action request(uint8_t cmd, const uint8_t payload[], uint32_t len)
{
    const struct otter_frame frame = {
        .cmd = cmd,
        .sn = ota.sender_stops,
        .payload = payload,
        .payload_len = payload == NULL || len > UINT16_MAX ? 0 : (uint16_t)len};

    return otter_transfer_request(&ota.transfer, &frame, gizGetTimerCount());
}

/* ---- sending ---- */

/* One command, to be escaped by uartWrite(). All bytes are set: flags left to chance made the
 * tutorial's module send HEX. */
static int send(uint8_t cmd, const uint8_t payload[], uint16_t payload_len)
{
    uint8_t bytes[OTTER_FRAME_OVERHEAD + OTTER_READY_SIZE];
    const struct otter_frame frame = {
        .cmd = cmd, .sn = ota.sn++, .payload = payload, .payload_len = payload_len};
    int len = otter_frame_encode(&frame, false, bytes, sizeof bytes);

    return len < 0 || uartWrite(bytes, (uint32_t)len) < 0 ? OTTER_ERR_BUSY : 0;
}

/* 0x27, once: if it is lost the next piece is refused again. READY follows 0x28 or silence, if
 * it does. */
static void send_stop(void)
{
    (void)send(OTTER_CMD_RECEIVER_STOP, NULL, 0);
    (void)tell(OTTER_TRANSFER_STOP_LOST);
    romUpdate.otaBusyModeFlag = otter_transfer_is_active(&ota.transfer);
}

/* 0x27 now, the dispatcher's ACK after it. Returns `code`. */
static int8_t refuse(int8_t code)
{
    send_stop();
    ota.stop_sent = true;
    return code;
}

/* A download is over: if the file is no good, that is noted. One that is to come again has no
 * result. */
static int8_t end_download(int8_t code)
{
    otter_history_note_end(otter_dropin_port, otter_dropin_layout,
                           romUpdate.update_param.ssl_data, ota.transfer.result);
    ota.awaits_restart = otter_update_awaits_restart(otter_dropin_port, otter_dropin_layout);
    ota.since_ms = gizGetTimerCount();
    return refuse(code);
}

static int8_t fail(enum otter_result result, int8_t code)
{
    otter_transfer_fail(&ota.transfer, result);
    return end_download(code);
}

/* Not sent: the same silence brings the next one. */
static int send_ready(void)
{
    uint8_t payload[OTTER_READY_SIZE];
    int rc = otter_transfer_put_ready(&ota.transfer, payload);

    if (rc >= 0) {
        rc = send(OTTER_CMD_READY, payload, sizeof payload);
    }
    (void)tell(OTTER_TRANSFER_READY_SENT);
    otter_slot_writer_open(&ota.writer, otter_dropin_port, otter_dropin_layout->backup.addr,
                           ota.transfer.offer.file_size, &romUpdate.ctx);
    romUpdate.otaBusyModeFlag = 1;
    heard = 0;
    return rc;
}

/* 0x29 as soon as no transfer runs. */
static void restart_module_soon(void)
{
    ota.reboot_tries = REBOOT_TRIES;
    ota.since_ms = gizGetTimerCount() - REBOOT_GAP_MS;
}

/* READY, if it is due. */
static void poll_ready(void)
{
    enum otter_transfer_action action = tell(OTTER_TRANSFER_POLL);

    romUpdate.otaBusyModeFlag = otter_transfer_is_active(&ota.transfer);
    if (action == OTTER_TRANSFER_ASK) {
        (void)send_ready();
    } else if (action == OTTER_TRANSFER_STOP) {
        send_stop();
    }
}

/* ---- 0x19 and READY ---- */

static bool is_allowed(void)
{
    return otter_update_is_allowed(otter_dropin_port, otter_dropin_layout);
}

/* The module was answered, or has answered: this app can be updated again. If flash refuses to
 * record that, the trial goes on: it is tried again at the next answer, and after the reset
 * that ends the trial. */
static void confirm(void)
{
    if (ota.link_works) {
        return;
    }
    otter_dropin_forgive();
    ota.link_works =
        is_allowed() || otter_update_confirm(otter_dropin_port, otter_dropin_layout) == 0;
}

static void mark_announced(void)
{
    int rc = otter_update_mark_announced(otter_dropin_port, otter_dropin_layout);

    (void)rc; /* a flash that refuses: the module is restarted again at the next start */
    ota.reboot_tries = 0;
}

/* An offer that could be taken: why is it not to be? */
static enum otter_reason find_refusal(void)
{
    const struct otter_offer *offer = &ota.transfer.offer;
    struct otter_flag file = {.image_size = offer->file_size};
    int rc = otter_md5_from_hex(offer->md5_hex, file.md5);

    (void)rc; /* otter_get_offer() has seen to it */
    return otter_update_refusal(otter_dropin_port, otter_dropin_layout, &file, false);
}

int8_t Pro_W2D_UpdateCmdHandle(uint8_t *inData, uint32_t dataLen)
{
    const struct otter_offer *offer = &ota.transfer.offer;
    enum otter_transfer_action action;
    enum otter_reason refusal;

    ota.transfer.config = (struct otter_transfer_config){
        .size_min = OTTER_IMAGE_SIZE_MIN + 1, /* so that piece 1 has the vectors */
        .size_max = otter_dropin_layout->backup.size,
        .piece_max = OTTER_DROPIN_PIECE_LEN,
        .unit = otter_dropin_port->program_size};
    ota.stop_sent = false;
    action = request(OTTER_CMD_OFFER, inData, dataLen);
    if (action == OTTER_TRANSFER_STOP) {
        return refuse(-1);
    }
    if (action != OTTER_TRANSFER_ASK) {
        return 0; /* as before, or a garbled piece */
    }
    ota.reboot_tries = 0;
    refusal = find_refusal();
    confirm();
    if (refusal != OTTER_REASON_NONE) {
        if (refusal == OTTER_REASON_ON_TRIAL && is_allowed()) {
            restart_module_soon(); /* no longer: it is to offer the file again */
        }
        otter_transfer_refuse(&ota.transfer, refusal);
        return refuse(-1);
    }
    romUpdate.updateFileSize = romUpdate.update_param.rom_size = offer->file_size;
    romUpdate.update_param.rom_statue = 0xFFFF;
    return Pro_D2W_UpdateReady(ota.transfer.offer.md5_hex, sizeof offer->md5_hex) == 0 ? 0 : -2;
}

int8_t Pro_D2W_UpdateReady(uint8_t *md5Data, uint16_t md5Len)
{
    const struct otter_offer *offer = &ota.transfer.offer;

    if (md5Data == NULL || md5Len != sizeof offer->md5_hex ||
        !(ota.transfer.state == OTTER_TRANSFER_READY_DUE ||
          otter_transfer_awaits_piece(&ota.transfer)) ||
        memcmp(md5Data, offer->md5_hex, sizeof offer->md5_hex) != 0 ||
        otter_md5_from_hex(offer->md5_hex, romUpdate.update_param.ssl_data) != 0) {
        return -1;
    }
    return send_ready() == 0 ? 0 : -2;
}

/* ---- 0x1D ---- */

/* Into flash at once. */
static int write_piece(const struct otter_piece *piece)
{
    int rc = piece->number == 1 ? otter_update_open(otter_dropin_port, otter_dropin_layout) : 0;

    if (rc == 0) {
        rc = otter_slot_writer_write(&ota.writer, piece->data, piece->data_len);
    }
    while (rc == 0 && otter_slot_writer_is_busy(&ota.writer)) {
        rc = otter_slot_writer_step(&ota.writer);
    }
    return rc;
}

/* All bytes are there. Returns what the handler returns. */
static int8_t finish(void)
{
    struct otter_flag file = {.image_size = ota.transfer.offer.file_size};
    enum otter_result result;

    otter_slot_writer_finish(&ota.writer, file.md5);
    if (otter_transfer_check_file(&ota.transfer, file.md5) == OTTER_TRANSFER_STOP) {
        return end_download(-2);
    }
    result = otter_image_check(otter_dropin_port, otter_dropin_layout,
                               otter_dropin_layout->backup.addr, file.image_size, ota.hardware);
    if (result != OTTER_RESULT_NONE) {
        return fail(result, -2);
    }
    if (otter_update_install(otter_dropin_port, otter_dropin_layout, &file) != 0) {
        /* Whatever got written of a record: the module hears of a failure, so it must not be
         * installed later. A flash that refuses this, too, leaves it to the bootloader. */
        int rc = otter_update_open(otter_dropin_port, otter_dropin_layout);

        (void)rc;
        return fail(OTTER_RESULT_FLASH, -1);
    }
    romUpdate.update_param.rom_statue = OTTER_FLAG_PENDING;
    (void)tell(OTTER_TRANSFER_GOOD);
    (void)tell(OTTER_TRANSFER_ANNOUNCED);
    ota.since_ms = gizGetTimerCount();
    return 0;
}

int8_t Pro_W2D_UpdateDataHandle(uint8_t *inData, uint32_t dataLen, otaDataType formatType)
{
    const struct otter_piece *piece = &ota.transfer.piece;
    enum otter_transfer_action action = request(OTTER_CMD_PIECE, inData, dataLen);

    (void)formatType;
    ota.stop_sent = false;
    if (action == OTTER_TRANSFER_ACK) {
        return 0; /* our ACK was lost */
    }
    if (action == OTTER_TRANSFER_RESTART_MODULE && ota.reboot_tries == 0) {
        restart_module_soon(); /* we were reset in a transfer: begin it anew */
    }
    if (action != OTTER_TRANSFER_WRITE && action != OTTER_TRANSFER_WRITE_LAST) {
        return refuse(-1);
    }
    if (piece->number == 1 &&
        !otter_image_is_startable(piece->data, ota.transfer.offer.file_size,
                                  otter_dropin_layout)) {
        return fail(OTTER_RESULT_NOT_STARTABLE, -1);
    }
    if (write_piece(piece) != 0) {
        return fail(OTTER_RESULT_FLASH, -1);
    }
    if (action == OTTER_TRANSFER_WRITE_LAST) {
        return finish();
    }
    return 0;
}

void Pro_D2W_UpdateSuspend(void)
{
    if (!ota.stop_sent && ota.transfer.state != OTTER_TRANSFER_FINISHED) {
        if (otter_transfer_is_active(&ota.transfer)) {
            otter_transfer_fail(&ota.transfer, ota.transfer.result);
        }
        send_stop();
    }
    ota.stop_sent = false;
}

/* ---- starts of the MCU and of the module ---- */

void otter_dropin_hardware(const char hardware[8])
{
    ota.hardware = (const uint8_t *)hardware;
}

static void restart_module(uint8_t tries_left)
{
    ota.reboot_tries = tries_left;
    ota.since_ms = gizGetTimerCount();
    (void)send(OTTER_CMD_RESTART_MODULE, NULL, 0);
}

void Pro_D2W_Ask_Module_Reboot(void)
{
    if (!otter_update_has_journal(otter_dropin_port, otter_dropin_layout) ||
        otter_update_is_new(otter_dropin_port, otter_dropin_layout)) {
        restart_module(REBOOT_TRIES - 1);
    }
}

void otter_dropin_answered(uint8_t cmd)
{
    confirm();
    if (cmd == OTTER_CMD_RECEIVER_STOP_ACK) {
        (void)tell(OTTER_TRANSFER_STOPPED);
        poll_ready();
    } else if (cmd == OTTER_CMD_RESTART_MODULE_ACK) {
        mark_announced();
    }
}

/* ---- main loop ---- */

void otter_dropin_heard(void)
{
    heard = 1;
}

static void poll_transfer(uint32_t now_ms)
{
    bool is_stopped =
        romUpdate.otaBusyModeFlag == 0 && otter_transfer_awaits_piece(&ota.transfer);

    /* The dispatcher got 0x1F, and sent 0x20; one that is repeated because that was lost comes
     * sooner. */
    if (is_stopped && now_ms - ota.transfer.good_ms >= OTTER_REPEAT_MS) {
        ota.sender_stops++;
        (void)request(OTTER_CMD_SENDER_STOP, NULL, 0);
    }
    poll_ready();
}

/* What came, and how long this loop has turned since. Where 0x2A stays in the generator's own
 * group of answers the dispatcher hands on none: then bytes and half a minute of turns must be
 * proof enough, and 0x29 was sent three times. */
static void listen(uint32_t now_ms)
{
    if (heard) {
        heard = 0;
        ota.is_heard = true;
        (void)tell(OTTER_TRANSFER_HEARD);
    }
    if (ota.is_heard && !ota.link_works && now_ms - ota.second_ms >= 1000) {
        ota.second_ms = now_ms;
        ota.seconds = (uint8_t)(ota.seconds + (ota.seconds < SECONDS_MAX));
        if (ota.seconds == SECONDS_MAX) {
            confirm();
            mark_announced();
        }
    }
}

/* An image on trial is started with the watchdog running, also in a project that has none. In
 * a project that has its own a pause in feeding would end no trial: so a reset does. */
static void feed(uint32_t now_ms)
{
    if (!ota.is_polled) {
        ota.is_polled = true;
        ota.start_ms = ota.second_ms = now_ms;
    }
    if (!ota.link_works && now_ms - ota.start_ms >= TRIAL_MS) {
        ota.start_ms = now_ms; /* if it is no trial, that is looked up every five minutes */
        if (!is_allowed()) {
            otter_dropin_reset();
        }
    }
    otter_dropin_port->feed(otter_dropin_port->ctx);
}

void otter_dropin_poll(void)
{
    uint32_t now_ms = gizGetTimerCount();

    feed(now_ms);
    listen(now_ms);
    if (ota.transfer.state == OTTER_TRANSFER_FINISHED || ota.awaits_restart) {
        if (now_ms - ota.since_ms >= LAST_ACK_MS) {
            mcuRestart();
            otter_dropin_reset(); /* some projects' restarts only the module, or nothing */
        }
    } else if (otter_transfer_is_active(&ota.transfer)) {
        poll_transfer(now_ms);
    } else if (ota.reboot_tries > 0 && now_ms - ota.since_ms >= REBOOT_GAP_MS) {
        restart_module((uint8_t)(ota.reboot_tries - 1));
    }
}
