/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op32.h"

/* 32-bit Thumb loads and stores, A5.3.5 to A5.3.10. Base registers are written back only after
 * every access has succeeded. */

static void unpredictable(struct cpu *cpu, uint32_t first, uint32_t second)
{
    stop_unknown(cpu, first << 16 | second, "load or store with these operands");
}

/* LDM, STM, IA and DB, A5.3.5. */
void op32_load_store_multiple(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    bool load = (first & 0x10u) != 0;
    bool write_back = (first & 0x20u) != 0;
    uint32_t mode = first >> 7 & 3u;
    uint32_t count = (uint32_t)__builtin_popcount(second);
    if (mode == 0 || mode == 3) { /* SRS, RFE: not in this profile */
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    bool has_pc = (second >> PC & 1u) != 0;
    if (n == PC || count < 2 || (second >> SP & 1u) != 0 ||
        (write_back && (second >> n & 1u) != 0) || (!load && has_pc) ||
        (load && has_pc && (second >> LR & 1u) != 0)) {
        unpredictable(cpu, first, second);
        return;
    }
    uint32_t base = cpu->r[n];
    uint32_t addr = mode == 1 ? base : base - 4u * count;
    uint32_t end = mode == 1 ? base + 4u * count : addr;
    uint32_t loaded[16];
    cpu->cycles += count;
    for (uint32_t left = second; left != 0; left &= left - 1u, addr += 4) {
        unsigned r = (unsigned)__builtin_ctz(left);
        if (load ? !read32_aligned(cpu, addr, &loaded[r])
                 : !write32_aligned(cpu, addr, cpu->r[r])) {
            return;
        }
    }
    if (write_back) {
        cpu->r[n] = end;
    }
    if (!load) {
        return;
    }
    for (uint32_t left = second & ~(1u << PC); left != 0; left &= left - 1u) {
        unsigned r = (unsigned)__builtin_ctz(left);
        cpu->r[r] = loaded[r];
    }
    if (has_pc) {
        branch_exchange(cpu, loaded[PC]);
    }
}

/* TBB, TBH. */
static void table_branch(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t m = second & 15u;
    bool half = (second & 0x10u) != 0;
    uint32_t entry;
    if (is_sp_or_pc(m) || (first & 15u) == SP || (second & 0xFFE0u) != 0xF000u) {
        unpredictable(cpu, first, second);
        return;
    }
    uint32_t base = operand(cpu, first & 15u);
    cpu->cycles++;
    if (half ? read16(cpu, base + 2u * cpu->r[m], &entry)
             : read8(cpu, base + cpu->r[m], &entry)) {
        branch_to(cpu, cpu->r[PC] + 4u + 2u * entry);
    }
}

/* LDREX, STREX and their byte and halfword forms. No other master makes reservations, so there
 * is only the local monitor (A3.4.1). */
static void exclusive(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t t = second >> 12;
    bool word = (first & 0x80u) == 0;
    bool load = (first & 0x10u) != 0;
    uint32_t size = word ? 4 : (second >> 4 & 3u) == 0 ? 1 : 2;
    uint32_t d = word ? second >> 8 & 15u : second & 15u;
    uint32_t addr = cpu->r[n] + (word ? (second & 0xFFu) << 2 : 0);
    uint32_t value;
    bool should_be_ones = word || (second >> 8 & 15u) == 15;
    if (n == PC || !should_be_ones || is_sp_or_pc(t) ||
        (load ? d != PC : (is_sp_or_pc(d) || d == n || d == t))) {
        unpredictable(cpu, first, second);
        return;
    }
    if ((addr & (size - 1u)) != 0) {
        raise_fault(cpu, CFSR_UNALIGNED);
        return;
    }
    cpu->cycles++;
    if (load) {
        if (size == 4   ? read32(cpu, addr, &value)
            : size == 2 ? read16(cpu, addr, &value)
                        : read8(cpu, addr, &value)) {
            cpu->r[t] = value;
            cpu->exclusive = true;
        }
        return;
    }
    if (!cpu->exclusive) {
        cpu->r[d] = 1;
        return;
    }
    value = cpu->r[t];
    if (size == 4   ? write32(cpu, addr, value)
        : size == 2 ? write16(cpu, addr, value & 0xFFFFu)
                    : write8(cpu, addr, value)) {
        cpu->r[d] = 0;
        cpu->exclusive = false;
    }
}

/* LDRD, STRD, A7.7.50, A7.7.166. */
static void dual(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t t = second >> 12;
    uint32_t t2 = second >> 8 & 15u;
    bool index = (first & 0x100u) != 0;
    bool add = (first & 0x80u) != 0;
    bool write_back = (first & 0x20u) != 0;
    bool load = (first & 0x10u) != 0;
    uint32_t offset = (second & 0xFFu) << 2;
    if (is_sp_or_pc(t) || is_sp_or_pc(t2) || (load && t == t2) ||
        (write_back && (n == t || n == t2)) || (n == PC && (write_back || !load))) {
        unpredictable(cpu, first, second);
        return;
    }
    uint32_t base = n == PC ? (cpu->r[PC] + 4u) & ~3u : cpu->r[n];
    uint32_t moved = add ? base + offset : base - offset;
    uint32_t addr = index ? moved : base;
    uint32_t lo, hi;
    cpu->cycles += 2;
    if (load) {
        if (!read32_aligned(cpu, addr, &lo) || !read32_aligned(cpu, addr + 4, &hi)) {
            return;
        }
        cpu->r[t] = lo;
        cpu->r[t2] = hi;
    } else if (!write32_aligned(cpu, addr, cpu->r[t]) ||
               !write32_aligned(cpu, addr + 4, cpu->r[t2])) {
        return;
    }
    if (write_back) {
        cpu->r[n] = moved;
    }
}

void op32_load_store_dual(struct cpu *cpu, uint32_t first, uint32_t second)
{
    if ((first & 0x120u) != 0) { /* indexed or written back */
        dual(cpu, first, second);
        return;
    }
    if ((first & 0x80u) == 0) {
        exclusive(cpu, first, second);
        return;
    }
    switch (second >> 4 & 15u) {
    case 0:
    case 1:
        if ((first & 0x10u) != 0) {
            table_branch(cpu, first, second);
        } else {
            raise_fault(cpu, CFSR_UNDEFINSTR);
        }
        return;
    case 4:
    case 5:
        exclusive(cpu, first, second);
        return;
    default:
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
}

/* Put a loaded word into Rt; into PC it is a branch. */
static inline void load_word(struct cpu *cpu, uint32_t t, uint32_t value)
{
    if (UNLIKELY(t == PC)) {
        branch_exchange(cpu, value);
    } else {
        cpu->r[t] = t == SP ? value & ~3u : value;
    }
}

/* One transfer of a single load or store; false = the base is not written back. */
ALWAYS_INLINE bool transfer(struct cpu *cpu, bool is_signed, uint32_t size, bool load,
                            uint32_t t, uint32_t addr, uint32_t *out_value)
{
    switch (size) {
    case 0:
        if (!load) {
            return write8(cpu, addr, cpu->r[t]);
        }
        if (!read8(cpu, addr, out_value)) {
            return false;
        }
        if (is_signed) {
            *out_value = (uint32_t)(int32_t)(int8_t)*out_value;
        }
        return true;
    case 1:
        if (!load) {
            return write16(cpu, addr, cpu->r[t]);
        }
        if (!read16(cpu, addr, out_value)) {
            return false;
        }
        if (is_signed) {
            *out_value = (uint32_t)(int32_t)(int16_t)*out_value;
        }
        return true;
    default:
        return load ? read32(cpu, addr, out_value) : write32(cpu, addr, cpu->r[t]);
    }
}

/* Where a single load or store goes. */
struct place {
    uint32_t addr;
    uint32_t base; /* to be written back */
    bool write_back;
    bool hint; /* with PC as the target it is a hint */
};

/* 8-bit offset with pre- and post-index: P U W in bits 10, 9, 8. Returns false if there is no
 * access to make. */
ALWAYS_INLINE bool indexed_place(struct cpu *cpu, uint32_t first, uint32_t second,
                                 struct place *place)
{
    uint32_t base = cpu->r[first & 15u];
    uint32_t offset = second & 0xFFu;
    uint32_t moved = (second & 0x200u) != 0 ? base + offset : base - offset;
    bool index = (second & 0x400u) != 0;
    place->addr = index ? moved : base;
    place->base = moved;
    place->write_back = (second & 0x100u) != 0;
    place->hint = (second & 0x700u) == 0x400u;
    if (!index && !place->write_back) {
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return false;
    }
    if (place->write_back && (first & 15u) == second >> 12) {
        unpredictable(cpu, first, second);
        return false;
    }
    return true;
}

/* Literal, 12-bit offset, 8-bit offset, register. Returns as indexed_place(). */
ALWAYS_INLINE bool find_place(struct cpu *cpu, bool load, uint32_t first, uint32_t second,
                              struct place *place)
{
    uint32_t n = first & 15u;
    uint32_t base = cpu->r[n];
    uint32_t m = second & 15u;
    *place = (struct place){.addr = base + (second & 0xFFFu), .hint = true};
    if (UNLIKELY(n == PC)) { /* literal */
        if (!load) {
            raise_fault(cpu, CFSR_UNDEFINSTR);
            return false;
        }
        base = (cpu->r[PC] + 4u) & ~3u;
        place->addr =
            (first & 0x80u) != 0 ? base + (second & 0xFFFu) : base - (second & 0xFFFu);
        return true;
    }
    if ((first & 0x80u) != 0) {
        return true;
    }
    if ((second & 0x800u) != 0) {
        return indexed_place(cpu, first, second, place);
    }
    if ((second & 0x7C0u) != 0) {
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return false;
    }
    if (is_sp_or_pc(m)) {
        unpredictable(cpu, first, second);
        return false;
    }
    place->addr = base + (cpu->r[m] << (second >> 4 & 3u));
    return true;
}

/* STR, LDR and their sizes. */
ALWAYS_INLINE void single(struct cpu *cpu, bool is_signed, uint32_t size, bool load,
                          uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t t = second >> 12;
    struct place place;
    if (!find_place(cpu, load, first, second, &place)) {
        return;
    }
    if (UNLIKELY(is_sp_or_pc(t)) && size != 2) {
        if (load && t == PC) { /* PLD, PLI, reserved hints: no effect on this core */
            if (!place.hint) {
                unpredictable(cpu, first, second);
            }
            return;
        }
        unpredictable(cpu, first, second);
        return;
    }
    if (UNLIKELY(t == PC)) {
        if (!load || (place.addr & 3u) != 0) {
            unpredictable(cpu, first, second);
            return;
        }
    }
    uint32_t value;
    cpu->cycles += load ? 1 : 0;
    if (!transfer(cpu, is_signed, size, load, t, place.addr, &value)) {
        return;
    }
    if (place.write_back) {
        cpu->r[n] = n == SP ? place.base & ~3u : place.base;
    }
    if (load) {
        load_word(cpu, t, value);
    }
}

#define SINGLE(name, is_signed, size, load)                                                    \
    void op32_##name(struct cpu *cpu, uint32_t first, uint32_t second)                         \
    {                                                                                          \
        single(cpu, is_signed, size, load, first, second);                                     \
    }

SINGLE(strb, false, 0, false)
SINGLE(strh, false, 1, false)
SINGLE(str, false, 2, false)
SINGLE(ldrb, false, 0, true)
SINGLE(ldrh, false, 1, true)
SINGLE(ldr, false, 2, true)
SINGLE(ldrsb, true, 0, true)
SINGLE(ldrsh, true, 1, true)
