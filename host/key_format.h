/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_KEY_FORMAT_H
#define HOST_KEY_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include "host/error.h"

/* Private Ed25519 keys in the two forms that OpenSSL 3.0 does not read. Each returns the key,
 * to be freed by the caller, or NULL with the error of the file `path`. A public half that is
 * not that of the private one is an error: signatures made with the two would give the key
 * away. */

/* PKCS#8 of version 2, which holds the public key, too: OneAsymmetricKey.
 * Source: RFC 5958, 2; RFC 8410, 7. */
EVP_PKEY *key_format_read_v2(const char *path, const uint8_t der[], size_t len,
                             struct host_error *out_error);

/* What ssh-keygen writes, without its armour. An encrypted one is refused with the command that
 * takes the pass phrase away.
 * Source: OpenSSH, PROTOCOL.key. */
EVP_PKEY *key_format_read_openssh(const char *path, const uint8_t data[], size_t len,
                                  struct host_error *out_error);

#endif
