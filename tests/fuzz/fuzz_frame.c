/* SPDX-License-Identifier: Apache-2.0 */
/* The frame decoder: in both modes the same bytes give the same frames however they are split,
 * and a good frame survives being encoded and decoded again. */
#include "otter/frame.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const struct otter_frame *frame, uint16_t body_max)
{
    size_t max = 2 * (size_t)(frame->payload_len + 7) + 2, consumed = 0;
    uint8_t *wire = malloc(max), *body = malloc(body_max);
    struct otter_frame_decoder decoder;
    struct otter_frame back;

    FUZZ_CHECK(wire != NULL && body != NULL);
    int len = otter_frame_encode(frame, true, wire, max);
    FUZZ_CHECK(len > 0 && (size_t)len <= max);
    otter_frame_decoder_init(&decoder, body, body_max, OTTER_FRAME_STRICT);
    FUZZ_CHECK(otter_frame_decode(&decoder, wire, (size_t)len, &consumed, &back) == 1);
    FUZZ_CHECK(consumed == (size_t)len && back.cmd == frame->cmd && back.sn == frame->sn &&
               back.flags == frame->flags && back.payload_len == frame->payload_len);
    FUZZ_CHECK(memcmp(back.payload, frame->payload, back.payload_len) == 0);
    free(wire);
    free(body);
}

/* Decode everything in parts of at most `step` bytes. Returns a number that tells the
 * frames. */
static uint64_t decode(const uint8_t bytes[], size_t len, enum otter_frame_mode mode,
                       uint16_t body_max, size_t step)
{
    uint8_t *body = malloc(body_max != 0 ? body_max : 1);
    struct otter_frame_decoder decoder;
    uint64_t told = 0;

    FUZZ_CHECK(body != NULL);
    otter_frame_decoder_init(&decoder, body, body_max, mode);
    for (size_t at = 0; at < len;) {
        struct otter_frame frame;
        size_t consumed = 0, part = len - at < step ? len - at : step;
        int got = otter_frame_decode(&decoder, bytes + at, part, &consumed, &frame);

        FUZZ_CHECK(consumed > 0 && consumed <= part);
        FUZZ_CHECK(got == 1 || got == 0 || got == OTTER_ERR_CHECKSUM);
        at += consumed;
        if (got == 0) {
            FUZZ_CHECK(consumed == part);
            continue;
        }
        FUZZ_CHECK(frame.payload_len + 7 <= body_max);
        told = told * 1099511628211u + at * 2 + (got == 1);
        for (unsigned i = 0; i < frame.payload_len; i++) {
            told = told * 31 + frame.payload[i];
        }
        if (got == 1) {
            check_again(&frame, body_max);
        }
    }
    free(body);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    enum otter_frame_mode mode =
        (fuzz_u8(&input) & 1) != 0 ? OTTER_FRAME_STRICT : OTTER_FRAME_LENIENT;
    uint16_t body_max = (uint16_t)(fuzz_u16(&input) % 1100);
    size_t step = 1 + (size_t)fuzz_u8(&input);
    uint64_t whole = decode(input.bytes, input.len, mode, body_max, input.len + 1);

    FUZZ_CHECK(decode(input.bytes, input.len, mode, body_max, step) == whole);
    FUZZ_CHECK(decode(input.bytes, input.len, mode, body_max, 1) == whole);
    return 0;
}
