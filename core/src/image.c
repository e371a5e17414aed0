/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/image.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/md5.h"
#include "chip.h"

static const uint8_t magic[8] = {'o', 't', 't', 'e', 'r', '-', 'i', 'm'};

/* docs/flash-format.md chapter 3 */
enum {
    TRAILER_FORMAT = 8,
    TRAILER_FLAGS = 10,
    TRAILER_LENGTH = 12,
    TRAILER_HARDWARE = OTTER_IMAGE_HARDWARE,
    TRAILER_VERSION = 24,
    TRAILER_NUMBER = OTTER_IMAGE_NUMBER,
    TRAILER_KEY_ID = OTTER_IMAGE_KEY_ID,
    TRAILER_RESERVED = 40,
};

int otter_image_check_header(const uint8_t header[OTTER_IMAGE_HEADER_SIZE], uint32_t image_size)
{
    if (memcmp(header, magic, sizeof magic) != 0) {
        return OTTER_ERR_NONE;
    }
    if (otter_get_le16(header + TRAILER_FORMAT) != OTTER_IMAGE_FORMAT ||
        image_size < OTTER_IMAGE_TRAILER_SIZE + OTTER_IMAGE_SIZE_MIN ||
        otter_get_le32(header + TRAILER_LENGTH) != image_size - OTTER_IMAGE_TRAILER_SIZE ||
        (otter_get_le32(header + TRAILER_RESERVED) |
         otter_get_le32(header + TRAILER_RESERVED + 4)) != 0) {
        return OTTER_ERR_FORMAT;
    }
    return 0;
}

int otter_image_get_trailer(const uint8_t header[OTTER_IMAGE_HEADER_SIZE], uint32_t image_size,
                            struct otter_image *out_image)
{
    int error = otter_image_check_header(header, image_size);

    if (error != 0) {
        return error;
    }
    out_image->flags = otter_get_le16(header + TRAILER_FLAGS);
    out_image->length = otter_get_le32(header + TRAILER_LENGTH);
    memcpy(out_image->hardware, header + TRAILER_HARDWARE, sizeof out_image->hardware);
    memcpy(out_image->version, header + TRAILER_VERSION, sizeof out_image->version);
    out_image->number = otter_get_le32(header + TRAILER_NUMBER);
    out_image->key_id = otter_get_le32(header + TRAILER_KEY_ID);
    return 0;
}

void otter_image_put_trailer(uint8_t out[OTTER_IMAGE_TRAILER_SIZE],
                             const struct otter_image *image)
{
    memset(out, 0, OTTER_IMAGE_TRAILER_SIZE);
    memcpy(out, magic, sizeof magic);
    otter_put_le16(out + TRAILER_FORMAT, OTTER_IMAGE_FORMAT);
    otter_put_le16(out + TRAILER_FLAGS, image->flags);
    otter_put_le32(out + TRAILER_LENGTH, image->length);
    memcpy(out + TRAILER_HARDWARE, image->hardware, sizeof image->hardware);
    memcpy(out + TRAILER_VERSION, image->version, sizeof image->version);
    otter_put_le32(out + TRAILER_NUMBER, image->number);
    otter_put_le32(out + TRAILER_KEY_ID, image->key_id);
}

bool otter_image_is_startable(const uint8_t head[8], uint32_t length,
                              const struct otter_layout *layout)
{
    uint32_t stack = otter_get_le32(head) - chip_map(layout)->ram.addr;
    uint32_t reset = otter_get_le32(head + 4) - chip_map(layout)->app.addr;

    /* Unsigned differences: an address before the region becomes a huge offset. Addresses of
     * regions are even, so the subtraction keeps the Thumb bit. */
    return stack % 4 == 0 &&
           stack - OTTER_IMAGE_STACK_MIN <=
               chip_map(layout)->ram.size - OTTER_IMAGE_STACK_MIN &&
           reset % 2 == 1 && reset > OTTER_IMAGE_SIZE_MIN && reset < length;
}

int otter_image_md5(const struct otter_port *port, uint32_t addr, uint32_t image_size,
                    void (*progress)(void *ctx), void *ctx, uint8_t out_digest[16])
{
    enum { CHUNK_SIZE = 256 }; /* the tutorial logs one step per chunk */
    struct otter_md5 md5;
    uint8_t bytes[64];

    otter_md5_init(&md5);
    for (uint32_t off = 0; off < image_size;) {
        uint32_t len = image_size - off < sizeof bytes ? image_size - off : sizeof bytes;
        int error = chip_read(port, addr + off, bytes, len);

        if (error != 0) {
            return error;
        }
        otter_md5_update(&md5, bytes, len);
        off += len;
        if (off % CHUNK_SIZE == 0 || off == image_size) {
            chip_feed(port);
            if (progress != NULL) {
                progress(ctx);
            }
        }
    }
    otter_md5_final(&md5, out_digest);
    return 0;
}

enum otter_result otter_image_check(const struct otter_port *port,
                                    const struct otter_layout *layout, uint32_t addr,
                                    uint32_t image_size, const uint8_t hardware[8])
{
    uint32_t trailer_addr = addr + image_size - OTTER_IMAGE_TRAILER_SIZE;
    uint8_t head[OTTER_IMAGE_SIZE_MIN], header[OTTER_IMAGE_HEADER_SIZE];
    struct otter_image image = {.length = image_size};
    int rc = OTTER_ERR_NONE;

    if (chip_read(port, addr, head, sizeof head) != 0) {
        return OTTER_RESULT_FLASH;
    }
    if (image_size >= OTTER_IMAGE_TRAILER_SIZE) {
        if (chip_read(port, trailer_addr, header, sizeof header) != 0) {
            return OTTER_RESULT_FLASH;
        }
        rc = otter_image_get_trailer(header, image_size, &image);
    }
    if (!otter_image_is_startable(head, image.length, layout)) {
        return OTTER_RESULT_NOT_STARTABLE;
    }
    if (rc != 0) {
        return rc == OTTER_ERR_NONE ? OTTER_RESULT_NONE : OTTER_RESULT_BAD_TRAILER;
    }
    return hardware == NULL || memcmp(image.hardware, hardware, sizeof image.hardware) == 0
               ? OTTER_RESULT_NONE
               : OTTER_RESULT_WRONG_HARDWARE;
}
