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

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

/* By hand: OpenSSL's needs 2,000 instructions, and every token's is read at the start. */
int token_hash_from_hex(const char *hex, uint8_t out_hash[32])
{
    for (size_t i = 0; i < 32; i++) {
        int high = hex_value(hex[2 * i]);
        int low = high >= 0 ? hex_value(hex[2 * i + 1]) : -1;

        if (low < 0) {
            return -1;
        }
        out_hash[i] = (uint8_t)(high * 16 + low);
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
