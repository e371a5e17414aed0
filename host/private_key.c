/* SPDX-License-Identifier: Apache-2.0 */
#include "host/private_key.h"

#include <string.h>

/* "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----", ... (RFC 7468) */
static bool has_pem(const uint8_t data[], size_t len)
{
    static const char begin[] = "-----BEGIN ", private[] = "PRIVATE KEY";
    enum { LABEL_MAX = 64 };
    const uint8_t *end = data + len;

    for (const uint8_t *at = data; at < end; at++) {
        at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1);
        if (at == NULL) {
            return false;
        }
        size_t left = (size_t)(end - at);
        size_t label = left < LABEL_MAX ? left : LABEL_MAX;
        const uint8_t *newline = memchr(at, '\n', label);
        if (newline != NULL) {
            label = (size_t)(newline - at);
        }
        if (memmem(at, label, private, sizeof private - 1) != NULL) {
            return true;
        }
    }
    return false;
}

/* Behind tag and length of a SEQUENCE at the start; NULL: there is none. */
static const uint8_t *enter_sequence(const uint8_t data[], size_t len)
{
    if (len < 16 || data[0] != 0x30) {
        return NULL;
    }
    /* one byte of length, or how many follow */
    return data[1] < 0x80 ? data + 2 : data[1] <= 0x84 ? data + 2 + (data[1] & 0x7F) : NULL;
}

/* All private keys begin with their version; encrypted ones with the OID of their cipher. */
static bool is_der(const uint8_t data[], size_t len)
{
    static const uint8_t version[] = {0x02, 0x01};
    static const uint8_t pkcs[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01};
    enum { PKCS5 = 5, PKCS12 = 12 };
    const uint8_t *in = enter_sequence(data, len);

    if (in == NULL) {
        return false;
    }
    if (memcmp(in, version, sizeof version) == 0) {
        return in[2] <= 3;
    }
    in = enter_sequence(in, len - (size_t)(in - data));
    return in != NULL && len - (size_t)(in - data) > sizeof pkcs &&
           memcmp(in, pkcs, sizeof pkcs) == 0 &&
           (in[sizeof pkcs] == PKCS5 || in[sizeof pkcs] == PKCS12);
}

bool private_key_is_in(const uint8_t data[], size_t len)
{
    return has_pem(data, len) || is_der(data, len);
}
