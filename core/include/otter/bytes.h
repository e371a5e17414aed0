/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_BYTES_H
#define OTTER_BYTES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Integers in byte buffers, without casts or alignment. The wire is big-endian (Gizwits serial
 * protocol, 3.2-9); flash formats are little-endian, as a tutorial app on Cortex-M writes them.
 */
/* gcc estimates these bodies as too long to inline, though each becomes one load or store. */
#if defined(__GNUC__)
#define OTTER_INLINE   static inline __attribute__((always_inline))
#define OTTER_NOINLINE __attribute__((noinline))
#else
#define OTTER_INLINE static inline
#define OTTER_NOINLINE
#endif

OTTER_INLINE uint16_t otter_get_be16(const uint8_t in[2])
{
    return (uint16_t)((unsigned)in[0] << 8 | in[1]);
}

OTTER_INLINE uint32_t otter_get_be32(const uint8_t in[4])
{
    return (uint32_t)otter_get_be16(in) << 16 | otter_get_be16(in + 2);
}

OTTER_INLINE uint16_t otter_get_le16(const uint8_t in[2])
{
    return (uint16_t)((unsigned)in[1] << 8 | in[0]);
}

OTTER_INLINE uint32_t otter_get_le32(const uint8_t in[4])
{
    return (uint32_t)otter_get_le16(in + 2) << 16 | otter_get_le16(in);
}

OTTER_INLINE void otter_put_be16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

OTTER_INLINE void otter_put_be32(uint8_t out[4], uint32_t value)
{
    otter_put_be16(out, (uint16_t)(value >> 16));
    otter_put_be16(out + 2, (uint16_t)value);
}

OTTER_INLINE void otter_put_le16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

OTTER_INLINE void otter_put_le32(uint8_t out[4], uint32_t value)
{
    otter_put_le16(out, (uint16_t)value);
    otter_put_le16(out + 2, (uint16_t)(value >> 16));
}

#ifdef __cplusplus
}
#endif
#endif
