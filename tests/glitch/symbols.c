/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/symbols.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "08000040 0000001c t name"; without the size where there is none. */
static void take(struct symbols *symbols, const char *line)
{
    enum { DIGITS = 8 };
    struct symbol symbol = {.size = 0};
    size_t len = strlen(line);
    bool has_size = len > DIGITS + 1 && strspn(line + DIGITS + 1, "0123456789abcdef") == DIGITS;
    int fields = has_size ? sscanf(line, "%" SCNx32 " %" SCNx32 " %c %47s", &symbol.addr,
                                   &symbol.size, &symbol.type, symbol.name)
                          : 1 + sscanf(line, "%" SCNx32 " %c %47s", &symbol.addr, &symbol.type,
                                       symbol.name);

    if (fields == 4 && symbols->count < SYMBOLS_MAX) {
        symbols->list[symbols->count++] = symbol;
    }
}

void symbols_read(struct symbols *symbols, const char *path)
{
    char command[1200], line[256];
    FILE *list;

    (void)snprintf(command, sizeof command, "arm-none-eabi-nm -nS '%s'", path);
    list = popen(command, "r"); /* NOLINT(cert-env33-c): a path that the build gave */
    symbols->count = 0;
    while (list != NULL && fgets(line, sizeof line, list) != NULL) {
        take(symbols, line);
    }
    if (list == NULL || pclose(list) != 0 || symbols->count == 0) {
        fprintf(stderr, "test_glitch: %s: cannot be listed; build it with: make firmware\n",
                path);
        exit(EXIT_FAILURE);
    }
}

uint32_t symbols_addr(const struct symbols *symbols, const char *name)
{
    for (unsigned i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->list[i].name, name) == 0) {
            return symbols->list[i].addr;
        }
    }
    fprintf(stderr, "test_glitch: the bootloader has no symbol %s\n", name);
    exit(EXIT_FAILURE);
}

const struct symbol *symbols_at(const struct symbols *symbols, uint32_t addr)
{
    for (unsigned i = 0; i < symbols->count; i++) {
        const struct symbol *symbol = &symbols->list[i];

        if ((symbol->type == 't' || symbol->type == 'T') &&
            addr - symbol->addr < symbol->size) {
            return symbol;
        }
    }
    return NULL;
}
