/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

/* The vector table of a program that enables no interrupt and keeps nothing in static RAM: the bootloader.
 * There is nothing to prepare, so the chip starts reset_handler() of the program itself; the linker
 * script sees to it that there is no .data and no .bss. Faults escalate to HardFault (PM0056 2.4.4), and
 * an endless loop ends in the watchdog. */
static void stop(void)
{
    for (;;) {
    }
}

struct boot_vectors {
    void *stack_top;
    void (*handler[3])(void); /* reset, NMI, HardFault */
};

__attribute__((section(".vectors"), used)) static const struct boot_vectors vectors = {
    ld_stack_top, {reset_handler, stop, stop}};
