/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_PARTITION_H
#define OTTER_PARTITION_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The type of a partition table. The table itself is one header of the port
 * (port/stm32f103/partitions.h), read by C, linker scripts and host tools alike.
 */
struct otter_region {
    uint32_t addr; /* absolute */
    uint32_t size; /* bytes */
};

struct otter_layout {
    struct otter_region boot;    /* the bootloader; never written by otter */
    struct otter_region journal; /* one page: the install journal (journal.h), first half */
    struct otter_region spare;   /* one page: makes the swap possible (swap.h) */
    struct otter_region
        flag; /* one page: the journal's second half; a tutorial app's record (flag.h) */
    struct otter_region app;    /* the slot that runs */
    struct otter_region backup; /* APPBAK: receives the new image; as large as `app` */
    struct otter_region ram;    /* where an image's stack may lie */
};

/* The flash that the install journal can work with: pages of 1 KB or more (a power of two), so
 * that a quarter of one holds an entry; a mark for every page of a slot in what an entry leaves
 * (59 of 1 KB, 187 of 2 KB); programming by half-words, because a mark is one. A port's
 * layout.c checks it when it is compiled. */
#define OTTER_LAYOUT_FITS(page_size, program_size, slot_size)                                  \
    ((page_size) >= 0x400 && ((page_size) & ((page_size)-1)) == 0 && (program_size) == 2 &&    \
     (slot_size) != 0 && (slot_size) % (page_size) == 0 &&                                     \
     (slot_size) / (page_size) <= ((page_size) / 4 - 138) / 2)

/* Can an update be installed in this layout, with this flash? OTTER_LAYOUT_FITS(); one page
 * each for journal, spare and flag; two slots of the same size; RAM for an image's stack; every
 * region at a page border, and no byte in two of them. Reads no flash. The receiver asks before
 * it touches flash; otter_startup_run(), too, unless its layout was named when it was compiled
 * (core/src/chip.h). */
bool otter_layout_check(const struct otter_port *port, const struct otter_layout *layout);

#ifdef __cplusplus
}
#endif
#endif
