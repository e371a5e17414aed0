/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/swap.h"

enum { SLICE_SIZE = 64 }; /* copied at once; a multiple of every port's program_size */

struct otter_place otter_place_app(const struct otter_layout *layout)
{
    return (struct otter_place){layout->app.addr, layout->app.addr + layout->spare.size};
}

struct otter_place otter_place_incoming(const struct otter_layout *layout)
{
    return (struct otter_place){layout->backup.addr, layout->backup.addr + layout->spare.size};
}

struct otter_place otter_place_previous(const struct otter_layout *layout)
{
    return (struct otter_place){layout->spare.addr, layout->backup.addr};
}

/* Address of page i; all sizes are pages here. */
static uint32_t page_addr(const struct otter_port *port, const struct otter_place *place,
                          uint32_t i)
{
    return i == 0 ? place->first : place->rest + (i - 1) * port->page_size;
}

int otter_place_read(const struct otter_port *port, const struct otter_place *place,
                     uint32_t off, uint8_t out[], uint32_t len)
{
    int error = 0;

    while (len != 0 && error == 0) {
        uint32_t in_page = off % port->page_size;
        uint32_t part = port->page_size - in_page < len ? port->page_size - in_page : len;

        error = port->read(port->ctx, page_addr(port, place, off / port->page_size) + in_page,
                           out, part);
        out += part;
        off += part;
        len -= part;
    }
    return error;
}

uint32_t otter_place_crc(const struct otter_port *port, const struct otter_place *place,
                         uint32_t length)
{
    uint32_t first = length < port->page_size ? length : port->page_size;
    uint32_t crc = port->crc(port->ctx, false, place->first, first);

    port->feed(port->ctx);
    return length == first ? crc : port->crc(port->ctx, true, place->rest, length - first);
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

int otter_swap(const struct otter_port *port, const struct otter_layout *layout,
               struct otter_journal *journal)
{
    const struct otter_place app = otter_place_app(layout);
    const struct otter_place area = otter_place_previous(layout);
    uint32_t half_steps = 2 * otter_journal_pages(journal, port->page_size);
    int error = 0;

    while (journal->step < half_steps && error == 0) {
        uint32_t page = journal->step / 2u;
        uint32_t in_app = page_addr(port, &app, page);

        error = journal->step % 2 == 0
                    ? copy_page(port, in_app, page_addr(port, &area, page))
                    : copy_page(port, page_addr(port, &area, page + 1), in_app);
        if (error == 0) {
            error = otter_journal_advance(port, journal);
        }
    }
    return error;
}

int otter_restore(const struct otter_port *port, const struct otter_layout *layout,
                  struct otter_journal *journal)
{
    const struct otter_place app = otter_place_app(layout);
    const struct otter_place area = otter_place_previous(layout);
    uint32_t pages = (journal->previous.length + port->page_size - 1) / port->page_size;
    int error = 0;

    while (journal->step < pages && error == 0) {
        error = copy_page(port, page_addr(port, &area, journal->step),
                          page_addr(port, &app, journal->step));
        if (error == 0) {
            error = otter_journal_advance(port, journal);
        }
    }
    return error;
}
