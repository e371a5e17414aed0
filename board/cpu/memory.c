/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/internal.h"

/* Accesses off the fast path: flash at address 0, peripherals, the system control space, and
 * everything unaligned. */

static bool is_private(uint32_t addr)
{
    return addr >> 20 == 0xE00u;
}

/* Device memory and the system control space take aligned accesses only (A3.2.1, A3.5.4). */
static bool is_device(uint32_t addr)
{
    return (addr >= 0x40000000u && addr < 0x60000000u) || addr >= 0xA0000000u;
}

static uint32_t from_bytes(const uint8_t *bytes, unsigned size)
{
    return size == 4 ? host32(bytes) : size == 2 ? host16(bytes) : bytes[0];
}

/* An aligned read of 1, 2 or 4 bytes from anywhere. */
static bool read_aligned(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value)
{
    if (in_sram(cpu, addr)) {
        *out_value = from_bytes(cpu->sram + (addr - cpu->sram_base), size);
        return true;
    }
    if (!cpu->flash_is_slow) {
        uint32_t offset = addr < cpu->flash_size ? addr : addr - cpu->flash_base;
        if (offset < cpu->flash_size) {
            cpu->cycles += cpu->fetch_wait;
            *out_value = from_bytes(cpu->flash + offset, size);
            return true;
        }
    }
    bool good = is_private(addr) ? scs_read(cpu, addr, size, out_value)
                                 : cpu->bus.read(cpu->bus.ctx, addr, size, out_value);
    if (!good) {
        raise_bus_fault(cpu, addr);
    }
    return good;
}

static bool write_aligned(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t value)
{
    if (in_sram(cpu, addr)) {
        cpu->sram_writes++;
        for (unsigned i = 0; i < size; i++) {
            cpu->sram[addr - cpu->sram_base + i] = (uint8_t)(value >> (8 * i));
        }
        return true;
    }
    bool good = is_private(addr) ? scs_write(cpu, addr, size, value)
                                 : cpu->bus.write(cpu->bus.ctx, addr, size, value);
    if (cpu->flash_is_slow) { /* this write may have made it so: the next fetch must see that */
        request_slow_path(cpu);
    }
    if (!good) {
        raise_bus_fault(cpu, addr);
    }
    return good;
}

/* Is an unaligned access allowed, byte by byte? */
static bool may_split(struct cpu *cpu, uint32_t addr)
{
    if ((cpu->ccr & CCR_UNALIGN_TRP) != 0) {
        raise_fault(cpu, CFSR_UNALIGNED);
        return false;
    }
    if (is_device(addr)) {
        stop_unknown(cpu, addr, "unaligned access to device memory");
        return false;
    }
    cpu->cycles++;
    return true;
}

static bool read_any(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value)
{
    if ((addr & (size - 1u)) == 0) {
        return read_aligned(cpu, addr, size, out_value);
    }
    if (!may_split(cpu, addr)) {
        return false;
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint32_t byte;
        if (!read_aligned(cpu, addr + i, 1, &byte)) {
            return false;
        }
        value |= byte << (8 * i);
    }
    *out_value = value;
    return true;
}

static bool write_any(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t value)
{
    if ((addr & (size - 1u)) == 0) {
        return write_aligned(cpu, addr, size, value);
    }
    if (!may_split(cpu, addr)) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        if (!write_aligned(cpu, addr + i, 1, value >> (8 * i) & 0xFFu)) {
            return false;
        }
    }
    return true;
}

bool fetch16_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_halfword)
{
    /* Peripherals and the system region are execute-never in the default map (B3.1). */
    if ((addr >= 0x40000000u && addr < 0x60000000u) || addr >= 0xA0000000u) {
        raise_fault(cpu, CFSR_IACCVIOL);
        return false;
    }
    if (in_sram(cpu, addr)) {
        *out_halfword = host16(cpu->sram + (addr - cpu->sram_base));
        return true;
    }
    if (addr < cpu->flash_size && !cpu->flash_is_slow) {
        *out_halfword = host16(cpu->flash + addr);
        return true;
    }
    if (!cpu->bus.read(cpu->bus.ctx, addr, 2, out_halfword)) {
        raise_fault(cpu, CFSR_IBUSERR);
        return false;
    }
    return true;
}

bool read32_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    return read_any(cpu, addr, 4, out_value);
}

bool read16_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    return read_any(cpu, addr, 2, out_value);
}

bool read8_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    return read_aligned(cpu, addr, 1, out_value);
}

bool write32_slow(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    return write_any(cpu, addr, 4, value);
}

bool write16_slow(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    return write_any(cpu, addr, 2, value & 0xFFFFu);
}

bool write8_slow(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    return write_aligned(cpu, addr, 1, value & 0xFFu);
}

bool read32_aligned(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    if ((addr & 3u) != 0) {
        raise_fault(cpu, CFSR_UNALIGNED);
        return false;
    }
    return read32(cpu, addr, out_value);
}

bool write32_aligned(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    if ((addr & 3u) != 0) {
        raise_fault(cpu, CFSR_UNALIGNED);
        return false;
    }
    return write32(cpu, addr, value);
}
