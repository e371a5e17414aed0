/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/link.h"
#include <string.h>

const struct otter_retry otter_retry_command = {.timeout_ms = 200, .sends = 3};
const struct otter_retry otter_retry_piece = {.timeout_ms = 3000, .sends = 3};

void otter_link_init(struct otter_link *link, const struct otter_link_config *config)
{
    memset(link, 0, sizeof *link);
    link->config = config;
    otter_frame_decoder_init(&link->decoder, config->rx_body, config->rx_body_max,
                             config->rx_mode);
}

/* Where the next bytes to send go, and how many fit. The queue is kept in one piece, so that
 * frames are encoded straight into it; what was not taken yet moves to the front. */
static uint8_t *tx_free(struct otter_link *link, size_t *out_max)
{
    uint8_t *tx = link->config->tx;

    if (link->tx_head != 0) {
        memmove(tx, tx + link->tx_head, link->tx_len);
        link->tx_head = 0;
    }
    *out_max = (size_t)link->config->tx_max - link->tx_len;
    return tx + link->tx_len;
}

/* Queue a frame, all of it or nothing. */
static int queue_frame(struct otter_link *link, const struct otter_frame *frame, bool escape)
{
    size_t max;
    uint8_t *tx = tx_free(link, &max);
    int len = otter_frame_encode(frame, escape, tx, max);

    if (len < 0) {
        return len;
    }
    link->tx_len = (uint16_t)(link->tx_len + len);
    return 0;
}

/* Queue the wire bytes of the kept command. */
static int queue_command(struct otter_link *link)
{
    size_t max;
    uint8_t *tx = tx_free(link, &max);

    if (link->command_len > max) {
        return OTTER_ERR_SPACE;
    }
    memcpy(tx, link->config->command, link->command_len);
    link->tx_len = (uint16_t)(link->tx_len + link->command_len);
    return 0;
}

/* The answer to a command has its code plus 1, so commands are odd and answers even. 0x11 comes
 * as a request nobody answers and 0x12 as a stray answer: what they are told to be in
 * link.h. */
enum otter_link_event otter_link_receive(struct otter_link *link, const uint8_t in[],
                                         size_t in_len, size_t *out_consumed,
                                         struct otter_frame *out_frame)
{
    int got = otter_frame_decode(&link->decoder, in, in_len, out_consumed, out_frame);

    if (got == 0) {
        return OTTER_LINK_NONE;
    }
    if (got < 0) {
        return OTTER_LINK_BAD_CHECKSUM;
    }
    if ((out_frame->cmd & 1U) != 0) {
        return OTTER_LINK_REQUEST;
    }
    if (!link->waiting || out_frame->sn != link->command_sn ||
        out_frame->cmd != (uint8_t)(link->command_cmd + 1U)) {
        return OTTER_LINK_STRAY;
    }
    link->waiting = false;
    return OTTER_LINK_ANSWER;
}

enum otter_link_event otter_link_poll(struct otter_link *link, uint32_t now_ms,
                                      struct otter_frame *out_frame)
{
    if (otter_link_next_ms(link, now_ms) != 0) {
        return OTTER_LINK_NONE;
    }
    if (link->sends_left != 0) {
        /* No room counts as sent and lost, so that a stuck sender ends in GAVE_UP, too. */
        (void)queue_command(link);
        link->sends_left--;
        link->sent_ms = now_ms;
        return OTTER_LINK_NONE;
    }
    link->waiting = false;
    memset(out_frame, 0, sizeof *out_frame);
    out_frame->cmd = link->command_cmd;
    out_frame->sn = link->command_sn;
    return OTTER_LINK_GAVE_UP;
}

uint32_t otter_link_next_ms(const struct otter_link *link, uint32_t now_ms)
{
    uint32_t elapsed_ms = now_ms - link->sent_ms; /* right across the wrap of the clock */

    if (!link->waiting) {
        return UINT32_MAX;
    }
    return elapsed_ms >= link->retry.timeout_ms ? 0 : link->retry.timeout_ms - elapsed_ms;
}

int otter_link_command(struct otter_link *link, uint8_t cmd, uint16_t flags,
                       const uint8_t payload[], uint16_t payload_len,
                       const struct otter_retry *retry, uint32_t now_ms)
{
    struct otter_frame frame = {.cmd = cmd,
                                .sn = link->next_sn,
                                .flags = flags,
                                .payload = payload,
                                .payload_len = payload_len};
    int len;

    if (link->waiting) {
        return OTTER_ERR_BUSY;
    }
    len = otter_frame_encode(&frame, true, link->config->command, link->config->command_max);
    if (len < 0) {
        return len;
    }
    link->command_len = (uint16_t)len;
    len = queue_command(link);
    if (len < 0) {
        return len;
    }
    link->command_cmd = cmd;
    link->command_sn = link->next_sn++;
    link->retry = *retry;
    link->sends_left = retry->sends != 0 ? (uint8_t)(retry->sends - 1U) : 0;
    link->sent_ms = now_ms;
    link->waiting = true;
    return 0;
}

bool otter_link_is_busy(const struct otter_link *link)
{
    return link->waiting;
}

bool otter_link_awaits(const struct otter_link *link, uint8_t cmd)
{
    return link->waiting && link->command_cmd == cmd;
}

void otter_link_drop(struct otter_link *link)
{
    link->waiting = false;
}

int otter_link_answer_flags(struct otter_link *link, const struct otter_frame *request,
                            uint16_t flags, const uint8_t payload[], uint16_t payload_len)
{
    struct otter_frame frame = {.cmd = (uint8_t)(request->cmd + 1U),
                                .sn = request->sn,
                                .flags = flags,
                                .payload = payload,
                                .payload_len = payload_len};

    return queue_frame(link, &frame, payload_len != 0 || !link->config->raw_acks);
}

int otter_link_answer(struct otter_link *link, const struct otter_frame *request,
                      const uint8_t payload[], uint16_t payload_len)
{
    return otter_link_answer_flags(link, request, 0, payload, payload_len);
}

int otter_link_notify(struct otter_link *link, uint8_t cmd, uint8_t sn, const uint8_t payload[],
                      uint16_t payload_len)
{
    struct otter_frame frame = {
        .cmd = cmd, .sn = sn, .payload = payload, .payload_len = payload_len};

    return queue_frame(link, &frame, true);
}

size_t otter_link_take(struct otter_link *link, uint8_t out[], size_t out_max)
{
    size_t len = out_max < link->tx_len ? out_max : link->tx_len;

    memcpy(out, link->config->tx + link->tx_head, len);
    link->tx_head = (uint16_t)(link->tx_head + len);
    link->tx_len = (uint16_t)(link->tx_len - len);
    return len;
}

bool otter_link_is_drained(const struct otter_link *link)
{
    return link->tx_len == 0;
}
