/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

int token_make(char out_secret[TOKEN_SECRET_SIZE])
{
    static const char letters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789";
    size_t len = 0;

    while (len < TOKEN_SECRET_SIZE - 1) {
        unsigned char byte;

        if (RAND_bytes(&byte, 1) != 1) {
            return -1;
        }
        if (byte < sizeof letters - 1) { /* so that each letter is as likely */
            out_secret[len++] = letters[byte];
        }
    }
    out_secret[len] = '\0';
    return 0;
}

/* Fetched once: with EVP_sha256() the library looks for it at each digest, under a lock. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

void token_hash(const char *secret, size_t len, uint8_t out_hash[32])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, fetch_sha256);
    if (sha256 == NULL || EVP_Digest(secret, len, out_hash, NULL, sha256, NULL) != 1) {
        memset(out_hash, 0, 32); /* the hash of nothing that is known */
    }
}

void token_hash_to_hex(const uint8_t hash[32], char out_hex[65])
{
    if (OPENSSL_buf2hexstr_ex(out_hex, 65, NULL, hash, 32, '\0') != 1) {
        out_hex[0] = '\0';
    }
}

/* By hand: OpenSSL's needs 2,000 instructions, and every token's is read at the start. From a
 * table: no processor can guess whether the next digit of a hash is a letter. */
int token_hash_from_hex(const char *hex, uint8_t out_hash[32])
{
    static const uint8_t values[256] = {
        /* of a digit, and 1 more: 0 = it is none */
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

    for (size_t i = 0; i < 32; i++) {
        uint8_t high = values[(uint8_t)hex[2 * i]];
        uint8_t low = high != 0 ? values[(uint8_t)hex[2 * i + 1]] : 0;

        if (low == 0) {
            return -1;
        }
        out_hash[i] = (uint8_t)((high - 1) * 16 + low - 1);
    }
    return hex[64] == '\0' ? 0 : -1;
}

const char *token_of_header(const char *header, const char *scheme)
{
    size_t len = strlen(scheme);

    if (header == NULL || strncasecmp(header, scheme, len) != 0 || header[len] != ' ') {
        return NULL;
    }
    header += len + strspn(header + len, " ");
    len = strlen(header);
    if (len == 0 || len > TOKEN_LEN_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        if (header[i] <= ' ' || header[i] > '~') {
            return NULL;
        }
    }
    return header;
}
