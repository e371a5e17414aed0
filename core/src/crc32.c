/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/crc32.h"

uint32_t otter_crc32(uint32_t crc, const uint8_t data[], uint32_t len)
{
    crc = ~crc;
    while (len-- != 0) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}
