/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/error.h"
#include "otter/err.h"

/* Whole files. */
struct file {
    uint8_t *data; /* malloc'ed */
    size_t len;
};

/* Read a whole file of at most `max` bytes; an empty one is an error. */
OTTER_MUST_CHECK int file_read(const char *path, size_t max, struct file *out_file,
                               struct host_error *out_error);

/* The same of what a person gives by name and a pipe may stand for, e.g. /dev/stdin: such a
 * stream is read to its end. */
OTTER_MUST_CHECK int file_read_stream(const char *path, size_t max, struct file *out_file,
                                      struct host_error *out_error);

/* May a command write its result to `path`? Not over one of its inputs, by whatever name (NULLs
 * among them are skipped), not over a file that holds a private key in its first MiB, and not
 * where it could not be written. To be asked before anything is done. */
OTTER_MUST_CHECK int file_check_output(const char *path, const char *const inputs[],
                                       size_t input_count, struct host_error *out_error);

/* Write a whole file, which is there complete or not at all: a new one takes its place, with
 * the mode of the old one, behind symbolic links. What is no file (a pipe, a device) is written
 * into, as is the file that standard output or standard error goes to. A file that holds a
 * private key is never written over.
 * Power: after 0 the new file is there; until then the old one or the new one. If only the last
 * step fails, the folder's fsync(), the new one is there although -1 is returned. */
OTTER_MUST_CHECK int file_write(const char *path, const void *data, size_t len,
                                struct host_error *out_error);

/* The same for a secret: the file must not exist yet, and only its owner may read it. What
 * cannot be made durable is gone again. */
OTTER_MUST_CHECK int file_create_private(const char *path, const void *data, size_t len,
                                         struct host_error *out_error);

/* Make durable which name a file has: fsync() of the folder that `path` is in. Where a file
 * system or the folder's mode does not let that be asked for, it is no failure. */
OTTER_MUST_CHECK int file_sync_folder(const char *path, struct host_error *out_error);

/* Remove what file_write() and file_create_private() had begun in this folder when their
 * program was killed. Only for a folder in which nobody else writes at present. */
void file_remove_unfinished(const char *folder);

/* Does what is written to `path` go where standard output goes? Then nothing else may be
 * printed there. */
bool file_is_standard_output(const char *path);

/* Free what file_read() returned; a zeroed struct file is fine, too. */
void file_free(struct file *file);

/* MD5 of the file as 32 lower-case hex digits, as message 0x19 carries it. */
void file_md5_hex(const struct file *file, uint8_t out_hex[32]);

#endif
