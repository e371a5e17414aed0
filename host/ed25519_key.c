/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ed25519_key.h"

#include <openssl/bn.h>
#include <stdbool.h>
#include <string.h>

/* What both functions compute with; all of it lives in ctx. */
struct field {
    BN_CTX *ctx;
    BIGNUM *p, *d, *one;
    BIGNUM *x, *y, *yy, *above, *below;
};

/* out = top / bottom (mod p). */
static bool divide(struct field *f, BIGNUM *out, const BIGNUM *top, BIGNUM *bottom)
{
    return BN_mod_inverse(bottom, bottom, f->p, f->ctx) != NULL &&
           BN_mod_mul(out, top, bottom, f->p, f->ctx);
}

/* p = 2^255 - 19 and d = -121665/121666 (RFC 8032, 5.1). */
static bool start(struct field *f)
{
    BIGNUM **const numbers[] = {&f->p, &f->d,  &f->one,   &f->x,
                                &f->y, &f->yy, &f->above, &f->below};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = BN_CTX_get(f->ctx);
        if (*numbers[i] == NULL) {
            return false;
        }
    }
    return BN_one(f->one) && BN_set_bit(f->p, 255) && BN_sub_word(f->p, 19) &&
           BN_set_word(f->below, 121666) && BN_copy(f->above, f->p) != NULL &&
           BN_sub_word(f->above, 121665) && divide(f, f->d, f->above, f->below);
}

/* out = x^2 = (y^2 - 1) / (d y^2 + 1), by the curve's equation; no y makes the divisor 0.
 * Leaves y^2 in yy. */
static bool square_of_x(struct field *f, BIGNUM *out)
{
    return BN_mod_sqr(f->yy, f->y, f->p, f->ctx) &&
           BN_mod_sub(f->above, f->yy, f->one, f->p, f->ctx) &&
           BN_mod_mul(f->below, f->d, f->yy, f->p, f->ctx) &&
           BN_mod_add(f->below, f->below, f->one, f->p, f->ctx) &&
           divide(f, out, f->above, f->below);
}

/* y and x of the packed point. 0, OTTER_ERR_FORMAT or OTTER_ERR_SPACE. */
static int unpack(struct field *f, const uint8_t packed[32])
{
    uint8_t bytes[32];

    memcpy(bytes, packed, sizeof bytes);
    bytes[31] &= 0x7F; /* the sign of x */
    if (BN_lebin2bn(bytes, sizeof bytes, f->y) == NULL || !BN_nnmod(f->y, f->y, f->p, f->ctx) ||
        !square_of_x(f, f->x)) {
        return OTTER_ERR_SPACE;
    }
    if (BN_kronecker(f->x, f->p, f->ctx) == -1) {
        return OTTER_ERR_FORMAT;
    }
    if (BN_mod_sqrt(f->x, f->x, f->p, f->ctx) == NULL) {
        return OTTER_ERR_SPACE;
    }
    if (!BN_is_zero(f->x) && BN_is_odd(f->x) != packed[31] >> 7) {
        return BN_sub(f->x, f->p, f->x) ? 0 : OTTER_ERR_SPACE;
    }
    return 0;
}

/* Is 8 (x, y) the neutral point? The y of 2P depends on y alone: (y^2 + x^2) / (2 - y^2 + x^2).
 * 0, OTTER_ERR_RANGE for yes, or OTTER_ERR_SPACE. */
static int refuse_small_order(struct field *f)
{
    for (int i = 0; i < 3; i++) {
        if (!square_of_x(f, f->x) || !BN_mod_add(f->above, f->yy, f->x, f->p, f->ctx) ||
            !BN_mod_sub(f->below, f->x, f->yy, f->p, f->ctx) || !BN_add_word(f->below, 2) ||
            !divide(f, f->y, f->above, f->below)) {
            return OTTER_ERR_SPACE;
        }
    }
    return BN_is_one(f->y) ? OTTER_ERR_RANGE : 0;
}

/* Is the unpacked point the one that these bytes must have come from? */
static bool is_canonical(const struct otter_ed25519_key *key, const uint8_t y[32])
{
    static const uint8_t zero[32];
    bool sign = key->packed[31] >> 7 != 0;

    return memcmp(key->packed, y, 31) == 0 && (key->packed[31] & 0x7F) == y[31] &&
           !(sign && memcmp(key->minus_x, zero, sizeof zero) == 0);
}

static int make(struct field *f, const uint8_t packed[32], bool strict,
                struct otter_ed25519_key *out_key)
{
    struct otter_ed25519_key key;
    uint8_t y[32];
    int rc = start(f) ? unpack(f, packed) : OTTER_ERR_SPACE;

    if (rc != 0) {
        return rc;
    }
    memcpy(key.packed, packed, sizeof key.packed);
    if (!BN_mod_sub(f->above, f->p, f->x, f->p, f->ctx) ||
        BN_bn2lebinpad(f->above, key.minus_x, sizeof key.minus_x) < 0 ||
        BN_bn2lebinpad(f->y, y, sizeof y) < 0) {
        return OTTER_ERR_SPACE;
    }
    if (strict) {
        rc = is_canonical(&key, y) ? refuse_small_order(f) : OTTER_ERR_FORMAT;
    }
    if (rc == 0) {
        *out_key = key;
    }
    return rc;
}

static int make_in_context(const uint8_t packed[32], bool strict,
                           struct otter_ed25519_key *out_key)
{
    struct field field = {.ctx = BN_CTX_new()};
    int rc = OTTER_ERR_SPACE;

    if (field.ctx != NULL) {
        BN_CTX_start(field.ctx);
        rc = make(&field, packed, strict, out_key);
        BN_CTX_end(field.ctx);
    }
    BN_CTX_free(field.ctx);
    return rc;
}

int ed25519_key_unpack(const uint8_t packed[32], struct otter_ed25519_key *out_key)
{
    return make_in_context(packed, true, out_key);
}

int ed25519_key_unpack_any(const uint8_t packed[32], struct otter_ed25519_key *out_key)
{
    return make_in_context(packed, false, out_key);
}
