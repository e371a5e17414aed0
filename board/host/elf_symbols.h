/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_ELF_SYMBOLS_H
#define BOARD_HOST_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/loader.h"

/* The symbols of a program for the board, from its ELF file: where a name lies, and what lies
 * at an address.
 *
 * Names of static functions and objects need not be unique. Input is hostile. Source: System V
 * ABI, chapter 4 (symbol table).
 */
enum elf_symbol_kind {
    ELF_FUNCTION,
    ELF_OBJECT, /* a variable */
    ELF_VALUE,  /* what has no type: of a linker script, or of the assembler */
};

struct elf_symbol {
    const char *name; /* not empty */
    uint32_t value;   /* an address; of a function without Thumb's bit 0 */
    uint32_t size;    /* 0 = not known */
    enum elf_symbol_kind kind;
};

struct elf_symbols {
    struct elf_symbol *list; /* by value, then by name */
    size_t count;
    char *names;
};

/* Read the symbol table of a file that is in memory. Returns false with the reason, and no
 * symbols, if it is no executable for ARM, or without a symbol table, or memory is short. */
bool elf_symbols_read(struct elf_symbols *symbols, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE]);
void elf_symbols_free(struct elf_symbols *symbols);

/* The first one of this name and kind; NULL if there is none. */
const struct elf_symbol *elf_symbols_find(const struct elf_symbols *symbols,
                                          enum elf_symbol_kind kind, const char *name);

/* The function in whose bytes `addr` lies; NULL if it is in none. */
const struct elf_symbol *elf_symbols_at(const struct elf_symbols *symbols, uint32_t addr);

#endif
