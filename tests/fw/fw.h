/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FW_H
#define TESTS_FW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* A board alone, with binaries of the firmware build in its flash, and what it says on USART1 and
 * USART2. For tests of bootloader and port; whole updates use lab/testbed.
 */
struct fw {
    struct board *board;
    char log[32768]; /* USART1 since fw_new(), NUL-terminated */
    size_t log_len;
    uint8_t line[4096]; /* USART2 */
    size_t line_len;
};

/* Read OTTER_FIRMWARE_DIR/`name` to out; ends the process with a message if it is not there.
 * Returns its length. */
size_t fw_read(const char *name, uint8_t out[], size_t out_max);

/* A board that is off, its flash blank but for `boot` at the flash's start (NULL for nothing). */
struct fw *fw_new(const struct board_options *options, const char *boot);
void fw_free(struct fw *fw);

/* Flash at an absolute address, to load and to compare. */
uint8_t *fw_flash(struct fw *fw, uint32_t addr);

/* Write-protect the four pages around addr by option bytes (PM0075 2.5): erasing and programming then
 * fail, as on worn-out flash. */
void fw_protect(struct fw *fw, uint32_t addr);

/* Write a FLAG record as a tutorial app does: status, size, MD5, 24 bytes. */
void fw_put_flag(struct fw *fw, uint16_t status, uint32_t size, const uint8_t md5[16]);
uint16_t fw_flag_status(struct fw *fw);

/* Run for ms of virtual time. Returns what stopped the board. */
enum board_stop fw_run_ms(struct fw *fw, uint32_t ms);

/* Run until `text` is in the log behind offset `from`, at most limit_ms. Returns BOARD_STOP_TIME if
 * it came, BOARD_STOP_ASKED if it did not in time, else what stopped the board. */
enum board_stop fw_run_until(struct fw *fw, const char *text, size_t from, uint32_t limit_ms);

#endif
