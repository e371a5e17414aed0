/* SPDX-License-Identifier: Apache-2.0 */
/* Where a life has got to, so that a thousand cuts begin there. */
#include <stdlib.h>
#include <string.h>
#include "power/device_life.h"

bool life_save(const struct device_life *life, struct life_snapshot *out_snapshot)
{
    out_snapshot->state = life->state;
    out_snapshot->bytes = malloc(life->map->size);
    if (out_snapshot->bytes == NULL) {
        return false;
    }
    memcpy(out_snapshot->bytes, life->flash.bytes, life->map->size);
    return true;
}

static void load(struct device_life *life, const struct life_snapshot *snapshot, uint32_t addr,
                 uint32_t end)
{
    uint32_t off = addr - RAM_FLASH_ADDR;

    memcpy(life->flash.bytes + off, snapshot->bytes + off, end - addr);
}

void life_load(struct device_life *life, const struct life_snapshot *snapshot)
{
    const struct otter_layout *layout = life->map->layout;
    uint32_t used = 0;

    life->state = snapshot->state;
    life->breach = LIFE_KEPT;
    life->wear = LIFE_SOUND;
    life->refusals = life->waits = life->calm = 0;
    life->flash.stuck_mask = 0;
    life->flash.stick_at = 0;
    ram_flash_heal(&life->flash);
    ram_flash_restart(&life->flash);
    /* Of a slot only what images cover is ever written; and one dead cell more. */
    for (unsigned i = 0; i < LIFE_IMAGES; i++) {
        used = life->size[i] > used ? life->size[i] : used;
    }
    used = (used + life->map->page_size - 1) / life->map->page_size * life->map->page_size;
    load(life, snapshot, layout->journal.addr, layout->app.addr + used);
    load(life, snapshot, layout->backup.addr, layout->backup.addr + used);
    life->flash.bytes[life->flash.stuck_off] = snapshot->bytes[life->flash.stuck_off];
}
