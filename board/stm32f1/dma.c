/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/dma.h"

#include "board/stm32f1/bus.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/flash.h"
#include "board/stm32f1/rcc.h"
#include "board/stm32f1/usart.h"

/* DMA1 (RM0008 chapter 13), peripheral requests only. A transfer takes no time: it is done at
 * the tick of its request. Requests of USART1..3 are wired as in RM0008 table 78.
 *
 * A channel that has to read the flash while that is busy stalls the whole controller, which is
 * a single bus master. */

enum { ISR = 0x00, IFCR = 0x04, CHANNELS = 0x08, CHANNEL_SIZE = 20 };
enum { CCR = 0x00, CNDTR = 0x04, CPAR = 0x08, CMAR = 0x0C };

#define CCR_EN      (1u << 0)
#define CCR_DIR     (1u << 4) /* read from memory */
#define CCR_CIRC    (1u << 5)
#define CCR_PINC    (1u << 6)
#define CCR_MINC    (1u << 7)
#define CCR_MEM2MEM (1u << 14)
#define CCR_ALL     0x7FFFu
#define FLAG_GIF    (1u << 0)
#define FLAG_TCIF   (1u << 1)
#define FLAG_HTIF   (1u << 2)
#define FLAG_TEIF   (1u << 3)

enum { TOO_MANY = 70000 }; /* transfers at one tick: its request never ends */

/* Which requests a channel serves. */
static const struct {
    unsigned unit;
    bool tx, wired;
} requests[DMA_CHANNELS] = {
    {0, false, false}, {2, true, true},  {2, false, true}, {0, true, true},
    {0, false, true},  {1, false, true}, {1, true, true},
};

static struct dma *self(const struct board *board)
{
    return chip_state(board, CHIP_dma);
}

static void update_irq(struct board *board, unsigned index)
{
    uint32_t flags = self(board)->isr >> (4 * index);
    uint32_t enables = self(board)->channel[index].ccr & (FLAG_TCIF | FLAG_HTIF | FLAG_TEIF);
    chip_irq(board, IRQ_DMA1_CHANNEL1 + index, (flags & enables) != 0);
}

static void set_flags(struct board *board, unsigned index, uint32_t flags)
{
    self(board)->isr |= (flags | FLAG_GIF) << (4 * index);
    update_irq(board, index);
}

static bool is_requested(const struct board *board, unsigned index)
{
    const struct dma_channel *channel = &self(board)->channel[index];
    return (channel->ccr & CCR_EN) != 0 && channel->cndtr > 0 && requests[index].wired &&
           usart_dma_request(board, requests[index].unit, requests[index].tx);
}

/* The channel to serve next: highest PL first, then lowest number. */
static int choose(const struct board *board)
{
    int best = -1;
    for (int i = 0; i < DMA_CHANNELS; i++) {
        if (is_requested(board, (unsigned)i) &&
            (best < 0 || (self(board)->channel[i].ccr >> 12 & 3) >
                             (self(board)->channel[best].ccr >> 12 & 3))) {
            best = i;
        }
    }
    return best;
}

static unsigned size_of(uint32_t code)
{
    return 1u << (code & 3);
}

/* One item. Returns false for a bus error. Widths as RM0008 table 76: the low part, zero
 * filled. */
static bool move(struct board *board, struct dma_channel *channel)
{
    unsigned p_size = size_of(channel->ccr >> 8);
    unsigned m_size = size_of(channel->ccr >> 10);
    uint32_t p_addr = channel->peripheral & ~(uint32_t)(p_size - 1);
    uint32_t m_addr = channel->memory & ~(uint32_t)(m_size - 1);
    uint32_t value = 0;
    bool good;
    if ((channel->ccr & CCR_DIR) != 0) {
        good = bus_dma_read(board, m_addr, m_size, &value) &&
               bus_dma_write(board, p_addr, p_size, value);
    } else {
        good = bus_dma_read(board, p_addr, p_size, &value) &&
               bus_dma_write(board, m_addr, m_size, value);
    }
    if ((channel->ccr & CCR_PINC) != 0) {
        channel->peripheral += p_size;
    }
    if ((channel->ccr & CCR_MINC) != 0) {
        channel->memory += m_size;
    }
    return good;
}

static void transfer(struct board *board, unsigned index)
{
    struct dma_channel *channel = &self(board)->channel[index];
    channel->cndtr--; /* before the access, which may raise the next request */
    if (!move(board, channel)) {
        channel->ccr &= ~CCR_EN;
        set_flags(board, index, FLAG_TEIF);
        return;
    }
    uint32_t flags = 0;
    if (channel->cndtr == channel->reload / 2) {
        flags |= FLAG_HTIF;
    }
    if (channel->cndtr == 0) {
        flags |= FLAG_TCIF;
        if ((channel->ccr & CCR_CIRC) != 0) {
            channel->cndtr = channel->reload;
            channel->peripheral = channel->cpar;
            channel->memory = channel->cmar;
        }
    }
    if (flags != 0) {
        set_flags(board, index, flags);
    }
}

static void pump(struct board *board)
{
    struct dma *dma = self(board);
    if (dma->pumping || dma->stalled || !rcc_is_clocked(board, GATE_AHB, 0)) {
        return;
    }
    dma->pumping = true;
    unsigned count = 0;
    for (int i = choose(board); i >= 0 && !chip_is_halted(board); i = choose(board)) {
        const struct dma_channel *channel = &dma->channel[i];
        if (flash_is_busy(board) && (channel->ccr & CCR_DIR) != 0 &&
            bus_is_flash(board, channel->memory)) {
            dma->stalled = true;
            break;
        }
        if (++count > TOO_MANY) {
            chip_unknown(board, "DMA1 channel %d: its request never ends (CPAR 0x%08X)", i + 1,
                         (unsigned)channel->cpar);
            break;
        }
        transfer(board, (unsigned)i);
    }
    dma->pumping = false;
}

static void flash_ready(struct board *board)
{
    if (self(board)->stalled) {
        self(board)->stalled = false;
        pump(board);
    }
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    (void)tick;
    if (signal == SIGNAL_DMA_REQUEST || signal == SIGNAL_AHB_GATES) {
        pump(board);
    } else if (signal == SIGNAL_FLASH_READY) {
        flash_ready(board);
    }
}

static void write_ccr(struct board *board, unsigned index, uint32_t value)
{
    struct dma_channel *channel = &self(board)->channel[index];
    value &= CCR_ALL;
    if ((value & CCR_EN) != 0 &&
        ((value & CCR_MEM2MEM) != 0 || (value >> 8 & 3) == 3 || (value >> 10 & 3) == 3)) {
        chip_unknown(board, "DMA1_CCR%u = 0x%X: memory to memory is not modelled", index + 1,
                     (unsigned)value);
        return;
    }
    bool starts = (value & CCR_EN) != 0 && (channel->ccr & CCR_EN) == 0;
    channel->ccr = value;
    if (starts) {
        channel->reload = channel->cndtr;
        channel->peripheral = channel->cpar;
        channel->memory = channel->cmar;
    }
    update_irq(board, index);
    pump(board);
}

static void write_channel(struct board *board, unsigned index, uint32_t offset, uint32_t value)
{
    struct dma_channel *channel = &self(board)->channel[index];
    bool enabled = (channel->ccr & CCR_EN) != 0;
    switch (offset) {
    case CCR:
        write_ccr(board, index, value);
        break;
    case CNDTR:
        if (!enabled) { /* read-only while the channel is on */
            channel->cndtr = value & 0xFFFF;
        }
        break;
    case CPAR:
    case CMAR:
        if (enabled) {
            chip_unknown(board, "DMA1_%s%u = 0x%08X while the channel is on (RM0008 13.4)",
                         offset == CPAR ? "CPAR" : "CMAR", index + 1, (unsigned)value);
            break;
        }
        *(offset == CPAR ? &channel->cpar : &channel->cmar) = value;
        break;
    default:
        break; /* the reserved word between two channels */
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct dma *dma = self(board);
    if (offset == ISR) {
        return dma->isr;
    }
    uint32_t index = (offset - CHANNELS) / CHANNEL_SIZE;
    if (offset == IFCR) {
        return 0;
    }
    if (index >= DMA_CHANNELS) {
        chip_unknown(board, "DMA1: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
    const struct dma_channel *channel = &dma->channel[index];
    switch ((offset - CHANNELS) % CHANNEL_SIZE) {
    case CCR:
        return channel->ccr;
    case CNDTR:
        return channel->cndtr;
    case CPAR:
        return channel->cpar;
    case CMAR:
        return channel->cmar;
    default:
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct dma *dma = self(board);
    if (offset == ISR) {
        return;
    }
    if (offset == IFCR) {
        for (unsigned i = 0; i < DMA_CHANNELS; i++) {
            uint32_t clear = value >> (4 * i) & 0xF;
            uint32_t flags = dma->isr >> (4 * i) & 0xF & ~clear;
            /* CGIF clears the other three too; GIF stands as long as one of them does */
            if ((clear & FLAG_GIF) != 0 || (flags & ~FLAG_GIF) == 0) {
                flags = 0;
            }
            dma->isr = (dma->isr & ~(0xFu << (4 * i))) | flags << (4 * i);
            update_irq(board, i);
        }
        return;
    }
    uint32_t index = (offset - CHANNELS) / CHANNEL_SIZE;
    if (index >= DMA_CHANNELS) {
        chip_unknown(board, "DMA1: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        return;
    }
    write_channel(board, index, (offset - CHANNELS) % CHANNEL_SIZE, value);
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct dma){.isr = 0};
    for (unsigned i = 0; i < DMA_CHANNELS; i++) {
        update_irq(board, i);
    }
}

const struct chip_peripheral dma_peripheral = {
    .units = {{"DMA1", 0x40020000, GATE_AHB, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct dma),
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .signal = signal,
};
