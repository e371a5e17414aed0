/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Whole files, and the one form of an error line, for commands and tests.
 *
 * Functions that can fail print `otter: COMMAND: PATH: reason` on stderr themselves. Host only.
 */
struct file {
    uint8_t *data; /* malloc'ed */
    size_t len;
};

/* Read a whole file of at most `max` bytes. Returns 0, or EXIT_FAILURE after saying why. */
int file_read(const char *command, const char *path, size_t max, struct file *out_file);

/* Write a whole file, which is there complete or not at all. Returns 0, or EXIT_FAILURE after saying
 * why. */
int file_write(const char *command, const char *path, const void *data, size_t len);

/* The same for a secret: the file must not exist yet, and only its owner may read it. */
int file_create_private(const char *command, const char *path, const void *data, size_t len);

/* Free what file_read() returned; a zeroed struct file is fine, too. */
void file_free(struct file *file);

/* MD5 of the file as 32 lower-case hex digits, as message 0x19 carries it. */
void file_md5_hex(const struct file *file, uint8_t out_hex[32]);

/* Print `otter: COMMAND: THING: REASON` on stderr. Returns EXIT_FAILURE. */
int fail(const char *command, const char *thing, const char *reason);

#endif
