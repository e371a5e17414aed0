/* SPDX-License-Identifier: Apache-2.0 */
/* otter_crc32() by zlib, whose CRC is the same: half of a campaign's time was in the bits of
 * core's. The linker takes this one, because an object comes before a library. */
#include "otter/crc32.h"
#include <zlib.h>

uint32_t otter_crc32(uint32_t crc, const uint8_t data[], uint32_t len)
{
    return (uint32_t)crc32(crc, data, len);
}
