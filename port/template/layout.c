/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

/* The partition table. In a real port the numbers come from one header that the linker scripts
 * read too (port/stm32f103/partitions.h). Rules: every region starts and ends at a page border,
 * journal, spare and flag are one page each, app and backup have the same size, regions do not
 * overlap (otter_layout_check() looks at all of that, the line below at the sizes only), and
 * app starts where the chip accepts a vector table (Cortex-M3: a multiple of 512 for up to 112
 * interrupts).
 */
enum { PAGE_SIZE = 0x400, SLOT_SIZE = 0x6800 };

/* Or this does not compile. */
typedef char layout_fits[OTTER_LAYOUT_FITS(PAGE_SIZE, 2, SLOT_SIZE) ? 1 : -1];

const struct otter_layout template_layout = {
    .boot = {0x08000000, 0x2000},
    .journal = {0x08002000, PAGE_SIZE},
    .spare = {0x08002800, PAGE_SIZE},
    .flag = {0x08002C00, PAGE_SIZE},
    .app = {0x08003000, SLOT_SIZE},
    .backup = {0x08009800, SLOT_SIZE},
    .ram = {0x20000000, 0x5000},
};
