/* SPDX-License-Identifier: Apache-2.0 */
#include "ids.h"

extern const char ld_ids[], ld_ids_size[], ld_key_count[]; /* boot.ld */

/* Protocol, P0, hardware, version, product key, bindable seconds: docs/protocol.md chapter 2.
 * The version is below that of any image; the product is the app's, or the module would
 * register anew. */
__attribute__((section(".boot_info"), used, aligned(4)))
const char boot_info[OTTER_RECOVERY_INFO_SIZE] =
    "00000004" OTTER_P0_VERSION OTTER_HARDWARE "00000000" OTTER_PRODUCT_KEY "\0";

__attribute__((section(".boot_words"), used)) const struct boot_words boot_words = {
    .magic = OTTER_BOOT_MAGIC,
    .what = OTTER_BOOT_FORMAT | BOOT_DOES << 8 | OTTER_MINOR << 16 | OTTER_MAJOR << 24,
    .section = ld_ids,
    .size = (uintptr_t)ld_ids_size,
    .key_count = (uintptr_t)ld_key_count,
};
