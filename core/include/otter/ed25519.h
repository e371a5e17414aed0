/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_ED25519_H
#define OTTER_ED25519_H

#include <stdint.h>
#include "otter/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ed25519: whose image this is. A device only ever checks signatures, so everything here is
 * public, and times depend on the data. 0.9 KB of ROM, 1.1 KB of stack, no other RAM, 190 ms on
 * a Cortex-M3 at 72 MHz; any context.
 * Source: RFC 8032, 5.1. What it leaves open is decided in docs/security.md.
 */

/* A public key A, as the device keeps it. The host makes it from the 32 packed bytes
 * (host/ed25519_key.h), so that the device need not take a square root; a device trusts its
 * key, and does not check that the members belong together. Numbers are little-endian and below
 * the prime. */
struct otter_ed25519_key {
    uint8_t packed[32];  /* A as RFC 8032 packs it: y, and above it a bit of x */
    uint8_t minus_x[32]; /* the x of -A */
};

/* Check a signature, whose halves are R and S, by the caller's digest: the SHA-512 of R,
 * key->packed and the message, in this order. Good is what fulfils S*B = R + k*A exactly (k is
 * the digest modulo L, the order of the base point B), with S below L and R packed in the one
 * way of RFC 8032.
 *
 * Returns 0 for a good signature; else what differs: some bits that are not 0, with no branch
 * at the end that decides about it. A caller to whom glitches matter asks twice. */
OTTER_MUST_CHECK uint32_t otter_ed25519_verify(const struct otter_ed25519_key *key,
                                               const uint8_t signature[64],
                                               const uint8_t digest[64]);

#ifdef __cplusplus
}
#endif
#endif
