/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_HISTORY_H
#define OTTER_HISTORY_H

#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/reason.h"
#include "otter/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How often a file was downloaded, and how that ended: so that a file that is no good is not
 * downloaded for ever.
 *
 * The journal remembers it (otter/journal.h): each entry says which file was asked for and how
 * often; an app that gives up a file before it asks for it writes a note into the newest entry.
 * Entries that are superseded are read as well, so the history reaches back over four to seven
 * of them; what is older is forgotten. A file is known by the first 8 bytes of its MD5. Called
 * by the app only, from its main loop. Without a journal nothing is known, and nothing is
 * noted. Source: docs/flash-format.md chapter 4.
 */
enum { OTTER_HISTORY_TRIES_MAX = 3 }; /* downloads of a file; then it is not taken any more */

struct otter_history {
    uint8_t tries;  /* downloads that have ended, whatever way; 0 = not known */
    uint8_t reason; /* enum otter_reason: how the last of them ended */
};

/* What is known of the file with this MD5? */
struct otter_history otter_history_find(const struct otter_port *port,
                                        const struct otter_layout *layout,
                                        const uint8_t md5[16]);

/* Note that a download of the file with this MD5 has failed, before it was asked for. An entry
 * has room for two files; for a third one nothing is noted, but the bootloader is asked for a
 * new entry, which a restart brings (otter_update_awaits_restart()). Returns 0,
 * OTTER_ERR_SPACE, OTTER_ERR_NONE (there is no journal), or the port's error. Power: noted or
 * not. */
OTTER_MUST_CHECK int otter_history_note(const struct otter_port *port,
                                        const struct otter_layout *layout,
                                        const uint8_t md5[16], enum otter_reason reason);

/* Note a download that ended with `result`, if that is the file's fault or flash's: a wrong
 * MD5, no image for this device, a cell that does not take it. Any other end is not noted. If
 * flash refuses the note, too, or had no room for it, the file is downloaded once more. */
void otter_history_note_end(const struct otter_port *port, const struct otter_layout *layout,
                            const uint8_t md5[16], enum otter_result result);

#ifdef __cplusplus
}
#endif
#endif
