/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_BOOT_SYMBOLS_H
#define GLITCH_BOOT_SYMBOLS_H

#include "lab/firmware_symbols.h"

/* The symbols of the bootloader that is attacked, DEVICE_BOOT. Both functions end the process
 * with a message if its .elf cannot be read or lacks the symbol.
 */
const struct elf_symbols *boot_symbols(void);
uint32_t boot_symbol(enum firmware_symbol which);

#endif
