/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "board/host/loader.h"

/* ELF32, little-endian, ARM, executable: PT_LOAD segments go to p_paddr, where their initial values
 * lie in flash. */

enum {
    EHDR_SIZE = 52,
    PHDR_SIZE = 32,
    SHDR_SIZE = 40,
    SYM_SIZE = 16,
    CLASS_32 = 1,
    DATA_LITTLE = 1,
    TYPE_EXEC = 2,
    MACHINE_ARM = 40,
    PT_LOAD = 1,
    SHT_SYMTAB = 2,
    SHT_NOBITS = 8,
    STT_FUNC = 2,
    SHF_ALLOC = 2,
};

struct elf {
    const uint8_t *bytes;
    size_t len;
    uint32_t phoff, shoff;
    unsigned phentsize, phnum, shentsize, shnum;
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

static bool is_inside(const struct elf *elf, uint32_t off, uint64_t size)
{
    return off <= elf->len && size <= elf->len - off;
}

static bool read_header(struct elf *elf, char out_why[HOST_WHY_SIZE])
{
    const uint8_t *h = elf->bytes;
    if (elf->len < EHDR_SIZE) {
        return loader_fail(out_why, "ELF file is truncated in its header");
    }
    if (h[4] != CLASS_32 || h[5] != DATA_LITTLE) {
        return loader_fail(out_why, "ELF file is not 32-bit little-endian");
    }
    if (get16(h + 18) != MACHINE_ARM) {
        return loader_fail(out_why, "ELF file is not for ARM (machine %u)", get16(h + 18));
    }
    if (get16(h + 16) != TYPE_EXEC) {
        return loader_fail(out_why, "ELF file is not an executable (type %u): not linked?",
                           get16(h + 16));
    }
    elf->phoff = get32(h + 28);
    elf->shoff = get32(h + 32);
    elf->phentsize = get16(h + 42);
    elf->phnum = get16(h + 44);
    elf->shentsize = get16(h + 46);
    elf->shnum = get16(h + 48);
    if (elf->phnum == 0 || elf->phentsize < PHDR_SIZE) {
        return loader_fail(out_why, "ELF file without program headers");
    }
    if (!is_inside(elf, elf->phoff, (uint64_t)elf->phnum * elf->phentsize)) {
        return loader_fail(out_why, "ELF file is truncated in its program headers");
    }
    return true;
}

/* Linkers like to take the file's own headers into the first segment when the addresses allow it;
 * they would be programmed in front of the program, over a bootloader say. So a segment that begins
 * at the start of the file begins at its first section, as objcopy sees it. */
static uint32_t headers_in_segment(const struct elf *elf, uint32_t off, uint32_t size)
{
    if (off != 0 || elf->shnum == 0 || elf->shentsize < SHDR_SIZE ||
        !is_inside(elf, elf->shoff, (uint64_t)elf->shnum * elf->shentsize)) {
        return 0;
    }
    uint32_t first = size;
    for (unsigned i = 0; i < elf->shnum; i++) {
        const uint8_t *s = elf->bytes + elf->shoff + (size_t)i * elf->shentsize;
        bool has_bytes =
            (get32(s + 8) & SHF_ALLOC) != 0 && get32(s + 4) != SHT_NOBITS && get32(s + 20) > 0;
        uint32_t at = get32(s + 16);
        if (has_bytes && at < first) {
            first = at;
        }
    }
    return first;
}

bool loader_parse_elf(struct loader_image *image, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE])
{
    struct elf elf = {.bytes = bytes, .len = len};
    if (!read_header(&elf, out_why)) {
        return false;
    }
    for (unsigned i = 0; i < elf.phnum; i++) {
        const uint8_t *p = bytes + elf.phoff + (size_t)i * elf.phentsize;
        uint32_t off = get32(p + 4), paddr = get32(p + 12), size = get32(p + 16);
        if (get32(p) != PT_LOAD || size == 0) {
            continue;
        }
        if (!is_inside(&elf, off, size)) {
            return loader_fail(out_why, "ELF file is truncated in segment %u", i);
        }
        if (size > get32(p + 20)) {
            return loader_fail(out_why,
                               "ELF file is damaged: segment %u larger than its memory", i);
        }
        uint32_t skip = headers_in_segment(&elf, off, size);
        char why[HOST_WHY_SIZE];
        if (!loader_image_add(image, paddr + skip, bytes + off + skip, size - skip, why)) {
            return loader_fail(out_why, "segment %u: %.120s", i, why);
        }
    }
    return true;
}

/* ---- symbols ---- */

/* The bytes of section `index`; false if it is not there or not inside the file. */
static bool find_section(const struct elf *elf, uint32_t index, const uint8_t **out_header,
                         const uint8_t **out_bytes, uint32_t *out_size)
{
    if (index >= elf->shnum || elf->shentsize < SHDR_SIZE ||
        !is_inside(elf, elf->shoff, (uint64_t)elf->shnum * elf->shentsize)) {
        return false;
    }
    const uint8_t *s = elf->bytes + elf->shoff + (size_t)index * elf->shentsize;
    uint32_t off = get32(s + 16);
    *out_header = s;
    *out_size = get32(s + 20);
    *out_bytes = elf->bytes + off;
    return get32(s + 4) != SHT_NOBITS && is_inside(elf, off, *out_size);
}

/* A string table need not end with its last string. */
static bool is_named(const uint8_t *names, uint32_t size, uint32_t at, const char *name)
{
    size_t len = strlen(name) + 1;
    return at < size && len <= size - at && memcmp(names + at, name, len) == 0;
}

bool loader_elf_function(const uint8_t bytes[], size_t len, const char *name,
                         uint32_t *out_addr, char out_why[HOST_WHY_SIZE])
{
    struct elf elf = {.bytes = bytes, .len = len};
    const uint8_t *header, *table, *names;
    uint32_t size, names_size;
    if (!read_header(&elf, out_why)) {
        return false;
    }
    for (uint32_t i = 0; i < elf.shnum; i++) {
        if (!find_section(&elf, i, &header, &table, &size) || get32(header + 4) != SHT_SYMTAB ||
            !find_section(&elf, get32(header + 24), &header, &names, &names_size)) {
            continue;
        }
        for (uint32_t at = 0; size - at >= SYM_SIZE; at += SYM_SIZE) {
            const uint8_t *symbol = table + at;
            if ((symbol[12] & 15) == STT_FUNC &&
                is_named(names, names_size, get32(symbol), name)) {
                *out_addr = get32(symbol + 4) & ~1u; /* bit 0 is Thumb's */
                return true;
            }
        }
    }
    return loader_fail(out_why, "ELF file has no function %.60s", name);
}
