/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

#include <stdint.h>
#include "stm32f103.h"
#include "system.h"

/* From the linker script. */
extern uint32_t ld_data_load[], ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[];

/* In vectors.c. */
extern const uint32_t vectors[];

void default_handler(void)
{
    for (;;) {
    }
}

#define HANDLER(name) void name(void) __attribute__((weak, alias("default_handler")))

HANDLER(NMI_Handler);
HANDLER(HardFault_Handler);
HANDLER(MemManage_Handler);
HANDLER(BusFault_Handler);
HANDLER(UsageFault_Handler);
HANDLER(SVC_Handler);
HANDLER(DebugMon_Handler);
HANDLER(PendSV_Handler);
HANDLER(SysTick_Handler);

void reset_handler(void)
{
    system_quiet();
    SCB->VTOR = (uint32_t)vectors;
    /* Another bootloader may have left interrupts masked. */
    __asm__ volatile("cpsie i" : : : "memory");

    const uint32_t *from = ld_data_load;
    for (uint32_t *to = ld_data_start; to != ld_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = ld_bss_start; to != ld_bss_end; to++) {
        *to = 0;
    }

    main();
    default_handler();
}
