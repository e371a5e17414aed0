/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ED25519_CASES_H
#define ED25519_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random signatures: good ones, and what an attacker would make of them. Signed with
 * libsodium's scalars, so that R and S can be anything. Same seed and index, same case. */
enum ed25519_kind {
    KIND_GOOD,
    KIND_R_FLIP, /* one byte of it changed, as of the next three */
    KIND_S_FLIP,
    KIND_KEY_FLIP,
    KIND_TEXT_FLIP,
    KIND_S_PLUS_L,  /* L added one to fifteen times */
    KIND_R_SMALL,   /* an R of small order, the S that fits: only the key's owner can */
    KIND_R_MIXED,   /* a point of small order added to R, the S that fits */
    KIND_R_PACKING, /* y of R from p on, or the sign of an R whose x is 0 */
    KIND_A_SMALL,   /* a key of small order, R of small order, S 0 or L */
    KIND_A_MIXED,   /* a point of small order added to the key */
    KIND_A_PACKING, /* y of the key from p on */
    KIND_NEGATED,   /* -R, -S or both */
    KIND_OTHER_KEY,
    KIND_GARBAGE,
    KINDS,
};
extern const char *const ed25519_kind_text[KINDS];

struct ed25519_case {
    enum ed25519_kind kind;
    uint8_t packed[32];
    uint8_t signature[64];
    uint8_t message[128];
    size_t message_len;
};

/* Once, before all others. Ends the program if libsodium does not start. */
void ed25519_cases_init(void);

void ed25519_case_make(struct ed25519_case *out, uint64_t seed, uint64_t index);

/* Is it one of the points whose order divides 8, in any way of packing? Compared with a
 * list. */
bool ed25519_is_small(const uint8_t packed[32]);

#endif
