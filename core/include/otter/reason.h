/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_REASON_H
#define OTTER_REASON_H

/* Why an image was refused, reverted or replaced.
 *
 * The bootloader finds it out and keeps it in the journal (otter/journal.h), the app reads it there
 * (otter_update_reason()) and tells it to the module (struct otter_update_status in otter/message.h). On the
 * MCU it is a number only; what it says to a person stands in module/reason.h. Numbers are never
 * reused, and stay below 128. Source: docs/flash-format.md chapter 4.
 */
enum otter_reason {
    OTTER_REASON_NONE = 0,           /* installed, or there was no update yet */
    OTTER_REASON_UNCONFIRMED = 2,    /* reverted: three starts without confirmation */
    OTTER_REASON_BAD_COPY = 3,       /* reverted: APP was not what was installed */
    OTTER_REASON_NO_IMAGE = 4,       /* refused: no trailer, or it does not fit the length */
    OTTER_REASON_UNSIGNED = 5,       /* refused */
    OTTER_REASON_UNKNOWN_KEY = 6,    /* refused: signed with a key that is not ours */
    OTTER_REASON_SIGNATURE = 7,      /* refused: the signature is not right */
    OTTER_REASON_HARDWARE = 8,       /* refused: for another hardware */
    OTTER_REASON_OLDER = 9,          /* refused: older than what is installed */
    OTTER_REASON_NOT_STARTABLE = 10, /* refused: no vector table for this slot */
    OTTER_REASON_NO_WAY_BACK = 11,   /* kept, though not confirmed: the old image is gone */
    OTTER_REASON_DAMAGED = 12,       /* APP was damaged, and replaced by what was at hand */
    OTTER_REASON_DIGEST = 14,        /* refused: not what a tutorial app's record says */
};

#endif
