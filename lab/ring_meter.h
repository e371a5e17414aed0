/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_RING_METER_H
#define LAB_RING_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "lab/firmware_symbols.h"

/* Counts what a program on the board loses because it reads its DMA ring too late.
 *
 * The DMA goes round in the ring and knows nothing of the reader. A reader that is a whole ring
 * behind sees an empty one: all bytes in it are lost, and no flag of the chip says so (the
 * USART's overrun is another thing: the DMA was not there in time). So both ends are looked at
 * from outside, at least once per byte on the line: the DMA's in channel 6's registers, the
 * reader's in the program's RAM.
 */
/* Where the ring of one program lies. */
struct firmware_ring {
    uint32_t addr, size; /* size in bytes */
    uint32_t tail_addr;
};

struct ring_meter {
    struct firmware_ring ring;
    bool runs;           /* the DMA was on when it was looked at last */
    uint32_t head, tail; /* then */
    uint32_t unread;     /* bytes */
    uint64_t stored, lost;
};

/* Find it in the program's ELF file. Returns false with the reason if it has none. */
bool ring_meter_find(const uint8_t elf[], size_t len, struct firmware_ring *out_ring,
                     char out_why[HOST_WHY_SIZE]);

void ring_meter_init(struct ring_meter *meter, const struct firmware_ring *ring);

/* The DMA writes at `head` next, the program reads at `tail` next; both
 * below the ring's size. */
void ring_meter_step(struct ring_meter *meter, uint32_t head, uint32_t tail);

/* Look at the board. While its DMA writes another ring, or none, nothing is counted. */
void ring_meter_look(struct ring_meter *meter, const struct board *board);

#endif
