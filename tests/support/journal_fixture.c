/* SPDX-License-Identifier: Apache-2.0 */
#include "support/journal_fixture.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "support/ram_flash.h"
#include "support/rng.h"

uint32_t journal_entry_addr(unsigned i)
{
    return i < 8 ? ram_flash_layout.journal.addr + i * JOURNAL_ENTRY_LEN
                 : ram_flash_layout.flag.addr + (i - 8) * JOURNAL_ENTRY_LEN;
}

void journal_entry_put(uint8_t out[JOURNAL_ENTRY_LEN], unsigned place,
                       const struct journal_entry *entry)
{
    memset(out, 0xFF, JOURNAL_ENTRY_LEN);
    memset(out, 0, 8);
    otter_put_le16(out + 8, 0xA35C);
    out[10] = entry->step;
    out[11] = entry->kind;
    otter_put_le16(out + 12, entry->number);
    otter_put_le16(out + 14, entry->present_len);
    otter_put_le32(out + 16, entry->present_crc);
    otter_put_le16(out + 20, entry->previous_len);
    otter_put_le32(out + 22, entry->previous_crc);
    out[26] = entry->reason;
    out[27] = entry->flags;
    otter_put_le32(out + 28, otter_crc32(place, out + 10, 18));
    out[32] = out[12];
    out[33] = (uint8_t)~out[12];
}

void journal_request_put(uint8_t entry[JOURNAL_ENTRY_LEN], uint16_t number, uint16_t len,
                         uint32_t wrong)
{
    otter_put_le16(entry + 118, 0x5CA3);
    otter_put_le16(entry + 120, len);
    otter_put_le32(entry + 122, otter_crc32(number, entry + 118, 4) ^ wrong);
}

static uint16_t hostile_len(uint64_t *random)
{
    static const uint16_t lens[] = {0, 1, 3, 0x400, 0x401, 0x6800, 0x6801, 0x8000, 0xFFFF};

    return rng_below(random, 4) != 0 ? (uint16_t)rng_below(random, 0x6801)
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
        .step = (uint8_t)(rng_below(random, 2) != 0 ? rng_below(random, 60) : rng_next(random)),
        .kind = (uint8_t)(rng_below(random, 8) != 0 ? rng_below(random, 6) : rng_next(random)),
        .number = (uint16_t)(rng_next(random) << 3 | place),
        .present_len = hostile_len(random),
        .present_crc = rng_next(random),
        .previous_len = hostile_len(random),
        .previous_crc = rng_next(random),
        .reason = (uint8_t)rng_next(random),
        .flags = (uint8_t)rng_below(random, 4),
    };
    uint32_t style = rng_below(random, 8);

    if (count != 0 && rng_below(random, 2) != 0) {
        const struct otter_digest_record *digest = &digests[rng_below(random, count)];

        entry.present_len = (uint16_t)digest->length;
        entry.present_crc = digest->crc;
        digest = &digests[rng_below(random, count)];
        entry.previous_len = (uint16_t)digest->length;
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
        otter_put_le16(out + 32, (uint16_t)rng_next(random));
    }
    put_hostile_marks(random, out, 34, 86);
    put_hostile_marks(random, out, 86, 110);
    put_hostile_marks(random, out, 110, 118);
    if (rng_below(random, 3) == 0) {
        journal_request_put(out, entry.number, hostile_len(random), rng_below(random, 4) == 0);
    }
}
