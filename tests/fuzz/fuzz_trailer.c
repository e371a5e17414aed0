/* SPDX-License-Identifier: Apache-2.0 */
/* The image trailer and the check of the vectors: what is accepted is what the format says. */
#include "otter/bytes.h"
#include "otter/image.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ram_flash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t head[8] = {0}, header[OTTER_IMAGE_HEADER_SIZE] = {0};
    uint8_t back[OTTER_IMAGE_TRAILER_SIZE];
    uint32_t image_size = (uint32_t)fuzz_u16(&input) << 16;
    struct otter_image image;

    image_size |= fuzz_u16(&input);
    for (size_t i = 0; i < sizeof head; i++) {
        head[i] = fuzz_u8(&input);
    }
    for (size_t i = 0; i < sizeof header; i++) {
        header[i] = fuzz_u8(&input);
    }
    int rc = otter_image_get_trailer(header, image_size, &image);
    FUZZ_CHECK(rc == 0 || rc == OTTER_ERR_NONE || rc == OTTER_ERR_FORMAT);
    if (rc == 0) {
        FUZZ_CHECK(image.length < image_size);
        otter_image_put_trailer(back, &image);
        FUZZ_CHECK(memcmp(back, header, sizeof header) == 0);
    }
    if (otter_image_is_startable(head, image_size, &ram_flash_layout)) {
        const struct otter_region *app = &ram_flash_layout.app, *ram = &ram_flash_layout.ram;
        uint32_t stack = otter_get_le32(head), reset = otter_get_le32(head + 4) - app->addr;
        FUZZ_CHECK(stack % 4 == 0 && stack >= ram->addr + OTTER_IMAGE_STACK_MIN &&
                   stack - ram->addr <= ram->size);
        FUZZ_CHECK(reset % 2 == 1 && reset >= 8 && reset < image_size);
    }
    return 0;
}
