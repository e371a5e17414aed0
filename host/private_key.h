/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PRIVATE_KEY_H
#define HOST_PRIVATE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Do these bytes hold a private key of any kind, encrypted or not: PEM, OpenSSH and PGP by the
 * line that begins one, DER (PKCS#1, PKCS#8, PKCS#12, SEC 1) by its first fields? It is asked
 * before a file is written over, and rather says yes once too often. */
bool private_key_is_in(const uint8_t data[], size_t len);

#endif
