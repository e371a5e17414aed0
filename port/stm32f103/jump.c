/* SPDX-License-Identifier: Apache-2.0 */
#include "jump.h"

#include "stm32f103.h"

void jump_to_image(uint32_t addr)
{
    const volatile uint32_t *table = (const volatile uint32_t *)addr;
    uint32_t stack = table[0];
    uint32_t entry = table[1];

    SCB->VTOR = addr;
    /* One statement: after the change of the stack pointer the compiler must not touch the
     * stack. LR as after reset, so that a backtrace ends here. */
    __asm__ volatile("dsb\n\t"
                     "isb\n\t"
                     "msr msp, %0\n\t"
                     "mov lr, #0xFFFFFFFF\n\t"
                     "bx %1"
                     :
                     : "r"(stack), "r"(entry)
                     : "memory");
    __builtin_unreachable();
}
