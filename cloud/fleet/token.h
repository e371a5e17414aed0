/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_TOKEN_H
#define CLOUD_TOKEN_H

#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

/* Secrets that let somebody in. The server keeps their SHA-256 only: they are random, so
 * nothing slower is needed.
 */
enum { TOKEN_SECRET_SIZE = 33, TOKEN_LEN_MAX = 128 };

/* 32 letters and digits from the system's random numbers. Returns 0 or -1. */
OTTER_MUST_CHECK int token_make(char out_secret[TOKEN_SECRET_SIZE]);

void token_hash(const char *secret, size_t len, uint8_t out_hash[32]);

void token_hash_to_hex(const uint8_t hash[32], char out_hex[65]);
OTTER_MUST_CHECK int token_hash_from_hex(const char *hex, uint8_t out_hash[32]);

/* Read "SCHEME secret" as in a header Authorization. Returns the secret, in `header`, or
 * NULL if it has another scheme, is longer than TOKEN_LEN_MAX or holds other than printable
 * ASCII. */
const char *token_of_header(const char *header, const char *scheme);

#endif
