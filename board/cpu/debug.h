/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_DEBUG_H
#define BOARD_CPU_DEBUG_H

#include "board/cpu/cpu.h"

/* What a debugger needs of the core. To be called between instructions only. */
enum cpu_register { /* 0..15 are r0..r15 */
                    CPU_XPSR = 16,
                    CPU_MSP,
                    CPU_PSP,
                    CPU_PRIMASK,
                    CPU_BASEPRI,
                    CPU_FAULTMASK,
                    CPU_CONTROL,
                    CPU_REGISTERS,
};
uint32_t cpu_register(const struct cpu *cpu, unsigned n);

/* Bits that do not exist stay 0. IPSR does not change: it belongs to the active exceptions. A
 * new PC ends a WFI and an IT block. */
void cpu_set_register(struct cpu *cpu, unsigned n, uint32_t value);

/* Read an aligned byte, half-word or word from outside of the fast windows, with the side
 * effects of a load: do it on a copy if they are not wanted. False for a bus fault. */
bool cpu_load(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value);

/* Pass over the instruction at r[15] as if it were a NOP: a glitch. Exceptions that are due
 * wait. */
void cpu_skip(struct cpu *cpu);

/* As cpu_run(), slower, with the same ticks: check() is called before every instruction, after
 * the entry of an exception that was due, when r[15] is the address of the instruction. If it
 * returns false the run ends with BOARD_STOP_ASKED. */
enum board_stop cpu_run_checked(struct cpu *cpu, uint64_t until, bool (*check)(void *ctx),
                                void *ctx);

#endif
