/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ED25519_VECTORS_H
#define TEST_ED25519_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/sha512.h"
#include "support/vector_file.h"

/* The signatures of tests/vectors/ed25519. */
struct ed25519_vector {
    uint8_t packed[32], signature[64];
    uint8_t *message; /* to be freed */
    size_t message_len;
    /* of edge.txt */
    const char *name; /* until the next one is read */
    int key_error;    /* what ed25519_key_unpack() returns */
    bool is_good;     /* with the key of ed25519_key_unpack_any() */
};

/* The next of good.txt or edge.txt. Returns whether there was one. */
bool ed25519_vector_next_good(struct vector_file *vectors, struct ed25519_vector *out);
bool ed25519_vector_next_edge(struct vector_file *vectors, struct ed25519_vector *out);

/* The digest that otter_ed25519_verify() takes, from an initialised state. */
void ed25519_digest(const struct otter_sha512 *initial, const uint8_t r[32],
                    const uint8_t packed[32], const uint8_t message[], size_t len,
                    uint8_t out_digest[64]);

#endif
