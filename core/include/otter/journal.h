/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_JOURNAL_H
#define OTTER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

/* The install journal: what is installed, what is being installed, and how far.
 *
 * Two pages (layout->journal and layout->flag) of entries of 128 bytes. The newest valid entry says
 * everything; a step forward is a mark in it or a new entry, never an erase of the page it lies in.
 * The bootloader reads and appends; the app only writes "confirmed" and "requested" into the newest
 * entry (otter/update.h).
 *
 *    offset 0   run-in    8  zero: written first, and into a entry that is passed over
 *           8   tag       2  0xA35C; zero = superseded
 *          10   step      1  \
 *          11   kind      1   |
 *          12   number    2   | of the entry; number mod 8 = its place in the page, the highest is
 *          14   present   6   | the newest (16 bit, wrapping)
 *          20   previous  6   | seals: length 2, CRC 4
 *          26   reason    1   |
 *          27   flags     1  /
 *          28   check     4  CRC-32 of 8..27 and the place
 *          32   firm      2  low byte of number and its complement: written behind the record
 *          34   page_marks    52  INSTALL: page saved (0x5555), page in place (0). RESTORE: restored (0)
 *          86   starts   24  three sets of four marks: a start on trial
 *         110   confirmed     8  a set: confirmed (INSTALL), restored (RESTORE)
 *         118   request   8  tag, length, CRC-32 of both, from number on
 *         126   announced 2  zero: the app has told its module of this version; integers little-endian
 *
 * Every mark is 0x0000, which flash takes over anything (PM0075 2.3.3), and what must not be lost is
 * a set of four half-words, of which any counts: an opponent needs a power cut for each.
 * Power: after a cut in any operation otter_journal_read() finds the state before it or after it. It
 * may find one now and the other at the next start, because a half-word in doubt reads as it likes.
 * `certain` tells; what was read in doubt is appended anew before it is acted on (otter/startup.h).
 * Hostile entries with a right checksum are taken for what they say, but no number in them leads out of
 * a slot or a entry.
 * Source: docs/flash-format.md chapter 4; docs/design.md says why.
 */
enum otter_journal_kind {
    OTTER_JOURNAL_NONE = 0, /* there is no valid entry */
    OTTER_JOURNAL_IDLE = 1, /* `present` is installed and confirmed */
    OTTER_JOURNAL_INSTALL =
        3, /* `present` is being swapped in, or on trial; `previous` goes out */
    OTTER_JOURNAL_RESTORE = 4, /* `previous` is being copied back */
};

enum {
    OTTER_JOURNAL_PAGES = 26, /* of a slot, at most: so many page_marks has a entry */
    OTTER_JOURNAL_TRIALS = 3, /* starts without confirmation, then it is reverted */
    OTTER_JOURNAL_ENTRY_SIZE = 128,
};

/* Flags of a entry. */
enum {
    OTTER_JOURNAL_PERMANENT =
        1, /* no trial: there is nothing to go back to, or a tutorial's app */
};

/* What an image in a slot must be: its length with trailer, and its checksum (otter_swap_image_crc). */
struct otter_digest_record {
    uint32_t length; /* bytes; 0 = there is none */
    uint32_t crc;
};

/* What the newest entry says. A swap advances in half steps: 2 i = page i not saved yet, 2 i + 1 = page
 * i saved. Bytes are the caller's to set before otter_journal_append(); what has no such comment is
 * found out by reading. */
struct otter_journal {
    uint32_t addr;   /* of the entry; 0 = there is none */
    uint8_t kind;    /* to set: enum otter_journal_kind */
    uint8_t step;    /* to set. INSTALL: half steps done. RESTORE: pages done */
    uint8_t starts;  /* to set. INSTALL: on trial so far */
    uint8_t reason;  /* to set: enum otter_reason of what led here */
    uint8_t flags;   /* to set */
    uint16_t number; /* of the entry */
    struct otter_digest_record present, previous; /* to set */
    bool swapped;                                 /* to set. INSTALL: the swap is over */
    bool confirmed;                               /* confirmed (INSTALL), restored (RESTORE) */
    bool all_marks_set;                           /* all four marks of it */
    bool
        certain; /* nothing was read in doubt: this entry is firm, the next one blank, of the confirmed
                         marks all or none set */
    bool requested;        /* something stands in the request field */
    uint32_t request_size; /* of the image that lies in APPBAK; 0 = the request is not valid */
};

/* Find the newest entry and all its marks. With OTTER_JOURNAL_NONE nothing else is meaningful but
 * addr, 0. A entry that cannot be read, or whose numbers cannot be, is none. */
void otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_journal *out_journal);

/* Append *journal as the newest entry: what is "to set" is taken. Frames that are not blank are passed
 * over; behind the eighth the other page is erased. Then the tags of all older INSTALL and RESTORE
 * entries are voided, so that none of them can come back when an app erases FLAG. Read it again to
 * have the rest of *journal. Returns 0 or the port's error.
 * Power: the entry before stays the newest, or this one is. */
OTTER_MUST_CHECK int otter_journal_append(const struct otter_port *port,
                                          const struct otter_layout *layout,
                                          struct otter_journal *journal);

/* How many pages an INSTALL moves (those of the larger image), or a RESTORE. */
uint32_t otter_journal_count_pages(const struct otter_journal *journal, uint32_t page_size);

/* Mark the next half step (INSTALL) or page (RESTORE) as done, and count it in journal->step.
 * Returns 0 or the port's error. Power: marked or not. */
OTTER_MUST_CHECK int otter_journal_advance(const struct otter_port *port,
                                           struct otter_journal *journal);

/* Mark one more start on trial. Returns 0 or the port's error. Power: counted or not. */
OTTER_MUST_CHECK int otter_journal_count_start(const struct otter_port *port,
                                               const struct otter_journal *journal);

/* Write all four marks of `confirmed`, whatever they read. Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_journal_finish(const struct otter_port *port,
                                          const struct otter_journal *journal);

/* Write the request to install `size` bytes of APPBAK. Returns 0, OTTER_ERR_BUSY (there is one
 * already: restart first), or the port's error. Power: requested, or not. */
OTTER_MUST_CHECK int otter_journal_request(const struct otter_port *port,
                                           const struct otter_journal *journal, uint32_t size);

/* Has the app told of what this entry has installed? It asks, and writes it; nothing is decided by it.
 * otter_journal_mark_announced() returns 0 or the port's error. Power: told or not. */
bool otter_journal_is_announced(const struct otter_port *port,
                                const struct otter_journal *journal);
OTTER_MUST_CHECK int otter_journal_mark_announced(const struct otter_port *port,
                                                  const struct otter_journal *journal);

#endif
