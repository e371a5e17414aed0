/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware files that people give to `otter push` and `otter image`: what is loaded is
 * whole, of a possible size, and its trailer is what its last bytes say; what is refused is
 * named in one line. */
#include <sys/mman.h>
#include <unistd.h>
#include "host/image_file.h"
#include "otter/bytes.h"
#include "tests/fuzz/fuzz.h"

enum { PATH_SIZE = 40 };

/* A file in memory, under a name that can be opened. */
static int make_file(const uint8_t bytes[], size_t len, char out_path[PATH_SIZE])
{
    int fd = memfd_create("image", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(write(fd, bytes, len) == (ssize_t)len);
    (void)snprintf(out_path, PATH_SIZE, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_refused(const char *path, const struct host_error *error)
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

static void check_vectors(const struct image_file *image_file, uint32_t addr, uint32_t size)
{
    struct host_error error = {.reason = ""};
    if (image_file_check_startable(image_file, addr, &error) == 0) {
        uint32_t reset = otter_get_le32(image_file->file.data + 4);
        FUZZ_CHECK(reset % 2 == 1 && reset >= addr + 8 && reset - addr < size);
        FUZZ_CHECK(error.reason[0] == '\0');
    } else {
        check_refused(image_file->path, &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint32_t max_size = 1u << fuzz_u8(&input) % 16;
    struct image_file image_file;
    char path[PATH_SIZE];
    if (input.len == 0) {
        return 0;
    }
    int fd = make_file(input.bytes, input.len, path);
    struct host_error error = {.reason = ""};
    if (image_file_load(&image_file, path, max_size, &error) == 0) {
        FUZZ_CHECK(error.reason[0] == '\0');
        FUZZ_CHECK(image_file.file.len == input.len);
        FUZZ_CHECK(memcmp(image_file.file.data, input.bytes, input.len) == 0);
        FUZZ_CHECK(input.len >= OTTER_IMAGE_SIZE_MIN && input.len <= max_size);
        if (image_file.has_trailer) {
            check_trailer(&image_file);
        }
        check_text(input.bytes);
        check_vectors(&image_file, 0x08003000, 26 * 1024);
        image_file_free(&image_file);
    } else {
        check_refused(path, &error);
    }
    FUZZ_CHECK(image_file.file.data == NULL);
    (void)close(fd);
    return 0;
}
