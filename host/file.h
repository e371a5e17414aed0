/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

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

/* Write a whole file, which is there complete or not at all. */
OTTER_MUST_CHECK int file_write(const char *path, const void *data, size_t len,
                                struct host_error *out_error);

/* The same for a secret: the file must not exist yet, and only its owner may read it. */
OTTER_MUST_CHECK int file_create_private(const char *path, const void *data, size_t len,
                                         struct host_error *out_error);

/* Free what file_read() returned; a zeroed struct file is fine, too. */
void file_free(struct file *file);

/* MD5 of the file as 32 lower-case hex digits, as message 0x19 carries it. */
void file_md5_hex(const struct file *file, uint8_t out_hex[32]);

#endif
