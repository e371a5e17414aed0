/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_VERIFY_H
#define OTTER_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/ed25519.h"
#include "otter/image.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/startup.h"
#include "otter/swap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* May this image run on this device? A bootloader gives one of these functions to
 * otter_startup_run() as `verify`.
 *
 * Everything is read from flash in the same call, trailer and signed bytes alike. Nothing of
 * the image is used before its signature has been verified. About 2 KB of stack, 0.6 s for 26
 * KB on a Cortex-M3 at 72 MHz; the watchdog is fed. Source: docs/flash-format.md chapter 3.
 */
struct otter_verifier {
    const struct otter_port *port;
    const struct otter_layout *layout;
    const char *hardware;                 /* 8 bytes: an image must be for this hardware */
    const struct otter_ed25519_key *keys; /* an image must be signed with one of these */
    const uintptr_t *key_count;           /* how many they are */
};

/* Verify the image at `where`. *size is its length with trailer; if that is 0, search for the
 * trailer and set *size. Sets *out_number to the version number when the image is good.
 * Returns OTTER_REASON_NONE if it may run, or the first of these that applies: NO_IMAGE,
 * HARDWARE, NOT_STARTABLE, UNSIGNED, UNKNOWN_KEY, SIGNATURE. `ctx` is a const struct
 * otter_verifier. */
enum otter_reason otter_verify_image(const void *ctx, enum otter_image_at where, uint32_t *size,
                                     uint32_t *out_number);

/* The same for a bootloader that accepts unsigned images, because a tutorial's cannot be
 * signed. It does not know who made them. It accepts any image that could start. An image with
 * a trailer must be for this hardware; one that a tutorial request announces (otter/flag.h)
 * must have the request's MD5. Without a trailer, an unknown length is taken to be that of the
 * slot. *out_number is 0: no version is older. APP that is not as the journal has it (*size 0)
 * counts as flashed by a probe; started on trial, with an image to go back to, as damaged:
 * DIGEST. 50 ms for 26 KB.
 * Returns OTTER_REASON_NONE, HARDWARE, NOT_STARTABLE or DIGEST. `ctx` is a const struct
 * otter_verifier; its keys are not used. */
enum otter_reason otter_verify_unsigned(const void *ctx, enum otter_image_at where,
                                        uint32_t *size, uint32_t *out_number);

/* ---- used by both ---- */

/* Read the trailer's header of the image at `where`, which has *size bytes; if that is 0,
 * search for the trailer and set *size. Returns whether there is one. */
bool otter_verify_find_header(const struct otter_verifier *verifier, enum otter_image_at where,
                              uint32_t *size, uint8_t out_header[OTTER_IMAGE_HEADER_SIZE]);

/* Does the image at `where`, a program of `length` bytes, begin like one that could start in
 * APP? */
bool otter_verify_is_startable(const struct otter_verifier *verifier, enum otter_image_at where,
                               uint32_t length);

#ifdef __cplusplus
}
#endif
#endif
