/* SPDX-License-Identifier: Apache-2.0 */
/* The app that `otter push` is given, in any form (cli/app_file.h). The forms themselves are
 * test_loader's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app_file.h"
#include "port/stm32f103/layout.h"

/* 16 bytes at 0x08003000: stack pointer 0x20005000, reset 0x08003101, eight times AA. */
#define AT_SLOT ":020000040800F2\n:103000000050002001310008AAAAAAAAAAAAAAAAC6\n"
#define END     ":00000001FF\n"

static char path[] = "/tmp/otter-app-XXXXXX";

static int load(const char *text, struct image_file *out_file, struct host_error *out_error)
{
    strcpy(path + sizeof path - sizeof "XXXXXX", "XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int err = app_file_load(out_file, path, &stm32f103_layout, NULL, out_error);
    unlink(path);
    return err;
}

static void expect_error(const char *text, const char *reason)
{
    struct host_error error = {.reason = ""};
    struct image_file file;

    assert_int_equal(load(text, &file, &error), -1);
    assert_string_equal(error.thing, path);
    assert_string_equal(error.reason, reason);
}

/* Of what lies between two parts a programmer leaves the flash erased. */
static void test_app_file_hex_with_a_gap(void **state)
{
    static const uint8_t expected[] = {0x00, 0x50, 0x00, 0x20, 0x01, 0x31, 0x00, 0x08,
                                       0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
                                       0xFF, 0xFF, 0xFF, 0xFF, 0x12, 0x34};
    struct host_error error;
    struct image_file file;

    (void)state;
    if (load(AT_SLOT ":023014001234"
                     "74\n" END,
             &file, &error) != 0) {
        fail_msg("%s", error.reason);
    }
    assert_int_equal(file.file.len, sizeof expected);
    assert_memory_equal(file.file.data, expected, sizeof expected);
    assert_false(file.has_trailer);
    image_file_free(&file);
}

static void test_app_file_must_begin_at_the_slot(void **state)
{
    (void)state;
    expect_error(":020000040800F2\n:020000001234B8\n" END,
                 "a program for 0x08000000, such as a bootloader; the slot is at 0x08003000");
    expect_error(":020000040800F2\n:02400000123478\n" END,
                 "begins at 0x08004000; the slot is at 0x08003000");
    expect_error(END, "there is no program in it");
}

static void test_app_file_checks_what_it_has_read(void **state)
{
    (void)state;
    expect_error(":020000040800F2\n:02300000123488\n" END, "2 bytes are too few for a program");
    /* 40 KB behind the first bytes, though there are few of them */
    expect_error(AT_SLOT ":02D000001234E8\n" END,
                 "40962 bytes do not fit the slot of 26624 bytes");
    expect_error("S00600004844521B\nS1130000DEADBEEF\n",
                 "this is an S-record file; give the .bin (objcopy -I srec -O binary)");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_app_file_hex_with_a_gap),
        cmocka_unit_test(test_app_file_must_begin_at_the_slot),
        cmocka_unit_test(test_app_file_checks_what_it_has_read),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
