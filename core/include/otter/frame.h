/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_FRAME_H
#define OTTER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frames of the Gizwits serial protocol: bytes <-> frames, in both directions.
 *
 *    FF FF | len 2 | cmd 1 | sn 1 | flags 2 | payload n | checksum 1    len = n + 5, big-endian
 *
 * On the wire every FF after the head, the checksum included, is followed by 55; neither len
 * nor the checksum counts that 55. checksum = sum of all bytes from len to the end of the
 * payload, modulo 256.
 *
 * Pure code, no state but the decoder's; any context. About 520 bytes of ROM.
 * Source: Gizwits serial protocol 4.0.4, chapter 3; docs/protocol.md chapter 1 with the three
 * interop traps of deployed modules.
 */
enum {
    OTTER_FRAME_OVERHEAD = 9, /* head 2, len 2, cmd 1, sn 1, flags 2, checksum 1 */
    OTTER_FRAME_LEN_MIN = 5,  /* the len field of a frame without payload */
};

/* One frame. `payload` points into whatever buffer it was decoded from. */
struct otter_frame {
    uint8_t cmd;
    uint8_t sn;
    uint16_t flags; /* 0 but for big data; an ACK's flags mean nothing */
    const uint8_t *payload;
    uint16_t payload_len;
};

/* What a bare FF inside a frame (not followed by 55 or FF) means. */
enum otter_frame_mode {
    /* The byte FF. A frame ends with its last byte; a 55 after it is swallowed. A device must
     * decode this way, because modules send simple ACKs without escapes. */
    OTTER_FRAME_LENIENT,
    /* The frame is broken off, and a checksum of FF is complete only with its 55. Deployed
     * modules decode this way; ours does so to show what they would not understand. */
    OTTER_FRAME_STRICT,
};

/* Decoder state. Initialise with otter_frame_decoder_init(); members are private. */
struct otter_frame_decoder {
    uint8_t *body;     /* len 2 .. checksum 1, unescaped */
    uint16_t body_max; /* capacity of `body` */
    uint16_t body_len; /* bytes collected so far */
    uint16_t need;     /* bytes the frame will have; 0 = len not complete yet */
    uint8_t state;
    uint8_t mode;
};

/* Start decoding into the caller's `body[body_max]`, which lives as long as the decoder. The
 * largest frame accepted has body_max - 7 bytes of payload; longer ones are skipped like noise.
 */
void otter_frame_decoder_init(struct otter_frame_decoder *decoder, uint8_t body[],
                              uint16_t body_max, enum otter_frame_mode mode);

/* Take bytes from `in[in_len]` until one frame is complete or the input is used up.
 *
 * Input may be split anywhere. A new head FF FF inside a frame drops that frame and starts the
 * new one; garbage before a head and extra FF after it are skipped; a len below 5 or beyond
 * the buffer sends the decoder hunting for the next head.
 *
 * Returns 1: *out_frame is valid until the next call with this decoder.
 *         0: all input used, nothing complete.
 *         OTTER_ERR_CHECKSUM: a whole frame with a wrong checksum; *out_frame is filled (cmd
 *         and sn are what the illegal-message reply quotes, and may be garbled themselves).
 * In every case *out_consumed says how many bytes were taken; call again with the remainder.
 */
OTTER_MUST_CHECK int otter_frame_decode(struct otter_frame_decoder *decoder, const uint8_t in[],
                                        size_t in_len, size_t *out_consumed,
                                        struct otter_frame *out_frame);

/* Write `frame` as wire bytes into out[out_max].
 *
 * `escape` = true for everything a device sends. Modules send simple ACKs with false.
 * Returns the number of bytes (at most 2 * (payload_len + 7) + 2), or OTTER_ERR_SPACE with
 * nothing that may be used in `out`, or OTTER_ERR_RANGE if the payload does not fit the len
 * field.
 */
OTTER_MUST_CHECK int otter_frame_encode(const struct otter_frame *frame, bool escape,
                                        uint8_t out[], size_t out_max);

#ifdef __cplusplus
}
#endif
#endif
