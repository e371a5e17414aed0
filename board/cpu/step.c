/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "board/cpu/debug.h"
#include "board/cpu/internal.h"

/* The core as a whole: reset, the run loop, time. */

void stop_because(struct cpu *cpu, enum board_stop stop, const char *why)
{
    cpu->stop = stop;
    cpu->event = EVENT_STOP;
    snprintf(cpu->why, sizeof cpu->why, "%s", why);
    request_slow_path(cpu);
}

void stop_unknown(struct cpu *cpu, uint32_t opcode, const char *why)
{
    char text[sizeof cpu->why];
    snprintf(text, sizeof text, "at 0x%08X: 0x%04X: UNPREDICTABLE or not modelled: %s",
             (unsigned)cpu->r[PC], (unsigned)opcode, why);
    stop_because(cpu, BOARD_STOP_UNKNOWN, text);
}

void cpu_init(struct cpu *cpu, const struct cpu_bus *bus)
{
    memset(cpu, 0, sizeof *cpu);
    cpu->bus = *bus;
    cpu->ticks_per_cycle = 1;
}

void cpu_map(struct cpu *cpu, uint8_t *flash, uint32_t flash_base, uint32_t flash_size,
             uint8_t *sram, uint32_t sram_base, uint32_t sram_size)
{
    cpu->flash = flash;
    cpu->flash_base = flash_base;
    cpu->flash_size = flash_size;
    cpu->sram = sram;
    cpu->sram_base = sram_base;
    cpu->sram_size = sram_size;
}

void cpu_reset(struct cpu *cpu)
{
    memset(cpu->r, 0, sizeof cpu->r);
    memset(cpu->system_priority, 0, sizeof cpu->system_priority);
    memset(cpu->irq_priority, 0, sizeof cpu->irq_priority);
    cpu->other_sp = 0;
    cpu_set_apsr(cpu, 0);
    cpu->itstate = cpu->ipsr = 0;
    cpu->primask = cpu->faultmask = cpu->basepri = cpu->control = 0;
    cpu->vtor = cpu->aircr_prigroup = cpu->scr = cpu->shcsr = 0;
    cpu->ccr = CCR_STKALIGN; /* reset value of ST's Cortex-M3, PM0056 */
    cpu->cfsr = cpu->hfsr = cpu->mmfar = cpu->bfar = 0;
    cpu->irq_enabled = cpu->irq_pending = cpu->irq_active = 0;
    cpu->system_pending = cpu->system_active = 0;
    cpu->demcr = cpu->dwt_ctrl = 0;
    cpu->sleeping = cpu->event_register = cpu->exclusive = false;
    cpu->event = EVENT_NONE;
    systick_reset(cpu);

    uint32_t sp = 0, entry = 0;
    bool good = read32(cpu, 0, &sp) && read32(cpu, 4, &entry);
    cpu->event = EVENT_NONE;
    cpu->r[SP] = sp & ~3u;
    cpu->r[LR] = 0xFFFFFFFFu;
    cpu->r[PC] = entry & ~1u;
    cpu->arm_state = !good || (entry & 1u) == 0;
    request_slow_path(cpu);
}

uint32_t cpu_apsr(const struct cpu *cpu)
{
    return (cpu->flag_n & 0x80000000u) | (cpu->flag_z == 0 ? FLAG_Z : 0) | cpu->flag_c << 29 |
           cpu->flag_v << 28 | cpu->flag_q << 27;
}

void cpu_set_apsr(struct cpu *cpu, uint32_t value)
{
    cpu->flag_n = value;
    cpu->flag_z = ~value & FLAG_Z;
    cpu->flag_c = value >> 29 & 1u;
    cpu->flag_v = value >> 28 & 1u;
    cpu->flag_q = value >> 27 & 1u;
}

uint32_t cpu_xpsr(const struct cpu *cpu)
{
    return cpu_apsr(cpu) | (cpu->itstate & 3u) << 25 | (cpu->itstate & 0xFCu) << 8 |
           (cpu->arm_state ? 0 : 1u << 24) | cpu->ipsr;
}

void cpu_request_stop(struct cpu *cpu)
{
    cpu->stop = BOARD_STOP_ASKED;
    request_slow_path(cpu);
}

void cpu_set_irq(struct cpu *cpu, unsigned irq, bool level)
{
    uint64_t bit = (uint64_t)1 << irq;
    if (level && (cpu->irq_line & bit) == 0) {
        cpu->irq_pending |= bit;
        request_slow_path(cpu);
    }
    cpu->irq_line = level ? cpu->irq_line | bit : cpu->irq_line & ~bit;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void cpu_stall_until(struct cpu *cpu, uint64_t tick)
{
    cpu->bus_event = cpu->bus.service(cpu->bus.ctx, cpu->now);
    while (cpu->bus_event < tick && cpu->stop == BOARD_STOP_TIME) {
        cpu->now = cpu->bus_event > cpu->now ? cpu->bus_event : cpu->now;
        cpu->bus_event = cpu->bus.service(cpu->bus.ctx, cpu->now);
    }
    if (cpu->stop == BOARD_STOP_TIME && cpu->now < tick) {
        cpu->now = tick;
    }
    request_slow_path(cpu);
}

void cpu_set_traps(struct cpu *cpu, const uint32_t addrs[], unsigned count)
{
    cpu->trap_count = count;
    cpu->trap_filter = 0;
    for (unsigned i = 0; i < count; i++) {
        cpu->traps[i] = addrs[i];
        cpu->trap_filter |= UINT64_C(1) << addrs[i] / 2 % 64;
    }
}

void look_for_trap(struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->trap_count; i++) {
        if (cpu->next_pc == cpu->traps[i]) {
            cpu->stop = BOARD_STOP_TRAP;
            request_slow_path(cpu);
        }
    }
}

uint64_t cpu_next_event(const struct cpu *cpu)
{
    return earlier(cpu->bus_event, systick_next(cpu));
}

/* Everything that may have to be done between instructions. Returns false when the run is
 * over. */
static bool serve(struct cpu *cpu, uint64_t until)
{
    for (;;) {
        if (cpu->stop != BOARD_STOP_TIME) {
            return false;
        }
        cpu->next_event = UINT64_MAX; /* callbacks may set it to 0 again */
        cpu->bus_event = cpu->bus.service(cpu->bus.ctx, cpu->now);
        systick_serve(cpu);
        if (cpu->stop != BOARD_STOP_TIME) {
            return false;
        }
        uint64_t next = earlier(cpu_next_event(cpu), until);
        if (cpu->sleeping) {
            bool wakes = has_wakeup(cpu) || (cpu->sleeps_for_event && cpu->event_register);
            if (!wakes) {
                if (cpu->now >= until) {
                    return false;
                }
                cpu->now = next > cpu->now ? next : cpu->now;
                continue;
            }
            cpu->sleeping = false;
            cpu->event_register = cpu->event_register && !cpu->sleeps_for_event;
        }
        if (cpu->now >= until) {
            return false;
        }
        if (take_pending(cpu)) {
            continue;
        }
        if (cpu->arm_state) { /* no ARM instructions here: B1.5.14; the frame shows T = 0 */
            raise_fault(cpu, CFSR_INVSTATE);
            take_event(cpu);
            continue;
        }
        cpu->next_event = next;
        return true;
    }
}

static inline uint32_t next_it(uint32_t itstate)
{
    return (itstate & 7u) == 0 ? 0 : (itstate & 0xE0u) | (itstate << 1 & 0x1Fu);
}

/* The instruction at r[15] did not simply end with the one at `next_pc`: do what it ended with.
 * Returns where to go on. */
static uint32_t end_differently(struct cpu *cpu, uint32_t it, uint32_t next_pc)
{
    switch (cpu->event) {
    case EVENT_BRANCH:
        cpu->event = EVENT_NONE;
        cpu->itstate = next_it(it);
        return cpu->next_pc;
    case EVENT_IT:
        cpu->event = EVENT_NONE;
        return next_pc;
    case EVENT_STOP:
        cpu->event = EVENT_NONE;
        break;
    case EVENT_SVC:
        cpu->itstate = next_it(it);
        cpu->next_pc = next_pc;
        take_event(cpu);
        break;
    default:
        take_event(cpu);
        break;
    }
    return cpu->r[PC];
}

static void pass(struct cpu *cpu)
{
    cpu->instructions++;
    cpu->now += (uint64_t)cpu->cycles * cpu->ticks_per_cycle;
}

/* Execute any instruction at pc, from any memory, or pass over it. Returns the address of the
 * next one. */
static inline uint32_t step_or_skip(struct cpu *cpu, uint32_t pc, bool skip)
{
    uint32_t it = cpu->itstate;
    uint32_t next_pc = pc + 2u;
    uint32_t first;
    uint32_t second;
    cpu->r[PC] = pc;
    cpu->cycles = 1;
    if (fetch16(cpu, pc, &first)) {
        bool execute = !skip && (it == 0 || condition_holds(cpu, it >> 4) ||
                                 first >> 8 == 0xBEu); /* BKPT knows no condition, A7.7.17 */
        if (first < 0xE800u) {
            if (execute) {
                execute16(cpu, first);
            }
        } else if (fetch16(cpu, next_pc, &second)) {
            next_pc = pc + 4u;
            if (execute) {
                execute32(cpu, first, second);
            }
        }
    }
    pass(cpu);
    if (cpu->event != EVENT_NONE) {
        return end_differently(cpu, it, next_pc);
    }
    cpu->itstate = next_it(it);
    return next_pc;
}

static uint32_t step(struct cpu *cpu, uint32_t pc)
{
    return step_or_skip(cpu, pc, false);
}

void cpu_skip(struct cpu *cpu)
{
    cpu->r[PC] = step_or_skip(cpu, cpu->r[PC], true);
}

/* Execute until the next event or IT block, from flash that is not busy: step() without what
 * cannot happen there. Returns the address of the next instruction. */
static uint32_t run_fast(struct cpu *cpu, uint32_t pc)
{
    const uint8_t *code = cpu->flash;
    uint32_t base = cpu->flash_base;
    uint32_t end = cpu->flash_size - 3u; /* both halfwords are read at once */
    uint32_t ticks_per_cycle = cpu->ticks_per_cycle;
    uint64_t instructions = 0;
    uint64_t now = cpu->now;
    while (LIKELY(pc - base < end)) {
        uint32_t opcode = host32(code + (pc - base));
        uint32_t next_pc = pc + 2u;
        cpu->r[PC] = pc;
        cpu->now = now;
        cpu->cycles = 1;
        if ((opcode & 0xFFFFu) < 0xE800u) {
            execute16(cpu, opcode & 0xFFFFu);
        } else {
            next_pc = pc + 4u;
            execute32(cpu, opcode & 0xFFFFu, opcode >> 16);
        }
        instructions++;
        now += (uint64_t)cpu->cycles * ticks_per_cycle;
        if (LIKELY(cpu->event == EVENT_NONE)) {
            pc = next_pc;
        } else if (LIKELY(cpu->event == EVENT_BRANCH)) {
            cpu->event = EVENT_NONE;
            pc = cpu->next_pc;
        } else {
            cpu->now += (uint64_t)cpu->cycles * ticks_per_cycle;
            cpu->instructions += instructions;
            return end_differently(cpu, 0, next_pc);
        }
        if (UNLIKELY(now >= cpu->next_event)) {
            break;
        }
    }
    if (instructions != 0) { /* the last one may also have let time pass, by a stall */
        cpu->now += (uint64_t)cpu->cycles * ticks_per_cycle;
        cpu->instructions += instructions;
    }
    return pc;
}

enum board_stop cpu_run(struct cpu *cpu, uint64_t until)
{
    cpu->stop = BOARD_STOP_TIME;
    request_slow_path(cpu);
    uint32_t pc = cpu->r[PC];
    for (;;) {
        if (cpu->now >= cpu->next_event) {
            cpu->r[PC] = pc;
            if (!serve(cpu, until)) {
                return cpu->stop;
            }
            pc = cpu->r[PC];
        }
        if (!cpu->flash_is_slow && cpu->itstate == 0) {
            pc = run_fast(cpu, pc);
            if (cpu->now >= cpu->next_event) {
                continue;
            }
        }
        pc = step(cpu, pc);
    }
}

enum board_stop cpu_run_checked(struct cpu *cpu, uint64_t until, bool (*check)(void *ctx),
                                void *ctx)
{
    cpu->stop = BOARD_STOP_TIME;
    request_slow_path(cpu);
    for (;;) {
        if (cpu->now >= cpu->next_event && !serve(cpu, until)) {
            return cpu->stop;
        }
        if (!check(ctx)) {
            cpu->stop = BOARD_STOP_ASKED;
            return cpu->stop;
        }
        cpu->r[PC] = step(cpu, cpu->r[PC]);
    }
}

enum board_stop cpu_step(struct cpu *cpu)
{
    uint64_t until = UINT64_MAX;
    cpu->stop = BOARD_STOP_TIME;
    if (cpu->sleeping) { /* one step of sleep ends at the next event */
        cpu->bus_event = cpu->bus.service(cpu->bus.ctx, cpu->now);
        until = cpu_next_event(cpu);
        until = until > cpu->now ? until : cpu->now + 1;
    }
    if (serve(cpu, until)) {
        cpu->r[PC] = step(cpu, cpu->r[PC]);
    }
    return cpu->stop;
}
