/* SPDX-License-Identifier: Apache-2.0 */
#include "power/life_images.h"
#include <string.h>
#include "otter/md5.h"
#include "support/rng.h"

static uint8_t images[LIFE_IMAGES][RAM_FLASH_SIZE_MAX / 2];
static uint32_t made; /* bytes of each */

const uint8_t *life_image(int image)
{
    return images[image];
}

static void make_bytes(uint32_t size)
{
    if (made >= size) {
        return;
    }
    made = size;
    for (unsigned i = 0; i < LIFE_IMAGES; i++) {
        uint64_t random = i;

        rng_fill(&random, images[i], size);
    }
}

static uint32_t scaled(uint32_t planned, const struct ram_flash_map *map, uint32_t pages)
{
    int64_t count = planned / LIFE_PAGE;

    if (count > (LIFE_SLOT + LIFE_ANY) / 2 / LIFE_PAGE) {
        count += (int64_t)pages - LIFE_ANY / LIFE_PAGE;
    } else if (count > LIFE_SLOT / 2 / LIFE_PAGE) {
        count += (int64_t)map->slot_pages - LIFE_SLOT / LIFE_PAGE;
    }
    return (uint32_t)count * map->page_size + planned % LIFE_PAGE;
}

void life_images_make(struct device_life *life, uint32_t pages)
{
    make_bytes(life->map->slot_pages * life->map->page_size);
    for (unsigned i = 0; i < LIFE_IMAGES; i++) {
        struct otter_md5 md5;

        life->size[i] = scaled(life->plan->size[i], life->map, pages);
        memset(life->md5[i], 0, sizeof life->md5[i]);
        life->md5[i][0] = (uint8_t)i;
        if (life->plan->offered_again && life->size[i] != 0) {
            otter_md5_init(&md5);
            otter_md5_update(&md5, images[i], life->size[i]);
            otter_md5_final(&md5, life->md5[i]);
        }
    }
}

bool life_image_is_at(const struct device_life *life, int image, enum otter_image_at place)
{
    uint32_t size = life->size[image], page_size = life->map->page_size;

    for (uint32_t off = 0; off < size; off += page_size) {
        uint32_t len = size - off < page_size ? size - off : page_size;
        uint32_t addr = otter_swap_page_addr(life->map->layout, place, off / page_size);

        if (memcmp(ram_flash_peek(&life->flash, addr), images[image] + off, len) != 0) {
            return false;
        }
    }
    return size != 0;
}

int life_image_at(const struct device_life *life, enum otter_image_at place)
{
    for (int i = 0; i < LIFE_IMAGES; i++) {
        if (life_image_is_at(life, i, place)) {
            return i;
        }
    }
    return -1;
}

enum otter_reason life_image_verify(const void *ctx, enum otter_image_at place, uint32_t *size,
                                    uint32_t *out_number)
{
    const struct device_life *life = ctx;
    int image = life_image_at(life, place);

    if (image < 0 || (*size != 0 && *size != life->size[image]) ||
        life->plan->does[image] == LIFE_NOT_AUTHENTIC) {
        return OTTER_REASON_SIGNATURE;
    }
    *size = life->size[image];
    *out_number = (uint32_t)image;
    return OTTER_REASON_NONE;
}
