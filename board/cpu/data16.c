/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op16.h"
#include "board/cpu/shift.h"

/* 16-bit Thumb instructions that compute, A5.2.1 and A5.2.2. */

/* ---- shift by immediate, add, subtract, move, compare: A5.2.1 ---- */

static inline void put_shifted(struct cpu *cpu, uint32_t opcode, uint32_t value, uint32_t carry)
{
    cpu->r[opcode & 7u] = value;
    if (sets_flags(cpu)) {
        set_nzc(cpu, value, carry);
    }
}

void op16_lsl_immediate(struct cpu *cpu, uint32_t opcode)
{
    uint32_t value = cpu->r[low(opcode, 3)];
    uint32_t amount = opcode >> 6 & 31u;
    uint32_t carry = amount == 0 ? carry_flag(cpu) : value >> (32 - amount) & 1u;
    put_shifted(cpu, opcode, value << amount, carry);
}

void op16_lsr_immediate(struct cpu *cpu, uint32_t opcode)
{
    uint32_t value = cpu->r[low(opcode, 3)];
    uint32_t before_last = ((opcode >> 6) - 1u) & 31u; /* #0 means 32 */
    value >>= before_last;
    put_shifted(cpu, opcode, value >> 1, value & 1u);
}

void op16_asr_immediate(struct cpu *cpu, uint32_t opcode)
{
    uint32_t before_last = ((opcode >> 6) - 1u) & 31u; /* #0 means 32 */
    int32_t value = (int32_t)cpu->r[low(opcode, 3)] >> before_last;
    put_shifted(cpu, opcode, (uint32_t)(value >> 1), (uint32_t)value & 1u);
}

static inline void put_sum(struct cpu *cpu, uint32_t d, uint32_t a, uint32_t b, uint32_t carry)
{
    cpu->r[d] = sets_flags(cpu) ? add_set_flags(cpu, a, b, carry) : a + b + carry;
}

void op16_add_register(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[low(opcode, 3)], cpu->r[low(opcode, 6)], 0);
}

void op16_sub_register(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[low(opcode, 3)], ~cpu->r[low(opcode, 6)], 1);
}

void op16_add_immediate3(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[low(opcode, 3)], low(opcode, 6), 0);
}

void op16_sub_immediate3(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[low(opcode, 3)], ~low(opcode, 6), 1);
}

void op16_mov_immediate(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[low(opcode, 8)] = opcode & 0xFFu;
    if (sets_flags(cpu)) {
        set_nz(cpu, opcode & 0xFFu);
    }
}

void op16_cmp_immediate(struct cpu *cpu, uint32_t opcode)
{
    add_set_flags(cpu, cpu->r[low(opcode, 8)], ~(opcode & 0xFFu), 1);
}

void op16_add_immediate8(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, low(opcode, 8), cpu->r[low(opcode, 8)], opcode & 0xFFu, 0);
}

void op16_sub_immediate8(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, low(opcode, 8), cpu->r[low(opcode, 8)], ~(opcode & 0xFFu), 1);
}

/* ---- data processing: A5.2.2 ---- */

static inline void put_logical(struct cpu *cpu, uint32_t opcode, uint32_t value)
{
    cpu->r[opcode & 7u] = value;
    if (sets_flags(cpu)) {
        set_nz(cpu, value);
    }
}

void op16_and_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, cpu->r[opcode & 7u] & cpu->r[low(opcode, 3)]);
}

void op16_eor_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, cpu->r[opcode & 7u] ^ cpu->r[low(opcode, 3)]);
}

void op16_orr_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, cpu->r[opcode & 7u] | cpu->r[low(opcode, 3)]);
}

void op16_bic_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, cpu->r[opcode & 7u] & ~cpu->r[low(opcode, 3)]);
}

void op16_mvn_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, ~cpu->r[low(opcode, 3)]);
}

void op16_mul_register(struct cpu *cpu, uint32_t opcode)
{
    put_logical(cpu, opcode, cpu->r[opcode & 7u] * cpu->r[low(opcode, 3)]);
}

static inline void shift_register(struct cpu *cpu, uint32_t opcode, unsigned type)
{
    uint32_t value = cpu->r[opcode & 7u];
    uint32_t amount = cpu->r[low(opcode, 3)] & 0xFFu;
    uint32_t carry = carry_flag(cpu);
    if (amount != 0) {
        value = shift_with_carry(value, type, amount, &carry);
    }
    put_shifted(cpu, opcode, value, carry);
}

void op16_lsl_register(struct cpu *cpu, uint32_t opcode)
{
    shift_register(cpu, opcode, 0);
}

void op16_lsr_register(struct cpu *cpu, uint32_t opcode)
{
    shift_register(cpu, opcode, 1);
}

void op16_asr_register(struct cpu *cpu, uint32_t opcode)
{
    shift_register(cpu, opcode, 2);
}

void op16_ror_register(struct cpu *cpu, uint32_t opcode)
{
    shift_register(cpu, opcode, 3);
}

void op16_adc_register(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[opcode & 7u], cpu->r[low(opcode, 3)], carry_flag(cpu));
}

void op16_sbc_register(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, cpu->r[opcode & 7u], ~cpu->r[low(opcode, 3)], carry_flag(cpu));
}

void op16_rsb_zero(struct cpu *cpu, uint32_t opcode)
{
    put_sum(cpu, opcode & 7u, ~cpu->r[low(opcode, 3)], 0, 1);
}

void op16_tst_register(struct cpu *cpu, uint32_t opcode)
{
    set_nz(cpu, cpu->r[opcode & 7u] & cpu->r[low(opcode, 3)]);
}

void op16_cmp_register(struct cpu *cpu, uint32_t opcode)
{
    add_set_flags(cpu, cpu->r[opcode & 7u], ~cpu->r[low(opcode, 3)], 1);
}

void op16_cmn_register(struct cpu *cpu, uint32_t opcode)
{
    add_set_flags(cpu, cpu->r[opcode & 7u], cpu->r[low(opcode, 3)], 0);
}

/* ---- extensions, byte order, addresses: A5.2.5 ---- */

void op16_sxth(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[opcode & 7u] = (uint32_t)(int32_t)(int16_t)cpu->r[low(opcode, 3)];
}

void op16_sxtb(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[opcode & 7u] = (uint32_t)(int32_t)(int8_t)cpu->r[low(opcode, 3)];
}

void op16_uxth(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[opcode & 7u] = cpu->r[low(opcode, 3)] & 0xFFFFu;
}

void op16_uxtb(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[opcode & 7u] = cpu->r[low(opcode, 3)] & 0xFFu;
}

void op16_rev(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[opcode & 7u] = __builtin_bswap32(cpu->r[low(opcode, 3)]);
}

void op16_rev16(struct cpu *cpu, uint32_t opcode)
{
    uint32_t m = cpu->r[low(opcode, 3)];
    cpu->r[opcode & 7u] = (m & 0x00FF00FFu) << 8 | (m >> 8 & 0x00FF00FFu);
}

void op16_revsh(struct cpu *cpu, uint32_t opcode)
{
    uint16_t m = __builtin_bswap16((uint16_t)cpu->r[low(opcode, 3)]);
    cpu->r[opcode & 7u] = (uint32_t)(int32_t)(int16_t)m;
}

void op16_move_stack(struct cpu *cpu, uint32_t opcode)
{
    uint32_t distance = (opcode & 0x7Fu) << 2;
    cpu->r[SP] += (opcode & 0x80u) != 0 ? 0u - distance : distance;
}

void op16_adr(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[low(opcode, 8)] = ((cpu->r[PC] + 4u) & ~3u) + words8(opcode);
}

void op16_add_stack(struct cpu *cpu, uint32_t opcode)
{
    cpu->r[low(opcode, 8)] = cpu->r[SP] + words8(opcode);
}
