/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a file before a transfer. Authority: core/include/otter/verify.h and
 * docs/protocol.md 4.8, which say it after one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "host/about_check.h"
#include "otter/boot_ids.h"

/* A device with two keys, and a file that it takes. */
static struct otter_about about;
static struct image_file file;

static void begin(void)
{
    about = (struct otter_about){.hardware = {'0', '3', '0', '1', '0', '1', '0', '0'},
                                 .has_journal = true,
                                 .number = 0x03010101,
                                 .floor = 0x03010100,
                                 .slot_size = 26624,
                                 .has_boot = true,
                                 .boot_does = OTTER_BOOT_VERIFIES,
                                 .key_count = 2,
                                 .key_ids = {0x11111111, 0x22222222},
                                 .judged = true};
    file = (struct image_file){.file = {.len = 26624},
                               .has_trailer = true,
                               .image = {.hardware = {'0', '3', '0', '1', '0', '1', '0', '0'},
                                         .number = 0x03010100,
                                         .key_id = 0x22222222}};
}

static void expect(enum otter_reason reason)
{
    assert_int_equal(about_check(&about, &file), reason);
}

static void a_good_file(void **state)
{
    (void)state;
    begin();
    expect(OTTER_REASON_NONE);
    assert_false(about_check_is_too_large(&about, &file));
    file.image.key_id = 0x11111111;
    expect(OTTER_REASON_NONE);
}

static void each_refusal(void **state)
{
    (void)state;
    begin();
    file.file.len++;
    assert_true(about_check_is_too_large(&about, &file));
    begin();
    file.has_trailer = false;
    expect(OTTER_REASON_NO_IMAGE);
    begin();
    file.image.hardware[7] = '1';
    expect(OTTER_REASON_HARDWARE);
    begin();
    file.image.key_id = 0;
    expect(OTTER_REASON_UNSIGNED);
    begin();
    file.image.key_id = 0x33333333;
    expect(OTTER_REASON_UNKNOWN_KEY);
    begin();
    file.image.number--;
    expect(OTTER_REASON_OLDER);
    begin();
    about.verdict = OTTER_REASON_INSTALLED;
    expect(OTTER_REASON_INSTALLED);
    about.verdict = OTTER_REASON_TRIED;
    expect(OTTER_REASON_TRIED);
    about.judged = false;
    expect(OTTER_REASON_NONE);
}

/* It confirms when it answers. */
static void a_trial_is_no_refusal(void **state)
{
    (void)state;
    begin();
    about.verdict = OTTER_REASON_ON_TRIAL;
    about.on_trial = true;
    expect(OTTER_REASON_NONE);
}

/* In the order of the bootloader; what the app would say comes last. */
static void the_first_refusal_counts(void **state)
{
    (void)state;
    begin();
    about.verdict = OTTER_REASON_TRIED;
    file.image.number--;
    expect(OTTER_REASON_OLDER);
    file.image.key_id = 0x33333333;
    expect(OTTER_REASON_UNKNOWN_KEY);
    file.image.key_id = 0;
    expect(OTTER_REASON_UNSIGNED);
    file.image.hardware[0] = 'X';
    expect(OTTER_REASON_HARDWARE);
    file.has_trailer = false;
    expect(OTTER_REASON_NO_IMAGE);
}

/* One that takes unsigned images, and one of which nothing is known. */
static void without_signatures(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin();
        about.has_boot = i == 0;
        about.boot_does = i == 0 ? OTTER_BOOT_TUTORIAL : OTTER_BOOT_VERIFIES;
        file.image.key_id = 0;
        file.image.number = 0;
        expect(OTTER_REASON_NONE);
        file.image.hardware[0] = 'X';
        expect(OTTER_REASON_HARDWARE);
        file.has_trailer = false;
        expect(OTTER_REASON_NONE);
    }
}

/* A key that is not told may be the one; a place behind those that are told is none. */
static void keys_that_are_not_told(void **state)
{
    (void)state;
    begin();
    about.key_ids[2] = file.image.key_id = 0x33333333;
    expect(OTTER_REASON_UNKNOWN_KEY);
    about.key_count = OTTER_ABOUT_KEYS_MAX + 1;
    about.key_ids[2] = 0;
    expect(OTTER_REASON_NONE);
    about.key_count = 0;
    expect(OTTER_REASON_UNKNOWN_KEY);
}

static void no_floor_without_a_journal(void **state)
{
    (void)state;
    begin();
    about.has_journal = false;
    file.image.number = 0;
    expect(OTTER_REASON_NONE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file),
        cmocka_unit_test(each_refusal),
        cmocka_unit_test(a_trial_is_no_refusal),
        cmocka_unit_test(the_first_refusal_counts),
        cmocka_unit_test(without_signatures),
        cmocka_unit_test(keys_that_are_not_told),
        cmocka_unit_test(no_floor_without_a_journal),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
