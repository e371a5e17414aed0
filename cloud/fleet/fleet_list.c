/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_list.h"

#include <stdlib.h>
#include <string.h>

static int64_t id_of(const void *item)
{
    int64_t id;

    memcpy(&id, item, sizeof id);
    return id;
}

/* New ids are the largest, mostly. */
size_t fleet_list_place(const struct fleet_list *list, int64_t id)
{
    size_t low = 0, high = list->count;

    if (high != 0 && id_of(list->items[high - 1]) < id) {
        return high;
    }
    /* As long as nothing was deleted, an id says where it stands. */
    if (high != 0 && id >= id_of(list->items[0])) {
        uint64_t guess = (uint64_t)id - (uint64_t)id_of(list->items[0]);

        if (guess < high && id_of(list->items[guess]) == id) {
            return (size_t)guess;
        }
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (id_of(list->items[middle]) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t fleet_list_behind(const struct fleet_list *list, int64_t id)
{
    size_t at = fleet_list_place(list, id);

    return at < list->count && id_of(list->items[at]) == id ? at + 1 : at;
}

void *fleet_list_find(const struct fleet_list *list, int64_t id)
{
    size_t at = fleet_list_place(list, id);

    return at < list->count && id_of(list->items[at]) == id ? list->items[at] : NULL;
}

int fleet_list_add(struct fleet_list *list, void *item)
{
    size_t at = fleet_list_place(list, id_of(item));

    if (list->count == list->max) {
        size_t max = list->max == 0 ? 16 : 2 * list->max;
        void **items = realloc(list->items, max * sizeof *items);

        if (items == NULL) {
            return -1;
        }
        list->items = items;
        list->max = max;
    }
    memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof *list->items);
    list->items[at] = item;
    list->count++;
    return 0;
}

void fleet_list_take_out(struct fleet_list *list, const void *item)
{
    size_t at = fleet_list_place(list, id_of(item));

    if (at < list->count && list->items[at] == item) {
        list->count--;
        memmove(list->items + at, list->items + at + 1,
                (list->count - at) * sizeof *list->items);
    }
}

void *fleet_list_find_or_add(struct fleet_list *list, int64_t id, size_t size)
{
    void *item = fleet_list_find(list, id);

    if (item != NULL) {
        return item;
    }
    item = calloc(1, size);
    if (item == NULL) {
        return NULL;
    }
    memcpy(item, &id, sizeof id);
    if (fleet_list_add(list, item) != 0) {
        free(item);
        return NULL;
    }
    return item;
}
