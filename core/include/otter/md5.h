/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_MD5_H
#define OTTER_MD5_H

#include <stdint.h>
#include "otter/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* MD5, because the vendor's protocol and bootloader say MD5. It guards against damage, not
 * against an attacker. 84 bytes of state, about 740 bytes of ROM; any context.
 * Source: RFC 1321.
 */
struct otter_md5 {
    uint32_t state[4];
    uint32_t length; /* bytes so far; images are far below 4 GB */
    uint8_t block[64];
};

void otter_md5_init(struct otter_md5 *md5);
void otter_md5_update(struct otter_md5 *md5, const uint8_t data[], uint32_t len);

/* Finish and write the digest. The state must be initialised again before its next use. */
void otter_md5_final(struct otter_md5 *md5, uint8_t out_digest[16]);

/* Read 32 hex digits, upper or lower case, as they stand in message 0x19.
 * Returns 0 or OTTER_ERR_FORMAT (out_digest is then untouched). */
OTTER_MUST_CHECK int otter_md5_from_hex(const uint8_t hex[32], uint8_t out_digest[16]);

#ifdef __cplusplus
}
#endif
#endif
