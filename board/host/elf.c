/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/elf.h"

enum {
    EHDR_SIZE = 52,
    PHDR_SIZE = 32,
    SHDR_SIZE = 40,
    CLASS_32 = 1,
    DATA_LITTLE = 1,
    TYPE_EXEC = 2,
    MACHINE_ARM = 40,
};

bool elf_is_inside(const struct elf *elf, uint32_t off, uint64_t size)
{
    return off <= elf->len && size <= elf->len - off;
}

bool elf_open(struct elf *elf, const uint8_t bytes[], size_t len, char out_why[HOST_WHY_SIZE])
{
    const uint8_t *h = bytes;
    *elf = (struct elf){.bytes = bytes, .len = len};
    if (len < EHDR_SIZE) {
        return loader_fail(out_why, "ELF file is truncated in its header");
    }
    if (h[4] != CLASS_32 || h[5] != DATA_LITTLE) {
        return loader_fail(out_why, "ELF file is not 32-bit little-endian");
    }
    if (elf_get16(h + 18) != MACHINE_ARM) {
        return loader_fail(out_why, "ELF file is not for ARM (machine %u)", elf_get16(h + 18));
    }
    if (elf_get16(h + 16) != TYPE_EXEC) {
        return loader_fail(out_why, "ELF file is not an executable (type %u): not linked?",
                           elf_get16(h + 16));
    }
    elf->phoff = elf_get32(h + 28);
    elf->shoff = elf_get32(h + 32);
    elf->phentsize = elf_get16(h + 42);
    elf->phnum = elf_get16(h + 44);
    elf->shentsize = elf_get16(h + 46);
    elf->shnum = elf_get16(h + 48);
    if (elf->phnum == 0 || elf->phentsize < PHDR_SIZE) {
        return loader_fail(out_why, "ELF file without program headers");
    }
    if (!elf_is_inside(elf, elf->phoff, (uint64_t)elf->phnum * elf->phentsize)) {
        return loader_fail(out_why, "ELF file is truncated in its program headers");
    }
    return true;
}

bool elf_find_section(const struct elf *elf, uint32_t index, struct elf_section *out_section)
{
    if (index >= elf->shnum || elf->shentsize < SHDR_SIZE ||
        !elf_is_inside(elf, elf->shoff, (uint64_t)elf->shnum * elf->shentsize)) {
        return false;
    }
    const uint8_t *s = elf->bytes + elf->shoff + (size_t)index * elf->shentsize;
    *out_section = (struct elf_section){.type = elf_get32(s + 4),
                                        .flags = elf_get32(s + 8),
                                        .off = elf_get32(s + 16),
                                        .size = elf_get32(s + 20),
                                        .link = elf_get32(s + 24)};
    return true;
}
