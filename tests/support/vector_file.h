/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_VECTOR_FILE_H
#define TEST_VECTOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A text file of test vectors: lines of fields between one separator. A file that cannot be
 * read, or a line with another number of fields, ends the program. */
enum { VECTOR_FIELDS_MAX = 8 };

struct vector_file {
    FILE *file;
    const char *path;
    char *line;
    size_t line_size;
    unsigned number; /* of the line, from 1 */
    char *fields[VECTOR_FIELDS_MAX];
};

void vector_file_open(struct vector_file *vectors, const char *path);

/* Read the next line into `fields`. Returns whether there was one; if
 * not, the file is closed. */
bool vector_file_next(struct vector_file *vectors, const char *separator, unsigned fields);

/* The bytes of a hex text, to be freed; "" and "-" are none. */
uint8_t *vector_bytes(const char *hex, size_t *out_len);

#endif
