/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 and SHA-512: what the equation says to any key, signature and message is what OpenSSL
 * says; keys that the host makes are points that OpenSSL takes, too. First byte odd: the
 * signature in the input is added (exclusive or) to a good one that OpenSSL makes with the
 * input's key as its secret. */
#include <openssl/evp.h>
#include <stdbool.h>
#include "host/ed25519_key.h"
#include "otter/sha512.h"
#include "tests/fuzz/fuzz.h"

static struct otter_sha512 initial;

static void take(struct fuzz_input *input, uint8_t out[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = fuzz_u8(input);
    }
}

/* Make `packed`, a secret so far, its public key, and `signature` what it signs with this
 * change. */
static void sign(uint8_t packed[32], uint8_t signature[64], const uint8_t message[], size_t len)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, packed, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t good[64];
    size_t key_len = 32, good_len = sizeof good;

    FUZZ_CHECK(EVP_PKEY_get_raw_public_key(key, packed, &key_len) == 1);
    FUZZ_CHECK(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
    FUZZ_CHECK(EVP_DigestSign(ctx, good, &good_len, message, len) == 1);
    for (size_t i = 0; i < sizeof good; i++) {
        signature[i] ^= good[i];
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

static bool openssl_accepts(const uint8_t packed[32], const uint8_t signature[64],
                            const uint8_t message[], size_t len)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, packed, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    FUZZ_CHECK(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1);
    int rc = EVP_DigestVerify(ctx, signature, 64, message, len);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return rc == 1;
}

/* In two pieces; compared with OpenSSL's. */
static void digest(const uint8_t packed[32], const uint8_t signature[64],
                   const uint8_t message[], size_t len, size_t split, uint8_t out_digest[64])
{
    struct otter_sha512 sha512 = initial;
    uint8_t want[64];
    EVP_MD_CTX *other = EVP_MD_CTX_new();

    otter_sha512_update(&sha512, signature, 32);
    otter_sha512_update(&sha512, packed, 32);
    otter_sha512_update(&sha512, message, (uint32_t)split);
    otter_sha512_update(&sha512, message + split, (uint32_t)(len - split));
    otter_sha512_final(&sha512, out_digest);
    FUZZ_CHECK(EVP_DigestInit_ex(other, EVP_sha512(), NULL) &&
               EVP_DigestUpdate(other, signature, 32) && EVP_DigestUpdate(other, packed, 32) &&
               EVP_DigestUpdate(other, message, len) && EVP_DigestFinal_ex(other, want, NULL));
    EVP_MD_CTX_free(other);
    FUZZ_CHECK(memcmp(out_digest, want, sizeof want) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct otter_ed25519_key key;
    uint8_t packed[32], signature[64], wide[64];
    size_t len = SIZE_MAX;

    if (initial.constants[0] == 0) {
        otter_sha512_init(&initial);
    }
    bool is_signed = fuzz_u8(&input) % 2 == 1;
    size_t split = fuzz_u8(&input);
    take(&input, packed, sizeof packed);
    take(&input, signature, sizeof signature);
    const uint8_t *message = fuzz_take(&input, &len);
    if (is_signed) {
        sign(packed, signature, message, len);
    }
    digest(packed, signature, message, len, split < len ? split : len, wide);
    bool accepted = openssl_accepts(packed, signature, message, len);
    int rc = ed25519_key_unpack_any(packed, &key);
    FUZZ_CHECK(rc == 0 || (rc == OTTER_ERR_FORMAT && !accepted));
    if (rc == 0) {
        FUZZ_CHECK((otter_ed25519_verify(&key, signature, wide) == 0) == accepted);
        rc = ed25519_key_unpack(packed, &key);
        FUZZ_CHECK(rc == 0 || rc == OTTER_ERR_FORMAT || rc == OTTER_ERR_RANGE);
    }
    return 0;
}
