/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_DEVICE_H
#define GLITCH_DEVICE_H

#include <stdbool.h>
#include "lab/testbed.h"

/* A testbed without a module: the real bootloader, a good app that has confirmed, and a bad
 * image in APPBAK that has been asked for by a genuine request: everything an attacker can
 * bring about without touching the supply.
 */
enum device_image {
    DEVICE_CODE_BIT,      /* one bit of the code is not what was signed */
    DEVICE_SIGNATURE_BIT, /* one bit of the signature is flipped */
    DEVICE_UNKNOWN_KEY,   /* its trailer names a key that is not ours */
    DEVICE_OLDER,         /* genuine, and older than the app */
    DEVICE_IMAGES,
};
const char *device_image_name(enum device_image image);

/* The bootloader with its symbols. */
#define DEVICE_BOOT OTTER_FIRMWARE_DIR "/boot/boot"

/* Just powered on, before its first instruction. Ends the process with a message if something
 * is missing, or the app has not confirmed before. */
struct testbed *device_new(enum device_image image);

/* Is all of the good app in its slot? */
bool device_has_good_app(struct board *board, enum device_image image);

/* Does a piece of the bad image lie at pc, in RAM: is what would be executed there in APPBAK,
 * and not in the bootloader (noughts, the hardware's name)? */
bool device_is_bad_code(const struct board *board, uint32_t pc);

#endif
