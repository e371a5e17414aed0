/* SPDX-License-Identifier: Apache-2.0 */
#include "host/image_file.h"

#include <ctype.h>
#include <string.h>

#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

enum { READ_MAX = 1 << 26 }; /* an ELF may be large, and is named as such */

void image_file_text(const uint8_t field[8], char out_text[9])
{
    for (int i = 0; i < 8; i++) {
        out_text[i] = (char)(field[i] > ' ' && field[i] <= '~' ? field[i] : '?');
    }
    out_text[8] = 0;
    for (int i = 7; i >= 0 && (field[i] == 0 || field[i] == ' '); i--) {
        out_text[i] = 0;
    }
}

static bool are_hex_digits(const uint8_t data[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isxdigit(data[i])) {
            return false;
        }
    }
    return true;
}

const char *image_file_foreign_kind(const uint8_t data[], size_t size)
{
    if (size >= 4 && memcmp(data, "\177ELF", 4) == 0) {
        return "this is an ELF file; give the .bin (objcopy -O binary)";
    }
    if (size >= 9 && data[0] == ':' && are_hex_digits(data + 1, 8)) {
        return "this is an Intel HEX file; give the .bin (objcopy -I ihex -O binary)";
    }
    if (size >= 9 && data[0] == 'S' && are_hex_digits(data + 1, 8)) {
        return "this is an S-record file; give the .bin (objcopy -I srec -O binary)";
    }
    if (size >= 4 && memcmp(data, "UF2\n", 4) == 0) {
        return "this is a UF2 file; give the .bin";
    }
    if (size >= 4 && memcmp(data, "PK\003\004", 4) == 0) {
        return "this is a ZIP archive; give the .bin inside";
    }
    return NULL;
}

static bool is_zero(const uint8_t data[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

const uint8_t *image_file_signature(const struct image_file *image_file)
{
    return image_file->file.data + image_file->file.len - OTTER_IMAGE_SIGNATURE_SIZE;
}

bool image_file_is_signed(const struct image_file *image_file)
{
    return image_file->has_trailer && image_file->image.key_id != 0 &&
           !is_zero(image_file_signature(image_file), OTTER_IMAGE_SIGNATURE_SIZE);
}

static int check_size(const struct image_file *image_file, uint32_t max_size,
                      struct host_error *out_error)
{
    size_t size = image_file->file.len;
    const char *kind = image_file_foreign_kind(image_file->file.data, size);

    if (kind != NULL) {
        return host_error_set(out_error, image_file->path, "%s", kind);
    }
    if (size > max_size) {
        return host_error_set(out_error, image_file->path,
                              "%zu bytes do not fit the slot of %u bytes", size, max_size);
    }
    if (size < OTTER_IMAGE_SIZE_MIN) {
        return host_error_set(out_error, image_file->path,
                              "%zu bytes are too few for a program", size);
    }
    return 0;
}

static int read_trailer(struct image_file *image_file, struct host_error *out_error)
{
    const uint8_t *data = image_file->file.data;
    size_t size = image_file->file.len;

    if (size < OTTER_IMAGE_TRAILER_SIZE) {
        return 0;
    }
    int err = otter_image_get_trailer(data + size - OTTER_IMAGE_TRAILER_SIZE, (uint32_t)size,
                                      &image_file->image);
    if (err == OTTER_ERR_NONE) {
        return 0;
    }
    image_file->has_trailer = true;
    if (err != 0 || (image_file->image.key_id == 0 &&
                     !is_zero(image_file_signature(image_file), OTTER_IMAGE_SIGNATURE_SIZE))) {
        return host_error_set(out_error, image_file->path,
                              "its trailer is damaged or of another otter");
    }
    return 0;
}

int image_file_load(struct image_file *image_file, const char *path, uint32_t max_size,
                    struct host_error *out_error)
{
    struct file file;

    return file_read(path, READ_MAX, &file, out_error) != 0
               ? -1
               : image_file_take(image_file, path, &file, max_size, out_error);
}

int image_file_take(struct image_file *image_file, const char *path, const struct file *file,
                    uint32_t max_size, struct host_error *out_error)
{
    *image_file = (struct image_file){.path = path, .file = *file};
    if (check_size(image_file, max_size, out_error) == 0 &&
        read_trailer(image_file, out_error) == 0) {
        return 0;
    }
    file_free(&image_file->file);
    return -1;
}

void image_file_free(struct image_file *image_file)
{
    file_free(&image_file->file);
}

bool image_file_is_startable(const struct image_file *image_file, uint32_t slot_addr)
{
    uint32_t length =
        image_file->has_trailer ? image_file->image.length : (uint32_t)image_file->file.len;
    struct otter_layout layout = {
        .app = {.addr = slot_addr},
        .ram = {.addr = OTTER_RAM_ADDR, .size = OTTER_RAM_SIZE},
    };

    return otter_image_is_startable(image_file->file.data, length, &layout);
}

int image_file_check_startable(const struct image_file *image_file, uint32_t slot_addr,
                               struct host_error *out_error)
{
    if (image_file_is_startable(image_file, slot_addr)) {
        return 0;
    }
    return host_error_set(
        out_error, image_file->path,
        "no vector table for 0x%08x at its start; is it linked for another address?",
        slot_addr);
}

int image_file_check_head(const uint8_t head[], size_t len, int64_t size, const char *path,
                          struct host_error *out_error)
{
    bool fits = size <= UINT32_MAX;
    struct otter_layout layout = {
        .app = {.addr = OTTER_APP_ADDR, .size = OTTER_APP_SIZE},
        .ram = {.addr = OTTER_RAM_ADDR, .size = OTTER_RAM_SIZE},
    };

    if (len < OTTER_IMAGE_SIZE_MIN) {
        return host_error_set(out_error, path, "%zu bytes are too few for a program", len);
    }
    if (otter_image_is_startable(head, fits ? (uint32_t)size : UINT32_MAX, &layout)) {
        return 0;
    }
    return host_error_set(out_error, path,
                          "its vector table (stack 0x%08x, reset 0x%08x) is not that of a "
                          "program at 0x%08x; is it linked for another address?",
                          (unsigned)otter_get_le32(head), (unsigned)otter_get_le32(head + 4),
                          (unsigned)OTTER_APP_ADDR);
}

bool image_file_read_version(const struct file *file, uint8_t out_version[8])
{
    struct otter_image image;

    if (file->len < OTTER_IMAGE_TRAILER_SIZE ||
        otter_image_get_trailer(file->data + file->len - OTTER_IMAGE_TRAILER_SIZE,
                                (uint32_t)file->len, &image) != 0) {
        return false;
    }
    memcpy(out_version, image.version, 8);
    return true;
}

struct module_file image_file_offer(const struct file *file)
{
    struct module_file offer = module_file_in_memory(file->data, (uint32_t)file->len);

    file_md5_hex(file, offer.md5_hex);
    return offer;
}
