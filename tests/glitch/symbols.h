/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_SYMBOLS_H
#define GLITCH_SYMBOLS_H

#include <stdint.h>

/* The symbols of a program for the board, as arm-none-eabi-nm lists them for its .elf: what an address is
 * called, and what a name stands for. The names of static functions need not be unique.
 */
enum { SYMBOLS_MAX = 512, SYMBOLS_NAME_MAX = 48 };

struct symbols {
    struct symbol {
        uint32_t addr, size;
        char type; /* nm's letter: t and T are functions */
        char name[SYMBOLS_NAME_MAX];
    } list[SYMBOLS_MAX]; /* in the order of addresses */
    unsigned count;
};

/* Ends the process with a message if `path` cannot be listed. */
void symbols_read(struct symbols *symbols, const char *path);

/* The address of `name`; ends the process with a message if there is no such symbol. */
uint32_t symbols_addr(const struct symbols *symbols, const char *name);

/* The function that addr lies in; NULL if it lies in none. */
const struct symbol *symbols_at(const struct symbols *symbols, uint32_t addr);

#endif
