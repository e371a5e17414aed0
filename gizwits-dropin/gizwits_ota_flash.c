/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include "gizwits_ota.h"
#include "gizwits_ota_port.h"
#include "otter/update.h"

enum { CHUNK = 64 }; /* bytes handled at once, on the stack; a multiple of every program_size */

static bool lies_in(const struct otter_region *region, uint32_t addr, uint32_t len)
{
    return addr >= region->addr && addr - region->addr <= region->size &&
           len <= region->size - (addr - region->addr);
}

/* On trial APPBAK holds the image to go back to. */
static bool is_backup(uint32_t addr, uint32_t len)
{
    return lies_in(&otter_dropin_layout->backup, addr, len) &&
           otter_update_is_allowed(otter_dropin_port, otter_dropin_layout);
}

/* ... and FLAG, where there is a journal, is a page of it. */
static bool is_flag(uint32_t addr, uint32_t len)
{
    return lies_in(&otter_dropin_layout->flag, addr, len) &&
           !otter_update_has_journal(otter_dropin_port, otter_dropin_layout);
}

void flash_erase(uint32_t size, uint32_t addr_base)
{
    const struct otter_port *port = otter_dropin_port;
    uint32_t first = addr_base - addr_base % port->page_size;

    if (size == 0 || (!is_backup(addr_base, size) && !is_flag(addr_base, size))) {
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

/* void, as in the tutorial: read back to know. */
void wFlashData(uint8_t *buf, uint16_t len, uint32_t addr)
{
    const struct otter_port *port = otter_dropin_port;
    uint8_t bytes[CHUNK];

    if (buf == NULL || addr % port->program_size != 0 || !is_backup(addr, len)) {
        return;
    }
    port->feed(port->ctx);
    for (uint32_t done = 0; done < len; done += CHUNK) {
        uint32_t part = len - done < CHUNK ? len - done : CHUNK;

        memset(bytes, 0xFF, sizeof bytes);
        memcpy(bytes, buf + done, part);
        part += (port->program_size - part % port->program_size) % port->program_size;
        if (port->program(port->ctx, addr + done, bytes, part) != 0) {
            return;
        }
    }
}

void rFlashData(uint8_t *buf, uint16_t len, uint32_t addr)
{
    const struct otter_port *port = otter_dropin_port;

    if (buf != NULL && port->read(port->ctx, addr, buf, len) != 0) {
        memset(buf, 0xFF, len);
    }
}
