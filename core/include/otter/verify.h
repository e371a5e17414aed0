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

/* May this image run on this device? The verifier that a bootloader gives to otter_startup_run().
 *
 * Everything is read from flash in the same call, trailer and signed bytes alike, and nothing of the
 * image is used before its signature is known to be right. About 2.5 KB of stack, 0.5 s for 26 KB on
 * a Cortex-M3 at 72 MHz; the watchdog is fed. Source: docs/flash-format.md chapter 3.
 */
struct otter_verifier {
    const struct otter_port *port;
    const struct otter_layout *layout;
    uint8_t hardware[8];                  /* an image's must be the same */
    const struct otter_ed25519_key *keys; /* any of these may have signed */
    unsigned key_count;
};

/* Judge the image at `where`. *size is its length with trailer; if that is 0 the trailer is looked for,
 * and *size set. Sets *out_number to the version number when the image is good.
 * Returns OTTER_REASON_NONE if it may run, or the first of these that holds: NO_IMAGE, HARDWARE,
 * NOT_STARTABLE, UNSIGNED, UNKNOWN_KEY, SIGNATURE. `ctx` is a const struct otter_verifier. */
enum otter_reason otter_verify_image(void *ctx, enum otter_image_at where, uint32_t *size,
                                     uint32_t *out_number);

/* The same for a bootloader that takes images which cannot be signed, a tutorial's: nothing is known of who
 * made them. Any image will do that could start; one with a trailer must be for this hardware, one that a
 * tutorial app's request announces (otter/flag.h) must have its MD5. Without a trailer a length that is
 * not known is the slot's. *out_number is 0: no version is older. 50 ms for 26 KB.
 * Returns OTTER_REASON_NONE, HARDWARE, NOT_STARTABLE or DIGEST. `ctx` is a const struct otter_verifier
 * whose keys are not looked at. */
enum otter_reason otter_verify_unsigned(void *ctx, enum otter_image_at where, uint32_t *size,
                                        uint32_t *out_number);

/* ---- what both have in common ---- */

/* Read the header of the image at `where`, of *size bytes; 0 = look for it, and set *size.
 * Returns whether there is one. */
bool otter_verify_find_header(const struct otter_verifier *verifier, enum otter_image_at where,
                              uint32_t *size, uint8_t out_header[OTTER_IMAGE_HEADER_SIZE]);

/* Does a program begin at `where` that could start in the slot? */
bool otter_verify_is_startable(const struct otter_verifier *verifier,
                               enum otter_image_at where);

#endif
