/* SPDX-License-Identifier: Apache-2.0 */
/* boot_unsigned on the model, with test apps that know nothing of a journal, as a tutorial's: what it
 * starts, what it leaves behind, what it says, what it makes of a FLAG record. Signed images and trials are
 * in test_boot_update.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/md5.h"
#include "port/stm32f103/partitions.h"
#include "tests/fw/fw.h"

#define BOOT     "boot/boot_unsigned.bin"
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
    size_t len = fw_read(program, image->data, sizeof(image->data));

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

static void put_image(struct fw *fw, uint32_t addr, const struct image *image)
{
    memcpy(fw_flash(fw, addr), image->data, image->size);
}

/* The usual start: old app installed, new one in APPBAK, FLAG pending. */
static struct fw *pending(const struct board_options *options, struct image *old,
                          struct image *new, uint32_t new_size)
{
    struct fw *fw = fw_new(options, BOOT);

    make_image(old, APP_OLD, 12345);
    make_image(new, APP_NEW, new_size);
    put_image(fw, OTTER_APP_ADDR, old);
    put_image(fw, OTTER_BACKUP_ADDR, new);
    fw_put_flag(fw, PENDING, new->size, new->md5);
    return fw;
}

static void expect_app(struct fw *fw, size_t from, const char *end, uint32_t limit_ms)
{
    enum board_stop stop = fw_run_until(fw, end, from, limit_ms);

    if (stop != BOARD_STOP_TIME) {
        fail_msg("'%s' did not come (stop %d, %s); log:\n%s", end, (int)stop,
                 board_why(fw->board), fw->log + from);
    }
}

static void expect_old_kept(struct fw *fw, const struct image *old)
{
    expect_app(fw, 0, "app old\r\n", 3000);
    assert_memory_equal(fw_flash(fw, OTTER_APP_ADDR), old->data, old->size);
    assert_int_not_equal(fw_flag_status(fw), PENDING);
}

static void expect_new_installed(struct fw *fw, const struct image *new)
{
    expect_app(fw, 0, "app new\r\n", 5000);
    assert_memory_equal(fw_flash(fw, OTTER_APP_ADDR), new->data, new->size);
    assert_int_not_equal(fw_flag_status(fw), PENDING);
}

static unsigned resets(struct fw *fw)
{
    return board_resets(fw->board, BOARD_RESET_SOFTWARE) +
           board_resets(fw->board, BOARD_RESET_WATCHDOG);
}

/* ---- starting an app ---- */

static void run_testapp(struct fw *fw, uint32_t addr, const char *program)
{
    fw_read(program, fw_flash(fw, addr), OTTER_APP_SIZE);
    board_power_on(fw->board);
    expect_app(fw, 0, "app end\r\n", 1000);
}

/* The lines behind "app xxx", that is what the program found at its first instruction. */
static const char *found(const struct fw *fw)
{
    return strchr(strstr(fw->log, "app "), '\n') + 1;
}

/* The authority is a reset itself: the same program started by it, without a bootloader. */
static void expect_state_as_after_reset(const struct fw *fw)
{
    struct fw *bare = fw_new(NULL, NULL);
    char expected[4096];
    char *vtor;

    run_testapp(bare, OTTER_BOOT_ADDR, APP_BARE);
    snprintf(expected, sizeof(expected), "%s", found(bare));
    vtor = strstr(expected, "VTOR ");
    assert_non_null(vtor);
    memcpy(vtor, "VTOR 08003000", 13);
    assert_string_equal(found(fw), expected);
    fw_free(bare);
}

/* The first start of all writes the journal, and restarts behind it. */
static void test_start_is_silent_and_as_a_reset(void **state)
{
    struct fw *fw = fw_new(NULL, BOOT);
    uint64_t ops;

    (void)state;
    run_testapp(fw, OTTER_APP_ADDR, APP_OLD);
    assert_memory_equal(fw->log, "app old\r\n", 9);
    assert_non_null(strstr(fw->log, "\nMSP 20005000\r\n"));
    expect_state_as_after_reset(fw);
    ops = board_flash_ops(fw->board);
    for (unsigned i = 0; i < 3; i++) {
        fw->log_len = 0;
        memset(fw->log, 0, sizeof(fw->log));
        board_power_on(fw->board);
        expect_app(fw, 0, "app end\r\n", 1000);
        assert_memory_equal(fw->log, "app old\r\n", 9);
        expect_state_as_after_reset(fw);
    }
    assert_int_equal(board_flash_ops(fw->board), ops);
    fw_free(fw);
}

static void test_flag_values_that_mean_nothing(void **state)
{
    static const uint16_t values[] = {0xFFFF, 0x0000, 0xEEEF, 0x6EEE, 0x1234};

    (void)state;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct fw *fw = fw_new(NULL, BOOT);
        const uint8_t md5[16] = {0};

        fw_put_flag(fw, values[i], 1000, md5);
        run_testapp(fw, OTTER_APP_ADDR, APP_OLD);
        assert_memory_equal(fw->log, "app old\r\n", 9);
        fw_free(fw);
    }
}

/* ---- no app ---- */

/* It waits for an image, for ever (fw_recovery), and says so once. */
static void expect_recovery(struct fw *fw)
{
    static const char said[] = "Start APP Failed!\r\n";

    assert_int_equal(fw_run_until(fw, said, 0, 1000), BOARD_STOP_TIME);
    fw->log_len = 0;
    assert_int_equal(fw_run_ms(fw, 10000), BOARD_STOP_TIME);
    assert_int_equal(fw->log_len, 0);
    assert_int_equal(resets(fw), 0);
}

static void test_no_app(void **state)
{
    struct fw *fw = fw_new(NULL, BOOT);

    (void)state;
    board_power_on(fw->board);
    expect_recovery(fw);
    fw_free(fw);
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
        struct fw *fw = fw_new(NULL, BOOT);

        otter_put_le32(fw_flash(fw, OTTER_APP_ADDR), heads[i].stack);
        otter_put_le32(fw_flash(fw, OTTER_APP_ADDR + 4), heads[i].reset);
        board_power_on(fw->board);
        expect_recovery(fw);
        fw_free(fw);
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
    struct fw *fw = pending(NULL, &old, &new, SIZE);

    (void)state;
    board_power_on(fw->board);
    expect_new_installed(fw, &new);
    assert_memory_equal(fw->log, said, sizeof(said) - 1);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_SOFTWARE), 1);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_WATCHDOG), 0);
    expect_app(fw, 0, "app end\r\n", 1000);
    expect_state_as_after_reset(fw); /* a watchdog that still ran would show in IWDG_PR */
    fw_free(fw);
}

static void install(const struct board_options *options, uint32_t size)
{
    struct image old, new;
    struct fw *fw = pending(options, &old, &new, size);

    board_power_on(fw->board);
    expect_new_installed(fw, &new);
    assert_int_equal(board_resets(fw->board, BOARD_RESET_WATCHDOG), 0);
    for (unsigned page = 0; page < OTTER_BOOT_SIZE / OTTER_PAGE_SIZE; page++) {
        assert_int_equal(board_flash_erases(fw->board, page), 0);
    }
    fw_free(fw);
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
        struct fw *fw = pending(NULL, &old, &new, SIZE);

        fw_flash(fw, OTTER_BACKUP_ADDR)[places[i]] ^= 0x10;
        board_power_on(fw->board);
        expect_old_kept(fw, &old);
        assert_non_null(strstr(fw->log, "Md5_Cacl Check Faild ,MCU OTA Faild\r\n"
                                        "Check Faild , Go to Old Systerm\r\n"
                                        "app old\r\n"));
        for (unsigned page = 12; page < 38; page++) {
            assert_int_equal(board_flash_erases(fw->board, page), 0);
        }
        fw_free(fw);
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
        struct fw *fw = pending(NULL, &old, &new, SIZE);

        fw_put_flag(fw, PENDING, sizes[i], new.md5);
        board_power_on(fw->board);
        expect_app(fw, 0, "app old\r\n", 3000);
        assert_memory_equal(fw_flash(fw, OTTER_APP_ADDR), old.data, old.size);
        assert_null(strstr(fw->log, "Update Task"));
        fw_free(fw);
    }
}

static void test_reset_in_the_middle_goes_on(void **state)
{
    (void)state;
    for (uint32_t ms = 20; ms < 900; ms += 97) {
        struct image old, new;
        struct fw *fw = pending(NULL, &old, &new, SIZE);

        board_power_on(fw->board);
        assert_int_equal(fw_run_ms(fw, ms), BOARD_STOP_TIME);
        board_reset(fw->board);
        expect_new_installed(fw, &new);
        fw_free(fw);
    }
}

/* ---- flash that refuses ---- */

static void test_app_that_cannot_be_written_ends_in_recovery(void **state)
{
    struct image old, new;
    struct fw *fw = pending(NULL, &old, &new, SIZE);

    (void)state;
    fw_protect(fw, OTTER_APP_ADDR + 5 * OTTER_PAGE_SIZE);
    board_power_on(fw->board);
    assert_int_equal(fw_run_ms(fw, 30000), BOARD_STOP_TIME);
    assert_null(strstr(fw->log, "app "));
    assert_int_equal(resets(fw), 0); /* the watchdog runs, and is fed */
    fw_free(fw);
}

/* Journal, spare page and FLAG lie in one group of write protection: nothing can be kept. */
static void test_journal_that_cannot_be_written_does_not_stop_the_old_app(void **state)
{
    struct image old, new;
    struct fw *fw = pending(NULL, &old, &new, SIZE);

    (void)state;
    fw_protect(fw, OTTER_FLAG_ADDR);
    board_power_on(fw->board);
    expect_app(fw, 0, "app end\r\n", 3000);
    assert_int_equal(resets(fw), 1); /* once, not for ever */
    assert_non_null(strstr(fw->log, "app old\r\n"));
    assert_non_null(strstr(fw->log, "\nIWDG_PR 00000004\r\n")); /* the watchdog runs on */
    assert_non_null(strstr(fw->log, "\nRCC_CFGR 00000000\r\n"));
    assert_non_null(strstr(fw->log, "\nUSART1_CR1 00000000\r\n"));
    fw_free(fw);
}

/* ---- power ---- */

static uint64_t count_operations(bool good)
{
    struct image old, new;
    struct fw *fw = pending(NULL, &old, &new, SIZE);
    uint64_t ops;

    fw_flash(fw, OTTER_BACKUP_ADDR)[100] ^= good ? 0 : 1;
    board_power_on(fw->board);
    expect_app(fw, 0, good ? "app new\r\n" : "app old\r\n", 5000);
    ops = board_flash_ops(fw->board);
    fw_free(fw);
    return ops;
}

static void cut(bool good, uint64_t op, enum board_tear tear, uint64_t second)
{
    struct image old, new;
    struct fw *fw = pending(NULL, &old, &new, SIZE);

    print_message("cut: good %d, op %llu, tear %d, second %llu\n", good, (unsigned long long)op,
                  (int)tear, (unsigned long long)second);
    fw_flash(fw, OTTER_BACKUP_ADDR)[100] ^= good ? 0 : 1;
    board_power_on(fw->board);
    board_cut_at(fw->board, op, tear, op + 1);
    assert_int_equal(fw_run_ms(fw, 5000), BOARD_STOP_POWER);
    if (second) {
        board_power_on(fw->board);
        board_cut_at(fw->board, board_flash_ops(fw->board) + second, tear, op + 2);
        (void)fw_run_ms(fw, 3000); /* may be over before */
    }
    fw->log_len = 0;
    memset(fw->log, 0, sizeof(fw->log));
    board_power_on(fw->board);
    if (good) {
        expect_new_installed(fw, &new);
    } else {
        expect_old_kept(fw, &old);
    }
    assert_null(strstr(fw->log, "Start APP Failed!"));
    fw_free(fw);
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

    return cmocka_run_group_tests(tests, NULL, NULL);
}
