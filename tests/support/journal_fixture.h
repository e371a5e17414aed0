/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_JOURNAL_FIXTURE_H
#define TESTS_SUPPORT_JOURNAL_FIXTURE_H

#include <stdint.h>
#include "otter/journal.h"
#include "support/ram_flash.h"

/* Entries of the install journal written by hand, as docs/flash-format.md chapter 4 has them
 * and not as core writes them: right ones, and what a hostile app might leave. */
enum { JOURNAL_ENTRIES = 8, JOURNAL_PLACES = 4, JOURNAL_ENTRY_LEN = 256 };

/* Where things are in an entry. */
enum {
    ENTRY_AT_TAG = 8,
    ENTRY_AT_STEP = 16,
    ENTRY_AT_CHECK = 52,
    ENTRY_AT_COMMIT = 56,
    ENTRY_AT_STARTS = 58,
    ENTRY_AT_CONFIRMED = 82,
    ENTRY_AT_REQUEST = 92,
    ENTRY_AT_NOTES = 112,
    ENTRY_AT_PAGE_MARKS = 138,
};

struct journal_entry {
    uint16_t number;
    uint8_t kind, reason, flags;
    uint16_t step;
    uint8_t digest[8], tries;
    uint32_t floor, version;
    uint32_t present_len, present_crc, previous_len, previous_crc;
};

/* Address of entry 0..7: the journal page's, then FLAG's. */
uint32_t journal_entry_addr(unsigned i);

/* Its bytes in this flash. */
uint8_t *journal_entry_bytes(struct ram_flash *flash, unsigned i);

/* An entry with its commit word and without marks for place 0..3 of a page. */
void journal_entry_put(uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                       const struct journal_entry *entry);

/* Put one into entry 0..7 of this flash; read the journal that is there. */
void journal_put(struct ram_flash *flash, unsigned i, const struct journal_entry *entry);
struct otter_journal journal_get(const struct ram_flash *flash);

/* A request for `len` bytes in the entry with this number, of a file of zeros never tried;
 * right or not (`wrong` is put over it). */
void journal_request_put(uint8_t entry[JOURNAL_ENTRY_LEN], uint16_t number, uint32_t len,
                         uint32_t wrong);

/* An entry with a right checksum that says anything, and any marks; one in eight is noise, one
 * blank. Half of its digest records are from digests[count], which may be empty. */
void journal_entry_hostile(uint64_t *random, uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                           const struct otter_digest_record digests[], unsigned count);

#endif
