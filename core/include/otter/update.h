/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_UPDATE_H
#define OTTER_UPDATE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/reason.h"

/* The app's part in an update: confirm that it works, ask for an image in APPBAK to be installed, and
 * learn what became of the last one.
 *
 * An app that was started on trial and does not confirm is taken away again, after three starts. It
 * confirms when it has proved that it can be updated again: when it has exchanged frames with the
 * module. Until then APPBAK holds the way back, so nothing is to be written there. Called from the
 * app's main loop. Source: docs/flash-format.md chapter 4.
 */

/* Is there a journal, that is a bootloader which swaps? Else the FLAG record announces an image
 * (otter/flag.h). */
bool otter_update_has_journal(const struct otter_port *port, const struct otter_layout *layout);

/* Was this app installed, and has nobody been told of it? Then the module is restarted (0x29), so that the
 * cloud learns the version. True on trial. */
bool otter_update_is_new(const struct otter_port *port, const struct otter_layout *layout);

/* The module knows of this version: from now on it is not new. Returns 0 or the port's error.
 * Power: new, or not; the cloud may be told once more. */
OTTER_MUST_CHECK int otter_update_mark_announced(const struct otter_port *port,
                                                 const struct otter_layout *layout);

/* May APPBAK be written? True at rest; false on trial, until otter_update_confirm() has returned 0.
 * Without a journal, that is under a tutorial's bootloader, true. */
bool otter_update_is_allowed(const struct otter_port *port, const struct otter_layout *layout);

/* What became of the last update: OTTER_REASON_NONE if it was installed (be it on trial still), or if
 * there was none; else why it was refused, reverted or replaced. It stands until the next one. A number
 * of a newer bootloader comes through. Without a journal OTTER_REASON_NONE. */
enum otter_reason otter_update_reason(const struct otter_port *port,
                                      const struct otter_layout *layout);

/* Confirm this app. Call it after every start, without asking whether it is on trial: the marks are
 * written whatever they read, because what the app reads in doubt the bootloader may read otherwise.
 * Does nothing where no image was installed since the last settled start. Returns 0 or the port's error.
 * Power: confirmed or not; once this has returned 0, confirmed for ever. */
OTTER_MUST_CHECK int otter_update_confirm(const struct otter_port *port,
                                          const struct otter_layout *layout);

/* Ask for the first `size` bytes of APPBAK, at most all of it, to be installed at the next start. Only when APPBAK was read
 * back. Returns 0, OTTER_ERR_BUSY (not at rest, or something was asked in doubt before: restart, then
 * begin again), OTTER_ERR_NONE (there is no journal) or the port's error.
 * Power: asked or not. */
OTTER_MUST_CHECK int otter_update_request(const struct otter_port *port,
                                          const struct otter_layout *layout, uint32_t size);

#endif
