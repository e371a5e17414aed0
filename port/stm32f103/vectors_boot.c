/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

/* The vector table of a program that enables no interrupt and keeps nothing in static RAM: the
 * bootloader. There is nothing to prepare, so the chip starts the program's own
 * reset_handler(); the linker script refuses .data and .bss. Faults escalate to HardFault
 * (PM0056 2.4.4), where an endless loop waits for the watchdog. */
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
