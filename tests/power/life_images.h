/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_LIFE_IMAGES_H
#define TEST_POWER_LIFE_IMAGES_H

#include <stdbool.h>
#include <stdint.h>
#include "power/device_life.h"

/* The images of a device life: what is in them, and where they lie. */

/* Set life->size and life->md5 for its map and plan. */
void life_images_make(struct device_life *life, uint32_t pages);

/* The bytes of image i, the same for every plan: noise. Sizes differ by plan, so a prefix of an
 * image is not one. */
const uint8_t *life_image(int image);

bool life_image_is_at(const struct device_life *life, int image, enum otter_image_at place);

/* Which one lies there whole, or -1. */
int life_image_at(const struct device_life *life, enum otter_image_at place);

/* For struct otter_startup. Stands for trailer and signature: only whole images have one. */
enum otter_reason life_image_verify(const void *ctx, enum otter_image_at place, uint32_t *size,
                                    uint32_t *out_number);

#endif
