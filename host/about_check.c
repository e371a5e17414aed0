/* SPDX-License-Identifier: Apache-2.0 */
#include "host/about_check.h"

#include <string.h>
#include "otter/boot_ids.h"

bool about_check_is_too_large(const struct otter_about *about, const struct image_file *file)
{
    return file->file.len > about->slot_size;
}

/* True, too, if not all of its keys are told. */
static bool knows_key(const struct otter_about *about, uint32_t id)
{
    uint8_t told = otter_about_keys_told(about);

    for (unsigned i = 0; i < told; i++) {
        if (about->key_ids[i] == id) {
            return true;
        }
    }
    return told < about->key_count;
}

/* As core/src/verify.c judges, or verify_unsigned.c. */
static enum otter_reason check_by_boot(const struct otter_about *about,
                                       const struct image_file *file)
{
    const struct otter_image *image = &file->image;
    bool verifies = about->has_boot && (about->boot_does & OTTER_BOOT_VERIFIES) != 0;

    if (!file->has_trailer) {
        return verifies ? OTTER_REASON_NO_IMAGE : OTTER_REASON_NONE;
    }
    if (memcmp(image->hardware, about->hardware, sizeof image->hardware) != 0) {
        return OTTER_REASON_HARDWARE;
    }
    if (!verifies) {
        return OTTER_REASON_NONE;
    }
    if (image->key_id == 0) {
        return OTTER_REASON_UNSIGNED;
    }
    if (!knows_key(about, image->key_id)) {
        return OTTER_REASON_UNKNOWN_KEY;
    }
    return about->has_journal && image->number < about->floor ? OTTER_REASON_OLDER
                                                              : OTTER_REASON_NONE;
}

enum otter_reason about_check(const struct otter_about *about, const struct image_file *file)
{
    enum otter_reason reason = check_by_boot(about, file);

    if (reason == OTTER_REASON_NONE && about->judged &&
        about->verdict != OTTER_REASON_ON_TRIAL) {
        reason = (enum otter_reason)about->verdict;
    }
    return reason;
}
