/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_MEMORY_H
#define CLOUD_FLEET_MEMORY_H

#include <stddef.h>

/* Memory for what there is a hundred thousand of. At the start most of the time would be
 * malloc()'s and the kernel's, one fault of the processor for each 4 KB; large pieces come in
 * large pages where the kernel has them, which also spares misses of the processor's table of
 * pages at every poll.
 */

/* Zeroed; free it with free(). NULL: no memory. */
void *fleet_memory_large(size_t size);

/* Many small things: no bytes around each, and what is given back is used again for things of
 * the same size. Begin with {0}. */
enum { FLEET_UNIT = 8, FLEET_SMALL_MAX = 512 };

struct fleet_arena {
    struct fleet_block *blocks;
    size_t block_size, left; /* of the newest block, and what of it is not used yet */
    struct fleet_hole *holes[FLEET_SMALL_MAX / FLEET_UNIT + 1]; /* by size in units */
};

/* Zeroed, aligned for 64-bit members; of any size, but more than FLEET_SMALL_MAX is malloc()'s.
 * NULL: no memory. */
void *fleet_arena_new(struct fleet_arena *arena, size_t size);
/* Give it back; `size` is what it was made with. NULL is allowed. */
void fleet_arena_give(struct fleet_arena *arena, void *item, size_t size);
/* Free all that is not malloc()'s. */
void fleet_arena_free(struct fleet_arena *arena);

#endif
