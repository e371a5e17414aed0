/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_FLAG_H
#define OTTER_FLAG_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

/* The FLAG record: the app tells the bootloader "there is a new image in APPBAK".
 *
 *    offset 0  status    0xEEEE = update pending, 0x0000 = installed; else none
 *           2  (pad)     0xFFFF
 *           4  size      bytes of the image, little-endian
 *           8  md5[16]   binary
 *          24  tries[20] the bootloader's marks: 0xFFFF blank, 0x0000 installed, else begun
 *
 * The first 24 bytes are the tutorial's, so either side may be the vendor's. Ours writes status
 * last (the tutorial's first: a cut then leaves a record with size 0xFFFFFFFF and bricks the
 * board), and reads nothing from it without a range check.
 *
 * A mark whose program was cut may read one way now and another way after the next power-up. So the
 * bootloader acts on none: each of its tries to install first marks a fresh half-word as begun, and
 * the last one that is not blank decides; status decides as long as all are blank.
 * Source: docs/flash-format.md chapter 2.
 */
enum {
    OTTER_FLAG_PENDING = 0xEEEE,
    OTTER_FLAG_SIZE = 24,  /* what the app writes */
    OTTER_FLAG_TRIES = 20, /* later ones go on under the last mark */
};

struct otter_flag {
    uint32_t image_size; /* bytes in APPBAK */
    uint8_t md5[16];
    uint32_t mark; /* offset of the mark that decides, from otter_flag_read() on */
};

/* Read the record of `layout`. Returns
 *   0               pending, and *out_flag is plausible: 8 <= image_size <= both slots,
 *   OTTER_ERR_NONE  no update pending,
 *   OTTER_ERR_RANGE pending, but the size cannot be (*out_flag is filled, for logs): treat like a bad
 *                   image, and erase,
 *   or what port->read returned.
 */
OTTER_MUST_CHECK int otter_flag_read(const struct otter_port *port,
                                     const struct otter_layout *layout,
                                     struct otter_flag *out_flag);

/* Size of the image of a pending record that nobody has begun to install: 0 < size as in
 * otter_flag_read(), and no marks. 0 = there is no such record, or it cannot be read. */
uint32_t otter_flag_fresh_size(const struct otter_port *port,
                               const struct otter_layout *layout);

/* Store `flag` as pending. Erases the page if it is not blank, programs size and MD5, then status.
 * Returns 0, OTTER_ERR_RANGE (size as in otter_flag_read(); nothing is touched), or the port's error.
 * Power: if nothing was pending before, a later otter_flag_read() says OTTER_ERR_NONE or returns
 * exactly this record; else as for otter_flag_erase() until the page is blank. */
OTTER_MUST_CHECK int otter_flag_write(const struct otter_port *port,
                                      const struct otter_layout *layout,
                                      const struct otter_flag *flag);

/* A try to install `flag` (as read) begins: mark that in a fresh half-word, before APP is touched.
 * Returns 0 or the port's error. Power: pending, or as before. */
OTTER_MUST_CHECK int otter_flag_begin(const struct otter_port *port,
                                      const struct otter_layout *layout,
                                      struct otter_flag *flag);

/* Mark `flag` as installed: status, then the mark that decides, become 0x0000, which flash takes over
 * anything. Size and MD5 stay, so that the new app can see that this is its first start.
 * Returns 0 or the port's error. Power: pending as before, or not pending. */
OTTER_MUST_CHECK int otter_flag_mark_installed(const struct otter_port *port,
                                               const struct otter_layout *layout,
                                               const struct otter_flag *flag);

/* Is the record marked as installed? The app asks at its start, restarts the module (0x29) so that
 * the cloud learns the new version, and then erases the record. Read errors count as no. */
bool otter_flag_is_installed(const struct otter_port *port, const struct otter_layout *layout);

/* Erase the page of the record: nothing pending, nothing installed.
 * Returns 0 or the port's error. Power: as before, or not pending; a half-erased record that still
 * says pending fails its range check or its MD5 and is erased again. */
OTTER_MUST_CHECK int otter_flag_erase(const struct otter_port *port,
                                      const struct otter_layout *layout);

#endif
