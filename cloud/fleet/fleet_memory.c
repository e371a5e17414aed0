/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 << 20, BLOCK_MIN = 64 << 10, BLOCK_MAX = LARGE_PAGE };

struct fleet_block {
    struct fleet_block *next;
};

struct fleet_hole { /* what was given back begins with this */
    struct fleet_hole *next;
};

/* ---- large pieces ---- */
static void *allocate(size_t size)
{
    void *memory = size % LARGE_PAGE == 0 ? aligned_alloc(LARGE_PAGE, size) : malloc(size);

    if (memory != NULL && size % LARGE_PAGE == 0) {
        (void)madvise(memory, size, MADV_HUGEPAGE); /* without it, it is slower and no worse */
    }
    return memory;
}

void *fleet_memory_large(size_t size)
{
    void *memory = size % LARGE_PAGE == 0 ? allocate(size) : calloc(1, size);

    if (memory != NULL && size % LARGE_PAGE == 0) {
        memset(memory, 0, size);
    }
    return memory;
}

/* ---- small ones ---- */
static size_t units_of(size_t size)
{
    return size != 0 ? (size + FLEET_UNIT - 1) / FLEET_UNIT : 1;
}

/* Blocks grow: a small fleet needs no large page. */
static int add_block(struct fleet_arena *arena)
{
    size_t size = arena->block_size == 0 ? BLOCK_MIN : 2 * arena->block_size;

    size = size < BLOCK_MAX ? size : BLOCK_MAX;
    struct fleet_block *block = allocate(size);
    if (block == NULL) {
        return -1;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    arena->block_size = size;
    arena->left = size - sizeof *block;
    return 0;
}

void *fleet_arena_new(struct fleet_arena *arena, size_t size)
{
    size_t units = units_of(size);
    void *item;

    if (size > FLEET_SMALL_MAX) {
        return calloc(1, size);
    }
    if (arena->holes[units] != NULL) {
        item = arena->holes[units];
        arena->holes[units] = arena->holes[units]->next;
    } else {
        if (arena->left < units * FLEET_UNIT && add_block(arena) != 0) {
            return NULL;
        }
        item = (char *)arena->blocks + arena->block_size - arena->left;
        arena->left -= units * FLEET_UNIT;
    }
    memset(item, 0, units * FLEET_UNIT);
    return item;
}

void fleet_arena_give(struct fleet_arena *arena, void *item, size_t size)
{
    struct fleet_hole *hole = item;

    if (size > FLEET_SMALL_MAX) {
        free(item);
    } else if (hole != NULL) {
        hole->next = arena->holes[units_of(size)];
        arena->holes[units_of(size)] = hole;
    }
}

void fleet_arena_free(struct fleet_arena *arena)
{
    while (arena->blocks != NULL) {
        struct fleet_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}
