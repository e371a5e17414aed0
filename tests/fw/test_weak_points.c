/* SPDX-License-Identifier: Apache-2.0 */
/* The weak points of docs/weak-points.md that need the chip: the real binaries on the modelled
 * board. The others are in tests/unit/test_weak_points.c; tests/mutants/ puts each weakness
 * back.
 *
 * Run one: fw_weak_points 'test_wp21*'
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "board/stm32f1/chip.h"
#include "board/stm32f1/iwdg.h"
#include "lab/replay/replay.h"
#include "otter/bytes.h"
#include "otter/md5.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/pethouse_fixture.h"
#include "tests/support/firmware.h"

#define BOOT     "boot/boot_unsigned.bin" /* the test apps are not signed */
#define BOOT_ELF "boot/boot_unsigned.elf"
#define APP_OLD  "tests/fw/testapp/testapp_old.bin"
#define APP_NEW  "tests/fw/testapp/testapp_new.bin"

enum { PENDING = 0xEEEE, UNFED_MAX_MS = 1000 };

/* ---- the bootloader alone ---- */

/* The old app in APP; the new one, `size` bytes with what lies behind it,
 * in APPBAK and FLAG. */
static struct testbed *pending(const struct board_options *options, uint32_t size)
{
    struct testbed *bed = firmware_alone(options, BOOT);
    uint8_t *image = firmware_flash(bed, OTTER_BACKUP_ADDR);
    uint8_t digest[16];
    struct otter_md5 md5;

    firmware_read_to(APP_OLD, firmware_flash(bed, OTTER_APP_ADDR), OTTER_APP_SIZE);
    for (uint32_t i = 0; i < size; i++) {
        image[i] = (uint8_t)(i * 31 + i / 256);
    }
    firmware_read_to(APP_NEW, image, OTTER_BACKUP_SIZE);
    otter_md5_init(&md5);
    otter_md5_update(&md5, image, size);
    otter_md5_final(&md5, digest);
    firmware_put_tutorial_request(bed, PENDING, size, digest);
    return bed;
}

static unsigned resets(struct testbed *bed)
{
    return board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE) +
           board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG);
}

static void expect_log(struct testbed *bed, const char *text, uint32_t limit_ms)
{
    enum board_stop stop = firmware_run_until_log(bed, text, 0, limit_ms);

    if (stop != BOARD_STOP_TIME) {
        fail_msg("'%s' did not come (stop %d, %s), %u resets; log:\n%s", text, (int)stop,
                 board_why(testbed_board(bed)), resets(bed), testbed_log(bed));
    }
}

static struct replay *waiting;

/* 10 s without a reset, and the log stays as it is: it waits for an image. */
static void expect_recovery(struct testbed *bed)
{
    size_t len = testbed_log_len(bed);
    unsigned before = resets(bed);

    assert_int_equal(testbed_run_ms(bed, 10000), BOARD_STOP_TIME);
    assert_int_equal(resets(bed), before);
    assert_int_equal(testbed_log_len(bed), len);
}

/* How long ago the watchdog was fed; 0 while it does not run. */
static uint64_t unfed_ms(struct testbed *bed)
{
    const struct board *board = testbed_board(bed);
    const struct iwdg *iwdg = chip_state(board, CHIP_iwdg);

    return iwdg->started ? (board_now(board) - iwdg->since) / (1000u * BOARD_TICKS_PER_US) : 0;
}

/* The shortest time of the bootloader's watchdog is 17 s, and an install of all 26 pages would
 * get by without a feed. Slower flash and longer images would not: it is fed on the way. */
static void test_wp17_install_feeds_the_fastest_watchdog(void **state)
{
    const struct board_options options = {.seed = 5, .lsi_hz = 60000, .without_hse = true};
    struct testbed *bed = pending(&options, OTTER_APP_SIZE);
    uint64_t longest_ms = 0;

    (void)state;
    testbed_power_on(bed);
    for (unsigned ms = 0; strstr(testbed_log(bed), "app new\r\n") == NULL; ms++) {
        assert_true(ms < 10000);
        assert_int_equal(testbed_run_ms(bed, 1), BOARD_STOP_TIME);
        longest_ms = unfed_ms(bed) > longest_ms ? unfed_ms(bed) : longest_ms;
    }
    print_message("longest time without a feed: %u ms\n", (unsigned)longest_ms);
    assert_in_range(longest_ms, 1, UNFED_MAX_MS);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    testbed_free(bed);
}

static void test_wp20_bootloader_ends_in_an_app_or_in_recovery(void **state)
{
    static const uint32_t sizes[] = {0xFFFFFFFF, 0x80000000, 0x6801, 7, 0};
    const uint8_t md5[16] = {0};
    struct testbed *bed;

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) { /* range of the size */
        bed = pending(NULL, 9000);
        firmware_put_tutorial_request(bed, PENDING, sizes[i], md5);
        testbed_power_on(bed);
        expect_log(bed, "app old\r\n", 3000);
        assert_null(strstr(testbed_log(bed), "Update Task"));
        assert_int_equal(resets(bed), 1);
        testbed_free(bed);
    }
    bed = pending(NULL, 9000); /* APP is worn out: no endless resets */
    firmware_protect(bed, OTTER_APP_ADDR);
    assert_true(replay_attach(waiting, testbed_board(bed)));
    testbed_power_on(bed);
    assert_int_equal(testbed_run_ms(bed, 10000), BOARD_STOP_TIME);
    expect_recovery(bed);
    assert_int_equal(resets(bed), 0);
    testbed_free(bed);
    bed = pending(NULL, 9000); /* so is the journal: one restart, and the old app */
    firmware_protect(bed, OTTER_FLAG_ADDR);
    testbed_power_on(bed);
    expect_log(bed, "app old\r\n", 3000);
    assert_int_equal(resets(bed), 1);
    testbed_free(bed);
    bed = firmware_alone(NULL, BOOT); /* no app at all */
    assert_true(replay_attach(waiting, testbed_board(bed)));
    testbed_power_on(bed);
    expect_log(bed, "Start APP Failed!\r\n", 1000);
    expect_recovery(bed);
    testbed_free(bed);
}

/* On the plain path and on the one where the bootloader was at work: the
 * journal is worn out. */
static void test_wp21_app_finds_the_chip_as_after_a_reset(void **state)
{
    static const char *const lines[] = {
        "\nVTOR 08003000\r\n",       "\nSTK_CTRL 00000000\r\n",    "\nNVIC_ISER0 00000000\r\n",
        "\nNVIC_ISER1 00000000\r\n", "\nNVIC_ISPR0 00000000\r\n",  "\nPRIMASK 00000000\r\n",
        "\nRCC_CFGR 00000000\r\n",   "\nRCC_APB2ENR 00000000\r\n", "\nUSART1_CR1 00000000\r\n",
        "\nMSP 20005000\r\n",        "\nLR FFFFFFFF\r\n",
    };

    (void)state;
    for (unsigned worked = 0; worked < 2; worked++) {
        struct testbed *bed = pending(NULL, 9000);
        const uint8_t md5[16] = {0};

        firmware_put_tutorial_request(bed, worked ? PENDING : 0xFFFF, 0xFFFFFFFF, md5);
        if (worked) {
            firmware_protect(bed, OTTER_FLAG_ADDR);
        }
        testbed_power_on(bed);
        expect_log(bed, "app end\r\n", 3000);
        for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            if (strstr(testbed_log(bed), lines[i]) == NULL) {
                fail_msg("worked %u: not in the log:%slog:\n%s", worked, lines[i],
                         testbed_log(bed));
            }
        }
        testbed_free(bed);
    }
}

static void test_wp22_stack_and_reset_vector_are_tested_exactly(void **state)
{
    static const struct {
        uint32_t stack, reset;
    } heads[] = {
        {0x2001FFFC, 0x08003101}, /* the mask 0x2FFE0000 takes it: 128 KB of RAM */
        {0x20005004, 0x08003101}, /* one word behind the 20 KB */
        {0x20005002, 0x08003101}, {0x20000000, 0x08003101},
        {0x20005000, 0x08FFFFFF}, {0x20005000, 0x08000101}, /* in the bootloader */
        {0x20005000, 0x08009801},                           /* in APPBAK */
        {0x20005000, 0x08003100},                           /* not Thumb */
        {0x20005000, 0x08003005},                           /* in the vector table */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct testbed *bed = firmware_alone(NULL, BOOT);

        assert_true(replay_attach(waiting, testbed_board(bed)));
        otter_put_le32(firmware_flash(bed, OTTER_APP_ADDR), heads[i].stack);
        otter_put_le32(firmware_flash(bed, OTTER_APP_ADDR + 4), heads[i].reset);
        testbed_power_on(bed);
        expect_log(bed, "Start APP Failed!\r\n", 1000);
        expect_recovery(bed);
        testbed_free(bed);
    }
}

/* ---- the whole product ---- */

static unsigned heartbeats;

/* At each erase, 20..40 ms in which the core stands still, a heartbeat of the module
 * comes in. The model's module itself is served between two stalls of the core, so
 * it has to be put here. */
static void send_heartbeat(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    static const uint8_t heartbeat[] = {0xFF, 0xFF, 0, 5,   OTTER_CMD_HEARTBEAT,
                                        0x42, 0,    0, 0x4E};

    (void)ctx;
    (void)op;
    if (erase && addr >= OTTER_BACKUP_ADDR) {
        heartbeats++;
        board_uart_put(testbed_board(pethouse), 2, heartbeat, sizeof(heartbeat), 9600);
    }
}

static void test_wp16_no_byte_is_lost_while_flash_is_written(void **state)
{
    (void)state;
    heartbeats = 0;
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED}, true);
    board_watch_flash(testbed_board(pethouse),
                      &(struct board_flash_watch){NULL, send_heartbeat});
    pethouse_await(MODULE_EVENT_SENT, 0, 60000);
    assert_in_range(heartbeats, 10, 26);
    assert_int_equal(board_uart_overruns(testbed_board(pethouse), 2), 0);
    assert_int_equal(pethouse_count(MODULE_EVENT_RESENT, 0), 0);
    assert_int_equal(pethouse_count(MODULE_EVENT_ILLEGAL, 0), 0);
    pethouse_await(MODULE_EVENT_UPDATED, 0, 20000);
}

static void test_wp25_module_is_restarted_after_an_update_only(void **state)
{
    (void)state;
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED}, false);
    for (unsigned starts = 0; starts < 4; starts++) {
        pethouse_run(8000);
        assert_int_equal(pethouse_count(MODULE_EVENT_STARTED, 0),
                         1); /* by its own power, not by 0x29 */
        board_reset(testbed_board(pethouse));
    }
    pethouse_stop(state);
    pethouse_power_on(&(struct board_options){.seed = PETHOUSE_SEED}, true);
    pethouse_await(MODULE_EVENT_UPDATED, 0, 90000);
    pethouse_run(10000);
    assert_int_equal(pethouse_count(MODULE_EVENT_STARTED, 0),
                     2); /* once, so that the cloud learns it */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_wp16_no_byte_is_lost_while_flash_is_written,
                                  pethouse_stop),
        cmocka_unit_test(test_wp17_install_feeds_the_fastest_watchdog),
        cmocka_unit_test(test_wp20_bootloader_ends_in_an_app_or_in_recovery),
        cmocka_unit_test(test_wp21_app_finds_the_chip_as_after_a_reset),
        cmocka_unit_test(test_wp22_stack_and_reset_vector_are_tested_exactly),
        cmocka_unit_test_teardown(test_wp25_module_is_restarted_after_an_update_only,
                                  pethouse_stop),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    waiting = firmware_waiting(BOOT_ELF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
