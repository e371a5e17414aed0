/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware files that people give to `otter push` and `otter image`: what is loaded is
 * whole, of a possible size, and its trailer is what its last bytes say; what is refused is
 * named in one line. */
#include <stdlib.h>
#include "host/boot_file.h"
#include "host/image_file.h"
#include "otter/bytes.h"
#include "port/stm32f103/layout.h"
#include "tests/fuzz/fuzz.h"

static const char path[] = "image";

static void check_refused(const struct host_error *error)
{
    FUZZ_CHECK(strcmp(error->thing, path) == 0);
    FUZZ_CHECK(error->reason[0] != '\0');
    for (const char *at = error->reason; *at != '\0'; at++) {
        FUZZ_CHECK(*at >= ' ' && *at <= '~');
    }
}

static void check_text(const uint8_t field[8])
{
    char text[9];
    memset(text, 'x', sizeof text);
    image_file_text(field, text);
    FUZZ_CHECK(memchr(text, '\0', sizeof text) != NULL);
    for (const char *at = text; *at != '\0'; at++) {
        FUZZ_CHECK(*at > ' ' && *at <= '~');
    }
}

static void check_trailer(const struct image_file *image_file)
{
    uint8_t end[OTTER_IMAGE_TRAILER_SIZE];
    const struct file *file = &image_file->file;
    FUZZ_CHECK(file->len >= sizeof end);
    const uint8_t *trailer = file->data + file->len - sizeof end;
    otter_image_put_trailer(end, &image_file->image);
    FUZZ_CHECK(memcmp(end, trailer, OTTER_IMAGE_HEADER_SIZE) == 0);
    FUZZ_CHECK(image_file_signature(image_file) == trailer + OTTER_IMAGE_HEADER_SIZE);
    if (image_file->image.key_id == 0) { /* not signed: nothing may hide there */
        FUZZ_CHECK(memcmp(end, trailer, sizeof end) == 0);
    }
    FUZZ_CHECK(image_file->image.length < file->len);
    check_text(image_file->image.hardware);
    check_text(image_file->image.version);
}

static void check_vectors(const struct image_file *image_file)
{
    const struct otter_region *app = &stm32f103_layout.app;
    struct host_error error = {.reason = ""};
    if (image_file_check_startable(image_file, &stm32f103_layout, &error) == 0) {
        uint32_t reset = otter_get_le32(image_file->file.data + 4);
        FUZZ_CHECK(reset % 2 == 1 && reset >= app->addr + 8);
        FUZZ_CHECK(reset - app->addr < image_file->file.len);
        FUZZ_CHECK(error.reason[0] == '\0');
    } else {
        check_refused(&error);
    }
}

/* A bootloader in a file: its ids and keys are within it, and can be set. */
static void check_boot(const struct file *file)
{
    static const struct otter_ed25519_key key = {{1}, {2}};
    struct boot_file boot;
    struct host_error error = {.reason = ""};
    if (boot_file_take(&boot, path, file, &error) != 0) {
        check_refused(&error);
        return;
    }
    if (boot.is_otters) {
        unsigned room = boot_file_key_room(&boot);
        struct boot_file_ids ids = {"03010100", NULL, NULL, {&key}, room > 0};
        FUZZ_CHECK(room >= boot.ids.key_count);
        boot_file_set(&boot, &ids);
        FUZZ_CHECK(boot_file_begins(boot.file.data, boot.file.len));
        FUZZ_CHECK(boot_file_key_room(&boot) >= room);
        FUZZ_CHECK(memcmp(boot_file_hardware(&boot), "03010100", 8) == 0);
        FUZZ_CHECK(room == 0 || boot_file_key_id(&boot, 0) == 1);
        (void)boot_file_judge(&boot, &boot.file, &stm32f103_layout);
    }
    boot_file_free(&boot);
}

static struct file copy(const struct fuzz_input *input)
{
    struct file file = {malloc(input->len), input->len};
    FUZZ_CHECK(file.data != NULL);
    memcpy(file.data, input->bytes, input->len);
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint32_t max_size = 1u << fuzz_u8(&input) % 16;
    struct image_file image_file;
    if (input.len == 0) {
        return 0;
    }
    struct file file = copy(&input);
    struct host_error error = {.reason = ""};
    if (image_file_take(&image_file, path, &file, max_size, &error) == 0) {
        FUZZ_CHECK(error.reason[0] == '\0');
        FUZZ_CHECK(image_file.file.len == input.len);
        FUZZ_CHECK(memcmp(image_file.file.data, input.bytes, input.len) == 0);
        FUZZ_CHECK(input.len >= OTTER_IMAGE_SIZE_MIN && input.len <= max_size);
        if (image_file.has_trailer) {
            check_trailer(&image_file);
        }
        check_text(input.bytes);
        check_vectors(&image_file);
        image_file_free(&image_file);
    } else {
        check_refused(&error);
    }
    FUZZ_CHECK(image_file.file.data == NULL);
    file = copy(&input);
    check_boot(&file);
    return 0;
}
