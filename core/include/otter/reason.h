/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_REASON_H
#define OTTER_REASON_H

/* Why an image was refused, reverted or replaced, or why the device is in recovery.
 *
 * The bootloader finds the reason and keeps it in the journal (otter/journal.h). The app reads
 * it there (otter_update_reason()) and reports it to the module (struct otter_update_status in
 * otter/message.h); recovery reports its own. On the MCU it is only a number; the texts for
 * people are on the module's side. Numbers are never reused, and stay below 128. Source:
 * docs/flash-format.md 4.1.
 */
enum otter_reason {
    OTTER_REASON_NONE = 0,        /* installed, or there was no update yet */
    OTTER_REASON_UNCONFIRMED = 2, /* reverted, or in recovery: not confirmed in three starts */
    OTTER_REASON_BAD_COPY = 3,    /* reverted: after the swap APP was not the new image */
    OTTER_REASON_NO_IMAGE = 4,    /* refused: no trailer, or it does not fit the length */
    OTTER_REASON_UNSIGNED = 5,    /* refused */
    OTTER_REASON_UNKNOWN_KEY = 6, /* refused: signed with a key the device does not know */
    OTTER_REASON_SIGNATURE = 7,   /* refused: the signature is wrong */
    OTTER_REASON_HARDWARE = 8,    /* refused: built for other hardware */
    OTTER_REASON_OLDER = 9,       /* refused: its version is below the floor */
    OTTER_REASON_NOT_STARTABLE = 10, /* refused: no vector table for this slot */
    OTTER_REASON_DAMAGED = 12,       /* APP was damaged, or empty; replaced, if it could be */
    OTTER_REASON_DIGEST = 14,        /* refused: not the MD5 that was announced */
    OTTER_REASON_FLASH = 15,         /* flash does not take the image, or not the old one */
    OTTER_REASON_CRASHED = 16,       /* in recovery: eight resets by a watchdog in a row */
    OTTER_REASON_ASKED = 17,         /* in recovery: the app, or the pin, asked for it */
    OTTER_REASON_INSTALLED = 18,     /* not taken: APP holds this file already */
    OTTER_REASON_ON_TRIAL = 19,      /* not taken: the app was on trial itself */
    OTTER_REASON_TRIED = 20,         /* not taken: this file was downloaded three times */
};

#endif
