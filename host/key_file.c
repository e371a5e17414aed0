/* SPDX-License-Identifier: Apache-2.0 */
#include "host/key_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "host/ed25519_key.h"
#include "host/file.h"
#include "otter/bytes.h"

enum { FILE_MAX = 65536 };

struct question {
    const char *path;
    bool asked, no_terminal;
};

static int ask_pass_phrase(char *buf, int size, int writing, void *ctx)
{
    struct question *question = ctx;
    char prompt[80];

    (void)writing;
    question->asked = true;
    if (!isatty(STDIN_FILENO)) {
        question->no_terminal = true;
        return -1;
    }
    snprintf(prompt, sizeof prompt, "Pass phrase of %.60s: ", question->path);
    return EVP_read_pw_string(buf, size, prompt, 0) == 0 ? (int)strlen(buf) : -1;
}

static int read_pem(struct key_file *key, const struct file *file, struct host_error *out_error)
{
    static const char public_label[] = "-----BEGIN PUBLIC KEY-----";
    struct question question = {.path = key->path};
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);

    if (bio == NULL) {
        return host_error_set(out_error, key->path, "not enough memory");
    }
    key->is_private =
        memmem(file->data, file->len, public_label, sizeof public_label - 1) == NULL;
    key->pkey = key->is_private ? PEM_read_bio_PrivateKey(bio, NULL, ask_pass_phrase, &question)
                                : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (key->pkey != NULL) {
        return 0;
    }
    return host_error_set(out_error, key->path, "%s",
                          question.no_terminal
                              ? "encrypted, and no terminal to ask for the pass phrase"
                          : question.asked ? "cannot be decrypted; is the pass phrase right?"
                                           : "not a key in PEM form");
}

/* Fill in what is known from key->pkey. */
static int take_public(struct key_file *key, struct host_error *out_error)
{
    uint8_t packed[sizeof key->public_key.packed];
    size_t len = sizeof packed;

    if (!EVP_PKEY_is_a(key->pkey, "ED25519")) {
        const char *kind = EVP_PKEY_get0_type_name(key->pkey);
        return host_error_set(out_error, key->path,
                              "a key of type %s; otter signs with Ed25519",
                              kind != NULL ? kind : "?");
    }
    if (EVP_PKEY_get_raw_public_key(key->pkey, packed, &len) != 1 ||
        ed25519_key_unpack(packed, &key->public_key) != 0) {
        return host_error_set(out_error, key->path,
                              "its public key is not one to trust: no point of large order");
    }
    key->id = otter_get_le32(packed);
    return 0;
}

static int check_id(const struct key_file *key, struct host_error *out_error)
{
    if (key->id != 0) {
        return 0;
    }
    return host_error_set(out_error, key->path,
                          "its key id is 0, which means not signed; make another key");
}

int key_file_load(struct key_file *key, const char *path, struct host_error *out_error)
{
    struct file file;

    *key = (struct key_file){.path = path};
    if (file_read(path, FILE_MAX, &file, out_error) != 0) {
        return -1;
    }
    bool good = read_pem(key, &file, out_error) == 0 && take_public(key, out_error) == 0 &&
                check_id(key, out_error) == 0;
    OPENSSL_cleanse(file.data, file.len);
    file_free(&file);
    if (!good) {
        key_file_free(key);
    }
    return good ? 0 : -1;
}

void key_file_free(struct key_file *key)
{
    EVP_PKEY_free(key->pkey);
    key->pkey = NULL;
}

/* Write what `bio` holds with `write`; `bio` may be NULL and is freed. */
static int save(const char *path, BIO *bio, int good,
                int (*write)(const char *path, const void *data, size_t len,
                             struct host_error *out_error),
                struct host_error *out_error)
{
    char *text = NULL;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    int err = len <= 0 ? host_error_set(out_error, path, "the key cannot be encoded")
                       : write(path, text, (size_t)len, out_error);

    BIO_free(bio);
    return err;
}

int key_file_new(struct key_file *key, const char *path, struct host_error *out_error)
{
    *key = (struct key_file){.path = path, .is_private = true};
    do { /* an id of 0 is one key in 2^32 */
        EVP_PKEY_free(key->pkey);
        key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        if (key->pkey == NULL) {
            return host_error_set(out_error, path, "libcrypto makes no key");
        }
        if (take_public(key, out_error) != 0) {
            key_file_free(key);
            return -1;
        }
    } while (key->id == 0);

    BIO *bio = BIO_new(BIO_s_secmem());
    int good =
        bio != NULL && PEM_write_bio_PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    if (save(path, bio, good, file_create_private, out_error) != 0) {
        key_file_free(key);
        return -1;
    }
    return 0;
}

int key_file_save_public(const struct key_file *key, const char *path,
                         struct host_error *out_error)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int good = bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1;
    return save(path, bio, good, file_write, out_error);
}

int key_file_sign(const struct key_file *key, const uint8_t data[], size_t len,
                  uint8_t out_signature[KEY_SIGNATURE_SIZE], struct host_error *out_error)
{
    size_t size = KEY_SIGNATURE_SIZE;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!key->is_private) {
        EVP_MD_CTX_free(ctx);
        return host_error_set(out_error, key->path,
                              "a public key; signing needs the private one");
    }
    bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(ctx, out_signature, &size, data, len) == 1 &&
                size == KEY_SIGNATURE_SIZE;
    EVP_MD_CTX_free(ctx);
    return good ? 0 : host_error_set(out_error, key->path, "libcrypto does not sign with it");
}

bool key_file_verify(const struct key_file *key, const uint8_t data[], size_t len,
                     const uint8_t signature[KEY_SIGNATURE_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestVerify(ctx, signature, KEY_SIGNATURE_SIZE, data, len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error(); /* a wrong signature is an answer, not an error */
    return good;
}
