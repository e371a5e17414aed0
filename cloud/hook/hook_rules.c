/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/hook/hook_rules.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

int64_t hook_wait_ms(int64_t failures, int64_t first_ms, uint32_t random)
{
    int64_t wait = first_ms;

    for (int64_t i = 1; i < failures && wait < HOOK_WAIT_MAX_MS; i++) {
        wait *= 2;
    }
    wait = wait < HOOK_WAIT_MAX_MS ? wait : HOOK_WAIT_MAX_MS;
    return wait / 2 + (int64_t)(random % (uint64_t)(wait - wait / 2 + 1));
}

bool hook_gives_up(int64_t age_ms, int64_t tries, int64_t failures_in_a_row)
{
    return age_ms > HOOK_KEEP_MS &&
           (tries >= HOOK_TRIES_MIN || failures_in_a_row >= HOOK_TRIES_MIN);
}

int hook_sign(const char *secret, const char *body, char out_text[HOOK_SIGNATURE_SIZE])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body,
             strlen(body), mac, &len) == NULL ||
        len != 32) {
        return -1;
    }
    (void)snprintf(out_text, HOOK_SIGNATURE_SIZE, "sha256=");
    for (unsigned i = 0; i < len; i++) {
        (void)snprintf(out_text + 7 + 2 * (size_t)i, 3, "%02x", mac[i]);
    }
    return 0;
}
