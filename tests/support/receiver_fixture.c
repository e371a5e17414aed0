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
    struct rig *rig = ctx;

    rig->controls++;
    rig->last_action = p0->action;
    if (p0->action != OTTER_P0_READ) {
        return 0;
    }
    out_answer[0] = OTTER_P0_READ_ANSWER;
    out_answer[1] = 0xFF;
    return 2;
}

static void status(void *ctx, uint16_t value)
{
    ((struct rig *)ctx)->status = value;
}

static void answer(void *ctx, const struct otter_frame *frame)
{
    struct rig *rig = ctx;

    rig->answers++;
    rig->last_answer = frame->cmd;
}

static void gave_up(void *ctx, uint8_t cmd)
{
    struct rig *rig = ctx;

    rig->gave_ups++;
    rig->last_gave_up = cmd;
}

static void restart(void *ctx)
{
    struct rig *rig = ctx;

    assert_true(otter_link_is_drained(&rig->device.link));
    rig->restarts++;
}

/* ---- set up ---- */

void rig_seal(struct rig *rig)
{
    struct otter_md5 md5;

    otter_md5_init(&md5);
    otter_md5_update(&md5, rig->image, rig->image_size);
    otter_md5_final(&md5, rig->md5);
    rig->offer.file_size = rig->image_size;
    for (size_t i = 0; i < 16; i++) {
        char hex[3];

        /* Mixed case on purpose: READY must repeat it letter by letter. */
        snprintf(hex, sizeof(hex), i % 2 != 0 ? "%02x" : "%02X", rig->md5[i]);
        memcpy(rig->offer.md5_hex + 2 * i, hex, 2);
    }
}

void rig_init(struct rig *rig, uint32_t size, uint64_t seed)
{
    static const struct otter_info info = {.protocol = "0000000", .has_attr = true};

    assert_true(size <= sizeof(rig->image));
    memset(rig, 0, sizeof(*rig));
    ram_flash_init(&rig->flash);
    rig->layout = ram_flash_layout;
    rig->info = info;
    rig->receiver_config.port = &rig->flash.port;
    rig->receiver_config.layout = &rig->layout;
    rig->receiver_config.resume = &rig->resume;
    rig->receiver_config.piece_max = 1024;
    rig->receiver_config.check_image = true;
    memcpy(rig->receiver_config.hardware, "03010100", 8);
    rig->config.info = &rig->info;
    rig->config.receiver = &rig->receiver_config;
    rig->config.ctx = rig;
    rig->config.control = control;
    rig->config.status = status;
    rig->config.answer = answer;
    rig->config.gave_up = gave_up;
    rig->config.restart = restart;
    rig->now_ms = 0xFFFFF000; /* the clock wraps after 4 s of every test */
    rng_fill(&seed, rig->image, size);
    rng_fill(&seed, (uint8_t *)&rig->resume, sizeof(rig->resume)); /* RAM after power-on */
    if (size >= 8) {
        otter_put_le32(rig->image, rig->layout.ram.addr + rig->layout.ram.size);
        otter_put_le32(rig->image + 4, rig->layout.app.addr + 0x101);
    }
    rig->image_size = size;
    rig_seal(rig);
    rig_boot(rig);
}

void rig_boot(struct rig *rig)
{
    otter_device_init(&rig->device, &rig->config, rig->now_ms);
    otter_frame_decoder_init(&rig->decoder, rig->body, sizeof(rig->body), OTTER_FRAME_STRICT);
    rig->sent_count = rig->sent_at = 0;
}

/* ---- the line ---- */

static void collect(struct rig *rig)
{
    uint8_t bytes[37]; /* an odd size: frames are split */
    size_t len;

    while (!rig->hold && (len = otter_device_take(&rig->device, bytes, sizeof(bytes))) != 0) {
        size_t from = 0, consumed;
        struct otter_frame frame;

        for (; from < len; from += consumed) {
            int got =
                otter_frame_decode(&rig->decoder, bytes + from, len - from, &consumed, &frame);
            struct rig_frame *sent = &rig->sent[rig->sent_count];

            assert_true(got >= 0);
            if (got == 0) {
                continue;
            }
            assert_in_range(rig->sent_count, 0, RIG_SENT_MAX - 1);
            assert_in_range(frame.payload_len, 0, sizeof(sent->payload));
            *sent = (struct rig_frame){.cmd = frame.cmd,
                                       .sn = frame.sn,
                                       .flags = frame.flags,
                                       .payload_len = frame.payload_len};
            memcpy(sent->payload, frame.payload, frame.payload_len);
            rig->sent_count++;
        }
    }
}

static void transmit(struct rig *rig, uint8_t cmd, uint8_t sn, uint16_t flags,
                     const uint8_t payload[], uint16_t payload_len, bool bad_sum)
{
    static uint8_t bytes[2 * 2100];
    const struct otter_frame frame = {cmd, sn, flags, payload, payload_len};
    int len = otter_frame_encode(&frame, true, bytes, sizeof(bytes));

    assert_true(len > 0);
    if (bad_sum) {
        bytes[len - 1] ^= 0x01;
    }
    otter_device_receive(&rig->device, bytes, (size_t)len, rig->now_ms);
    collect(rig);
}

void rig_module(struct rig *rig, uint8_t cmd, uint8_t sn, uint16_t flags,
                const uint8_t payload[], uint16_t payload_len)
{
    transmit(rig, cmd, sn, flags, payload, payload_len, false);
}

void rig_bad_sum(struct rig *rig, uint8_t cmd, uint8_t sn)
{
    transmit(rig, cmd, sn, 0, NULL, 0, true);
}

void rig_offer(struct rig *rig)
{
    uint8_t payload[OTTER_OFFER_SIZE];
    int len = otter_put_offer(&rig->offer, payload, sizeof(payload));

    assert_int_equal(len, OTTER_OFFER_SIZE);
    rig_module(rig, OTTER_CMD_OFFER, rig->module_sn++, 0, payload, (uint16_t)len);
}

uint16_t rig_piece_count(const struct rig *rig)
{
    return (uint16_t)((rig->image_size + rig->piece_len - 1) / rig->piece_len);
}

void rig_piece(struct rig *rig, uint16_t number, uint8_t sn)
{
    static uint8_t payload[OTTER_PIECE_MAX + OTTER_PIECE_HEAD];
    uint32_t off = (uint32_t)(number - 1) * rig->piece_len;
    uint32_t left = rig->image_size - off;
    struct otter_piece piece = {.number = number,
                                .count = rig_piece_count(rig),
                                .data = rig->image + off,
                                .data_len =
                                    (uint16_t)(left < rig->piece_len ? left : rig->piece_len)};
    int len = otter_put_piece(&piece, payload, sizeof(payload));

    assert_true(len > 0 && off < rig->image_size);
    rig_module(rig, OTTER_CMD_PIECE, sn, 0, payload, (uint16_t)len);
}

void rig_poll(struct rig *rig)
{
    otter_device_poll(&rig->device, rig->now_ms);
    collect(rig);
}

void rig_run(struct rig *rig, uint32_t ms)
{
    for (uint32_t done = 0; done < ms; done += 10) {
        rig->now_ms += 10;
        rig_poll(rig);
    }
}

/* ---- expectations ---- */

const struct rig_frame *rig_expect(struct rig *rig, uint8_t cmd)
{
    const struct rig_frame *frame = &rig->sent[rig->sent_at];

    if (rig->sent_at == rig->sent_count) {
        fail_msg("at %u ms: 0x%02X expected, nothing was sent (state %d, result %d)",
                 (unsigned)rig->now_ms, cmd, (int)rig->device.receiver.transfer.state,
                 (int)rig->device.receiver.transfer.result);
    }
    if (frame->cmd != cmd) {
        fail_msg("at %u ms: 0x%02X expected, 0x%02X sn %u was sent (state %d, result %d)",
                 (unsigned)rig->now_ms, cmd, frame->cmd, frame->sn,
                 (int)rig->device.receiver.transfer.state, (int)rig->device.receiver.transfer.result);
    }
    if (++rig->sent_at == rig->sent_count) {
        static struct rig_frame last; /* the list starts anew */

        last = *frame;
        rig->sent_at = rig->sent_count = 0;
        return &last;
    }
    return frame;
}

void rig_expect_nothing(struct rig *rig)
{
    if (rig->sent_at != rig->sent_count) {
        fail_msg("at %u ms: 0x%02X sn %u was sent, nothing was expected (state %d, result %d)",
                 (unsigned)rig->now_ms, rig->sent[rig->sent_at].cmd, rig->sent[rig->sent_at].sn,
                 (int)rig->device.receiver.transfer.state, (int)rig->device.receiver.transfer.result);
    }
}

void rig_expect_ack(struct rig *rig, uint8_t cmd, uint8_t sn)
{
    const struct rig_frame *frame = rig_expect(rig, cmd);

    assert_int_equal(frame->sn, sn);
    assert_int_equal(frame->payload_len, 0);
}

uint16_t rig_expect_ready(struct rig *rig)
{
    const struct rig_frame *frame = rig_expect(rig, OTTER_CMD_READY);
    const struct otter_frame wire = {frame->cmd, frame->sn, frame->flags, frame->payload,
                                     frame->payload_len};
    struct otter_ready ready;

    assert_int_equal(otter_get_ready(&wire, &ready), 0);
    assert_int_equal(frame->flags, 0);
    assert_memory_equal(ready.md5_hex, rig->offer.md5_hex, sizeof(ready.md5_hex));
    rig->piece_len = ready.piece_len;
    rig_module(rig, OTTER_CMD_READY_ACK, frame->sn, 0, NULL, 0);
    return ready.piece_len;
}

void rig_begin(struct rig *rig)
{
    rig_offer(rig);
    rig_poll(rig);
    rig_expect_ack(rig, OTTER_CMD_OFFER_ACK, (uint8_t)(rig->module_sn - 1));
    rig_expect_ready(rig);
    rig_expect_nothing(rig);
}

void rig_pieces(struct rig *rig, uint16_t from, uint16_t to)
{
    for (uint16_t number = from; number <= to; number++) {
        uint8_t sn = rig->module_sn++;

        rig_piece(rig, number, sn);
        rig_run(rig, 100);
        rig_expect_ack(rig, OTTER_CMD_PIECE_ACK, sn);
        rig_expect_nothing(rig);
    }
}

bool rig_is_announced(const struct rig *rig)
{
    struct otter_journal journal;
    struct otter_flag flag;
    bool announced;

    otter_journal_read(&rig->flash.port, &rig->layout, &journal);
    if (journal.kind != OTTER_JOURNAL_NONE) {
        announced = journal.request_size == rig->image_size;
    } else {
        announced = otter_flag_read(&rig->flash.port, &rig->layout, &flag) == 0 &&
                    flag.image_size == rig->image_size && memcmp(flag.md5, rig->md5, 16) == 0;
    }
    return announced && memcmp(ram_flash_peek(&rig->flash, rig->layout.backup.addr), rig->image,
                               rig->image_size) == 0;
}

enum otter_startup_target rig_bootloader(struct rig *rig)
{
    struct otter_verifier verifier = {.port = &rig->flash.port, .layout = &rig->layout};
    const struct otter_startup_config config = {.port = &rig->flash.port,
                                                .layout = &rig->layout,
                                                .verify = otter_verify_unsigned,
                                                .verify_ctx = &verifier};

    memcpy(verifier.hardware, rig->receiver_config.hardware, sizeof verifier.hardware);
    return otter_startup_run(&config);
}

void rig_complete(struct rig *rig)
{
    unsigned restarts = rig->restarts;

    rig_pieces(rig, 1, rig_piece_count(rig));
    assert_int_equal(rig->device.receiver.transfer.state, OTTER_TRANSFER_FINISHED);
    assert_int_equal(rig->device.receiver.transfer.result, OTTER_RESULT_FINISHED);
    assert_int_equal(rig->restarts, restarts + 1);
    assert_true(rig_is_announced(rig));
    if (rig->image_size % 2 != 0) { /* the padding */
        assert_int_equal(
            *ram_flash_peek(&rig->flash, rig->layout.backup.addr + rig->image_size), 0xFF);
    }
    assert_int_equal(rig->flash.refused, 0);
}
