/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_KEY_FILE_H
#define HOST_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include "host/error.h"
#include "otter/ed25519.h"
#include "otter/err.h"

/* Ed25519 keys in files: PEM, private (PKCS#8) or public, as the openssl command writes and
 * reads them; private ones of PKCS#8 version 2 and of OpenSSH, too. All cryptography is
 * libcrypto's; this only knows what a key is to otter.
 */
enum { KEY_SIGNATURE_SIZE = 64 };

struct key_file {
    const char *path;
    EVP_PKEY *pkey;
    bool is_private;
    unsigned mode;                       /* permissions of the file; 0 if it is a pipe */
    struct otter_ed25519_key public_key; /* as a device keeps it */
    uint32_t id; /* its first four bytes, little-endian; never 0, which means "not signed" */
};

/* Load a key that a device can trust: Ed25519, a point of the curve of large order. The pass
 * phrase of an encrypted one is `pass_phrase`, or, if that is NULL, asked for on the terminal;
 * without a terminal that is an error. A pipe will do for a file. Free with key_file_free();
 * `path` must outlive it. */
OTTER_MUST_CHECK int key_file_load(struct key_file *key, const char *path,
                                   const char *pass_phrase, struct host_error *out_error);
void key_file_free(struct key_file *key);

/* Make a new private key and write it to `path`, which must not exist yet and which only its
 * owner may read. Free with key_file_free(). */
OTTER_MUST_CHECK int key_file_new(struct key_file *key, const char *path,
                                  struct host_error *out_error);

/* Write the public half to `path`. */
OTTER_MUST_CHECK int key_file_save_public(const struct key_file *key, const char *path,
                                          struct host_error *out_error);

/* Sign `len` bytes with a private key. */
OTTER_MUST_CHECK int key_file_sign(const struct key_file *key, const uint8_t data[], size_t len,
                                   uint8_t out_signature[KEY_SIGNATURE_SIZE],
                                   struct host_error *out_error);

/* Is this the key's signature of these bytes? */
bool key_file_verify(const struct key_file *key, const uint8_t data[], size_t len,
                     const uint8_t signature[KEY_SIGNATURE_SIZE]);

#endif
