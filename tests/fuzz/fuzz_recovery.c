/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's receiver: bytes, frames with good sums, right and wrong pieces, silences,
 * flash that refuses, and resets in any order. Promises: nothing but APPBAK is written, by the
 * rules of flash; what goes out are whole frames; a piece is acknowledged when flash holds it
 * and all before it; a file is complete when exactly its bytes were acknowledged. And after all
 * that a module that offers a file and sends it has it taken. */
#include "otter/recovery.h"
#include "otter/bytes.h"
#include "otter/message.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ram_flash.h"

enum { PIECE = OTTER_RECOVERY_PIECE, STEPS_MAX = 200 };

static const struct otter_layout *const layout = &ram_flash_layout;
static struct ram_flash flash;
static struct otter_port port;
static struct otter_recovery recovery;
static struct otter_journal_file known;
static uint8_t info[OTTER_RECOVERY_INFO_SIZE];

/* What the device has said since it was fed the last byte. */
static struct otter_frame_decoder decoder;
static uint8_t decoded[128];
static unsigned asked, acknowledged, stopped, restarted, answers;
static bool in_answer;

/* What the device owes: the file it has acknowledged so far, and the size it has asked for. */
static uint8_t owed[26 * RAM_FLASH_PAGE];
static uint32_t owed_len, file_size;
static bool has_failed; /* flash has, in this file */

static bool is_in_backup(uint32_t addr, uint32_t len)
{
    return addr >= layout->backup.addr && len <= layout->backup.size &&
           addr - layout->backup.addr <= layout->backup.size - len;
}

static int program(void *ctx, uint32_t addr, const uint8_t bytes[], uint32_t len)
{
    uint32_t refused = flash.refused;
    int error;

    FUZZ_CHECK(is_in_backup(addr, len));
    error = flash.port.program(ctx, addr, bytes, len);
    /* Where flash has failed half of a piece may stand, and the same piece come again. */
    FUZZ_CHECK(flash.refused == refused || (has_failed && error != 0));
    has_failed = has_failed || error != 0;
    return error;
}

static int erase(void *ctx, uint32_t addr)
{
    FUZZ_CHECK(is_in_backup(addr, RAM_FLASH_PAGE));
    return flash.port.erase(ctx, addr);
}

static void hear(uint8_t byte)
{
    struct otter_frame frame = {0};
    size_t consumed = 0;
    int got = otter_frame_decode(&decoder, &byte, 1, &consumed, &frame);

    FUZZ_CHECK(got >= 0);
    in_answer = got == 0;
    if (got == 1) {
        answers++;
        asked += frame.cmd == OTTER_CMD_READY;
        acknowledged += frame.cmd == OTTER_CMD_PIECE_ACK;
        stopped += frame.cmd == OTTER_CMD_RECEIVER_STOP;
        restarted += frame.cmd == OTTER_CMD_RESTART_MODULE;
    }
}

static void forget_answers(void)
{
    FUZZ_CHECK(!in_answer);
    asked = acknowledged = stopped = restarted = answers = 0;
}

static void reset(void)
{
    recovery = (struct otter_recovery){
        .file = &known, .port = &port, .layout = layout, .info = info, .send = hear};
    owed_len = file_size = 0;
    forget_answers();
    otter_recovery_begin(&recovery);
    FUZZ_CHECK(restarted == 1 && answers == 1);
}

/* A piece was acknowledged: the next one, or the last one again. */
static void owe_piece(void)
{
    const uint8_t *payload = recovery.body + 6;
    uint32_t len = otter_get_be16(recovery.body) - 9u;
    uint32_t number = otter_get_be16(payload);

    FUZZ_CHECK(recovery.body[2] == OTTER_CMD_PIECE && number != 0);
    if (number == owed_len / PIECE + 1 && owed_len != file_size) {
        FUZZ_CHECK(len == (file_size - owed_len < PIECE ? file_size - owed_len : PIECE));
        memcpy(owed + owed_len, payload + OTTER_PIECE_HEAD, len);
        owed_len += len;
    }
    FUZZ_CHECK(number == (owed_len + PIECE - 1) / PIECE);
    FUZZ_CHECK(memcmp(ram_flash_peek(&flash, layout->backup.addr), owed, owed_len) == 0);
}

/* Returns whether the device has said that it is complete. */
static bool feed_byte(uint8_t byte)
{
    bool complete;

    forget_answers();
    complete = otter_recovery_receive(&recovery, byte);
    FUZZ_CHECK(recovery.file_size <= layout->backup.size);
    FUZZ_CHECK(recovery.written <= recovery.file_size);
    if (stopped != 0) {
        file_size = owed_len = 0;
    }
    if (asked != 0) {
        file_size = otter_get_be32(recovery.body + 6);
        owed_len = 0;
        has_failed = false;
        FUZZ_CHECK(file_size - 1 < layout->backup.size);
    }
    FUZZ_CHECK(acknowledged + asked + stopped + restarted <= 1);
    if (acknowledged != 0) {
        owe_piece();
    }
    FUZZ_CHECK(complete == (file_size != 0 && owed_len == file_size));
    return complete;
}

static bool feed_bytes(const uint8_t bytes[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (feed_byte(bytes[i])) { /* the bootloader does the same */
            reset();
            return true;
        }
    }
    return false;
}

static bool feed(const struct otter_frame *frame)
{
    static uint8_t wire[2 * (OTTER_PIECE_HEAD + PIECE + 64)];
    int len = otter_frame_encode(frame, true, wire, sizeof wire);

    FUZZ_CHECK(len > 0);
    return feed_bytes(wire, (size_t)len);
}

static void feed_offer(uint32_t size)
{
    uint8_t payload[OTTER_OFFER_SIZE];

    memset(payload, 'a', sizeof payload);
    otter_put_be32(payload, size);
    otter_put_be16(payload + 4, 32);
    (void)feed(&(struct otter_frame){
        .cmd = OTTER_CMD_OFFER, .payload = payload, .payload_len = sizeof payload});
    FUZZ_CHECK(file_size == (size - 1 < layout->backup.size ? size : 0));
}

/* Piece `number`, as long as it should be but for `longer`. */
static bool feed_piece(uint32_t number, uint8_t fill, uint32_t longer)
{
    uint8_t payload[OTTER_PIECE_HEAD + PIECE + 3];
    uint32_t left = file_size - owed_len;
    uint32_t len = (left < PIECE ? left : PIECE) + longer;

    otter_put_be16(payload, (uint16_t)number);
    otter_put_be16(payload + 2, 0);
    for (uint32_t i = 0; i < len; i++) {
        payload[OTTER_PIECE_HEAD + i] = (uint8_t)(fill + i * fill);
    }
    return feed(&(struct otter_frame){.cmd = OTTER_CMD_PIECE,
                                      .sn = (uint8_t)number,
                                      .payload = payload,
                                      .payload_len = (uint16_t)(OTTER_PIECE_HEAD + len)});
}

static uint32_t due(void)
{
    return owed_len / PIECE + 1;
}

static void step(struct fuzz_input *input)
{
    uint8_t what = fuzz_u8(input);
    struct otter_frame frame;
    size_t len;

    switch (what % 8) {
    case 0: /* bytes as they come */
        len = fuzz_u8(input);
        frame.payload = fuzz_take(input, &len);
        (void)feed_bytes(frame.payload, len);
        break;
    case 1: /* any frame with a good sum */
        frame = fuzz_frame(input);
        (void)feed(&frame);
        break;
    case 2: /* silence */
        forget_answers();
        otter_recovery_ask(&recovery);
        FUZZ_CHECK(asked == (file_size != 0) && answers == asked);
        owed_len = 0;
        has_failed = false;
        break;
    case 3:
        feed_offer(what < 128   ? 1u + fuzz_u16(input) % 3000
                   : what < 192 ? layout->backup.size - 1 + fuzz_u8(input) % 3
                                : (uint32_t)fuzz_u16(input) << 16);
        break;
    case 4: /* the pieces that are due */
        for (unsigned i = 0; i <= what / 8u; i++) {
            (void)feed_piece(due(), what, 0);
        }
        break;
    case 5: /* one near it, maybe of a wrong length */
        (void)feed_piece(due() + what / 8 % 4 - 2u, fuzz_u8(input), what / 64u);
        break;
    case 6: /* flash that refuses */
        flash.fail_at = flash.operations + 1 + fuzz_u8(input);
        flash.fail_count = 1 + what / 8u;
        break;
    default:
        reset();
        break;
    }
}

static void expect_that_it_can_still_be_done(void)
{
    enum { SIZE = 2 * RAM_FLASH_PAGE + 37 };
    bool complete = false;

    ram_flash_restart(&flash);
    feed_offer(SIZE);
    while (!complete) {
        uint32_t before = owed_len;

        complete = feed_piece(due(), 7, 0);
        FUZZ_CHECK(complete || owed_len == before + PIECE);
    }
    FUZZ_CHECK(flash.erased == 3 && flash.programmed == (SIZE + 1) / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};

    ram_flash_init(&flash);
    port = flash.port;
    port.program = program;
    port.erase = erase;
    memset(flash.bytes, 0xA5, RAM_FLASH_SIZE); /* nothing is blank */
    otter_frame_decoder_init(&decoder, decoded, sizeof decoded, OTTER_FRAME_STRICT);
    in_answer = false;
    reset();
    has_failed = false;
    for (unsigned i = 0; i < STEPS_MAX && input.len > 0; i++) {
        step(&input);
    }
    expect_that_it_can_still_be_done();
    return 0;
}
