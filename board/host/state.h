/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_STATE_H
#define BOARD_HOST_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "board/host/loader.h"

/* The flash of a modelled board in a file: exactly the array at 0x08000000, of its size, so any tool can
 * look into it. Option bytes and wear counters are not in it. */

/* Read it. A file that does not exist is an erased flash. False with the reason, flash untouched. */
bool state_load(const char *path, uint8_t flash[], size_t size, char out_why[HOST_WHY_SIZE]);

/* Write it so that the file holds the old or the new content whenever the host stops: new file,
 * fsync, rename, fsync of the folder. False with the reason. */
bool state_save(const char *path, const uint8_t flash[], size_t size,
                char out_why[HOST_WHY_SIZE]);

#endif
