/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_JOURNAL_H
#define OTTER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The install journal: what is installed, what is being installed, and how far the installation
 * has come.
 *
 * Two pages (layout->journal and layout->flag) hold four entries each, a quarter of a page
 * long. The newest valid entry holds the whole state. A step forward is a mark in that entry or
 * a new entry; the page that holds the newest entry is never erased. The bootloader reads and
 * appends. The app only writes "confirmed", "requested" and notes into the newest entry
 * (otter/update.h, otter/history.h).
 *
 *    offset 0   guard       8  zero: written first, and into an entry that is passed over
 *           8   tag         2  0x3AC5, or one bit different: live; zero = superseded
 *          10   number      2  \  of the entry, 16 bits, wrapping: the highest is the newest;
 *                               | number mod 4 = its position in the page
 *          12   kind        1   |
 *          13   reason      1   |
 *          14   flags       1   |
 *          15   (zero)      1   |
 *          16   step        2   | 0x8000 + starts on trial: all pages are moved
 *          18   file       10   | what the app asked for: digest 8, tries 1, zero 1
 *          28   floor       4   | no image with a lower version number is taken
 *          32   version     4   | number of `present`: the floor, once it is confirmed
 *          36   present     8   | digest records: length 4, CRC 4
 *          44   previous    8  /
 *          52   check       4  CRC-32 of bytes 10..51 and of the position
 *          56   commit      2  low byte of number and its complement: written last
 *          58   starts     24  three mark groups: one for each start on trial
 *          82   confirmed  10  a group of five: confirmed (INSTALL), restored (RESTORE)
 *          92   request    20  tag 2, file 10, length 4, CRC-32 of these seeded with number 4
 *         112   notes      24  two of 12 bytes, the app's alone (otter/history.h)
 *         136   announced   2  zero: the app has told its module of this version
 *         138   page marks     to the entry's end, one half-word per page. INSTALL, from page 0
 *                              on: saved (0x5555), in place (0). RESTORE, from the last page
 *                              down: restored (0)
 *
 * Integers are little-endian.
 *
 * Every mark is 0x0000, the one value that flash accepts over anything (PM0075 2.3.3). Whatever
 * must not be lost is a mark group: four half-words, any one of which is enough; of `confirmed`
 * five, any two, because a dead cell must not confirm. To damage a group takes a power cut in
 * each of four half-words.
 * Wear: a page mark above one that is blank does not count, nor one of which a single bit is
 * written. One wrong bit in the fields of a live entry is put right by the check. A dead cell
 * among the starts uses starts up. What else wear can do is in docs/flash-format.md 4.3.
 * Power: after a cut in any operation, otter_journal_read() finds the state before it or after
 * it. It may find one state now and the other at the next start, because a half-written
 * half-word may read differently each time. `certain` is false then: what was read is appended
 * as a new entry before it is acted on (otter/startup.h). A hostile entry with a correct
 * checksum is believed, but no number in it leads outside a slot or an entry.
 * Source: docs/flash-format.md chapter 4; the reasons are in docs/design.md.
 */
enum otter_journal_kind {
    OTTER_JOURNAL_NONE = 0, /* there is no valid entry */
    OTTER_JOURNAL_IDLE = 1, /* `present` is installed and confirmed; nothing is under way */
    /* `present` is being swapped in, or is on trial; `previous` goes out */
    OTTER_JOURNAL_INSTALL = 3,
    OTTER_JOURNAL_RESTORE = 4, /* `previous` is being copied back */
};

enum {
    OTTER_JOURNAL_ENTRIES = 4, /* in a page */
    OTTER_JOURNAL_TRIALS = 3,  /* starts without confirmation before the update is reverted */
    OTTER_JOURNAL_HEAD_SIZE = 138, /* of an entry: what comes before its page marks */
    OTTER_JOURNAL_DIGEST_SIZE = 8, /* of a file: the first bytes of its MD5 */
};

/* Flags of an entry. */
enum {
    /* No trial: a tutorial's app has asked for it. */
    OTTER_JOURNAL_PERMANENT = 1,
};

/* The digest record of an image: its length with trailer and its checksum
 * (otter_swap_image_crc). It finds decayed flash; it is no protection against an attacker. */
struct otter_digest_record {
    uint32_t length; /* bytes; 0 = no image */
    uint32_t crc;
};

/* A file that an app has asked to install: what it is, and how often it was downloaded. The
 * bootloader carries it from the request to the entry that answers it, and does not look at
 * it. All zero: unknown. */
struct otter_journal_file {
    uint8_t digest[OTTER_JOURNAL_DIGEST_SIZE];
    uint8_t tries;
    uint8_t zero;
};

/* The content of the newest entry. A swap advances in half steps: 2 i = page i not saved yet,
 * 2 i + 1 = page i saved. The caller sets the members marked "to set" before
 * otter_journal_append(); otter_journal_read() finds out the others.
 *
 * From `tag` to `previous` the members are those of an entry in flash, in the same places and
 * byte order: the core copies them as one. The compiler checks the places (journal.c). What
 * runs the core is little-endian; test_journal compares every byte. */
struct otter_journal {
    uint8_t starts; /* to set. INSTALL: starts on trial so far */
    bool moved;     /* to set. INSTALL: the swap is finished. RESTORE: all is copied back */
    bool confirmed; /* INSTALL: confirmed. RESTORE: all is copied back */
    bool
        all_marks_set; /* all five marks of `confirmed`: no later start can read it otherwise */
    /* Nothing was read in doubt: this entry's tag and fields are right, its commit word is
     * right or marks follow it, the next entry is blank or begins an older page, and of the
     * `confirmed` marks all are set or none. */
    bool certain;
    bool requested; /* the request field is not blank */
    uint8_t gap[2];

    uint16_t tag;    /* its caller's are not looked at */
    uint16_t number; /* of the entry */
    uint8_t kind;    /* to set: enum otter_journal_kind */
    uint8_t reason;  /* to set: enum otter_reason, why the state is what it is */
    uint8_t flags;   /* to set */
    uint8_t zero;
    /* to set. INSTALL: half steps done. RESTORE: pages done, from the last one down */
    uint16_t step;
    /* to set: of the last request that was answered */
    struct otter_journal_file file;
    uint32_t floor;   /* to set: images below are refused. Read: `version`, once confirmed */
    uint32_t version; /* to set: version number of `present` */
    struct otter_digest_record present, previous; /* to set */

    uint32_t addr;         /* of the entry; 0 = there is none */
    uint32_t request_size; /* of the image in APPBAK; 0 = the request is not valid */
    struct otter_journal_file request_file; /* of a valid request */
};

/* How many pages may a slot have, with pages of `page_size` bytes? */
#define OTTER_JOURNAL_PAGES_MAX(page_size)                                                     \
    (((page_size) / OTTER_JOURNAL_ENTRIES - OTTER_JOURNAL_HEAD_SIZE) / 2U)

/* Find the newest entry and all its marks. With OTTER_JOURNAL_NONE only `addr`, which is 0, has
 * a meaning. An entry that cannot be read, or has impossible numbers, does not count. */
void otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_journal *out_journal);

/* Append *journal, its members "to set", as the newest entry. Entries that are not blank are
 * passed over; after the fourth the other page is erased. Four are tried, so the page of the
 * newest entry is never erased. Then the tags of all older entries are
 * voided, so that none of them comes back when an app erases FLAG. Read the journal again to
 * get the other members. Returns 0 or the port's error.
 * Power: the entry before stays the newest, or this one is. */
OTTER_MUST_CHECK int otter_journal_append(const struct otter_port *port,
                                          const struct otter_layout *layout,
                                          struct otter_journal *journal);

/* Returns the digest record of what APP should hold: what an update has installed, or, after a
 * RESTORE, or before an INSTALL has moved anything, what it was to replace. */
struct otter_digest_record *otter_journal_app(struct otter_journal *journal);

/* Returns how many pages an INSTALL swaps (those of the larger image) or a RESTORE copies. */
uint32_t otter_journal_count_pages(const struct otter_journal *journal, uint32_t page_size);

/* Mark the next half step (INSTALL) or page (RESTORE) as done, and count it in journal->step.
 * Returns 0 or the port's error. Power: marked or not. */
OTTER_MUST_CHECK int otter_journal_advance(const struct otter_port *port,
                                           struct otter_journal *journal);

/* Mark one more start on trial. Returns 0 or the port's error. Power: counted or not. */
OTTER_MUST_CHECK int otter_journal_count_start(const struct otter_port *port,
                                               const struct otter_journal *journal);

/* Write all five marks of `confirmed`, whatever they read now. Returns 0 or the port's
 * error. */
OTTER_MUST_CHECK int otter_journal_finish(const struct otter_port *port,
                                          const struct otter_journal *journal);

/* Write the request to install `size` bytes of APPBAK, which are `file`. Returns 0,
 * OTTER_ERR_BUSY (there is one already: restart first), or the port's error. Power: requested
 * or not. */
OTTER_MUST_CHECK int otter_journal_request(const struct otter_port *port,
                                           const struct otter_journal *journal, uint32_t size,
                                           const struct otter_journal_file *file);

/* Has the app told its module of what this entry installed? Only the app asks and writes this;
 * no decision depends on it. otter_journal_mark_announced() returns 0 or the port's error.
 * Power: marked or not. */
bool otter_journal_is_announced(const struct otter_port *port,
                                const struct otter_journal *journal);
OTTER_MUST_CHECK int otter_journal_mark_announced(const struct otter_port *port,
                                                  const struct otter_journal *journal);

#ifdef __cplusplus
}
#endif
#endif
