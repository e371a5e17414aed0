/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_UPDATE_H
#define OTTER_UPDATE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/flag.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/reason.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The app's part in an update: confirm that it works, request that an image in APPBAK is
 * installed, and learn how the last update ended.
 *
 * An app that is started on trial and does not confirm is reverted after three starts; with
 * nothing to go back to, the bootloader waits for a better one. It confirms when it has proved
 * that it can be updated again: when it has answered the module, or the module it (link_works()
 * of otter/device.h). If that does not come within five minutes it stops feeding the watchdog.
 * Until then APPBAK holds the old image, so nothing may be written there. Called from the app's
 * main loop. Source: docs/flash-format.md chapter 4.
 */

/* Is there a journal, and so a bootloader that swaps? If not, an image is announced by a
 * tutorial request (otter/flag.h). */
bool otter_update_has_journal(const struct otter_port *port, const struct otter_layout *layout);

/* Was this app installed by an update that the cloud does not know of yet? Then the module is
 * restarted (0x29), so that the cloud learns the version. Also true on trial. */
bool otter_update_is_new(const struct otter_port *port, const struct otter_layout *layout);

/* Record that the module knows this version: from now on it is not new. Returns 0 or the port's
 * error.
 * Power: recorded or not; the cloud may be told once more. */
OTTER_MUST_CHECK int otter_update_mark_announced(const struct otter_port *port,
                                                 const struct otter_layout *layout);

/* May APPBAK be written? False on trial, until otter_update_confirm() has returned 0; else
 * true. Also true without a journal, under a tutorial's bootloader. */
bool otter_update_is_allowed(const struct otter_port *port, const struct otter_layout *layout);

/* Why should `file`, which is offered, not be downloaded? Returns OTTER_REASON_ON_TRIAL (the
 * running app is), OTTER_REASON_INSTALLED (APP holds the file: it has the length that the
 * journal tells, and then the MD5), OTTER_REASON_TRIED (it was downloaded
 * OTTER_HISTORY_TRIES_MAX times), or OTTER_REASON_NONE. `forced`: a person wants it in spite of
 * the last two. Without a journal OTTER_REASON_NONE. Nothing is written. Only a file of that
 * length costs time: APP is hashed (STM32F103, 72 MHz: 1 ms for each KB). */
enum otter_reason otter_update_refusal(const struct otter_port *port,
                                       const struct otter_layout *layout,
                                       const struct otter_flag *file, bool forced);

/* Open APPBAK, before its first byte is erased. The journal says whether APPBAK still holds the
 * image to go back to. Without a journal a tutorial request would describe what is about to be
 * overwritten: FLAG is erased. Returns 0, OTTER_ERR_BUSY (as when otter_update_is_allowed() is
 * false), or the port's error.
 * Power: nothing is requested, or, in the middle of the erase, as otter_flag_erase(). */
OTTER_MUST_CHECK int otter_update_open(const struct otter_port *port,
                                       const struct otter_layout *layout);

/* Returns how the last update ended: OTTER_REASON_NONE if it was installed (perhaps still on
 * trial) or if there was none; else why it was refused, reverted or replaced. The value stays
 * until the next update. A number that only a newer bootloader knows is returned as it is.
 * Without a journal OTTER_REASON_NONE. */
enum otter_reason otter_update_reason(const struct otter_port *port,
                                      const struct otter_layout *layout);

/* Confirm this app. Call it after every start, without asking whether the app is on trial. The
 * marks are written even if they read as set: the bootloader may read a half-written mark
 * differently. Does nothing if the newest entry is no INSTALL, or one whose swap is not
 * finished: flash has refused it, and this is still the old app. Returns 0 or the port's error.
 * Power: confirmed or not; once this has returned 0, confirmed for good. */
OTTER_MUST_CHECK int otter_update_confirm(const struct otter_port *port,
                                          const struct otter_layout *layout);

/* Request that `file`, the first bytes of APPBAK and at most all of it, is installed at the
 * next start. Only after APPBAK was read back. The request says how often this file was
 * downloaded (otter/history.h). Returns 0, OTTER_ERR_BUSY (on trial, or there is a request
 * already, perhaps a damaged one), OTTER_ERR_NONE (there is no journal) or the port's error.
 * After an error ask otter_update_awaits_restart().
 * Power: requested or not. */
OTTER_MUST_CHECK int otter_update_request(const struct otter_port *port,
                                          const struct otter_layout *layout,
                                          const struct otter_flag *file);

/* Must the bootloader run before the journal takes another request? True when there is one that
 * flash took only in part, or when the newest entry is full of notes (otter/history.h). Ask
 * after a download that has failed, and then restart: the bootloader appends a new entry. */
bool otter_update_awaits_restart(const struct otter_port *port,
                                 const struct otter_layout *layout);

/* Request that `file` in APPBAK is installed, by whatever bootloader there is: by the
 * journal as otter_update_request(), or, where there is none, by a tutorial request. Returns 0,
 * OTTER_ERR_BUSY or the port's error.
 * Power: requested or not. */
OTTER_MUST_CHECK int otter_update_install(const struct otter_port *port,
                                          const struct otter_layout *layout,
                                          const struct otter_flag *file);

#ifdef __cplusplus
}
#endif
#endif
