/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/verify.h"
#include "support/rng.h"
#include "support/receiver_fixture.h"

/* ---- callbacks ---- */

static uint16_t control(void *ctx, const struct otter_p0 *p0,
                        uint8_t out_answer[OTTER_COMMAND_MAX])
{
    struct receiver_fixture *fixture = ctx;

    fixture->controls++;
    fixture->last_action = p0->action;
    if (p0->action != OTTER_P0_READ) {
        return 0;
    }
    out_answer[0] = OTTER_P0_READ_ANSWER;
    out_answer[1] = 0xFF;
    return 2;
}

static void status(void *ctx, uint16_t value)
{
    ((struct receiver_fixture *)ctx)->status = value;
}

static void answer(void *ctx, const struct otter_frame *frame)
{
    struct receiver_fixture *fixture = ctx;

    fixture->answers++;
    fixture->last_answer = frame->cmd;
}

static void gave_up(void *ctx, uint8_t cmd)
{
    struct receiver_fixture *fixture = ctx;

    fixture->gave_ups++;
    fixture->last_gave_up = cmd;
}

static void restart(void *ctx)
{
    struct receiver_fixture *fixture = ctx;

    assert_true(otter_link_is_drained(&fixture->device.link));
    fixture->restarts++;
}

/* ---- set up ---- */

void fixture_update_offer(struct receiver_fixture *fixture)
{
    struct otter_md5 md5;

    otter_md5_init(&md5);
    otter_md5_update(&md5, fixture->image, fixture->image_size);
    otter_md5_final(&md5, fixture->md5);
    fixture->offer.file_size = fixture->image_size;
    for (size_t i = 0; i < 16; i++) {
        char hex[3];

        /* Mixed case on purpose: READY must repeat it letter by letter. */
        snprintf(hex, sizeof(hex), i % 2 != 0 ? "%02x" : "%02X", fixture->md5[i]);
        memcpy(fixture->offer.md5_hex + 2 * i, hex, 2);
    }
}

void fixture_init(struct receiver_fixture *fixture, uint32_t size, uint64_t seed)
{
    static const struct otter_info info = {.protocol = "0000000", .has_attr = true};

    assert_true(size <= sizeof(fixture->image));
    memset(fixture, 0, sizeof(*fixture));
    ram_flash_init(&fixture->flash);
    fixture->layout = ram_flash_layout;
    fixture->info = info;
    fixture->receiver_config.port = &fixture->flash.port;
    fixture->receiver_config.layout = &fixture->layout;
    fixture->receiver_config.resume = &fixture->resume;
    fixture->receiver_config.piece_max = 1024;
    fixture->receiver_config.check_image = true;
    memcpy(fixture->receiver_config.hardware, "03010100", 8);
    fixture->config.info = &fixture->info;
    fixture->config.receiver = &fixture->receiver_config;
    fixture->config.ctx = fixture;
    fixture->config.control = control;
    fixture->config.status = status;
    fixture->config.answer = answer;
    fixture->config.gave_up = gave_up;
    fixture->config.restart = restart;
    fixture->now_ms = 0xFFFFF000; /* the clock wraps after 4 s of every test */
    rng_fill(&seed, fixture->image, size);
    rng_fill(&seed, (uint8_t *)&fixture->resume,
             sizeof(fixture->resume)); /* RAM after power-on */
    if (size >= 8) {
        otter_put_le32(fixture->image, fixture->layout.ram.addr + fixture->layout.ram.size);
        otter_put_le32(fixture->image + 4, fixture->layout.app.addr + 9);
    }
    fixture->image_size = size;
    fixture_update_offer(fixture);
    fixture_boot(fixture);
}

void fixture_boot(struct receiver_fixture *fixture)
{
    otter_device_init(&fixture->device, &fixture->config, fixture->now_ms);
    otter_frame_decoder_init(&fixture->decoder, fixture->body, sizeof(fixture->body),
                             OTTER_FRAME_STRICT);
    fixture->sent_count = fixture->sent_at = 0;
}

/* ---- the line ---- */

static void collect(struct receiver_fixture *fixture)
{
    uint8_t bytes[37]; /* an odd size: frames are split */
    size_t len;

    while (!fixture->hold &&
           (len = otter_device_take(&fixture->device, bytes, sizeof(bytes))) != 0) {
        size_t from = 0, consumed;
        struct otter_frame frame;

        for (; from < len; from += consumed) {
            int got = otter_frame_decode(&fixture->decoder, bytes + from, len - from, &consumed,
                                         &frame);
            struct fixture_frame *sent = &fixture->sent[fixture->sent_count];

            assert_true(got >= 0);
            if (got == 0) {
                continue;
            }
            assert_in_range(fixture->sent_count, 0, FIXTURE_SENT_MAX - 1);
            assert_in_range(frame.payload_len, 0, sizeof(sent->payload));
            *sent = (struct fixture_frame){.cmd = frame.cmd,
                                           .sn = frame.sn,
                                           .flags = frame.flags,
                                           .payload_len = frame.payload_len};
            memcpy(sent->payload, frame.payload, frame.payload_len);
            fixture->sent_count++;
        }
    }
}

static void transmit(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn, uint16_t flags,
                     const uint8_t payload[], uint16_t payload_len, bool bad_checksum)
{
    static uint8_t bytes[2 * 2100];
    const struct otter_frame frame = {cmd, sn, flags, payload, payload_len};
    int len = otter_frame_encode(&frame, true, bytes, sizeof(bytes));

    assert_true(len > 0);
    if (bad_checksum) {
        bytes[len - 1] ^= 0x01;
    }
    otter_device_receive(&fixture->device, bytes, (size_t)len, fixture->now_ms);
    collect(fixture);
}

void fixture_module(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn, uint16_t flags,
                    const uint8_t payload[], uint16_t payload_len)
{
    transmit(fixture, cmd, sn, flags, payload, payload_len, false);
}

void fixture_bad_checksum(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn)
{
    transmit(fixture, cmd, sn, 0, NULL, 0, true);
}

void fixture_offer(struct receiver_fixture *fixture)
{
    uint8_t payload[OTTER_OFFER_SIZE];
    int len = otter_put_offer(&fixture->offer, payload, sizeof(payload));

    assert_int_equal(len, OTTER_OFFER_SIZE);
    fixture_module(fixture, OTTER_CMD_OFFER, fixture->module_sn++, 0, payload, (uint16_t)len);
}

uint16_t fixture_piece_count(const struct receiver_fixture *fixture)
{
    return (uint16_t)((fixture->image_size + fixture->piece_len - 1) / fixture->piece_len);
}

void fixture_piece(struct receiver_fixture *fixture, uint16_t number, uint8_t sn)
{
    static uint8_t payload[OTTER_PIECE_MAX + OTTER_PIECE_HEAD];
    uint32_t off = (uint32_t)(number - 1) * fixture->piece_len;
    uint32_t left = fixture->image_size - off;
    struct otter_piece piece = {
        .number = number,
        .count = fixture_piece_count(fixture),
        .data = fixture->image + off,
        .data_len = (uint16_t)(left < fixture->piece_len ? left : fixture->piece_len)};
    int len = otter_put_piece(&piece, payload, sizeof(payload));

    assert_true(len > 0 && off < fixture->image_size);
    fixture_module(fixture, OTTER_CMD_PIECE, sn, 0, payload, (uint16_t)len);
}

void fixture_poll(struct receiver_fixture *fixture)
{
    otter_device_poll(&fixture->device, fixture->now_ms);
    collect(fixture);
}

void fixture_run(struct receiver_fixture *fixture, uint32_t ms)
{
    for (uint32_t done = 0; done < ms; done += 10) {
        fixture->now_ms += 10;
        fixture_poll(fixture);
    }
}

/* ---- expectations ---- */

const struct fixture_frame *fixture_expect(struct receiver_fixture *fixture, uint8_t cmd)
{
    const struct fixture_frame *frame = &fixture->sent[fixture->sent_at];

    if (fixture->sent_at == fixture->sent_count) {
        fail_msg("at %u ms: 0x%02X expected, nothing was sent (state %d, result %d)",
                 (unsigned)fixture->now_ms, cmd, (int)fixture->device.receiver.transfer.state,
                 (int)fixture->device.receiver.transfer.result);
    }
    if (frame->cmd != cmd) {
        fail_msg("at %u ms: 0x%02X expected, 0x%02X sn %u was sent (state %d, result %d)",
                 (unsigned)fixture->now_ms, cmd, frame->cmd, frame->sn,
                 (int)fixture->device.receiver.transfer.state,
                 (int)fixture->device.receiver.transfer.result);
    }
    if (++fixture->sent_at == fixture->sent_count) {
        static struct fixture_frame last; /* the list starts anew */

        last = *frame;
        fixture->sent_at = fixture->sent_count = 0;
        return &last;
    }
    return frame;
}

void fixture_expect_nothing(struct receiver_fixture *fixture)
{
    if (fixture->sent_at != fixture->sent_count) {
        fail_msg("at %u ms: 0x%02X sn %u was sent, nothing was expected (state %d, result %d)",
                 (unsigned)fixture->now_ms, fixture->sent[fixture->sent_at].cmd,
                 fixture->sent[fixture->sent_at].sn,
                 (int)fixture->device.receiver.transfer.state,
                 (int)fixture->device.receiver.transfer.result);
    }
}

void fixture_expect_ack(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn)
{
    const struct fixture_frame *frame = fixture_expect(fixture, cmd);

    assert_int_equal(frame->sn, sn);
    assert_int_equal(frame->payload_len, 0);
}

/* 200 ms of silence, and not less. */
static void wait_out_pause(struct receiver_fixture *fixture)
{
    if (fixture->device.receiver.transfer.state == OTTER_TRANSFER_PAUSE) {
        fixture_run(fixture, OTTER_READY_PAUSE_MS - 10);
        fixture_expect_nothing(fixture);
        fixture_run(fixture, 10);
    }
}

uint16_t fixture_expect_ready(struct receiver_fixture *fixture)
{
    const struct fixture_frame *frame;

    struct otter_frame wire;
    struct otter_ready ready;

    wait_out_pause(fixture);
    frame = fixture_expect(fixture, OTTER_CMD_READY);
    wire = (struct otter_frame){frame->cmd, frame->sn, frame->flags, frame->payload,
                                frame->payload_len};
    assert_int_equal(otter_get_ready(&wire, &ready), 0);
    assert_int_equal(frame->flags, 0);
    assert_memory_equal(ready.md5_hex, fixture->offer.md5_hex, sizeof(ready.md5_hex));
    fixture->piece_len = ready.piece_len;
    fixture_module(fixture, OTTER_CMD_READY_ACK, frame->sn, 0, NULL, 0);
    return ready.piece_len;
}

void fixture_begin(struct receiver_fixture *fixture)
{
    fixture_offer(fixture);
    fixture_poll(fixture);
    fixture_expect_ack(fixture, OTTER_CMD_OFFER_ACK, (uint8_t)(fixture->module_sn - 1));
    fixture_expect_ready(fixture);
    fixture_expect_nothing(fixture);
}

void fixture_pieces(struct receiver_fixture *fixture, uint16_t from, uint16_t to)
{
    for (uint16_t number = from; number <= to; number++) {
        uint8_t sn = fixture->module_sn++;

        fixture_piece(fixture, number, sn);
        fixture_run(fixture, 100);
        fixture_expect_ack(fixture, OTTER_CMD_PIECE_ACK, sn);
        fixture_expect_nothing(fixture);
    }
}

bool fixture_is_announced(const struct receiver_fixture *fixture)
{
    struct otter_journal journal;
    struct otter_flag flag;
    bool announced;

    otter_journal_read(&fixture->flash.port, &fixture->layout, &journal);
    if (journal.kind != OTTER_JOURNAL_NONE) {
        announced = journal.request_size == fixture->image_size;
    } else {
        announced = otter_flag_read(&fixture->flash.port, &fixture->layout, &flag) == 0 &&
                    flag.image_size == fixture->image_size &&
                    memcmp(flag.md5, fixture->md5, 16) == 0;
    }
    return announced && memcmp(ram_flash_peek(&fixture->flash, fixture->layout.backup.addr),
                               fixture->image, fixture->image_size) == 0;
}

enum otter_startup_target fixture_bootloader(struct receiver_fixture *fixture)
{
    const struct otter_verifier verifier = {
        .port = &fixture->flash.port,
        .layout = &fixture->layout,
        .hardware = (const char *)fixture->receiver_config.hardware};
    struct otter_startup startup = {.port = &fixture->flash.port,
                                    .layout = &fixture->layout,
                                    .verify = otter_verify_unsigned,
                                    .verify_ctx = &verifier};

    return otter_startup_run(&startup, &otter_flag_functions);
}

void fixture_complete(struct receiver_fixture *fixture)
{
    unsigned restarts = fixture->restarts;

    fixture_pieces(fixture, 1, fixture_piece_count(fixture));
    assert_int_equal(fixture->device.receiver.transfer.state, OTTER_TRANSFER_FINISHED);
    assert_int_equal(fixture->device.receiver.transfer.result, OTTER_RESULT_FINISHED);
    assert_int_equal(fixture->restarts, restarts + 1);
    assert_true(fixture_is_announced(fixture));
    if (fixture->image_size % 2 != 0) { /* the padding */
        assert_int_equal(
            *ram_flash_peek(&fixture->flash, fixture->layout.backup.addr + fixture->image_size),
            0xFF);
    }
    assert_int_equal(fixture->flash.refused, 0);
}

uint32_t fixture_wait_for_ready(struct receiver_fixture *fixture, uint32_t limit)
{
    uint32_t from = fixture->now_ms;

    while (fixture->sent_count == 0 && fixture->now_ms - from < limit) {
        fixture_run(fixture, 10);
    }
    fixture->piece_len =
        (uint16_t)((fixture->sent[0].payload[34] << 8) | fixture->sent[0].payload[35]);
    fixture_expect(fixture, OTTER_CMD_READY);
    fixture_expect_nothing(fixture);
    return fixture->now_ms - from;
}
