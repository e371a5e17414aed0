/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_INTERNAL_H
#define BOARD_CPU_INTERNAL_H

#include <string.h>
#include "board/cpu/cpu.h"

/* What the files of board/cpu share. References B1.., A7.. are sections of ARM DDI 0403E. */

#define LIKELY(x)     __builtin_expect(!!(x), 1)
#define UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { SP = 13, LR = 14, PC = 15 };

enum cpu_exception {
    EXC_RESET = 1,
    EXC_NMI = 2,
    EXC_HARD = 3,
    EXC_MEM = 4,
    EXC_BUS = 5,
    EXC_USAGE = 6,
    EXC_SVC = 11,
    EXC_DEBUG = 12,
    EXC_PENDSV = 14,
    EXC_SYSTICK = 15,
    EXC_IRQ0 = 16,
};

/* How an instruction ends, if the next one does not simply follow. */
enum cpu_event {
    EVENT_NONE,
    EVENT_BRANCH,     /* go on at next_pc */
    EVENT_FAULT,      /* event_arg: bits of CFSR; the instruction is not completed */
    EVENT_IT,         /* an IT block begins */
    EVENT_SVC,        /* supervisor call: the return address is next_pc */
    EVENT_EXC_RETURN, /* event_arg: EXC_RETURN */
    EVENT_STOP,       /* cpu->stop is set; r[15] stays on the instruction */
};

#define FLAG_Z 0x40000000u /* in APSR */

/* CFSR, B3.2.15 */
#define CFSR_IACCVIOL   (1u << 0)
#define CFSR_MUNSTKERR  (1u << 3)
#define CFSR_MSTKERR    (1u << 4)
#define CFSR_IBUSERR    (1u << 8)
#define CFSR_PRECISERR  (1u << 9)
#define CFSR_UNSTKERR   (1u << 11)
#define CFSR_STKERR     (1u << 12)
#define CFSR_BFARVALID  (1u << 15)
#define CFSR_UNDEFINSTR (1u << 16)
#define CFSR_INVSTATE   (1u << 17)
#define CFSR_INVPC      (1u << 18)
#define CFSR_NOCP       (1u << 19)
#define CFSR_UNALIGNED  (1u << 24)
#define CFSR_DIVBYZERO  (1u << 25)

/* CCR, B3.2.8 */
#define CCR_NONBASETHRDENA (1u << 0)
#define CCR_UNALIGN_TRP    (1u << 3)
#define CCR_DIV_0_TRP      (1u << 4)
#define CCR_STKALIGN       (1u << 9)

/* ---- step.c ---- */

/* Take the slow path before the next instruction: something that it depends on has changed. */
static inline void request_slow_path(struct cpu *cpu)
{
    cpu->next_event = 0;
}

/* End the run: UNPREDICTABLE or not modelled. */
void stop_unknown(struct cpu *cpu, uint32_t opcode, const char *why);
void stop_because(struct cpu *cpu, enum board_stop stop, const char *why);

static inline void raise_fault(struct cpu *cpu, uint32_t cfsr)
{
    cpu->event = EVENT_FAULT;
    cpu->event_arg = cfsr;
    cpu->event_has_addr = false;
}

static inline void raise_bus_fault(struct cpu *cpu, uint32_t addr)
{
    cpu->event = EVENT_FAULT;
    cpu->event_arg = CFSR_PRECISERR;
    cpu->event_addr = addr;
    cpu->event_has_addr = true;
}

/* ---- condition codes ---- */

/* Does `cond` hold? A7.3. With a constant condition this is a comparison or two. */
ALWAYS_INLINE bool condition_holds(const struct cpu *cpu, uint32_t cond)
{
    bool negative = cpu->flag_n >> 31 != 0;
    bool zero = cpu->flag_z == 0;
    bool carry = cpu->flag_c != 0;
    bool overflow = cpu->flag_v != 0;
    bool holds = true;
    switch (cond >> 1) {
    case 0: /* EQ, NE */
        holds = zero;
        break;
    case 1: /* CS, CC */
        holds = carry;
        break;
    case 2: /* MI, PL */
        holds = negative;
        break;
    case 3: /* VS, VC */
        holds = overflow;
        break;
    case 4: /* HI, LS */
        holds = carry && !zero;
        break;
    case 5: /* GE, LT */
        holds = negative == overflow;
        break;
    case 6: /* GT, LE */
        holds = negative == overflow && !zero;
        break;
    default: /* always, 15 too */
        return true;
    }
    return holds == ((cond & 1u) == 0);
}

static inline void set_nz(struct cpu *cpu, uint32_t value)
{
    cpu->flag_n = cpu->flag_z = value;
}

static inline void set_nzc(struct cpu *cpu, uint32_t value, uint32_t carry)
{
    set_nz(cpu, value);
    cpu->flag_c = carry;
}

static inline uint32_t carry_flag(const struct cpu *cpu)
{
    return cpu->flag_c;
}

/* AddWithCarry() with all flags; a subtraction is a + ~b + 1. */
static inline uint32_t add_set_flags(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t carry)
{
    uint64_t wide = (uint64_t)a + b + carry;
    uint32_t value = (uint32_t)wide;
    set_nzc(cpu, value, (uint32_t)(wide >> 32));
    cpu->flag_v = (~(a ^ b) & (a ^ value)) >> 31;
    return value;
}

/* ---- memory.c: one access; false = event is set ---- */
bool fetch16_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_halfword);
bool read32_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value);
bool read16_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value);
bool read8_slow(struct cpu *cpu, uint32_t addr, uint32_t *out_value);
bool write32_slow(struct cpu *cpu, uint32_t addr, uint32_t value);
bool write16_slow(struct cpu *cpu, uint32_t addr, uint32_t value);
bool write8_slow(struct cpu *cpu, uint32_t addr, uint32_t value);

/* Words that must be aligned (LDM, LDRD, stack ...); if they are not it is an UNALIGNED
 * fault. */
bool read32_aligned(struct cpu *cpu, uint32_t addr, uint32_t *out_value);
bool write32_aligned(struct cpu *cpu, uint32_t addr, uint32_t value);

static inline uint32_t host16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t host32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline bool in_flash(const struct cpu *cpu, uint32_t addr)
{
    return addr - cpu->flash_base < cpu->flash_size && !cpu->flash_is_slow;
}

static inline bool in_sram(const struct cpu *cpu, uint32_t addr)
{
    return addr - cpu->sram_base < cpu->sram_size;
}

static inline bool fetch16(struct cpu *cpu, uint32_t addr, uint32_t *out_halfword)
{
    if (LIKELY(in_flash(cpu, addr))) {
        *out_halfword = host16(cpu->flash + (addr - cpu->flash_base));
        return true;
    }
    return fetch16_slow(cpu, addr, out_halfword);
}

static inline bool read32(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    if (LIKELY((addr & 3u) == 0)) {
        if (LIKELY(in_sram(cpu, addr))) {
            *out_value = host32(cpu->sram + (addr - cpu->sram_base));
            return true;
        }
        if (in_flash(cpu, addr)) {
            cpu->cycles += cpu->fetch_wait;
            *out_value = host32(cpu->flash + (addr - cpu->flash_base));
            return true;
        }
    }
    return read32_slow(cpu, addr, out_value);
}

static inline bool read16(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    if (LIKELY((addr & 1u) == 0 && in_sram(cpu, addr))) {
        *out_value = host16(cpu->sram + (addr - cpu->sram_base));
        return true;
    }
    return read16_slow(cpu, addr, out_value);
}

static inline bool read8(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    if (LIKELY(in_sram(cpu, addr))) {
        *out_value = cpu->sram[addr - cpu->sram_base];
        return true;
    }
    if (in_flash(cpu, addr)) {
        cpu->cycles += cpu->fetch_wait;
        *out_value = cpu->flash[addr - cpu->flash_base];
        return true;
    }
    return read8_slow(cpu, addr, out_value);
}

static inline bool write32(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    if (LIKELY((addr & 3u) == 0 && in_sram(cpu, addr))) {
        cpu->sram_writes++;
        memcpy(cpu->sram + (addr - cpu->sram_base), &value, sizeof value);
        return true;
    }
    return write32_slow(cpu, addr, value);
}

static inline bool write16(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    if (LIKELY((addr & 1u) == 0 && in_sram(cpu, addr))) {
        uint16_t half = (uint16_t)value;
        cpu->sram_writes++;
        memcpy(cpu->sram + (addr - cpu->sram_base), &half, sizeof half);
        return true;
    }
    return write16_slow(cpu, addr, value);
}

static inline bool write8(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    if (LIKELY(in_sram(cpu, addr))) {
        cpu->sram_writes++;
        cpu->sram[addr - cpu->sram_base] = (uint8_t)value;
        return true;
    }
    return write8_slow(cpu, addr, value);
}

/* ---- registers and branches ---- */

/* Most operands must be neither SP nor PC. */
static inline bool is_sp_or_pc(uint32_t n)
{
    return (n | 2u) == PC;
}

/* A register as an operand: PC reads as the instruction's address + 4. */
static inline uint32_t operand(const struct cpu *cpu, uint32_t n)
{
    return n == PC ? cpu->r[PC] + 4u : cpu->r[n];
}

static inline bool is_handler(const struct cpu *cpu)
{
    return cpu->ipsr != 0;
}

static inline bool is_privileged(const struct cpu *cpu)
{
    return is_handler(cpu) || (cpu->control & 1u) == 0;
}

/* step.c: next_pc may be a trap. */
void look_for_trap(struct cpu *cpu);

/* A taken branch inside Thumb code: pipeline refill, and flash wait states for the new
 * place. */
static inline void branch_to(struct cpu *cpu, uint32_t addr)
{
    cpu->next_pc = addr & ~1u;
    cpu->event = EVENT_BRANCH;
    cpu->cycles += 2u + cpu->fetch_wait;
    if (UNLIKELY((cpu->trap_filter >> (addr / 2u % 64u) & 1u) != 0)) {
        look_for_trap(cpu);
    }
}

/* BXWritePC(): interworking, and exception return in handler mode (B1.5.8). */
static inline void branch_exchange(struct cpu *cpu, uint32_t addr)
{
    if (UNLIKELY(is_handler(cpu) && addr >> 28 == 0xFu)) {
        cpu->event = EVENT_EXC_RETURN;
        cpu->event_arg = addr;
        return;
    }
    branch_to(cpu, addr);
    if (UNLIKELY((addr & 1u) == 0)) {
        cpu->arm_state = true;
        request_slow_path(cpu);
    }
}

/* ---- decode16.c, decode32.c: which function executes which opcode ---- */
typedef void op16(struct cpu *cpu, uint32_t opcode);
typedef void op32(struct cpu *cpu, uint32_t first, uint32_t second);
extern op16 *const op16_table[0xE800 >> 6]; /* by bits 15..6 of the opcode */
extern op32 *const op32_table[0x200];       /* by bits 12..4 of the first halfword */

static inline void execute16(struct cpu *cpu, uint32_t opcode)
{
    op16_table[opcode >> 6](cpu, opcode);
}

static inline void execute32(struct cpu *cpu, uint32_t first, uint32_t second)
{
    op32_table[first >> 4 & 0x1FFu](cpu, first, second);
}

/* ---- exception.c ---- */

/* Handle a fault, an SVC (which returns to next_pc) or an exception return. The last
 * instruction ended with it. */
void take_event(struct cpu *cpu);

/* Take the most urgent pending exception if it may preempt. Returns true if one was taken. */
bool take_pending(struct cpu *cpu);

/* Would a pending exception wake the core from WFI (PRIMASK is ignored, B1.5.17)? */
bool has_wakeup(const struct cpu *cpu);

/* Group priority of what is being executed: 256 = thread, lower is more urgent. */
int execution_priority(const struct cpu *cpu);

/* Switch between MSP and PSP so that r[13] is what CONTROL and the mode say. */
void select_stack(struct cpu *cpu, bool process);
static inline bool uses_process_stack(const struct cpu *cpu)
{
    return !is_handler(cpu) && (cpu->control & 2u) != 0;
}

/* ---- scs.c: system control space, 0xE0000000..0xE00FFFFF ---- */
bool scs_read(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value);
bool scs_write(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t value);

/* ---- timers.c: SysTick and the cycle counter ---- */

/* Their registers, as words. Return false if `addr` is none of them. */
bool timers_read(struct cpu *cpu, uint32_t addr, uint32_t *out_value);
bool timers_write(struct cpu *cpu, uint32_t addr, uint32_t value);

void systick_serve(struct cpu *cpu);
uint64_t systick_next(const struct cpu *cpu);
void systick_reset(struct cpu *cpu);

#endif
