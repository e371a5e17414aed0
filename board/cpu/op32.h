/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_OP32_H
#define BOARD_CPU_OP32_H

#include "board/cpu/internal.h"

/* The 32-bit Thumb instructions, A5.3: one function for each, or for a group that is rare. They
 * get both halfwords. While one is executed r[15] is its own address. */

/* ---- data32.c ---- */
op32 op32_and_register, op32_and_immediate;
op32 op32_bic_register, op32_bic_immediate;
op32 op32_orr_register, op32_orr_immediate;
op32 op32_orn_register, op32_orn_immediate;
op32 op32_eor_register, op32_eor_immediate;
op32 op32_add_register, op32_add_immediate;
op32 op32_adc_register, op32_adc_immediate;
op32 op32_sbc_register, op32_sbc_immediate;
op32 op32_sub_register, op32_sub_immediate;
op32 op32_rsb_register, op32_rsb_immediate;
op32 op32_addw, op32_subw, op32_movw, op32_movt; /* with bit 15 of the second halfword, these */
op32 op32_saturate, op32_sbfx, op32_bfi,
    op32_ubfx;                 /* and *_immediate hand on to op32_control */
op32 op32_register_operations; /* shifts, extensions, bit operations */
op32 op32_multiply, op32_long_multiply;

/* ---- memory32.c ---- */
op32 op32_load_store_multiple, op32_load_store_dual;
op32 op32_strb, op32_strh, op32_str;
op32 op32_ldrb, op32_ldrh, op32_ldr, op32_ldrsb, op32_ldrsh;

/* ---- control32.c ---- */
op32 op32_control; /* branches, hints, barriers, special registers */

#endif
