/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op16.h"

/* 16-bit Thumb branches, high registers, hints and state changes, A5.2.3, A5.2.5, A5.2.6. */

/* ---- high registers, BX, BLX: A5.2.3 ---- */

static inline uint32_t high_d(uint32_t opcode)
{
    return (opcode & 7u) | (opcode >> 4 & 8u);
}

static inline uint32_t high_m(uint32_t opcode)
{
    return opcode >> 3 & 15u;
}

static inline void put_high(struct cpu *cpu, uint32_t d, uint32_t value)
{
    if (UNLIKELY(d == PC)) {
        branch_to(cpu, value);
    } else {
        cpu->r[d] = d == SP ? value & ~3u : value;
    }
}

void op16_add_high(struct cpu *cpu, uint32_t opcode)
{
    uint32_t d = high_d(opcode);
    uint32_t m = high_m(opcode);
    if (d == PC && m == PC) {
        stop_unknown(cpu, opcode, "ADD PC, PC");
        return;
    }
    put_high(cpu, d, operand(cpu, d) + operand(cpu, m));
}

void op16_cmp_high(struct cpu *cpu, uint32_t opcode)
{
    uint32_t d = high_d(opcode);
    uint32_t m = high_m(opcode);
    if (d == PC || m == PC || (d < 8 && m < 8)) {
        stop_unknown(cpu, opcode, "CMP with these registers");
        return;
    }
    add_set_flags(cpu, cpu->r[d], ~cpu->r[m], 1);
}

void op16_mov_high(struct cpu *cpu, uint32_t opcode)
{
    put_high(cpu, high_d(opcode), operand(cpu, high_m(opcode)));
}

void op16_branch_register(struct cpu *cpu, uint32_t opcode)
{
    uint32_t m = high_m(opcode);
    uint32_t target = cpu->r[m];
    if ((opcode & 7u) != 0 || m == PC) {
        stop_unknown(cpu, opcode, "BX or BLX");
        return;
    }
    if ((opcode & 0x80u) == 0) {
        branch_exchange(cpu, target);
        return;
    }
    cpu->r[LR] = (cpu->r[PC] + 2u) | 1u;
    branch_to(cpu, target);
    if ((target & 1u) == 0) {
        cpu->arm_state = true;
        request_slow_path(cpu);
    }
}

/* ---- branches: A5.2.6 ---- */

/* One function per condition, so that the host's branch prediction sees each by itself. */
#define BRANCH(name, cond)                                                                     \
    void op16_b##name(struct cpu *cpu, uint32_t opcode)                                        \
    {                                                                                          \
        if (UNLIKELY(cpu->itstate != 0)) {                                                     \
            stop_unknown(cpu, opcode, "conditional branch in an IT block");                    \
        } else if (condition_holds(cpu, cond)) {                                               \
            branch_to(cpu, cpu->r[PC] + 4u + (uint32_t)((int32_t)(int8_t)opcode * 2));         \
        }                                                                                      \
    }

BRANCH(eq, 0)
BRANCH(ne, 1)
BRANCH(cs, 2)
BRANCH(cc, 3)
BRANCH(mi, 4)
BRANCH(pl, 5)
BRANCH(vs, 6)
BRANCH(vc, 7)
BRANCH(hi, 8)
BRANCH(ls, 9)
BRANCH(ge, 10)
BRANCH(lt, 11)
BRANCH(gt, 12)
BRANCH(le, 13)

void op16_branch(struct cpu *cpu, uint32_t opcode)
{
    uint32_t distance = (opcode & 0x7FFu) << 1 | ((opcode & 0x400u) != 0 ? 0xFFFFF000u : 0);
    branch_to(cpu, cpu->r[PC] + 4u + distance);
}

void op16_undefined(struct cpu *cpu, uint32_t opcode)
{
    (void)opcode;
    raise_fault(cpu, CFSR_UNDEFINSTR);
}

void op16_supervisor_call(struct cpu *cpu, uint32_t opcode)
{
    (void)opcode;
    cpu->event = EVENT_SVC;
}

static inline void compare_branch(struct cpu *cpu, uint32_t opcode, bool want_zero)
{
    if ((cpu->r[opcode & 7u] == 0) == want_zero) {
        branch_to(cpu, cpu->r[PC] + 4u + (opcode >> 2 & 0x3Eu) + (opcode >> 3 & 0x40u));
    }
}

void op16_cbz(struct cpu *cpu, uint32_t opcode)
{
    compare_branch(cpu, opcode, true);
}

void op16_cbnz(struct cpu *cpu, uint32_t opcode)
{
    compare_branch(cpu, opcode, false);
}

void op16_breakpoint(struct cpu *cpu, uint32_t opcode)
{
    (void)opcode;
    stop_because(cpu, BOARD_STOP_BKPT, "BKPT");
}

/* CPS, B5.2.1: without effect in unprivileged code. */
void op16_change_state(struct cpu *cpu, uint32_t opcode)
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
    request_slow_path(cpu);
}

/* NOP, YIELD, WFE, WFI, SEV, A5.2.5; IT. */
void op16_hints(struct cpu *cpu, uint32_t opcode)
{
    if ((opcode & 15u) != 0) { /* IT */
        uint32_t first = opcode >> 4 & 15u;
        if (cpu->itstate != 0 || first == 15 ||
            (first == 14 && (opcode & 7u) != 0 && __builtin_popcount(opcode & 15u) != 1)) {
            stop_unknown(cpu, opcode, "IT");
            return;
        }
        cpu->itstate = opcode & 0xFFu;
        cpu->event = EVENT_IT;
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
        request_slow_path(cpu);
        return;
    case 3: /* WFI */
        cpu->sleeping = true;
        cpu->sleeps_for_event = false;
        request_slow_path(cpu);
        return;
    case 4: /* SEV */
        cpu->event_register = true;
        return;
    default: /* NOP, YIELD; the others are NOPs as well */
        return;
    }
}
