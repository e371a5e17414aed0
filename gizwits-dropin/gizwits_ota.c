/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_ota.h"

#include <stdbool.h>
#include <string.h>
#include "gizwits_ota_flash.h"
#include "gizwits_ota_port.h"
#include "otter/flag.h"
#include "otter/frame.h"
#include "otter/image.h"
#include "otter/message.h"
#include "otter/update.h"

enum { /* the timers of otter/receiver.h, as measured on a module */
       READY_SILENCE_MS = 3500,
       READY_UNANSWERED_MAX = 4,
       PIECE_SILENCE_MS = 10000,
       ATTEMPTS_MAX = 8,
       REPEAT_MS = 1000, /* a 0x19 or 0x1F sent again because our ACK was lost comes sooner */
       PIECE_LATE_MS = 3000, /* the module's own repetition: probably not the first sending */
       PIECE_LEN_MIN = 128,
       LAST_ACK_MS = 100, /* for the ACK of the last piece to leave: 9 bytes take 10 ms */
       REBOOT_GAP_MS = 5000,
       REBOOT_TRIES = 3,
};

/* An array with a negative size, if the piece length cannot be. */
typedef char piece_len_is_possible[OTTER_DROPIN_PIECE_LEN % 2 == 0 &&
                                           OTTER_DROPIN_PIECE_LEN >= OTTER_IMAGE_SIZE_MIN &&
                                           OTTER_DROPIN_PIECE_LEN <= 1024
                                       ? 1
                                       : -1];

enum state { IDLE, ASKING, RECEIVING, FINISHED };

static struct {
    enum state state;
    struct otter_offer offer;
    uint16_t piece_len;   /* asked with the last READY */
    uint16_t last_number; /* last piece stored in this attempt */
    uint32_t received;    /* bytes of this attempt */
    uint8_t attempts;     /* that brought a piece */
    uint8_t unanswered;   /* READYs in a row that did not */
    uint8_t sn;           /* of the next command */
    uint8_t reboot_tries;
    bool offered;       /* since the reset */
    bool stop_sent;     /* the piece handler did: Suspend is called next */
    bool await_silence; /* the busy flag will be cleared for an error of ours, not for 0x1F */
    bool ask_due;       /* 0x27 is out, READY follows its answer */
    bool disturbed;     /* the line showed a fault since the offer */
    bool digest_known;  /* of an attempt that ended with a wrong one: */
    uint8_t digest[16];
    uint32_t ready_ms;  /* last READY */
    uint32_t heard_ms;  /* last byte, or READY */
    uint32_t good_ms;   /* last good piece, or READY; in FINISHED the end */
    uint32_t reboot_ms; /* last 0x29 */
} ota;

static volatile uint8_t heard;

mcuOTA_t romUpdate;

/* ---- sending ---- */

/* One command, to be escaped by uartWrite(). All bytes are set: flags left to chance made the
 * tutorial's module send HEX. */
static int send(uint8_t cmd, const uint8_t payload[], uint16_t payload_len)
{
    uint8_t bytes[OTTER_FRAME_OVERHEAD + OTTER_READY_SIZE];
    const struct otter_frame frame = {
        .cmd = cmd, .sn = ota.sn, .payload = payload, .payload_len = payload_len};
    int len = otter_frame_encode(&frame, false, bytes, sizeof bytes);

    if (len < 0) {
        return len;
    }
    ota.sn++;
    return uartWrite(bytes, (uint32_t)len) < 0 ? OTTER_ERR_BUSY : 0;
}

static void send_stop(void)
{
    (void)send(OTTER_CMD_RECEIVER_STOP, NULL, 0); /* lost: the next piece is refused again */
}

static void end(void)
{
    ota.state = IDLE;
    romUpdate.otaBusyModeFlag = 0;
}

static int send_ready(uint32_t now_ms)
{
    struct otter_ready ready = {.piece_len = ota.piece_len};
    uint8_t payload[OTTER_READY_SIZE];
    int rc;

    memcpy(ready.md5_hex, ota.offer.md5_hex, sizeof ready.md5_hex);
    rc = otter_put_ready(&ready, payload, sizeof payload);
    if (rc >= 0) {
        rc = send(OTTER_CMD_READY, payload, sizeof payload);
    }
    ota.state = ASKING;
    ota.unanswered++;
    ota.last_number = 0;
    ota.received = 0;
    ota.ask_due = false;
    ota.ready_ms = ota.heard_ms = ota.good_ms = now_ms;
    heard = 0;
    GAgent_MD5Init(&romUpdate.ctx);
    return rc;
}

/* The whole file once more, from piece 1; in shorter pieces if the line was to blame. */
static void ask_again(bool halve, uint32_t now_ms)
{
    uint16_t half = (uint16_t)(ota.piece_len / 4 * 2);

    if (ota.attempts >= ATTEMPTS_MAX) {
        send_stop();
        end();
        return;
    }
    if (halve && half >= PIECE_LEN_MIN) {
        ota.piece_len = half;
    }
    (void)send_ready(now_ms); /* not sent: the same silence brings the next one */
}

/* FLAG is to say nothing. A flash that refuses leaves it to the bootloader's checks. */
static void forget_flag(void)
{
    int rc = otter_flag_erase(otter_dropin_port, otter_dropin_layout);

    (void)rc;
}

/* ---- 0x19 and READY ---- */

static bool is_size_possible(uint32_t size)
{
    return size > OTTER_IMAGE_SIZE_MIN && size <= otter_dropin_layout->backup.size &&
           size <= otter_dropin_layout->app.size;
}

int8_t Pro_W2D_UpdateCmdHandle(uint8_t *inData, uint32_t dataLen)
{
    struct otter_frame frame = {.cmd = OTTER_CMD_OFFER, .payload = inData};
    struct otter_offer offer;
    uint32_t piece_len;
    bool is_same;

    ota.stop_sent = false;
    if (ota.state == FINISHED) {
        return 0; /* the restart is near, and the new version will be asked again */
    }
    if (inData == NULL || dataLen != OTTER_OFFER_SIZE) {
        return -1;
    }
    frame.payload_len = OTTER_OFFER_SIZE;
    if (otter_get_offer(&frame, &offer) != 0 || !is_size_possible(offer.file_size) ||
        otter_md5_from_hex(offer.md5_hex, romUpdate.update_param.ssl_data) != 0) {
        return -1;
    }
    is_same = ota.state == ASKING && offer.file_size == ota.offer.file_size &&
              memcmp(offer.md5_hex, ota.offer.md5_hex, sizeof offer.md5_hex) == 0;
    if (is_same && gizGetTimerCount() - ota.ready_ms < REPEAT_MS) {
        return 0; /* its ACK was lost; READY is on its way */
    }
    ota.offer = offer;
    ota.offered = true;
    ota.attempts = ota.unanswered = 0;
    ota.await_silence = ota.disturbed = ota.digest_known = false;
    ota.reboot_tries = 0;
    /* A module never sends a file that fits one piece; flash takes half-words. */
    piece_len = (offer.file_size - 1) / 2 * 2;
    ota.piece_len = piece_len < OTTER_DROPIN_PIECE_LEN ? (uint16_t)piece_len
                                                       : (uint16_t)OTTER_DROPIN_PIECE_LEN;
    romUpdate.updateFileSize = romUpdate.update_param.rom_size = offer.file_size;
    romUpdate.update_param.rom_statue = 0xFFFF;
    ota.state = ASKING;
    return Pro_D2W_UpdateReady(ota.offer.md5_hex, sizeof ota.offer.md5_hex) == 0 ? 0 : -2;
}

int8_t Pro_D2W_UpdateReady(uint8_t *md5Data, uint16_t md5Len)
{
    if (md5Data == NULL || md5Len != sizeof ota.offer.md5_hex ||
        (ota.state != ASKING && ota.state != RECEIVING) ||
        memcmp(md5Data, ota.offer.md5_hex, sizeof ota.offer.md5_hex) != 0) {
        return -1;
    }
    return send_ready(gizGetTimerCount()) == 0 ? 0 : -2;
}

/* ---- 0x1D ---- */

/* 0x27 now, the dispatcher's ACK behind it. */
static int8_t refuse(int8_t result)
{
    send_stop();
    ota.stop_sent = true;
    end();
    return result;
}

/* What arrived is wrong although its sums were right. On a line that garbles it was noise: the whole
 * file again, once 0x28 came or there was silence. Else the sender is wrong, and that was all. */
static int8_t reject(int8_t result)
{
    bool again = ota.disturbed && ota.attempts < ATTEMPTS_MAX &&
                 (ota.state == ASKING || ota.state == RECEIVING);

    if (again && ota.state == ASKING) {
        ota.attempts++; /* not even piece 1 came through */
    }
    (void)refuse(result);
    if (again) {
        ota.state = ASKING;
        ota.await_silence = ota.ask_due = true;
    }
    return result;
}

/* Noise does not come twice with the same digest: then the file or its MD5 is wrong. */
static int8_t reject_digest(const uint8_t digest[16])
{
    bool is_same = ota.digest_known && memcmp(ota.digest, digest, sizeof ota.digest) == 0;

    memcpy(ota.digest, digest, sizeof ota.digest);
    ota.digest_known = true;
    if (is_same) {
        return refuse(-2);
    }
    return reject(-2);
}

/* Is it the one piece that can come now? */
static bool is_next(const struct otter_piece *piece)
{
    uint32_t size = ota.offer.file_size;
    uint32_t left = size - ota.received;
    uint32_t count = (size + ota.piece_len - 1) / ota.piece_len;
    uint32_t len = left < ota.piece_len ? left : ota.piece_len;

    return piece->number == (uint32_t)ota.last_number + 1 && piece->count == count &&
           piece->data_len == len;
}

/* All bytes are there. Returns what the handler returns. */
static int8_t finish(uint32_t now_ms)
{
    struct otter_flag flag = {.image_size = ota.offer.file_size};
    uint8_t digest[16];

    GAgent_MD5Final(&romUpdate.ctx, digest);
    if (otter_md5_from_hex(ota.offer.md5_hex, flag.md5) != 0 ||
        memcmp(digest, flag.md5, sizeof digest) != 0) {
        return reject_digest(digest);
    }
    if (otter_dropin_check(ota.offer.file_size) != 0) {
        return refuse(-2);
    }
    if (otter_flag_write(otter_dropin_port, otter_dropin_layout, &flag) != 0) {
        /* Whatever got written: the module hears of a failure, so there must be none later. */
        forget_flag();
        return refuse(-1);
    }
    memcpy(romUpdate.update_param.ssl_data, flag.md5, sizeof flag.md5);
    romUpdate.update_param.rom_statue = OTTER_FLAG_PENDING;
    ota.state = FINISHED;
    ota.good_ms = now_ms;
    return 0;
}

int8_t Pro_W2D_UpdateDataHandle(uint8_t *inData, uint32_t dataLen, otaDataType formatType)
{
    struct otter_frame frame = {.cmd = OTTER_CMD_PIECE, .payload = inData};
    struct otter_piece piece;
    int8_t result = 0;

    (void)formatType;
    ota.stop_sent = false;
    if (ota.state == FINISHED) {
        return 0; /* the ACK of the last piece was lost */
    }
    if (inData == NULL || dataLen > UINT16_MAX) {
        return refuse(-1);
    }
    frame.payload_len = (uint16_t)dataLen;
    if (otter_get_piece(&frame, &piece) != 0) {
        return reject(-1);
    }
    if (ota.state == IDLE) {
        if (!ota.offered && ota.reboot_tries == 0) {
            ota.reboot_tries = REBOOT_TRIES; /* we were reset in a transfer: begin it anew */
            ota.reboot_ms = gizGetTimerCount() - REBOOT_GAP_MS;
        }
        return refuse(-1);
    }
    if (ota.last_number != 0 && piece.number == ota.last_number) {
        ota.disturbed = true;
        return 0; /* our ACK was lost: acknowledge again, write and hash nothing */
    }
    if (ota.state == ASKING && piece.number != 1) { /* of a transfer before this READY */
        result = refuse(-1);
        ota.state = ASKING; /* silence brings the next READY */
        ota.await_silence = true;
        return result;
    }
    if (!is_next(&piece)) {
        return reject(-1);
    }
    if (ota.received == 0 && piece.data_len >= OTTER_IMAGE_SIZE_MIN &&
        !otter_image_is_startable(piece.data, otter_dropin_layout)) {
        return refuse(-1);
    }
    if (gizGetTimerCount() - ota.good_ms >= PIECE_LATE_MS) {
        ota.disturbed = true;
    }
    if (ota.state == ASKING) {
        ota.state = RECEIVING;
        ota.unanswered = 0;
        ota.attempts++;
    }
    if (otter_dropin_store(ota.received, piece.data, piece.data_len) != 0) {
        return refuse(-1);
    }
    ota.received += piece.data_len;
    ota.last_number = piece.number;
    ota.good_ms = gizGetTimerCount();
    if (ota.received == ota.offer.file_size) {
        result = finish(ota.good_ms);
    }
    return result;
}

void Pro_D2W_UpdateSuspend(void)
{
    if (ota.stop_sent || ota.state == FINISHED) {
        ota.stop_sent = false;
        return;
    }
    send_stop();
    end();
}

/* ---- the module's restart ---- */

void Pro_D2W_Ask_Module_Reboot(void)
{
    if (OTTER_DROPIN_VENDOR_BOOT ||
        otter_update_is_new(otter_dropin_port, otter_dropin_layout)) {
        ota.reboot_tries = REBOOT_TRIES - 1;
        ota.reboot_ms = gizGetTimerCount();
        (void)send(OTTER_CMD_RESTART_MODULE, NULL, 0);
    }
}

void otter_dropin_answered(uint8_t cmd)
{
    int rc;

    if (cmd == OTTER_CMD_RECEIVER_STOP_ACK && ota.state == ASKING && ota.ask_due) {
        ask_again(true, gizGetTimerCount());
    }
    if (cmd != OTTER_CMD_RESTART_MODULE_ACK) {
        return;
    }
    ota.reboot_tries = 0;
    rc = otter_update_mark_announced(otter_dropin_port, otter_dropin_layout);
    (void)rc; /* a flash that refuses: the module is restarted once more at the next start */
}

/* ---- main loop ---- */

void otter_dropin_heard(void)
{
    heard = 1;
}

static void poll_transfer(uint32_t now_ms)
{
    bool is_stopped = romUpdate.otaBusyModeFlag == 0 && !ota.await_silence;
    bool is_late = now_ms - ota.good_ms >= PIECE_SILENCE_MS;
    bool is_silent;

    if (heard) {
        heard = 0;
        ota.heard_ms = now_ms;
    }
    romUpdate.otaBusyModeFlag = 1;
    ota.await_silence = false;
    is_silent = (ota.state == ASKING && now_ms - ota.heard_ms >= READY_SILENCE_MS) || is_late;
    if (is_stopped && now_ms - ota.ready_ms >= REPEAT_MS) { /* 0x1F, its 0x20 is sent */
        if (ota.state == ASKING) {
            ota.attempts++; /* not even piece 1 came through */
        }
        ota.disturbed = true;
        ask_again(true, now_ms);
    } else if (ota.state == ASKING && is_silent && ota.unanswered >= READY_UNANSWERED_MAX) {
        end();
    } else if (is_silent) {
        ask_again(ota.state == RECEIVING, now_ms);
    }
}

void otter_dropin_poll(void)
{
    uint32_t now_ms = gizGetTimerCount();

    if (ota.state == FINISHED) {
        if (now_ms - ota.good_ms >= LAST_ACK_MS) {
            mcuRestart();
        }
    } else if (ota.state != IDLE) {
        poll_transfer(now_ms);
    } else if (ota.reboot_tries > 0 && now_ms - ota.reboot_ms >= REBOOT_GAP_MS) {
        ota.reboot_tries--;
        ota.reboot_ms = now_ms;
        (void)send(OTTER_CMD_RESTART_MODULE, NULL, 0);
    }
}
