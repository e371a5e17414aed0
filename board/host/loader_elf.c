/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/elf.h"

/* ELF32, little-endian, ARM, executable: PT_LOAD segments go to p_paddr, the place of their
 * initial values in flash. */

enum { PT_LOAD = 1, SHF_ALLOC = 2 };

/* If the addresses allow it linkers put the file's own headers into the first segment. They
 * would be programmed before the program, for example over a bootloader. So a segment that
 * begins at the start of the file is taken from its first section on, as objcopy does. */
static uint32_t headers_in_segment(const struct elf *elf, uint32_t off, uint32_t size)
{
    struct elf_section section;
    if (off != 0 || !elf_find_section(elf, 0, &section)) {
        return 0;
    }
    uint32_t first = size;
    for (uint32_t i = 0; elf_find_section(elf, i, &section); i++) {
        bool has_bytes = (section.flags & SHF_ALLOC) != 0 && section.type != ELF_SHT_NOBITS &&
                         section.size > 0;
        if (has_bytes && section.off < first) {
            first = section.off;
        }
    }
    return first;
}

bool loader_parse_elf(struct loader_image *image, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE])
{
    struct elf elf;
    if (!elf_open(&elf, bytes, len, out_why)) {
        return false;
    }
    for (unsigned i = 0; i < elf.phnum; i++) {
        const uint8_t *p = bytes + elf.phoff + (size_t)i * elf.phentsize;
        uint32_t off = elf_get32(p + 4), paddr = elf_get32(p + 12), size = elf_get32(p + 16);
        if (elf_get32(p) != PT_LOAD || size == 0) {
            continue;
        }
        if (!elf_is_inside(&elf, off, size)) {
            return loader_fail(out_why, "ELF file is truncated in segment %u", i);
        }
        if (size > elf_get32(p + 20)) {
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
