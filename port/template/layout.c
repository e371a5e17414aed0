/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

/* The partition table. In a real port the numbers come from one header that the linker scripts
 * read too (port/stm32f103/partitions.h). Rules: every region starts and ends at a page border,
 * flag is one page, app and backup have the same size, regions do not overlap, and app starts
 * where the chip accepts a vector table (Cortex-M3: a multiple of 512 for up to 112
 * interrupts).
 */
const struct otter_layout template_layout = {
    .boot = {0x08000000, 0x2000},
    .journal = {0x08002000, 0x400},
    .spare = {0x08002800, 0x400},
    .flag = {0x08002C00, 0x400},
    .app = {0x08003000, 0x6800},
    .backup = {0x08009800, 0x6800},
    .ram = {0x20000000, 0x5000},
};
