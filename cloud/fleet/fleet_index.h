/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_INDEX_H
#define CLOUD_FLEET_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

/* Items by a key of bytes that strangers may choose: a hash table with a secret key, so that
 * nobody can choose keys that meet. (A tree costs a miss of the cache per level, and every poll
 * looks for two keys.) The items belong to whoever put them in. */
struct fleet_index {
    struct fleet_index_entry {
        uint64_t hash;
        void *item; /* NULL = free */
    } * entries;
    size_t count, size; /* size: a power of two, or 0 */
    uint64_t secret[2];
};

/* Does this item have this key? */
typedef bool fleet_index_match(const void *item, const void *key, size_t key_len);

/* Have room for `count` items in all. Returns 0, or -1 without memory. */
OTTER_MUST_CHECK int fleet_index_reserve(struct fleet_index *index, size_t count);
/* Put in an item whose key is not in it. Returns 0, or -1 without memory. */
OTTER_MUST_CHECK int fleet_index_add(struct fleet_index *index, const void *key, size_t key_len,
                                     void *item);
/* NULL if there is none. */
void *fleet_index_find(const struct fleet_index *index, const void *key, size_t key_len,
                       fleet_index_match *matches);
/* Take out an item; it may be that it is not in it. */
void fleet_index_remove(struct fleet_index *index, const void *key, size_t key_len,
                        const void *item);
void fleet_index_free(struct fleet_index *index);

#endif
