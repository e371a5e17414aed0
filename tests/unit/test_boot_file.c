/* SPDX-License-Identifier: Apache-2.0 */
/* Bootloaders in files (host/boot_file.h): what one would start, and ids and keys put into it.
 * Authority: docs/flash-format.md chapter 7. The real bootloaders are e2e_image_files'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/boot_file.h"
#include "host/key_file.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "port/stm32f103/layout.h"

enum {
    WORDS = 0x10,
    SECTION = 0x24,
    KEYS = SECTION + 68,
    ROOM_END = KEYS + 2 * 64,
    BOOT_SIZE = 1000,
    PROGRAM_SIZE = 400,
    APP_SIZE = PROGRAM_SIZE + OTTER_IMAGE_TRAILER_SIZE,
    VERIFIES = 1,
};

static uint8_t bytes[BOOT_SIZE], app[APP_SIZE];
static struct boot_file boot;
static struct key_file keys[2];

static int start(void **state)
{
    char dir[] = "/tmp/otter-boot-XXXXXX", path[64];
    struct host_error error;

    (void)state;
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%d.pem", dir, i);
        assert_int_equal(key_file_new(&keys[i], path, &error), 0);
        unlink(path);
    }
    rmdir(dir);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    key_file_free(&keys[0]);
    key_file_free(&keys[1]);
    return 0;
}

/* A bootloader without keys, with room for two. */
static void make_bytes(uint32_t does)
{
    const uint32_t words[] = {0x6274746F, 0x01000001 | does << 8, 0x08000000 + SECTION, 68, 0};

    memset(bytes, 0xAA, sizeof bytes);
    otter_put_le32(bytes, 0x20005000);
    otter_put_le32(bytes + 4, 0x08000101);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        otter_put_le32(bytes + WORDS + 4 * i, words[i]);
    }
    static const char info[] = "0000000400000002--------00000000";
    memcpy(bytes + SECTION, info, sizeof info - 1);
    memset(bytes + SECTION + 32, '0', 32);
    memset(bytes + KEYS, 0xFF, ROOM_END - KEYS);
}

static int take(struct host_error *out_error)
{
    struct file file = {malloc(sizeof bytes), sizeof bytes};

    assert_non_null(file.data);
    memcpy(file.data, bytes, sizeof bytes);
    return boot_file_take(&boot, "boot.bin", &file, out_error);
}

static void take_good(uint32_t does)
{
    struct host_error error;

    make_bytes(does);
    if (take(&error) != 0) {
        fail_msg("%s", error.reason);
    }
    assert_true(boot.is_otters);
}

static void set_keys(unsigned count)
{
    const struct boot_file_ids ids = {.hardware = "03010100",
                                      .product = "00112233445566778899aabbccddeeff",
                                      .keys = {&keys[0].public_key, &keys[1].public_key},
                                      .key_count = count};
    boot_file_set(&boot, &ids);
}

/* An app for the slot, signed if there is a key. */
static struct file make_app(const char *hardware, const struct key_file *key)
{
    struct otter_image image = {.length = PROGRAM_SIZE, .key_id = key == NULL ? 0 : key->id};
    const size_t signed_len = APP_SIZE - OTTER_IMAGE_SIGNATURE_SIZE;
    struct host_error error;

    memset(app, 0x55, sizeof app);
    otter_put_le32(app, 0x20005000);
    otter_put_le32(app + 4, 0x08003101);
    memcpy(image.hardware, hardware, 8);
    memcpy(image.version, "03010102", 8);
    otter_image_put_trailer(app + PROGRAM_SIZE, &image);
    if (key != NULL) {
        assert_int_equal(key_file_sign(key, app, signed_len, app + signed_len, &error), 0);
    }
    return (struct file){app, sizeof app};
}

static enum otter_reason judge(struct file file)
{
    return boot_file_judge(&boot, &file, &stm32f103_layout);
}

static void ids_and_keys_are_set(void **state)
{
    (void)state;
    take_good(VERIFIES);
    assert_true(boot_file_verifies(&boot));
    assert_int_equal(boot.ids.key_count, 0);
    assert_int_equal(boot_file_key_room(&boot), 2);
    set_keys(2);
    assert_int_equal(boot_file_key_room(&boot), 2);
    assert_int_equal(boot_file_key_id(&boot, 0), keys[0].id);
    assert_int_equal(boot_file_key_id(&boot, 1), keys[1].id);
    assert_memory_equal(boot_file_hardware(&boot), "03010100", 8);
    assert_memory_equal(boot_file_product(&boot), "00112233445566778899aabbccddeeff", 32);
    assert_memory_equal(boot_file_p0(&boot), "00000002", 8);

    /* what a device reads of it, and nothing else is touched */
    const uint8_t *data = boot.file.data;
    assert_int_equal(otter_get_le32(data + WORDS + 12), 68 + 128);
    assert_int_equal(otter_get_le32(data + WORDS + 16), 2);
    assert_memory_equal(data, bytes, WORDS + 12);
    assert_memory_equal(data + SECTION, bytes + SECTION, 16);
    assert_memory_equal(data + SECTION + 64, bytes + SECTION + 64, 4);
    assert_memory_equal(data + ROOM_END, bytes + ROOM_END, BOOT_SIZE - ROOM_END);
    boot_file_free(&boot);
}

static void fewer_keys_leave_room(void **state)
{
    (void)state;
    take_good(VERIFIES);
    set_keys(2);
    set_keys(1);
    assert_int_equal(boot.ids.key_count, 1);
    assert_int_equal(boot_file_key_room(&boot), 2);
    for (int i = KEYS + 64; i < ROOM_END; i++) {
        assert_int_equal(boot.file.data[i], 0xFF);
    }
    assert_int_equal(judge(make_app("03010100", &keys[1])), OTTER_REASON_UNKNOWN_KEY);
    boot_file_free(&boot);
}

static void room_is_whole_keys_of_erased_bytes(void **state)
{
    struct host_error error;

    (void)state;
    make_bytes(VERIFIES);
    bytes[ROOM_END - 1] = 0xFE;
    assert_int_equal(take(&error), 0);
    assert_int_equal(boot_file_key_room(&boot), 1);
    boot_file_free(&boot);
}

static void it_judges_as_a_board_would(void **state)
{
    (void)state;
    take_good(VERIFIES);
    assert_int_equal(judge(make_app("03010100", &keys[0])), OTTER_REASON_HARDWARE);
    set_keys(2);
    assert_int_equal(judge(make_app("03010100", &keys[0])), OTTER_REASON_NONE);
    assert_int_equal(judge(make_app("03010100", &keys[1])), OTTER_REASON_NONE);
    assert_int_equal(judge(make_app("03010101", &keys[0])), OTTER_REASON_HARDWARE);
    assert_int_equal(judge(make_app("03010100", NULL)), OTTER_REASON_UNSIGNED);
    assert_int_equal(judge((struct file){app, PROGRAM_SIZE}), OTTER_REASON_NO_IMAGE);

    struct file file = make_app("03010100", &keys[0]);
    app[100] ^= 1;
    assert_int_equal(judge(file), OTTER_REASON_SIGNATURE);
    file = make_app("03010100", &keys[0]);
    otter_put_le32(app + 4, 0x08000101);
    assert_int_equal(judge(file), OTTER_REASON_NOT_STARTABLE);
    boot_file_free(&boot);
}

static void without_signatures_any_app_starts(void **state)
{
    (void)state;
    take_good(0);
    set_keys(0);
    (void)make_app("03010100", NULL);
    assert_int_equal(judge((struct file){app, PROGRAM_SIZE}), OTTER_REASON_NONE);
    assert_int_equal(judge(make_app("03010101", NULL)), OTTER_REASON_HARDWARE);
    boot_file_free(&boot);
}

static void other_bootloaders_say_nothing(void **state)
{
    struct host_error error;

    (void)state;
    make_bytes(VERIFIES);
    otter_put_le32(bytes + WORDS, 0x08000145);
    assert_int_equal(take(&error), 0);
    assert_false(boot.is_otters);
    boot_file_free(&boot);
}

static void damaged_ids_are_refused(void **state)
{
    static const struct {
        unsigned word;
        uint32_t value;
    } bad[] = {
        {2, 0x08000010},                 /* the section is in the words */
        {2, 0x08000000 + BOOT_SIZE - 8}, /* behind the end of the file */
        {2, 0x08000026},                 /* not at a word */
        {2, 0x080000F0},                 /* the program starts in it */
        {3, 69},
        {4, 1},
    };
    struct host_error error;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make_bytes(VERIFIES);
        otter_put_le32(bytes + WORDS + (size_t)4 * bad[i].word, bad[i].value);
        assert_int_equal(take(&error), -1);
        assert_string_equal(error.thing, "boot.bin");
        assert_non_null(strstr(error.reason, "damaged"));
    }
    make_bytes(VERIFIES); /* its code would be the third one */
    otter_put_le32(bytes + WORDS + 12, 68 + 3 * 64);
    otter_put_le32(bytes + WORDS + 16, 3);
    otter_put_le32(bytes + 4, 0x08000201);
    assert_int_equal(take(&error), -1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_keys_are_set),
        cmocka_unit_test(fewer_keys_leave_room),
        cmocka_unit_test(room_is_whole_keys_of_erased_bytes),
        cmocka_unit_test(it_judges_as_a_board_would),
        cmocka_unit_test(without_signatures_any_app_starts),
        cmocka_unit_test(other_bootloaders_say_nothing),
        cmocka_unit_test(damaged_ids_are_refused),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, start, stop);
}
