/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_LIST_H
#define CLOUD_FLEET_LIST_H

#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

/* Things with an id, in order of it. `items` point to structs that begin with the id, and
 * belong to the list's user. Begin with {0}; free `items` in the end. */
struct fleet_list {
    void **items;
    size_t count, max;
};

/* Where the first item with an id of at least `id` stands; `count` if there is none. */
size_t fleet_list_place(const struct fleet_list *list, int64_t id);

/* Where the first item with an id above `id` stands; `count` if there is none. Of any `id`:
 * place(id + 1) would have no answer for the highest number. */
size_t fleet_list_behind(const struct fleet_list *list, int64_t id);

/* NULL if there is none. */
void *fleet_list_find(const struct fleet_list *list, int64_t id);

/* Add an item whose id is not there. Returns 0, or -1 without memory. */
OTTER_MUST_CHECK int fleet_list_add(struct fleet_list *list, void *item);

/* The item with this id, made (zeroed, `size` bytes, by calloc()) if it is not there. NULL: no
 * memory. */
void *fleet_list_find_or_add(struct fleet_list *list, int64_t id, size_t size);

/* Take out an item; it may be that it is not in it. */
void fleet_list_take_out(struct fleet_list *list, const void *item);

#endif
