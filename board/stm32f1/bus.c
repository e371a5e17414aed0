/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/bus.h"

#include "board/stm32f1/board_state.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/flash.h"
#include "board/stm32f1/rcc.h"

/* The memory map of the medium-density STM32F103 (DS5319 figure 11, RM0008 table 3). */

#define SRAM_BAND       0x22000000u
#define PERIPHERAL_BAND 0x42000000u
#define BAND_SIZE       0x02000000u
#define SYSTEM_MEMORY   0x1FFFF000u
#define FLASH_SIZE_REG  0x1FFFF7E0u
#define UNIQUE_ID       0x1FFFF7E8u
#define OPTION_BYTES    0x1FFFF800u

bool bus_is_flash(const struct board *board, uint32_t addr)
{
    uint32_t size = chip_flash_size(board);
    return addr - BOARD_FLASH_BASE < size || addr < size;
}

static uint32_t get(const uint8_t bytes[], unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)bytes[i] << (8 * i);
    }
    return value;
}

static void put(uint8_t bytes[], unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t size_mask(unsigned size)
{
    return size == 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

/* The unit of a peripheral at an address, or why there is none. */
struct target {
    const struct chip_peripheral *row;
    const struct chip_unit *unit;
    unsigned number;
};

static bool find(struct board *board, uint32_t addr, struct target *out_target)
{
    uint32_t block = (addr - PERIPHERALS_BASE) / PERIPHERAL_BLOCK;
    unsigned id = board->layout.at[block].id;
    if (id != CHIP_ID_COUNT) {
        out_target->row = chip_peripherals[id];
        out_target->number = board->layout.at[block].unit;
        out_target->unit = &out_target->row->units[out_target->number];
        return true;
    }
    const char *name = peripherals_not_modelled(addr);
    if (name != NULL) {
        chip_unknown(board, "%s (0x%08X) is not modelled", name, (unsigned)addr);
    } else {
        chip_unknown(board, "nothing is modelled at 0x%08X", (unsigned)addr);
    }
    return false;
}

static bool is_clocked(const struct board *board, const struct target *target)
{
    return rcc_is_clocked(board, target->unit->gate, target->unit->bit);
}

static bool read_peripheral(struct board *board, uint32_t addr, unsigned size,
                            uint32_t *out_value)
{
    struct target target;
    *out_value = 0;
    if (!find(board, addr, &target) || !is_clocked(board, &target)) {
        return true; /* without its clock a peripheral reads as 0 */
    }
    uint32_t offset = addr % PERIPHERAL_BLOCK;
    uint32_t value = target.row->read(board, target.number, offset & ~3u);
    *out_value = (value >> (8 * (offset & 3))) & size_mask(size);
    return true;
}

/* Make a write of a byte or half-word a write of the word. Returns false if it has no
 * effect. */
static bool widen(struct board *board, const struct target *target, uint32_t addr,
                  unsigned size, uint32_t *value)
{
    unsigned shift = 8 * (addr & 3);
    uint32_t rest;
    switch (target->row->narrow) {
    case NARROW_ALL_LANES:
        *value = size == 1 ? *value * 0x01010101u : *value * 0x00010001u;
        return true;
    case NARROW_BYTES:
        rest = target->row->read(board, target->number, addr % PERIPHERAL_BLOCK & ~3u);
        *value = (rest & ~(size_mask(size) << shift)) | *value << shift;
        return true;
    case NARROW_REFUSED:
    default:
        chip_unknown(board, "%s (0x%08X): a write of %u byte(s) is not described: words only",
                     target->unit->name, (unsigned)addr, size);
        return false;
    }
}

static bool write_peripheral(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    struct target target;
    if (!find(board, addr, &target) || !is_clocked(board, &target)) {
        return true;
    }
    if (size < 4 && !widen(board, &target, addr, size, &value)) {
        return true;
    }
    board->bus_error = false;
    target.row->write(board, target.number, addr % PERIPHERAL_BLOCK & ~3u, value);
    return !board->bus_error;
}

static bool read_system_memory(struct board *board, uint32_t addr, unsigned size,
                               uint32_t *out_value)
{
    const struct flash_cells *cells = &flash_state(board)->cells;
    if (addr >= UNIQUE_ID && addr + size <= UNIQUE_ID + sizeof board->unique_id) {
        *out_value = get(board->unique_id + (addr - UNIQUE_ID), size);
    } else if (addr >= FLASH_SIZE_REG && addr < UNIQUE_ID) {
        const uint8_t f_size[8] = {
            (uint8_t)(chip_flash_size(board) / 1024), 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        *out_value = get(f_size + (addr - FLASH_SIZE_REG), size);
    } else if (addr >= OPTION_BYTES && addr < OPTION_BYTES + sizeof cells->option_bytes) {
        *out_value = get(cells->option_bytes + (addr - OPTION_BYTES), size);
    } else {
        chip_unknown(board, "system memory at 0x%08X is not modelled", (unsigned)addr);
        *out_value = 0;
    }
    return true;
}

/* Everything but flash and bit-band: the same for the core and the DMA. */
static bool read_plain(struct board *board, uint32_t addr, unsigned size, uint32_t *out_value)
{
    *out_value = 0;
    if (addr - BOARD_SRAM_BASE < BOARD_SRAM_SIZE) {
        *out_value = get(board->sram + (addr - BOARD_SRAM_BASE), size);
        return true;
    }
    if (addr >= PERIPHERALS_BASE && addr < PERIPHERALS_END) {
        return read_peripheral(board, addr, size, out_value);
    }
    if (addr >= SYSTEM_MEMORY && addr < 0x20000000u) {
        return read_system_memory(board, addr, size, out_value);
    }
    return false;
}

static bool write_plain(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    if (addr - BOARD_SRAM_BASE < BOARD_SRAM_SIZE) {
        board->cpu.sram_writes++;
        put(board->sram + (addr - BOARD_SRAM_BASE), size, value);
        return true;
    }
    if (addr >= PERIPHERALS_BASE && addr < PERIPHERALS_END) {
        return write_peripheral(board, addr, size, value);
    }
    if (addr >= SYSTEM_MEMORY && addr < 0x20000000u) {
        chip_unknown(board,
                     "write of 0x%X to 0x%08X: programming of option bytes is not modelled",
                     (unsigned)value, (unsigned)addr);
        return true;
    }
    return false;
}

/* Bit-band alias (ARM DDI 0337E 4.2): a word of the alias is one bit of the region. The core
 * turns a write into a read and a write, both of the size of the access. */
static bool is_band(uint32_t addr, uint32_t *out_addr, unsigned *out_bit, unsigned size)
{
    uint32_t band = addr - SRAM_BAND < BAND_SIZE ? SRAM_BAND : PERIPHERAL_BAND;
    if (addr - band >= BAND_SIZE) {
        return false;
    }
    uint32_t byte = band - BAND_SIZE + ((addr - band) >> 5);
    *out_addr = byte & ~(uint32_t)(size - 1);
    *out_bit = ((addr >> 2) & 7) + 8 * (byte & (size - 1));
    return true;
}

/* The core waits for the flash. A stop that is requested meanwhile must not end the wait
 * early. */
static void stall(struct board *board)
{
    struct cpu *cpu = &board->cpu;
    enum board_stop stop = cpu->stop;
    while (flash_is_busy(board) && !chip_is_halted(board)) {
        cpu->stop = BOARD_STOP_TIME;
        cpu_stall_until(cpu, flash_busy_until(board));
        stop = cpu->stop != BOARD_STOP_TIME ? cpu->stop : stop;
    }
    cpu->stop = stop;
}

bool bus_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    struct board *board = ctx;
    uint32_t target;
    unsigned bit;
    if (bus_is_flash(board, addr)) {
        stall(board);
        *out_value = get(chip_flash(board) + addr % chip_flash_size(board), size);
        return true;
    }
    if (is_band(addr, &target, &bit, size)) {
        bool good = read_plain(board, target, size, out_value);
        *out_value = *out_value >> bit & 1;
        return good;
    }
    return read_plain(board, addr, size, out_value);
}

bool bus_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    struct board *board = ctx;
    uint32_t target;
    unsigned bit;
    if (chip_is_halted(board)) {
        return true; /* the instruction during which the chip died */
    }
    if (addr - BOARD_FLASH_BASE < chip_flash_size(board)) {
        return flash_program(board, addr, size, value);
    }
    if (addr < chip_flash_size(board)) {
        chip_unknown(board, "write of 0x%X to flash through its alias 0x%08X", (unsigned)value,
                     (unsigned)addr);
        return true;
    }
    if (is_band(addr, &target, &bit, size)) {
        uint32_t old;
        if (!read_plain(board, target, size, &old)) {
            return false;
        }
        return write_plain(board, target, size, (old & ~(1u << bit)) | (value & 1) << bit);
    }
    return write_plain(board, addr, size, value);
}

bool bus_dma_read(struct board *board, uint32_t addr, unsigned size, uint32_t *out_value)
{
    if (addr - BOARD_FLASH_BASE < chip_flash_size(board)) {
        *out_value = get(chip_flash(board) + (addr - BOARD_FLASH_BASE), size);
        return true;
    }
    return read_plain(board, addr, size, out_value);
}

bool bus_dma_write(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    if (bus_is_flash(board, addr)) {
        chip_unknown(board, "DMA write to flash at 0x%08X", (unsigned)addr);
        return true;
    }
    return write_plain(board, addr, size, value);
}
