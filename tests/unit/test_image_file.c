/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware files of people (host/image_file.h): trailers that are not where they should be, and
 * versions. Vectors, sizes and kinds are e2e_cli_bad_input's. Authority: docs/flash-format.md
 * chapter 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "host/image_file.h"

enum { PROGRAM_SIZE = 400, BEHIND = 40 };

static uint8_t bytes[PROGRAM_SIZE + OTTER_IMAGE_TRAILER_SIZE + BEHIND];

static int make(void **state)
{
    struct otter_image image = {.length = PROGRAM_SIZE};

    (void)state;
    memset(bytes, 0xAA, sizeof bytes);
    memcpy(bytes + 100, "03010102", 8);
    memcpy(image.version, "03010102", 8);
    otter_image_put_trailer(bytes + PROGRAM_SIZE, &image);
    return 0;
}

static int take(size_t len, struct image_file *out_image, struct host_error *out_error)
{
    struct file file = {malloc(len), len};

    assert_non_null(file.data);
    memcpy(file.data, bytes, len);
    return image_file_take(out_image, "a.bin", &file, sizeof bytes, out_error);
}

static void expect_error(size_t len, const char *reason)
{
    struct image_file image;
    struct host_error error;

    assert_int_equal(take(len, &image, &error), -1);
    assert_string_equal(error.reason, reason);
}

static void expect_plain(size_t len)
{
    struct image_file image;
    struct host_error error;

    if (take(len, &image, &error) != 0) {
        fail_msg("%zu bytes: %s", len, error.reason);
    }
    assert_false(image.has_trailer);
    image_file_free(&image);
}

static void a_whole_trailer_is_read(void **state)
{
    struct image_file image;
    struct host_error error;

    (void)state;
    assert_int_equal(take(PROGRAM_SIZE + OTTER_IMAGE_TRAILER_SIZE, &image, &error), 0);
    assert_true(image.has_trailer);
    assert_int_equal(image.image.length, PROGRAM_SIZE);
    image_file_free(&image);
}

static void a_trailer_cut_short_is_damage(void **state)
{
    (void)state;
    expect_error(PROGRAM_SIZE + 111, "damaged: cut short in its trailer, 1 bytes are missing");
    expect_error(PROGRAM_SIZE + 48, "damaged: cut short in its trailer, 64 bytes are missing");
    expect_error(PROGRAM_SIZE + 16, "damaged: cut short in its trailer, 96 bytes are missing");
    expect_plain(PROGRAM_SIZE);
}

static void bytes_behind_a_trailer_are_damage(void **state)
{
    (void)state;
    expect_error(sizeof bytes, "damaged: 40 bytes follow its trailer");
}

/* A program may hold the letters, as otter's own does; it is no trailer there. */
static void what_only_looks_like_a_trailer_is_none(void **state)
{
    (void)state;
    memmove(bytes + 200, bytes + PROGRAM_SIZE, OTTER_IMAGE_TRAILER_SIZE);
    expect_plain(PROGRAM_SIZE);
    memset(bytes + PROGRAM_SIZE + 8, 9, 1); /* of a format that is not known */
    expect_plain(sizeof bytes);
}

static void the_version_is_looked_for_in_the_program(void **state)
{
    struct image_file image;
    struct host_error error;

    (void)state;
    assert_int_equal(take(PROGRAM_SIZE + OTTER_IMAGE_TRAILER_SIZE, &image, &error), 0);
    assert_true(image_file_mentions(&image, (const uint8_t *)"03010102"));
    image.file.data[100] = 'x'; /* it stands in the trailer still */
    assert_false(image_file_mentions(&image, (const uint8_t *)"03010102"));
    image_file_free(&image);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_trailer_is_read, make),
        cmocka_unit_test_setup(a_trailer_cut_short_is_damage, make),
        cmocka_unit_test_setup(bytes_behind_a_trailer_are_damage, make),
        cmocka_unit_test_setup(what_only_looks_like_a_trailer_is_none, make),
        cmocka_unit_test_setup(the_version_is_looked_for_in_the_program, make),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
