/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_DEBUG_H
#define BOARD_CPU_DEBUG_H

#include "board/cpu/cpu.h"

/* What a debugger needs of the core. Between instructions only. */
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

/* Bits that do not exist stay 0. IPSR stays as it is: it belongs to the exceptions that are active. A
 * new PC ends a WFI, and starts outside of an IT block. */
void cpu_set_register(struct cpu *cpu, unsigned n, uint32_t value);

/* Read a byte, half-word or word, aligned, as a load would, from outside of the fast windows. With a
 * load's side effects: on a copy, if they are not wanted. False for a bus fault. */
bool cpu_load(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value);

/* Pass over the instruction at r[15] as if a NOP stood there: a glitch. Exceptions that are due wait. */
void cpu_skip(struct cpu *cpu);

/* As cpu_run(), slower, with the same ticks: look() is asked before every instruction, r[15] being on
 * it and exceptions that were due being entered. False ends the run with BOARD_STOP_ASKED. */
enum board_stop cpu_run_looking(struct cpu *cpu, uint64_t until, bool (*look)(void *ctx),
                                void *ctx);

#endif
