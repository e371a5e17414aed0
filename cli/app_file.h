/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_APP_FILE_H
#define CLI_APP_FILE_H

#include "cli/program_file.h"
#include "host/image_file.h"
#include "otter/partition.h"

/* Load what a build makes for the slot of `layout`: a .bin, or the Intel HEX or ELF file of the
 * same program, which must begin where the slot does; *out_kind (may be NULL) says which. What
 * begins with a bootloader, and anything else, is an error, as in image_file_take(). Free with
 * image_file_free(); `path` must outlive it. */
OTTER_MUST_CHECK int app_file_load(struct image_file *image_file, const char *path,
                                   const struct otter_layout *layout,
                                   enum loader_kind *out_kind, struct host_error *out_error);

#endif
