/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_SWAP_H
#define OTTER_SWAP_H

#include <stdint.h>
#include "otter/err.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Exchange the images of APP and APPBAK, and copy the old one back; page by page, each step
 * marked in the journal.
 *
 * The spare page and APPBAK are one row of pages, the swap area: area[0] = spare, area[k] =
 * page k - 1 of APPBAK. For each page i a swap copies APP[i] to area[i], then area[i + 1] to
 * APP[i]. So the new image comes from area[1..] and the old one ends in area[0..]. The source
 * of every copy stays whole until the copy is marked. An uninterrupted swap erases each page
 * once. Where there is no image to go back to, nothing is saved: area[i + 1] goes to APP[i],
 * and the spare page is not needed. Copying back copies area[i] to APP[i], from the last page
 * down, so that a swap that flash stops in the middle can be undone from there. Called by
 * otter_startup_run() only. Source: docs/flash-format.md chapter 5.
 */

/* Where an image is. */
enum otter_image_at {
    OTTER_IMAGE_AT_APP,
    OTTER_IMAGE_AT_OLD, /* area[0..]: the image that was replaced */
    OTTER_IMAGE_AT_NEW, /* area[1..]: the image to be installed */
};

/* Returns the address of page i of the image at `where`. */
uint32_t otter_swap_page_addr(const struct otter_layout *layout, enum otter_image_at where,
                              uint32_t i);

/* Returns port->crc over the first `length` bytes of the image at `where`. */
uint32_t otter_swap_image_crc(const struct otter_port *port, const struct otter_layout *layout,
                              enum otter_image_at where, uint32_t length);

/* Copy the first page of APP to the spare page: the first half step of a swap, before there is
 * an entry for it, so that a spare page that is worn out is found while nothing is at stake.
 * Returns 0 or the port's error. Power: nothing depends on the spare page yet. */
OTTER_MUST_CHECK int otter_swap_save_first(const struct otter_port *port,
                                           const struct otter_layout *layout);

/* Turn an INSTALL whose swap cannot go on into the RESTORE that puts back what it has moved:
 * set `kind` and `step`. */
void otter_swap_turn_back(struct otter_journal *journal, uint32_t page_size);

/* Continue the swap of an INSTALL, or the copying of a RESTORE, from journal->step to the end.
 * The journal's entry must have been appended in this same start (otter/journal.h, Power).
 * Returns 0, or the port's error: the page in work must be done again.
 * Power: what is marked is done; the sources of the rest are whole. */
OTTER_MUST_CHECK int otter_swap_run(const struct otter_port *port,
                                    const struct otter_layout *layout,
                                    struct otter_journal *journal);

#ifdef __cplusplus
}
#endif
#endif
