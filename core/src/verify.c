/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/verify.h"
#include <stddef.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/sha512.h"
#include "chip.h"

enum { CHUNK_SIZE = 64 }; /* hashed at once; divides every page */

/* Copy len bytes of the image at `where`, from offset off. Returns whether flash could be
 * read. */
static bool read_image(const struct otter_verifier *verifier, enum otter_image_at where,
                       uint32_t off, uint8_t out[], uint32_t len)
{
    const struct otter_port *port = verifier->port;

    while (len != 0) {
        uint32_t in_page = off % chip_page_size(port);
        uint32_t part =
            chip_page_size(port) - in_page < len ? chip_page_size(port) - in_page : len;
        uint32_t addr =
            otter_swap_page_addr(verifier->layout, where, off / chip_page_size(port)) + in_page;

        if (chip_read(port, addr, out, part) != 0) {
            return false;
        }
        out += part;
        off += part;
        len -= part;
    }
    return true;
}

/* Read the header of an image of `size` bytes. */
static bool read_header(const struct otter_verifier *verifier, enum otter_image_at where,
                        uint32_t size, uint8_t header[OTTER_IMAGE_HEADER_SIZE])
{
    return size > OTTER_IMAGE_TRAILER_SIZE && size % 4 == 0 &&
           size <= chip_map(verifier->layout)->app.size &&
           read_image(verifier, where, size - OTTER_IMAGE_TRAILER_SIZE, header,
                      OTTER_IMAGE_HEADER_SIZE) &&
           otter_image_check_header(header, size) == 0;
}

static const struct otter_ed25519_key *find_key(const struct otter_verifier *verifier,
                                                uint32_t id)
{
    for (unsigned i = 0; i < *verifier->key_count; i++) {
        if (otter_get_le32(verifier->keys[i].packed) == id) {
            return &verifier->keys[i];
        }
    }
    return NULL;
}

/* Is the image's last field the signature of all bytes before it, by this key? RFC 8032,
 * 5.1.7. */
static bool is_signed_by(const struct otter_verifier *verifier, enum otter_image_at where,
                         uint32_t size, const struct otter_ed25519_key *key)
{
    uint32_t length = size - OTTER_IMAGE_SIGNATURE_SIZE;
    uint8_t signature[OTTER_IMAGE_SIGNATURE_SIZE], digest[64], chunk[CHUNK_SIZE];
    struct otter_sha512 sha512;

    if (!read_image(verifier, where, length, signature, sizeof signature)) {
        return false;
    }
    otter_sha512_init(&sha512);
    otter_sha512_update(&sha512, signature, 32);
    otter_sha512_update(&sha512, key->packed, 32);
    for (uint32_t off = 0; off < length; off += CHUNK_SIZE) {
        uint32_t len = length - off < CHUNK_SIZE ? length - off : CHUNK_SIZE;

        chip_feed(verifier->port);
        if (!read_image(verifier, where, off, chunk, len)) {
            return false;
        }
        otter_sha512_update(&sha512, chunk, len);
    }
    otter_sha512_final(&sha512, digest);
    chip_feed(verifier->port);
    return otter_ed25519_verify(key, signature, digest) == 0;
}

bool otter_verify_find_header(const struct otter_verifier *verifier, enum otter_image_at where,
                              uint32_t *size, uint8_t out_header[OTTER_IMAGE_HEADER_SIZE])
{
    if (*size != 0) {
        return read_header(verifier, where, *size, out_header);
    }
    /* An image is a whole number of words, so its trailer begins at a word. */
    for (uint32_t at = OTTER_IMAGE_TRAILER_SIZE; at < chip_map(verifier->layout)->app.size;) {
        at += 4;
        if (read_header(verifier, where, at, out_header)) {
            *size = at;
            return true;
        }
    }
    return false;
}

bool otter_verify_is_startable(const struct otter_verifier *verifier, enum otter_image_at where,
                               uint32_t length)
{
    uint8_t head[OTTER_IMAGE_SIZE_MIN];

    return read_image(verifier, where, 0, head, sizeof head) &&
           otter_image_is_startable(head, length, verifier->layout);
}

enum otter_reason otter_verify_image(const void *ctx, enum otter_image_at where, uint32_t *size,
                                     uint32_t *out_number)
{
    const struct otter_verifier *verifier = ctx;
    const struct otter_ed25519_key *key;
    uint8_t header[OTTER_IMAGE_HEADER_SIZE];
    uint32_t key_id;

    if (!otter_verify_find_header(verifier, where, size, header)) {
        return OTTER_REASON_NO_IMAGE;
    }
    if (memcmp(header + OTTER_IMAGE_HARDWARE, verifier->hardware, OTTER_IMAGE_HARDWARE_SIZE) !=
        0) {
        return OTTER_REASON_HARDWARE;
    }
    if (!otter_verify_is_startable(verifier, where, *size - OTTER_IMAGE_TRAILER_SIZE)) {
        return OTTER_REASON_NOT_STARTABLE;
    }
    key_id = otter_get_le32(header + OTTER_IMAGE_KEY_ID);
    if (key_id == 0) {
        return OTTER_REASON_UNSIGNED;
    }
    key = find_key(verifier, key_id);
    if (key == NULL) {
        return OTTER_REASON_UNKNOWN_KEY;
    }
    if (!is_signed_by(verifier, where, *size, key)) {
        return OTTER_REASON_SIGNATURE;
    }
    *out_number = otter_get_le32(header + OTTER_IMAGE_NUMBER);
    return OTTER_REASON_NONE;
}
