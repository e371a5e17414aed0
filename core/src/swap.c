/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/swap.h"
#include "chip.h"

enum { SLICE_SIZE = 64 }; /* copied at once; a multiple of every port's program_size */

uint32_t otter_swap_page_addr(const struct otter_layout *layout, enum otter_image_at where,
                              uint32_t i)
{
    uint32_t page_size = chip_map(layout)->spare.size;

    if (where == OTTER_IMAGE_AT_APP) {
        return chip_map(layout)->app.addr + i * page_size;
    }
    i += where == OTTER_IMAGE_AT_NEW;
    return i == 0 ? chip_map(layout)->spare.addr
                  : chip_map(layout)->backup.addr + (i - 1) * page_size;
}

uint32_t otter_swap_image_crc(const struct otter_port *port, const struct otter_layout *layout,
                              enum otter_image_at where, uint32_t length)
{
    uint32_t page_size = chip_page_size(port);
    uint32_t crc = 0;

    for (uint32_t i = 0; i * page_size < length; i++) {
        uint32_t left = length - i * page_size;

        chip_feed(port);
        crc = chip_crc(port, i != 0, otter_swap_page_addr(layout, where, i),
                       left < page_size ? left : page_size);
    }
    return crc;
}

static int copy_page(const struct otter_port *port, uint32_t from, uint32_t to)
{
    uint8_t slice[SLICE_SIZE];
    int error;

    chip_feed(port);
    error = chip_erase(port, to);
    for (uint32_t off = 0; off < chip_page_size(port) && error == 0; off += SLICE_SIZE) {
        error = chip_read(port, from + off, slice, SLICE_SIZE);
        if (error == 0) {
            error = chip_program(port, to + off, slice, SLICE_SIZE);
        }
    }
    return error;
}

int otter_swap_save_first(const struct otter_port *port, const struct otter_layout *layout)
{
    return copy_page(port, otter_swap_page_addr(layout, OTTER_IMAGE_AT_APP, 0),
                     otter_swap_page_addr(layout, OTTER_IMAGE_AT_OLD, 0));
}

void otter_swap_turn_back(struct otter_journal *journal, uint32_t page_size)
{
    uint32_t saved = (journal->step + 1U) / 2U;
    uint32_t end;

    journal->kind = OTTER_JOURNAL_RESTORE;
    end = otter_journal_count_pages(journal, page_size);
    journal->step = (uint16_t)(saved < end ? end - saved : 0);
}

int otter_swap_run(const struct otter_port *port, const struct otter_layout *layout,
                   struct otter_journal *journal)
{
    bool is_swap = journal->kind == OTTER_JOURNAL_INSTALL;
    uint32_t pages = otter_journal_count_pages(journal, chip_page_size(port));
    uint32_t end = pages << is_swap;
    int error = 0;

    while (journal->step < end && error == 0) {
        uint32_t page = is_swap ? journal->step / 2U : pages - 1 - journal->step;
        uint32_t app = otter_swap_page_addr(layout, OTTER_IMAGE_AT_APP, page);
        uint32_t saved = otter_swap_page_addr(layout, OTTER_IMAGE_AT_OLD, page);

        if (is_swap && journal->previous.length == 0) {
            journal->step |= 1; /* nothing to save */
        }
        if (!is_swap) {
            error = copy_page(port, saved, app);
        } else if (journal->step % 2 == 0) {
            error = copy_page(port, app, saved);
        } else {
            error =
                copy_page(port, otter_swap_page_addr(layout, OTTER_IMAGE_AT_NEW, page), app);
        }
        if (error == 0) {
            error = otter_journal_advance(port, journal);
        }
    }
    return error;
}
