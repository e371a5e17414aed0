/* SPDX-License-Identifier: Apache-2.0 */
/* Projects in the shapes of Gizwits' generator, with gizwits-dropin/ added as docs/dropin.md
 * says: their binaries and the real bootloaders on the modelled board, the Wi-Fi module on the
 * line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/image_file.h"
#include <cmocka.h>
#include "otter/reason.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { SEED = 11, PIECE_LEN = 128, OFFER_MS = 60000 };

/* Which project, which bootloader, and how the new version is called if it is another kind. */
struct setting {
    const char *project;
    bool is_signed;
    const char *new_project;
};

static struct setting settings[] = {
    {"2016", false, NULL}, {"2017", false, NULL}, {"odd", false, NULL},
    {"2016", true, NULL},  {"2017", true, NULL},  {"odd", true, NULL},
};

static struct firmware boot, old_app, new_app;

static struct firmware read_app(const char *project, const char *version, bool is_signed)
{
    char name[100];

    snprintf(name, sizeof name, "tests/dropin/dropin_%s_%s%s.bin", project, version,
             is_signed ? "_signed" : "");
    return firmware_read(name);
}

/* The three files of a test's setting. */
static int read_files(void **state)
{
    const struct setting *setting = *state;
    bool is_signed = setting->is_signed;

    print_message("%s, %s\n", setting->project, is_signed ? "signed" : "unsigned");
    boot = firmware_read(is_signed ? "boot/boot.bin" : "boot/boot_unsigned.bin");
    old_app = read_app(setting->project, "03010101", is_signed);
    new_app = read_app(setting->new_project != NULL ? setting->new_project : setting->project,
                       "03010102", is_signed);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    free(boot.data);
    free(old_app.data);
    free(new_app.data);
    return 0;
}

/* Board and module off, the old version in flash, the new one offered. */
static struct testbed *new_testbed(struct firmware_seen *seen, bool wrong_md5)
{
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                         {OTTER_APP_ADDR, old_app.data, old_app.len}};
    struct file update = {new_app.data, new_app.len};
    struct testbed_config config = {.board = {.seed = SEED}, .loads = loads, .load_count = 2};
    config.module = (struct module_config){
        .event = firmware_see, .ctx = seen, .file = image_file_offer(&update)};
    if (wrong_md5) {
        memset(config.module.file.md5_hex, 'a', sizeof config.module.file.md5_hex);
    }
    memcpy(config.module.version, "03010102", 8);
    struct testbed *bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    testbed_power_on(bed);
    return bed;
}

static void assert_updated(struct testbed *bed)
{
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
    assert_non_null(strstr(testbed_log(bed), "App Init Success , SoftVersion = 03010102"));
    assert_int_equal(board_uart_overruns(testbed_board(bed), 2), 0);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
}

static void test_whole_update(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_to_end(bed);
    assert_updated(bed);
    assert_int_equal(seen.count, (new_app.len + PIECE_LEN - 1) / PIECE_LEN);
    assert_int_equal(seen.ready, 1);
    assert_int_equal(seen.resent, 0); /* the last piece was acknowledged before the restart */
    assert_int_equal(seen.refused, 0);
    /* 0x29 was answered, or must have been: the next start is a quiet one */
    firmware_run_ms(bed, 40000);
    unsigned started = seen.started;
    board_reset(testbed_board(bed));
    firmware_run_ms(bed, 40000);
    assert_int_equal(seen.started, started);
    for (int i = 0; i < 4; i++) { /* and it is confirmed: no number of starts takes it back */
        board_reset(testbed_board(bed));
        firmware_run_ms(bed, 2000);
    }
    assert_updated(bed);
    printf("updated at %u ms of the board's time\n", (unsigned)testbed_now_ms(bed));
    testbed_free(bed);
}

static void test_lost_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(bed, &seen, 5, 2000);
    assert_updated(bed);
    assert_int_equal(seen.resent, 1);
    assert_int_equal(seen.ready, 1);
    testbed_free(bed);
}

/* The ACK of the last piece is lost: it comes again, to the bootloader or
 * to the new version. */
static void test_lost_last_ack(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(
        bed, &seen, (unsigned)((new_app.len + PIECE_LEN - 1) / PIECE_LEN) - 1, 1000);
    assert_updated(bed);
    testbed_free(bed);
}

/* The module hears nothing for 12 s, sends 0x1F, and is asked again. */
static void test_module_gives_up_and_is_asked_again(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_muted_at_piece(bed, &seen, 5, 12000);
    assert_updated(bed);
    assert_int_equal(seen.stopped, 1);
    assert_true(seen.ready >= 2);
    testbed_free(bed);
}

static void test_lost_ready(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    for (int ms = 0; seen.offered == 0; ms++) { /* 0x1A came, READY is on its way */
        assert_true(ms < OFFER_MS);
        firmware_run_ms(bed, 1);
    }
    testbed_mute(bed, true, false);
    firmware_run_ms(bed, 1000);
    testbed_mute(bed, false, false);
    assert_int_equal(seen.ready, 0);
    uint32_t offered_ms = testbed_now_ms(bed);
    while (seen.ready == 0 && testbed_now_ms(bed) - offered_ms < 9000) {
        firmware_run_ms(bed, 1);
    }
    /* 3.5 s after the last byte: the module's status at 5 s is one of those */
    assert_in_range(testbed_now_ms(bed) - offered_ms + 1000, 3500, 7500);
    firmware_run_to_end(bed);
    assert_updated(bed);
    testbed_free(bed);
}

static void test_wrong_md5(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, true);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_outcome(bed), MODULE_EVENT_FAILED);
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_MD5_DIFFERS);
    assert_int_equal(seen.refused, 1);
    assert_int_equal(seen.progress, seen.count); /* 0x27, and then the ACK */
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), old_app.data, old_app.len);
    assert_int_not_equal(*firmware_flash(bed, OTTER_FLAG_ADDR), 0xEE);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE),
                     1); /* the first start's */
    const struct otter_p0 read = {.action = OTTER_P0_READ};
    firmware_run_ms(bed, 2000);
    assert_int_equal(module_control(testbed_module(bed), &read, testbed_now_ms(bed)), 0);
    firmware_run_ms(bed, 1000);
    assert_false(module_is_busy(testbed_module(bed))); /* answered: the old version lives on */
    testbed_free(bed);
}

/* The MCU's supply alone goes in the middle of the transfer, and later in the installation. */
static void test_power_lost_in_the_transfer_and_in_the_installation(void **state)
{
    bool is_signed = ((const struct setting *)*state)->is_signed;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    firmware_run_until_piece(bed, &seen, 20);
    board_power_on(testbed_board(bed));
    firmware_run_until_piece(bed, &seen, seen.count - 1);
    assert_int_not_equal(
        testbed_run_until_log(bed, is_signed ? "Install" : "Copy New Sys", 0, 60000), 0);
    firmware_run_ms(bed, 100);
    assert_memory_not_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
    board_power_on(testbed_board(bed));
    firmware_run_to_end(bed);
    assert_updated(bed);
    testbed_free(bed);
}

/* Wrong bits, lost and strange bytes, through the generated parser and an interrupt per byte:
 * the update comes to its end, or a module that was told so offers it again. */
static void test_noise(void **state)
{
    static const struct line_noise_rates rates = {
        .bit_error = 20000, .drop = 50000, .insert = 50000, .burst = 50000};
    uint64_t faults = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct firmware_seen seen = {0};
        struct testbed *bed = new_testbed(&seen, false);
        testbed_set_noise(bed, &rates, seed);
        for (int ms = 0; testbed_outcome(bed) != MODULE_EVENT_UPDATED; ms += 10) {
            if (ms == 900000) {
                fail_msg("seed %u: piece %u of %u; log:\n%s", (unsigned)seed, seen.progress,
                         seen.count, testbed_log(bed));
            }
            firmware_run_ms(bed, 10);
        }
        faults += testbed_noise_faults(bed);
        assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
        testbed_free(bed);
    }
    assert_true(faults > 10);
    printf("%u bytes hit\n", (unsigned)faults);
}

/* Does the old version come back? */
static void expect_taken_back(void)
{
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    size_t from = 0;
    for (int start = 0; start < 3; start++) {
        from = testbed_run_until_log(bed, "SoftVersion = 03010102", from, 400000);
        if (from == 0) {
            fail_msg("start %d; log:\n%s", start, testbed_log(bed));
        }
        assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), new_app.data, new_app.len);
    }
    if (testbed_run_until_log(bed, "SoftVersion = 03010101", from, 400000) == 0) {
        fail_msg("not taken back; log:\n%s", testbed_log(bed));
    }
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), old_app.data, old_app.len);
    assert_false(testbed_saw_recovery(bed));
    testbed_free(bed);
}

static void test_version_that_hears_nothing_is_taken_back(void **state)
{
    (void)state;
    expect_taken_back();
}

/* Without a watchdog of its own: the bootloader's ends the trial. */
static void test_version_that_hangs_is_taken_back(void **state)
{
    (void)state;
    expect_taken_back();
}

/* The tutorial's buffers on 0x400 bytes of stack: the page says 256 and 0x1000. */
static void test_stack_of_keils_start_up_file_is_too_small(void **state)
{
    (void)state;
    struct firmware_seen seen = {0};
    struct testbed *bed = new_testbed(&seen, false);
    for (int ms = 0; ms < 120000 && testbed_outcome(bed) == MODULE_EVENT_STARTED; ms += 10) {
        (void)testbed_run_ms(bed, 10);
    }
    assert_int_not_equal(testbed_outcome(bed), MODULE_EVENT_UPDATED);
    printf("piece %u of %u, then nothing\n", seen.progress, seen.count);
    testbed_free(bed);
}

#define WITH(f, i)                                                                             \
    {                                                                                          \
#f, f, read_files, free_files, &settings[i]                                            \
    }
#define PLAIN(f) WITH(f, 0), WITH(f, 1), WITH(f, 2)
#define EACH(f)  PLAIN(f), WITH(f, 3), WITH(f, 4), WITH(f, 5)
#define THIS(f, s)                                                                             \
    {                                                                                          \
#f, f, read_files, free_files, s                                                       \
    }

int main(void)
{
    static struct setting deaf = {"2016", true, "deaf"};
    static struct setting hangs = {"2017", true, "hangs"};
    static struct setting hangs_plain = {"2017", false, "hangs"};
    static struct setting tight = {"tight", false, NULL};
    const struct CMUnitTest tests[] = {
        EACH(test_whole_update),
        PLAIN(test_lost_ack),
        PLAIN(test_lost_last_ack),
        PLAIN(test_module_gives_up_and_is_asked_again),
        PLAIN(test_lost_ready),
        EACH(test_wrong_md5),
        PLAIN(test_power_lost_in_the_transfer_and_in_the_installation),
        WITH(test_power_lost_in_the_transfer_and_in_the_installation, 4),
        PLAIN(test_noise),
        THIS(test_version_that_hears_nothing_is_taken_back, &deaf),
        THIS(test_version_that_hangs_is_taken_back, &hangs),
        THIS(test_version_that_hangs_is_taken_back, &hangs_plain),
        THIS(test_stack_of_keils_start_up_file_is_too_small, &tight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
