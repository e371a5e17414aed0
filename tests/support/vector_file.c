/* SPDX-License-Identifier: Apache-2.0 */
#include "support/vector_file.h"

#include <stdlib.h>
#include <string.h>
#include "support/unhex.h"

void vector_file_open(struct vector_file *vectors, const char *path)
{
    memset(vectors, 0, sizeof *vectors);
    vectors->path = path;
    vectors->file = fopen(path, "r");
    if (vectors->file == NULL) {
        perror(path);
        abort();
    }
}

bool vector_file_next(struct vector_file *vectors, const char *separator, unsigned fields)
{
    if (getline(&vectors->line, &vectors->line_size, vectors->file) < 0) {
        fclose(vectors->file);
        free(vectors->line);
        return false;
    }
    vectors->number++;
    char *rest = vectors->line;
    rest[strcspn(rest, "\n")] = 0;
    for (unsigned i = 0; i < fields; i++) {
        vectors->fields[i] = strsep(&rest, separator);
    }
    if (vectors->fields[fields - 1] == NULL || rest != NULL) {
        fprintf(stderr, "%s:%u: not %u fields\n", vectors->path, vectors->number, fields);
        abort();
    }
    return true;
}

uint8_t *vector_bytes(const char *hex, size_t *out_len)
{
    size_t len = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    uint8_t *bytes = malloc(len + 1);

    if (bytes == NULL) {
        abort();
    }
    if (len > 0) {
        unhex(hex, bytes, len);
    }
    *out_len = len;
    return bytes;
}
