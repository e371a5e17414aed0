/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/firmware_digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <unistd.h>

enum { DIGESTS = 3, PIECE = 65536 };

static void put_hex(const uint8_t digest[], size_t len, char *out_hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out_hex[2 * i] = digits[digest[i] >> 4];
        out_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    out_hex[2 * len] = '\0';
}

/* Feed the file to all digests. Returns its size, or -1 with errno (0: libcrypto). */
static int64_t feed(int fd, EVP_MD_CTX *const contexts[DIGESTS])
{
    uint8_t data[PIECE];
    int64_t size = 0;

    for (;;) {
        ssize_t len = pread(fd, data, sizeof data, size);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len <= 0) {
            return len == 0 ? size : -1;
        }
        for (int i = 0; i < DIGESTS; i++) {
            if (EVP_DigestUpdate(contexts[i], data, (size_t)len) != 1) {
                errno = 0;
                return -1;
            }
        }
        size += len;
    }
}

int firmware_digest(int fd, struct record_firmware *out_firmware, struct host_error *out_error)
{
    char *const texts[DIGESTS] = {out_firmware->sha256, out_firmware->sha1, out_firmware->md5};
    const EVP_MD *const kinds[DIGESTS] = {EVP_sha256(), EVP_sha1(), EVP_md5()};
    EVP_MD_CTX *contexts[DIGESTS] = {NULL};
    bool good = true;

    for (int i = 0; i < DIGESTS; i++) {
        contexts[i] = EVP_MD_CTX_new();
        good =
            good && contexts[i] != NULL && EVP_DigestInit_ex(contexts[i], kinds[i], NULL) == 1;
    }
    errno = 0;
    int64_t size = good ? feed(fd, contexts) : -1;
    int err = errno;
    for (int i = 0; i < DIGESTS; i++) {
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;
        good = good && EVP_DigestFinal_ex(contexts[i], digest, &len) == 1;
        put_hex(digest, good ? len : 0, texts[i]);
        EVP_MD_CTX_free(contexts[i]);
    }
    if (size < 0 || !good) {
        return err != 0 ? host_error_errno(out_error, out_firmware->name, err)
                        : host_error_set(out_error, out_firmware->name, "libcrypto fails");
    }
    out_firmware->size = size;
    return size > 0 ? 0 : host_error_set(out_error, out_firmware->name, "the file is empty");
}
