/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_ELF_H
#define BOARD_HOST_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/loader.h"

/* The frame of an ELF32 file for ARM that is in memory: its header, and where its sections lie.
 * Input is hostile. For loader_elf.c and elf_symbols.c. Source: System V ABI, chapters 4 and 5.
 */
enum { ELF_SHT_SYMTAB = 2, ELF_SHT_NOBITS = 8 };

struct elf {
    const uint8_t *bytes;
    size_t len;
    uint32_t phoff, shoff;
    unsigned phentsize, phnum, shentsize, shnum;
};

struct elf_section {
    uint32_t type, flags, off, size, link;
};

static inline unsigned elf_get16(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static inline uint32_t elf_get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

/* The bytes must stay. Returns false with the reason if it is no executable for ARM, or has no
 * program headers, or ends in them. */
bool elf_open(struct elf *elf, const uint8_t bytes[], size_t len, char out_why[HOST_WHY_SIZE]);

/* Do `size` bytes from `off` on lie in the file? */
bool elf_is_inside(const struct elf *elf, uint32_t off, uint64_t size);

/* Returns false if there is no section of this number, or no section table in the file. Whether
 * the section's bytes lie in the file is not said. */
bool elf_find_section(const struct elf *elf, uint32_t index, struct elf_section *out_section);

#endif
