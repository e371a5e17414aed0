/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "otter/boot_ids.h"

/* Room for two keys behind a section of ids that has none, for `otter boot make` to fill: as
 * erased flash. */
__attribute__((section(".boot_room"), used, aligned(4)))
const uint8_t boot_room[2 * OTTER_BOOT_KEY_SIZE] = {[0 ... 2 * OTTER_BOOT_KEY_SIZE - 1] = 0xFF};
