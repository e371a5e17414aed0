/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_ota_flash.h"

#include <stdbool.h>
#include <string.h>
#include "gizwits_ota.h"
#include "gizwits_ota_port.h"
#include "otter/flag.h"
#include "otter/image.h"

enum { CHUNK = 64 }; /* bytes handled at once, on the stack; a multiple of every program_size */

/* ---- digest, under the tutorial's names ---- */

void GAgent_MD5Init(MD5_CTX *context)
{
    otter_md5_init(context);
}

void GAgent_MD5Update(MD5_CTX *context, unsigned char *input, unsigned int inputlen)
{
    otter_md5_update(context, input, inputlen);
}

void GAgent_MD5Final(MD5_CTX *context, unsigned char digest[16])
{
    otter_md5_final(context, digest);
}

/* ---- flash ---- */

static bool lies_in(const struct otter_region *region, uint32_t addr, uint32_t len)
{
    return addr >= region->addr && addr - region->addr <= region->size &&
           len <= region->size - (addr - region->addr);
}

/* Program a part of one page and read it back; hash it if `md5` is given. */
static int program_part(uint32_t addr, const uint8_t data[], uint32_t len, MD5_CTX *md5)
{
    const struct otter_port *port = otter_dropin_port;
    uint8_t bytes[CHUNK];
    uint32_t padded = len;
    int rc;

    memcpy(bytes, data, len);
    while (padded % port->program_size != 0) {
        bytes[padded++] = 0xFF;
    }
    rc = port->program(port->ctx, addr, bytes, padded);
    if (rc == 0) {
        rc = port->read(port->ctx, addr, bytes, len);
    }
    if (rc == 0 && md5 != NULL) {
        otter_md5_update(md5, bytes, len);
    }
    return rc;
}

static int program_bytes(uint32_t addr, const uint8_t data[], uint32_t len, MD5_CTX *md5)
{
    uint32_t done = 0;
    int rc = 0;

    while (rc == 0 && done < len) {
        uint32_t part = len - done < CHUNK ? len - done : CHUNK;

        rc = program_part(addr + done, data + done, part, md5);
        done += part;
    }
    return rc;
}

/* An older record that still says pending would describe what is about to be overwritten. */
static int void_flag(void)
{
    const struct otter_port *port = otter_dropin_port;
    struct otter_flag flag;
    int rc = otter_flag_read(port, otter_dropin_layout, &flag);

    if (rc == OTTER_ERR_NONE) {
        return 0;
    }
    if (rc != 0 && rc != OTTER_ERR_RANGE) {
        return rc;
    }
    return otter_flag_erase(port, otter_dropin_layout);
}

int otter_dropin_store(uint32_t off, const uint8_t data[], uint32_t len)
{
    const struct otter_port *port = otter_dropin_port;
    const struct otter_region *backup = &otter_dropin_layout->backup;
    uint32_t done = 0;
    int rc = 0;

    if (off > backup->size || len > backup->size - off) {
        return OTTER_ERR_RANGE;
    }
    if (off == 0) {
        rc = void_flag();
    }
    while (rc == 0 && done < len) {
        uint32_t in_page = (off + done) % port->page_size;
        uint32_t part = port->page_size - in_page;

        if (part > len - done) {
            part = len - done;
        }
        port->feed(port->ctx);
        if (in_page == 0) {
            rc = port->erase(port->ctx, backup->addr + off + done);
        }
        if (rc == 0) {
            rc = program_bytes(backup->addr + off + done, data + done, part, &romUpdate.ctx);
        }
        done += part;
    }
    return rc;
}

int otter_dropin_check(uint32_t image_size)
{
    const struct otter_port *port = otter_dropin_port;
    uint32_t addr = otter_dropin_layout->backup.addr;
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];
    struct otter_image image;
    int rc = port->read(port->ctx, addr, bytes, OTTER_IMAGE_SIZE_MIN);

    if (rc != 0) {
        return rc;
    }
    if (!otter_image_is_startable(bytes, otter_dropin_layout)) {
        return OTTER_ERR_FORMAT;
    }
    if (image_size < OTTER_IMAGE_TRAILER_SIZE) {
        return 0;
    }
    rc = port->read(port->ctx, addr + image_size - OTTER_IMAGE_TRAILER_SIZE, bytes,
                    sizeof bytes);
    if (rc != 0) {
        return rc;
    }
    rc = otter_image_get_trailer(bytes, image_size, &image);
    return rc == OTTER_ERR_NONE ? 0 : rc; /* a plain .bin is an image too */
}

void flash_erase(uint32_t size, uint32_t addr_base)
{
    const struct otter_port *port = otter_dropin_port;
    const struct otter_layout *layout = otter_dropin_layout;
    uint32_t first = addr_base - addr_base % port->page_size;

    if (size == 0 || (!lies_in(&layout->backup, addr_base, size) &&
                      !lies_in(&layout->flag, addr_base, size))) {
        return;
    }
    for (uint32_t page = first; page - first < addr_base - first + size;
         page += port->page_size) {
        port->feed(port->ctx);
        if (port->erase(port->ctx, page) != 0) {
            return;
        }
    }
}

void wFlashData(uint8_t *buf, uint16_t len, uint32_t addr)
{
    if (buf != NULL && addr % otter_dropin_port->program_size == 0 &&
        lies_in(&otter_dropin_layout->backup, addr, len)) {
        otter_dropin_port->feed(otter_dropin_port->ctx);
        (void)program_bytes(addr, buf, len,
                            NULL); /* void, as in the tutorial: read back to know */
    }
}

void rFlashData(uint8_t *buf, uint16_t len, uint32_t addr)
{
    const struct otter_port *port = otter_dropin_port;

    if (buf != NULL && port->read(port->ctx, addr, buf, len) != 0) {
        memset(buf, 0xFF, len);
    }
}
