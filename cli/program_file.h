/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRAM_FILE_H
#define CLI_PROGRAM_FILE_H

#include <stdbool.h>
#include "board/host/loader.h"
#include "host/file.h"

/* The files that builds make and programmers take, read and written: .bin, Intel HEX, ELF
 * (read only), as the bytes of the program. */
struct program_file {
    struct file file;
    enum loader_kind kind;
    uint32_t addr; /* of its first byte; of a .bin, which does not say it, 0 */
};

/* Read one. Between two parts of it flash is erased: 0xFF. Free file.data with file_free(). */
OTTER_MUST_CHECK int program_file_load(struct program_file *program, const char *path,
                                       struct host_error *out_error);

/* A part of what is written, in the order of the addresses. */
struct program_part {
    uint32_t addr;
    const struct file *file;
};

/* Write the parts: as Intel HEX if the name ends in .hex, else as the bytes from the first
 * one's address on, with 0xFF between two. */
OTTER_MUST_CHECK int program_file_save(const char *path, const struct program_part parts[],
                                       size_t count, struct host_error *out_error);

/* Does the name end in .hex? */
bool program_file_is_hex(const char *path);

#endif
