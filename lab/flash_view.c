/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/flash_view.h"
#include <string.h>
#include "port/stm32f103/partitions.h"

uint8_t *flash_view_at(struct board *board, uint32_t addr)
{
    return board_flash(board) + (addr - BOARD_FLASH_BASE);
}

static bool is_in_flash(const struct board *board, uint32_t addr, uint32_t len)
{
    uint32_t size = board_flash_size(board), off = addr - BOARD_FLASH_BASE;
    return addr >= BOARD_FLASH_BASE && off <= size && len <= size - off;
}

static int read_flash(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    if (!is_in_flash(ctx, addr, len)) {
        return OTTER_ERR_RANGE;
    }
    memcpy(out, flash_view_at(ctx, addr), len);
    return 0;
}

/* As the cells do it: bits go to 0 only. */
static int program_flash(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    if (!is_in_flash(ctx, addr, len)) {
        return OTTER_ERR_RANGE;
    }
    for (uint32_t i = 0; i < len; i++) {
        flash_view_at(ctx, addr)[i] &= data[i];
    }
    return 0;
}

struct otter_port flash_view_port(struct board *board)
{
    return (struct otter_port){
        .ctx = board, .read = read_flash, .page_size = OTTER_PAGE_SIZE, .program_size = 2};
}

struct otter_port flash_view_writer(struct board *board)
{
    struct otter_port port = flash_view_port(board);
    port.program = program_flash;
    return port;
}
