/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_LOOKED_UP_H
#define BOOT_LOOKED_UP_H

#include "otter/crc32.h"
#include "otter/decide.h"
#include "otter/ed25519.h"
#include "otter/journal.h"
#include "otter/recovery.h"
#include "otter/sha512.h"
#include "otter/startup.h"
#include "otter/verify.h"
#include "mailbox.h"
#include "recover.h"
#include "uart_polled.h"

/* The functions that tools look up in the bootloader's .elf (lab/firmware_symbols.c), and
 * before which a campaign stops the core, to see that they are called or to answer in their
 * place. Link-time optimisation must leave each one a function of that name, called with the
 * arguments of the AAPCS. The build includes this file before every source of the bootloader
 * (boot/CMakeLists.txt), so that the sources themselves need no attributes. */
#define LOOKED_UP(function)                                                                    \
    extern __typeof__(function)(function) __attribute__((noinline, noclone))

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

/* These are looked up by nobody. Inlined, they address their struct by the stack pointer, with
 * twice the bytes; or are there twice. */
extern __typeof__(otter_startup_run)(otter_startup_run) __attribute__((noinline));
extern __typeof__(otter_recovery_receive)(otter_recovery_receive) __attribute__((noinline));
extern __typeof__(mailbox_put_and_reset)(mailbox_put_and_reset) __attribute__((noinline));

#endif
