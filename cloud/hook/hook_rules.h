/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HOOK_RULES_H
#define CLOUD_HOOK_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* When a message is sent again, when no more, and how it is signed. Pure. */
enum {
    HOOK_WAIT_MAX_MS = 3600 * 1000,
    HOOK_KEEP_MS = 3 * 24 * 3600 * 1000,
    HOOK_TRIES_MIN = 10,
    HOOK_SIGNATURE_SIZE = 7 + 64 + 1,
};

/* How long to wait after so many failures (1 = the first): `first_ms`, doubled by each further
 * one, at most an hour; of that a random part between the half and the whole, so that servers
 * that failed together do not come back together. */
int64_t hook_wait_ms(int64_t failures, int64_t first_ms, uint32_t random);

/* A message is given up when it is older than three days, and was tried ten times, or the
 * receiver has failed ten times in a row. Age alone is not enough: the clock may jump. */
bool hook_gives_up(int64_t age_ms, int64_t tries, int64_t failures_in_a_row);

/* "sha256=" and HMAC-SHA256 of the body under `secret`, in hex. Returns 0 or -1. */
int hook_sign(const char *secret, const char *body, char out_text[HOOK_SIGNATURE_SIZE]);

#endif
