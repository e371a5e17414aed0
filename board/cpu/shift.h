/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CPU_SHIFT_H
#define BOARD_CPU_SHIFT_H

#include <stdint.h>

/* Shift_C(), A2.2.1; types 0..3 are LSL, LSR, ASR and ROR, and amount is not 0. Inline, because
 * nearly half of all data processing instructions shift. */
static inline uint32_t shift_with_carry(uint32_t value, unsigned type, unsigned amount,
                                        uint32_t *carry)
{
    switch (type) {
    case 0: /* LSL */
        if (amount < 32) {
            *carry = value >> (32 - amount) & 1u;
            return value << amount;
        }
        *carry = amount == 32 ? value & 1u : 0;
        return 0;
    case 1: /* LSR */
        if (amount < 32) {
            *carry = value >> (amount - 1) & 1u;
            return value >> amount;
        }
        *carry = amount == 32 ? value >> 31 : 0;
        return 0;
    case 2: { /* ASR */
        uint32_t sign = (value & 0x80000000u) != 0 ? 0xFFFFFFFFu : 0;
        if (amount < 32) {
            *carry = value >> (amount - 1) & 1u;
            return value >> amount | (sign & ~(0xFFFFFFFFu >> amount));
        }
        *carry = value >> 31;
        return sign;
    }
    default: /* ROR */
        amount &= 31u;
        if (amount != 0) {
            value = value >> amount | value << (32 - amount);
        }
        *carry = value >> 31;
        return value;
    }
}

#endif
