/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/flash.h"

#include <string.h>
#include "board/stm32f1/chip.h"

/* What a flash operation leaves in the cells when the power fails in it, and the cells that are
 * weak. */

/* The cells that the operation under way changes. */
static void find_range(const struct board *board, size_t *out_first, size_t *out_size)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    bool whole = fpec->op == FPEC_MASS_ERASE;
    *out_first = whole ? 0 : fpec->op_addr;
    *out_size = whole ? chip_flash_size(board) : fpec->op == FPEC_ERASE ? FLASH_PAGE_SIZE : 2;
}

static uint16_t half_word(const struct board *board, size_t index)
{
    const uint8_t *cell = chip_flash(board) + 2 * index;
    return (uint16_t)(cell[0] | cell[1] << 8);
}

/* ---- weak cells ---- */

/* A linear search: there are at most two pages of them, for a short time. */
static struct weak_cell *find_weak(struct flash_cells *cells, size_t index)
{
    for (unsigned i = 0; i < cells->weak_len; i++) {
        if (cells->weak[i].index == index) {
            return &cells->weak[i];
        }
    }
    return NULL;
}

/* A full table keeps the older ones; it has room for two whole pages. */
static void add_weak(struct flash_cells *cells, size_t index, uint16_t mask)
{
    struct weak_cell *weak = find_weak(cells, index);
    if (weak != NULL) {
        weak->mask |= mask;
    } else if (mask != 0 && cells->weak_len < FLASH_WEAK_MAX) {
        cells->weak[cells->weak_len++] = (struct weak_cell){(uint16_t)index, mask};
    }
}

/* The operation under way changes all its bits, but they become weak. To be called before they
 * change. */
static void weaken(struct board *board)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    struct flash_cells *cells = &flash_state(board)->cells;
    size_t first, size;
    find_range(board, &first, &size);
    for (size_t index = first / 2; index < (first + size) / 2; index++) {
        uint16_t old = half_word(board, index);
        add_weak(cells, index,
                 (uint16_t)(fpec->op == FPEC_PROGRAM ? old & ~fpec->op_value : ~old));
    }
    cells->weak_random = cells->cut_seed;
}

void flash_settle(struct board *board)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    struct flash_cells *cells = &flash_state(board)->cells;
    size_t first, size;
    find_range(board, &first, &size);
    for (unsigned i = 0; i < cells->weak_len;) {
        struct weak_cell *weak = &cells->weak[i];
        if (weak->index >= first / 2 && weak->index < (first + size) / 2) {
            weak->mask &= fpec->op == FPEC_PROGRAM ? fpec->op_value : 0;
        }
        if (weak->mask == 0) {
            *weak = cells->weak[--cells->weak_len];
        } else {
            i++;
        }
    }
}

void flash_power_on(struct board *board)
{
    struct flash_cells *cells = &flash_state(board)->cells;
    for (unsigned i = 0; i < cells->weak_len; i++) {
        uint8_t *cell = chip_flash(board) + 2 * (size_t)cells->weak[i].index;
        uint16_t mask = cells->weak[i].mask;
        uint16_t coin = (uint16_t)(chip_mix(&cells->weak_random) & mask);
        cell[0] = (uint8_t)((cell[0] & ~mask) | coin);
        cell[1] = (uint8_t)((cell[1] & ~(mask >> 8)) | coin >> 8);
    }
}

/* ---- torn operations ---- */

/* A random part of the bits in `changing`: at least one and not all, if there are two or
 * more. */
static uint16_t some_of(uint16_t changing, uint64_t *random)
{
    if ((changing & (changing - 1)) == 0) {
        return (uint16_t)(changing & chip_mix(random));
    }
    uint16_t some;
    do {
        some = (uint16_t)(changing & chip_mix(random));
    } while (some == 0 || some == changing);
    return some;
}

static uint16_t one_of(uint16_t changing, uint64_t *random)
{
    uint16_t one;
    do {
        one = (uint16_t)(changing & 1u << chip_mix(random) % 16);
    } while (one == 0 && changing != 0);
    return one;
}

static void tear_program(struct board *board, enum board_tear tear, uint64_t *random)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    uint8_t *cell = chip_flash(board) + fpec->op_addr;
    uint16_t changing = (uint16_t)(half_word(board, fpec->op_addr / 2) & ~fpec->op_value);
    uint16_t to_0 =
        tear == BOARD_TEAR_HALF_ERASED ? one_of(changing, random) : some_of(changing, random);
    cell[0] &= (uint8_t)~to_0;
    cell[1] &= (uint8_t) ~(to_0 >> 8);
}

void flash_tear(struct board *board, enum board_tear tear, uint64_t seed)
{
    uint64_t random = seed;
    size_t first, size;
    find_range(board, &first, &size);
    uint8_t *bytes = chip_flash(board) + first;
    if (flash_state(board)->fpec.op == FPEC_PROGRAM) {
        tear_program(board, tear, &random);
    } else if (tear == BOARD_TEAR_HALF_ERASED) {
        memset(bytes + (chip_mix(&random) % 2) * (size / 2), 0xFF, size / 2);
    } else {
        for (size_t i = 0; i < size; i += 8) {
            uint64_t to_1 = chip_mix(&random);
            for (unsigned j = 0; j < 8; j++) {
                bytes[i + j] |= (uint8_t)(to_1 >> (8 * j));
            }
        }
    }
}

void flash_fail(struct board *board)
{
    const struct flash_cells *cells = &flash_state(board)->cells;
    switch (cells->cut_tear) {
    case BOARD_TEAR_TORN:
    case BOARD_TEAR_HALF_ERASED:
        flash_tear(board, cells->cut_tear, cells->cut_seed);
        break;
    case BOARD_TEAR_WEAK:
        weaken(board);
        flash_change(board);
        break;
    case BOARD_TEAR_DONE:
        flash_change(board);
        flash_settle(board);
        break;
    case BOARD_TEAR_NOT_DONE: /* nothing was started */
        break;
    }
}
