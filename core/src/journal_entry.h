/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_JOURNAL_ENTRY_H
#define OTTER_JOURNAL_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/journal.h"

/* Private to core: where things are in an entry of the journal (otter/journal.h has the whole
 * of it), and how one is read. */
enum {
    ENTRY_TAG = 8,
    ENTRY_NUMBER = 10,
    ENTRY_KIND = 12,
    ENTRY_REASON = 13,
    ENTRY_FLAGS = 14,
    ENTRY_STEP = 16,
    ENTRY_FILE = 18,
    ENTRY_FLOOR = 28,
    ENTRY_VERSION = 32,
    ENTRY_PRESENT = 36,
    ENTRY_PREVIOUS = 44,
    ENTRY_CHECK = 52,
    ENTRY_COMMIT = 56,
    ENTRY_STARTS = 58,
    ENTRY_CONFIRMED = 82,
    ENTRY_REQUEST = 92,
    ENTRY_NOTES = 112,
    ENTRY_ANNOUNCED = 136,
    ENTRY_HEAD_SIZE = OTTER_JOURNAL_HEAD_SIZE,
};
enum { FILE_SIZE = 10, FILE_TRIES = 8 }; /* of struct otter_journal_file in flash */

/* Entry i of both pages, 0 to 7: the journal page's first. */
uint32_t otter_entry_addr(const struct otter_port *port, const struct otter_layout *layout,
                          uint32_t i);

/* Read the head of the entry at addr. Returns whether its fields are valid; it may be live or
 * superseded. An entry that cannot be read is neither valid nor blank. */
bool otter_entry_load(const struct otter_port *port, const struct otter_layout *layout,
                      uint32_t addr, uint8_t out_head[ENTRY_HEAD_SIZE]);

#endif
