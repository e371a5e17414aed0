/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "host/file.h"

enum { PEM_MAX = 262144 };

/* libmicrohttpd wants PEM as a text. */
static int read_pem(const char *path, char **out_text, struct host_error *out_error)
{
    struct file file;

    if (file_read(path, PEM_MAX, &file, out_error) != 0) {
        return -1;
    }
    *out_text = calloc(1, file.len + 1);
    if (*out_text != NULL) {
        memcpy(*out_text, file.data, file.len);
    }
    explicit_bzero(file.data, file.len); /* it may be a key */
    file_free(&file);
    return *out_text != NULL ? 0 : host_error_errno(out_error, path, ENOMEM);
}

/* A key with a passphrase: nobody is there to type it. */
static int no_passphrase(char *out, int size, int writes, void *ctx)
{
    (void)out;
    (void)size;
    (void)writes;
    (void)ctx;
    return -1;
}

static X509 *parse_cert(const char *text)
{
    BIO *in = BIO_new_mem_buf(text, -1);
    X509 *cert = in != NULL ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;

    BIO_free(in);
    return cert;
}

static EVP_PKEY *parse_key(const char *text)
{
    BIO *in = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

    BIO_free(in);
    return key;
}

int http_read_tls(const char *cert_path, const char *key_path, char **out_cert, char **out_key,
                  struct host_error *out_error)
{
    if (read_pem(cert_path, out_cert, out_error) != 0 ||
        read_pem(key_path, out_key, out_error) != 0) {
        return -1;
    }
    X509 *cert = parse_cert(*out_cert);
    EVP_PKEY *key = parse_key(*out_key);
    int err = 0;
    if (cert == NULL) {
        err = host_error_set(out_error, cert_path, "no certificate in PEM begins it");
    } else if (key == NULL) {
        err = host_error_set(out_error, key_path,
                             "no private key in PEM is in it, or it has a passphrase");
    } else if (X509_check_private_key(cert, key) != 1) {
        err = host_error_set(out_error, key_path, "is not the key of the certificate in %s",
                             cert_path);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return err;
}
