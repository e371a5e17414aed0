/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_IDS_H
#define BOOT_IDS_H

#include <stdint.h>
#include "otter/boot_ids.h"
#include "otter/ed25519.h"
#include "otter/recovery.h"

/* The bootloader's ids and keys where they are in flash. None of this is compiled with LTO, so
 * no code of the bootloader has a copy of it: what is exchanged in a finished .bin is what
 * counts. The keys come from the build (cmake/signing.cmake), and lie behind the info
 * (port/stm32f103/sections.ld.in). */
struct boot_words {
    uint32_t magic;
    uint32_t what;
    const void *section;
    uintptr_t size;      /* both are numbers, */
    uintptr_t key_count; /* which the linker has as symbols */
};
extern const struct boot_words boot_words;
extern const char boot_info[OTTER_RECOVERY_INFO_SIZE];
extern const struct otter_ed25519_key otter_keys[];

#endif
