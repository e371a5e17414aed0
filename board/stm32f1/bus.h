/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_BUS_H
#define BOARD_STM32F1_BUS_H

#include <stdbool.h>
#include <stdint.h>

/* The memory map: where an access of the core or of the DMA goes. All return false for a bus
 * fault. */
struct board;

/* For the core (struct cpu_bus; `board` is a struct board). A read of the flash waits until it
 * is ready. */
bool bus_read(void *board, uint32_t addr, unsigned size, uint32_t *out_value);
bool bus_write(void *board, uint32_t addr, unsigned size, uint32_t value);

/* For the DMA: no bit-band, no stall. */
bool bus_dma_read(struct board *board, uint32_t addr, unsigned size, uint32_t *out_value);
bool bus_dma_write(struct board *board, uint32_t addr, unsigned size, uint32_t value);
bool bus_is_flash(const struct board *board, uint32_t addr);

#endif
