/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_FIRMWARE_SYMBOLS_H
#define LAB_FIRMWARE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>
#include "board/host/elf_symbols.h"

/* What tools on the host look up in the .elf of a firmware, by name. This is the only list:
 * whoever renames one of these functions renames it in firmware_symbols.c, and nowhere else. A
 * name that is missing is an error that tells it; fw_firmware_symbols looks up all of them.
 */
enum firmware_symbol {
    FIRMWARE_RESET_HANDLER,
    FIRMWARE_DECIDE_ACTION,
    FIRMWARE_VERIFY_IMAGE,
    /* bytes of its first argument, struct otter_verifier (port/stm32f103/sizes.c) */
    FIRMWARE_VERIFIER_SIZE,
    FIRMWARE_JOURNAL_APPEND,
    FIRMWARE_CRC32,
    FIRMWARE_SHA512_INIT,
    FIRMWARE_SHA512_UPDATE,
    FIRMWARE_SHA512_FINAL,
    FIRMWARE_ED25519_VERIFY,
    FIRMWARE_POLLED_RECEIVE, /* each round of a loop that waits for a byte calls it ... */
    FIRMWARE_POLLED_SEND,    /* ... or, for room to send one, is its own */
    FIRMWARE_RECOVER,        /* where the bootloader waits for an image */
    FIRMWARE_BSS_END,        /* of RAM that is no stack */
    FIRMWARE_OF_BOOT, /* those before are of `boot`; of those after, it says of what they are */
    FIRMWARE_RING = FIRMWARE_OF_BOOT, /* the app's received bytes: the DMA writes it ... */
    FIRMWARE_RING_TAIL,               /* ... and this index is where the program reads next */
    FIRMWARE_VERIFY_UNSIGNED,         /* boot_unsigned's, which has no FIRMWARE_VERIFY_IMAGE */
    FIRMWARE_SYMBOLS
};

/* Returns false, with the reason, if the firmware has no symbol of this name and kind. */
bool firmware_symbol(const struct elf_symbols *symbols, enum firmware_symbol which,
                     uint32_t *out_value, char out_why[HOST_WHY_SIZE]);

/* The same with the size in bytes, of a variable. */
bool firmware_variable(const struct elf_symbols *symbols, enum firmware_symbol which,
                       uint32_t *out_addr, uint32_t *out_size, char out_why[HOST_WHY_SIZE]);

#endif
