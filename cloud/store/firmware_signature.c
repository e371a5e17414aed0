/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/firmware_signature.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/image_file.h"
#include "host/ed25519_key.h"
#include "otter/bytes.h"
#include "otter/image.h"

enum { KEY_SIZE = 32 };

static int read_at(int fd, uint8_t *data, size_t len, int64_t off)
{
    while (len > 0) {
        ssize_t part = pread(fd, data, len, off);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return -1;
        }
        data += part;
        off += part;
        len -= (size_t)part;
    }
    return 0;
}

/* 64 hex digits. Only a key that a device can trust is one. */
static int read_key(const char text[65], uint8_t out_key[KEY_SIZE])
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    struct otter_ed25519_key unpacked;

    if (strnlen(text, 65) != 64) {
        return -1;
    }
    for (int i = 0; i < 2 * KEY_SIZE; i++) {
        const char *digit = strchr(digits, text[i]);
        if (digit == NULL) {
            return -1;
        }
        unsigned value = (unsigned)(digit - digits) % 16;
        out_key[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : out_key[i / 2] | value);
    }
    return ed25519_key_unpack(out_key, &unpacked) == 0 ? 0 : -1;
}

static bool is_signed_by(const uint8_t key[KEY_SIZE], const uint8_t image[], size_t size)
{
    size_t len = size - OTTER_IMAGE_SIGNATURE_SIZE;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, KEY_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey != NULL && ctx != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, image + len, OTTER_IMAGE_SIGNATURE_SIZE, image, len) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error(); /* a wrong signature is an answer, not an error */
    return good;
}

/* The best that one of the product's keys says. */
static int judge(const struct record_product *product, const uint8_t image[], size_t size,
                 uint32_t key_id, int64_t *out_signature, struct host_error *out_error)
{
    const char *const texts[] = {product->key1, product->key2};

    *out_signature = SIGNATURE_UNKNOWN_KEY;
    for (int i = 0; i < 2; i++) {
        uint8_t key[KEY_SIZE];
        if (texts[i][0] == '\0') {
            continue;
        }
        if (read_key(texts[i], key) != 0) {
            return host_error_set(out_error, product->name, "its key %d is no Ed25519 key",
                                  i + 1);
        }
        if (otter_get_le32(key) != key_id || *out_signature == SIGNATURE_GOOD) {
            continue;
        }
        *out_signature = is_signed_by(key, image, size) ? SIGNATURE_GOOD : SIGNATURE_BAD;
    }
    return 0;
}

static bool is_zero(const uint8_t data[], size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++) {
        any |= data[i];
    }
    return any == 0;
}

static int check_signature(int fd, const struct record_product *product, size_t size,
                           struct record_firmware *out_firmware, struct host_error *out_error)
{
    uint8_t *image = malloc(size);
    int err = -1;

    if (image == NULL || read_at(fd, image, size, 0) != 0) {
        err = host_error_set(out_error, out_firmware->name,
                             image == NULL ? "not enough memory" : "cannot be read whole");
    } else if (out_firmware->key_id != 0) {
        err = judge(product, image, size, (uint32_t)out_firmware->key_id,
                    &out_firmware->signature, out_error);
    } else if (is_zero(image + size - OTTER_IMAGE_SIGNATURE_SIZE, OTTER_IMAGE_SIGNATURE_SIZE)) {
        out_firmware->signature = SIGNATURE_NONE;
        err = 0;
    } else {
        err = host_error_set(out_error, out_firmware->name,
                             "its trailer is damaged: a signature, and no key");
    }
    free(image);
    return err;
}

int firmware_read_trailer(int fd, const struct record_product *product,
                          struct record_firmware *out_firmware, struct host_error *out_error)
{
    uint8_t trailer[OTTER_IMAGE_TRAILER_SIZE];
    int64_t size = out_firmware->size;
    struct otter_image image;

    out_firmware->number = 0;
    out_firmware->key_id = 0;
    out_firmware->signature = SIGNATURE_NONE;
    if (size < OTTER_IMAGE_TRAILER_SIZE) {
        return 0;
    }
    if (read_at(fd, trailer, sizeof trailer, size - OTTER_IMAGE_TRAILER_SIZE) != 0) {
        return host_error_set(out_error, out_firmware->name, "cannot be read whole");
    }
    int err = otter_image_get_trailer(trailer, (uint32_t)size, &image);
    if (err == OTTER_ERR_NONE) {
        return 0;
    }
    if (size > FIRMWARE_IMAGE_MAX) {
        return host_error_set(out_error, out_firmware->name,
                              "ends in otter's trailer, and is too large for an image");
    }
    if (err != 0) {
        return host_error_set(out_error, out_firmware->name,
                              "its trailer is damaged or of another otter");
    }
    out_firmware->kind = FIRMWARE_OTTER;
    image_file_text(image.hardware, out_firmware->hardware);
    image_file_text(image.version, out_firmware->version);
    out_firmware->number = image.number;
    out_firmware->key_id = image.key_id;
    return check_signature(fd, product, (size_t)size, out_firmware, out_error);
}
