/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_H
#define BOARD_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stop.h"

/* The Cortex-M3 of the modelled board: ARMv7-M instructions, exceptions, NVIC, SCB, SysTick.
 *
 * Interprets Thumb code instruction by instruction, exactly and deterministically: same binary,
 * same inputs, same ticks. What ARMv7-M leaves UNPREDICTABLE, and what is not modelled, stops
 * the run with a message; nothing is guessed. Everything outside of the core (memory map,
 * peripherals) is reached through struct cpu_bus. Source: ARM DDI 0403E (ARMv7-M), ARM DDI
 * 0337E (Cortex-M3 cycles).
 *
 * Time is counted in ticks of 1/576 MHz, the smallest unit in which 72, 64, 48, 36 and 8 MHz
 * cycles are whole numbers: 8, 9, 12, 16, 72 ticks.
 *
 * The struct is plain data without pointers to itself: copying it is a snapshot.
 */
enum { CPU_TICKS_PER_US = 576, CPU_IRQ_COUNT = 60 };

enum { CPU_TRAPS_MAX = 4 };

struct cpu_bus {
    void *ctx;

    /* Access outside the fast windows (see cpu_map): peripherals, bit-band regions, flash while
     * it is busy. size is 1, 2 or 4 and addr is aligned to it (the core splits unaligned
     * accesses). Returns false for a bus fault. May advance time (cpu->now) for a stall. */
    bool (*read)(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value);
    bool (*write)(void *ctx, uint32_t addr, unsigned size, uint32_t value);

    /* Called when cpu->now has reached the tick last returned: do what is due and return the
     * tick of the next thing to do (UINT64_MAX = none). */
    uint64_t (*service)(void *ctx, uint64_t now);

    /* AIRCR.SYSRESETREQ was written. The core keeps running until cpu_reset(). */
    void (*reset_request)(void *ctx);
};

struct cpu {
    /* r[15] is the address of the instruction being executed, or of the next one between
     * instructions; r[13] is the stack pointer in use, and other_sp the banked one. */
    uint32_t r[16];
    uint32_t other_sp;

    /* The flags apart, in the form that is quickest to set: N is bit 31 of flag_n, Z is set if
     * flag_z is 0, the others are 0 or 1. */
    uint32_t flag_n, flag_z, flag_c, flag_v, flag_q;
    uint32_t itstate, ipsr, primask, faultmask, basepri, control;
    uint64_t now;             /* ticks */
    uint64_t instructions;    /* executed since cpu_init */
    uint32_t ticks_per_cycle; /* cpu_set_clock() */
    uint32_t fetch_wait;      /* flash wait states; cpu_set_clock() */
    uint64_t next_event;      /* tick at which service is due; 0 forces it */
    uint64_t bus_event;       /* what bus->service returned last */
    enum board_stop stop;
    char why[160]; /* one line, for LOCKUP and UNKNOWN */
    bool sleeping; /* in WFI or, with sleeps_for_event, in WFE */
    bool sleeps_for_event;

    /* Fast windows. Flash is seen at `flash_base` and, as after a boot from flash, at 0. */
    uint8_t *flash;
    uint32_t flash_base, flash_size;
    uint8_t *sram;
    uint32_t sram_base, sram_size;
    uint64_t sram_writes; /* by anybody: while it is the same, so is what the SRAM holds */
    bool flash_is_slow;   /* all flash accesses go through the bus (the controller is busy) */

    struct cpu_bus bus;

    /* cpu_set_traps() */
    uint32_t traps[CPU_TRAPS_MAX];
    unsigned trap_count;
    uint64_t trap_filter; /* bit (address / 2) % 64 of each */

    /* system control space; owned by exception.c, scs.c and timers.c */
    uint32_t vtor, aircr_prigroup, scr, ccr, shcsr, cfsr, hfsr, mmfar, bfar;
    uint8_t system_priority[16]; /* by exception number 4..15 */
    uint8_t irq_priority[CPU_IRQ_COUNT];
    uint64_t irq_enabled, irq_pending, irq_active, irq_line;
    uint32_t system_pending, system_active; /* bit n = exception n, 2..15 */
    uint32_t systick_ctrl, systick_load;
    uint32_t systick_value; /* while it does not count */
    uint64_t systick_zero;  /* while it counts: the tick at which it reaches 0 */
    uint32_t demcr, dwt_ctrl;
    uint32_t dwt_cycles; /* CYCCNT at tick `dwt_since` */
    uint64_t dwt_since;
    bool event_register;
    bool exclusive;       /* LDREX has made a reservation */
    uint64_t irq_entries; /* exceptions taken, for tests and statistics */

    /* the current instruction; owned by step.c and the instructions */
    uint32_t next_pc;
    uint32_t cycles;    /* that it takes */
    uint32_t event;     /* enum cpu_event: how it ends, if not with the next instruction */
    uint32_t event_arg; /* fault: CFSR bits; exception return: EXC_RETURN */
    uint32_t event_addr;
    bool event_has_addr;
    bool arm_state; /* a branch cleared EPSR.T: the next instruction is an INVSTATE fault */
};

/* Power-on state: everything is zero but `bus`. Then call cpu_map(), before anything runs. */
void cpu_init(struct cpu *cpu, const struct cpu_bus *bus);
void cpu_map(struct cpu *cpu, uint8_t *flash, uint32_t flash_base, uint32_t flash_size,
             uint8_t *sram, uint32_t sram_base, uint32_t sram_size);

/* Core reset: registers as in ARMv7-M B1.5.5, stack pointer and PC from the vector table at 0.
 * Time, instruction count, windows and bus stay. If the core cannot start from the vector
 * table, the next run ends with BOARD_STOP_LOCKUP. */
void cpu_reset(struct cpu *cpu);

/* Run until cpu->now >= until or something else stops. Returns cpu->stop. */
enum board_stop cpu_run(struct cpu *cpu, uint64_t until);

/* Execute one instruction or, if the core sleeps, let time pass up to the next event.
 * Exceptions that are due are taken first. Returns cpu->stop. */
enum board_stop cpu_step(struct cpu *cpu);

/* Change the core clock and the flash wait states; SysTick and CYCCNT go on at the new rate. */
void cpu_set_clock(struct cpu *cpu, uint32_t ticks_per_cycle, uint32_t fetch_wait);

/* Set traps at the addresses of instructions, CPU_TRAPS_MAX at most, in place of the earlier
 * ones. A jump, a call or a return to a trap ends cpu_run() before the instruction there, with
 * BOARD_STOP_TRAP; the next cpu_run() executes it. Unlike a breakpoint a trap does not slow
 * down other instructions. */
void cpu_set_traps(struct cpu *cpu, const uint32_t addrs[], unsigned count);

/* The next tick at which something happens without the core's doing: an event that the bus has
 * announced, or SysTick's next zero. */
uint64_t cpu_next_event(const struct cpu *cpu);

/* From a bus callback: end cpu_run() after the current instruction. */
void cpu_request_stop(struct cpu *cpu);

/* Set the level of an interrupt line. A high line pends, and pends again at the exit of its
 * handler as long as it is high. May be called from bus callbacks. */
void cpu_set_irq(struct cpu *cpu, unsigned irq, bool level);

/* From a bus callback that stalls the core: let time pass up to `tick`, servicing what is
 * due. */
void cpu_stall_until(struct cpu *cpu, uint64_t tick);

/* N Z C V Q in bits 31..27. The core keeps them apart, because many instructions set them and
 * few read them. */
uint32_t cpu_apsr(const struct cpu *cpu);
void cpu_set_apsr(struct cpu *cpu, uint32_t value);

/* xPSR as a debugger reads it. */
uint32_t cpu_xpsr(const struct cpu *cpu);

#endif
