/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/poll_loop.h"

#include "board/stm32f1/chip.h"
#include "otter/bytes.h"

enum { PC = 15, INSTRUCTIONS_MAX = 4 };

static uint32_t flash_word(const struct board *board, uint32_t addr)
{
    return otter_get_le32(chip_flash(board) + (addr - BOARD_FLASH_BASE));
}

static bool is_flash(const struct board *board, uint32_t addr, uint32_t len)
{
    uint32_t off = addr - BOARD_FLASH_BASE, size = chip_flash_size(board);
    return off < size && len <= size - off;
}

/* Where the status registers are: RM0008, 3.3, and their offset 0, 27.6.1. */
static bool is_usart_sr(uint32_t addr)
{
    return addr == 0x40013800u || addr == 0x40004400u || addr == 0x40004800u;
}

/* ldr rA, [rB, #0]; lsls rA, rA, #n; bmi or bpl to `start`: the encodings T1 of each, in
 * chapter A7.7 of the ARMv7-M manual. */
static bool waits_for_bit(const struct board *board, uint32_t addr, uint32_t start,
                          unsigned *out_base)
{
    if (!is_flash(board, addr, 6)) {
        return false;
    }
    uint32_t load_and_shift = flash_word(board, addr);
    uint32_t branch = flash_word(board, addr + 2) >> 16;
    uint32_t load = load_and_shift & 0xFFFFu, shift = load_and_shift >> 16, a = load & 7u;
    uint32_t to = addr + 4 + 4 + 2 * (uint32_t)(int8_t)(branch & 0xFFu);
    *out_base = load >> 3 & 7u;
    return load >> 6 == 0x6800u >> 6 && shift >> 11 == 0 && (shift & 0x3Fu) == (a << 3 | a) &&
           *out_base != a && branch >> 9 == 0xD4u >> 1 && to == start;
}

bool poll_loop_begins(const struct board *board, uint32_t addr)
{
    unsigned base;
    if (waits_for_bit(board, addr, addr, &base)) {
        return is_usart_sr(board->cpu.r[base]);
    }
    if (!is_flash(board, addr, 2) || !waits_for_bit(board, addr + 2, addr, &base)) {
        return false;
    }
    uint32_t load = flash_word(board, addr) & 0xFFFFu; /* ldr rB, [pc, #n]: T1, too */
    uint32_t literal = (addr + 4) / 4 * 4 + 4 * (load & 0xFFu);
    return load >> 8 == (0x48u | base) && is_flash(board, literal, 4) &&
           is_usart_sr(flash_word(board, literal));
}

uint32_t poll_loop_find(const struct board *board)
{
    uint32_t pc = board->cpu.r[PC];
    for (unsigned before = 0; before < INSTRUCTIONS_MAX; before++) {
        if (poll_loop_begins(board, pc - 2 * before)) {
            return pc - 2 * before;
        }
    }
    return 0;
}
