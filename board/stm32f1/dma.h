/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_DMA_H
#define BOARD_STM32F1_DMA_H

#include <stdbool.h>
#include <stdint.h>

/* DMA1 (RM0008 chapter 13). */

enum { DMA_CHANNELS = 7 };

struct dma_channel {
    uint32_t ccr, cndtr, cpar, cmar;
    uint32_t reload, peripheral, memory; /* as at the time of EN */
};

struct dma {
    uint32_t isr;
    struct dma_channel channel[DMA_CHANNELS];
    bool pumping, stalled; /* stalled: waits for the flash */
};

#endif
