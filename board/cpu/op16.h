/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_OP16_H
#define BOARD_CPU_OP16_H

#include "board/cpu/internal.h"

/* The 16-bit Thumb instructions, A5.2: one function for each. While one is executed r[15] is
 * its own address. Outside of IT blocks most of them set the flags. */

/* A 3-bit register number in the opcode. */
static inline uint32_t low(uint32_t opcode, unsigned position)
{
    return opcode >> position & 7u;
}

/* The 8-bit immediate of loads, stores and address calculations counts words. */
static inline uint32_t words8(uint32_t opcode)
{
    return (opcode & 0xFFu) << 2;
}

static inline bool sets_flags(const struct cpu *cpu)
{
    return LIKELY(cpu->itstate == 0);
}

/* ---- data16.c ---- */
void op16_lsl_immediate(struct cpu *cpu, uint32_t opcode);
void op16_lsr_immediate(struct cpu *cpu, uint32_t opcode);
void op16_asr_immediate(struct cpu *cpu, uint32_t opcode);
void op16_add_register(struct cpu *cpu, uint32_t opcode);
void op16_sub_register(struct cpu *cpu, uint32_t opcode);
void op16_add_immediate3(struct cpu *cpu, uint32_t opcode);
void op16_sub_immediate3(struct cpu *cpu, uint32_t opcode);
void op16_mov_immediate(struct cpu *cpu, uint32_t opcode);
void op16_cmp_immediate(struct cpu *cpu, uint32_t opcode);
void op16_add_immediate8(struct cpu *cpu, uint32_t opcode);
void op16_sub_immediate8(struct cpu *cpu, uint32_t opcode);
void op16_and_register(struct cpu *cpu, uint32_t opcode);
void op16_eor_register(struct cpu *cpu, uint32_t opcode);
void op16_orr_register(struct cpu *cpu, uint32_t opcode);
void op16_bic_register(struct cpu *cpu, uint32_t opcode);
void op16_mvn_register(struct cpu *cpu, uint32_t opcode);
void op16_mul_register(struct cpu *cpu, uint32_t opcode);
void op16_lsl_register(struct cpu *cpu, uint32_t opcode);
void op16_lsr_register(struct cpu *cpu, uint32_t opcode);
void op16_asr_register(struct cpu *cpu, uint32_t opcode);
void op16_ror_register(struct cpu *cpu, uint32_t opcode);
void op16_adc_register(struct cpu *cpu, uint32_t opcode);
void op16_sbc_register(struct cpu *cpu, uint32_t opcode);
void op16_rsb_zero(struct cpu *cpu, uint32_t opcode);
void op16_tst_register(struct cpu *cpu, uint32_t opcode);
void op16_cmp_register(struct cpu *cpu, uint32_t opcode);
void op16_cmn_register(struct cpu *cpu, uint32_t opcode);
void op16_sxth(struct cpu *cpu, uint32_t opcode);
void op16_sxtb(struct cpu *cpu, uint32_t opcode);
void op16_uxth(struct cpu *cpu, uint32_t opcode);
void op16_uxtb(struct cpu *cpu, uint32_t opcode);
void op16_rev(struct cpu *cpu, uint32_t opcode);
void op16_rev16(struct cpu *cpu, uint32_t opcode);
void op16_revsh(struct cpu *cpu, uint32_t opcode);
void op16_move_stack(struct cpu *cpu, uint32_t opcode);
void op16_adr(struct cpu *cpu, uint32_t opcode);
void op16_add_stack(struct cpu *cpu, uint32_t opcode);

/* ---- memory16.c ---- */
void op16_ldr_literal(struct cpu *cpu, uint32_t opcode);
void op16_str_register(struct cpu *cpu, uint32_t opcode);
void op16_strh_register(struct cpu *cpu, uint32_t opcode);
void op16_strb_register(struct cpu *cpu, uint32_t opcode);
void op16_ldrsb_register(struct cpu *cpu, uint32_t opcode);
void op16_ldr_register(struct cpu *cpu, uint32_t opcode);
void op16_ldrh_register(struct cpu *cpu, uint32_t opcode);
void op16_ldrb_register(struct cpu *cpu, uint32_t opcode);
void op16_ldrsh_register(struct cpu *cpu, uint32_t opcode);
void op16_str_immediate(struct cpu *cpu, uint32_t opcode);
void op16_ldr_immediate(struct cpu *cpu, uint32_t opcode);
void op16_strb_immediate(struct cpu *cpu, uint32_t opcode);
void op16_ldrb_immediate(struct cpu *cpu, uint32_t opcode);
void op16_strh_immediate(struct cpu *cpu, uint32_t opcode);
void op16_ldrh_immediate(struct cpu *cpu, uint32_t opcode);
void op16_str_stack(struct cpu *cpu, uint32_t opcode);
void op16_ldr_stack(struct cpu *cpu, uint32_t opcode);
void op16_push(struct cpu *cpu, uint32_t opcode);
void op16_pop(struct cpu *cpu, uint32_t opcode);
void op16_store_multiple(struct cpu *cpu, uint32_t opcode);
void op16_load_multiple(struct cpu *cpu, uint32_t opcode);

/* ---- control16.c ---- */
void op16_add_high(struct cpu *cpu, uint32_t opcode);
void op16_cmp_high(struct cpu *cpu, uint32_t opcode);
void op16_mov_high(struct cpu *cpu, uint32_t opcode);
void op16_branch_register(struct cpu *cpu, uint32_t opcode);
op16 op16_beq, op16_bne, op16_bcs, op16_bcc, op16_bmi, op16_bpl, op16_bvs, op16_bvc;
op16 op16_bhi, op16_bls, op16_bge, op16_blt, op16_bgt, op16_ble;
void op16_branch(struct cpu *cpu, uint32_t opcode);
void op16_undefined(struct cpu *cpu, uint32_t opcode);
void op16_supervisor_call(struct cpu *cpu, uint32_t opcode);
void op16_cbz(struct cpu *cpu, uint32_t opcode);
void op16_cbnz(struct cpu *cpu, uint32_t opcode);
void op16_breakpoint(struct cpu *cpu, uint32_t opcode);
void op16_change_state(struct cpu *cpu, uint32_t opcode);
void op16_hints(struct cpu *cpu, uint32_t opcode);

#endif
