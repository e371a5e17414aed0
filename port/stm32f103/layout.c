/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "partitions.h"

/* Or this does not compile. */
typedef char layout_fits[OTTER_LAYOUT_FITS(OTTER_PAGE_SIZE, 2, OTTER_APP_SIZE) ? 1 : -1];

const struct otter_layout stm32f103_layout = {
    .boot = {OTTER_BOOT_ADDR, OTTER_BOOT_SIZE},
    .journal = {OTTER_JOURNAL_ADDR, OTTER_JOURNAL_SIZE},
    .spare = {OTTER_SPARE_ADDR, OTTER_SPARE_SIZE},
    .flag = {OTTER_FLAG_ADDR, OTTER_FLAG_SIZE_MAX},
    .app = {OTTER_APP_ADDR, OTTER_APP_SIZE},
    .backup = {OTTER_BACKUP_ADDR, OTTER_BACKUP_SIZE},
    .ram = {OTTER_RAM_ADDR, OTTER_RAM_SIZE},
};
