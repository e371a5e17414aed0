/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op32.h"

/* 32-bit branches and system instructions, A5.3.4. */

static void unpredictable(struct cpu *cpu, uint32_t first, uint32_t second)
{
    stop_unknown(cpu, first << 16 | second, "control instruction with these operands");
}

/* MRS, B5.2.2: what cannot be read in this mode reads as zero. */
static void read_special(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t d = second >> 8 & 15u;
    uint32_t sysm = second & 0xFFu;
    uint32_t value = 0;
    if (is_sp_or_pc(d) || (first & 0x1Fu) != 0x0Fu || (second & 0x2000u) != 0) {
        unpredictable(cpu, first, second);
        return;
    }
    bool privileged = is_privileged(cpu);
    switch (sysm) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 5:
    case 6:
    case 7: /* xPSR and its parts; EPSR reads as zero */
        if ((sysm & 1u) != 0 && privileged) {
            value |= cpu->ipsr;
        }
        if ((sysm & 4u) == 0) {
            value |= cpu_apsr(cpu);
        }
        break;
    case 8: /* MSP */
        value = !privileged ? 0 : uses_process_stack(cpu) ? cpu->other_sp : cpu->r[SP];
        break;
    case 9: /* PSP */
        value = !privileged ? 0 : uses_process_stack(cpu) ? cpu->r[SP] : cpu->other_sp;
        break;
    case 16:
        value = privileged ? cpu->primask : 0;
        break;
    case 17: /* BASEPRI */
    case 18: /* BASEPRI_MAX */
        value = privileged ? cpu->basepri : 0;
        break;
    case 19:
        value = privileged ? cpu->faultmask : 0;
        break;
    case 20:
        value = cpu->control;
        break;
    default:
        unpredictable(cpu, first, second);
        return;
    }
    cpu->r[d] = value;
    cpu->cycles++;
}

static void set_stack(struct cpu *cpu, bool process, uint32_t value)
{
    if (process == uses_process_stack(cpu)) {
        cpu->r[SP] = value & ~3u;
    } else {
        cpu->other_sp = value & ~3u;
    }
}

static void write_control(struct cpu *cpu, uint32_t value)
{
    if (!is_handler(cpu)) {
        select_stack(cpu, (value & 2u) != 0);
        cpu->control = value & 3u;
    } else { /* SPSEL ignores writes in handler mode */
        cpu->control = (cpu->control & 2u) | (value & 1u);
    }
}

/* MSR, B5.2.3: without effect on system registers in unprivileged code. */
static void write_special(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t sysm = second & 0xFFu;
    uint32_t value = cpu->r[first & 15u];
    uint32_t mask = second >> 10 & 3u;
    /* GE flags, mask bit 0, are the DSP extension's */
    if (is_sp_or_pc(first & 15u) || mask != 2 || (first & 0x10u) != 0 ||
        (second & 0x2300u) != 0) {
        unpredictable(cpu, first, second);
        return;
    }
    cpu->cycles++;
    if (sysm < 8) { /* APSR: only N Z C V Q exist; the rest ignores writes */
        if ((sysm & 4u) == 0) {
            cpu_set_apsr(cpu, value);
        }
        return;
    }
    bool privileged = is_privileged(cpu);
    switch (sysm) {
    case 8:
    case 9:
        if (privileged) {
            set_stack(cpu, sysm == 9, value);
        }
        break;
    case 16:
        cpu->primask = privileged ? value & 1u : cpu->primask;
        break;
    case 17:
        cpu->basepri = privileged ? value & 0xF0u : cpu->basepri;
        break;
    case 18: /* only raises */
        value &= 0xF0u;
        if (privileged && value != 0 && (cpu->basepri == 0 || value < cpu->basepri)) {
            cpu->basepri = value;
        }
        break;
    case 19:
        if (privileged && ((value & 1u) == 0 || execution_priority(cpu) > -1)) {
            cpu->faultmask = value & 1u;
        }
        break;
    case 20:
        if (privileged) {
            write_control(cpu, value);
        }
        break;
    default:
        unpredictable(cpu, first, second);
        return;
    }
    request_slow_path(cpu);
}

/* Hints (CPS does not exist as a 32-bit instruction here), A5.3.4. */
static void wide_hint(struct cpu *cpu, uint32_t first, uint32_t second)
{
    if ((first & 15u) != 15 || (second & 0x2800u) != 0) {
        unpredictable(cpu, first, second);
        return;
    }
    if ((second & 0x0700u) != 0 || (second & 0xFFu) > 4) {
        if ((second & 0x0700u) == 0) {
            return; /* DBG and reserved hints act as NOP */
        }
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
    execute16(cpu, 0xBF00u | (second & 15u) << 4);
}

/* CLREX, DSB, DMB, ISB: one core, in order, so only CLREX has an effect. */
static void barrier(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t op = second >> 4 & 15u;
    bool exists = op == 2 || (op >= 4 && op <= 6);
    if (exists && ((first & 15u) != 15 || (second & 0x2F00u) != 0x0F00u ||
                   (op == 2 && (second & 15u) != 15))) {
        unpredictable(cpu, first, second);
        return;
    }
    switch (op) {
    case 2:
        cpu->exclusive = false;
        return;
    case 4:
    case 5:
    case 6:
        cpu->cycles += 2;
        return;
    default:
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
}

/* Offset of B T4 and BL: the sign and J1, J2 make bits 24..22, A7.7.12. */
static uint32_t long_offset(uint32_t first, uint32_t second)
{
    uint32_t s = first >> 10 & 1u;
    uint32_t i1 = ~((second >> 13) ^ s) & 1u;
    uint32_t i2 = ~((second >> 11) ^ s) & 1u;
    return (s != 0 ? 0xFF000000u : 0) | i1 << 23 | i2 << 22 | (first & 0x3FFu) << 12 |
           (second & 0x7FFu) << 1;
}

static void conditional_branch(struct cpu *cpu, uint32_t first, uint32_t second)
{
    uint32_t offset = ((first & 0x400u) != 0 ? 0xFFF00000u : 0) | (second << 8 & 0x80000u) |
                      (second << 5 & 0x40000u) | (first & 0x3Fu) << 12 | (second & 0x7FFu) << 1;
    if (cpu->itstate != 0) {
        unpredictable(cpu, first, second);
    } else if (condition_holds(cpu, first >> 6 & 15u)) {
        branch_to(cpu, cpu->r[PC] + 4u + offset);
    }
}

void op32_control(struct cpu *cpu, uint32_t first, uint32_t second)
{
    switch (second >> 12 & 5u) {
    case 5: /* BL */
        cpu->r[LR] = (cpu->r[PC] + 4u) | 1u;
        branch_to(cpu, cpu->r[PC] + 4u + long_offset(first, second));
        return;
    case 1: /* B */
        branch_to(cpu, cpu->r[PC] + 4u + long_offset(first, second));
        return;
    case 4: /* BLX to ARM state: does not exist here */
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    default:
        break;
    }
    if ((first & 0x380u) != 0x380u) {
        conditional_branch(cpu, first, second);
        return;
    }
    switch (first >> 4 & 0x7Fu) {
    case 0x38: /* MSR */
    case 0x39:
        write_special(cpu, first, second);
        return;
    case 0x3A:
        wide_hint(cpu, first, second);
        return;
    case 0x3B:
        barrier(cpu, first, second);
        return;
    case 0x3E: /* MRS */
    case 0x3F:
        read_special(cpu, first, second);
        return;
    default:
        raise_fault(cpu, CFSR_UNDEFINSTR);
        return;
    }
}
