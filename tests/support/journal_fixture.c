/* SPDX-License-Identifier: Apache-2.0 */
#include "support/journal_fixture.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "support/ram_flash.h"
#include "support/rng.h"

uint32_t journal_entry_addr(unsigned i)
{
    return (i < JOURNAL_PLACES ? ram_flash_layout.journal.addr : ram_flash_layout.flag.addr) +
           i % JOURNAL_PLACES * JOURNAL_ENTRY_LEN;
}

uint8_t *journal_entry_bytes(struct ram_flash *flash, unsigned i)
{
    return flash->bytes + (journal_entry_addr(i) - RAM_FLASH_ADDR);
}

void journal_entry_put(uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                       const struct journal_entry *entry)
{
    memset(out, 0xFF, JOURNAL_ENTRY_LEN);
    memset(out, 0, 8);
    otter_put_le16(out + ENTRY_AT_TAG, 0x3AC5);
    otter_put_le16(out + 10, entry->number);
    out[12] = entry->kind;
    out[13] = entry->reason;
    out[14] = entry->flags;
    out[15] = 0;
    otter_put_le16(out + ENTRY_AT_STEP, entry->step);
    memcpy(out + 18, entry->digest, sizeof entry->digest);
    out[26] = entry->tries;
    out[27] = 0;
    otter_put_le32(out + 28, entry->floor);
    otter_put_le32(out + 32, entry->version);
    otter_put_le32(out + 36, entry->present_len);
    otter_put_le32(out + 40, entry->present_crc);
    otter_put_le32(out + 44, entry->previous_len);
    otter_put_le32(out + 48, entry->previous_crc);
    otter_put_le32(out + ENTRY_AT_CHECK, otter_crc32(place, out + 10, 42));
    out[ENTRY_AT_COMMIT] = out[10];
    out[ENTRY_AT_COMMIT + 1] = (uint8_t)~out[10];
}

void journal_put(struct ram_flash *flash, unsigned i, const struct journal_entry *entry)
{
    journal_entry_put(journal_entry_bytes(flash, i), i % JOURNAL_PLACES, entry);
}

struct otter_journal journal_get(const struct ram_flash *flash)
{
    struct otter_journal journal;

    otter_journal_read(&flash->port, &ram_flash_layout, &journal);
    return journal;
}

void journal_request_put(uint8_t entry[JOURNAL_ENTRY_LEN], uint16_t number, uint32_t len,
                         uint32_t wrong)
{
    uint8_t *request = entry + ENTRY_AT_REQUEST;

    otter_put_le16(request, 0x5CA3);
    memset(request + 2, 0, 10);
    otter_put_le32(request + 12, len);
    otter_put_le32(request + 16, otter_crc32(number, request, 16) ^ wrong);
}

static uint32_t hostile_len(uint64_t *random)
{
    static const uint32_t lens[] = {0,      1,      3,      0x400,   0x401,   0x6800,
                                    0x6801, 0x8000, 0xFFFF, 0x10000, 0x16800, 0xFFFFFFFF};

    return rng_below(random, 4) != 0 ? rng_below(random, 0x6801)
                                     : lens[rng_below(random, sizeof lens / sizeof lens[0])];
}

/* Half-words from `from` to `to`: blank, zero, or anything. */
static void put_hostile_marks(uint64_t *random, uint8_t out[], unsigned from, unsigned to)
{
    uint32_t style = rng_below(random, 6);

    for (unsigned i = from; i < to; i += 2) {
        if (style >= 3) {
            continue; /* blank */
        }
        otter_put_le16(out + i, style == 0                  ? 0
                                : rng_below(random, 3) == 0 ? 0xFFFF
                                : style == 1                ? 0x5555
                                                            : (uint16_t)rng_next(random));
    }
}

void journal_entry_hostile(uint64_t *random, uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                           const struct otter_digest_record digests[], unsigned count)
{
    struct journal_entry entry = {
        .step = (uint16_t)(rng_below(random, 2) != 0   ? rng_below(random, 60)
                           : rng_below(random, 2) != 0 ? 0x8000 + rng_below(random, 5)
                                                       : rng_next(random)),
        .kind = (uint8_t)(rng_below(random, 8) != 0 ? rng_below(random, 6) : rng_next(random)),
        .number = (uint16_t)(rng_next(random) << 2 | place),
        .present_len = hostile_len(random),
        .present_crc = rng_next(random),
        .previous_len = hostile_len(random),
        .previous_crc = rng_next(random),
        .reason = (uint8_t)rng_next(random),
        .flags = (uint8_t)rng_below(random, 4),
        .tries = (uint8_t)rng_next(random),
        .floor = rng_below(random, 2) != 0 ? 0 : (uint32_t)rng_next(random),
        .version = rng_below(random, 2) != 0 ? 0 : (uint32_t)rng_next(random),
    };
    uint32_t style = rng_below(random, 8);

    if (count != 0 && rng_below(random, 2) != 0) {
        const struct otter_digest_record *digest = &digests[rng_below(random, count)];

        entry.present_len = digest->length;
        entry.present_crc = digest->crc;
        digest = &digests[rng_below(random, count)];
        entry.previous_len = digest->length;
        entry.previous_crc = digest->crc;
    }
    if (style == 0) {
        rng_fill(random, out, JOURNAL_ENTRY_LEN);
        return;
    }
    journal_entry_put(out, place, &entry);
    if (style == 1) {
        memset(out, 0xFF, JOURNAL_ENTRY_LEN);
        return;
    }
    if (style == 2) {
        otter_put_le16(out + ENTRY_AT_COMMIT, (uint16_t)rng_next(random));
    }
    put_hostile_marks(random, out, ENTRY_AT_PAGE_MARKS, JOURNAL_ENTRY_LEN);
    put_hostile_marks(random, out, ENTRY_AT_STARTS, ENTRY_AT_CONFIRMED);
    put_hostile_marks(random, out, ENTRY_AT_CONFIRMED, ENTRY_AT_REQUEST);
    put_hostile_marks(random, out, ENTRY_AT_NOTES, ENTRY_AT_PAGE_MARKS);
    if (rng_below(random, 3) == 0) {
        journal_request_put(out, entry.number, hostile_len(random), rng_below(random, 4) == 0);
    }
}
