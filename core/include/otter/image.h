/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_IMAGE_H
#define OTTER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Images: a plain .bin (vector table first) followed by a trailer of 112 bytes: a header of 48
 * bytes that says what the image is, and a signature of 64 bytes.
 *
 *    offset 0   magic      8  "otter-im"
 *           8   format     2  = 2
 *          10   flags      2  = 0
 *          12   length     4  of the .bin before the trailer
 *          16   hardware   8  ASCII
 *          24   version    8  ASCII
 *          32   number     4  the version as a number that only grows
 *          36   key id     4  0 = not signed
 *          40   reserved   8  zero                      integers little-endian
 *          48   signature 64  Ed25519; zero if not signed
 *
 * The signature is pure Ed25519 (RFC 8032) over every byte of the image before it, including
 * the header, so a trailer can be neither changed nor moved to another program. The key id is
 * the first four bytes of the public key. A .bin without trailer, as the tutorial builds it, is
 * an image too; it only says nothing about itself. Pure code, any context. Source:
 * docs/flash-format.md chapter 3.
 */
enum {
    OTTER_IMAGE_HEADER_SIZE = 48,
    OTTER_IMAGE_SIGNATURE_SIZE = 64,
    OTTER_IMAGE_TRAILER_SIZE = 112, /* header and signature */
    OTTER_IMAGE_FORMAT = 2,
    OTTER_IMAGE_SIZE_MIN = 8,    /* initial stack pointer and reset vector */
    OTTER_IMAGE_STACK_MIN = 256, /* bytes of RAM below the initial stack pointer */
};

struct otter_image {
    uint32_t length;     /* of the .bin before the trailer */
    uint8_t hardware[8]; /* as in message 0x02, hard_version */
    uint8_t version[8];  /* as in message 0x02, soft_version */
    uint32_t number;     /* the version as a number that only grows */
    uint32_t key_id;     /* first four bytes of the public key; 0 = not signed */
    uint16_t flags;
};

/* Offsets in the header of the fields that verification needs. */
enum {
    OTTER_IMAGE_HARDWARE = 16,
    OTTER_IMAGE_HARDWARE_SIZE = 8,
    OTTER_IMAGE_NUMBER = 32,
    OTTER_IMAGE_KEY_ID = 36,
};

/* Is `header` the header of a trailer that fits an image of image_size bytes?
 * Returns 0, OTTER_ERR_NONE (no magic: a plain .bin), or OTTER_ERR_FORMAT (the magic is there,
 * but format, length or reserved bytes are wrong). */
OTTER_MUST_CHECK int otter_image_check_header(const uint8_t header[OTTER_IMAGE_HEADER_SIZE],
                                              uint32_t image_size);

/* Read the trailer of an image of image_size bytes. `header` is the 48 bytes that begin 112
 * bytes before the image's end. The signature is not verified here. Returns what
 * otter_image_check_header() returns; *out_image is set only with 0. */
OTTER_MUST_CHECK int otter_image_get_trailer(const uint8_t header[OTTER_IMAGE_HEADER_SIZE],
                                             uint32_t image_size,
                                             struct otter_image *out_image);

/* Write the trailer of `image` with a signature of zeros, which whoever signs the image
 * overwrites. */
void otter_image_put_trailer(uint8_t out[OTTER_IMAGE_TRAILER_SIZE],
                             const struct otter_image *image);

/* Do the first 8 bytes of a program of `length` bytes (without trailer) look like one for
 * layout->app? The stack pointer must be a multiple of 4, at least OTTER_IMAGE_STACK_MIN above
 * the start of RAM and at most at its end; the reset vector odd (Thumb) and inside the program,
 * after the two vectors. */
bool otter_image_is_startable(const uint8_t head[8], uint32_t length,
                              const struct otter_layout *layout);

/* Can the image of image_size bytes at addr run in layout->app? Its vectors must point there; a
 * trailer, if it has one, must fit its size and name `hardware` (NULL: any). The signature is
 * not checked. Returns OTTER_RESULT_NONE, or why not. */
enum otter_result otter_image_check(const struct otter_port *port,
                                    const struct otter_layout *layout, uint32_t addr,
                                    uint32_t image_size, const uint8_t hardware[8]);

/* MD5 of image_size bytes at addr, read through `port`, feeding the watchdog. `progress` (may
 * be NULL) is called with `ctx` once per 256 bytes or part of them, the tutorial's chunk.
 * Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_image_md5(const struct otter_port *port, uint32_t addr,
                                     uint32_t image_size, void (*progress)(void *ctx),
                                     void *ctx, uint8_t out_digest[16]);

#ifdef __cplusplus
}
#endif
#endif
