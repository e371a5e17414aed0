/* SPDX-License-Identifier: Apache-2.0 */
/* Every case that a campaign plans can be run: none lies behind the end of the reference run,
 * although a device may write to flash for its verdict. This one begins with another update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "host/image_file.h"
#include "lab/campaign/boot_image.h"
#include "lab/campaign/campaign.h"
#include "port/stm32f103/layout.h"

static struct campaign_device real;
static uint64_t end_ops, checked_ops;

static struct campaign_verdict listen(void *device, bool done)
{
    end_ops = board_flash_ops(real.board(device));
    struct campaign_verdict verdict = real.check(device, done);
    const struct scenario_run *run = device;
    const struct module_file file = image_file_offer(&run->scenario->app);
    (void)testbed_offer(run->bed, &file, (const uint8_t *)"03010104");
    (void)testbed_run_ms(run->bed, 5000);
    checked_ops = board_flash_ops(real.board(device));
    return verdict;
}

static const char *path(const char *name)
{
    static char text[1024];
    (void)snprintf(text, sizeof text, "%s/%s", OTTER_FIRMWARE_DIR, name);
    return text;
}

static void test_no_case_behind_the_end(void **state)
{
    (void)state;
    struct scenario scenario = {
        .kind = scenario_find("update"), .layout = &stm32f103_layout, .seed = 1};
    const struct campaign_options options = {.every = 1000,
                                             .tears = {[BOARD_TEAR_TORN] = true},
                                             .second_count = 5000,
                                             .seed = 1,
                                             .limit_s = 120,
                                             .slice_ms = 20};
    struct campaign_survey survey;
    struct campaign_plan plan;
    assert_int_equal(boot_image_read(path("boot/boot.elf"), &scenario, NULL), 0);
    assert_int_equal(
        file_read(path("app/pethouse/pethouse_03010101.bin"), 1 << 20, &scenario.app, NULL), 0);
    assert_int_equal(
        file_read(path("app/app_v3/pethouse_03010103.bin"), 1 << 20, &scenario.update, NULL),
        0);
    assert_true(scenario_prepare(&scenario));
    real = scenario_device(&scenario);
    struct campaign_device device = real;
    device.check = listen;
    assert_null(campaign_survey(&device, &options, &survey));
    assert_true(checked_ops > end_ops);
    assert_int_equal(survey.operations, end_ops);
    assert_int_equal(campaign_plan(&options, &survey, &plan), 0);
    assert_in_range(plan.count, 5000, 5100);
    assert_true(plan.cases[plan.count - 1].first.op < end_ops);
    campaign_free(&survey, &plan);
    file_free(&scenario.boot);
    file_free(&scenario.app);
    file_free(&scenario.update);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_case_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
