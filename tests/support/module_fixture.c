/* SPDX-License-Identifier: Apache-2.0 */
#include "support/module_fixture.h"

static void on_event(void *ctx, const struct module_event *event)
{
    struct mcu *mcu = ctx;

    assert_true(mcu->event_count < EVENTS_MAX);
    mcu->events[mcu->event_count++] = event->kind;
    mcu->last[event->kind] = *event;
    module_text(event, mcu->last_text[event->kind]);
}

static int read_file(void *ctx, uint32_t off, uint8_t out[], size_t len)
{
    struct mcu *mcu = ctx;

    assert_true(off + len <= FILE_MAX);
    if (off >= mcu->unreadable_from)
        return -1;
    memcpy(out, mcu->file + off, len);
    return 0;
}

static void keep(struct mcu *mcu, const struct otter_frame *frame, const uint8_t wire[],
                 size_t wire_len)
{
    assert_true(mcu->sent_count < SENT_MAX);
    struct sent *sent = &mcu->sent[mcu->sent_count++];
    sent->ms = mcu->now_ms;
    sent->cmd = frame->cmd;
    sent->sn = frame->sn;
    sent->payload_len = frame->payload_len;
    assert_true(frame->payload_len <= sizeof sent->payload);
    memcpy(sent->payload, frame->payload, frame->payload_len);
    sent->wire_len = wire_len;
    memcpy(sent->wire, wire, wire_len < sizeof sent->wire ? wire_len : sizeof sent->wire);
}

/* Take what the module sends, and answer as told, until it is silent. */
static void listen(struct mcu *mcu)
{
    static uint8_t wire[2 * sizeof mcu->body];
    size_t len;

    while ((len = module_take(&mcu->module, wire, sizeof wire)) > 0) {
        size_t off = 0;
        size_t first = mcu->sent_count;
        while (off < len) {
            struct otter_frame frame;
            size_t consumed;
            int got =
                otter_frame_decode(&mcu->decoder, wire + off, len - off, &consumed, &frame);
            if (got == 1)
                keep(mcu, &frame, wire + off, consumed);
            else
                assert_int_equal(got, 0);
            off += consumed;
        }
        size_t end = mcu->sent_count;
        for (size_t i = first; i < end; i++) {
            const struct sent *sent = &mcu->sent[i];
            if (sent->cmd == OTTER_CMD_PIECE) {
                uint32_t number = (uint32_t)sent->payload[0] << 8 | sent->payload[1];
                size_t size = sent->payload_len - 4U;
                uint16_t piece_len = mcu->module.piece_len;
                assert_true((number - 1) * piece_len + size <= FILE_MAX);
                memcpy(mcu->got + (number - 1) * piece_len, sent->payload + 4, size);
            }
            if ((sent->cmd & 1) != 0 && mcu->answers[sent->cmd]) {
                uint8_t info[OTTER_INFO_MAX];
                int info_len = 0;
                uint16_t flags = 0;
                if (sent->cmd == OTTER_CMD_GET_INFO) {
                    info_len = otter_put_info(&mcu->info, info, sizeof info);
                    flags = otter_put_update_status(&mcu->update_status);
                }
                if (sent->cmd == OTTER_CMD_ASK_ABOUT && mcu->about != NULL)
                    info_len = otter_put_about(mcu->about, info, sizeof info);
                assert_true(info_len >= 0);
                mcu_send_sn(mcu, (uint8_t)(sent->cmd + 1), sent->sn, flags, info,
                            (size_t)info_len);
            }
        }
    }
}

void mcu_init(struct mcu *mcu, uint32_t file_size)
{
    static const char md5[] = "0123456789abcdef0123456789abcdef";

    memset(mcu, 0, sizeof *mcu);
    mcu->unreadable_from = UINT32_MAX;
    mcu->now_ms = 0xFFFFF000U; /* the clock wraps after 4 s of each test */
    for (size_t i = 0; i < FILE_MAX; i++)
        mcu->file[i] = (uint8_t)(i * 7 + i / 255); /* has many FF */
    if (file_size != 0)
        mcu->config.file =
            (struct module_file){.size = file_size, .read = read_file, .ctx = mcu};
    memcpy(mcu->config.file.md5_hex, md5, 32);
    memcpy(mcu->config.version, "03010102", 8);
    mcu->config.ctx = mcu;
    mcu->config.event = on_event;
    memset(mcu->answers, true, sizeof mcu->answers);
    memcpy(mcu->info.protocol, "00000004", 8);
    memcpy(mcu->info.p0_version, "00000002", 8);
    memcpy(mcu->info.hardware, "03010100", 8);
    memcpy(mcu->info.version, "03010101", 8);
    memcpy(mcu->info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    otter_frame_decoder_init(&mcu->decoder, mcu->body, sizeof mcu->body, OTTER_FRAME_LENIENT);
    module_init(&mcu->module, &mcu->config, mcu->now_ms);
}

void mcu_wait(struct mcu *mcu, uint32_t ms)
{
    uint32_t end_ms = mcu->now_ms + ms;

    listen(mcu);
    for (;;) {
        uint32_t next_ms = module_next_ms(&mcu->module, mcu->now_ms);
        if (next_ms > end_ms - mcu->now_ms)
            break;
        mcu->now_ms += next_ms;
        module_poll(&mcu->module, mcu->now_ms);
        listen(mcu);
        /* A module that asks to be polled again at once for ever would hang here. */
        if (next_ms == 0 && module_next_ms(&mcu->module, mcu->now_ms) == 0) {
            module_poll(&mcu->module, mcu->now_ms);
            listen(mcu);
            if (module_next_ms(&mcu->module, mcu->now_ms) == 0)
                fail_msg("module_next_ms() stays 0 at %u ms", mcu->now_ms);
        }
    }
    mcu->now_ms = end_ms;
    module_poll(&mcu->module, mcu->now_ms);
    listen(mcu);
}

void mcu_send_raw(struct mcu *mcu, const void *bytes, size_t len)
{
    module_receive(&mcu->module, bytes, len, mcu->now_ms);
}

void mcu_send_sn(struct mcu *mcu, uint8_t cmd, uint8_t sn, uint16_t flags, const void *payload,
                 size_t payload_len)
{
    uint8_t wire[4096];
    struct otter_frame frame = {.cmd = cmd,
                                .sn = sn,
                                .flags = flags,
                                .payload = payload,
                                .payload_len = (uint16_t)payload_len};
    int len = otter_frame_encode(&frame, true, wire, sizeof wire);
    assert_true(len > 0);
    mcu_send_raw(mcu, wire, (size_t)len);
}

void mcu_send(struct mcu *mcu, uint8_t cmd, const void *payload, size_t payload_len)
{
    mcu_send_sn(mcu, cmd, mcu->next_sn++, 0, payload, payload_len);
    listen(mcu);
}

void mcu_ready(struct mcu *mcu, uint16_t piece_len)
{
    struct otter_ready ready = {.piece_len = piece_len};
    uint8_t payload[OTTER_READY_SIZE];

    memcpy(ready.md5_hex, mcu->config.file.md5_hex, 32);
    int len = otter_put_ready(&ready, payload, sizeof payload);
    assert_int_equal(len, OTTER_READY_SIZE);
    mcu_send(mcu, OTTER_CMD_READY, payload, (size_t)len);
}

void mcu_ack(struct mcu *mcu)
{
    const struct sent *sent = mcu_last(mcu);
    mcu_send_sn(mcu, (uint8_t)(sent->cmd + 1), sent->sn, 0, NULL, 0);
    listen(mcu);
}

size_t mcu_count(const struct mcu *mcu, uint8_t cmd)
{
    size_t count = 0;
    for (size_t i = 0; i < mcu->sent_count; i++)
        count += mcu->sent[i].cmd == cmd;
    return count;
}

const struct sent *mcu_nth(const struct mcu *mcu, uint8_t cmd, size_t nth)
{
    for (size_t i = 0; i < mcu->sent_count; i++)
        if (mcu->sent[i].cmd == cmd && nth-- == 0)
            return &mcu->sent[i];
    fail_msg("the module did not send 0x%02X so often", cmd);
    return NULL;
}

const struct sent *mcu_last(const struct mcu *mcu)
{
    assert_true(mcu->sent_count > 0);
    return &mcu->sent[mcu->sent_count - 1];
}

bool mcu_had(const struct mcu *mcu, enum module_event_kind kind)
{
    for (size_t i = 0; i < mcu->event_count; i++)
        if (mcu->events[i] == kind)
            return true;
    return false;
}

void mcu_forget(struct mcu *mcu)
{
    mcu->sent_count = 0;
    mcu->event_count = 0;
}

void mcu_run_to_offer(struct mcu *mcu)
{
    mcu_wait(mcu, MODULE_T_OFFER_MS + 10);
    assert_int_equal(mcu_last(mcu)->cmd, OTTER_CMD_OFFER);
    assert_true(mcu_had(mcu, MODULE_EVENT_OFFERED));
}
