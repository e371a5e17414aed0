/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/internal.h"

/* The timers of the core: SysTick, B3.3, and the cycle counter of the DWT, C1.8. Both are
 * computed from the tick at which they were last changed. */

#define DWT_CTRL   0xE0001000u
#define DWT_CYCCNT 0xE0001004u
#define SYST_CSR   0xE000E010u
#define SYST_RVR   0xE000E014u
#define SYST_CVR   0xE000E018u
#define SYST_CALIB 0xE000E01Cu

#define CSR_ENABLE    1u
#define CSR_TICKINT   2u
#define CSR_CLKSOURCE 4u
#define CSR_COUNTFLAG 0x10000u

/* Ticks of one count: the core clock, or an eighth of it (STM32F1's external reference). */
static uint64_t systick_unit(const struct cpu *cpu)
{
    return (uint64_t)cpu->ticks_per_cycle *
           ((cpu->systick_ctrl & CSR_CLKSOURCE) != 0 ? 1u : 8u);
}

static bool systick_counts(const struct cpu *cpu)
{
    return (cpu->systick_ctrl & CSR_ENABLE) != 0 && cpu->systick_zero != UINT64_MAX;
}

static uint32_t systick_current(const struct cpu *cpu)
{
    if (!systick_counts(cpu)) {
        return cpu->systick_value;
    }
    uint64_t unit = systick_unit(cpu);
    uint64_t left = cpu->systick_zero > cpu->now ? cpu->systick_zero - cpu->now : 0;
    uint64_t value = (left + unit - 1) / unit;
    /* The reload takes one count, at 0. */
    return value > cpu->systick_load ? 0 : (uint32_t)value;
}

/* Stop counting: keep the present value. */
static void systick_freeze(struct cpu *cpu)
{
    cpu->systick_value = systick_current(cpu);
}

/* Go on from systick_value. From 0 it first reloads; with a reload value of 0 it stays at 0. */
static void systick_thaw(struct cpu *cpu)
{
    uint64_t counts = cpu->systick_value != 0  ? cpu->systick_value
                      : cpu->systick_load != 0 ? (uint64_t)cpu->systick_load + 1
                                               : 0;
    cpu->systick_zero = counts == 0 ? UINT64_MAX : cpu->now + counts * systick_unit(cpu);
    request_slow_path(cpu);
}

void systick_serve(struct cpu *cpu)
{
    while (systick_counts(cpu) && cpu->now >= cpu->systick_zero) {
        cpu->systick_ctrl |= CSR_COUNTFLAG;
        if ((cpu->systick_ctrl & CSR_TICKINT) != 0) {
            cpu->system_pending |= 1u << EXC_SYSTICK;
        }
        if (cpu->systick_load == 0) {
            cpu->systick_value = 0;
            cpu->systick_zero = UINT64_MAX;
        } else {
            cpu->systick_zero += ((uint64_t)cpu->systick_load + 1) * systick_unit(cpu);
        }
    }
}

uint64_t systick_next(const struct cpu *cpu)
{
    return systick_counts(cpu) ? cpu->systick_zero : UINT64_MAX;
}

void systick_reset(struct cpu *cpu)
{
    cpu->systick_ctrl = 0;
    cpu->systick_load = 0;
    cpu->systick_value = 0;
    cpu->systick_zero = UINT64_MAX;
}

static uint32_t cycle_count(const struct cpu *cpu)
{
    if ((cpu->dwt_ctrl & 1u) == 0) {
        return cpu->dwt_cycles;
    }
    return cpu->dwt_cycles + (uint32_t)((cpu->now - cpu->dwt_since) / cpu->ticks_per_cycle);
}

static void set_cycle_count(struct cpu *cpu, uint32_t value)
{
    cpu->dwt_cycles = value;
    cpu->dwt_since = cpu->now;
}

void cpu_set_clock(struct cpu *cpu, uint32_t ticks_per_cycle, uint32_t fetch_wait)
{
    systick_serve(cpu);
    systick_freeze(cpu);
    set_cycle_count(cpu, cycle_count(cpu));
    cpu->ticks_per_cycle = ticks_per_cycle;
    cpu->fetch_wait = fetch_wait;
    if ((cpu->systick_ctrl & CSR_ENABLE) != 0) {
        systick_thaw(cpu);
    }
    request_slow_path(cpu);
}

static void write_systick_ctrl(struct cpu *cpu, uint32_t value)
{
    systick_serve(cpu);
    systick_freeze(cpu);
    cpu->systick_ctrl = (cpu->systick_ctrl & CSR_COUNTFLAG) | (value & 7u);
    if ((value & CSR_ENABLE) != 0) {
        systick_thaw(cpu);
    }
}

/* ---- registers ---- */

bool timers_read(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    switch (addr) {
    case DWT_CTRL:
        *out_value = 0x40000000u | cpu->dwt_ctrl;
        return true;
    case DWT_CYCCNT:
        *out_value = cycle_count(cpu);
        return true;
    case SYST_CSR:
        systick_serve(cpu);
        *out_value = cpu->systick_ctrl;
        cpu->systick_ctrl &= ~CSR_COUNTFLAG;
        return true;
    case SYST_RVR:
        *out_value = cpu->systick_load;
        return true;
    case SYST_CVR:
        systick_serve(cpu);
        *out_value = systick_current(cpu);
        return true;
    case SYST_CALIB:
        *out_value = 9000; /* RM0008 10.1.1: 1 ms at 9 MHz */
        return true;
    default:
        return false;
    }
}

bool timers_write(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    switch (addr) {
    case DWT_CTRL:
        set_cycle_count(cpu, cycle_count(cpu));
        cpu->dwt_ctrl = value & 1u;
        return true;
    case DWT_CYCCNT:
        set_cycle_count(cpu, value);
        return true;
    case SYST_CSR:
        write_systick_ctrl(cpu, value);
        return true;
    case SYST_RVR:
        cpu->systick_load = value & 0xFFFFFFu;
        return true;
    case SYST_CVR: /* any write clears it; it reloads with the next count */
        cpu->systick_ctrl &= ~CSR_COUNTFLAG;
        cpu->systick_value = 0;
        if ((cpu->systick_ctrl & CSR_ENABLE) != 0) {
            systick_thaw(cpu);
        }
        return true;
    default:
        return false;
    }
}
