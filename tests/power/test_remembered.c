/* SPDX-License-Identifier: Apache-2.0 */
/* A campaign that remembers is the same campaign: each case ends at the same tick,
 * after the same instructions, with the same flash and the same verdict as one
 * that executes them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "lab/campaign/boot_image.h"
#include "port/stm32f103/layout.h"

enum { PATH_SIZE = 1024, CASES_MAX = 64 };

/* What one case came to, and its verdict. */
struct outcome {
    uint64_t now, instructions, ops, flash;
    const char *why;
};

static struct campaign_device real; /* whose checks are listened to */
static struct outcome outcomes[2][CASES_MAX];
static unsigned counts[2], run_number;

static uint64_t hash(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0xCBF29CE484222325u; /* FNV-1a */
    for (size_t i = 0; i < len; i++) {
        value = (value ^ bytes[i]) * 0x100000001B3u;
    }
    return value;
}

static struct campaign_verdict listen(void *device, bool done)
{
    struct campaign_verdict verdict = real.check(device, done);
    struct board *board = real.board(device);
    assert_in_range(counts[run_number], 0, CASES_MAX - 1);
    outcomes[run_number][counts[run_number]++] =
        (struct outcome){board_now(board), board_instructions(board), board_flash_ops(board),
                         hash(board_flash(board), BOARD_FLASH_SIZE), verdict.why};
    return verdict;
}

static void failed(void *ctx, const struct campaign_case *which, const char *why)
{
    (void)ctx;
    fail_msg("%llu:%s: %s", (unsigned long long)which->first.op,
             campaign_tear_name(which->first.tear), why);
}

static const char *path(const char *name)
{
    static char text[PATH_SIZE];
    (void)snprintf(text, sizeof text, "%s/%s", OTTER_FIRMWARE_DIR, name);
    return text;
}

static void run(struct scenario *scenario, const struct campaign_options *options,
                bool remembers)
{
    struct campaign_survey survey;
    struct campaign_plan plan;
    struct campaign_counts sums;
    run_number = remembers;
    counts[run_number] = 0;
    if (remembers) {
        assert_int_equal(boot_image_remember(path("boot/boot.elf"), 7, scenario, NULL), 0);
    }
    real = scenario_device(scenario);
    struct campaign_device device = real;
    device.check = listen;
    assert_null(campaign_survey(&device, options, &survey));
    assert_int_equal(campaign_plan(options, &survey, &plan), 0);
    assert_int_equal(campaign_run(&device, options, &plan, &sums), 0);
    assert_int_equal(sums.cases, plan.count);
    assert_true(sums.cases >= 10);
    campaign_free(&survey, &plan);
}

static void expect_same(const char *which, const char *app, const char *update, uint32_t every)
{
    struct scenario scenario = {
        .kind = scenario_find(which), .layout = &stm32f103_layout, .seed = 5};
    const struct campaign_options options = {
        .every = every,
        .offset = every - 1,
        .tears =
            {[BOARD_TEAR_NOT_DONE] = true, [BOARD_TEAR_TORN] = true, [BOARD_TEAR_WEAK] = true},
        .second_count = 4,
        .seed = 5,
        .limit_s = 120,
        .slice_ms = 20,
        .parts = 1,
        .failed = failed};
    assert_int_equal(boot_image_read(path("boot/boot.elf"), &scenario, NULL), 0);
    assert_int_equal(file_read(path(app), 1 << 20, &scenario.app, NULL), 0);
    assert_int_equal(file_read(path(update), 1 << 20, &scenario.update, NULL), 0);
    assert_true(scenario_prepare(&scenario));
    run(&scenario, &options, false);
    run(&scenario, &options, true);
    assert_int_equal(counts[0], counts[1]);
    for (unsigned i = 0; i < counts[0]; i++) {
        const struct outcome *one = &outcomes[0][i], *other = &outcomes[1][i];
        assert_int_equal(one->now, other->now);
        assert_int_equal(one->instructions, other->instructions);
        assert_int_equal(one->ops, other->ops);
        assert_int_equal(one->flash, other->flash);
        assert_ptr_equal(one->why, other->why);
    }
    struct replay_counts replayed = replay_counts(scenario.replay);
    assert_true(replayed.remembered > counts[1]);
    assert_true(replayed.compared > 0);
    assert_true(replayed.rounds > 100000 && replayed.compared_waits > 10);
    assert_int_equal(replayed.differences, 0);
    file_free(&scenario.boot);
    file_free(&scenario.app);
    file_free(&scenario.update);
    replay_free(scenario.replay);
}

static const char pethouse[] = "app/pethouse/pethouse_03010101.bin";

static void test_same_update(void **state)
{
    (void)state;
    expect_same("update", pethouse, "app/app_v3/pethouse_03010103.bin", 8009);
}

static void test_same_revert(void **state)
{
    (void)state;
    expect_same("revert", pethouse, "app/app_no_confirm/app_no_confirm.bin", 8501);
}

static void test_same_recovery(void **state)
{
    (void)state;
    expect_same("recovery", pethouse, "app/app_v3/pethouse_03010103.bin", 8009);
}

/* Its UART waits, with interrupts on. */
static void test_same_generated_project(void **state)
{
    (void)state;
    expect_same("update", "tests/dropin/dropin_2016_03010101_signed.bin",
                "tests/dropin/dropin_2017_03010102_signed.bin", 5501);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_update),
        cmocka_unit_test(test_same_revert),
        cmocka_unit_test(test_same_recovery),
        cmocka_unit_test(test_same_generated_project),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
