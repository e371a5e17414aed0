/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/image.h"
#include "otter/journal.h"
#include "chip.h"

typedef char marks_as_in_the_journal
    [OTTER_LAYOUT_FITS(0x400, 2, 0x400 * OTTER_JOURNAL_PAGES_MAX(0x400)) &&
             !OTTER_LAYOUT_FITS(0x400, 2, 0x400 * (OTTER_JOURNAL_PAGES_MAX(0x400) + 1))
         ? 1
         : -1];

static bool is_whole(const struct otter_region *region, uint32_t page_size)
{
    return region->addr % page_size == 0 && region->size % page_size == 0 &&
           region->size != 0 && region->addr + region->size - 1 >= region->addr;
}

static bool is_apart(const struct otter_region *a, const struct otter_region *b)
{
    return a->addr - b->addr >= b->size && b->addr - a->addr >= a->size;
}

bool otter_layout_check(const struct otter_port *port, const struct otter_layout *layout)
{
    const struct otter_layout *map = chip_map(layout);
    uint32_t page_size = chip_page_size(port);
    const struct otter_region *const regions[] = {&map->boot, &map->journal, &map->spare,
                                                  &map->flag, &map->app,     &map->backup};
    enum { REGIONS = sizeof regions / sizeof regions[0] };

    if (!OTTER_LAYOUT_FITS(page_size, CHIP_PORT(port)->program_size, map->app.size) ||
        map->backup.size != map->app.size || map->journal.size != page_size ||
        map->spare.size != page_size || map->flag.size != page_size ||
        map->ram.size < OTTER_IMAGE_STACK_MIN) {
        return false;
    }
    for (unsigned i = 0; i < REGIONS; i++) {
        if (!is_whole(regions[i], page_size)) {
            return false;
        }
        for (unsigned other = 0; other < i; other++) {
            if (!is_apart(regions[i], regions[other])) {
                return false;
            }
        }
    }
    return true;
}
