/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in the two forms that libcrypto does not read, whole, cut short everywhere and
 * with every byte changed. Authority: RFC 8032 7.1 (the key), RFC 5958 2, OpenSSH's
 * PROTOCOL.key; that real files of ssh-keygen are read is shown by e2e_cli_keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "host/key_format.h"
#include "support/guard.h"
#include "support/unhex.h"

#define SEED   "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define V2     "3051020101300506032b657004220420" SEED "812100" PUBLIC
#define STRING0                                                                                \
    "00000004"                                                                                 \
    "6e6f6e65" /* none */
#define TYPE                                                                                   \
    "0000000b"                                                                                 \
    "7373682d65643235353139"
#define OPENSSH                                                                                \
    "6f70656e7373682d6b65792d763100" STRING0 STRING0 "00000000"                                \
    "00000001"                                                                                 \
    "00000033" TYPE "00000020" PUBLIC "00000088"                                               \
    "01020304"                                                                                 \
    "01020304" TYPE "00000020" PUBLIC "00000040" SEED PUBLIC "00000000"                        \
    "0102030405"

typedef EVP_PKEY *read_key(const char *path, const uint8_t data[], size_t len,
                           struct host_error *out_error);

/* Is it read as the key of RFC 8032? A key that is read otherwise fails the test. */
static bool reads(read_key *read, const uint8_t data[], size_t len)
{
    uint8_t want[32], got[32];
    size_t size = sizeof got;
    struct host_error error = {.reason = ""};
    EVP_PKEY *key = read("key", data, len, &error);

    if (key == NULL) {
        assert_true(error.reason[0] != '\0');
        return false;
    }
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, got, &size), 1);
    EVP_PKEY_free(key);
    unhex(PUBLIC, want, sizeof want);
    assert_memory_equal(got, want, sizeof want);
    return true;
}

/* `unread` bytes of it may be changed without being noticed. */
static void hold(read_key *read, const char *hex, unsigned unread)
{
    uint8_t bytes[512] = {0};
    size_t len = strlen(hex) / 2;
    unsigned unnoticed = 0;

    unhex(hex, bytes, len);
    struct guard guard = guard_copy(bytes, len);
    assert_true(reads(read, guard.bytes, len));
    for (size_t cut = 0; cut < len; cut++) {
        struct guard end = guard_end(&guard, bytes, cut);
        assert_false(reads(read, end.bytes, cut));
    }
    for (size_t i = 0; i < len; i++) {
        struct guard end = guard_end(&guard, bytes, len);
        end.bytes[i] ^= 0x40;
        unnoticed += reads(read, end.bytes, len) ? 1u : 0u;
    }
    assert_int_equal(unnoticed, unread);
    guard_free(&guard);
}

static void test_key_format_pkcs8_v2(void **state)
{
    (void)state;
    hold(key_format_read_v2, V2, 0);
}

static void test_key_format_openssh(void **state)
{
    (void)state;
    /* kdf, the public key outside, comment and padding */
    hold(key_format_read_openssh, OPENSSH, 4 + 51 + 4 + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_key_format_pkcs8_v2),
                                       cmocka_unit_test(test_key_format_openssh)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
