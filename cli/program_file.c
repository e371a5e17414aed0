/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/program_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/hex.h"

enum { READ_MAX = 1 << 26 }; /* an ELF may be large */

/* ---- read ---- */

static int cut_out(const struct loader_image *image, const char *path,
                   struct program_file *program, struct host_error *out_error)
{
    size_t first = 0, end = image->size;

    while (first < end && image->used[first] == 0) {
        first++;
    }
    while (end > first && image->used[end - 1] == 0) {
        end--;
    }
    if (first == end) {
        return host_error_set(out_error, path, "there is no program in it");
    }
    program->addr = (uint32_t)(BOARD_FLASH_BASE + first);
    program->file.len = end - first;
    program->file.data = malloc(program->file.len);
    if (program->file.data == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    for (size_t i = 0; i < program->file.len; i++) {
        program->file.data[i] = image->used[first + i] != 0 ? image->bytes[first + i] : 0xFF;
    }
    return 0;
}

/* The program in the Intel HEX or ELF file `file`. */
static int convert(const struct file *file, const char *path, struct program_file *program,
                   struct host_error *out_error)
{
    char why[HOST_WHY_SIZE];
    struct loader_image *image = calloc(1, sizeof *image);

    if (image == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    image->size = BOARD_FLASH_MAX;
    bool good = program->kind == LOADER_HEX
                    ? loader_parse_hex(image, file->data, file->len, why)
                    : loader_parse_elf(image, file->data, file->len, why);
    int err = good ? cut_out(image, path, program, out_error)
                   : host_error_set(out_error, path, "%s", why);
    free(image);
    return err;
}

int program_file_load(struct program_file *program, const char *path,
                      struct host_error *out_error)
{
    struct file file;

    if (file_read(path, READ_MAX, &file, out_error) != 0) {
        return -1;
    }
    *program = (struct program_file){.kind = loader_guess(file.data, file.len)};
    if (program->kind == LOADER_BIN) {
        program->file = file;
        return 0;
    }
    int err = convert(&file, path, program, out_error);
    file_free(&file);
    return err;
}

/* ---- write ---- */

bool program_file_is_hex(const char *path)
{
    size_t len = strlen(path);
    return len >= 4 && strcasecmp(path + len - 4, ".hex") == 0;
}

static void put_hex(FILE *out, const struct program_part parts[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hex_write(out, parts[i].addr, parts[i].file->data, parts[i].file->len);
    }
    hex_write_end(out);
}

static void put_bytes(FILE *out, const struct program_part parts[], size_t count)
{
    uint32_t at = parts[0].addr;

    for (size_t i = 0; i < count; i++) {
        for (; at < parts[i].addr; at++) {
            fputc(0xFF, out); /* erased flash */
        }
        fwrite(parts[i].file->data, 1, parts[i].file->len, out);
        at += (uint32_t)parts[i].file->len;
    }
}

int program_file_save(const char *path, const struct program_part parts[], size_t count,
                      struct host_error *out_error)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    if (out == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    if (program_file_is_hex(path)) {
        put_hex(out, parts, count);
    } else {
        put_bytes(out, parts, count);
    }
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    int err = good ? file_write(path, bytes, size, out_error)
                   : host_error_set(out_error, path, "out of memory");
    free(bytes);
    return err;
}
