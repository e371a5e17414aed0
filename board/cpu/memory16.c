/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op16.h"

/* 16-bit Thumb loads and stores, A5.2.4. */

/* ---- loads and stores of one word, halfword or byte: A5.2.4 ---- */

/* Rn + Rm */
static inline uint32_t indexed(const struct cpu *cpu, uint32_t opcode)
{
    return cpu->r[low(opcode, 3)] + cpu->r[low(opcode, 6)];
}

/* Rn + 5-bit immediate * size */
static inline uint32_t offset(const struct cpu *cpu, uint32_t opcode, uint32_t size)
{
    return cpu->r[low(opcode, 3)] + (opcode >> 6 & 31u) * size;
}

static inline void load_word(struct cpu *cpu, uint32_t t, uint32_t addr)
{
    uint32_t value;
    cpu->cycles++;
    if (LIKELY(read32(cpu, addr, &value))) {
        cpu->r[t] = value;
    }
}

static inline void load_half(struct cpu *cpu, uint32_t t, uint32_t addr, bool is_signed)
{
    uint32_t value;
    cpu->cycles++;
    if (LIKELY(read16(cpu, addr, &value))) {
        cpu->r[t] = is_signed ? (uint32_t)(int32_t)(int16_t)value : value;
    }
}

static inline void load_byte(struct cpu *cpu, uint32_t t, uint32_t addr, bool is_signed)
{
    uint32_t value;
    cpu->cycles++;
    if (LIKELY(read8(cpu, addr, &value))) {
        cpu->r[t] = is_signed ? (uint32_t)(int32_t)(int8_t)value : value;
    }
}

void op16_ldr_literal(struct cpu *cpu, uint32_t opcode)
{
    load_word(cpu, low(opcode, 8), ((cpu->r[PC] + 4u) & ~3u) + words8(opcode));
}

void op16_str_register(struct cpu *cpu, uint32_t opcode)
{
    cpu->cycles++;
    (void)write32(cpu, indexed(cpu, opcode), cpu->r[opcode & 7u]);
}

void op16_strh_register(struct cpu *cpu, uint32_t opcode)
{
    cpu->cycles++;
    (void)write16(cpu, indexed(cpu, opcode), cpu->r[opcode & 7u]);
}

void op16_strb_register(struct cpu *cpu, uint32_t opcode)
{
    cpu->cycles++;
    (void)write8(cpu, indexed(cpu, opcode), cpu->r[opcode & 7u]);
}

void op16_ldrsb_register(struct cpu *cpu, uint32_t opcode)
{
    load_byte(cpu, opcode & 7u, indexed(cpu, opcode), true);
}

void op16_ldr_register(struct cpu *cpu, uint32_t opcode)
{
    load_word(cpu, opcode & 7u, indexed(cpu, opcode));
}

void op16_ldrh_register(struct cpu *cpu, uint32_t opcode)
{
    load_half(cpu, opcode & 7u, indexed(cpu, opcode), false);
}

void op16_ldrb_register(struct cpu *cpu, uint32_t opcode)
{
    load_byte(cpu, opcode & 7u, indexed(cpu, opcode), false);
}

void op16_ldrsh_register(struct cpu *cpu, uint32_t opcode)
{
    load_half(cpu, opcode & 7u, indexed(cpu, opcode), true);
}

void op16_str_immediate(struct cpu *cpu, uint32_t opcode)
{
    (void)write32(cpu, offset(cpu, opcode, 4), cpu->r[opcode & 7u]);
}

void op16_ldr_immediate(struct cpu *cpu, uint32_t opcode)
{
    load_word(cpu, opcode & 7u, offset(cpu, opcode, 4));
}

void op16_strb_immediate(struct cpu *cpu, uint32_t opcode)
{
    (void)write8(cpu, offset(cpu, opcode, 1), cpu->r[opcode & 7u]);
}

void op16_ldrb_immediate(struct cpu *cpu, uint32_t opcode)
{
    load_byte(cpu, opcode & 7u, offset(cpu, opcode, 1), false);
}

void op16_strh_immediate(struct cpu *cpu, uint32_t opcode)
{
    (void)write16(cpu, offset(cpu, opcode, 2), cpu->r[opcode & 7u]);
}

void op16_ldrh_immediate(struct cpu *cpu, uint32_t opcode)
{
    load_half(cpu, opcode & 7u, offset(cpu, opcode, 2), false);
}

void op16_str_stack(struct cpu *cpu, uint32_t opcode)
{
    (void)write32(cpu, cpu->r[SP] + words8(opcode), cpu->r[low(opcode, 8)]);
}

void op16_ldr_stack(struct cpu *cpu, uint32_t opcode)
{
    load_word(cpu, low(opcode, 8), cpu->r[SP] + words8(opcode));
}

/* ---- the stack, several registers: A5.2.5 ---- */

void op16_push(struct cpu *cpu, uint32_t opcode)
{
    uint32_t list = (opcode & 0xFFu) | (opcode & 0x100u) << 6;
    if (list == 0) {
        stop_unknown(cpu, opcode, "PUSH of nothing");
        return;
    }
    uint32_t addr = cpu->r[SP] - 4u * (uint32_t)__builtin_popcount(list);
    uint32_t base = addr;
    for (uint32_t left = list; left != 0; left &= left - 1u) {
        if (!write32_aligned(cpu, addr, cpu->r[__builtin_ctz(left)])) {
            return;
        }
        addr += 4;
        cpu->cycles++;
    }
    cpu->r[SP] = base;
}

void op16_pop(struct cpu *cpu, uint32_t opcode)
{
    uint32_t list = (opcode & 0xFFu) | (opcode & 0x100u) << 7;
    if (list == 0) {
        stop_unknown(cpu, opcode, "POP of nothing");
        return;
    }
    uint32_t addr = cpu->r[SP];
    uint32_t target = 0;
    for (uint32_t left = list; left != 0; left &= left - 1u) {
        unsigned n = (unsigned)__builtin_ctz(left);
        uint32_t value;
        if (!read32_aligned(cpu, addr, &value)) {
            return;
        }
        if (n == PC) {
            target = value;
        } else {
            cpu->r[n] = value;
        }
        addr += 4;
        cpu->cycles++;
    }
    cpu->r[SP] = addr;
    if ((list & 1u << PC) != 0) {
        branch_exchange(cpu, target);
    }
}

/* STM, LDM with write-back, A7.7.159, A7.7.41. */
void op16_store_multiple(struct cpu *cpu, uint32_t opcode)
{
    uint32_t n = low(opcode, 8);
    uint32_t list = opcode & 0xFFu;
    uint32_t addr = cpu->r[n];
    if (list == 0 || ((list >> n & 1u) != 0 && (list & ((1u << n) - 1u)) != 0)) {
        stop_unknown(cpu, opcode, "STM with this list");
        return;
    }
    for (uint32_t left = list; left != 0; left &= left - 1u) {
        if (!write32_aligned(cpu, addr, cpu->r[__builtin_ctz(left)])) {
            return;
        }
        addr += 4;
        cpu->cycles++;
    }
    cpu->r[n] = addr;
}

void op16_load_multiple(struct cpu *cpu, uint32_t opcode)
{
    uint32_t n = low(opcode, 8);
    uint32_t list = opcode & 0xFFu;
    uint32_t addr = cpu->r[n];
    uint32_t loaded[8];
    if (list == 0) {
        stop_unknown(cpu, opcode, "LDM of nothing");
        return;
    }
    for (uint32_t left = list; left != 0; left &= left - 1u) {
        if (!read32_aligned(cpu, addr, &loaded[__builtin_ctz(left)])) {
            return;
        }
        addr += 4;
        cpu->cycles++;
    }
    for (uint32_t left = list; left != 0; left &= left - 1u) {
        cpu->r[__builtin_ctz(left)] = loaded[__builtin_ctz(left)];
    }
    if ((list >> n & 1u) == 0) {
        cpu->r[n] = addr;
    }
}
