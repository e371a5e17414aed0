/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_IMAGE_H
#define OTTER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

/* Images: a plain .bin (vector table first) with a 48-byte trailer behind it.
 *
 *    offset 0   magic     8  "otter-im"
 *           8   format    2  = 1
 *          10   flags     2  = 0
 *          12   length    4  of the .bin before the trailer
 *          16   hardware  8  ASCII
 *          24   version   8  ASCII
 *          32   number    4  the version as a number that only grows
 *          36   key id    4  0 = no signature
 *          40   reserved  8  zero                      integers little-endian
 *
 * With a key id other than 0 a 64-byte Ed25519 signature follows (a later release). A .bin without
 * trailer, as the tutorial makes it, is an image too: it just says nothing about itself.
 * Pure code, any context. Source: docs/flash-format.md chapter 3.
 */
enum {
    OTTER_IMAGE_TRAILER_SIZE = 48,
    OTTER_IMAGE_FORMAT = 1,
    OTTER_IMAGE_SIZE_MIN = 8, /* initial stack pointer and reset vector */
};

struct otter_image {
    uint32_t length;     /* of the .bin before the trailer */
    uint8_t hardware[8]; /* as in message 0x02, hard_version */
    uint8_t version[8];  /* as in message 0x02, soft_version */
    uint32_t number;     /* the version as a number that only grows */
    uint32_t key_id;     /* 0 = unsigned */
    uint16_t flags;
};

/* Read the trailer that ends an image of image_size bytes; `end` are its last 48 bytes.
 * Returns 0, OTTER_ERR_NONE (no magic there: a plain .bin), or OTTER_ERR_FORMAT (the magic is there,
 * but format, length or reserved bytes are not right). */
OTTER_MUST_CHECK int otter_image_get_trailer(const uint8_t end[OTTER_IMAGE_TRAILER_SIZE],
                                             uint32_t image_size,
                                             struct otter_image *out_image);

/* Write the trailer of `image`. */
void otter_image_put_trailer(uint8_t out[OTTER_IMAGE_TRAILER_SIZE],
                             const struct otter_image *image);

/* Do the first 8 bytes of an image look like a program for the slot layout->app? The stack pointer
 * must be a multiple of 4 in (ram.addr, ram.addr + ram.size], the reset vector odd (Thumb) and inside
 * the slot behind the vector itself. */
bool otter_image_is_startable(const uint8_t head[8], const struct otter_layout *layout);

/* MD5 of image_size bytes at addr, read through `port`, feeding the watchdog.
 * `progress` (may be NULL) is called with `ctx` once per 256 bytes begun, the tutorial's chunk.
 * Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_image_md5(const struct otter_port *port, uint32_t addr,
                                     uint32_t image_size, void (*progress)(void *ctx),
                                     void *ctx, uint8_t out_digest[16]);

#endif
