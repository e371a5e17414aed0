/* SPDX-License-Identifier: Apache-2.0 */
#include "host/key_format.h"

#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"

enum { KEY_SIZE = 32 };

/* What is left to read. */
struct input {
    const uint8_t *at;
    size_t left;
};

static bool take(struct input *in, size_t len, struct input *out_part)
{
    if (len > in->left) {
        return false;
    }
    *out_part = (struct input){in->at, len};
    in->at += len;
    in->left -= len;
    return true;
}

static bool is_text(const struct input *part, const char *text)
{
    return part->left == strlen(text) && memcmp(part->at, text, part->left) == 0;
}

/* `public_half` may be NULL. */
static EVP_PKEY *make(const char *path, const uint8_t seed[KEY_SIZE],
                      const uint8_t *public_half, struct host_error *out_error)
{
    uint8_t packed[KEY_SIZE];
    size_t len = sizeof packed;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_SIZE);

    if (key == NULL || EVP_PKEY_get_raw_public_key(key, packed, &len) != 1) {
        (void)host_error_set(out_error, path, "libcrypto does not take this key");
    } else if (public_half != NULL && memcmp(packed, public_half, KEY_SIZE) != 0) {
        (void)host_error_set(out_error, path, "its public half is that of another key");
    } else {
        return key;
    }
    EVP_PKEY_free(key);
    return NULL;
}

/* ---- PKCS#8 ---- */

/* The contents of the next element, which must have this tag. */
static bool take_element(struct input *in, uint8_t tag, struct input *out_part)
{
    struct input head, size;

    if (!take(in, 2, &head) || head.at[0] != tag) {
        return false;
    }
    size_t len = head.at[1];
    if (len >= 0x80) { /* how many bytes of length follow */
        if (len > 0x82 || !take(in, len & 0x7F, &size)) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < size.left; i++) {
            len = len << 8 | size.at[i];
        }
    }
    return take(in, len, out_part);
}

/* The optional members of OneAsymmetricKey. Without a public key out_public->at is NULL. */
static bool take_rest(struct input *in, struct input *out_public)
{
    enum { ATTRIBUTES = 0xA0, PUBLIC_KEY = 0x81 };
    struct input attributes;

    *out_public = (struct input){NULL, 0};
    if (in->left > 0 && in->at[0] == ATTRIBUTES && !take_element(in, ATTRIBUTES, &attributes)) {
        return false;
    }
    if (in->left == 0) {
        return true;
    }
    /* a BIT STRING, of whole bytes */
    if (!take_element(in, PUBLIC_KEY, out_public) || out_public->left != 1 + KEY_SIZE ||
        out_public->at[0] != 0) {
        return false;
    }
    out_public->at++;
    return in->left == 0;
}

EVP_PKEY *key_format_read_v2(const char *path, const uint8_t der[], size_t len,
                             struct host_error *out_error)
{
    enum { INTEGER = 0x02, OCTET_STRING = 0x04, OID = 0x06, SEQUENCE = 0x30 };
    struct input file = {der, len}, all, version, algorithm, oid, wrapped, seed, public;

    bool good = take_element(&file, SEQUENCE, &all) && take_element(&all, INTEGER, &version) &&
                is_text(&version, "\001") && take_element(&all, SEQUENCE, &algorithm) &&
                take_element(&algorithm, OID, &oid) && is_text(&oid, "\x2B\x65\x70") &&
                take_element(&all, OCTET_STRING, &wrapped) &&
                take_element(&wrapped, OCTET_STRING, &seed) && seed.left == KEY_SIZE &&
                take_rest(&all, &public);
    if (!good) {
        (void)host_error_set(out_error, path, "a private key (PKCS#8), but none of Ed25519");
        return NULL;
    }
    return make(path, seed.at, public.at, out_error);
}

/* ---- OpenSSH ---- */

static bool take_number(struct input *in, uint32_t *out_number)
{
    struct input part;

    if (!take(in, 4, &part)) {
        return false;
    }
    *out_number = otter_get_be32(part.at);
    return true;
}

static bool take_string(struct input *in, struct input *out_part)
{
    uint32_t len;
    return take_number(in, &len) && take(in, len, out_part);
}

static EVP_PKEY *damaged(const char *path, struct host_error *out_error)
{
    (void)host_error_set(out_error, path, "a damaged OpenSSH key");
    return NULL;
}

/* The part that would be encrypted. */
static EVP_PKEY *read_openssh_private(const char *path, struct input *in,
                                      struct host_error *out_error)
{
    uint32_t check, again;
    struct input type, public, private;

    if (!take_number(in, &check) || !take_number(in, &again) || check != again ||
        !take_string(in, &type)) {
        return damaged(path, out_error);
    }
    if (!is_text(&type, "ssh-ed25519")) {
        (void)host_error_set(out_error, path,
                             "an OpenSSH key of type %.*s; otter signs with Ed25519",
                             type.left < 32 ? (int)type.left : 32, (const char *)type.at);
        return NULL;
    }
    if (!take_string(in, &public) || public.left != KEY_SIZE || !take_string(in, &private) ||
        private.left != (size_t)2 * KEY_SIZE ||
        memcmp(public.at, private.at + KEY_SIZE, KEY_SIZE) != 0) {
        return damaged(path, out_error);
    }
    return make(path, private.at, public.at, out_error);
}

EVP_PKEY *key_format_read_openssh(const char *path, const uint8_t data[], size_t len,
                                  struct host_error *out_error)
{
    static const char magic[] = "openssh-key-v1"; /* with its NUL */
    struct input in = {data, len}, head, cipher, kdf, options, public, private;
    uint32_t count;

    if (!take(&in, sizeof magic, &head) || memcmp(head.at, magic, sizeof magic) != 0 ||
        !take_string(&in, &cipher) || !take_string(&in, &kdf) || !take_string(&in, &options) ||
        !take_number(&in, &count) || count != 1 || !take_string(&in, &public) ||
        !take_string(&in, &private)) {
        return damaged(path, out_error);
    }
    if (!is_text(&cipher, "none")) {
        (void)host_error_set(out_error, path,
                             "an encrypted OpenSSH key; give a copy that is not: "
                             "cp '%s' plain && ssh-keygen -p -N '' -f plain",
                             path);
        return NULL;
    }
    return read_openssh_private(path, &private, out_error);
}
