/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op32.h"
#include "board/cpu/shift.h"

/* 32-bit Thumb instructions that compute, A5.3.1 to A5.3.3 and A5.3.11 to A5.3.17. */

/* ThumbExpandImm_C(), A5.3.2. False = UNPREDICTABLE. */
static inline bool expand_immediate(uint32_t imm12, uint32_t *out_value, uint32_t *carry)
{
    uint32_t imm8 = imm12 & 0xFFu;
    if (imm12 >> 10 == 0) {
        switch (imm12 >> 8 & 3u) {
        case 0:
            *out_value = imm8;
            return true;
        case 1:
            *out_value = imm8 << 16 | imm8;
            break;
        case 2:
            *out_value = imm8 << 24 | imm8 << 8;
            break;
        default:
            *out_value = imm8 * 0x01010101u;
            break;
        }
        return imm8 != 0;
    }
    uint32_t value = 0x80u | (imm12 & 0x7Fu);
    uint32_t amount = imm12 >> 7;
    *out_value = value >> amount | value << (32 - amount);
    *carry = *out_value >> 31;
    return true;
}

/* PC is allowed in place of the result of TST, TEQ, CMN and CMP, and of the operand of MOV and
 * MVN; SP is allowed in ADD, SUB, CMN and CMP, and as the target of MOV. All else is
 * UNPREDICTABLE. */
static bool registers_fit(uint32_t op, uint32_t n, uint32_t d, bool flags)
{
    bool adds = op == 8 || op == 13;
    if (d == PC && !(flags && (op == 0 || op == 4 || adds))) {
        return false;
    }
    if (n == PC && op != 2 && op != 3) {
        return false;
    }
    if (n == SP && !adds) {
        return false;
    }
    return d != SP || (n == SP && adds) || (n == PC && op == 2);
}

/* The common part of A5.3.1 (modified immediate) and A5.3.11 (shifted register). */
ALWAYS_INLINE void data_processing(struct cpu *cpu, uint32_t op, uint32_t first,
                                   uint32_t second, uint32_t b, uint32_t carry)
{
    uint32_t n = first & 15u;
    uint32_t d = second >> 8 & 15u;
    bool flags = (first & 0x10u) != 0;
    uint32_t a = cpu->r[n];
    uint32_t value;
    bool logical = true;
    if (UNLIKELY(is_sp_or_pc(d) || is_sp_or_pc(n)) && !registers_fit(op, n, d, flags)) {
        stop_unknown(cpu, first << 16 | second, "data processing with these registers");
        return;
    }
    switch (op) {
    case 0: /* AND, TST */
        value = a & b;
        break;
    case 1: /* BIC */
        value = a & ~b;
        break;
    case 2: /* ORR, MOV */
        value = n == PC ? b : a | b;
        break;
    case 3: /* ORN, MVN */
        value = n == PC ? ~b : a | ~b;
        break;
    case 4: /* EOR, TEQ */
        value = a ^ b;
        break;
    case 8: /* ADD, CMN */
        value = flags ? add_set_flags(cpu, a, b, 0) : a + b;
        logical = false;
        break;
    case 10: /* ADC */
        value = flags ? add_set_flags(cpu, a, b, carry_flag(cpu)) : a + b + carry_flag(cpu);
        logical = false;
        break;
    case 11: /* SBC */
        value = flags ? add_set_flags(cpu, a, ~b, carry_flag(cpu)) : a + ~b + carry_flag(cpu);
        logical = false;
        break;
    case 13: /* SUB, CMP */
        value = flags ? add_set_flags(cpu, a, ~b, 1) : a - b;
        logical = false;
        break;
    case 14: /* RSB */
        value = flags ? add_set_flags(cpu, ~a, b, 1) : b - a;
        logical = false;
        break;
    default:
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    if (logical && flags) {
        set_nzc(cpu, value, carry);
    }
    if (LIKELY(d != PC)) { /* TST, TEQ, CMN, CMP have no result */
        cpu->r[d] = d == SP ? value & ~3u : value;
    }
}

ALWAYS_INLINE void shifted_register(struct cpu *cpu, uint32_t op, uint32_t first,
                                    uint32_t second)
{
    uint32_t m = second & 15u;
    uint32_t type = second >> 4 & 3u;
    uint32_t amount = (second >> 10 & 0x1Cu) | (second >> 6 & 3u);
    uint32_t carry = carry_flag(cpu);
    uint32_t b = cpu->r[m];
    if (UNLIKELY((second & 0x8000u) != 0 || m == PC ||
                 (m == SP && (first & 0x1EFu) != 0x04Fu))) {
        stop_unknown(cpu, first << 16 | second, "data processing with these registers");
        return;
    }
    if (LIKELY((second & 0x70F0u) == 0)) { /* most are not shifted */
    } else if (amount == 0 && type == 3) { /* RRX */
        uint32_t out = b & 1u;
        b = b >> 1 | carry << 31;
        carry = out;
    } else {
        b = shift_with_carry(b, type, amount == 0 ? 32 : amount, &carry);
    }
    data_processing(cpu, op, first, second, b, carry);
}

ALWAYS_INLINE void modified_immediate(struct cpu *cpu, uint32_t op, uint32_t first,
                                      uint32_t second)
{
    if (UNLIKELY((second & 0x8000u) != 0)) {
        op32_control(cpu, first, second);
        return;
    }
    uint32_t imm12 = (first << 1 & 0x800u) | (second >> 4 & 0x700u) | (second & 0xFFu);
    uint32_t carry = carry_flag(cpu);
    uint32_t b;
    if (UNLIKELY(!expand_immediate(imm12, &b, &carry))) {
        stop_unknown(cpu, first << 16 | second, "modified immediate of zero");
        return;
    }
    data_processing(cpu, op, first, second, b, carry);
}

/* One pair of functions per operation, so that the compiler makes each of them short. */
#define OPERATION(name, op)                                                                    \
    void op32_##name##_register(struct cpu *cpu, uint32_t first, uint32_t second)              \
    {                                                                                          \
        shifted_register(cpu, op, first, second);                                              \
    }                                                                                          \
    void op32_##name##_immediate(struct cpu *cpu, uint32_t first, uint32_t second)             \
    {                                                                                          \
        modified_immediate(cpu, op, first, second);                                            \
    }

OPERATION(and, 0)
OPERATION(bic, 1)
OPERATION(orr, 2)
OPERATION(orn, 3)
OPERATION(eor, 4)
OPERATION(add, 8)
OPERATION(adc, 10)
OPERATION(sbc, 11)
OPERATION(sub, 13)
OPERATION(rsb, 14)

/* ---- plain immediates and bit fields, A5.3.3; bit 15 of the second halfword: control ---- */

static inline uint32_t plain_immediate(uint32_t first, uint32_t second)
{
    return (first << 1 & 0x800u) | (second >> 4 & 0x700u) | (second & 0xFFu);
}

static void plain_unpredictable(struct cpu *cpu, uint32_t first, uint32_t second)
{
    stop_unknown(cpu, first << 16 | second, "plain immediate with these operands");
}

/* ADDW, SUBW, ADR: SP only comes from SP. */
static inline void add_plain(struct cpu *cpu, uint32_t first, uint32_t second, bool subtract)
{
    uint32_t n = first & 15u;
    uint32_t d = second >> 8 & 15u;
    uint32_t base = n == PC ? (cpu->r[PC] + 4u) & ~3u : cpu->r[n];
    uint32_t imm12 = plain_immediate(first, second);
    uint32_t value = subtract ? base - imm12 : base + imm12;
    if ((second & 0x8000u) != 0) {
        op32_control(cpu, first, second);
    } else if (d == PC || (d == SP && n != SP)) {
        plain_unpredictable(cpu, first, second);
    } else {
        cpu->r[d] = d == SP ? value & ~3u : value;
    }
}

void op32_addw(struct cpu *cpu, uint32_t first, uint32_t second)
{
    add_plain(cpu, first, second, false);
}

void op32_subw(struct cpu *cpu, uint32_t first, uint32_t second)
{
    add_plain(cpu, first, second, true);
}

static inline void move_plain(struct cpu *cpu, uint32_t first, uint32_t second, bool top)
{
    uint32_t d = second >> 8 & 15u;
    uint32_t imm16 = (first << 12 & 0xF000u) | plain_immediate(first, second);
    if ((second & 0x8000u) != 0) {
        op32_control(cpu, first, second);
    } else if (is_sp_or_pc(d)) {
        plain_unpredictable(cpu, first, second);
    } else {
        cpu->r[d] = top ? (cpu->r[d] & 0xFFFFu) | imm16 << 16 : imm16;
    }
}

void op32_movw(struct cpu *cpu, uint32_t first, uint32_t second)
{
    move_plain(cpu, first, second, false);
}

void op32_movt(struct cpu *cpu, uint32_t first, uint32_t second)
{
    move_plain(cpu, first, second, true);
}

/* The two numbers in a bit field's or a saturation's second halfword. */
static inline uint32_t field_lsb(uint32_t second)
{
    return (second >> 10 & 0x1Cu) | (second >> 6 & 3u);
}

static inline uint32_t field_low5(uint32_t second)
{
    return second & 31u;
}

/* Hands a branch or control instruction on to op32_control(), and stops at one that is
 * UNPREDICTABLE: bits that should be zero are not, SP or PC is the result, or `otherwise` is
 * true. Returns true if either was the case. */
static inline bool is_no_field(struct cpu *cpu, uint32_t first, uint32_t second, bool otherwise)
{
    if ((second & 0x8000u) != 0) {
        op32_control(cpu, first, second);
        return true;
    }
    if (UNLIKELY((first & 0x400u) != 0 || (second & 0x20u) != 0 ||
                 is_sp_or_pc(second >> 8 & 15u) || otherwise)) {
        plain_unpredictable(cpu, first, second);
        return true;
    }
    return false;
}

static inline void extract(struct cpu *cpu, uint32_t first, uint32_t second, bool is_signed)
{
    uint32_t n = first & 15u;
    uint32_t lsb = field_lsb(second);
    uint32_t width = field_low5(second) + 1;
    if (is_no_field(cpu, first, second, is_sp_or_pc(n) || lsb + width > 32)) {
        return;
    }
    uint32_t field = cpu->r[n] << (32 - width - lsb);
    cpu->r[second >> 8 & 15u] =
        is_signed ? (uint32_t)((int32_t)field >> (32 - width)) : field >> (32 - width);
}

void op32_sbfx(struct cpu *cpu, uint32_t first, uint32_t second)
{
    extract(cpu, first, second, true);
}

void op32_ubfx(struct cpu *cpu, uint32_t first, uint32_t second)
{
    extract(cpu, first, second, false);
}

/* BFI, BFC */
void op32_bfi(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t d = second >> 8 & 15u;
    uint32_t lsb = field_lsb(second);
    uint32_t msb = field_low5(second);
    if (is_no_field(cpu, first, second, n == SP || msb < lsb)) {
        return;
    }
    uint32_t mask = (msb - lsb == 31 ? 0xFFFFFFFFu : (1u << (msb - lsb + 1)) - 1u) << lsb;
    uint32_t source = n == PC ? 0 : cpu->r[n] << lsb;
    cpu->r[d] = (cpu->r[d] & ~mask) | (source & mask);
}

/* SSAT, USAT: saturate `value` to `bits` bits. */
static uint32_t saturate(struct cpu *cpu, int64_t value, bool is_signed, uint32_t bits)
{
    int64_t high = is_signed ? ((int64_t)1 << (bits - 1)) - 1 : ((int64_t)1 << bits) - 1;
    int64_t bottom = is_signed ? -((int64_t)1 << (bits - 1)) : 0;
    if (value > high || value < bottom) {
        cpu->flag_q = 1;
        value = value > high ? high : bottom;
    }
    return (uint32_t)value;
}

void op32_saturate(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t lsb = field_lsb(second);
    bool is_signed = (first & 0x80u) == 0;
    bool arithmetic = (first & 0x20u) != 0;
    bool is_control = (second & 0x8000u) != 0;
    if (!is_control && !is_sp_or_pc(second >> 8 & 15u) && arithmetic && lsb == 0) {
        raise_fault(cpu, CFSR_UNDEFINSTR); /* SSAT16, USAT16: DSP extension */
        return;
    }
    if (is_no_field(cpu, first, second, is_sp_or_pc(n))) {
        return;
    }
    int64_t value = arithmetic ? (int64_t)((int32_t)cpu->r[n] >> lsb)
                               : (int64_t)(int32_t)(cpu->r[n] << lsb);
    uint32_t bits = field_low5(second) + (is_signed ? 1 : 0);
    cpu->r[second >> 8 & 15u] = saturate(cpu, value, is_signed, bits);
}

/* ---- shifts by register, extensions, bit operations: A5.3.12 ---- */

/* LSL, LSR, ASR, ROR */
ALWAYS_INLINE void shift_by_register(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t d = second >> 8 & 15u;
    uint32_t m = second & 15u;
    uint32_t carry = carry_flag(cpu);
    uint32_t amount = cpu->r[m] & 0xFFu;
    if (is_sp_or_pc(d) || is_sp_or_pc(m) || is_sp_or_pc(n)) {
        stop_unknown(cpu, first << 16 | second, "shift with these registers");
        return;
    }
    uint32_t value = cpu->r[n];
    if (amount != 0) {
        value = shift_with_carry(value, first >> 5 & 3u, amount, &carry);
    }
    cpu->r[d] = value;
    if ((first & 0x10u) != 0) {
        set_nzc(cpu, value, carry);
    }
}

/* SXTH, UXTH, SXTB, UXTB */
ALWAYS_INLINE void extend(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t d = second >> 8 & 15u;
    uint32_t m = second & 15u;
    uint32_t value = cpu->r[m];
    uint32_t op2 = second >> 4 & 15u;
    uint32_t rotation = (op2 & 3u) * 8u;
    if (is_sp_or_pc(d) || is_sp_or_pc(m) || (op2 & 4u) != 0) {
        stop_unknown(cpu, first << 16 | second, "extension with these operands");
        return;
    }
    if (rotation != 0) {
        value = value >> rotation | value << (32 - rotation);
    }
    switch (first >> 4 & 15u) {
    case 0:
        cpu->r[d] = (uint32_t)(int32_t)(int16_t)value;
        return;
    case 1:
        cpu->r[d] = value & 0xFFFFu;
        return;
    case 4:
        cpu->r[d] = (uint32_t)(int32_t)(int8_t)value;
        return;
    default:
        cpu->r[d] = value & 0xFFu;
        return;
    }
}

/* REV, REV16, RBIT, REVSH: `op` is 8..11. */
ALWAYS_INLINE uint32_t reversed(uint32_t op, uint32_t value)
{
    uint32_t result = 0;
    switch (op) {
    case 8:
        return __builtin_bswap32(value);
    case 9:
        return (value & 0x00FF00FFu) << 8 | (value >> 8 & 0x00FF00FFu);
    case 10:
        for (int i = 0; i < 32; i++) {
            result = result << 1 | (value >> i & 1u);
        }
        return result;
    default:
        return (uint32_t)(int32_t)(int16_t)__builtin_bswap16((uint16_t)value);
    }
}

void op32_register_operations(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t d = second >> 8 & 15u;
    uint32_t m = second & 15u;
    uint32_t op1 = first >> 4 & 15u;
    uint32_t op2 = second >> 4 & 15u;

    if ((second & 0xF000u) != 0xF000u) {
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    if (op2 == 0 && op1 < 8) {
        shift_by_register(cpu, first, second);
        return;
    }
    if (op2 >= 8 && op1 < 6 && (op1 & 2u) == 0 && n == PC) {
        extend(cpu, first, second);
        return;
    }
    bool reverses = op1 == 9 && op2 >= 8 && op2 <= 11;
    bool counts = op1 == 11 && op2 == 8; /* CLZ */
    if (!reverses && !counts) {          /* the rest is the DSP extension */
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    if (is_sp_or_pc(d) || is_sp_or_pc(m) || n != m) {
        stop_unknown(cpu, first << 16 | second, "bit operation with these registers");
        return;
    }
    uint32_t value = cpu->r[m];
    uint32_t zeros = value == 0 ? 32u : (uint32_t)__builtin_clz(value);
    cpu->r[d] = counts ? zeros : reversed(op2, value);
}

/* ---- multiply and divide ---- */

/* A5.3.16 */
void op32_multiply(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t a = second >> 12;
    uint32_t d = second >> 8 & 15u;
    uint32_t m = second & 15u;
    uint32_t op2 = second >> 4 & 15u;
    if ((first >> 4 & 7u) != 0 || op2 > 1) {
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    if (is_sp_or_pc(n) || is_sp_or_pc(m) || is_sp_or_pc(d) || a == SP ||
        (op2 == 1 && a == PC)) {
        stop_unknown(cpu, first << 16 | second, "multiplication with these registers");
        return;
    }
    uint32_t product = cpu->r[n] * cpu->r[m];
    if (a != PC) {
        cpu->cycles++;
        product = op2 == 0 ? cpu->r[a] + product : cpu->r[a] - product;
    }
    cpu->r[d] = product;
}

/* Cycles of UDIV, SDIV: 2..12, fewer for a short quotient (DDI 0337E 18.2). */
static uint32_t divide_cycles(uint32_t dividend, uint32_t divisor)
{
    int bits = dividend == 0 ? 0 : __builtin_clz(divisor) - __builtin_clz(dividend) + 1;
    return 2u + (bits <= 0 ? 0u : ((uint32_t)bits + 3u) / 4u + 1u);
}

static void divide(struct cpu *cpu, bool is_signed, uint32_t d, uint32_t a, uint32_t b)
{
    if (b == 0) {
        if ((cpu->ccr & CCR_DIV_0_TRP) != 0) {
            raise_fault(cpu, CFSR_DIVBYZERO);
            return;
        }
        cpu->cycles++;
        cpu->r[d] = 0;
        return;
    }
    if (!is_signed) {
        cpu->cycles += divide_cycles(a, b) - 1u;
        cpu->r[d] = a / b;
        return;
    }
    uint32_t size_a = (a & 0x80000000u) != 0 ? 0u - a : a;
    uint32_t size_b = (b & 0x80000000u) != 0 ? 0u - b : b;
    uint32_t quotient = size_a / size_b;
    cpu->cycles += divide_cycles(size_a, size_b) - 1u;
    cpu->r[d] = ((a ^ b) & 0x80000000u) != 0 ? 0u - quotient : quotient;
}

/* A5.3.17 */
void op32_long_multiply(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t n = first & 15u;
    uint32_t lo = second >> 12;
    uint32_t hi = second >> 8 & 15u;
    uint32_t m = second & 15u;
    uint32_t op1 = first >> 4 & 7u;
    uint32_t op2 = second >> 4 & 15u;
    bool divides = (op1 == 1 || op1 == 3) && op2 == 15;
    bool multiplies = (op1 == 0 || op1 == 2 || op1 == 4 || op1 == 6) && op2 == 0;
    if (!divides && !multiplies) { /* DSP extension and undefined */
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    if (is_sp_or_pc(n) || is_sp_or_pc(m) || is_sp_or_pc(hi) ||
        (divides ? lo != PC : (is_sp_or_pc(lo) || lo == hi))) {
        stop_unknown(cpu, first << 16 | second, "long multiplication with these registers");
        return;
    }
    uint32_t a = cpu->r[n];
    uint32_t b = cpu->r[m];
    if (divides) {
        divide(cpu, op1 == 1, hi, a, b);
        return;
    }
    bool is_signed = op1 == 0 || op1 == 4;
    uint64_t product =
        is_signed ? (uint64_t)((int64_t)(int32_t)a * (int32_t)b) : (uint64_t)a * b;
    cpu->cycles += op1 >= 4 ? 4u : 3u;
    if (op1 >= 4) {
        product += (uint64_t)cpu->r[hi] << 32 | cpu->r[lo];
    }
    cpu->r[lo] = (uint32_t)product;
    cpu->r[hi] = (uint32_t)(product >> 32);
}
