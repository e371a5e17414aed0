/* SPDX-License-Identifier: Apache-2.0 */
/* oracle_ed25519_vectors SIGN_INPUT: all 1,024 vectors that came with the Ed25519 paper, as
 * python3-cryptography-vectors has them: messages of 0 to 1,023 bytes. Each is good, and bad
 * with one byte of its signature, and one of its message, changed. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "host/ed25519_key.h"
#include "support/ed25519_vectors.h"
#include "support/rng.h"
#include "support/unhex.h"

static struct otter_sha512 initial;

static bool is_good(const struct otter_ed25519_key *key, const uint8_t signature[64],
                    const uint8_t message[], size_t len)
{
    uint8_t digest[64];

    ed25519_digest(&initial, signature, key->packed, message, len, digest);
    return otter_ed25519_verify(key, signature, digest) == 0;
}

/* secret and key : key : message : signature and message : (nothing) */
static bool check(char *const fields[], uint64_t *random)
{
    struct otter_ed25519_key key;
    uint8_t packed[32], signature[64];
    size_t len;
    uint8_t *message = vector_bytes(fields[2], &len);

    unhex(fields[1], packed, sizeof packed);
    fields[3][2 * sizeof signature] = 0;
    unhex(fields[3], signature, sizeof signature);
    bool right =
        ed25519_key_unpack(packed, &key) == 0 && is_good(&key, signature, message, len);
    if (len > 0) {
        uint8_t *byte = message + rng_below(random, (uint32_t)len);
        uint8_t old = *byte;
        *byte ^= (uint8_t)(1 + rng_below(random, 255));
        right = right && !is_good(&key, signature, message, len);
        *byte = old;
    }
    signature[rng_below(random, sizeof signature)] ^= (uint8_t)(1 + rng_below(random, 255));
    right = right && !is_good(&key, signature, message, len);
    free(message);
    return right;
}

int main(int argc, char **argv)
{
    struct vector_file vectors;
    uint64_t random = 1;
    unsigned bad = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: oracle_ed25519_vectors SIGN_INPUT\n");
        return 2;
    }
    otter_sha512_init(&initial);
    vector_file_open(&vectors, argv[1]);
    while (vector_file_next(&vectors, ":", 5)) {
        if (!check(vectors.fields, &random)) {
            printf("%s:%u: wrong\n", argv[1], vectors.number);
            bad++;
        }
    }
    printf("%u vectors, %u wrong\n", vectors.number, bad);
    return bad != 0 || vectors.number != 1024;
}
