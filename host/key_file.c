/* SPDX-License-Identifier: Apache-2.0 */
#include "host/key_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "host/ed25519_key.h"
#include "host/file.h"
#include "host/key_format.h"
#include "otter/bytes.h"

enum { FILE_MAX = 65536, PASS_MAX = 1024 };

/* What one PEM block holds. */
struct block {
    char *label, *header;
    uint8_t *data;
    long len;
};

static void free_block(struct block *block)
{
    OPENSSL_free(block->label);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->data, block->data != NULL ? (size_t)block->len : 0);
    *block = (struct block){NULL};
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The first block of a file that holds a key, e.g. behind "EC PARAMETERS". */
static bool find_key(const struct file *file, struct block *out_block)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    bool found = false;

    *out_block = (struct block){NULL};
    while (bio != NULL && !found &&
           PEM_read_bio(bio, &out_block->label, &out_block->header, &out_block->data,
                        &out_block->len) == 1) {
        found = strcmp(out_block->label, PEM_STRING_PUBLIC) == 0 ||
                ends_with(out_block->label, "PRIVATE KEY");
        if (!found) {
            free_block(out_block);
        }
    }
    BIO_free(bio);
    return found;
}

/* The pass phrase that was given, or one that is typed. Returns its length, -1 = none. */
static int ask_pass_phrase(const char *path, const char *given, char out_pass[PASS_MAX],
                           struct host_error *out_error)
{
    char prompt[80];

    if (given != NULL) {
        return snprintf(out_pass, PASS_MAX, "%s", given) < PASS_MAX
                   ? (int)strlen(out_pass)
                   : host_error_set(out_error, path, "its pass phrase is too long");
    }
    snprintf(prompt, sizeof prompt, "Pass phrase of %.60s: ", path);
    if (!isatty(STDIN_FILENO) || EVP_read_pw_string(out_pass, PASS_MAX, prompt, 0) != 0) {
        return host_error_set(out_error, path,
                              "encrypted, and no terminal to ask for the pass phrase; give "
                              "--pass-file or OTTER_KEY_PASS");
    }
    return (int)strlen(out_pass);
}

/* PKCS#8, of the version that libcrypto reads or the next one. */
static EVP_PKEY *read_pkcs8(const char *path, const uint8_t data[], long len,
                            struct host_error *out_error)
{
    const unsigned char *at = data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, len);
    return key != NULL ? key : key_format_read_v2(path, data, (size_t)len, out_error);
}

/* Decrypted here and not by PEM_read_bio_PrivateKey(), which would take a key of version 2 for
 * a wrong pass phrase. */
static EVP_PKEY *read_encrypted(const char *path, const struct block *block, const char *given,
                                struct host_error *out_error)
{
    const unsigned char *at = block->data;
    char pass[PASS_MAX];
    X509_SIG *sig = d2i_X509_SIG(NULL, &at, block->len);

    if (sig == NULL) {
        (void)host_error_set(out_error, path, "a damaged encrypted key (PKCS#8)");
        return NULL;
    }
    EVP_PKEY *key = NULL;
    int pass_len = ask_pass_phrase(path, given, pass, out_error);
    if (pass_len >= 0) {
        const X509_ALGOR *algorithm;
        const ASN1_OCTET_STRING *secret;
        unsigned char *clear = NULL;
        int len = 0;
        X509_SIG_get0(sig, &algorithm, &secret);
        if (PKCS12_pbe_crypt(algorithm, pass, pass_len, ASN1_STRING_get0_data(secret),
                             ASN1_STRING_length(secret), &clear, &len, 0) != NULL) {
            key = read_pkcs8(path, clear, len, out_error);
            OPENSSL_clear_free(clear, (size_t)len);
        } else {
            (void)host_error_set(out_error, path,
                                 "cannot be decrypted; is the pass phrase right?");
        }
    }
    OPENSSL_cleanse(pass, sizeof pass);
    X509_SIG_free(sig);
    return key;
}

static EVP_PKEY *read_block(const char *path, const struct block *block, const char *pass,
                            struct host_error *out_error)
{
    const unsigned char *at = block->data;

    if (strcmp(block->label, PEM_STRING_PUBLIC) == 0) {
        EVP_PKEY *key = d2i_PUBKEY(NULL, &at, block->len);
        if (key == NULL) {
            (void)host_error_set(out_error, path, "a damaged public key");
        }
        return key;
    }
    if (strcmp(block->label, PEM_STRING_PKCS8INF) == 0) {
        return read_pkcs8(path, block->data, block->len, out_error);
    }
    if (strcmp(block->label, PEM_STRING_PKCS8) == 0) {
        return read_encrypted(path, block, pass, out_error);
    }
    if (strcmp(block->label, "OPENSSH PRIVATE KEY") == 0) {
        return key_format_read_openssh(path, block->data, (size_t)block->len, out_error);
    }
    (void)host_error_set(out_error, path, "a key of type %s; otter signs with Ed25519",
                         block->label); /* "RSA PRIVATE KEY" */
    return NULL;
}

static int read_key(struct key_file *key, const struct file *file, const char *pass,
                    struct host_error *out_error)
{
    static const char openssh[] = "ssh-ed25519 ";
    struct block block;

    if (find_key(file, &block)) {
        key->is_private = strcmp(block.label, PEM_STRING_PUBLIC) != 0;
        key->pkey = read_block(key->path, &block, pass, out_error);
        free_block(&block);
    } else if (file->len >= sizeof openssh &&
               memcmp(file->data, openssh, sizeof openssh - 1) == 0) {
        (void)host_error_set(out_error, key->path,
                             "a public key of OpenSSH; make a PEM of the private one: "
                             "otter key show PRIVATE --public OUT.pem");
    } else {
        (void)host_error_set(out_error, key->path, "not a key in PEM form");
    }
    ERR_clear_error();
    return key->pkey != NULL ? 0 : -1;
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

int key_file_load(struct key_file *key, const char *path, const char *pass_phrase,
                  struct host_error *out_error)
{
    struct file file;
    struct stat st;

    *key = (struct key_file){.path = path};
    if (file_read_stream(path, FILE_MAX, &file, out_error) != 0) {
        return -1;
    }
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        key->mode = st.st_mode & 0777;
    }
    bool good = read_key(key, &file, pass_phrase, out_error) == 0 &&
                take_public(key, out_error) == 0 && check_id(key, out_error) == 0;
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
