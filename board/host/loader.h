/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_LOADER_H
#define BOARD_HOST_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* Puts firmware files into the flash of the modelled board, as a programmer does: each page
 * with bytes of a file is erased first, unless an earlier file has put something there. Two
 * files must not have the same byte.
 *
 * Kinds: plain binary with an address; Intel HEX (record types 00..05); ELF32 for ARM, by the
 * load addresses of its program headers. Input is hostile: every length is checked, and every
 * mistake is reported as one line of text. Sources: Intel Hexadecimal Object File Format
 * Specification, revision A (1988); System V ABI, chapters 4 and 5.
 */
enum { HOST_WHY_SIZE = 160 };

enum loader_kind { LOADER_BIN, LOADER_HEX, LOADER_ELF };

struct loader {
    uint8_t *flash;
    uint32_t size;                 /* of it; 0 = BOARD_FLASH_SIZE */
    uint8_t used[BOARD_FLASH_MAX]; /* 1: the byte is of a file */
};

/* The kind of a file, by its content. What is neither ELF nor begins like a HEX record is plain
 * binary. */
enum loader_kind loader_guess(const uint8_t bytes[], size_t len);

/* Put a file that is in memory into the flash; `addr` is used for LOADER_BIN only. Returns
 * false with one line in out_why if that fails; then the flash is unchanged. */
bool loader_put(struct loader *loader, enum loader_kind kind, const uint8_t bytes[], size_t len,
                uint32_t addr, char out_why[HOST_WHY_SIZE]);

/* Read the file at `path` and put it into the flash. With `has_addr` the file must be a plain
 * binary; without, a plain binary goes to the start of the flash. Returns false with the reason
 * (without the path). */
bool loader_put_file(struct loader *loader, const char *path, bool has_addr, uint32_t addr,
                     char out_why[HOST_WHY_SIZE]);

/* Has a file put anything outside of the pages of the `len` bytes from `addr` on? */
bool loader_is_beyond(const struct loader *loader, uint32_t addr, uint32_t len);

/* ---- for the kinds' own files ---- */

/* What one file says about the flash. */
struct loader_image {
    uint32_t size; /* of the flash */
    uint8_t bytes[BOARD_FLASH_MAX];
    uint8_t used[BOARD_FLASH_MAX]; /* 0 or 1 */
    bool any;
};

bool loader_fail(char out_why[HOST_WHY_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add bytes at an absolute address. False with the reason if they are outside of the flash, or
 * if the file has a byte twice. */
bool loader_image_add(struct loader_image *image, uint32_t addr, const uint8_t bytes[],
                      size_t len, char out_why[HOST_WHY_SIZE]);

bool loader_parse_hex(struct loader_image *image, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE]);
bool loader_parse_elf(struct loader_image *image, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE]);

#endif
