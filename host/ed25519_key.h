/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ED25519_KEY_H
#define HOST_ED25519_KEY_H

#include <stdint.h>
#include "otter/ed25519.h"
#include "otter/err.h"

/* Public keys for the device, made on the host from what key files hold. The arithmetic is
 * libcrypto's.
 * Source: RFC 8032, 5.1.3.
 */

/* Unpack the point A of a public key into what the device's verifier takes. Returns 0;
 * OTTER_ERR_FORMAT: the bytes are not the one encoding of a point of the curve (y not below the
 * prime, no such x, or the sign of a zero x); OTTER_ERR_RANGE: the order of A is 8 or less, so
 * that anybody can sign for it; OTTER_ERR_SPACE: no memory. Unless 0 is returned, out_key is
 * untouched. */
OTTER_MUST_CHECK int ed25519_key_unpack(const uint8_t packed[32],
                                        struct otter_ed25519_key *out_key);

/* The same for whoever compares verifiers: y is taken modulo the prime, the sign of zero is
 * ignored, and the order may be small. Never for a key that a device is to trust. */
OTTER_MUST_CHECK int ed25519_key_unpack_any(const uint8_t packed[32],
                                            struct otter_ed25519_key *out_key);

#endif
