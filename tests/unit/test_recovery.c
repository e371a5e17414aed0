/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's receiver: alone against every kind of input, and with the module's side as
 * its peer. Authority: docs/protocol.md chapter 4.7 and otter/recovery.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "module/module.h"
#include "otter/bytes.h"
#include "otter/frame.h"
#include "otter/history.h"
#include "otter/message.h"
#include "otter/reason.h"
#include "otter/recovery.h"
#include "support/ram_flash.h"
#include "support/rng.h"

enum { SLOT = 26 * RAM_FLASH_PAGE, PIECE = OTTER_RECOVERY_PIECE };

static const char info[OTTER_RECOVERY_INFO_SIZE + 1] = "0000000400000002"
                                                       "03010100"
                                                       "00000000"
                                                       "0123456789abcdef0123456789abcdef\0";

static const struct otter_layout *const layout = &ram_flash_layout;
static struct ram_flash flash;
static struct otter_recovery recovery;
static struct otter_journal_file known;
static bool force; /* in the flags of what is given */
static uint8_t file[SLOT + 1], before[RAM_FLASH_SIZE];

/* What the device has sent and nobody has looked at. */
static uint8_t sent[1024];
static size_t sent_len;

static void keep_sent(uint8_t byte)
{
    assert_true(sent_len < sizeof sent);
    sent[sent_len++] = byte;
}

static void reset(void)
{
    recovery = (struct otter_recovery){.file = &known,
                                       .port = &flash.port,
                                       .layout = layout,
                                       .info = (const uint8_t *)info,
                                       .send = keep_sent};
    sent_len = 0;
}

static void begin(void)
{
    uint64_t seed = 3;

    ram_flash_init(&flash);
    rng_fill(&seed, flash.bytes, RAM_FLASH_SIZE); /* nothing is blank */
    memcpy(before, flash.bytes, sizeof before);
    rng_fill(&seed, file, sizeof file);
    memset(file + 700, 0xFF, 300); /* a lot to escape */
    reset();
}

/* Whatever came: the rules of flash were kept, and only APPBAK has changed. */
static void assert_only_backup_changed(void)
{
    uint32_t first = layout->backup.addr - RAM_FLASH_ADDR;
    uint32_t end = first + layout->backup.size;

    assert_int_equal(flash.refused, 0);
    assert_memory_equal(flash.bytes, before, first);
    assert_memory_equal(flash.bytes + end, before + end, RAM_FLASH_SIZE - end);
}

/* ---- frame by frame ---- */

static bool give_bytes(const uint8_t bytes[], size_t len)
{
    bool complete = false;

    for (size_t i = 0; i < len; i++) {
        assert_false(complete); /* only the last byte completes */
        complete = otter_recovery_receive(&recovery, bytes[i]);
    }
    return complete;
}

static bool give(uint8_t cmd, uint8_t sn, const uint8_t payload[], uint16_t payload_len)
{
    const struct otter_frame frame = {.cmd = cmd,
                                      .sn = sn,
                                      .flags = force ? OTTER_OFFER_FLAGS_FORCED : 0,
                                      .payload = payload,
                                      .payload_len = payload_len};
    uint8_t wire[2 * (PIECE + 64)];
    int len = otter_frame_encode(&frame, true, wire, sizeof wire);

    assert_true(len > 0);
    return give_bytes(wire, (size_t)len);
}

/* Take the next frame that was sent; modules read strictly. */
static struct otter_frame expect(uint8_t cmd, uint8_t sn)
{
    static uint8_t body[128];
    struct otter_frame_decoder decoder;
    struct otter_frame frame = {0};
    size_t consumed = 0;

    otter_frame_decoder_init(&decoder, body, sizeof body, OTTER_FRAME_STRICT);
    assert_int_equal(otter_frame_decode(&decoder, sent, sent_len, &consumed, &frame), 1);
    sent_len -= consumed;
    memmove(sent, sent + consumed, sent_len);
    assert_int_equal(frame.cmd, cmd);
    assert_int_equal(frame.sn, sn);
    return frame;
}

static void expect_nothing(void)
{
    assert_int_equal(sent_len, 0);
}

static void offer(uint32_t size, uint16_t payload_len)
{
    uint8_t payload[OTTER_OFFER_SIZE + 2] = {0};

    otter_put_be32(payload, size);
    otter_put_be16(payload + 4, 32);
    memset(payload + 6, 'a', 32);
    assert_false(give(OTTER_CMD_OFFER, 0xFF, payload, payload_len));
    (void)expect(OTTER_CMD_OFFER_ACK, 0xFF);
}

static void expect_ready(void)
{
    struct otter_frame frame = expect(OTTER_CMD_READY, 0);
    struct otter_ready ready;

    assert_int_equal(otter_get_ready(&frame, &ready), 0);
    assert_int_equal(ready.piece_len, PIECE);
    assert_memory_equal(ready.md5_hex, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32);
}

static bool piece(uint16_t number, uint32_t len)
{
    uint8_t payload[OTTER_PIECE_HEAD + PIECE + 1];

    otter_put_be16(payload, number);
    otter_put_be16(payload + 2, 0xAAAA); /* the count is not looked at */
    memcpy(payload + OTTER_PIECE_HEAD, file + (size_t)((number - 1) & 0x3F) * PIECE, len);
    return give(OTTER_CMD_PIECE, (uint8_t)number, payload, (uint16_t)(OTTER_PIECE_HEAD + len));
}

static void test_says_who_it_is(void **state)
{
    struct otter_frame frame;
    struct otter_info got;

    (void)state;
    begin();
    recovery.reason = OTTER_REASON_SIGNATURE;
    assert_false(give(OTTER_CMD_GET_INFO, 7, NULL, 0));
    frame = expect(OTTER_CMD_INFO, 7);
    assert_int_equal(otter_get_info(&frame, &got), 0);
    assert_memory_equal(got.hardware, "03010100", 8);
    assert_memory_equal(got.version, "00000000", 8);
    assert_int_equal(got.bindable_s, 0);
    assert_int_equal(frame.flags, (OTTER_UPDATE_STATUS_MARK << 8) | OTTER_REASON_SIGNATURE);
}

static void test_what_is_answered(void **state)
{
    (void)state;
    begin();
    for (unsigned cmd = 0; cmd < 256; cmd++) {
        if (cmd == OTTER_CMD_GET_INFO || cmd == OTTER_CMD_OFFER || cmd == OTTER_CMD_PIECE) {
            continue;
        }
        assert_false(give((uint8_t)cmd, 9, (const uint8_t *)"xy", 2));
        if (cmd % 2 == 1 && cmd != OTTER_CMD_ILLEGAL_TO_MCU) {
            assert_int_equal(expect((uint8_t)(cmd + 1), 9).payload_len, 0);
        }
        expect_nothing();
    }
    assert_int_equal(flash.operations, 0);
}

static void test_offers_that_cannot_be(void **state)
{
    static const uint32_t sizes[] = {0, SLOT + 1, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        offer(1000, OTTER_OFFER_SIZE); /* what was known before is forgotten */
        expect_ready();
        assert_false(piece(1, PIECE));
        (void)expect(OTTER_CMD_PIECE_ACK, 1);
        offer(sizes[i], OTTER_OFFER_SIZE);
        (void)expect(OTTER_CMD_RECEIVER_STOP, 0);
        ram_flash_restart(&flash);
        for (uint16_t number = 0; number < 4; number++) {
            assert_false(piece(number, number == 0 ? 0 : PIECE));
            (void)expect(OTTER_CMD_RESTART_MODULE, 0);
        }
        otter_recovery_ask(&recovery);
        expect_nothing();
        assert_int_equal(flash.operations, 0);
    }
    for (uint16_t len = 0; len < OTTER_OFFER_SIZE + 2; len++) {
        if (len != OTTER_OFFER_SIZE) {
            offer(1000, len);
            (void)expect(OTTER_CMD_RECEIVER_STOP, 0);
        }
    }
    assert_only_backup_changed();
}

static void test_pieces_in_order_only(void **state)
{
    static const uint16_t wrong[] = {0, 1, 2, 5, 0x7FFF, 0x8000, 0xFFFF};

    (void)state;
    begin();
    offer(4 * PIECE + 5, OTTER_OFFER_SIZE);
    expect_ready();
    for (uint16_t number = 1; number <= 3; number++) {
        assert_false(piece(number, PIECE));
        (void)expect(OTTER_CMD_PIECE_ACK, (uint8_t)number);
    }
    ram_flash_restart(&flash);
    assert_false(piece(3, PIECE)); /* again */
    (void)expect(OTTER_CMD_PIECE_ACK, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(piece(wrong[i], PIECE));
        (void)expect(OTTER_CMD_RESTART_MODULE, 0);
    }
    for (uint32_t len = 0; len <= PIECE; len++) {
        if (len != PIECE) {
            assert_false(piece(4, len));
            (void)expect(OTTER_CMD_RESTART_MODULE, 0);
        }
    }
    assert_int_equal(flash.operations, 0);
    assert_false(piece(4, PIECE));
    (void)expect(OTTER_CMD_PIECE_ACK, 4);
    assert_true(piece(5, 5));
    (void)expect(OTTER_CMD_PIECE_ACK, 5);
    assert_int_equal(*ram_flash_peek(&flash, layout->backup.addr + 4 * PIECE + 5), 0xFF);
    assert_memory_equal(ram_flash_peek(&flash, layout->backup.addr), file, 4 * PIECE + 5);
    assert_only_backup_changed();
}

static void test_what_flash_does_not_take_is_not_acknowledged(void **state)
{
    (void)state;
    for (uint32_t at = 1; at <= 1 + PIECE / 2; at += 32) { /* the erase; half-words */
        begin();
        offer(600, OTTER_OFFER_SIZE);
        expect_ready();
        flash.fail_at = at;
        flash.fail_count = 1;
        assert_false(piece(1, PIECE));
        (void)expect(OTTER_CMD_RESTART_MODULE, 0);
        ram_flash_restart(&flash);
        offer(600, OTTER_OFFER_SIZE); /* and now from the start */
        expect_ready();
        assert_false(piece(1, PIECE));
        (void)expect(OTTER_CMD_PIECE_ACK, 1);
        assert_only_backup_changed();
    }
}

/* ---- bytes ---- */

static void test_bytes_that_are_no_frame(void **state)
{
    static const uint8_t plain_ff[] = {0xFF, 0xFF, 0, 5, 0x1C, 0xFF, 0, 0, 0x20};
    static const uint8_t sum_ff[] = {0xFF, 0xFF, 0, 5, 0x07, 0xF3, 0, 0, 0xFF};
    static const uint8_t cut_off[] = {0xFF, 0xFF, 0, 0x2B, 0x19, 1, 0, 0, 1, 2};
    static const uint8_t bad_checksum[] = {0xFF, 0xFF, 0, 5, 0x07, 1, 0, 0, 0x0E};
    static const uint8_t long_one[] = {0xFF, 0xFF, 0x01, 0x0A, 0x07, 1, 0, 0, 0x0D};
    static const uint8_t short_one[] = {0xFF, 0xFF, 0, 4, 0x07, 1, 0, 0x0C};
    static const uint8_t three[] = {0xFF};

    (void)state;
    begin();
    assert_false(give_bytes(plain_ff, sizeof plain_ff)); /* an ACK without escapes */
    expect_nothing();
    assert_false(give_bytes(sum_ff, sizeof sum_ff)); /* 55 is not awaited ... */
    (void)expect(OTTER_CMD_HEARTBEAT_ACK, 0xF3);
    assert_false(give_bytes((const uint8_t *)"\x55", 1)); /* ... and swallowed */
    assert_false(give_bytes(cut_off, sizeof cut_off));
    assert_false(give_bytes(three, sizeof three));
    assert_false(give(OTTER_CMD_HEARTBEAT, 4, NULL, 0)); /* FF FF FF 00 05 */
    (void)expect(OTTER_CMD_HEARTBEAT_ACK, 4);
    assert_false(give_bytes(bad_checksum, sizeof bad_checksum));
    assert_false(give_bytes(long_one, sizeof long_one));
    assert_false(give_bytes(short_one, sizeof short_one));
    assert_false(give_bytes(sum_ff + 2, sizeof sum_ff - 2)); /* no head */
    expect_nothing();
    assert_false(give(OTTER_CMD_HEARTBEAT, 5, NULL, 0));
    (void)expect(OTTER_CMD_HEARTBEAT_ACK, 5);
}

/* Frames that are whole, and say anything; between them bytes that say nothing. */
static void test_hostile_frames(void **state)
{
    static const uint8_t cmds[] = {OTTER_CMD_OFFER, OTTER_CMD_PIECE, OTTER_CMD_PIECE,
                                   OTTER_CMD_PIECE, OTTER_CMD_GET_INFO};
    static const uint32_t sizes[] = {1, 255, 256, 257, 2048, SLOT, SLOT + 1, 0xFFFFFF00};
    unsigned completed = 0;
    uint64_t seed = 11;

    (void)state;
    begin();
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t payload[OTTER_PIECE_HEAD + PIECE], cmd = cmds[rng_below(&seed, sizeof cmds)];
        uint16_t len = (uint16_t)(rng_below(&seed, 2) ? sizeof payload
                                                      : rng_below(&seed, sizeof payload + 1));

        rng_fill(&seed, payload, sizeof payload);
        if (cmd == OTTER_CMD_PIECE) {
            otter_put_be16(payload,
                           (uint16_t)(rng_below(&seed, 8) == 0 ? rng_next(&seed)
                                                               : recovery.written / PIECE + 1));
        } else if (cmd == OTTER_CMD_OFFER && rng_below(&seed, 200) == 0) {
            otter_put_be32(payload, sizes[rng_below(&seed, 8)]);
            len = OTTER_OFFER_SIZE;
        } else if (cmd == OTTER_CMD_OFFER) {
            continue;
        }
        if (give(cmd, (uint8_t)i, payload, len)) {
            assert_int_equal(recovery.written, recovery.file_size);
            completed++;
            reset();
        }
        for (unsigned n = rng_below(&seed, 12); n != 0; n--) {
            uint8_t byte = (uint8_t)rng_next(&seed);

            (void)otter_recovery_receive(&recovery, byte % 3 == 0 ? 0xFF : byte);
        }
        if (rng_below(&seed, 50) == 0) {
            otter_recovery_ask(&recovery);
        }
        sent_len = 0;
        assert_true(recovery.written <= recovery.file_size);
    }
    assert_only_backup_changed();
    assert_true(completed > 20);
}

/* ---- the module's side as the peer ---- */

static struct module module;
static struct module_config config;
static uint32_t now_ms;

/* Three downloads of a file, whatever became of it, and no more: but another one, or by
 * force. */
static void test_file_that_was_tried(void **state)
{
    static const uint8_t digest[8] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};

    (void)state;
    for (uint8_t tries = 0; tries < 5; tries++) {
        begin();
        known = (struct otter_journal_file){.tries = tries};
        memcpy(known.digest, digest, sizeof digest);
        offer(PIECE, OTTER_OFFER_SIZE);
        if (tries < OTTER_HISTORY_TRIES_MAX) {
            expect_ready();
        } else {
            (void)expect(OTTER_CMD_RECEIVER_STOP, 0);
            expect_nothing();
            assert_int_equal(recovery.reason, OTTER_REASON_TRIED);
            otter_recovery_ask(&recovery);
            expect_nothing();
        }
        assert_int_equal(known.tries, tries);

        begin();
        known.digest[7] ^= 1;
        offer(PIECE, OTTER_OFFER_SIZE);
        expect_ready();
        assert_int_equal(known.tries, 0); /* it is that one now */
        assert_memory_equal(known.digest, digest, sizeof digest);

        begin();
        known.tries = tries;
        force = true;
        offer(PIECE, OTTER_OFFER_SIZE);
        force = false;
        expect_ready();
        assert_int_equal(known.tries, tries);
    }
}

/* A frame that is a byte longer than the longest is dropped; nothing behind its place
 * changes. */
static void test_frame_a_byte_too_long(void **state)
{
    struct otter_recovery was;
    uint8_t bytes[4 + sizeof recovery.body] = {0xFF, 0xFF};

    (void)state;
    begin();
    known.tries = 0;
    offer(PIECE, 38);
    expect_ready();
    was = recovery;
    otter_put_be16(bytes + 2, (uint16_t)(sizeof recovery.body + 1 - 2));
    memset(bytes + 4, 0x5A, sizeof bytes - 4);
    assert_false(give_bytes(bytes, sizeof bytes));
    assert_memory_equal(recovery.ready, was.ready, sizeof was.ready);
    expect_nothing();
}

static void begin_with_module(uint32_t size)
{
    begin();
    config = (struct module_config){.file = module_file_in_memory(file, size)};
    memset(config.file.md5_hex, 'b', sizeof config.file.md5_hex); /* nobody computes it */
    memcpy(config.version, "03010102", 8);
    now_ms = 0;
    module_init(&module, &config, now_ms);
}

/* One byte of each direction in each millisecond; one in `lose_one_in` is lost (0 = none).
 * Returns whether the file was complete within `ms`. */
static bool run(uint32_t ms, uint32_t lose_one_in, uint64_t *seed)
{
    uint32_t silence_ms = 0;

    for (uint32_t end_ms = now_ms + ms; now_ms != end_ms; now_ms++) {
        bool lost = lose_one_in != 0 && rng_below(seed, lose_one_in) == 0;
        uint8_t byte;

        if (sent_len != 0) {
            if (!lost) {
                module_receive(&module, sent, 1, now_ms);
            }
            memmove(sent, sent + 1, --sent_len);
        }
        module_poll(&module, now_ms);
        silence_ms++;
        if (module_take(&module, &byte, 1) == 1 && !lost) {
            silence_ms = 0;
            if (otter_recovery_receive(&recovery, byte)) {
                return true;
            }
        }
        if (silence_ms == OTTER_RECOVERY_SILENCE_MS) {
            silence_ms = 0;
            otter_recovery_ask(&recovery);
        }
        if (module_has_ended(&module)) { /* whoever pushes, pushes again */
            assert_int_equal(module_offer(&module, now_ms), 0);
        }
    }
    return false;
}

static void test_files_of_all_lengths(void **state)
{
    static const uint32_t sizes[] = {1,    2,    255,  256,      257, 511,
                                     1024, 1025, 3333, SLOT - 1, SLOT};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin_with_module(sizes[i]);
        assert_true(run(60000, 0, NULL));
        assert_memory_equal(ram_flash_peek(&flash, layout->backup.addr), file, sizes[i]);
        assert_int_equal(flash.erased, (sizes[i] + RAM_FLASH_PAGE - 1) / RAM_FLASH_PAGE);
        assert_int_equal(flash.programmed, (sizes[i] + 1) / 2);
        assert_only_backup_changed();
    }
}

static unsigned abouts, told;

static void count_about(void *ctx, const struct module_event *event)
{
    (void)ctx;
    abouts += event->kind == MODULE_EVENT_ABOUT;
    told += event->kind == MODULE_EVENT_ABOUT && event->about != NULL;
}

/* Our module's question has an empty answer here: the reason in 0x02 is all there is. */
static void test_tells_nothing_of_itself(void **state)
{
    (void)state;
    begin_with_module(5000);
    config.event = count_about;
    abouts = told = 0;
    assert_true(run(60000, 0, NULL));
    assert_int_equal(abouts, 1);
    assert_int_equal(told, 0);
}

static bool is_file_there(uint32_t size)
{
    return memcmp(ram_flash_peek(&flash, layout->backup.addr), file, size) == 0;
}

/* A byte in 1500 is lost, of either side's. The file gets there; a sum of 8 bits lets a wrong
 * piece pass now and then, and the judge sends the device back here. */
static void test_lost_bytes(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (uint64_t first = 1; first <= 200; first++) {
        uint64_t seed = first;

        begin_with_module(3333);
        do {
            if (!run(1200000, 1500, &seed)) {
                fail_msg("seed %u: not complete", (unsigned)first);
            }
            wrong += !is_file_there(3333);
            reset();
        } while (!is_file_there(3333));
        assert_only_backup_changed();
    }
    assert_in_range(wrong, 0, 20);
}

/* The device forgets everything at some moment; the module goes on where it is. */
static void test_reset_in_the_middle(void **state)
{
    (void)state;
    for (uint32_t at_ms = 100; at_ms < 7000; at_ms += 131) {
        begin_with_module(5000);
        assert_false(run(at_ms, 0, NULL));
        reset();
        assert_true(run(120000, 0, NULL));
        assert_memory_equal(ram_flash_peek(&flash, layout->backup.addr), file, 5000);
        assert_only_backup_changed();
    }
}

static void run_once(void *ctx)
{
    (void)ctx;
    assert_true(run(60000, 0, NULL));
}

/* The MCU's supply alone fails in any erase or half-word: the next recovery brings the whole
 * file. */
static void test_power_is_cut_anywhere(void **state)
{
    enum { SIZE = 600, OPERATIONS = 1 + SIZE / 2 };

    (void)state;
    for (uint32_t at = 1; at <= OPERATIONS; at++) {
        begin_with_module(SIZE);
        flash.cut_at = at;
        flash.tear = (enum ram_flash_tear)(at % RAM_FLASH_TEARS);
        flash.seed = at;
        assert_false(ram_flash_run(&flash, run_once, NULL));
        ram_flash_restart(&flash);
        reset();
        run_once(NULL);
        assert_true(is_file_there(SIZE));
        assert_only_backup_changed();
    }
    begin_with_module(SIZE);
    flash.cut_at = OPERATIONS + 1;
    assert_true(ram_flash_run(&flash, run_once, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_who_it_is),
        cmocka_unit_test(test_what_is_answered),
        cmocka_unit_test(test_offers_that_cannot_be),
        cmocka_unit_test(test_pieces_in_order_only),
        cmocka_unit_test(test_what_flash_does_not_take_is_not_acknowledged),
        cmocka_unit_test(test_bytes_that_are_no_frame),
        cmocka_unit_test(test_hostile_frames),
        cmocka_unit_test(test_file_that_was_tried),
        cmocka_unit_test(test_frame_a_byte_too_long),
        cmocka_unit_test(test_tells_nothing_of_itself),
        cmocka_unit_test(test_files_of_all_lengths),
        cmocka_unit_test(test_lost_bytes),
        cmocka_unit_test(test_reset_in_the_middle),
        cmocka_unit_test(test_power_is_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
