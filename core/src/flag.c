/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/flag.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/image.h"

/* docs/flash-format.md chapter 2 */
enum { RECORD_STATUS = 0, RECORD_SIZE = 4, RECORD_MD5 = 8, RECORD_TRIES = OTTER_FLAG_SIZE };
enum { RECORD_ALL = RECORD_TRIES + 2 * OTTER_FLAG_TRIES };

enum { MARK_BLANK = 0xFFFF, MARK_BEGUN = 0x5555, MARK_INSTALLED = 0x0000, MARK_SIZE = 2 };

static int program_mark(const struct otter_port *port, const struct otter_layout *layout,
                        uint32_t off, uint16_t mark)
{
    uint8_t bytes[MARK_SIZE];

    otter_put_le16(bytes, mark);
    return port->program(port->ctx, layout->flag.addr + off, bytes, sizeof bytes);
}

/* Where the mark lies that decides: the last try that is not blank, or status if there is none. */
static uint32_t find_deciding(const uint8_t record[RECORD_ALL])
{
    uint32_t off = RECORD_ALL - MARK_SIZE;

    while (off >= RECORD_TRIES && otter_get_le16(record + off) == MARK_BLANK) {
        off -= MARK_SIZE;
    }
    return off >= RECORD_TRIES ? off : RECORD_STATUS;
}

/* Both slots count: the image is received into one and copied to the other. */
static bool is_size_possible(const struct otter_layout *layout, uint32_t size)
{
    return size >= OTTER_IMAGE_SIZE_MIN && size <= layout->backup.size &&
           size <= layout->app.size;
}

int otter_flag_read(const struct otter_port *port, const struct otter_layout *layout,
                    struct otter_flag *out_flag)
{
    uint8_t record[RECORD_ALL];
    int error = port->read(port->ctx, layout->flag.addr, record, sizeof record);
    uint32_t off;
    uint16_t mark;

    if (error != 0) {
        return error;
    }
    off = find_deciding(record);
    mark = otter_get_le16(record + off);
    if (off == RECORD_STATUS ? mark != OTTER_FLAG_PENDING : mark == MARK_INSTALLED) {
        return OTTER_ERR_NONE;
    }
    out_flag->mark = off;
    out_flag->image_size = otter_get_le32(record + RECORD_SIZE);
    memcpy(out_flag->md5, record + RECORD_MD5, sizeof out_flag->md5);
    return is_size_possible(layout, out_flag->image_size) ? 0 : OTTER_ERR_RANGE;
}

uint32_t otter_flag_fresh_size(const struct otter_port *port, const struct otter_layout *layout)
{
    uint8_t record[RECORD_ALL];
    uint32_t size;

    if (port->read(port->ctx, layout->flag.addr, record, sizeof record) != 0 ||
        find_deciding(record) != RECORD_STATUS ||
        otter_get_le16(record + RECORD_STATUS) != OTTER_FLAG_PENDING) {
        return 0;
    }
    size = otter_get_le32(record + RECORD_SIZE);
    return is_size_possible(layout, size) ? size : 0;
}

static int read_is_blank(const struct otter_port *port, uint32_t addr, bool *out_blank)
{
    uint8_t bytes[16];

    *out_blank = true;
    for (uint32_t off = 0; off < port->page_size; off += sizeof bytes) {
        int error = port->read(port->ctx, addr + off, bytes, sizeof bytes);

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
    uint8_t record[OTTER_FLAG_SIZE];
    bool blank;
    int error;

    if (!is_size_possible(layout, flag->image_size)) {
        return OTTER_ERR_RANGE;
    }
    error = read_is_blank(port, layout->flag.addr, &blank);
    if (error == 0 && !blank) {
        error = otter_flag_erase(port, layout);
    }
    if (error != 0) {
        return error;
    }
    otter_put_le32(record + RECORD_SIZE, flag->image_size);
    memcpy(record + RECORD_MD5, flag->md5, sizeof flag->md5);
    error = port->program(port->ctx, layout->flag.addr + RECORD_SIZE, record + RECORD_SIZE,
                          sizeof record - RECORD_SIZE);
    if (error != 0) {
        return error;
    }
    /* last: it makes the rest valid */
    return program_mark(port, layout, RECORD_STATUS, OTTER_FLAG_PENDING);
}

int otter_flag_begin(const struct otter_port *port, const struct otter_layout *layout,
                     struct otter_flag *flag)
{
    uint32_t off = flag->mark == RECORD_STATUS ? RECORD_TRIES : flag->mark + MARK_SIZE;

    if (off == RECORD_ALL) {
        return 0;
    }
    flag->mark = off;
    return program_mark(port, layout, off, MARK_BEGUN);
}

int otter_flag_mark_installed(const struct otter_port *port, const struct otter_layout *layout,
                              const struct otter_flag *flag)
{
    /* For those who know no marks; a try goes on under its own. */
    int error = program_mark(port, layout, RECORD_STATUS, MARK_INSTALLED);

    return error != 0 ? error : program_mark(port, layout, flag->mark, MARK_INSTALLED);
}

bool otter_flag_is_installed(const struct otter_port *port, const struct otter_layout *layout)
{
    uint8_t record[RECORD_ALL];

    return port->read(port->ctx, layout->flag.addr, record, sizeof record) == 0 &&
           otter_get_le16(record + find_deciding(record)) == MARK_INSTALLED;
}

int otter_flag_erase(const struct otter_port *port, const struct otter_layout *layout)
{
    port->feed(port->ctx);
    return port->erase(port->ctx, layout->flag.addr);
}
