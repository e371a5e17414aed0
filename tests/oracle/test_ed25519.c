/* SPDX-License-Identifier: Apache-2.0 */
/* oracle_ed25519 [--count N] [--seed S] [--first I]: random signatures, good and mutated, to
 * our verifier, to OpenSSL's and to libsodium's. Each difference must be one that a rule
 * foresees from the bytes alone; a rule that is never needed is a failure, too. A failure
 * prints the line that repeats it. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/ed25519_key.h"
#include "otter/sha512.h"
#include "tests/oracle/ed25519_cases.h"

/* What each says. */
struct verdicts {
    int key;          /* of ed25519_key_unpack() */
    bool ours;        /* with a key that ed25519_key_unpack() gives out */
    bool ours_anyway; /* with ed25519_key_unpack_any() */
    bool openssl, sodium;
};

/* Why they may differ (docs/security.md). */
enum rule {
    RULE_KEY_SMALL,      /* we make no key of small order; OpenSSL takes it */
    RULE_KEY_PACKING,    /* nor one of y from p on, or with the sign of 0; OpenSSL takes it */
    RULE_SODIUM_SMALL,   /* libsodium refuses any key and any R of small order */
    RULE_SODIUM_PACKING, /* libsodium refuses y from p on in a key */
    RULES,
};
static const char *const rule_text[RULES] = {
    [RULE_KEY_SMALL] = "a key of small order: ours refuses to make it, OpenSSL accepts",
    [RULE_KEY_PACKING] =
        "a key packed in another way: ours refuses to make it, OpenSSL accepts",
    [RULE_SODIUM_SMALL] =
        "a key or R of small order: libsodium refuses, OpenSSL and our equation accept",
    [RULE_SODIUM_PACKING] =
        "a key packed in another way: libsodium refuses, OpenSSL and our equation accept",
};
static uint64_t rule_count[RULES];
static uint64_t kind_count[KINDS], kind_good[KINDS];

static struct otter_sha512 initial;

static bool verify_ours(const struct otter_ed25519_key *key, const struct ed25519_case *in)
{
    struct otter_sha512 sha512 = initial;
    uint8_t digest[64];

    otter_sha512_update(&sha512, in->signature, 32);
    otter_sha512_update(&sha512, in->packed, 32);
    otter_sha512_update(&sha512, in->message, (uint32_t)in->message_len);
    otter_sha512_final(&sha512, digest);
    return otter_ed25519_verify(key, in->signature, digest) == 0;
}

static bool verify_openssl(const struct ed25519_case *in)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, in->packed, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (key == NULL || ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1) {
        fprintf(stderr, "oracle_ed25519: OpenSSL fails\n");
        abort();
    }
    int rc = EVP_DigestVerify(ctx, in->signature, sizeof in->signature, in->message,
                              in->message_len);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return rc == 1;
}

static struct verdicts ask(const struct ed25519_case *in)
{
    struct otter_ed25519_key key;
    struct verdicts out = {.key = ed25519_key_unpack(in->packed, &key)};

    if (out.key == 0 || ed25519_key_unpack_any(in->packed, &key) == 0) {
        out.ours_anyway = verify_ours(&key, in);
        out.ours = out.key == 0 && out.ours_anyway;
    }
    out.openssl = verify_openssl(in);
    out.sodium = crypto_sign_verify_detached(in->signature, in->message, in->message_len,
                                             in->packed) == 0;
    return out;
}

/* y of p or more: p is 2^255 - 19. */
static bool is_from_p_on(const uint8_t packed[32])
{
    bool ones = packed[0] >= 0xED && (packed[31] | 0x80) == 0xFF;

    for (size_t i = 1; i < 31; i++) {
        ones = ones && packed[i] == 0xFF;
    }
    return ones;
}

/* Are the differences as foreseen? Counts the rules that were needed. */
static bool is_explained(const struct ed25519_case *in, const struct verdicts *said)
{
    bool small = ed25519_is_small(in->packed), other_packing = is_from_p_on(in->packed);
    bool explained = said->ours_anyway == said->openssl;

    if (said->ours != said->openssl) {
        explained = explained && said->openssl && (small || other_packing);
        rule_count[said->key == OTTER_ERR_RANGE ? RULE_KEY_SMALL : RULE_KEY_PACKING]++;
    }
    if (said->sodium != said->openssl) {
        explained = explained && said->openssl &&
                    (small || other_packing || ed25519_is_small(in->signature));
        rule_count[other_packing ? RULE_SODIUM_PACKING : RULE_SODIUM_SMALL]++;
    }
    return explained;
}

static bool run_case(uint64_t seed, uint64_t index)
{
    struct ed25519_case in;

    ed25519_case_make(&in, seed, index);
    struct verdicts said = ask(&in);
    kind_count[in.kind]++;
    kind_good[in.kind] += said.ours_anyway;
    if (is_explained(&in, &said) && (in.kind != KIND_GOOD || said.ours)) {
        return true;
    }
    printf("ed25519: FAILED (%s): key %d, ours %d (any key: %d), OpenSSL %d, libsodium %d\n"
           "  repeat: oracle_ed25519 --seed %" PRIu64 " --first %" PRIu64 " --count 1\n",
           ed25519_kind_text[in.kind], said.key, said.ours, said.ours_anyway, said.openssl,
           said.sodium, seed, index);
    return false;
}

/* Of many cases, no rule and no kind may be missing. */
static bool summary(uint64_t count)
{
    bool complete = true;

    for (size_t i = 0; i < KINDS; i++) {
        printf("%8" PRIu64 " %s: %" PRIu64 " fulfil the equation\n", kind_count[i],
               ed25519_kind_text[i], kind_good[i]);
        complete = complete && kind_count[i] > 0;
    }
    for (size_t i = 0; i < RULES; i++) {
        printf("%8" PRIu64 " %s\n", rule_count[i], rule_text[i]);
        complete = complete && rule_count[i] > 0;
    }
    if (!complete && count >= 10000) {
        printf("ed25519: FAILED: a kind without cases, or a rule that nothing needs\n");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    uint64_t count = 100000, seed = 1, first = 0, mismatches = 0;

    for (int i = 1; i < argc; i += 2) {
        uint64_t value = i + 1 < argc ? strtoull(argv[i + 1], NULL, 0) : 0;

        if (i + 1 < argc && strcmp(argv[i], "--count") == 0) {
            count = value;
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = value;
        } else if (i + 1 < argc && strcmp(argv[i], "--first") == 0) {
            first = value;
        } else {
            fprintf(stderr, "usage: oracle_ed25519 [--count N] [--seed S] [--first I]\n");
            return 2;
        }
    }
    ed25519_cases_init();
    otter_sha512_init(&initial);
    for (uint64_t i = 0; i < count; i++) {
        mismatches += !run_case(seed, first + i);
    }
    bool complete = summary(count);
    printf("ed25519_cases %" PRIu64 "\ned25519_mismatches %" PRIu64 "\n", count, mismatches);
    return mismatches != 0 || !complete;
}
