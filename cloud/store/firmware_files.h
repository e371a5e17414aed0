/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FIRMWARE_FILES_H
#define CLOUD_FIRMWARE_FILES_H

#include <stddef.h>
#include "cloud/store/store.h"

/* Firmware files on the server's disk, each under the SHA-256 of its bytes: DIR/ab/abcd....
 * A file is complete and durable before its name exists, so a name is a promise: whatever has
 * one can be served. Uploads lie in DIR/tmp until then; what an upload that was cut left there
 * is removed at the next start. A file that a firmware in the store names is never removed, and
 * one of an upload that came to nothing does not stay; but one stays whose server was killed
 * before its record was written. (Not removed at the start: the folder may be that of a newer
 * database, of which an older copy was restored.)
 */
struct firmware_files;

OTTER_MUST_CHECK int firmware_files_open(const char *dir, struct firmware_files **out_files,
                                         struct host_error *out_error);
void firmware_files_close(struct firmware_files *files);

/* Where an upload may be written: an open, empty file in DIR/tmp, already without a name.
 * Returns its descriptor, or -1. */
int firmware_files_begin(struct firmware_files *files, struct host_error *out_error);

/* What is it that was written to `fd`? Size, digests and, if the last bytes are otter's
 * trailer, kind, hardware, version, number and key id go to `out_firmware`, whose other members
 * stay. `signature` is checked against the product's keys. Returns 0, or -1: the file is empty,
 * ends in a broken trailer, or is not what its kind says. Nothing is kept. */
OTTER_MUST_CHECK int firmware_files_inspect(int fd, const struct record_product *product,
                                            struct record_firmware *out_firmware,
                                            struct host_error *out_error);

/* An upload from its file to its answer. Members are private; it must stay until settle(). */
struct firmware_upload {
    char sha256[65];
    struct firmware_upload *next;
};

/* Give what was written to `fd` (which stays open) its name, for a firmware that is to be made.
 * Returns 0, or -1: the disk's fault. Whatever it returns, settle() must follow. Any thread. */
OTTER_MUST_CHECK int firmware_files_keep(struct firmware_files *files, int fd,
                                         const struct record_firmware *firmware,
                                         struct firmware_upload *out_upload,
                                         struct host_error *out_error);

/* The upload is over. `store` NULL: its file stays, because a firmware names it now, or may do
 * so. Else the upload came to nothing, and its file is removed, unless a firmware in `store`
 * has the same bytes, or another upload of the same bytes is under way: then that one decides.
 * Any thread. */
void firmware_files_settle(struct firmware_files *files, struct firmware_upload *upload,
                           struct store *store);

/* Open the file of a firmware for reading. Returns its descriptor, or -1: gone, or not as long
 * as the record says. */
int firmware_files_open_one(struct firmware_files *files,
                            const struct record_firmware *firmware,
                            struct host_error *out_error);

#endif
