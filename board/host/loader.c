/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SIZE = BOARD_FLASH_PAGE, FILE_SIZE_MAX = 16 * 1024 * 1024 };

bool loader_fail(char out_why[HOST_WHY_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out_why, HOST_WHY_SIZE, format, args);
    va_end(args);
    return false;
}

bool loader_image_add(struct loader_image *image, uint32_t addr, const uint8_t bytes[],
                      size_t len, char out_why[HOST_WHY_SIZE])
{
    if (len == 0) {
        return true;
    }
    if (addr < BOARD_FLASH_BASE || addr - BOARD_FLASH_BASE >= image->size) {
        return loader_fail(out_why, "address 0x%08lX is not in the flash (0x%08lX..0x%08lX)",
                           (unsigned long)addr, (unsigned long)BOARD_FLASH_BASE,
                           (unsigned long)(BOARD_FLASH_BASE + image->size - 1));
    }
    size_t off = addr - BOARD_FLASH_BASE;
    if (len > image->size - off) {
        return loader_fail(
            out_why, "does not fit: %zu bytes at 0x%08lX, the flash ends at 0x%08lX", len,
            (unsigned long)addr, (unsigned long)(BOARD_FLASH_BASE + image->size - 1));
    }
    for (size_t i = 0; i < len; i++) {
        if (image->used[off + i] != 0) {
            return loader_fail(out_why, "address 0x%08lX is given twice",
                               (unsigned long)(addr + i));
        }
        image->bytes[off + i] = bytes[i];
        image->used[off + i] = 1;
    }
    image->any = true;
    return true;
}

static bool are_hex_digits(const uint8_t text[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr("0123456789ABCDEFabcdef", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

enum loader_kind loader_guess(const uint8_t bytes[], size_t len)
{
    if (len >= 4 && memcmp(bytes, "\177ELF", 4) == 0) {
        return LOADER_ELF;
    }
    /* No vector table begins with these bytes, because a stack pointer is a multiple of 4. */
    if (len >= 1 && bytes[0] == ':' && are_hex_digits(bytes + 1, len < 9 ? len - 1 : 8)) {
        return LOADER_HEX;
    }
    return LOADER_BIN;
}

/* Names other kinds of file that are found in build folders and must not be programmed as code.
 * NULL = none of them. */
static const char *foreign_kind(const uint8_t bytes[], size_t len)
{
    if (len >= 10 && bytes[0] == 'S' && are_hex_digits(bytes + 1, 9)) {
        return "S-record file";
    }
    if (len >= 4 && memcmp(bytes, "UF2\n", 4) == 0) {
        return "UF2 file";
    }
    return NULL;
}

static bool page_is_used(const uint8_t used[], size_t page)
{
    return memchr(used + page * PAGE_SIZE, 1, PAGE_SIZE) != NULL;
}

static void program(struct loader *loader, const struct loader_image *image)
{
    for (size_t page = 0; page < image->size / PAGE_SIZE; page++) {
        const uint8_t *used = image->used + page * PAGE_SIZE;
        uint8_t *flash = loader->flash + page * PAGE_SIZE;
        if (!page_is_used(image->used, page)) {
            continue;
        }
        if (!page_is_used(loader->used, page)) {
            memset(flash, 0xFF, PAGE_SIZE);
        }
        for (size_t i = 0; i < PAGE_SIZE; i++) {
            if (used[i] != 0) {
                flash[i] = image->bytes[page * PAGE_SIZE + i];
                loader->used[page * PAGE_SIZE + i] = 1;
            }
        }
    }
}

static bool is_free(const struct loader *loader, const struct loader_image *image,
                    char out_why[HOST_WHY_SIZE])
{
    for (uint32_t off = 0; off < image->size; off++) {
        if (image->used[off] != 0 && loader->used[off] != 0) {
            return loader_fail(out_why, "another file has put something at 0x%08X already",
                               (unsigned)(BOARD_FLASH_BASE + off));
        }
    }
    return true;
}

bool loader_put(struct loader *loader, enum loader_kind kind, const uint8_t bytes[], size_t len,
                uint32_t addr, char out_why[HOST_WHY_SIZE])
{
    struct loader_image *image = calloc(1, sizeof *image);
    if (image == NULL) {
        return loader_fail(out_why, "out of memory");
    }
    image->size = loader->size != 0 ? loader->size : BOARD_FLASH_SIZE;
    bool good = false;
    switch (kind) {
    case LOADER_BIN:
        good = loader_image_add(image, addr, bytes, len, out_why);
        break;
    case LOADER_HEX:
        good = loader_parse_hex(image, bytes, len, out_why);
        break;
    case LOADER_ELF:
        good = loader_parse_elf(image, bytes, len, out_why);
        break;
    }
    if (good && !image->any) {
        good = loader_fail(out_why, "nothing to load in it");
    }
    good = good && is_free(loader, image, out_why);
    if (good) {
        program(loader, image);
    }
    free(image);
    return good;
}

bool loader_is_beyond(const struct loader *loader, uint32_t addr, uint32_t len)
{
    for (uint32_t page = 0; page < BOARD_FLASH_MAX / PAGE_SIZE; page++) {
        uint32_t at = BOARD_FLASH_BASE + page * PAGE_SIZE;
        if (page_is_used(loader->used, page) && at - addr >= len) {
            return true;
        }
    }
    return false;
}

/* The whole file, malloc'ed; NULL with the reason if that fails. */
static uint8_t *read_all(const char *path, size_t *out_len, char out_why[HOST_WHY_SIZE])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)loader_fail(out_why, "%s", strerror(errno));
        return NULL;
    }
    uint8_t *bytes = NULL;
    size_t len = 0, room = 0;
    for (;;) {
        if (len == room) {
            room = room == 0 ? 65536 : room * 2;
            uint8_t *more = room > FILE_SIZE_MAX ? NULL : realloc(bytes, room);
            if (more == NULL) {
                (void)loader_fail(out_why, "too large");
                break;
            }
            bytes = more;
        }
        size_t got = fread(bytes + len, 1, room - len, file);
        len += got;
        if (got > 0) {
            continue;
        }
        if (ferror(file)) {
            (void)loader_fail(out_why, "%s", strerror(errno));
            break;
        }
        (void)fclose(file);
        *out_len = len;
        return bytes;
    }
    (void)fclose(file);
    free(bytes);
    return NULL;
}

bool loader_put_file(struct loader *loader, const char *path, bool has_addr, uint32_t addr,
                     char out_why[HOST_WHY_SIZE])
{
    size_t len = 0;
    uint8_t *bytes = read_all(path, &len, out_why);
    if (bytes == NULL) {
        return false;
    }
    enum loader_kind kind = loader_guess(bytes, len);
    bool good;
    if (len == 0) {
        good = loader_fail(out_why, "empty file");
    } else if (foreign_kind(bytes, len) != NULL) {
        good =
            loader_fail(out_why, "%s: give the .bin, .hex or .elf", foreign_kind(bytes, len));
    } else if (has_addr && kind != LOADER_BIN) {
        good = loader_fail(out_why, "%s file: it has its own addresses, leave @ADDR away",
                           kind == LOADER_ELF ? "ELF" : "Intel HEX");
    } else {
        good =
            loader_put(loader, kind, bytes, len, has_addr ? addr : BOARD_FLASH_BASE, out_why);
    }
    free(bytes);
    return good;
}
