/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_ED25519_H
#define OTTER_ED25519_H

#include <stdint.h>

/* Ed25519: whose image this is. A device only ever checks signatures, so everything here is public.
 * Source: RFC 8032, 5.1.
 */

/* A public key A, as the device keeps it. The host makes it from the 32 packed bytes
 * (cli/ed25519_key.h), so that the device need not take a square root; a device trusts its key, and
 * does not check that the members belong together. Numbers are little-endian and below the prime. */
struct otter_ed25519_key {
    uint8_t packed[32];  /* A as RFC 8032 packs it: what is hashed between R and the message */
    uint8_t minus_x[32]; /* the coordinates of -A */
    uint8_t y[32];
};

#endif
