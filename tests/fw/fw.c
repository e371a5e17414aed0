/* SPDX-License-Identifier: Apache-2.0 */
#include "fw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

static void log_byte(void *ctx, uint8_t byte, uint64_t now)
{
    struct fw *fw = ctx;

    (void)now;
    if (fw->log_len + 1 < sizeof(fw->log)) {
        fw->log[fw->log_len++] = (char)byte;
    }
}

static void line_byte(void *ctx, uint8_t byte, uint64_t now)
{
    struct fw *fw = ctx;

    (void)now;
    if (fw->line_len < sizeof(fw->line)) {
        fw->line[fw->line_len++] = byte;
    }
}

size_t fw_read(const char *name, uint8_t out[], size_t out_max)
{
    char path[1024];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "%s/%s", OTTER_FIRMWARE_DIR, name);
    file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "test: %s: cannot be read; build it with: make firmware\n", path);
        exit(EXIT_FAILURE);
    }
    len = fread(out, 1, out_max, file);
    fclose(file);
    return len;
}

struct fw *fw_new(const struct board_options *options, const char *boot)
{
    struct fw *fw = calloc(1, sizeof(*fw));
    const struct board_options none = {.seed = 1};

    if (fw) {
        fw->board = board_new(options ? options : &none);
    }
    if (!fw || !fw->board) {
        fprintf(stderr, "test: out of memory\n");
        exit(EXIT_FAILURE);
    }
    board_uart_connect(fw->board, 1, &(struct board_uart_sink){fw, log_byte});
    board_uart_connect(fw->board, 2, &(struct board_uart_sink){fw, line_byte});
    memset(board_flash(fw->board), 0xFF, OTTER_FLASH_SIZE);
    if (boot) {
        fw_read(boot, fw_flash(fw, OTTER_BOOT_ADDR), OTTER_BOOT_SIZE);
    }
    return fw;
}

void fw_free(struct fw *fw)
{
    board_free(fw->board);
    free(fw);
}

uint8_t *fw_flash(struct fw *fw, uint32_t addr)
{
    return board_flash(fw->board) + (addr - OTTER_FLASH_ADDR);
}

void fw_protect(struct fw *fw, uint32_t addr)
{
    board_protect_flash(fw->board, addr, OTTER_PAGE_SIZE);
}

void fw_put_flag(struct fw *fw, uint16_t status, uint32_t size, const uint8_t md5[16])
{
    uint8_t *record = fw_flash(fw, OTTER_FLAG_ADDR);

    memset(record, 0xFF, OTTER_PAGE_SIZE);
    otter_put_le16(record, status);
    otter_put_le32(record + 4, size);
    memcpy(record + 8, md5, 16);
}

uint16_t fw_flag_status(struct fw *fw)
{
    return otter_get_le16(fw_flash(fw, OTTER_FLAG_ADDR));
}

enum board_stop fw_run_ms(struct fw *fw, uint32_t ms)
{
    return board_run(fw->board,
                     board_now(fw->board) + (uint64_t)ms * 1000 * BOARD_TICKS_PER_US);
}

enum board_stop fw_run_until(struct fw *fw, const char *text, size_t from, uint32_t limit_ms)
{
    for (uint32_t ms = 0; ms < limit_ms; ms++) {
        enum board_stop stop = fw_run_ms(fw, 1);

        if (stop != BOARD_STOP_TIME) {
            return stop;
        }
        if (fw->log_len > from && strstr(fw->log + from, text)) {
            return BOARD_STOP_TIME;
        }
    }
    return BOARD_STOP_ASKED;
}
