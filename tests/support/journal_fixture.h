/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_JOURNAL_FIXTURE_H
#define TESTS_SUPPORT_JOURNAL_FIXTURE_H

#include <stdint.h>
#include "otter/journal.h"

/* Entries of the install journal written by hand, as docs/flash-format.md chapter 4 has them
 * and not as core writes them: right ones, and what a hostile app might leave. */
enum { JOURNAL_ENTRIES = 16, JOURNAL_ENTRY_LEN = 128 };

struct journal_entry {
    uint8_t step, kind;
    uint16_t number;
    uint16_t present_len;
    uint32_t present_crc;
    uint16_t previous_len;
    uint32_t previous_crc;
    uint8_t reason, flags;
};

/* Address of entry 0..15: the journal page's, then FLAG's. */
uint32_t journal_entry_addr(unsigned i);

/* An entry with its commit word and without marks for place 0..7 of a page. */
void journal_entry_put(uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                       const struct journal_entry *entry);

/* A request for `len` bytes in the entry with this number, right or not (`wrong` is put over
 * it). */
void journal_request_put(uint8_t entry[JOURNAL_ENTRY_LEN], uint16_t number, uint16_t len,
                         uint32_t wrong);

/* An entry with a right checksum that says anything, and any marks; one in eight is noise, one
 * blank. Half of its digest records are from digests[count], which may be empty. */
void journal_entry_hostile(uint64_t *random, uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                           const struct otter_digest_record digests[], unsigned count);

#endif
