/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "otter/image.h"

/* The image's trailer, made by the linker instead of a tool: the section .otter_trailer follows
 * everything else in the .bin, and the symbol ld_image_length is what comes before it. Fields
 * and their order are those of otter/image.h; all lie on their natural alignment, and the chip
 * is little-endian as the format is. Key id and signature are zero here: the build signs what
 * it has linked (cmake/sign.cmake), and gives what the image is: IMAGE_HARDWARE, IMAGE_VERSION
 * (both 8 characters) and IMAGE_NUMBER, the version as a number (cmake/firmware.cmake).
 */
struct trailer {
    uint8_t magic[8];
    uint16_t format, flags;
    uint32_t length;
    uint8_t hardware[8];
    uint8_t version[8];
    uint32_t number;
    uint32_t key_id;
    uint8_t reserved[8];
    uint8_t signature[OTTER_IMAGE_SIGNATURE_SIZE];
};
typedef char trailer_has_its_size[sizeof(struct trailer) == OTTER_IMAGE_TRAILER_SIZE ? 1 : -1];

extern const uint8_t ld_image_length[]; /* its address is the value */

__attribute__((section(".otter_trailer"), used)) static const struct trailer trailer = {
    .magic = "otter-im",
    .format = OTTER_IMAGE_FORMAT,
    .length = (uint32_t)ld_image_length,
    .hardware = IMAGE_HARDWARE,
    .version = IMAGE_VERSION,
    .number = IMAGE_NUMBER,
};
