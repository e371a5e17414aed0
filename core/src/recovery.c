/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/recovery.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/frame.h"
#include "otter/history.h"
#include "otter/message.h"
#include "chip.h"

enum { HEAD_BYTE = 0xFF, ESCAPE_BYTE = 0x55 };

/* Offsets in `body`: a frame without its head. */
enum {
    BODY_LEN_SIZE = 2,
    BODY_CMD = 2,
    BODY_SN = 3,
    BODY_FLAGS = 4,
    BODY_PAYLOAD = 6,
    BODY_OVERHEAD = 7,
};

enum { READY_MD5_LEN = 34 /* with the length in front */, READY_PIECE_LEN = 34 };

/* ---- to the module ---- */

static void put(struct otter_recovery *recovery, uint8_t byte)
{
    recovery->sum = (uint8_t)(recovery->sum + byte);
    recovery->send(byte);
    if (byte == HEAD_BYTE) {
        recovery->send(ESCAPE_BYTE);
    }
}

static void send_frame(struct otter_recovery *recovery, uint8_t cmd, uint8_t sn,
                       const uint8_t payload[], uint8_t payload_len)
{
    uint8_t fixed[BODY_PAYLOAD] = {0, (uint8_t)(OTTER_FRAME_LEN_MIN + payload_len), cmd, sn};

    if (cmd == OTTER_CMD_INFO) {
        fixed[BODY_FLAGS] = OTTER_UPDATE_STATUS_MARK;
        fixed[BODY_FLAGS + 1] = recovery->reason;
    }

    recovery->send(HEAD_BYTE);
    recovery->send(HEAD_BYTE);
    recovery->sum = 0;
    for (unsigned i = 0; i < sizeof fixed; i++) {
        put(recovery, fixed[i]);
    }
    while (payload_len-- != 0) {
        put(recovery, *payload++);
    }
    put(recovery, recovery->sum);
}

void otter_recovery_begin(struct otter_recovery *recovery)
{
    send_frame(recovery, OTTER_CMD_RESTART_MODULE, 0, NULL, 0);
}

void otter_recovery_ask(struct otter_recovery *recovery)
{
    if (recovery->file_size != 0) {
        recovery->written = 0;
        send_frame(recovery, OTTER_CMD_READY, 0, recovery->ready, sizeof recovery->ready);
    }
}

/* ---- from the module ---- */

/* Is the file with this MD5, in letters, one that was tried often enough? If it is another one
 * than before, it is the one that counts from now on. */
static bool is_tried(struct otter_recovery *recovery, const uint8_t letters[])
{
    struct otter_journal_file *file = recovery->file;
    uint8_t digest[OTTER_JOURNAL_DIGEST_SIZE] = {0};

    for (unsigned i = 0; i < 2 * sizeof digest; i++) {
        unsigned letter = letters[i];

        digest[i / 2] =
            (uint8_t)((unsigned)digest[i / 2] << 4 | ((letter & 15) + 9 * (letter >> 6)));
    }
    if (memcmp(file->digest, digest, sizeof digest) != 0) {
        memcpy(file->digest, digest, sizeof digest);
        file->tries = 0;
    }
    return file->tries >= OTTER_HISTORY_TRIES_MAX;
}

static void on_offer(struct otter_recovery *recovery, uint32_t payload_len)
{
    const uint8_t *offer = recovery->body + BODY_PAYLOAD;

    recovery->written = 0;
    recovery->file_size = otter_get_be32(offer);
    if (is_tried(recovery, offer + 6) &&
        otter_get_be16(recovery->body + BODY_FLAGS) != OTTER_OFFER_FLAGS_FORCED) {
        recovery->reason = OTTER_REASON_TRIED;
        recovery->file_size = 0;
    }
    if (payload_len != OTTER_OFFER_SIZE ||
        recovery->file_size - 1 >= chip_map(recovery->layout)->backup.size) { /* 0, too */
        recovery->file_size = 0;
        send_frame(recovery, OTTER_CMD_RECEIVER_STOP, 0, NULL, 0);
        return;
    }
    memcpy(recovery->ready, offer + 4, READY_MD5_LEN); /* letter by letter */
    otter_put_be16(recovery->ready + READY_PIECE_LEN, OTTER_RECOVERY_PIECE);
    otter_recovery_ask(recovery);
}

/* Returns whether the piece is in flash. */
static bool on_piece(struct otter_recovery *recovery, uint32_t payload_len)
{
    const struct otter_port *port = recovery->port;
    uint32_t addr = chip_map(recovery->layout)->backup.addr + recovery->written;
    uint32_t left = recovery->file_size - recovery->written;
    uint32_t len = left < OTTER_RECOVERY_PIECE ? left : OTTER_RECOVERY_PIECE;
    uint32_t number = otter_get_be16(recovery->body + BODY_PAYLOAD);
    uint32_t last = recovery->written / OTTER_RECOVERY_PIECE;
    uint8_t *data = recovery->body + BODY_PAYLOAD + OTTER_PIECE_HEAD;

    if (number == last && number != 0) {
        return true; /* again, because our ACK was lost */
    }
    if (number != last + 1 || len == 0 || payload_len != OTTER_PIECE_HEAD + len) {
        return false;
    }
    data[len] = 0xFF; /* in place of the checksum: flash takes half-words */
    if (recovery->written % chip_page_size(port) == 0 && chip_erase(port, addr) != 0) {
        return false;
    }
    if (chip_program(port, addr, data, (len + 1) & ~1U) != 0) {
        return false;
    }
    recovery->written += len;
    return true;
}

static void on_frame(struct otter_recovery *recovery)
{
    uint8_t cmd = recovery->body[BODY_CMD];
    uint8_t sn = recovery->body[BODY_SN];
    uint32_t payload_len = recovery->body_len - (uint32_t)BODY_OVERHEAD;

    if (cmd % 2 == 0 || cmd == OTTER_CMD_ILLEGAL_TO_MCU) {
        return; /* an answer */
    }
    if (cmd == OTTER_CMD_PIECE && !on_piece(recovery, payload_len)) {
        otter_recovery_begin(recovery);
        return;
    }
    send_frame(recovery, (uint8_t)(cmd + 1), sn, recovery->info,
               cmd == OTTER_CMD_GET_INFO ? OTTER_RECOVERY_INFO_SIZE : 0);
    if (cmd == OTTER_CMD_OFFER) {
        on_offer(recovery, payload_len);
    }
}

bool otter_recovery_receive(struct otter_recovery *recovery, uint8_t byte)
{
    bool after_ff = recovery->after_ff, is_sum;
    uint32_t size;

    recovery->after_ff = byte == HEAD_BYTE;
    if (after_ff && byte == HEAD_BYTE) { /* whatever came before: a frame begins */
        recovery->in_frame = true;
        recovery->body_len = 0;
        recovery->sum = 0;
        return false;
    }
    /* An FF was taken as data when it came: modules send simple ACKs without escapes. */
    if (!recovery->in_frame || (after_ff && byte == ESCAPE_BYTE)) {
        return false;
    }
    is_sum = recovery->sum == byte;
    recovery->sum = (uint8_t)(recovery->sum + byte);
    recovery->body[recovery->body_len++] = byte;
    if (recovery->body_len < BODY_LEN_SIZE) {
        return false;
    }
    size = otter_get_be16(recovery->body) + (uint32_t)BODY_LEN_SIZE;
    if (size < BODY_OVERHEAD || size > sizeof recovery->body) {
        recovery->in_frame = false;
        return false;
    }
    if (recovery->body_len != size) {
        return false;
    }
    recovery->in_frame = false;
    if (is_sum) {
        on_frame(recovery);
    }
    return recovery->file_size != 0 && recovery->written == recovery->file_size;
}
