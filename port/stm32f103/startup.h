/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_STARTUP_H
#define STM32F103_STARTUP_H

#include <stdint.h>

/* Vector table and start of a C program. The bootloader needs neither (vectors_boot.c).
 *
 * reset_handler() brings the core to a known state (another bootloader may start the app with
 * interrupts on and VTOR elsewhere), copies .data, clears .bss and calls main(). It does not
 * touch the retained RAM (OTTER_RETAINED_ADDR) or any peripheral. No libc is initialised.
 *
 * To define a handler, write a function with its name: the name of RM0008 table 63 followed by
 * _IRQHandler. An interrupt without handler ends in an endless loop, and so in a watchdog
 * reset.
 */

/* For what must survive a reset: `static struct otter_resume resume OTTER_RETAINED;`. Random
 * after power-on. The linker checks that it ends before the mailbox. */
#define OTTER_RETAINED __attribute__((section(".retained")))

int main(void);

/* For vectors.c. */
extern uint32_t ld_stack_top[];

struct core_vectors {
    void *stack_top;
    void (*handler[15])(void); /* exceptions 1..15 */
};

void reset_handler(void);
void default_handler(void);
void NMI_Handler(void);
void HardFault_Handler(void);
void MemManage_Handler(void);
void BusFault_Handler(void);
void UsageFault_Handler(void);
void SVC_Handler(void);
void DebugMon_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);

#define CORE_VECTORS                                                                           \
    {                                                                                          \
        ld_stack_top,                                                                          \
        {                                                                                      \
            reset_handler, NMI_Handler, HardFault_Handler, MemManage_Handler,                  \
                BusFault_Handler, UsageFault_Handler, 0, 0, 0, 0, SVC_Handler,                 \
                DebugMon_Handler, 0, PendSV_Handler, SysTick_Handler                           \
        }                                                                                      \
    }

#endif
