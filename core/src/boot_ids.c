/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/boot_ids.h"
#include <stddef.h>
#include "otter/bytes.h"
#include "chip.h"

int otter_boot_ids_find(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_boot_ids *out_ids)
{
    uint8_t bytes[4 * OTTER_BOOT_WORDS];
    uint32_t words[OTTER_BOOT_WORDS];
    uint32_t off;
    int error = chip_read(port, chip_map(layout)->boot.addr + OTTER_BOOT_WORDS_OFFSET, bytes,
                          sizeof bytes);

    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < OTTER_BOOT_WORDS; i++) {
        words[i] = otter_get_le32(bytes + 4 * i);
    }
    if (words[0] != OTTER_BOOT_MAGIC || (uint8_t)words[1] != OTTER_BOOT_FORMAT) {
        return OTTER_ERR_NONE;
    }
    off = words[2] - chip_map(layout)->boot.addr;
    if (off > chip_map(layout)->boot.size || words[3] > chip_map(layout)->boot.size - off ||
        words[4] > chip_map(layout)->boot.size / OTTER_BOOT_KEY_SIZE ||
        words[3] != OTTER_BOOT_KEYS + words[4] * OTTER_BOOT_KEY_SIZE) {
        return OTTER_ERR_RANGE;
    }
    *out_ids = (struct otter_boot_ids){.does = (uint8_t)(words[1] >> 8),
                                       .minor = (uint8_t)(words[1] >> 16),
                                       .major = (uint8_t)(words[1] >> 24),
                                       .key_count = (uint8_t)words[4],
                                       .info_addr = words[2],
                                       .keys_addr = words[2] + OTTER_BOOT_KEYS};
    return 0;
}
