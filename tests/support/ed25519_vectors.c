/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ed25519_vectors.h"

#include <stdlib.h>
#include <string.h>
#include "support/unhex.h"

static void set(struct ed25519_vector *out, const char *packed, const char *signature,
                const char *message)
{
    unhex(packed, out->packed, sizeof out->packed);
    unhex(signature, out->signature, sizeof out->signature);
    out->message = vector_bytes(message, &out->message_len);
}

bool ed25519_vector_next_good(struct vector_file *vectors, struct ed25519_vector *out)
{
    if (!vector_file_next(vectors, " ", 3)) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->name = "";
    out->is_good = true;
    set(out, vectors->fields[0], vectors->fields[1], vectors->fields[2]);
    return true;
}

bool ed25519_vector_next_edge(struct vector_file *vectors, struct ed25519_vector *out)
{
    if (!vector_file_next(vectors, " ", 6)) {
        return false;
    }
    out->name = vectors->fields[0];
    out->key_error = (int)strtol(vectors->fields[1], NULL, 10);
    out->is_good = strcmp(vectors->fields[2], "good") == 0;
    set(out, vectors->fields[3], vectors->fields[4], vectors->fields[5]);
    return true;
}

void ed25519_digest(const struct otter_sha512 *initial, const uint8_t r[32],
                    const uint8_t packed[32], const uint8_t message[], size_t len,
                    uint8_t out_digest[64])
{
    struct otter_sha512 sha512 = *initial;

    otter_sha512_update(&sha512, r, 32);
    otter_sha512_update(&sha512, packed, 32);
    otter_sha512_update(&sha512, message, (uint32_t)len);
    otter_sha512_final(&sha512, out_digest);
}
