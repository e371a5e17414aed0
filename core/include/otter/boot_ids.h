/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_BOOT_IDS_H
#define OTTER_BOOT_IDS_H

#include <stdint.h>
#include "otter/err.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a bootloader is: for which hardware and product, and whose images it takes. All of it is
 * one section of bytes in the bootloader's flash, and five words behind its vectors say where.
 * An app reads them to tell its module, a tool reads them in a .bin, and may exchange what the
 * section holds: the bootloader uses these bytes and has no other copy of them.
 *
 *    words, at 0x10 of the bootloader          the section
 *    0  magic: "ottb"                          0  info: OTTER_RECOVERY_INFO_SIZE bytes
 *    1  format, what it does, version         68  keys: struct otter_ed25519_key each
 *    2  address of the section
 *    3  its size
 *    4  number of keys
 *
 * Behind the section there may be room for more keys: whole blocks of 64 bytes of 0xFF, which a
 * tool can use if it then counts them in words 3 and 4.
 *
 * Source: docs/flash-format.md chapter 7.
 */
enum {
    OTTER_BOOT_WORDS_OFFSET = 0x10, /* from the bootloader's first byte */
    OTTER_BOOT_WORDS = 5,
    OTTER_BOOT_MAGIC = 0x6274746F, /* "ottb" */
    OTTER_BOOT_FORMAT = 1,

    /* The first letters of info in the section: as in message 0x02. */
    OTTER_BOOT_INFO_P0 = 8,
    OTTER_BOOT_INFO_HARDWARE = 16,
    OTTER_BOOT_INFO_PRODUCT = 32,
    OTTER_BOOT_KEYS = 68,     /* in the section: a multiple of 4 */
    OTTER_BOOT_KEY_SIZE = 64, /* its first four bytes are the key's id */
};

/* What a bootloader does, in bits 8 to 15 of word 1; bits 0 to 7 are the format, bits 16 to 23
 * and 24 to 31 otter's minor and major version. */
enum otter_boot_does {
    OTTER_BOOT_VERIFIES = 1, /* signatures; else it takes unsigned images, whatever its keys */
    OTTER_BOOT_EVERY_START = 2, /* ... APP's at every start */
    OTTER_BOOT_TUTORIAL = 4,    /* it honours a tutorial request (otter/flag.h) */
};

struct otter_boot_ids {
    uint8_t does; /* enum otter_boot_does */
    uint8_t major, minor;
    uint8_t key_count;
    uint32_t info_addr; /* OTTER_RECOVERY_INFO_SIZE bytes */
    uint32_t keys_addr; /* key_count times OTTER_BOOT_KEY_SIZE bytes */
};

/* Find them. Returns 0, OTTER_ERR_NONE if the bootloader has no such words (another vendor's)
 * or of a format that is not known, OTTER_ERR_RANGE if they lead out of the bootloader or
 * contradict each other, or what port->read returned. Only `read` of the port is used. */
OTTER_MUST_CHECK int otter_boot_ids_find(const struct otter_port *port,
                                         const struct otter_layout *layout,
                                         struct otter_boot_ids *out_ids);

#ifdef __cplusplus
}
#endif
#endif
