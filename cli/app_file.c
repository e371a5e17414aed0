/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app_file.h"

#include <stdlib.h>
#include <string.h>
#include "board/host/loader.h"
#include "port/stm32f103/partitions.h"

enum { READ_MAX = 1 << 26 }; /* an ELF may be large */

/* What `image` has from the start of the slot on, as a file of its own; what lies between two
 * parts of it is erased. */
static int cut_out(const struct loader_image *image, const char *path, struct file *out_file,
                   struct host_error *out_error)
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
    if (BOARD_FLASH_BASE + first != OTTER_APP_ADDR) {
        return host_error_set(out_error, path, "begins at 0x%08X%s; the slot is at 0x%08X",
                              (unsigned)(BOARD_FLASH_BASE + first),
                              first == 0 ? ", with a bootloader" : "",
                              (unsigned)OTTER_APP_ADDR);
    }
    out_file->len = end - first;
    out_file->data = malloc(out_file->len);
    if (out_file->data == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    for (size_t i = 0; i < out_file->len; i++) {
        out_file->data[i] = image->used[first + i] != 0 ? image->bytes[first + i] : 0xFF;
    }
    return 0;
}

/* Make the Intel HEX or ELF file `io_file` the .bin of the same program. */
static int convert(enum loader_kind kind, const char *path, struct file *io_file,
                   struct host_error *out_error)
{
    char why[HOST_WHY_SIZE];
    struct file program = {.data = NULL};
    struct loader_image *image = calloc(1, sizeof *image);

    if (image == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    image->size = BOARD_FLASH_MAX;
    bool good = kind == LOADER_HEX ? loader_parse_hex(image, io_file->data, io_file->len, why)
                                   : loader_parse_elf(image, io_file->data, io_file->len, why);
    int err = good ? cut_out(image, path, &program, out_error)
                   : host_error_set(out_error, path, "%s", why);
    free(image);
    if (err == 0) {
        file_free(io_file);
        *io_file = program;
    }
    return err;
}

int app_file_load(struct image_file *image_file, const char *path, uint32_t max_size,
                  struct host_error *out_error)
{
    struct file file;

    if (file_read(path, READ_MAX, &file, out_error) != 0) {
        return -1;
    }
    enum loader_kind kind = loader_guess(file.data, file.len);
    if (kind != LOADER_BIN && convert(kind, path, &file, out_error) != 0) {
        file_free(&file);
        return -1;
    }
    return image_file_take(image_file, path, &file, max_size, out_error);
}
