/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_BOOT_REPLAY_H
#define LAB_BOOT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/loader.h"
#include "lab/replay/replay.h"

/* What of otter's bootloader need not be executed again and again. Addresses and sizes are
 * those of its .elf (lab/firmware_symbols.h).
 */
enum boot_replay {
    BOOT_REPLAY_WAITS,       /* the rounds in which it waits for its UART */
    BOOT_REPLAY_WAITS_CALLS, /* and its verification of images */
};

/* One in compare_every is executed all the same (0: none). Returns NULL with the reason if
 * `elf` is no .elf file, or lacks a symbol, or memory is short. */
struct replay *boot_replay_new(const uint8_t elf[], size_t len, enum boot_replay what,
                               uint32_t compare_every, char out_why[HOST_WHY_SIZE]);

#endif
