/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/elf_symbols.h"

#include <stdlib.h>
#include <string.h>
#include "board/host/elf.h"

enum { SYM_SIZE = 16, STT_NOTYPE = 0, STT_OBJECT = 1, STT_FUNC = 2 };

static bool has_bytes(const struct elf *elf, const struct elf_section *section)
{
    return section->type != ELF_SHT_NOBITS && elf_is_inside(elf, section->off, section->size);
}

static bool find_tables(const struct elf *elf, struct elf_section *out_symbols,
                        struct elf_section *out_names)
{
    for (uint32_t i = 0; elf_find_section(elf, i, out_symbols); i++) {
        if (out_symbols->type == ELF_SHT_SYMTAB && has_bytes(elf, out_symbols) &&
            elf_find_section(elf, out_symbols->link, out_names) && has_bytes(elf, out_names)) {
            return true;
        }
    }
    return false;
}

/* Returns false for what is neither function nor variable nor value: sections, files, mapping
 * symbols. */
static bool get_kind(unsigned type, enum elf_symbol_kind *out_kind)
{
    switch (type) {
    case STT_FUNC:
        *out_kind = ELF_FUNCTION;
        return true;
    case STT_OBJECT:
        *out_kind = ELF_OBJECT;
        return true;
    case STT_NOTYPE:
        *out_kind = ELF_VALUE;
        return true;
    default:
        return false;
    }
}

static int compare(const void *a, const void *b)
{
    const struct elf_symbol *one = a, *other = b;
    if (one->value != other->value) {
        return one->value < other->value ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

static void add(struct elf_symbols *symbols, const uint8_t *entry, uint32_t names_size)
{
    struct elf_symbol symbol = {.value = elf_get32(entry + 4), .size = elf_get32(entry + 8)};
    uint32_t name = elf_get32(entry);
    if (name >= names_size || symbols->names[name] == '\0' ||
        !get_kind(entry[12] & 15u, &symbol.kind)) {
        return;
    }
    symbol.name = symbols->names + name;
    if (symbol.kind == ELF_FUNCTION) {
        symbol.value &= ~1u;
    }
    symbols->list[symbols->count++] = symbol;
}

bool elf_symbols_read(struct elf_symbols *symbols, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE])
{
    struct elf elf;
    struct elf_section table, names;
    *symbols = (struct elf_symbols){.list = NULL};
    if (!elf_open(&elf, bytes, len, out_why)) {
        return false;
    }
    if (!find_tables(&elf, &table, &names)) {
        return loader_fail(out_why, "ELF file has no symbol table");
    }
    size_t count = table.size / SYM_SIZE;
    symbols->list = calloc(count + 1, sizeof symbols->list[0]);
    symbols->names = calloc((size_t)names.size + 1, 1); /* the last one need not end */
    if (symbols->list == NULL || symbols->names == NULL) {
        elf_symbols_free(symbols);
        return loader_fail(out_why, "out of memory");
    }
    memcpy(symbols->names, bytes + names.off, names.size);
    for (size_t i = 0; i < count; i++) {
        add(symbols, bytes + table.off + i * SYM_SIZE, names.size);
    }
    qsort(symbols->list, symbols->count, sizeof symbols->list[0], compare);
    return true;
}

void elf_symbols_free(struct elf_symbols *symbols)
{
    free(symbols->list);
    free(symbols->names);
    *symbols = (struct elf_symbols){.list = NULL};
}

const struct elf_symbol *elf_symbols_find(const struct elf_symbols *symbols,
                                          enum elf_symbol_kind kind, const char *name)
{
    for (size_t i = 0; i < symbols->count; i++) {
        const struct elf_symbol *symbol = &symbols->list[i];
        if (symbol->kind == kind && strcmp(symbol->name, name) == 0) {
            return symbol;
        }
    }
    return NULL;
}

const struct elf_symbol *elf_symbols_at(const struct elf_symbols *symbols, uint32_t addr)
{
    for (size_t i = 0; i < symbols->count; i++) {
        const struct elf_symbol *symbol = &symbols->list[i];
        if (symbol->kind == ELF_FUNCTION && addr - symbol->value < symbol->size) {
            return symbol;
        }
    }
    return NULL;
}
