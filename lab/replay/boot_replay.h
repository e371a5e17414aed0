/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_BOOT_REPLAY_H
#define LAB_BOOT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/loader.h"
#include "lab/replay/replay.h"
#include "otter/partition.h"

/* What of otter's bootloader need not be executed again and again: the rounds in which it waits
 * for its UART and, with its `layout` (else NULL), its verification of signatures. Addresses
 * and sizes are those of its .elf (lab/firmware_symbols.h). One in compare_every is executed
 * all the same (0: none). Returns NULL with the reason if `elf` is no .elf file, or lacks a
 * symbol, or memory is short.
 */
struct replay *boot_replay_new(const uint8_t elf[], size_t len,
                               const struct otter_layout *layout, uint32_t compare_every,
                               char out_why[HOST_WHY_SIZE]);

#endif
