/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/frame.h"
#include "otter/bytes.h"

enum {
    HEAD_BYTE = 0xFF,
    ESCAPE_BYTE = 0x55, /* follows every FF that is data */
};

/* Offsets in a decoder's body: the frame without its head. */
enum { BODY_CMD = 2, BODY_SN = 3, BODY_FLAGS = 4, BODY_PAYLOAD = 6, BODY_OVERHEAD = 7 };

enum state {
    STATE_HUNT,    /* outside a frame */
    STATE_HUNT_FF, /* outside a frame, after one FF */
    STATE_BODY,    /* after a head */
    STATE_BODY_FF, /* in a frame, after an FF whose meaning the next byte decides */
};

void otter_frame_decoder_init(struct otter_frame_decoder *decoder, uint8_t body[],
                              uint16_t body_max, enum otter_frame_mode mode)
{
    decoder->body = body;
    decoder->body_max = body_max;
    decoder->body_len = 0;
    decoder->need = 0;
    decoder->state = STATE_HUNT;
    decoder->mode = (uint8_t)mode;
}

static void begin_body(struct otter_frame_decoder *decoder)
{
    decoder->state = STATE_BODY;
    decoder->body_len = 0;
    decoder->need = 0;
}

/* Append one unescaped byte. Returns true when the frame is complete. */
static bool append(struct otter_frame_decoder *decoder, uint8_t byte)
{
    decoder->state = STATE_BODY;
    if (decoder->body_max < BODY_OVERHEAD) { /* no frame fits, not even its len might */
        decoder->state = STATE_HUNT;
        return false;
    }
    decoder->body[decoder->body_len++] = byte;
    if (decoder->body_len == BODY_CMD) {
        unsigned len = otter_get_be16(decoder->body);

        if (len < OTTER_FRAME_LEN_MIN || len > decoder->body_max - 2U) {
            decoder->state = STATE_HUNT;
        }
        decoder->need = (uint16_t)(len + 2U);
        return false;
    }
    return decoder->body_len == decoder->need;
}

/* Take one byte of the wire. Returns true when the frame is complete. */
static bool take(struct otter_frame_decoder *decoder, uint8_t byte)
{
    if (decoder->state == STATE_BODY_FF) {
        if (byte == HEAD_BYTE) { /* FF FF: a new frame begins, the old one is lost */
            begin_body(decoder);
            return false;
        }
        if (byte == ESCAPE_BYTE) {
            return append(decoder, HEAD_BYTE);
        }
        if (decoder->body_len == 0) { /* trap 3: one more FF between head and len */
            decoder->state = STATE_BODY;
        } else if (decoder->mode == OTTER_FRAME_STRICT) { /* trap 2 */
            decoder->state = STATE_HUNT;
        } else { /* trap 1: the FF was data. It cannot complete the frame: see below */
            (void)append(decoder, HEAD_BYTE);
        }
    }
    if (decoder->state == STATE_BODY) {
        if (byte != HEAD_BYTE) {
            return append(decoder, byte);
        }
        if (decoder->mode == OTTER_FRAME_LENIENT && decoder->need != 0 &&
            decoder->body_len + 1U == decoder->need) {
            /* trap 1: a bare FF as checksum completes the frame */
            return append(decoder, byte);
        }
        decoder->state = STATE_BODY_FF;
        return false;
    }
    if (byte != HEAD_BYTE) {
        decoder->state = STATE_HUNT;
    } else if (decoder->state == STATE_HUNT_FF) {
        begin_body(decoder);
    } else {
        decoder->state = STATE_HUNT_FF;
    }
    return false;
}

int otter_frame_decode(struct otter_frame_decoder *decoder, const uint8_t in[], size_t in_len,
                       size_t *out_consumed, struct otter_frame *out_frame)
{
    for (size_t i = 0; i < in_len; i++) {
        const uint8_t *body = decoder->body;
        uint8_t checksum = 0;

        if (!take(decoder, in[i])) {
            continue;
        }
        /* After a bare FF as checksum its 55 may follow, which is noise then. Or that FF was
         * the first byte of a head, because the end of this frame was lost: the state remembers
         * it. */
        decoder->state = in[i] == HEAD_BYTE ? STATE_HUNT_FF : STATE_HUNT;
        for (uint16_t k = 0; k + 1U < decoder->need; k++) {
            checksum = (uint8_t)(checksum + body[k]);
        }
        out_frame->cmd = body[BODY_CMD];
        out_frame->sn = body[BODY_SN];
        out_frame->flags = otter_get_be16(body + BODY_FLAGS);
        out_frame->payload = body + BODY_PAYLOAD;
        out_frame->payload_len = (uint16_t)(decoder->need - BODY_OVERHEAD);
        *out_consumed = i + 1;
        return checksum == body[decoder->need - 1U] ? 1 : OTTER_ERR_CHECKSUM;
    }
    *out_consumed = in_len;
    return 0;
}

int otter_frame_encode(const struct otter_frame *frame, bool escape, uint8_t out[],
                       size_t out_max)
{
    uint8_t fixed[BODY_PAYLOAD];
    uint32_t body_len = (uint32_t)frame->payload_len + BODY_OVERHEAD;
    uint8_t checksum = 0;
    size_t used = 2;

    if (body_len - 2U > UINT16_MAX) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < 2) {
        return OTTER_ERR_SPACE;
    }
    out[0] = HEAD_BYTE;
    out[1] = HEAD_BYTE;
    otter_put_be16(fixed, (uint16_t)(body_len - 2U));
    fixed[BODY_CMD] = frame->cmd;
    fixed[BODY_SN] = frame->sn;
    otter_put_be16(fixed + BODY_FLAGS, frame->flags);
    for (uint32_t i = 0; i < body_len; i++) {
        uint8_t byte = checksum;

        if (i < BODY_PAYLOAD) {
            byte = fixed[i];
        } else if (i < body_len - 1U) {
            byte = frame->payload[i - BODY_PAYLOAD];
        }
        checksum = (uint8_t)(checksum + byte);
        if (out_max - used < 2 && (out_max == used || (escape && byte == HEAD_BYTE))) {
            return OTTER_ERR_SPACE;
        }
        out[used++] = byte;
        if (escape && byte == HEAD_BYTE) {
            out[used++] = ESCAPE_BYTE;
        }
    }
    return (int)used;
}
