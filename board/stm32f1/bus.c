/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/chip.h"

/* The memory map of the medium-density STM32F103 (DS5319 figure 11, RM0008 table 3). */

struct peripheral {
    const char *name; /* NULL = nothing there */
    enum chip_gate gate;
    unsigned bit, unit;
    uint32_t (*read)(struct board *board, unsigned unit, uint32_t offset);
    void (*write)(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
    void (*reset)(struct board *board, unsigned unit); /* NULL = not by APBxRSTR */
};

#define PERIPHERAL_BASE  0x40000000u
#define PERIPHERAL_BLOCK 0x400u
#define BLOCK(address)   (((address)-PERIPHERAL_BASE) / PERIPHERAL_BLOCK)
#define NOT_MODELLED(text)                                                                     \
    {                                                                                          \
        .name = (text)                                                                         \
    }

/* One entry per KB. A name without functions is a peripheral that is there but not modelled. */
static const struct peripheral peripherals[] = {
    [BLOCK(0x40000000)] = {"TIM2", GATE_APB1, 0, 1, tim_read, tim_write, tim_reset},
    [BLOCK(0x40000400)] = {"TIM3", GATE_APB1, 1, 2, tim_read, tim_write, tim_reset},
    [BLOCK(0x40000800)] = {"TIM4", GATE_APB1, 2, 3, tim_read, tim_write, tim_reset},
    [BLOCK(0x40002800)] = NOT_MODELLED("RTC"),
    [BLOCK(0x40002C00)] = NOT_MODELLED("WWDG"),
    [BLOCK(0x40003000)] = {"IWDG", GATE_NONE, 0, 0, iwdg_read, iwdg_write, NULL},
    [BLOCK(0x40003800)] = NOT_MODELLED("SPI2"),
    [BLOCK(0x40004400)] = {"USART2", GATE_APB1, 17, 1, usart_read, usart_write, usart_reset},
    [BLOCK(0x40004800)] = {"USART3", GATE_APB1, 18, 2, usart_read, usart_write, usart_reset},
    [BLOCK(0x40005400)] = NOT_MODELLED("I2C1"),
    [BLOCK(0x40005800)] = NOT_MODELLED("I2C2"),
    [BLOCK(0x40005C00)] = NOT_MODELLED("USB"),
    [BLOCK(0x40006000)] = NOT_MODELLED("USB/CAN SRAM"),
    [BLOCK(0x40006400)] = NOT_MODELLED("CAN"),
    [BLOCK(0x40006C00)] = {"BKP", GATE_APB1, 27, 0, bkp_read, bkp_write, NULL},
    [BLOCK(0x40007000)] = {"PWR", GATE_APB1, 28, 0, pwr_read, pwr_write, pwr_reset},
    [BLOCK(0x40010000)] = {"AFIO", GATE_APB2, 0, 0, afio_read, afio_write, afio_reset},
    [BLOCK(0x40010400)] = {"EXTI", GATE_NONE, 0, 0, exti_read, exti_write, NULL},
    [BLOCK(0x40010800)] = {"GPIOA", GATE_APB2, 2, 0, gpio_read, gpio_write, gpio_reset},
    [BLOCK(0x40010C00)] = {"GPIOB", GATE_APB2, 3, 1, gpio_read, gpio_write, gpio_reset},
    [BLOCK(0x40011000)] = {"GPIOC", GATE_APB2, 4, 2, gpio_read, gpio_write, gpio_reset},
    [BLOCK(0x40011400)] = {"GPIOD", GATE_APB2, 5, 3, gpio_read, gpio_write, gpio_reset},
    [BLOCK(0x40012400)] = NOT_MODELLED("ADC1"),
    [BLOCK(0x40012800)] = NOT_MODELLED("ADC2"),
    [BLOCK(0x40012C00)] = {"TIM1", GATE_APB2, 11, 0, tim_read, tim_write, tim_reset},
    [BLOCK(0x40013000)] = NOT_MODELLED("SPI1"),
    [BLOCK(0x40013800)] = {"USART1", GATE_APB2, 14, 0, usart_read, usart_write, usart_reset},
    [BLOCK(0x40020000)] = {"DMA1", GATE_AHB, 0, 0, dma_read, dma_write, NULL},
    [BLOCK(0x40021000)] = {"RCC", GATE_NONE, 0, 0, rcc_read, rcc_write, NULL},
    [BLOCK(0x40022000)] = {"FLASH", GATE_NONE, 0, 0, flash_read, flash_write, NULL},
    [BLOCK(0x40023000)] = {"CRC", GATE_AHB, 6, 0, crc_read, crc_write, NULL},
};
enum { BLOCK_COUNT = sizeof peripherals / sizeof peripherals[0] };

#define AHB_BASE        0x40018000u
#define PERIPHERAL_END  0x40024000u
#define SRAM_BAND       0x22000000u
#define PERIPHERAL_BAND 0x42000000u
#define BAND_SIZE       0x02000000u
#define SYSTEM_MEMORY   0x1FFFF000u
#define FLASH_SIZE_REG  0x1FFFF7E0u
#define UNIQUE_ID       0x1FFFF7E8u
#define OPTION_BYTES    0x1FFFF800u

bool bus_is_flash(uint32_t addr)
{
    return addr - BOARD_FLASH_BASE < BOARD_FLASH_SIZE || addr < BOARD_FLASH_SIZE;
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

static const struct peripheral *find(struct board *board, uint32_t addr)
{
    uint32_t block = BLOCK(addr);
    const struct peripheral *found = block < BLOCK_COUNT ? &peripherals[block] : NULL;
    if (found == NULL || found->name == NULL) {
        chip_unknown(board, "nothing is modelled at 0x%08X", (unsigned)addr);
        return NULL;
    }
    if (found->read == NULL) {
        chip_unknown(board, "%s (0x%08X) is not modelled", found->name, (unsigned)addr);
        return NULL;
    }
    return found;
}

static bool read_peripheral(struct board *board, uint32_t addr, unsigned size,
                            uint32_t *out_value)
{
    *out_value = 0;
    const struct peripheral *found = find(board, addr);
    if (found == NULL || !rcc_is_clocked(board, found->gate, found->bit)) {
        return true; /* without its clock a peripheral reads as 0 */
    }
    uint32_t offset = addr % PERIPHERAL_BLOCK;
    uint32_t value = found->read(board, found->unit, offset & ~3u);
    *out_value = (value >> (8 * (offset & 3))) & size_mask(size);
    return true;
}

/* A write narrower than a word: APB peripherals get the data on all lanes (RM0008 2.1, AHB/APB
 * bridges); the AHB ones take bytes, which only RCC's and CRC's registers are described to do. */
static bool widen(struct board *board, const struct peripheral *found, uint32_t addr,
                  unsigned size, uint32_t *value)
{
    if (addr < AHB_BASE) {
        if (found->read == gpio_read) {
            chip_unknown(board, "%s (0x%08X): write of %u byte(s), RM0008 9.2 asks for words",
                         found->name, (unsigned)addr, size);
            return false;
        }
        *value = size == 1 ? *value * 0x01010101u : *value * 0x00010001u;
        return true;
    }
    if (found->read != rcc_read && found->read != crc_read) {
        chip_unknown(board, "%s (0x%08X): write of %u byte(s) is not modelled", found->name,
                     (unsigned)addr, size);
        return false;
    }
    unsigned shift = 8 * (addr & 3);
    uint32_t rest = found->read(board, found->unit, addr % PERIPHERAL_BLOCK & ~3u);
    *value = (rest & ~(size_mask(size) << shift)) | *value << shift;
    return true;
}

static bool write_peripheral(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    const struct peripheral *found = find(board, addr);
    if (found == NULL || !rcc_is_clocked(board, found->gate, found->bit)) {
        return true;
    }
    if (size < 4 && !widen(board, found, addr, size, &value)) {
        return true;
    }
    board->bus_error = false;
    found->write(board, found->unit, addr % PERIPHERAL_BLOCK & ~3u, value);
    return !board->bus_error;
}

static bool read_system_memory(struct board *board, uint32_t addr, unsigned size,
                               uint32_t *out_value)
{
    if (addr >= UNIQUE_ID && addr + size <= UNIQUE_ID + sizeof board->unique_id) {
        *out_value = get(board->unique_id + (addr - UNIQUE_ID), size);
    } else if (addr >= FLASH_SIZE_REG && addr < UNIQUE_ID) {
        static const uint8_t f_size[8] = {
            BOARD_FLASH_SIZE / 1024, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        *out_value = get(f_size + (addr - FLASH_SIZE_REG), size);
    } else if (addr >= OPTION_BYTES && addr < OPTION_BYTES + sizeof board->flash.option_bytes) {
        *out_value = get(board->flash.option_bytes + (addr - OPTION_BYTES), size);
    } else {
        chip_unknown(board, "system memory at 0x%08X is not modelled", (unsigned)addr);
        *out_value = 0;
    }
    return true;
}

/* Everything but flash and bit-band: what the CPU and the DMA see alike. */
static bool read_plain(struct board *board, uint32_t addr, unsigned size, uint32_t *out_value)
{
    *out_value = 0;
    if (addr - BOARD_SRAM_BASE < BOARD_SRAM_SIZE) {
        *out_value = get(board->sram + (addr - BOARD_SRAM_BASE), size);
        return true;
    }
    if (addr >= PERIPHERAL_BASE && addr < PERIPHERAL_END) {
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
        put(board->sram + (addr - BOARD_SRAM_BASE), size, value);
        return true;
    }
    if (addr >= PERIPHERAL_BASE && addr < PERIPHERAL_END) {
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

/* Bit-band alias (ARM DDI 0337E 4.2): the word at the alias is one bit of the region. The core turns
 * a write into a read and a write of the size of the access. */
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

/* The core waits for the flash. A stop somebody asks for meanwhile must not cut the wait short. */
static void stall(struct board *board)
{
    struct cpu *cpu = &board->cpu;
    enum cpu_stop stop = cpu->stop;
    while (board->fpec.op != FPEC_IDLE && !chip_is_halted(board)) {
        cpu->stop = CPU_STOP_NONE;
        cpu_stall_until(cpu, board->fpec.op_end);
        stop = cpu->stop != CPU_STOP_NONE ? cpu->stop : stop;
    }
    cpu->stop = stop;
}

bool bus_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    struct board *board = ctx;
    uint32_t target;
    unsigned bit;
    if (bus_is_flash(addr)) {
        stall(board);
        *out_value = get(board->flash.bytes + addr % BOARD_FLASH_SIZE, size);
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
    if (addr - BOARD_FLASH_BASE < BOARD_FLASH_SIZE) {
        return flash_program(board, addr, size, value);
    }
    if (addr < BOARD_FLASH_SIZE) {
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
    if (addr - BOARD_FLASH_BASE < BOARD_FLASH_SIZE) {
        *out_value = get(board->flash.bytes + (addr - BOARD_FLASH_BASE), size);
        return true;
    }
    return read_plain(board, addr, size, out_value);
}

bool bus_dma_write(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    if (bus_is_flash(addr)) {
        chip_unknown(board, "DMA write to flash at 0x%08X", (unsigned)addr);
        return true;
    }
    return write_plain(board, addr, size, value);
}

void bus_reset_peripherals(struct board *board, enum chip_gate gate, uint32_t bits)
{
    for (unsigned i = 0; i < BLOCK_COUNT; i++) {
        const struct peripheral *p = &peripherals[i];
        if (p->reset != NULL && p->gate == gate && (bits >> p->bit & 1) != 0) {
            p->reset(board, p->unit);
        }
    }
}
