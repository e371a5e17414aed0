/* SPDX-License-Identifier: Apache-2.0 */
/* boot_unsigned on the model, with test apps that know nothing of a journal, as a tutorial's:
 * what it starts, what it leaves behind, what it says, what it makes of a FLAG record. Signed
 * images and trials are in test_boot_update.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "lab/replay/replay.h"
#include "otter/bytes.h"
#include "otter/md5.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

#define BOOT     "boot/boot_unsigned.bin"
#define BOOT_ELF "boot/boot_unsigned.elf"
#define APP_OLD  "tests/fw/testapp/testapp_old.bin"
#define APP_NEW  "tests/fw/testapp/testapp_new.bin"
#define APP_BARE "tests/fw/testapp/testapp_bare.bin"

enum { SIZE = 9001, PENDING = 0xEEEE }; /* odd: the last half-word is half an image */

struct image {
    uint8_t data[OTTER_APP_SIZE];
    uint32_t size;
    uint8_t md5[16];
};

/* A program and behind it bytes that no two images share. */
static void make_image(struct image *image, const char *program, uint32_t size)
{
    uint32_t value = size + (uint8_t)program[strlen(program) - 5];
    struct otter_md5 md5;
    size_t len = firmware_read_to(program, image->data, sizeof(image->data));

    assert_true(len <= size && size <= sizeof(image->data));
    image->size = size;
    for (size_t i = len; i < size; i++) {
        value = value * 1664525u + 1013904223u;
        image->data[i] = (uint8_t)(value >> 24);
    }
    otter_md5_init(&md5);
    otter_md5_update(&md5, image->data, size);
    otter_md5_final(&md5, image->md5);
}

static void put_image(struct testbed *bed, uint32_t addr, const struct image *image)
{
    memcpy(firmware_flash(bed, addr), image->data, image->size);
}

/* The usual start: old app installed, new one in APPBAK, FLAG pending. */
static struct testbed *pending(const struct board_options *options, struct image *old,
                               struct image *new, uint32_t new_size)
{
    struct testbed *bed = firmware_alone(options, BOOT);

    make_image(old, APP_OLD, 12345);
    make_image(new, APP_NEW, new_size);
    put_image(bed, OTTER_APP_ADDR, old);
    put_image(bed, OTTER_BACKUP_ADDR, new);
    firmware_put_tutorial_request(bed, PENDING, new->size, new->md5);
    return bed;
}

static void expect_app(struct testbed *bed, size_t from, const char *end, uint32_t limit_ms)
{
    enum board_stop stop = firmware_run_until_log(bed, end, from, limit_ms);

    if (stop != BOARD_STOP_TIME) {
        fail_msg("'%s' did not come (stop %d, %s); log:\n%s", end, (int)stop,
                 board_why(testbed_board(bed)), testbed_log(bed) + from);
    }
}

static void expect_old_kept(struct testbed *bed, size_t from, const struct image *old)
{
    expect_app(bed, from, "app old\r\n", 3000);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), old->data, old->size);
    assert_int_not_equal(firmware_flag_status(bed), PENDING);
}

static void expect_new_installed(struct testbed *bed, size_t from, const struct image *new)
{
    expect_app(bed, from, "app new\r\n", 5000);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), new->data, new->size);
    assert_int_not_equal(firmware_flag_status(bed), PENDING);
}

static unsigned resets(struct testbed *bed)
{
    return board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE) +
           board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG);
}

/* ---- starting an app ---- */

static void run_testapp(struct testbed *bed, uint32_t addr, const char *program)
{
    firmware_read_to(program, firmware_flash(bed, addr), OTTER_APP_SIZE);
    testbed_power_on(bed);
    expect_app(bed, 0, "app end\r\n", 1000);
}

/* The lines after the first "app xxx" from offset `from` on, that is what the program found at
 * its first instruction. */
static const char *found(struct testbed *bed, size_t from)
{
    return strchr(strstr(testbed_log(bed) + from, "app "), '\n') + 1;
}

/* The authority is a reset itself: the same program started by it, without a bootloader. */
static void expect_state_as_after_reset(struct testbed *bed, size_t from)
{
    struct testbed *bare = firmware_alone(NULL, NULL);
    char expected[4096];
    char *vtor;

    run_testapp(bare, OTTER_BOOT_ADDR, APP_BARE);
    snprintf(expected, sizeof(expected), "%s", found(bare, 0));
    vtor = strstr(expected, "VTOR ");
    assert_non_null(vtor);
    memcpy(vtor, "VTOR 08003000", 13);
    assert_string_equal(found(bed, from), expected);
    testbed_free(bare);
}

/* The first start of all writes the journal, and restarts after it. */
static void test_start_is_silent_and_as_a_reset(void **state)
{
    struct testbed *bed = firmware_alone(NULL, BOOT);
    uint64_t ops;

    (void)state;
    run_testapp(bed, OTTER_APP_ADDR, APP_OLD);
    assert_memory_equal(testbed_log(bed), "app old\r\n", 9);
    assert_non_null(strstr(testbed_log(bed), "\nMSP 20005000\r\n"));
    expect_state_as_after_reset(bed, 0);
    ops = board_flash_ops(testbed_board(bed));
    for (unsigned i = 0; i < 3; i++) {
        size_t from = testbed_log_len(bed);

        testbed_power_on(bed);
        expect_app(bed, from, "app end\r\n", 1000);
        assert_memory_equal(testbed_log(bed) + from, "app old\r\n", 9);
        expect_state_as_after_reset(bed, from);
    }
    assert_int_equal(board_flash_ops(testbed_board(bed)), ops);
    testbed_free(bed);
}

static void test_flag_values_that_mean_nothing(void **state)
{
    static const uint16_t values[] = {0xFFFF, 0x0000, 0xEEEF, 0x6EEE, 0x1234};

    (void)state;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct testbed *bed = firmware_alone(NULL, BOOT);
        const uint8_t md5[16] = {0};

        firmware_put_tutorial_request(bed, values[i], 1000, md5);
        run_testapp(bed, OTTER_APP_ADDR, APP_OLD);
        assert_memory_equal(testbed_log(bed), "app old\r\n", 9);
        testbed_free(bed);
    }
}

/* ---- no app ---- */

static struct replay *waiting;

/* It waits for an image (fw_ways_in), and says so once. */
static void expect_recovery(struct testbed *bed)
{
    static const char said[] = "Start APP Failed!\r\n";

    assert_int_equal(firmware_run_until_log(bed, said, 0, 1000), BOARD_STOP_TIME);
    size_t len = testbed_log_len(bed);
    assert_int_equal(testbed_run_ms(bed, 10000), BOARD_STOP_TIME);
    assert_int_equal(testbed_log_len(bed), len);
    assert_int_equal(resets(bed), 0);
}

static void test_no_app(void **state)
{
    struct testbed *bed = firmware_alone(NULL, BOOT);

    (void)state;
    assert_true(replay_attach(waiting, testbed_board(bed)));
    testbed_power_on(bed);
    expect_recovery(bed);
    testbed_free(bed);
}

static void test_app_that_cannot_start(void **state)
{
    static const struct {
        uint32_t stack, reset;
    } heads[] = {
        {0x20005000, 0xFFFFFFFF}, {0x20005000, 0x00000000},
        {0x20005000, 0x08003100}, /* ARM state */
        {0x20005000, 0x08000101}, /* in the bootloader */
        {0x20005000, 0x08009801}, /* behind the slot */
        {0x20005004, 0x08003101}, {0x00000000, 0x08003101},
        {0x2001FFFC, 0x08003101},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct testbed *bed = firmware_alone(NULL, BOOT);

        assert_true(replay_attach(waiting, testbed_board(bed)));
        otter_put_le32(firmware_flash(bed, OTTER_APP_ADDR), heads[i].stack);
        otter_put_le32(firmware_flash(bed, OTTER_APP_ADDR + 4), heads[i].reset);
        testbed_power_on(bed);
        expect_recovery(bed);
        testbed_free(bed);
    }
}

/* ---- installing ---- */

static void test_install_says_what_gs_4_3_says(void **state)
{
    static const char said[] = "Update Task ,Sys Will Load New Sys..Wait For A Moment\r\n"
                               "MD5 Check Success ,MCU OTA Success\r\n"
                               "Copy New Sys\r\n"
                               "New ROM Check Success , Wait to Load New Systerm\r\n"
                               "app new\r\n"; /* and goes on talking */
    struct image old, new;
    struct testbed *bed = pending(NULL, &old, &new, SIZE);

    (void)state;
    testbed_power_on(bed);
    expect_new_installed(bed, 0, &new);
    assert_memory_equal(testbed_log(bed), said, sizeof(said) - 1);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE), 1);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    expect_app(bed, 0, "app end\r\n", 1000);
    expect_state_as_after_reset(bed, 0); /* a watchdog that still ran would show in IWDG_PR */
    testbed_free(bed);
}

static void install(const struct board_options *options, uint32_t size)
{
    struct image old, new;
    struct testbed *bed = pending(options, &old, &new, size);

    testbed_power_on(bed);
    expect_new_installed(bed, 0, &new);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    for (unsigned page = 0; page < OTTER_BOOT_SIZE / OTTER_PAGE_SIZE; page++) {
        assert_int_equal(board_flash_erases(testbed_board(bed), page), 0);
    }
    testbed_free(bed);
}

static void test_install_sizes(void **state)
{
    static const uint32_t sizes[] = {2048, 2049, 4095, 4097, 23068, OTTER_APP_SIZE};

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        install(NULL, sizes[i]);
    }
}

static void test_install_within_the_fastest_watchdog(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        install(&(struct board_options){.seed = seed, .lsi_hz = 60000, .without_hse = true},
                OTTER_APP_SIZE);
    }
}

static void test_wrong_md5_keeps_the_old_app(void **state)
{
    static const uint32_t places[] = {0, 4, 5000, SIZE - 1};

    (void)state;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct image old, new;
        struct testbed *bed = pending(NULL, &old, &new, SIZE);

        firmware_flash(bed, OTTER_BACKUP_ADDR)[places[i]] ^= 0x10;
        testbed_power_on(bed);
        expect_old_kept(bed, 0, &old);
        assert_non_null(strstr(testbed_log(bed), "Md5_Cacl Check Faild ,MCU OTA Faild\r\n"
                                                 "Check Faild , Go to Old Systerm\r\n"
                                                 "app old\r\n"));
        for (unsigned page = 12; page < 38; page++) {
            assert_int_equal(board_flash_erases(testbed_board(bed), page), 0);
        }
        testbed_free(bed);
    }
}

/* The tutorial's bootloader hashes 4 GB when FLAG was cut behind its first half-word, and
 * crashes for ever (gizwits-serial 4.5-18). */
static void test_hostile_sizes_keep_the_old_app(void **state)
{
    static const uint32_t sizes[] = {0xFFFFFFFF, 0,          1,          4,         7,
                                     0x6801,     0x80000000, 0x08003000, 0xFFFF0008};

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct image old, new;
        struct testbed *bed = pending(NULL, &old, &new, SIZE);

        firmware_put_tutorial_request(bed, PENDING, sizes[i], new.md5);
        testbed_power_on(bed);
        expect_app(bed, 0, "app old\r\n", 3000);
        assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), old.data, old.size);
        assert_null(strstr(testbed_log(bed), "Update Task"));
        testbed_free(bed);
    }
}

static void test_reset_in_the_middle_goes_on(void **state)
{
    (void)state;
    for (uint32_t ms = 20; ms < 900; ms += 97) {
        struct image old, new;
        struct testbed *bed = pending(NULL, &old, &new, SIZE);

        testbed_power_on(bed);
        assert_int_equal(testbed_run_ms(bed, ms), BOARD_STOP_TIME);
        board_reset(testbed_board(bed));
        expect_new_installed(bed, 0, &new);
        testbed_free(bed);
    }
}

/* ---- flash that refuses ---- */

static void test_app_that_cannot_be_written_ends_in_recovery(void **state)
{
    struct image old, new;
    struct testbed *bed = pending(NULL, &old, &new, SIZE);

    (void)state;
    assert_true(replay_attach(waiting, testbed_board(bed)));
    firmware_protect(bed, OTTER_APP_ADDR + 5 * OTTER_PAGE_SIZE);
    testbed_power_on(bed);
    assert_int_equal(testbed_run_ms(bed, 30000), BOARD_STOP_TIME);
    assert_null(strstr(testbed_log(bed), "app "));
    assert_int_equal(resets(bed), 0); /* the watchdog runs, and is fed */
    testbed_free(bed);
}

/* Journal, spare page and FLAG lie in one group of write protection: nothing can be kept. */
static void test_journal_that_cannot_be_written_does_not_stop_the_old_app(void **state)
{
    struct image old, new;
    struct testbed *bed = pending(NULL, &old, &new, SIZE);

    (void)state;
    firmware_protect(bed, OTTER_FLAG_ADDR);
    testbed_power_on(bed);
    expect_app(bed, 0, "app end\r\n", 3000);
    assert_int_equal(resets(bed), 1); /* once, not for ever */
    assert_non_null(strstr(testbed_log(bed), "app old\r\n"));
    assert_non_null(
        strstr(testbed_log(bed), "\nIWDG_PR 00000006\r\n")); /* the watchdog runs on */
    assert_non_null(strstr(testbed_log(bed), "\nRCC_CFGR 00000000\r\n"));
    assert_non_null(strstr(testbed_log(bed), "\nUSART1_CR1 00000000\r\n"));
    testbed_free(bed);
}

/* ---- power ---- */

static uint64_t count_operations(bool good)
{
    struct image old, new;
    struct testbed *bed = pending(NULL, &old, &new, SIZE);
    uint64_t ops;

    firmware_flash(bed, OTTER_BACKUP_ADDR)[100] ^= good ? 0 : 1;
    testbed_power_on(bed);
    expect_app(bed, 0, good ? "app new\r\n" : "app old\r\n", 5000);
    ops = board_flash_ops(testbed_board(bed));
    testbed_free(bed);
    return ops;
}

static void cut(bool good, uint64_t op, enum board_tear tear, uint64_t second)
{
    struct image old, new;
    struct testbed *bed = pending(NULL, &old, &new, SIZE);

    print_message("cut: good %d, op %llu, tear %d, second %llu\n", good, (unsigned long long)op,
                  (int)tear, (unsigned long long)second);
    firmware_flash(bed, OTTER_BACKUP_ADDR)[100] ^= good ? 0 : 1;
    testbed_power_on(bed);
    board_cut_at(testbed_board(bed), op, tear, op + 1);
    assert_int_equal(testbed_run_ms(bed, 5000), BOARD_STOP_POWER);
    if (second) {
        testbed_power_on(bed);
        board_cut_at(testbed_board(bed), board_flash_ops(testbed_board(bed)) + second, tear,
                     op + 2);
        (void)testbed_run_ms(bed, 3000); /* may be over before */
    }
    size_t from = testbed_log_len(bed);
    testbed_power_on(bed);
    if (good) {
        expect_new_installed(bed, from, &new);
    } else {
        expect_old_kept(bed, from, &old);
    }
    assert_null(strstr(testbed_log(bed) + from, "Start APP Failed!"));
    testbed_free(bed);
}

static void test_power_cuts_in_an_install(void **state)
{
    uint64_t count = count_operations(true);

    (void)state;
    print_message("install of %d bytes: %llu operations\n", SIZE, (unsigned long long)count);
    for (unsigned tear = BOARD_TEAR_NOT_DONE; tear <= BOARD_TEAR_TORN; tear++) {
        for (uint64_t op = 0; op < count; op += count / 16) {
            cut(true, op, (enum board_tear)tear, 0);
        }
        for (uint64_t op = count - 3; op < count; op++) {
            cut(true, op, (enum board_tear)tear, 0);
        }
        for (uint64_t op = 5; op < count; op += count / 5) {
            cut(true, op, (enum board_tear)tear, op * 31 % count + 1);
        }
    }
}

static void test_power_cuts_while_a_bad_update_is_dropped(void **state)
{
    uint64_t count = count_operations(false);

    (void)state;
    for (unsigned tear = BOARD_TEAR_NOT_DONE; tear <= BOARD_TEAR_TORN; tear++) {
        for (uint64_t op = 0; op < count; op++) {
            cut(false, op, (enum board_tear)tear, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_is_silent_and_as_a_reset),
        cmocka_unit_test(test_flag_values_that_mean_nothing),
        cmocka_unit_test(test_no_app),
        cmocka_unit_test(test_app_that_cannot_start),
        cmocka_unit_test(test_install_says_what_gs_4_3_says),
        cmocka_unit_test(test_install_sizes),
        cmocka_unit_test(test_install_within_the_fastest_watchdog),
        cmocka_unit_test(test_wrong_md5_keeps_the_old_app),
        cmocka_unit_test(test_hostile_sizes_keep_the_old_app),
        cmocka_unit_test(test_reset_in_the_middle_goes_on),
        cmocka_unit_test(test_app_that_cannot_be_written_ends_in_recovery),
        cmocka_unit_test(test_journal_that_cannot_be_written_does_not_stop_the_old_app),
        cmocka_unit_test(test_power_cuts_in_an_install),
        cmocka_unit_test(test_power_cuts_while_a_bad_update_is_dropped),
    };

    waiting = firmware_waiting(BOOT_ELF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
