/* SPDX-License-Identifier: Apache-2.0 */
#include "board/cpu/op32.h"

/* Which function executes which 32-bit opcode, A5.3: by op1 and op2, bits 12..4 of the first
 * halfword. */

static void undefined(struct cpu *cpu, uint32_t first, uint32_t second)
{
    (void)first;
    (void)second;
    raise_fault(cpu, CFSR_UNDEFINSTR);
}

/* There is no coprocessor. */
static void coprocessor(struct cpu *cpu, uint32_t first, uint32_t second)
{
    (void)first;
    (void)second;
    raise_fault(cpu, CFSR_NOCP);
}

static void undefined_or_control(struct cpu *cpu, uint32_t first, uint32_t second)
{
    if ((second & 0x8000u) != 0) {
        op32_control(cpu, first, second);
    } else {
        raise_fault(cpu, CFSR_UNDEFINSTR);
    }
}

op32 *const op32_table[0x200] = {
    [0x000 ... 0x07F] = undefined,
    [0x080 ... 0x083] = op32_load_store_multiple,
    [0x084 ... 0x087] = op32_load_store_dual,
    [0x088 ... 0x08B] = op32_load_store_multiple,
    [0x08C ... 0x08F] = op32_load_store_dual,
    [0x090 ... 0x093] = op32_load_store_multiple,
    [0x094 ... 0x097] = op32_load_store_dual,
    [0x098 ... 0x09B] = op32_load_store_multiple,
    [0x09C ... 0x09F] = op32_load_store_dual,
    [0x0A0 ... 0x0A1] = op32_and_register,
    [0x0A2 ... 0x0A3] = op32_bic_register,
    [0x0A4 ... 0x0A5] = op32_orr_register,
    [0x0A6 ... 0x0A7] = op32_orn_register,
    [0x0A8 ... 0x0A9] = op32_eor_register,
    [0x0AA ... 0x0AF] = undefined,
    [0x0B0 ... 0x0B1] = op32_add_register,
    [0x0B2 ... 0x0B3] = undefined,
    [0x0B4 ... 0x0B5] = op32_adc_register,
    [0x0B6 ... 0x0B7] = op32_sbc_register,
    [0x0B8 ... 0x0B9] = undefined,
    [0x0BA ... 0x0BB] = op32_sub_register,
    [0x0BC ... 0x0BD] = op32_rsb_register,
    [0x0BE ... 0x0BF] = undefined,
    [0x0C0 ... 0x0FF] = coprocessor,
    [0x100 ... 0x101] = op32_and_immediate,
    [0x102 ... 0x103] = op32_bic_immediate,
    [0x104 ... 0x105] = op32_orr_immediate,
    [0x106 ... 0x107] = op32_orn_immediate,
    [0x108 ... 0x109] = op32_eor_immediate,
    [0x10A ... 0x10F] = undefined_or_control,
    [0x110 ... 0x111] = op32_add_immediate,
    [0x112 ... 0x113] = undefined_or_control,
    [0x114 ... 0x115] = op32_adc_immediate,
    [0x116 ... 0x117] = op32_sbc_immediate,
    [0x118 ... 0x119] = undefined_or_control,
    [0x11A ... 0x11B] = op32_sub_immediate,
    [0x11C ... 0x11D] = op32_rsb_immediate,
    [0x11E ... 0x11F] = undefined_or_control,
    [0x120] = op32_addw,
    [0x121 ... 0x123] = undefined_or_control,
    [0x124] = op32_movw,
    [0x125 ... 0x129] = undefined_or_control,
    [0x12A] = op32_subw,
    [0x12B] = undefined_or_control,
    [0x12C] = op32_movt,
    [0x12D ... 0x12F] = undefined_or_control,
    [0x130] = op32_saturate,
    [0x131] = undefined_or_control,
    [0x132] = op32_saturate,
    [0x133] = undefined_or_control,
    [0x134] = op32_sbfx,
    [0x135] = undefined_or_control,
    [0x136] = op32_bfi,
    [0x137] = undefined_or_control,
    [0x138] = op32_saturate,
    [0x139] = undefined_or_control,
    [0x13A] = op32_saturate,
    [0x13B] = undefined_or_control,
    [0x13C] = op32_ubfx,
    [0x13D ... 0x13F] = undefined_or_control,
    [0x140 ... 0x141] = op32_and_immediate,
    [0x142 ... 0x143] = op32_bic_immediate,
    [0x144 ... 0x145] = op32_orr_immediate,
    [0x146 ... 0x147] = op32_orn_immediate,
    [0x148 ... 0x149] = op32_eor_immediate,
    [0x14A ... 0x14F] = undefined_or_control,
    [0x150 ... 0x151] = op32_add_immediate,
    [0x152 ... 0x153] = undefined_or_control,
    [0x154 ... 0x155] = op32_adc_immediate,
    [0x156 ... 0x157] = op32_sbc_immediate,
    [0x158 ... 0x159] = undefined_or_control,
    [0x15A ... 0x15B] = op32_sub_immediate,
    [0x15C ... 0x15D] = op32_rsb_immediate,
    [0x15E ... 0x15F] = undefined_or_control,
    [0x160] = op32_addw,
    [0x161 ... 0x163] = undefined_or_control,
    [0x164] = op32_movw,
    [0x165 ... 0x169] = undefined_or_control,
    [0x16A] = op32_subw,
    [0x16B] = undefined_or_control,
    [0x16C] = op32_movt,
    [0x16D ... 0x16F] = undefined_or_control,
    [0x170] = op32_saturate,
    [0x171] = undefined_or_control,
    [0x172] = op32_saturate,
    [0x173] = undefined_or_control,
    [0x174] = op32_sbfx,
    [0x175] = undefined_or_control,
    [0x176] = op32_bfi,
    [0x177] = undefined_or_control,
    [0x178] = op32_saturate,
    [0x179] = undefined_or_control,
    [0x17A] = op32_saturate,
    [0x17B] = undefined_or_control,
    [0x17C] = op32_ubfx,
    [0x17D ... 0x17F] = undefined_or_control,
    [0x180] = op32_strb,
    [0x181] = op32_ldrb,
    [0x182] = op32_strh,
    [0x183] = op32_ldrh,
    [0x184] = op32_str,
    [0x185] = op32_ldr,
    [0x186 ... 0x187] = undefined,
    [0x188] = op32_strb,
    [0x189] = op32_ldrb,
    [0x18A] = op32_strh,
    [0x18B] = op32_ldrh,
    [0x18C] = op32_str,
    [0x18D] = op32_ldr,
    [0x18E ... 0x190] = undefined,
    [0x191] = op32_ldrsb,
    [0x192] = undefined,
    [0x193] = op32_ldrsh,
    [0x194 ... 0x198] = undefined,
    [0x199] = op32_ldrsb,
    [0x19A] = undefined,
    [0x19B] = op32_ldrsh,
    [0x19C ... 0x19F] = undefined,
    [0x1A0 ... 0x1AF] = op32_register_operations,
    [0x1B0 ... 0x1B7] = op32_multiply,
    [0x1B8 ... 0x1BF] = op32_long_multiply,
    [0x1C0 ... 0x1FF] = coprocessor,
};
