/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_KEYS_H
#define BOOT_KEYS_H

#include "otter/ed25519.h"

/* The public keys that may sign images; the build makes the table (cmake/signing.cmake). */
extern const struct otter_ed25519_key otter_keys[];
extern const unsigned otter_key_count;

#endif
