/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/internal.h"

/* 16-bit Thumb instructions, A5.2. While one is executed r[15] is its own address. */

static inline uint32_t low(uint32_t opcode, unsigned position)
{
    return opcode >> position & 7u;
}

/* A5.2.2; all of them set flags outside of IT blocks. */
static inline void data_processing(struct cpu *cpu, uint32_t opcode)
{
    uint32_t *d = &cpu->r[opcode & 7u];
    uint32_t m = cpu->r[low(opcode, 3)];
    bool flags = cpu->itstate == 0;
    uint32_t carry = carry_flag(cpu);
    uint32_t value;
    switch (opcode >> 6 & 15u) {
    case 0: /* AND */
        value = *d & m;
        break;
    case 1: /* EOR */
        value = *d ^ m;
        break;
    case 2: /* LSL */
    case 3: /* LSR */
    case 4: /* ASR */
    case 7: /* ROR */
        value = *d;
        if ((m & 0xFFu) != 0) {
            unsigned type = (opcode >> 6 & 15u) == 7 ? 3u : (opcode >> 6 & 15u) - 2u;
            value = shift_with_carry(value, type, m & 0xFFu, &carry);
        }
        *d = value;
        if (flags) {
            set_nzc(cpu, value, carry);
        }
        return;
    case 5: /* ADC */
        if (flags) {
            *d = add_set_flags(cpu, *d, m, carry);
        } else {
            *d = *d + m + carry;
        }
        return;
    case 6: /* SBC */
        if (flags) {
            *d = add_set_flags(cpu, *d, ~m, carry);
        } else {
            *d = *d + ~m + carry;
        }
        return;
    case 8: /* TST */
        set_nz(cpu, *d & m);
        return;
    case 9: /* RSB #0 */
        if (flags) {
            *d = add_set_flags(cpu, ~m, 0, 1);
        } else {
            *d = 0u - m;
        }
        return;
    case 10: /* CMP */
        add_set_flags(cpu, *d, ~m, 1);
        return;
    case 11: /* CMN */
        add_set_flags(cpu, *d, m, 0);
        return;
    case 12: /* ORR */
        value = *d | m;
        break;
    case 13: /* MUL */
        value = *d * m;
        break;
    case 14: /* BIC */
        value = *d & ~m;
        break;
    default: /* MVN */
        value = ~m;
        break;
    }
    *d = value;
    if (flags) {
        set_nz(cpu, value);
    }
}

/* ADD, CMP, MOV with high registers, BX, BLX: A5.2.3. */
static inline void special_data(struct cpu *cpu, uint32_t opcode)
{
    uint32_t m = opcode >> 3 & 15u;
    uint32_t d = (opcode & 7u) | (opcode >> 4 & 8u);
    switch (opcode >> 8 & 3u) {
    case 0: { /* ADD */
        uint32_t value = operand(cpu, d) + operand(cpu, m);
        if (d == PC) {
            if (m == PC) {
                stop_unknown(cpu, opcode, "ADD PC, PC");
                return;
            }
            branch_to(cpu, value);
        } else {
            cpu->r[d] = d == SP ? value & ~3u : value;
        }
        return;
    }
    case 1: /* CMP */
        if (d == PC || m == PC || (d < 8 && m < 8)) {
            stop_unknown(cpu, opcode, "CMP with these registers");
            return;
        }
        add_set_flags(cpu, cpu->r[d], ~cpu->r[m], 1);
        return;
    case 2: { /* MOV */
        uint32_t value = operand(cpu, m);
        if (d == PC) {
            branch_to(cpu, value);
        } else {
            cpu->r[d] = d == SP ? value & ~3u : value;
        }
        return;
    }
    default: /* BX, BLX */
        if ((opcode & 7u) != 0 || m == PC) {
            stop_unknown(cpu, opcode, "BX or BLX");
            return;
        }
        if ((opcode & 0x80u) != 0) {
            uint32_t target = cpu->r[m];
            cpu->r[LR] = (cpu->r[PC] + 2u) | 1u;
            branch_to(cpu, target);
            if ((target & 1u) == 0) {
                cpu->arm_state = true;
                look_around(cpu);
            }
        } else {
            branch_exchange(cpu, cpu->r[m]);
        }
        return;
    }
}

/* Register offset, A5.2.4 (opcode 0101xxx). */
static inline void load_store_register(struct cpu *cpu, uint32_t opcode)
{
    uint32_t addr = cpu->r[low(opcode, 3)] + cpu->r[low(opcode, 6)];
    uint32_t *t = &cpu->r[opcode & 7u];
    uint32_t value;
    cpu->cycles++;
    switch (opcode >> 9 & 7u) {
    case 0:
        (void)write32(cpu, addr, *t);
        return;
    case 1:
        (void)write16(cpu, addr, *t);
        return;
    case 2:
        (void)write8(cpu, addr, *t);
        return;
    case 3:
        if (read8(cpu, addr, &value)) {
            *t = (uint32_t)(int32_t)(int8_t)value;
        }
        return;
    case 4:
        if (read32(cpu, addr, &value)) {
            *t = value;
        }
        return;
    case 5:
        if (read16(cpu, addr, &value)) {
            *t = value;
        }
        return;
    case 6:
        if (read8(cpu, addr, &value)) {
            *t = value;
        }
        return;
    default:
        if (read16(cpu, addr, &value)) {
            *t = (uint32_t)(int32_t)(int16_t)value;
        }
        return;
    }
}

static void push(struct cpu *cpu, uint32_t list)
{
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

static void pop(struct cpu *cpu, uint32_t list)
{
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

/* CPS, B5.2.1: without effect in unprivileged code. */
static void change_state(struct cpu *cpu, uint32_t opcode)
{
    if ((opcode & 0xFFECu) != 0xB660u || (opcode & 3u) == 0) {
        stop_unknown(cpu, opcode, "CPS");
        return;
    }
    if (!is_privileged(cpu)) {
        return;
    }
    uint32_t disable = opcode >> 4 & 1u;
    if ((opcode & 2u) != 0) {
        cpu->primask = disable;
    }
    if ((opcode & 1u) != 0 && (disable == 0 || execution_priority(cpu) > -1)) {
        cpu->faultmask = disable;
    }
    look_around(cpu);
}

/* NOP, YIELD, WFE, WFI, SEV, A5.2.5; IT. */
static void hints(struct cpu *cpu, uint32_t opcode)
{
    if ((opcode & 15u) != 0) { /* IT */
        uint32_t first = opcode >> 4 & 15u;
        if (cpu->itstate != 0 || first == 15 ||
            (first == 14 && (opcode & 7u) != 0 && __builtin_popcount(opcode & 15u) != 1)) {
            stop_unknown(cpu, opcode, "IT");
            return;
        }
        cpu->itstate = opcode & 0xFFu;
        return;
    }
    switch (opcode >> 4 & 15u) {
    case 2: /* WFE */
        if (cpu->event_register) {
            cpu->event_register = false;
            return;
        }
        cpu->sleeping = true;
        cpu->sleeps_for_event = true;
        look_around(cpu);
        return;
    case 3: /* WFI */
        cpu->sleeping = true;
        cpu->sleeps_for_event = false;
        look_around(cpu);
        return;
    case 4: /* SEV */
        cpu->event_register = true;
        return;
    default: /* NOP, YIELD; the others are NOPs as well */
        return;
    }
}

/* A5.2.5 (opcode 1011xxx). */
static void miscellaneous(struct cpu *cpu, uint32_t opcode)
{
    uint32_t *d = &cpu->r[opcode & 7u];
    uint32_t m = cpu->r[low(opcode, 3)];
    switch (opcode >> 8 & 15u) {
    case 0x0: /* ADD, SUB SP */
        if ((opcode & 0x80u) != 0) {
            cpu->r[SP] -= (opcode & 0x7Fu) << 2;
        } else {
            cpu->r[SP] += (opcode & 0x7Fu) << 2;
        }
        return;
    case 0x1:
    case 0x3:
    case 0x9:
    case 0xB: { /* CBZ, CBNZ */
        bool want_nonzero = (opcode & 0x800u) != 0;
        if ((cpu->r[opcode & 7u] != 0) == want_nonzero) {
            branch_to(cpu, cpu->r[PC] + 4u + (opcode >> 2 & 0x3Eu) + (opcode >> 3 & 0x40u));
        }
        return;
    }
    case 0x2: /* SXTH, SXTB, UXTH, UXTB */
        switch (opcode >> 6 & 3u) {
        case 0:
            *d = (uint32_t)(int32_t)(int16_t)m;
            return;
        case 1:
            *d = (uint32_t)(int32_t)(int8_t)m;
            return;
        case 2:
            *d = m & 0xFFFFu;
            return;
        default:
            *d = m & 0xFFu;
            return;
        }
    case 0x4:
    case 0x5:
        if ((opcode & 0x1FFu) == 0) {
            stop_unknown(cpu, opcode, "PUSH of nothing");
            return;
        }
        push(cpu, (opcode & 0xFFu) | (opcode & 0x100u) << 6);
        return;
    case 0x6:
        change_state(cpu, opcode);
        return;
    case 0xA: /* REV, REV16, REVSH */
        switch (opcode >> 6 & 3u) {
        case 0:
            *d = __builtin_bswap32(m);
            return;
        case 1:
            *d = (m & 0x00FF00FFu) << 8 | (m >> 8 & 0x00FF00FFu);
            return;
        case 3:
            *d = (uint32_t)(int32_t)(int16_t)__builtin_bswap16((uint16_t)m);
            return;
        default:
            raise_fault(cpu, CFSR_UNDEFINSTR);
            return;
        }
    case 0xC:
    case 0xD:
        if ((opcode & 0x1FFu) == 0) {
            stop_unknown(cpu, opcode, "POP of nothing");
            return;
        }
        pop(cpu, (opcode & 0xFFu) | (opcode & 0x100u) << 7);
        return;
    case 0xE:
        stop_because(cpu, CPU_STOP_BKPT, "BKPT");
        return;
    case 0xF:
        hints(cpu, opcode);
        return;
    default:
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
}

/* STM, LDM with write-back, A7.7.159, A7.7.41. */
static void store_multiple(struct cpu *cpu, uint32_t opcode)
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

static void load_multiple(struct cpu *cpu, uint32_t opcode)
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

/* B<c>, UDF, SVC, A5.2.6. */
static inline void conditional_branch(struct cpu *cpu, uint32_t opcode)
{
    uint32_t condition = opcode >> 8 & 15u;
    if (condition == 15) {
        cpu->event = EVENT_SVC;
    } else if (condition == 14) {
        raise_fault(cpu, CFSR_UNDEFINSTR);
    } else if (cpu->itstate != 0) {
        stop_unknown(cpu, opcode, "conditional branch in an IT block");
    } else if (condition_holds(cpu->apsr, condition)) {
        int32_t offset = (int32_t)(int8_t)opcode * 2;
        branch_to(cpu, cpu->r[PC] + 4u + (uint32_t)offset);
    }
}

/* Shifts by an immediate, A5.2.1: LSL #0 is MOV, LSR and ASR #0 mean 32. */
static inline void shift_immediate(struct cpu *cpu, uint32_t opcode, unsigned type)
{
    uint32_t amount = opcode >> 6 & 31u;
    uint32_t carry = carry_flag(cpu);
    uint32_t value = cpu->r[low(opcode, 3)];
    if (amount == 0 && type != 0) {
        amount = 32;
    }
    if (amount != 0) {
        value = shift_with_carry(value, type, amount, &carry);
    }
    cpu->r[opcode & 7u] = value;
    if (cpu->itstate == 0) {
        set_nzc(cpu, value, carry);
    }
}

static inline void set_register(struct cpu *cpu, uint32_t d, uint32_t a, uint32_t b,
                                uint32_t carry)
{
    if (cpu->itstate == 0) {
        cpu->r[d] = add_set_flags(cpu, a, b, carry);
    } else {
        cpu->r[d] = a + b + carry;
    }
}

void execute16(struct cpu *cpu, uint32_t opcode)
{
    uint32_t *d = &cpu->r[opcode & 7u];
    uint32_t *t = &cpu->r[low(opcode, 8)]; /* of formats with an 8-bit immediate */
    uint32_t value;
    uint32_t addr;
    switch (opcode >> 11) {
    case 0:
    case 1:
    case 2:
        shift_immediate(cpu, opcode, opcode >> 11);
        return;
    case 3: { /* ADD, SUB with a register or a 3-bit immediate */
        uint32_t b = (opcode & 0x400u) != 0 ? low(opcode, 6) : cpu->r[low(opcode, 6)];
        uint32_t a = cpu->r[low(opcode, 3)];
        bool subtract = (opcode & 0x200u) != 0;
        set_register(cpu, opcode & 7u, a, subtract ? ~b : b, subtract);
        return;
    }
    case 4: /* MOV */
        *t = opcode & 0xFFu;
        if (cpu->itstate == 0) {
            set_nz(cpu, *t);
        }
        return;
    case 5: /* CMP */
        add_set_flags(cpu, *t, ~(opcode & 0xFFu), 1);
        return;
    case 6: /* ADD */
        set_register(cpu, low(opcode, 8), *t, opcode & 0xFFu, 0);
        return;
    case 7: /* SUB */
        set_register(cpu, low(opcode, 8), *t, ~(opcode & 0xFFu), 1);
        return;
    case 8:
        if ((opcode & 0x400u) == 0) {
            data_processing(cpu, opcode);
        } else {
            special_data(cpu, opcode);
        }
        return;
    case 9: /* LDR literal */
        cpu->cycles++;
        if (read32(cpu, ((cpu->r[PC] + 4u) & ~3u) + ((opcode & 0xFFu) << 2), &value)) {
            *t = value;
        }
        return;
    case 10:
    case 11:
        load_store_register(cpu, opcode);
        return;
    case 12: /* STR */
        (void)write32(cpu, cpu->r[low(opcode, 3)] + (opcode >> 4 & 0x7Cu), *d);
        return;
    case 13: /* LDR */
        cpu->cycles++;
        if (read32(cpu, cpu->r[low(opcode, 3)] + (opcode >> 4 & 0x7Cu), &value)) {
            *d = value;
        }
        return;
    case 14: /* STRB */
        (void)write8(cpu, cpu->r[low(opcode, 3)] + (opcode >> 6 & 31u), *d);
        return;
    case 15: /* LDRB */
        cpu->cycles++;
        if (read8(cpu, cpu->r[low(opcode, 3)] + (opcode >> 6 & 31u), &value)) {
            *d = value;
        }
        return;
    case 16: /* STRH */
        (void)write16(cpu, cpu->r[low(opcode, 3)] + (opcode >> 5 & 0x3Eu), *d);
        return;
    case 17: /* LDRH */
        cpu->cycles++;
        if (read16(cpu, cpu->r[low(opcode, 3)] + (opcode >> 5 & 0x3Eu), &value)) {
            *d = value;
        }
        return;
    case 18: /* STR SP-relative */
        (void)write32(cpu, cpu->r[SP] + ((opcode & 0xFFu) << 2), *t);
        return;
    case 19: /* LDR SP-relative */
        cpu->cycles++;
        if (read32(cpu, cpu->r[SP] + ((opcode & 0xFFu) << 2), &value)) {
            *t = value;
        }
        return;
    case 20: /* ADR */
        *t = ((cpu->r[PC] + 4u) & ~3u) + ((opcode & 0xFFu) << 2);
        return;
    case 21: /* ADD SP */
        *t = cpu->r[SP] + ((opcode & 0xFFu) << 2);
        return;
    case 22:
    case 23:
        miscellaneous(cpu, opcode);
        return;
    case 24:
        store_multiple(cpu, opcode);
        return;
    case 25:
        load_multiple(cpu, opcode);
        return;
    case 26:
    case 27:
        conditional_branch(cpu, opcode);
        return;
    default: /* 28: B */
        addr = (opcode & 0x7FFu) << 1;
        addr |= (opcode & 0x400u) != 0 ? 0xFFFFF000u : 0;
        branch_to(cpu, cpu->r[PC] + 4u + addr);
        return;
    }
}
