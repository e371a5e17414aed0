/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/ring_meter.h"
#include "board/debug.h"
#include "otter/bytes.h"

/* RM0008 13.4: DMA1, channel 6 is USART2's receiver. */
enum { CCR = 0, CNDTR = 4, CMAR = 12, CHANNEL_SIZE = 16 };
#define CHANNEL_6 0x4002006Cu
#define CCR_EN    1u

bool ring_meter_find(const uint8_t elf[], size_t len, struct firmware_ring *out_ring,
                     char out_why[HOST_WHY_SIZE])
{
    struct elf_symbols symbols;
    uint32_t tail_size;
    if (!elf_symbols_read(&symbols, elf, len, out_why)) {
        return false;
    }
    bool good =
        firmware_variable(&symbols, FIRMWARE_RING, &out_ring->addr, &out_ring->size, out_why) &&
        firmware_variable(&symbols, FIRMWARE_RING_TAIL, &out_ring->tail_addr, &tail_size,
                          out_why);
    elf_symbols_free(&symbols);
    return good;
}

void ring_meter_init(struct ring_meter *meter, const struct firmware_ring *ring)
{
    *meter = (struct ring_meter){.ring = *ring};
}

/* Where the DMA writes next, and where the program reads next. False: not in this ring. */
static bool read_ends(const struct ring_meter *meter, const struct board *board,
                      uint32_t *out_head, uint32_t *out_tail)
{
    const struct firmware_ring *ring = &meter->ring;
    uint8_t channel[CHANNEL_SIZE], tail[4];
    if (debug_read(board, CHANNEL_6, channel, sizeof channel) != sizeof channel ||
        debug_read(board, ring->tail_addr, tail, sizeof tail) != sizeof tail ||
        (otter_get_le32(channel + CCR) & CCR_EN) == 0 ||
        otter_get_le32(channel + CMAR) != ring->addr) {
        return false;
    }
    uint32_t left = otter_get_le32(channel + CNDTR);
    *out_head = (ring->size - left) % ring->size;
    *out_tail = otter_get_le32(tail);
    return left <= ring->size && *out_tail < ring->size;
}

void ring_meter_step(struct ring_meter *meter, uint32_t head, uint32_t tail)
{
    uint32_t size = meter->ring.size;
    if (!meter->runs) {
        meter->unread = (head - tail + size) % size;
    } else {
        uint32_t stored = (head - meter->head + size) % size;
        uint32_t read = (tail - meter->tail + size) % size;
        uint32_t unread = meter->unread + stored;
        meter->stored += stored;
        if (unread >= size) { /* the reader sees an empty ring */
            meter->lost += size;
            unread -= size;
        }
        meter->unread = unread > read ? unread - read : 0;
    }
    meter->runs = true;
    meter->head = head;
    meter->tail = tail;
}

void ring_meter_look(struct ring_meter *meter, const struct board *board)
{
    uint32_t head, tail;
    if (read_ends(meter, board, &head, &tail)) {
        ring_meter_step(meter, head, tail);
    } else {
        meter->runs = false;
    }
}
