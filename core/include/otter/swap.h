/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_SWAP_H
#define OTTER_SWAP_H

#include <stdint.h>
#include "otter/err.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"

/* Exchange the images of APP and APPBAK, and copy the old one back; page by page, each step marked in
 * the journal.
 *
 * Spare and APPBAK are one area of pages: area[0] = spare, area[k] = page k - 1 of APPBAK. A swap
 * copies, for each page i, APP[i] to area[i], then area[i + 1] to APP[i]. The new image comes from
 * area[1..], the old one ends in area[0..], and the source of every copy stays whole until the copy
 * is marked. An uninterrupted swap erases each page once; going back only copies area[i] to APP[i].
 * Called by otter_startup() alone. Source: docs/flash-format.md chapter 5.
 */

/* Where an image lies: its first page, and all others in one piece. */
struct otter_place {
    uint32_t first, rest; /* addresses */
};

struct otter_place otter_place_app(const struct otter_layout *layout);
struct otter_place otter_place_incoming(const struct otter_layout *layout); /* area[1..] */
struct otter_place otter_place_previous(const struct otter_layout *layout); /* area[0..] */

/* Copy len bytes of the image at `place`, from its offset off on. Any alignment.
 * Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_place_read(const struct otter_port *port,
                                      const struct otter_place *place, uint32_t off,
                                      uint8_t out[], uint32_t len);

/* port->crc over the first `length` bytes. */
uint32_t otter_place_crc(const struct otter_port *port, const struct otter_place *place,
                         uint32_t length);

/* Go on with the swap of an INSTALL, or the copying of a RESTORE, from journal->step to the end. The
 * journal's frame must have been appended in this very start (see there).
 * Returns 0, or the port's error: the page in work is to be done again.
 * Power: what is marked is done; the sources of what is not are whole. */
OTTER_MUST_CHECK int otter_swap(const struct otter_port *port,
                                const struct otter_layout *layout,
                                struct otter_journal *journal);
OTTER_MUST_CHECK int otter_restore(const struct otter_port *port,
                                   const struct otter_layout *layout,
                                   struct otter_journal *journal);

#endif
