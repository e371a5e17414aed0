/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_PARTITION_H
#define OTTER_PARTITION_H

#include <stdint.h>

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

#endif
