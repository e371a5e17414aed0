/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_CRC32_H
#define OTTER_CRC32_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* CRC-32 of IEEE 802.3 (reflected, 0xEDB88320), bit by bit: small, for short records.
 * Start with crc = 0; feed a longer message in parts by passing the last result.
 */
uint32_t otter_crc32(uint32_t crc, const uint8_t data[], uint32_t len);

#ifdef __cplusplus
}
#endif
#endif
