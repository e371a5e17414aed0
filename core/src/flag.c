/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/flag.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/image.h"
#include "chip.h"

/* docs/flash-format.md chapter 2 */
enum { REQUEST_STATUS = 0, REQUEST_SIZE = 4, REQUEST_MD5 = 8, STATUS_SIZE = 2 };

/* Both slots limit the size: the image is received into one and copied to the other. */
static bool is_size_possible(const struct otter_layout *layout, uint32_t size)
{
    return size >= OTTER_IMAGE_SIZE_MIN && size <= chip_map(layout)->backup.size &&
           size <= chip_map(layout)->app.size;
}

int otter_flag_read(const struct otter_port *port, const struct otter_layout *layout,
                    struct otter_flag *out_flag)
{
    uint8_t request[OTTER_FLAG_SIZE];
    int error = chip_read(port, chip_map(layout)->flag.addr, request, sizeof request);

    if (error != 0) {
        return error;
    }
    if (otter_get_le16(request + REQUEST_STATUS) != OTTER_FLAG_PENDING) {
        return OTTER_ERR_NONE;
    }
    out_flag->image_size = otter_get_le32(request + REQUEST_SIZE);
    memcpy(out_flag->md5, request + REQUEST_MD5, sizeof out_flag->md5);
    return is_size_possible(layout, out_flag->image_size) ? 0 : OTTER_ERR_RANGE;
}

static int read_is_blank(const struct otter_port *port, uint32_t addr, bool *out_blank)
{
    uint8_t bytes[16];

    *out_blank = true;
    for (uint32_t off = 0; off < chip_page_size(port); off += sizeof bytes) {
        int error = chip_read(port, addr + off, bytes, sizeof bytes);

        if (error != 0) {
            return error;
        }
        for (unsigned i = 0; i < sizeof bytes; i++) {
            *out_blank = *out_blank && bytes[i] == 0xFF;
        }
    }
    return 0;
}

int otter_flag_write(const struct otter_port *port, const struct otter_layout *layout,
                     const struct otter_flag *flag)
{
    uint8_t request[OTTER_FLAG_SIZE];
    bool blank;
    int error;

    if (!is_size_possible(layout, flag->image_size)) {
        return OTTER_ERR_RANGE;
    }
    error = read_is_blank(port, chip_map(layout)->flag.addr, &blank);
    if (error == 0 && !blank) {
        error = otter_flag_erase(port, layout);
    }
    if (error != 0) {
        return error;
    }
    otter_put_le32(request + REQUEST_SIZE, flag->image_size);
    memcpy(request + REQUEST_MD5, flag->md5, sizeof flag->md5);
    error = chip_program(port, chip_map(layout)->flag.addr + REQUEST_SIZE,
                         request + REQUEST_SIZE, sizeof request - REQUEST_SIZE);
    if (error != 0) {
        return error;
    }
    /* last: it makes the other fields valid */
    otter_put_le16(request + REQUEST_STATUS, OTTER_FLAG_PENDING);
    return chip_program(port, chip_map(layout)->flag.addr + REQUEST_STATUS,
                        request + REQUEST_STATUS, STATUS_SIZE);
}

int otter_flag_erase(const struct otter_port *port, const struct otter_layout *layout)
{
    chip_feed(port);
    return chip_erase(port, chip_map(layout)->flag.addr);
}

const struct otter_flag_functions otter_flag_functions = {.read = otter_flag_read,
                                                          .erase = otter_flag_erase};
