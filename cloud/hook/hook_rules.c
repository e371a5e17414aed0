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

/* ---- whom a failure concerns ---- */
enum hook_outcome hook_outcome_of(long status)
{
    enum { TIMED_OUT = 408, TOO_EARLY = 425, TOO_MANY = 429 };

    if (status / 100 == 2) {
        return HOOK_TAKEN;
    }
    return status / 100 == 4 && status != TIMED_OUT && status != TOO_EARLY && status != TOO_MANY
               ? HOOK_REFUSED
               : HOOK_AWAY;
}

void hook_pace_begin_anew(struct hook_pace *pace)
{
    *pace = (struct hook_pace){.all = true};
}

int64_t hook_pace_note(struct hook_pace *pace, int64_t message, enum hook_outcome outcome,
                       int64_t first_ms, uint32_t random)
{
    if (outcome != HOOK_AWAY) { /* it is there */
        if (pace->is_several) {
            hook_pace_begin_anew(pace);
        }
        pace->failures = 0;
        return 0;
    }
    pace->is_several = pace->is_several || (pace->failures > 0 && pace->failed != message);
    pace->failures++;
    pace->failed = message;
    pace->all = false;
    int64_t pause_ms = hook_wait_ms(pace->failures, first_ms, random);
    return pause_ms < HOOK_PAUSE_MAX_MS ? pause_ms : HOOK_PAUSE_MAX_MS;
}

/* ---- the end of a message ---- */
enum hook_step hook_next_step(bool is_off, int64_t age_ms, int64_t tries,
                              int64_t failures_in_a_row)
{
    if (is_off) {
        return HOOK_WAIT;
    }
    return age_ms > HOOK_KEEP_MS &&
                   (tries >= HOOK_TRIES_MIN || failures_in_a_row >= HOOK_TRIES_MIN)
               ? HOOK_GIVE_UP
               : HOOK_SEND;
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
