/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_LOOKED_UP_H
#define BOOT_LOOKED_UP_H

#include "otter/crc32.h"
#include "otter/decide.h"
#include "otter/ed25519.h"
#include "otter/journal.h"
#include "otter/sha512.h"
#include "otter/verify.h"
#include "recover.h"
#include "uart_polled.h"

/* The functions that tools look up in the bootloader's .elf (lab/firmware_symbols.c), and
 * before which a campaign stops the core to answer in their place. Link-time optimisation must
 * leave each one a function, called with the arguments of the AAPCS by callers that know
 * nothing of its body. The build includes this file before every source of the bootloader
 * (boot/CMakeLists.txt), so that the sources themselves need no attributes. */
#define LOOKED_UP(function) extern __typeof__(function)(function) __attribute__((noipa, used))

LOOKED_UP(otter_decide_action);
LOOKED_UP(otter_verify_image);
LOOKED_UP(otter_journal_append);
LOOKED_UP(otter_crc32);
LOOKED_UP(otter_sha512_init);
LOOKED_UP(otter_sha512_update);
LOOKED_UP(otter_sha512_final);
LOOKED_UP(otter_ed25519_verify);
LOOKED_UP(uart_polled_receive);
LOOKED_UP(uart_polled_send);
LOOKED_UP(recover);

#endif
