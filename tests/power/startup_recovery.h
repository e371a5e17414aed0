/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_STARTUP_RECOVERY_H
#define TEST_POWER_STARTUP_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>
#include "support/ram_flash.h"

/* For a device life: devices on which nothing can be started, and a module that
 * brings them a file. */
enum ruin {
    RUIN_NONE,          /* an image in APP, all else blank */
    RUIN_EMPTY,         /* nothing at all */
    RUIN_NOISE,         /* every page after the bootloader */
    RUIN_HALF_SWAPPED,  /* noise that was being installed over noise */
    RUIN_HALF_RESTORED, /* noise that was being copied back */
    RUIN_DECAYED, /* `size` bytes that were installed, a bit of them wrong; APPBAK is noise */
    RUINS,
};

/* Make a device with this map that is as `ruin` says; its images have `size` bytes. Counters
 * are set back. */
void ruin_make(struct ram_flash *flash, const struct ram_flash_map *map, enum ruin ruin,
               uint32_t size);

/* The file of the last push: what the bootloader keeps beside its message. */
extern struct otter_journal_file recovery_file;

/* A module offers `file` to core's recovery over `port` and sends it, in frames, with no fault
 * on the line. Returns whether the recovery has said that the file is complete, at the very
 * last byte.
 * Power: goes with the first flash operation that is cut. */
bool recovery_push(const struct otter_port *port, const struct otter_layout *layout,
                   const uint8_t file[], uint32_t size);

#endif
