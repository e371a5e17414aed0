/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "cloud/fleet/fleet_memory.h"

enum { SIZE_MIN = 64 };

/* ---- SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) ---- */
static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned count)
{
    while (count-- != 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

/* The words are taken in this machine's order: the hash never leaves the process. */
static uint64_t hash_of(const struct fleet_index *index, const void *key, size_t key_len)
{
    uint64_t v[4] = {
        0x736f6d6570736575 ^ index->secret[0], 0x646f72616e646f6d ^ index->secret[1],
        0x6c7967656e657261 ^ index->secret[0], 0x7465646279746573 ^ index->secret[1]};
    uint64_t word, last = (uint64_t)key_len << 56;
    const char *at = key;
    size_t left = key_len;

    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sip_word(v, word);
    }
    word = 0;
    memcpy(&word, at, left);
    sip_word(v, last | word);
    v[2] ^= 0xFF;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table: open addressing, one after the other ---- */
static void place(struct fleet_index *index, struct fleet_index_entry entry)
{
    size_t mask = index->size - 1, at = entry.hash & mask;

    while (index->entries[at].item != NULL) {
        at = (at + 1) & mask;
    }
    index->entries[at] = entry;
}

static int grow(struct fleet_index *index, size_t size)
{
    struct fleet_index old = *index;

    size = size < SIZE_MIN ? SIZE_MIN : size;
    struct fleet_index_entry *entries = fleet_memory_large(size * sizeof *entries);

    if (entries == NULL) {
        return -1;
    }
    if (old.size == 0) {
        (void)getrandom(index->secret, sizeof index->secret, 0);
    }
    index->entries = entries;
    index->size = size;
    for (size_t i = 0; i < old.size; i++) {
        if (old.entries[i].item != NULL) {
            place(index, old.entries[i]);
        }
    }
    free(old.entries);
    return 0;
}

int fleet_index_reserve(struct fleet_index *index, size_t count)
{
    size_t size = SIZE_MIN;

    while (8 * count > 7 * size && size < SIZE_MAX / sizeof *index->entries / 2) {
        size *= 2;
    }
    return size > index->size ? grow(index, size) : 0;
}

int fleet_index_add(struct fleet_index *index, const void *key, size_t key_len, void *item)
{
    if (8 * (index->count + 1) > 7 * index->size && grow(index, 2 * index->size) != 0) {
        return -1;
    }
    place(index, (struct fleet_index_entry){hash_of(index, key, key_len), item});
    index->count++;
    return 0;
}

void *fleet_index_find(const struct fleet_index *index, const void *key, size_t key_len,
                       fleet_index_match *matches)
{
    if (index->count == 0) {
        return NULL;
    }
    uint64_t hash = hash_of(index, key, key_len);
    size_t mask = index->size - 1;
    for (size_t at = hash & mask; index->entries[at].item != NULL; at = (at + 1) & mask) {
        const struct fleet_index_entry *entry = &index->entries[at];

        if (entry->hash == hash && matches(entry->item, key, key_len)) {
            return entry->item;
        }
    }
    return NULL;
}

void fleet_index_remove(struct fleet_index *index, const void *key, size_t key_len,
                        const void *item)
{
    if (index->count == 0) {
        return;
    }
    size_t mask = index->size - 1, at = hash_of(index, key, key_len) & mask;
    while (index->entries[at].item != item) {
        if (index->entries[at].item == NULL) {
            return;
        }
        at = (at + 1) & mask;
    }
    index->entries[at].item = NULL;
    index->count--;
    /* What stands behind it may have been put there because this place was taken. */
    for (at = (at + 1) & mask; index->entries[at].item != NULL; at = (at + 1) & mask) {
        struct fleet_index_entry entry = index->entries[at];

        index->entries[at].item = NULL;
        place(index, entry);
    }
}

void fleet_index_free(struct fleet_index *index)
{
    free(index->entries);
    *index = (struct fleet_index){0};
}
