/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_FLAG_H
#define OTTER_FLAG_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The tutorial request: 24 bytes in FLAG with which an app tells the bootloader "there is a new
 * image in APPBAK". A tutorial's app writes it. Ours writes it when it finds no journal
 * (otter/update.h), under a tutorial's bootloader.
 *
 *    offset 0  status    0xEEEE = update pending, else none
 *           2  (pad)     0xFFFF
 *           4  size      bytes of the image, little-endian
 *           8  md5[16]   binary
 *
 * Our app writes status last. (The tutorial's writes it first: a power cut then leaves a
 * request with size 0xFFFFFFFF, which bricks the board under the tutorial's bootloader.)
 * Nothing is read from a request without a range check.
 * Source: docs/flash-format.md chapter 2.
 */
enum {
    OTTER_FLAG_PENDING = 0xEEEE,
    OTTER_FLAG_SIZE = 24,
};

struct otter_flag {
    uint32_t image_size; /* bytes in APPBAK */
    uint8_t md5[16];
};

/* Read the request. Returns
 *   0               pending, and *out_flag is plausible: 8 <= image_size <= both slots,
 *   OTTER_ERR_NONE  no update pending,
 *   OTTER_ERR_RANGE pending, but the size is impossible (*out_flag is filled, for logs):
 *                   no request; otter's bootloader leaves it where it is,
 *   or what port->read returned.
 */
OTTER_MUST_CHECK int otter_flag_read(const struct otter_port *port,
                                     const struct otter_layout *layout,
                                     struct otter_flag *out_flag);

/* Store `flag` as pending. Erases the page if it is not blank, programs size and MD5, then
 * status.
 * Returns 0, OTTER_ERR_RANGE (size as in otter_flag_read(); nothing is touched), or the port's
 * error.
 * Power: if nothing was pending before, a later otter_flag_read() returns OTTER_ERR_NONE or
 * exactly this request; else as for otter_flag_erase() until the page is blank. */
OTTER_MUST_CHECK int otter_flag_write(const struct otter_port *port,
                                      const struct otter_layout *layout,
                                      const struct otter_flag *flag);

/* Erase the page of the request: nothing is pending. Returns 0 or the port's error.
 * Power: as before, or not pending; a half-erased request that still reads as pending fails its
 * range check or its MD5, and is erased again. */
OTTER_MUST_CHECK int otter_flag_erase(const struct otter_port *port,
                                      const struct otter_layout *layout);

/* What otter_startup_run() needs of them; a bootloader that honours no tutorial request does
 * not name it, and so does not link them. */
struct otter_flag_functions {
    int (*read)(const struct otter_port *port, const struct otter_layout *layout,
                struct otter_flag *out_flag);
    int (*erase)(const struct otter_port *port, const struct otter_layout *layout);
};
extern const struct otter_flag_functions otter_flag_functions;

#ifdef __cplusplus
}
#endif
#endif
