/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/debug.h"
#include "board/cpu/internal.h"

/* The core as a debugger sees it. cpu_run_checked() is in step.c. */

#define XPSR_T      (1u << 24)
#define STACK_ALIGN (~3u)

uint32_t cpu_register(const struct cpu *cpu, unsigned n)
{
    bool process = uses_process_stack(cpu);
    switch (n) {
    case CPU_XPSR:
        return cpu_xpsr(cpu);
    case CPU_MSP:
        return process ? cpu->other_sp : cpu->r[SP];
    case CPU_PSP:
        return process ? cpu->r[SP] : cpu->other_sp;
    case CPU_PRIMASK:
        return cpu->primask;
    case CPU_BASEPRI:
        return cpu->basepri;
    case CPU_FAULTMASK:
        return cpu->faultmask;
    case CPU_CONTROL:
        return cpu->control;
    default:
        return n <= PC ? cpu->r[n] : 0;
    }
}

static void set_xpsr(struct cpu *cpu, uint32_t value)
{
    cpu_set_apsr(cpu, value);
    cpu->itstate = (value >> 25 & 3u) | (value >> 8 & 0xFCu);
    cpu->arm_state = (value & XPSR_T) == 0;
}

static void set_control(struct cpu *cpu, uint32_t value)
{
    bool process = (value & 2u) != 0;
    if (is_handler(cpu)) { /* SPSEL is 0 in handler mode, B1.4.4 */
        process = false;
    }
    select_stack(cpu, process);
    cpu->control = (value & 1u) | (process ? 2u : 0u);
}

void cpu_set_register(struct cpu *cpu, unsigned n, uint32_t value)
{
    bool process = uses_process_stack(cpu);
    switch (n) {
    case SP:
        cpu->r[SP] = value & STACK_ALIGN;
        break;
    case PC:
        cpu->r[PC] = value & ~1u;
        cpu->itstate = 0;
        cpu->sleeping = false;
        break;
    case CPU_XPSR:
        set_xpsr(cpu, value);
        break;
    case CPU_MSP:
        *(process ? &cpu->other_sp : &cpu->r[SP]) = value & STACK_ALIGN;
        break;
    case CPU_PSP:
        *(process ? &cpu->r[SP] : &cpu->other_sp) = value & STACK_ALIGN;
        break;
    case CPU_PRIMASK:
        cpu->primask = value & 1u;
        break;
    case CPU_BASEPRI:
        cpu->basepri = value & 0xF0u; /* 16 priorities on this chip */
        break;
    case CPU_FAULTMASK:
        cpu->faultmask = value & 1u;
        break;
    case CPU_CONTROL:
        set_control(cpu, value);
        break;
    default:
        if (n < SP || n == LR) {
            cpu->r[n] = value;
        }
        break;
    }
    request_slow_path(cpu);
}

bool cpu_load(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value)
{
    return addr >> 20 == 0xE00u ? scs_read(cpu, addr, size, out_value)
                                : cpu->bus.read(cpu->bus.ctx, addr, size, out_value);
}
