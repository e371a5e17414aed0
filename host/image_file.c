/* SPDX-License-Identifier: Apache-2.0 */
#include "host/image_file.h"

#include <ctype.h>
#include <string.h>

#include "otter/bytes.h"

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

/* A trailer that is not at the end of the file, where nobody would find it: cut short, or with
 * something behind it. It is one if it says that the program ends where it begins. */
static int check_stray_trailer(const struct image_file *image_file,
                               struct host_error *out_error)
{
    enum { KNOWN_BY = 16 }; /* magic, format, flags, length */
    const struct file *file = &image_file->file;

    for (size_t at = OTTER_IMAGE_SIZE_MIN; at + KNOWN_BY <= file->len; at += 4) {
        uint8_t header[OTTER_IMAGE_HEADER_SIZE] = {0};
        memcpy(header, file->data + at, KNOWN_BY);
        size_t end = at + OTTER_IMAGE_TRAILER_SIZE;
        if (otter_image_check_header(header, (uint32_t)end) != 0) {
            continue;
        }
        return end > file->len
                   ? host_error_set(out_error, image_file->path,
                                    "damaged: cut short in its trailer, %zu bytes are missing",
                                    end - file->len)
                   : host_error_set(out_error, image_file->path,
                                    "damaged: %zu bytes follow its trailer", file->len - end);
    }
    return 0;
}

static int read_trailer(struct image_file *image_file, struct host_error *out_error)
{
    const uint8_t *data = image_file->file.data;
    size_t size = image_file->file.len;
    int err = OTTER_ERR_NONE;

    if (size >= OTTER_IMAGE_TRAILER_SIZE) {
        err = otter_image_get_trailer(data + size - OTTER_IMAGE_TRAILER_SIZE, (uint32_t)size,
                                      &image_file->image);
    }
    if (err == OTTER_ERR_NONE) {
        return check_stray_trailer(image_file, out_error);
    }
    image_file->has_trailer = true;
    if (err != 0 || (image_file->image.key_id == 0 &&
                     !is_zero(image_file_signature(image_file), OTTER_IMAGE_SIGNATURE_SIZE))) {
        return host_error_set(out_error, image_file->path,
                              "its trailer is damaged or of another otter");
    }
    return 0;
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

/* Why otter_image_is_startable() says no. */
static int refuse_vectors(const uint8_t head[], uint32_t length, const char *path,
                          const struct otter_layout *layout, struct host_error *out_error)
{
    const struct otter_region *app = &layout->app, *ram = &layout->ram;
    uint32_t stack = otter_get_le32(head), reset = otter_get_le32(head + 4);

    if (stack == UINT32_MAX && reset == UINT32_MAX) {
        return host_error_set(out_error, path, "begins with erased flash, not with a program");
    }
    if (stack - ram->addr > ram->size) {
        return host_error_set(out_error, path,
                              "begins with 0x%08x, which is no stack in RAM (0x%08x to "
                              "0x%08x): no program, or one for another chip",
                              stack, ram->addr, ram->addr + ram->size);
    }
    if (stack % 4 != 0 || stack - ram->addr < OTTER_IMAGE_STACK_MIN) {
        return host_error_set(out_error, path, "its stack begins at 0x%08x: %s", stack,
                              stack % 4 != 0 ? "not at a word" : "there is no room below");
    }
    if (reset - app->addr >= app->size) {
        return host_error_set(out_error, path,
                              "starts at 0x%08x, outside of its place (0x%08x to 0x%08x): is "
                              "it linked for another address?",
                              reset, app->addr, app->addr + app->size);
    }
    if (reset - app->addr >= length) {
        return host_error_set(out_error, path,
                              "starts at 0x%08x, behind its end at 0x%08x: is it cut short?",
                              reset, app->addr + length);
    }
    return host_error_set(out_error, path, "starts at 0x%08x: %s", reset,
                          reset % 2 == 0 ? "an even address, which is no Thumb code"
                                         : "in its vector table");
}

static uint32_t program_length(const struct image_file *image_file)
{
    return image_file->has_trailer ? image_file->image.length : (uint32_t)image_file->file.len;
}

bool image_file_is_startable(const struct image_file *image_file,
                             const struct otter_layout *layout)
{
    return otter_image_is_startable(image_file->file.data, program_length(image_file), layout);
}

int image_file_check_startable(const struct image_file *image_file,
                               const struct otter_layout *layout, struct host_error *out_error)
{
    return image_file_check_head(image_file->file.data, image_file->file.len,
                                 program_length(image_file), image_file->path, layout,
                                 out_error);
}

int image_file_check_head(const uint8_t head[], size_t len, int64_t size, const char *path,
                          const struct otter_layout *layout, struct host_error *out_error)
{
    uint32_t length = size <= UINT32_MAX ? (uint32_t)size : UINT32_MAX;

    if (len < OTTER_IMAGE_SIZE_MIN) {
        return host_error_set(out_error, path, "%zu bytes are too few for a program", len);
    }
    return otter_image_is_startable(head, length, layout)
               ? 0
               : refuse_vectors(head, length, path, layout, out_error);
}

bool image_file_mentions(const struct image_file *image_file, const uint8_t version[8])
{
    return memmem(image_file->file.data, program_length(image_file), version, 8) != NULL;
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
