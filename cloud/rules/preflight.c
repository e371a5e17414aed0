/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rules/preflight.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SERIES_LEN = 4 };

bool preflight_is_key(int64_t key_id, const char *key)
{
    char digits[9];

    (void)snprintf(digits, sizeof digits, "%02x%02x%02x%02x", (unsigned)(key_id & 0xFF),
                   (unsigned)(key_id >> 8 & 0xFF), (unsigned)(key_id >> 16 & 0xFF),
                   (unsigned)(key_id >> 24 & 0xFF));
    return strncasecmp(digits, key, sizeof digits - 1) == 0;
}

static enum preflight_verdict check_signature(const struct record_firmware *firmware,
                                              const struct record_product *product)
{
    bool has_key = product->key1[0] != '\0' || product->key2[0] != '\0';

    if (firmware->kind == FIRMWARE_OPAQUE) {
        return PREFLIGHT_TAKES_IT;
    }
    switch (firmware->kind == FIRMWARE_OTTER ? firmware->signature : SIGNATURE_NONE) {
    case SIGNATURE_GOOD: /* with a key that the product may have no more */
        if (!preflight_is_key(firmware->key_id, product->key1) &&
            !preflight_is_key(firmware->key_id, product->key2)) {
            return PREFLIGHT_UNKNOWN_KEY;
        }
        return PREFLIGHT_TAKES_IT;
    case SIGNATURE_BAD:
        return PREFLIGHT_BAD_SIGNATURE;
    case SIGNATURE_UNKNOWN_KEY: /* without any key to compare with, nothing can be said */
        return has_key || !product->unsigned_ok ? PREFLIGHT_UNKNOWN_KEY : PREFLIGHT_TAKES_IT;
    default:
        return product->unsigned_ok ? PREFLIGHT_TAKES_IT : PREFLIGHT_UNSIGNED;
    }
}

enum preflight_verdict preflight_firmware(const struct record_firmware *firmware,
                                          const struct record_product *product)
{
    if (firmware->archived_at != 0) {
        return PREFLIGHT_ARCHIVED;
    }
    enum preflight_verdict verdict = check_signature(firmware, product);
    if (verdict != PREFLIGHT_TAKES_IT) {
        return verdict;
    }
    if (firmware->kind != FIRMWARE_OPAQUE && product->slot_size > 0 &&
        firmware->size > product->slot_size) {
        return PREFLIGHT_TOO_LARGE;
    }
    return PREFLIGHT_TAKES_IT;
}

/* Is it made for this device? What the device must have said for that depends on the file: an
 * opaque one may be for any hardware and any version. */
static enum preflight_verdict check_kind(const struct preflight_subject *device,
                                         const struct record_firmware *firmware)
{
    bool is_opaque = firmware->kind == FIRMWARE_OPAQUE;

    if (device->product == 0) {
        return PREFLIGHT_NEVER_REPORTED;
    }
    if (device->product != firmware->product) {
        return PREFLIGHT_OTHER_PRODUCT;
    }
    if (device->hardware[0] == '\0' && (!is_opaque || firmware->hardware[0] != '\0')) {
        return PREFLIGHT_NEVER_REPORTED;
    }
    if (firmware->hardware[0] != '\0' && strcmp(device->hardware, firmware->hardware) != 0) {
        return PREFLIGHT_OTHER_HARDWARE;
    }
    if (device->version[0] == '\0' && !is_opaque) {
        return PREFLIGHT_NEVER_REPORTED;
    }
    return PREFLIGHT_TAKES_IT;
}

/* Versions of otter and plain files compare as bytes, as modules do it. */
static enum preflight_verdict check_version(const char *version,
                                            const struct record_firmware *firmware)
{
    if (version[0] != '\0' && strcmp(version, firmware->version) == 0) {
        return PREFLIGHT_RUNS_IT;
    }
    if (firmware->kind == FIRMWARE_OPAQUE) {
        return PREFLIGHT_TAKES_IT;
    }
    if (strcmp(version, firmware->version) > 0) {
        return PREFLIGHT_NOT_NEWER;
    }
    return strcmp(version, firmware->from_min) < 0 ? PREFLIGHT_TOO_OLD : PREFLIGHT_TAKES_IT;
}

static enum preflight_verdict check_now(const struct preflight_subject *device)
{
    if (device->is_on_hold) {
        return PREFLIGHT_ON_HOLD;
    }
    if (device->has_open_action) {
        return PREFLIGHT_BUSY;
    }
    return device->tries_max > 0 && device->tries >= device->tries_max ? PREFLIGHT_TRIED
                                                                       : PREFLIGHT_TAKES_IT;
}

enum preflight_verdict preflight(const struct preflight_subject *device,
                                 const struct record_firmware *firmware,
                                 const struct record_product *product)
{
    enum preflight_verdict verdict = preflight_firmware(firmware, product);

    if (verdict == PREFLIGHT_TAKES_IT) {
        verdict = check_kind(device, firmware);
    }
    if (verdict == PREFLIGHT_TAKES_IT) {
        verdict = check_version(device->version, firmware);
    }
    if (verdict == PREFLIGHT_TAKES_IT) {
        verdict = check_now(device);
    }
    if (verdict == PREFLIGHT_TAKES_IT && firmware->kind != FIRMWARE_OPAQUE &&
        strncmp(device->version, firmware->version, SERIES_LEN) != 0) {
        verdict = PREFLIGHT_TAKES_OTHER_SERIES;
    }
    return verdict;
}

bool preflight_is_good(enum preflight_verdict verdict)
{
    return verdict == PREFLIGHT_TAKES_IT || verdict == PREFLIGHT_TAKES_OTHER_SERIES;
}

static const struct {
    const char *name, *text;
} words[PREFLIGHT_VERDICTS] = {
    [PREFLIGHT_TAKES_IT] = {"takes_it", "takes it"},
    [PREFLIGHT_TAKES_OTHER_SERIES] =
        {"takes_other_series", "takes it, although the version's first four characters differ"},
    [PREFLIGHT_RUNS_IT] = {"runs_it", "runs this version already"},
    [PREFLIGHT_NEVER_REPORTED] = {"never_reported",
                                  "its product, hardware or version is not known yet"},
    [PREFLIGHT_OTHER_PRODUCT] = {"other_product", "is another product"},
    [PREFLIGHT_OTHER_HARDWARE] = {"other_hardware", "has other hardware"},
    [PREFLIGHT_NOT_NEWER] = {"not_newer", "runs a higher version, and takes no lower one"},
    [PREFLIGHT_TOO_OLD] = {"too_old", "runs a version that is too old to take this one"},
    [PREFLIGHT_UNSIGNED] =
        {"unsigned", "the firmware is not signed, and the product takes signed ones only"},
    [PREFLIGHT_UNKNOWN_KEY] =
        {"unknown_key", "the firmware is signed with a key that the product does not have"},
    [PREFLIGHT_BAD_SIGNATURE] = {"bad_signature", "the firmware's signature is wrong"},
    [PREFLIGHT_TOO_LARGE] = {"too_large", "the firmware does not fit the product's slot"},
    [PREFLIGHT_ARCHIVED] = {"archived", "the firmware is archived"},
    [PREFLIGHT_ON_HOLD] = {"on_hold", "is on hold"},
    [PREFLIGHT_BUSY] = {"busy", "has another update that is still open"},
    [PREFLIGHT_TRIED] = {"tried", "was tried as often as allowed, without success"},
};

const char *preflight_name(enum preflight_verdict verdict)
{
    return (unsigned)verdict < PREFLIGHT_VERDICTS ? words[verdict].name : "unknown";
}

const char *preflight_text(enum preflight_verdict verdict)
{
    return (unsigned)verdict < PREFLIGHT_VERDICTS ? words[verdict].text : "unknown";
}
