/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to an app that do not go through a good one: an image that a recovery receives, a
 * confirmed app that crashes, a recovery that nobody hears. Whatever came, and whichever way:
 * it stays if it works, and if it does not a module can still bring a better one. On the model,
 * with the real bootloader. Authority: docs/design.md, docs/security.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "board/stm32f1/board_state.h"
#include "host/key_file.h"
#include "lab/replay/replay.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "otter/journal.h"
#include "otter/reason.h"
#include "otter/recovery.h"
#include "port/stm32f103/mailbox.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum {
    RESETS_MAX = MAILBOX_WATCHDOG_RESETS_MAX / MAILBOX_WATCHDOG_RESET,
    TRIALS = OTTER_JOURNAL_TRIALS,
    WATCHDOG_MS = 40000, /* the longest of the bootloader's */
    APP_WATCHDOG_MS = 5000,
    RUNS_MS = 3000, /* of an app: it has talked to its module */
    RAM_END = OTTER_RAM_ADDR + OTTER_RAM_SIZE,
};

static struct firmware boot, mute, crashes;
static struct replay *waiting;
static struct testbed *bed;

/* A device with `app` in APP (NULL: nothing), and a module that offers `update`. It is off. */
static void prepare(const struct firmware *app, const struct firmware *update,
                    const char version[8])
{
    const struct testbed_load loads[] = {
        {OTTER_BOOT_ADDR, boot.data, boot.len},
        {OTTER_APP_ADDR, app != NULL ? app->data : NULL, app != NULL ? app->len : 0}};
    struct testbed_config config = {
        .board = {.seed = 1}, .loads = loads, .load_count = app != NULL ? 2 : 1};

    if (update != NULL) {
        firmware_offer(&config.module, update, version);
    }
    bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    assert_true(replay_attach(waiting, testbed_board(bed)));
}

static void start(const struct firmware *app, const struct firmware *update,
                  const char version[8])
{
    prepare(app, update, version);
    testbed_power_on(bed);
}

static int stop(void **state)
{
    (void)state;
    testbed_free(bed);
    bed = NULL;
    return 0;
}

static unsigned count(const char *text)
{
    return firmware_count_in_log(bed, text);
}

static void expect_count(const char *text, unsigned times)
{
    if (count(text) != times) {
        fail_msg("'%s' %u times, not %u; log:\n%s", text, count(text), times, testbed_log(bed));
    }
}

/* The `times`-th of these lines. */
static void run_until(const char *text, unsigned times, uint32_t limit_ms)
{
    for (uint32_t ms = 0; count(text) < times; ms += 10) {
        if (ms > limit_ms) {
            fail_msg("'%s' %u times, not %u; log:\n%s", text, count(text), times,
                     testbed_log(bed));
        }
        firmware_run_ms(bed, 10);
    }
}

/* The bootloader waits for an image, and both its log and its 0x02 say why. */
static void expect_recovery(enum otter_reason reason, unsigned times)
{
    char line[24];

    (void)snprintf(line, sizeof line, "Recover [%d]", (int)reason);
    run_until(line, times, TRIALS * WATCHDOG_MS);
    for (unsigned ms = 0;
         !testbed_told(bed).by_recovery || testbed_told(bed).status.reason != reason;
         ms += 10) {
        if (ms > RUNS_MS) {
            fail_msg("the module was told %d; log:\n%s", testbed_told(bed).status.reason,
                     testbed_log(bed));
        }
        firmware_run_ms(bed, 10);
    }
    expect_count(line, times);
    assert_true(testbed_told(bed).status.is_otter);
    assert_false(testbed_told(bed).status.on_trial);
}

static void expect_app(const struct firmware *image)
{
    assert_memory_equal(firmware_flash(bed, OTTER_APP_ADDR), image->data, image->len);
}

/* The new app stays, however often the supply fails. */
static void expect_new_app_for_good(void)
{
    unsigned trials = count("Trial"), recoveries = count("Recover");

    for (unsigned i = 0; i <= TRIALS; i++) {
        size_t from = testbed_log_len(bed);

        testbed_power_on(bed);
        assert_int_not_equal(
            testbed_run_until_log(bed, "SoftVersion = 03010102", from, RUNS_MS), 0);
        firmware_run_ms(bed, RUNS_MS);
    }
    expect_app(&firmware_set()->new_app);
    expect_count("Trial", trials);
    expect_count("Recover", recoveries);
}

/* The module has a better image, at last: it is told as updated, which it is when it has
 * confirmed, and it stays. */
static void expect_new_app_is_taken(void)
{
    const struct firmware *app = &firmware_set()->new_app;
    struct module_config module;

    firmware_offer(&module, app, "03010102");
    assert_true(testbed_offer(bed, &module.file, module.version));
    firmware_run_to_end(bed);
    if (testbed_outcome(bed) != MODULE_EVENT_UPDATED) {
        fail_msg("not updated; log:\n%s", testbed_log(bed));
    }
    expect_new_app_for_good();
}

/* ---- an image that does not work comes by a recovery ---- */

static void expect_three_trials_and_a_way_back(const struct firmware *bad,
                                               const char version[8], const char *says)
{
    start(NULL, bad, version);
    expect_recovery(OTTER_REASON_NO_IMAGE, 1);
    expect_recovery(OTTER_REASON_UNCONFIRMED, 1);
    expect_app(bad);
    expect_count("Install", 1);
    expect_count("Trial", TRIALS);
    expect_count(says, TRIALS);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), TRIALS);
    firmware_run_to_end(bed);
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
    testbed_power_on(bed); /* no reset brings it back to life */
    expect_recovery(OTTER_REASON_UNCONFIRMED, 2);
    expect_count(says, TRIALS);
    expect_new_app_is_taken();
    expect_count(says, TRIALS);
    expect_count("Trial", TRIALS + 1);
}

static void test_image_that_never_answers(void **state)
{
    (void)state;
    expect_three_trials_and_a_way_back(&mute, "03010103", "Mute");
}

static void test_image_that_crashes(void **state)
{
    (void)state;
    expect_three_trials_and_a_way_back(&crashes, "03010102", "Crash");
}

/* One after the other, and none of them raises the number below which nothing is taken. */
static void test_twenty_bad_images_and_a_good_one(void **state)
{
    (void)state;
    start(NULL, &crashes, "03010102");
    for (unsigned round = 1; round <= 20; round++) {
        const struct firmware *next = round % 2 == 0 ? &crashes : &mute;
        struct module_config module;

        expect_recovery(OTTER_REASON_UNCONFIRMED, round);
        firmware_run_to_end(bed);
        assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
        firmware_offer(&module, next, "03010103");
        assert_true(round == 20 || testbed_offer(bed, &module.file, module.version));
    }
    expect_count("Install", 20);
    expect_new_app_is_taken();
}

/* ---- an image that cannot be started ---- */

/* The build's key, of which its build folder says where it is. */
static void load_key(struct key_file *key)
{
    static char path[1024];
    struct firmware text = firmware_read("signed-with.txt");
    struct host_error error;
    const char *from = strchr((const char *)text.data, '/'), *end;

    assert_int_equal(text.data[text.len - 1], '\n');
    text.data[text.len - 1] = '\0';
    assert_non_null(from);
    end = strstr(from, ": NOT FOR PRODUCTS");
    (void)snprintf(path, sizeof path, "%.*s",
                   (int)(end != NULL ? end - from : (long)strlen(from)), from);
    free(text.data);
    if (key_file_load(key, path, NULL, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
}

static void sign(struct firmware *image)
{
    struct key_file key;
    size_t len = image->len - OTTER_IMAGE_SIGNATURE_SIZE;

    load_key(&key);
    assert_int_equal(key_file_sign(&key, image->data, len, image->data + len, NULL), 0);
    key_file_free(&key);
}

/* Only the first `length` bytes of a program, with a trailer of their own. */
static struct firmware cut_program(const struct firmware *from, uint32_t length)
{
    struct firmware cut = firmware_copy(from);
    struct otter_image image;

    assert_int_equal(otter_image_get_trailer(cut.data + cut.len - OTTER_IMAGE_TRAILER_SIZE,
                                             (uint32_t)cut.len, &image),
                     0);
    image.length = length;
    otter_image_put_trailer(cut.data + length, &image);
    cut.len = length + OTTER_IMAGE_TRAILER_SIZE;
    return cut;
}

/* An empty board is offered `image`, signed. */
static void push_signed(struct firmware *image)
{
    sign(image);
    start(NULL, image, "03010103");
    firmware_run_to_end(bed);
}

static void expect_not_startable(struct firmware *image)
{
    push_signed(image);
    assert_int_equal(testbed_failure(bed), MODULE_FAIL_NOT_INSTALLED);
    assert_int_equal(testbed_told(bed).status.reason, OTTER_REASON_NOT_STARTABLE);
    assert_true(testbed_told(bed).by_recovery);
    expect_count("Refuse [10]", 1);
    expect_count("Recover [10]", 1);
    expect_count("Install", 0);
    assert_int_equal(*firmware_flash(bed, OTTER_APP_ADDR), 0xFF);
    (void)stop(NULL);
}

static void test_signed_image_that_cannot_be_started(void **state)
{
    const uint32_t end = OTTER_APP_ADDR + (uint32_t)mute.len - OTTER_IMAGE_TRAILER_SIZE;
    const struct {
        uint32_t stack, reset; /* 0 = as it was */
    } heads[] = {
        {0, end | 1},                                   /* in the trailer */
        {0, (OTTER_APP_ADDR + OTTER_APP_SIZE - 4) | 1}, /* behind the image, in the slot */
        {0, OTTER_BOOT_ADDR | 0x101},                   /* linked for the wrong place */
        {OTTER_RAM_ADDR + OTTER_IMAGE_STACK_MIN - 4, 0},
        {RAM_END + 4, 0},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct firmware image = firmware_copy(&mute);

        if (heads[i].stack != 0) {
            otter_put_le32(image.data, heads[i].stack);
        }
        if (heads[i].reset != 0) {
            otter_put_le32(image.data + 4, heads[i].reset);
        }
        expect_not_startable(&image);
        free(image.data);
    }
}

static void test_signed_image_that_was_cut(void **state)
{
    const struct firmware *app = &firmware_set()->new_app;
    uint32_t reset = otter_get_le32(app->data + 4) - OTTER_APP_ADDR;
    struct firmware image = cut_program(app, reset & ~3U);

    (void)state;
    expect_not_startable(&image);
    free(image.data);
}

/* So none of those is refused for its new signature: here a stack pointer that is good. */
static void test_signed_image_that_can_be_started(void **state)
{
    struct firmware image = firmware_copy(&mute);

    (void)state;
    otter_put_le32(image.data, RAM_END - 8);
    sign(&image);
    start(NULL, &image, "03010103");
    run_until("Mute", 1, WATCHDOG_MS);
    expect_count("Install", 1);
    expect_count("Refuse", 0);
    free(image.data);
}

/* ---- a confirmed app that crashes ---- */

static void test_watchdog_loop_ends_in_recovery_and_a_good_image_runs(void **state)
{
    (void)state;
    start(&crashes, NULL, NULL);
    expect_recovery(OTTER_REASON_CRASHED, 1);
    expect_count("Crash", RESETS_MAX);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), RESETS_MAX);
    expect_app(&crashes);
    board_reset(testbed_board(bed)); /* the pin leaves the count */
    expect_recovery(OTTER_REASON_CRASHED, 2);
    expect_count("Crash", RESETS_MAX);
    expect_new_app_is_taken();
    expect_count("Crash", RESETS_MAX);
}

/* The supply ends the count, and so does a recovery that nobody hears: the app gets its starts
 * again, and then the board waits again. */
static void test_watchdog_loop_begins_again_after_five_minutes(void **state)
{
    (void)state;
    start(&crashes, NULL, NULL);
    expect_recovery(OTTER_REASON_CRASHED, 1);
    testbed_mute(bed, true, true);
    run_until("Recover [16]", 2, OTTER_RECOVERY_UNHEARD_MS + RESETS_MAX * APP_WATCHDOG_MS);
    expect_count("Crash", 2 * RESETS_MAX);
    testbed_mute(bed, false, false);
    testbed_power_on(bed);
    expect_recovery(OTTER_REASON_CRASHED, 3);
    expect_count("Crash", 3 * RESETS_MAX);
    expect_new_app_is_taken();
}

/* A word in the RAM that survives resets: as if the watchdog had reset the chip so often. */
static void put_word(uint32_t word)
{
    uint8_t *box = testbed_board(bed)->sram + (OTTER_MAILBOX_ADDR - OTTER_RAM_ADDR);

    otter_put_le32(box, word);
    otter_put_le32(box + 4, ~word);
}

static void put_resets(unsigned resets)
{
    put_word(resets * MAILBOX_WATCHDOG_RESET);
}

/* The pet house falls into a fault, which its vectors answer with an endless loop. */
static void hang(void)
{
    struct board *board = testbed_board(bed);
    unsigned resets = board_resets(board, BOARD_RESET_WATCHDOG);

    board->cpu.r[15] = otter_get_le32(firmware_flash(bed, OTTER_APP_ADDR) + 12) & ~1U;
    firmware_run_ms(bed, APP_WATCHDOG_MS);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), resets + 1);
}

static void run_to_last_crash(bool is_heard)
{
    const struct firmware *app = &firmware_set()->old_app;

    start(app, app, "03010101");
    firmware_run_ms(bed, RUNS_MS);
    testbed_mute(bed, !is_heard, !is_heard);
    put_resets(RESETS_MAX - 1);
    board_reset(testbed_board(bed));
    firmware_run_ms(bed, 2 * RUNS_MS);
    expect_count("SoftVersion", 2);
    hang();
}

static void test_app_that_talks_is_forgiven(void **state)
{
    (void)state;
    run_to_last_crash(true);
    expect_count("Recover", 0);
    expect_count("SoftVersion", 3);
}

static void test_app_that_does_not_talk_is_not(void **state)
{
    (void)state;
    run_to_last_crash(false);
    expect_count("Recover [16]", 1);
    expect_count("SoftVersion", 2);
}

/* An impatient person is no watchdog, though nobody talks to the app. */
static void test_only_watchdogs_are_counted(void **state)
{
    (void)state;
    start(&firmware_set()->old_app, NULL, NULL);
    testbed_mute(bed, true, true);
    for (unsigned i = 1; i <= RESETS_MAX + 1; i++) {
        run_until("SoftVersion", i, RUNS_MS);
        board_reset(testbed_board(bed));
    }
    run_until("SoftVersion", RESETS_MAX + 2, RUNS_MS);
    expect_count("Recover", 0);
}

/* ---- a recovery that nobody hears ---- */

/* The image does not work; when nobody can help, it runs once, with the watchdog on. */
static void test_image_without_a_way_back_runs_once_in_five_minutes(void **state)
{
    (void)state;
    start(NULL, &mute, "03010103");
    expect_recovery(OTTER_REASON_UNCONFIRMED, 1);
    firmware_run_to_end(bed);
    testbed_mute(bed, true, true);
    firmware_run_ms(bed, OTTER_RECOVERY_UNHEARD_MS - 10000);
    expect_count("Mute", TRIALS);
    run_until("Mute", TRIALS + 1, 20000);
    expect_count("Recover [2]", 1);
    run_until("Recover [2]", 2, WATCHDOG_MS);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), TRIALS + 1);
    expect_count("Trial", TRIALS);
    testbed_mute(bed, false, false);
    expect_new_app_is_taken();
}

/* ... and if it works after all, it is an app as any other: it confirms. */
static void test_good_image_behind_a_dead_module_is_not_lost(void **state)
{
    const struct firmware *app = &firmware_set()->new_app;

    (void)state;
    start(NULL, app, "03010102");
    run_until("Trial [1]", 1, 60000);
    testbed_mute(bed, true, true);
    for (unsigned i = 1; i < TRIALS; i++) {
        firmware_run_ms(bed, RUNS_MS);
        testbed_power_on(bed);
    }
    firmware_run_ms(bed, RUNS_MS);
    testbed_power_on(bed);
    run_until("Recover [2]", 1, RUNS_MS);
    run_until("SoftVersion", TRIALS + 1, OTTER_RECOVERY_UNHEARD_MS + RUNS_MS);
    testbed_mute(bed, false, false);
    for (unsigned ms = 0; testbed_told(bed).by_recovery || testbed_told(bed).status.on_trial;
         ms += 10) {
        assert_true(ms < WATCHDOG_MS);
        firmware_run_ms(bed, 10);
    }
    expect_new_app_for_good();
    expect_count("Recover", 2); /* the one before the image came is the other */
}

static void test_board_without_app_waits_for_ever(void **state)
{
    (void)state;
    start(NULL, &firmware_set()->new_app, "03010102");
    testbed_mute(bed, true, true); /* the module is plugged in later */
    firmware_run_ms(bed, 2 * OTTER_RECOVERY_UNHEARD_MS + RUNS_MS);
    expect_count("Recover [4]", 3); /* after each five minutes a reset */
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_SOFTWARE), 2);
    assert_int_equal(board_resets(testbed_board(bed), BOARD_RESET_WATCHDOG), 0);
    testbed_mute(bed, false, false);
    expect_new_app_is_taken();
}

/* ---- the mailbox ---- */

/* A good app asks for recovery. */
static void ask_for_recovery(void)
{
    run_until("SoftVersion = 03010101", 1, RUNS_MS);
    board_set_key(testbed_board(bed), 1, true);
    board_set_key(testbed_board(bed), 2, true);
    run_until("Recover [17]", 1, 2 * RUNS_MS);
    board_set_key(testbed_board(bed), 1, false);
    board_set_key(testbed_board(bed), 2, false);
}

static void test_message_is_taken_once(void **state)
{
    (void)state;
    start(&firmware_set()->old_app, NULL, NULL);
    ask_for_recovery();
    board_reset(testbed_board(bed)); /* by its pin: RAM is kept */
    run_until("SoftVersion = 03010101", 2, RUNS_MS);
    expect_count("Recover", 1);
}

/* What an app without the reserve has in this RAM: -1 and 0, say. */
static void test_what_is_no_word_is_no_message(void **state)
{
    static const uint32_t words[] = {UINT32_MAX, MAILBOX_MAX + 1, 0x20001000 | MAILBOX_RECOVER};

    (void)state;
    start(&firmware_set()->old_app, NULL, NULL);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        run_until("SoftVersion = 03010101", i + 1, RUNS_MS);
        put_word(words[i]);
        board_reset(testbed_board(bed));
    }
    run_until("SoftVersion = 03010101", sizeof words / sizeof words[0] + 1, RUNS_MS);
    expect_count("Recover", 0);
}

/* An app on trial has not shown that it works: it cannot stop its own trial. */
static void test_app_on_trial_asks_in_vain(void **state)
{
    const struct firmware_set *set = firmware_set();

    (void)state;
    start(&set->old_app, &set->new_app, "03010102");
    run_until("Trial [1]", 1, 60000);
    testbed_mute(bed, true, true);
    board_set_key(testbed_board(bed), 1, true);
    board_set_key(testbed_board(bed), 2, true);
    run_until("MCU Restart", 2, 2 * RUNS_MS); /* the first was for the update */
    board_set_key(testbed_board(bed), 1, false);
    board_set_key(testbed_board(bed), 2, false);
    run_until("Trial [2]", 1, RUNS_MS);
    run_until("SoftVersion = 03010102", 2, RUNS_MS);
    expect_count("Recover", 0);
}

static void test_app_that_asked_is_back_after_five_minutes(void **state)
{
    (void)state;
    start(&firmware_set()->old_app, NULL, NULL);
    ask_for_recovery();
    testbed_mute(bed, true, true);
    run_until("SoftVersion = 03010101", 2, OTTER_RECOVERY_UNHEARD_MS + RUNS_MS);
    firmware_run_ms(bed, WATCHDOG_MS); /* and stays */
    expect_count("SoftVersion = 03010101", 2);
    expect_count("Recover", 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_image_that_never_answers, stop),
        cmocka_unit_test_teardown(test_image_that_crashes, stop),
        cmocka_unit_test_teardown(test_twenty_bad_images_and_a_good_one, stop),
        cmocka_unit_test_teardown(test_signed_image_that_cannot_be_started, stop),
        cmocka_unit_test_teardown(test_signed_image_that_was_cut, stop),
        cmocka_unit_test_teardown(test_signed_image_that_can_be_started, stop),
        cmocka_unit_test_teardown(test_watchdog_loop_ends_in_recovery_and_a_good_image_runs,
                                  stop),
        cmocka_unit_test_teardown(test_watchdog_loop_begins_again_after_five_minutes, stop),
        cmocka_unit_test_teardown(test_app_that_talks_is_forgiven, stop),
        cmocka_unit_test_teardown(test_app_that_does_not_talk_is_not, stop),
        cmocka_unit_test_teardown(test_only_watchdogs_are_counted, stop),
        cmocka_unit_test_teardown(test_image_without_a_way_back_runs_once_in_five_minutes,
                                  stop),
        cmocka_unit_test_teardown(test_good_image_behind_a_dead_module_is_not_lost, stop),
        cmocka_unit_test_teardown(test_board_without_app_waits_for_ever, stop),
        cmocka_unit_test_teardown(test_message_is_taken_once, stop),
        cmocka_unit_test_teardown(test_what_is_no_word_is_no_message, stop),
        cmocka_unit_test_teardown(test_app_on_trial_asks_in_vain, stop),
        cmocka_unit_test_teardown(test_app_that_asked_is_back_after_five_minutes, stop),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    boot = firmware_read("boot/boot.bin");
    mute = firmware_read("app/app_no_confirm/app_no_confirm.bin");
    crashes = firmware_read("app/app_crashes/app_crashes.bin");
    waiting = firmware_replay("boot/boot.elf");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
