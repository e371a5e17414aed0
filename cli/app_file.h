/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_APP_FILE_H
#define CLI_APP_FILE_H

#include "host/image_file.h"

/* Load what a build makes for the slot: a .bin, or the Intel HEX or ELF file of the same
 * program, which must begin where the slot does. Anything else is an error, as in
 * image_file_load(). Free with image_file_free(); `path` must outlive it. */
OTTER_MUST_CHECK int app_file_load(struct image_file *image_file, const char *path,
                                   uint32_t max_size, struct host_error *out_error);

#endif
