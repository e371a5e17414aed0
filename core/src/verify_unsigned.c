/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>
#include "otter/flag.h"
#include "otter/journal.h"
#include "otter/verify.h"
#include "chip.h"

/* Does APPBAK have the MD5 of the tutorial request? True without a request. */
static bool has_requested_digest(const struct otter_verifier *verifier)
{
    struct otter_flag request;
    uint8_t digest[16];

    if (otter_flag_read(verifier->port, verifier->layout, &request) != 0) {
        return true;
    }
    return otter_image_md5(verifier->port, chip_map(verifier->layout)->backup.addr,
                           request.image_size, NULL, NULL, digest) == 0 &&
           memcmp(digest, request.md5, sizeof digest) == 0;
}

/* Has APP changed in a trial, with an image to go back to? Nobody has signed either, so nothing
 * tells a probe's work from a cell that has faded: the trial's promise counts. */
static bool has_changed_on_trial(const struct otter_verifier *verifier,
                                 enum otter_image_at where, uint32_t size)
{
    struct otter_journal journal;

    if (where != OTTER_IMAGE_AT_APP || size != 0) { /* else it is not as it was recorded */
        return false;
    }
    otter_journal_read(verifier->port, verifier->layout, &journal);
    return journal.kind == OTTER_JOURNAL_INSTALL && !journal.confirmed && journal.starts != 0 &&
           journal.previous.length != 0;
}

enum otter_reason otter_verify_unsigned(const void *ctx, enum otter_image_at where,
                                        uint32_t *size, uint32_t *out_number)
{
    const struct otter_verifier *verifier = ctx;
    uint8_t header[OTTER_IMAGE_HEADER_SIZE];
    uint32_t length;

    if (has_changed_on_trial(verifier, where, *size)) {
        return OTTER_REASON_DIGEST;
    }
    if (otter_verify_find_header(verifier, where, size, header)) {
        if (memcmp(header + OTTER_IMAGE_HARDWARE, verifier->hardware,
                   OTTER_IMAGE_HARDWARE_SIZE) != 0) {
            return OTTER_REASON_HARDWARE;
        }
        length = *size - OTTER_IMAGE_TRAILER_SIZE;
    } else {
        if (*size == 0) {
            *size = chip_map(verifier->layout)->app.size;
        }
        length = *size;
    }
    if (*size < OTTER_IMAGE_SIZE_MIN || *size > chip_map(verifier->layout)->app.size ||
        !otter_verify_is_startable(verifier, where, length)) {
        return OTTER_REASON_NOT_STARTABLE;
    }
    if (where == OTTER_IMAGE_AT_NEW && !has_requested_digest(verifier)) {
        return OTTER_REASON_DIGEST;
    }
    *out_number = 0;
    return OTTER_REASON_NONE;
}
