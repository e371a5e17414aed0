/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_STATE_H
#define BOARD_HOST_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "board/host/loader.h"

/* The flash of a modelled board in a file: exactly the array at 0x08000000, so that any tool
 * can read it. Option bytes and wear counters are not in it. */

/* Read it. A file that does not exist means an erased flash. False with the reason if that
 * fails; then the flash is unchanged. */
bool state_load(const char *path, uint8_t flash[], size_t size, char out_why[HOST_WHY_SIZE]);

/* Write it so that the file has either the old or the new content, whenever the host stops: new
 * file, fsync, rename, fsync of the folder. False with the reason if that fails. */
bool state_save(const char *path, const uint8_t flash[], size_t size,
                char out_why[HOST_WHY_SIZE]);

/* The same without waiting for the disk, some 50 us: the file has the old or the new content
 * whenever this program is killed, but not if the host's own power fails. */
bool state_replace(const char *path, const uint8_t flash[], size_t size,
                   char out_why[HOST_WHY_SIZE]);

#endif
