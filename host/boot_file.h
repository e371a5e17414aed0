/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BOOT_FILE_H
#define HOST_BOOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "host/file.h"
#include "otter/boot_ids.h"
#include "otter/ed25519.h"
#include "otter/reason.h"

/* Bootloaders in files: what one is (otter/boot_ids.h), whether it would start an app, and ids
 * and keys put into one that is built already. For the C8T6's map, where the bootloader is at
 * the start of the flash whatever comes behind it.
 */
enum { BOOT_FILE_KEYS_MAX = 2 }; /* that a bootloader of 8 KB has room for */

struct boot_file {
    const char *path;
    struct file file;
    bool is_otters; /* it says what it is; no other vendor's does, and then there are no ids */
    struct otter_boot_ids ids;
};

/* Take the bytes of a bootloader, which now belong to *boot_file; after an error they are
 * freed. What does not begin like a program for the start of the flash, is larger than its 8
 * KB, or says of its ids and keys what cannot be is an error. Free with boot_file_free();
 * `path` must outlive it. */
OTTER_MUST_CHECK int boot_file_take(struct boot_file *boot_file, const char *path,
                                    const struct file *file, struct host_error *out_error);
void boot_file_free(struct boot_file *boot_file);

/* Do these bytes begin with a bootloader of otter's? */
bool boot_file_begins(const uint8_t data[], size_t len);

/* Does it check signatures? Otherwise it takes unsigned images, too. */
bool boot_file_verifies(const struct boot_file *boot_file);

/* For which hardware it is, for which product key, with which P0 version: as it is there, 8, 32
 * and 8 characters. Of otter's bootloaders only, as what follows. */
const uint8_t *boot_file_hardware(const struct boot_file *boot_file);
const uint8_t *boot_file_product(const struct boot_file *boot_file);
const uint8_t *boot_file_p0(const struct boot_file *boot_file);

/* The id of one of its ids.key_count keys, as in an image's trailer. */
uint32_t boot_file_key_id(const struct boot_file *boot_file, unsigned index);

/* How many keys it can hold, with those it has: behind them there may be room, 64 bytes of 0xFF
 * for each. */
unsigned boot_file_key_room(const struct boot_file *boot_file);

/* What boot_file_set() puts into a bootloader. */
struct boot_file_ids {
    const char *hardware, *product, *p0; /* 8, 32, 8 characters; NULL: stays */
    const struct otter_ed25519_key *keys[BOOT_FILE_KEYS_MAX];
    unsigned key_count;
};

/* Set ids, and all of the keys: as many as boot_file_key_room() at most. Room that is left is
 * 0xFF. */
void boot_file_set(struct boot_file *boot_file, const struct boot_file_ids *ids);

/* Would it start `app`, which a probe or the factory has put into the slot of `layout`? By the
 * bootloader's own code (otter/verify.h): OTTER_REASON_NONE, or why not. */
enum otter_reason boot_file_judge(const struct boot_file *boot_file, const struct file *app,
                                  const struct otter_layout *layout);

#endif
