/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOOT_VIEW_H
#define CLI_BOOT_VIEW_H

#include <jansson.h>
#include "host/boot_file.h"
#include "host/error.h"

/* A bootloader in a file, for a person and as JSON. */

/* Load one: a .bin, or the Intel HEX or ELF file of the same program. What is an app or a
 * factory image is named as such. Free with boot_file_free(); `path` must outlive it. */
OTTER_MUST_CHECK int boot_view_load(struct boot_file *boot_file, const char *path,
                                    struct host_error *out_error);

/* Print what it is, a line each. */
void boot_view_print(const struct boot_file *boot_file);

/* The same. The caller owns it. */
json_t *boot_view_json(const struct boot_file *boot_file);

#endif
