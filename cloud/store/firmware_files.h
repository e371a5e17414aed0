/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FIRMWARE_FILES_H
#define CLOUD_FIRMWARE_FILES_H

#include <stdint.h>
#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Firmware files on the server's disk, each under the SHA-256 of its bytes: DIR/ab/abcd....
 * A file is complete and durable before its name exists, so a name is a promise: whatever has
 * one can be served. Uploads lie in DIR/tmp until then; what an upload that was cut left there
 * is removed at the next start.
 */
struct firmware_files;

OTTER_MUST_CHECK int firmware_files_open(const char *dir, struct firmware_files **out_files,
                                         struct host_error *out_error);
void firmware_files_close(struct firmware_files *files);

/* Where an upload may be written: an open, empty file in DIR/tmp, already without a name.
 * Returns its descriptor, or -1. */
int firmware_files_begin(struct firmware_files *files, struct host_error *out_error);

/* Take over what was written to `fd` (which stays open): size, digests and, if the last bytes
 * are otter's trailer, kind, hardware, version, number and key id go to `out_firmware`, whose
 * other members stay. `signature` is checked against the product's keys. Returns 0; -1: the
 * file is empty, ends in a broken trailer, or is not what its kind says; FIRMWARE_NOT_KEPT: the
 * disk's fault. */
enum { FIRMWARE_NOT_KEPT = -2 };
OTTER_MUST_CHECK int firmware_files_keep(struct firmware_files *files, int fd,
                                         const struct record_product *product,
                                         struct record_firmware *out_firmware,
                                         struct host_error *out_error);

/* Open the file of a firmware for reading. Returns its descriptor, or -1: gone, or not as long
 * as the record says. */
int firmware_files_open_one(struct firmware_files *files,
                            const struct record_firmware *firmware,
                            struct host_error *out_error);

#endif
