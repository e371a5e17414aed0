/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_PREFLIGHT_H
#define CLOUD_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include "cloud/store/record.h"

/* Can this device take this firmware? Asked before a deployment is made, shown with counts, and
 * asked again for each device whenever an action would be made. Pure.
 *
 * Of several reasons against it the most fundamental one is said: first what is wrong with the
 * firmware whoever the device is (archived, signature, size), then what device it is made for
 * (product, hardware), then what the device runs, and last what may be over tomorrow (on hold,
 * busy, tried).
 */
enum preflight_verdict {
    PREFLIGHT_TAKES_IT,
    /* takes it; but the first four characters of the versions differ, which the vendor's
     * console does not allow */
    PREFLIGHT_TAKES_OTHER_SERIES,
    PREFLIGHT_RUNS_IT,
    /* its product is not known yet, or its hardware or version, as far as the firmware asks for
     * them */
    PREFLIGHT_NEVER_REPORTED,
    PREFLIGHT_OTHER_PRODUCT,
    PREFLIGHT_OTHER_HARDWARE,
    /* its version is higher; modules take no lower one. Neither this nor the next is asked of
     * opaque files, whose versions have no order. */
    PREFLIGHT_NOT_NEWER,
    PREFLIGHT_TOO_OLD,  /* below the firmware's from_min */
    PREFLIGHT_UNSIGNED, /* or plain, and the product takes signed ones only */
    /* signed with a key that the product does not have; allowed if it has none at all and takes
     * unsigned ones */
    PREFLIGHT_UNKNOWN_KEY,
    PREFLIGHT_BAD_SIGNATURE,
    PREFLIGHT_TOO_LARGE, /* for the product's slot: otter and plain only */
    PREFLIGHT_ARCHIVED,
    PREFLIGHT_ON_HOLD,
    PREFLIGHT_BUSY,  /* it has an open action */
    PREFLIGHT_TRIED, /* as often as allowed, without success */
    PREFLIGHT_VERDICTS,
};

struct preflight_subject {
    const char *hardware, *version; /* as reported; "" = never */
    int64_t product;                /* 0 = not known */
    bool is_on_hold, has_open_action;
    int64_t tries, tries_max; /* of this image; tries_max 0 = any number */
};

enum preflight_verdict preflight(const struct preflight_subject *device,
                                 const struct record_firmware *firmware,
                                 const struct record_product *product);

/* What is wrong with the firmware whatever the device: TAKES_IT, or UNSIGNED, UNKNOWN_KEY,
 * BAD_SIGNATURE, TOO_LARGE or ARCHIVED. */
enum preflight_verdict preflight_firmware(const struct record_firmware *firmware,
                                          const struct record_product *product);

/* Is it the id of this key (hexadecimal digits, or ""): its first four bytes, little-endian
 * (docs/flash-format.md 3)? */
bool preflight_is_key(int64_t key_id, const char *key);

/* May an action be made with this verdict? */
bool preflight_is_good(enum preflight_verdict verdict);

/* One word ("other_hardware"), and a clause for people. */
const char *preflight_name(enum preflight_verdict verdict);
const char *preflight_text(enum preflight_verdict verdict);

#endif
