/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_STM32F103_PARTITIONS_H
#define OTTER_STM32F103_PARTITIONS_H

/* The partition table of the STM32F103C8T6 (64 pages of 1 KB, 20 KB of RAM), and with
 * OTTER_FLASH_KB 128 that of the CBT6 (128 pages): the only place where it is written down. C,
 * the linker scripts (through the preprocessor) and the host tools read this file, so it holds
 * plain numbers only. FLAG, APP and APPBAK are where the tutorial has them. The bootloader has
 * 8 KB of the tutorial's 11; the pages after it are for the journal, the settings and the spare
 * page (docs/flash-format.md). With 128 KB only the slots are larger: 58 pages.
 */
#ifndef OTTER_FLASH_KB
#define OTTER_FLASH_KB 64
#endif
#define OTTER_PAGE_SIZE  0x400
#define OTTER_FLASH_ADDR 0x08000000

#define OTTER_BOOT_ADDR     0x08000000
#define OTTER_BOOT_SIZE     0x2000 /* limit enforced by the linker */
#define OTTER_JOURNAL_ADDR  0x08002000
#define OTTER_JOURNAL_SIZE  0x400
#define OTTER_SETTINGS_ADDR 0x08002400
#define OTTER_SETTINGS_SIZE 0x400
#define OTTER_SPARE_ADDR    0x08002800
#define OTTER_SPARE_SIZE    0x400
#define OTTER_FLAG_ADDR     0x08002C00
#define OTTER_FLAG_SIZE_MAX 0x400
#define OTTER_APP_ADDR      0x08003000

#if OTTER_FLASH_KB == 64
#define OTTER_FLASH_SIZE  0x10000
#define OTTER_APP_SIZE    0x6800
#define OTTER_BACKUP_ADDR 0x08009800
#define OTTER_BACKUP_SIZE 0x6800
#elif OTTER_FLASH_KB == 128
#define OTTER_FLASH_SIZE  0x20000
#define OTTER_APP_SIZE    0xE800
#define OTTER_BACKUP_ADDR 0x08011800
#define OTTER_BACKUP_SIZE 0xE800
#else
#error "OTTER_FLASH_KB: 64 or 128"
#endif
#define OTTER_APP_SIZE_MAX 0xE800 /* of either */

#define OTTER_RAM_ADDR      0x20000000
#define OTTER_RAM_SIZE      0x5000
/* Retained over a reset: neither bootloader nor start-up code touches it. */
#define OTTER_RETAINED_ADDR 0x20000000
#define OTTER_RETAINED_SIZE 0x80
#define OTTER_MAILBOX_ADDR  0x2000006C /* the last 20 bytes of it: mailbox.h */

#endif
