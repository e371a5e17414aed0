/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "board/cpu/internal.h"

/* The exception model, B1.5: priorities, entry, return, tail-chaining, escalation, lockup.
 *
 * Entry and return are atomic here. An exception that becomes pending meanwhile is taken before
 * the first instruction of the handler, which has the same effect as late arrival. */

enum { ENTRY_CYCLES = 12, CHAIN_CYCLES = 6, RETURN_CYCLES = 10, THREAD_PRIORITY = 256 };
enum { FRAME_WORDS = 8, FRAME_SIZE = 4 * FRAME_WORDS };
#define XPSR_T      (1u << 24)
#define XPSR_ALIGN  (1u << 9)
#define HFSR_FORCED (1u << 30)

static int priority_of(const struct cpu *cpu, unsigned number)
{
    switch (number) {
    case EXC_NMI:
        return -2;
    case EXC_HARD:
        return -1;
    default:
        return number < EXC_IRQ0 ? cpu->system_priority[number]
                                 : cpu->irq_priority[number - EXC_IRQ0];
    }
}

/* The part of a priority that decides on preemption. */
static int group_of(const struct cpu *cpu, int priority)
{
    return priority < 0 ? priority : priority & (int)(0xFFFFFFFEu << cpu->aircr_prigroup);
}

static int active_priority(const struct cpu *cpu)
{
    int best = THREAD_PRIORITY;
    for (uint32_t left = cpu->system_active; left != 0; left &= left - 1u) {
        int priority = group_of(cpu, priority_of(cpu, (unsigned)__builtin_ctz(left)));
        best = priority < best ? priority : best;
    }
    for (uint64_t left = cpu->irq_active; left != 0; left &= left - 1u) {
        int priority = group_of(cpu, cpu->irq_priority[__builtin_ctzll(left)]);
        best = priority < best ? priority : best;
    }
    return best;
}

static int masked_priority(const struct cpu *cpu, bool with_primask)
{
    int best = active_priority(cpu);
    int base = group_of(cpu, (int)cpu->basepri);
    if (cpu->basepri != 0 && base < best) {
        best = base;
    }
    if (with_primask && cpu->primask != 0 && best > 0) {
        best = 0;
    }
    if (cpu->faultmask != 0 && best > -1) {
        best = -1;
    }
    return best;
}

int execution_priority(const struct cpu *cpu)
{
    return masked_priority(cpu, true);
}

/* The most urgent pending exception that `level` lets through; 0 = none. */
static unsigned most_urgent(const struct cpu *cpu, int level)
{
    unsigned best = 0;
    int best_priority = THREAD_PRIORITY;
    for (uint32_t left = cpu->system_pending; left != 0; left &= left - 1u) {
        unsigned number = (unsigned)__builtin_ctz(left);
        int priority = priority_of(cpu, number);
        if (priority < best_priority) {
            best = number;
            best_priority = priority;
        }
    }
    for (uint64_t left = cpu->irq_pending & cpu->irq_enabled; left != 0; left &= left - 1u) {
        unsigned irq = (unsigned)__builtin_ctzll(left);
        if (cpu->irq_priority[irq] < best_priority) {
            best = irq + EXC_IRQ0;
            best_priority = cpu->irq_priority[irq];
        }
    }
    return best != 0 && group_of(cpu, best_priority) < level ? best : 0;
}

bool has_wakeup(const struct cpu *cpu)
{
    return most_urgent(cpu, masked_priority(cpu, false)) != 0;
}

void select_stack(struct cpu *cpu, bool process)
{
    if (process != uses_process_stack(cpu)) {
        uint32_t sp = cpu->r[SP];
        cpu->r[SP] = cpu->other_sp;
        cpu->other_sp = sp;
    }
}

static void lock_up(struct cpu *cpu, const char *reason)
{
    char why[sizeof cpu->why];
    snprintf(why, sizeof why, "lockup at 0x%08X: %s (CFSR 0x%08X, HFSR 0x%08X)",
             (unsigned)cpu->r[PC], reason, (unsigned)cpu->cfsr, (unsigned)cpu->hfsr);
    stop_because(cpu, BOARD_STOP_LOCKUP, why);
}

static void set_pending(struct cpu *cpu, unsigned number, bool pending)
{
    if (number < EXC_IRQ0) {
        uint32_t bit = 1u << number;
        cpu->system_pending = pending ? cpu->system_pending | bit : cpu->system_pending & ~bit;
    } else {
        uint64_t bit = (uint64_t)1 << (number - EXC_IRQ0);
        cpu->irq_pending = pending ? cpu->irq_pending | bit : cpu->irq_pending & ~bit;
    }
}

static void set_active(struct cpu *cpu, unsigned number, bool active)
{
    if (number < EXC_IRQ0) {
        uint32_t bit = 1u << number;
        cpu->system_active = active ? cpu->system_active | bit : cpu->system_active & ~bit;
    } else {
        uint64_t bit = (uint64_t)1 << (number - EXC_IRQ0);
        cpu->irq_active = active ? cpu->irq_active | bit : cpu->irq_active & ~bit;
    }
}

static unsigned count_active(const struct cpu *cpu)
{
    return (unsigned)(__builtin_popcount(cpu->system_active) +
                      __builtin_popcountll(cpu->irq_active));
}

static void pass_cycles(struct cpu *cpu, uint32_t cycles)
{
    cpu->now += (uint64_t)cycles * cpu->ticks_per_cycle;
}

/* ExceptionTaken(): from the state after stacking to the handler's first instruction. */
static void start_handler(struct cpu *cpu, unsigned number, uint32_t exc_return)
{
    uint32_t vector;
    select_stack(cpu, false);
    cpu->control &= ~2u;
    cpu->ipsr = number;
    cpu->itstate = 0;
    cpu->r[LR] = exc_return;
    cpu->exclusive = false;
    cpu->event_register = true;
    cpu->irq_entries++;
    set_pending(cpu, number, false);
    set_active(cpu, number, true);
    if (!read32_aligned(cpu, cpu->vtor + 4u * number, &vector)) {
        cpu->event = EVENT_NONE;
        lock_up(cpu, "the vector cannot be read");
        return;
    }
    cpu->event = EVENT_NONE;
    cpu->r[PC] = vector & ~1u;
    cpu->arm_state = (vector & 1u) == 0;
    request_slow_path(cpu);
}

/* PushStack(). Returns false if the frame could not be written. */
static bool push_frame(struct cpu *cpu, uint32_t return_addr)
{
    uint32_t sp = cpu->r[SP];
    uint32_t frame = sp - FRAME_SIZE;
    uint32_t align = 0;
    if ((cpu->ccr & CCR_STKALIGN) != 0) {
        align = (sp & 4u) != 0 ? XPSR_ALIGN : 0;
        frame &= ~7u;
    }
    const uint32_t words[FRAME_WORDS] = {
        cpu->r[0],  cpu->r[1],  cpu->r[2],   cpu->r[3],
        cpu->r[12], cpu->r[LR], return_addr, cpu_xpsr(cpu) | align};
    cpu->r[SP] = frame;
    bool good = true;
    for (unsigned i = 0; i < FRAME_WORDS; i++) {
        good = write32_aligned(cpu, frame + 4u * i, words[i]) && good;
    }
    cpu->event = EVENT_NONE;
    return good;
}

/* The exception that a fault becomes: its own if that is enabled and urgent enough, else
 * HardFault; 0 = lockup. */
static unsigned escalate(struct cpu *cpu, unsigned number)
{
    int level = execution_priority(cpu);
    bool enabled = number == EXC_SVC || (cpu->shcsr >> (12 + number) & 1u) != 0;
    if (enabled && group_of(cpu, priority_of(cpu, number)) < level) {
        return number;
    }
    cpu->hfsr |= HFSR_FORCED;
    return level > -1 ? EXC_HARD : 0;
}

static void enter(struct cpu *cpu, unsigned number, uint32_t return_addr)
{
    uint32_t exc_return = is_handler(cpu)           ? 0xFFFFFFF1u
                          : uses_process_stack(cpu) ? 0xFFFFFFFDu
                                                    : 0xFFFFFFF9u;
    pass_cycles(cpu, ENTRY_CYCLES);
    if (!push_frame(cpu, return_addr)) { /* a derived exception, B1.5.11 */
        cpu->cfsr |= CFSR_STKERR;
        unsigned derived = number == EXC_HARD || number == EXC_NMI ? 0 : escalate(cpu, EXC_BUS);
        if (derived == 0) {
            lock_up(cpu, "the exception frame cannot be stacked");
            return;
        }
        set_pending(cpu, number, number >= EXC_SVC);
        number = derived;
    }
    start_handler(cpu, number, exc_return);
}

bool take_pending(struct cpu *cpu)
{
    if (cpu->system_pending == 0 && (cpu->irq_pending & cpu->irq_enabled) == 0) {
        return false;
    }
    unsigned number = most_urgent(cpu, execution_priority(cpu));
    if (number == 0) {
        return false;
    }
    enter(cpu, number, cpu->r[PC]);
    return true;
}

static void take_fault(struct cpu *cpu, uint32_t cfsr)
{
    unsigned number = (cfsr & 0xFFu) != 0     ? EXC_MEM
                      : (cfsr & 0xFF00u) != 0 ? EXC_BUS
                                              : EXC_USAGE;
    cpu->cfsr |= cfsr;
    if (cpu->event_has_addr) {
        cpu->bfar = cpu->event_addr;
        cpu->cfsr |= CFSR_BFARVALID;
    }
    number = escalate(cpu, number);
    if (number == 0) {
        lock_up(cpu, "a fault while no fault can be taken");
        return;
    }
    enter(cpu, number, cpu->r[PC]);
}

/* Does `exc_return` fit the active exceptions? */
static bool return_is_valid(const struct cpu *cpu, uint32_t exc_return)
{
    bool base_allowed = count_active(cpu) == 1 || (cpu->ccr & CCR_NONBASETHRDENA) != 0;
    switch (exc_return & 15u) {
    case 0x1:
        return count_active(cpu) > 1;
    case 0x9:
    case 0xD:
        return base_allowed;
    default:
        return false;
    }
}

/* An INVPC or unstacking fault at a return: the frame stays, the fault is chained (B1.5.8). */
static void chain_fault(struct cpu *cpu, uint32_t cfsr, uint32_t exc_return)
{
    unsigned kind = cfsr == CFSR_INVPC ? EXC_USAGE : EXC_BUS;
    cpu->cfsr |= cfsr;
    unsigned number = escalate(cpu, kind);
    if (number == 0) {
        lock_up(cpu, "a fault at an exception return");
        return;
    }
    start_handler(cpu, number, exc_return);
}

static void pop_frame(struct cpu *cpu, uint32_t exc_return)
{
    bool process = (exc_return & 15u) == 0xDu;
    bool to_thread = (exc_return & 15u) != 1u;
    uint32_t frame = process ? cpu->other_sp : cpu->r[SP];
    uint32_t words[FRAME_WORDS];
    for (unsigned i = 0; i < FRAME_WORDS; i++) {
        if (!read32_aligned(cpu, frame + 4u * i, &words[i])) {
            cpu->event = EVENT_NONE;
            chain_fault(cpu, CFSR_UNSTKERR, exc_return);
            return;
        }
    }
    uint32_t xpsr = words[7];
    if (((xpsr & 0x1FFu) == 0) != to_thread) {
        chain_fault(cpu, CFSR_INVPC, exc_return);
        return;
    }
    uint32_t sp = frame + FRAME_SIZE;
    if ((cpu->ccr & CCR_STKALIGN) != 0 && (xpsr & XPSR_ALIGN) != 0) {
        sp |= 4u;
    }
    cpu->ipsr = xpsr & 0x1FFu;
    if (process) { /* r[13] becomes PSP, MSP goes to the bank */
        cpu->other_sp = cpu->r[SP];
        cpu->control |= 2u;
    }
    cpu->r[SP] = sp;
    memcpy(cpu->r, words, 4 * sizeof words[0]);
    cpu->r[12] = words[4];
    cpu->r[LR] = words[5];
    cpu->r[PC] = words[6] & ~1u;
    cpu_set_apsr(cpu, xpsr);
    cpu->itstate = (xpsr >> 25 & 3u) | (xpsr >> 8 & 0xFCu);
    cpu->arm_state = (xpsr & XPSR_T) == 0;
    cpu->exclusive = false;
    cpu->event_register = true;
    pass_cycles(cpu, RETURN_CYCLES);
    request_slow_path(cpu);
}

static void exception_return(struct cpu *cpu, uint32_t exc_return)
{
    if ((exc_return & 0x0FFFFFF0u) != 0x0FFFFFF0u) {
        stop_unknown(cpu, exc_return, "EXC_RETURN");
        return;
    }
    unsigned number = cpu->ipsr;
    bool valid = return_is_valid(cpu, exc_return);
    set_active(cpu, number, false);
    if (number != EXC_NMI) {
        cpu->faultmask = 0;
    }
    if (number >= EXC_IRQ0 && (cpu->irq_line >> (number - EXC_IRQ0) & 1u) != 0) {
        set_pending(cpu, number, true);
    }
    if (!valid) {
        chain_fault(cpu, CFSR_INVPC, exc_return | 0xF0000000u);
        return;
    }
    unsigned next = most_urgent(cpu, execution_priority(cpu));
    if (next != 0) { /* tail-chaining: the frame stays where it is */
        pass_cycles(cpu, CHAIN_CYCLES);
        start_handler(cpu, next, exc_return);
        return;
    }
    pop_frame(cpu, exc_return);
}

void take_event(struct cpu *cpu)
{
    uint32_t event = cpu->event;
    cpu->event = EVENT_NONE;
    switch (event) {
    case EVENT_FAULT:
        take_fault(cpu, cpu->event_arg);
        return;
    case EVENT_SVC: {
        unsigned number = escalate(cpu, EXC_SVC);
        if (number == 0) {
            lock_up(cpu, "SVC while no exception can be taken");
            return;
        }
        enter(cpu, number, cpu->next_pc);
        return;
    }
    case EVENT_EXC_RETURN:
        exception_return(cpu, cpu->event_arg);
        return;
    default:
        return;
    }
}
