/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/swap.h"

enum { SLICE_SIZE = 64 }; /* copied at once; a multiple of every port's program_size */

uint32_t otter_place_page(const struct otter_layout *layout, enum otter_place place, uint32_t i)
{
    uint32_t page_size = layout->spare.size;

    if (place == OTTER_PLACE_APP) {
        return layout->app.addr + i * page_size;
    }
    i += place == OTTER_PLACE_INCOMING;
    return i == 0 ? layout->spare.addr : layout->backup.addr + (i - 1) * page_size;
}

uint32_t otter_place_crc(const struct otter_port *port, const struct otter_layout *layout,
                         enum otter_place place, uint32_t length)
{
    uint32_t page_size = port->page_size;
    uint32_t crc = 0;

    for (uint32_t i = 0; i * page_size < length; i++) {
        uint32_t left = length - i * page_size;

        port->feed(port->ctx);
        crc = port->crc(port->ctx, i != 0, otter_place_page(layout, place, i),
                        left < page_size ? left : page_size);
    }
    return crc;
}

static int copy_page(const struct otter_port *port, uint32_t from, uint32_t to)
{
    uint8_t slice[SLICE_SIZE];
    int error;

    port->feed(port->ctx);
    error = port->erase(port->ctx, to);
    for (uint32_t off = 0; off < port->page_size && error == 0; off += SLICE_SIZE) {
        error = port->read(port->ctx, from + off, slice, SLICE_SIZE);
        if (error == 0) {
            error = port->program(port->ctx, to + off, slice, SLICE_SIZE);
        }
    }
    return error;
}

int otter_move(const struct otter_port *port, const struct otter_layout *layout,
               struct otter_journal *journal)
{
    bool is_swap = journal->kind == OTTER_JOURNAL_INSTALL;
    uint32_t end = otter_journal_pages(journal, port->page_size) << is_swap;
    int error = 0;

    while (journal->step < end && error == 0) {
        uint32_t page = (uint32_t)journal->step >> is_swap;
        uint32_t app = otter_place_page(layout, OTTER_PLACE_APP, page);
        uint32_t saved = otter_place_page(layout, OTTER_PLACE_PREVIOUS, page);

        if (!is_swap) {
            error = copy_page(port, saved, app);
        } else if (journal->step % 2 == 0) {
            error = copy_page(port, app, saved);
        } else {
            error = copy_page(port, otter_place_page(layout, OTTER_PLACE_INCOMING, page), app);
        }
        if (error == 0) {
            error = otter_journal_advance(port, journal);
        }
    }
    return error;
}
