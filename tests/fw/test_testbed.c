/* SPDX-License-Identifier: Apache-2.0 */
/* The testbed itself, with the pet house on it: how a run is cut into pieces is not to show, a
 * copy goes on as the original, and the module has an answer when it has been sent, not when
 * the core has time again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { SEED = 11, LIMIT_MS = 60000 };

/* What the module has told until its update had ended: how often, and a
 * hash of what and when. */
struct seen {
    struct testbed *bed;
    unsigned count;
    uint64_t hash;
    bool has_ended;
};

static void see(void *ctx, const struct module_event *event)
{
    struct seen *seen = ctx;
    if (seen->has_ended) {
        return;
    }
    uint64_t now = board_now(testbed_board(seen->bed));
    seen->count++;
    seen->hash = (seen->hash ^ now ^ (uint64_t)event->kind << 56) * 0x100000001B3u;
    seen->has_ended = event->kind == MODULE_EVENT_UPDATED;
}

static struct testbed *new_testbed(struct seen *seen)
{
    const struct module_config module = {.event = see, .ctx = seen};
    *seen = (struct seen){.bed = firmware_testbed(SEED, &module)};
    return seen->bed;
}

static void run(struct testbed *bed, uint32_t end_ms, uint32_t slice_ms)
{
    while (testbed_now_ms(bed) < end_ms) {
        assert_int_equal(testbed_run_ms(bed, slice_ms), BOARD_STOP_TIME);
    }
}

static void expect_same(const struct seen *one, const struct seen *other)
{
    assert_true(one->has_ended);
    assert_true(other->has_ended);
    assert_true(one->count > 20);
    assert_int_equal(one->count, other->count);
    assert_int_equal(one->hash, other->hash);
}

static void test_slices_do_not_show(void **state)
{
    (void)state;
    struct seen by_ms, whole;
    struct testbed *one = new_testbed(&by_ms), *other = new_testbed(&whole);
    testbed_power_on(one);
    testbed_power_on(other);
    run(one, LIMIT_MS, 1);
    run(other, LIMIT_MS, LIMIT_MS);
    expect_same(&by_ms, &whole);
    testbed_free(one);
    testbed_free(other);
}

static void test_copy_goes_on_as_the_original(void **state)
{
    (void)state;
    struct seen seen, seen_copy;
    struct testbed *bed = new_testbed(&seen), *copy = new_testbed(&seen_copy);
    testbed_power_on(bed);
    run(bed, 12000, 10); /* in the midst of the transfer */
    assert_true(seen.count > 5 && !seen.has_ended);
    testbed_copy(copy, bed);
    seen_copy = seen;
    seen_copy.bed = copy;
    run(bed, LIMIT_MS, 100);
    assert_int_equal(seen_copy.has_ended, false);
    run(copy, LIMIT_MS, 100);
    expect_same(&seen, &seen_copy);
    testbed_free(bed);
    testbed_free(copy);
}

static void test_load_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[2];
    const struct {
        uint32_t addr;
        size_t len;
    } bad[] = {
        {OTTER_FLASH_ADDR + BOARD_FLASH_SIZE - 1, 2},
        {OTTER_FLASH_ADDR + BOARD_FLASH_SIZE, 1},
        {OTTER_FLASH_ADDR - 1, 2},
        {OTTER_FLASH_ADDR, BOARD_FLASH_SIZE + 1},
        {OTTER_FLASH_ADDR, SIZE_MAX},
        {0, 1},
        {UINT32_MAX, 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct testbed_load load = {bad[i].addr, bytes, bad[i].len};
        const struct testbed_config config = {.loads = &load, .load_count = 1};
        struct host_error error = {.reason = ""};
        assert_null(testbed_new(&config, &error));
        assert_non_null(strstr(error.reason, "64 KB of flash from 0x08000000 on"));
    }
    const struct testbed_load last = {OTTER_FLASH_ADDR + BOARD_FLASH_SIZE - 2, bytes, 2};
    const struct testbed_config config = {.loads = &last, .load_count = 1};
    struct testbed *bed = testbed_new(&config, NULL);
    assert_non_null(bed);
    testbed_free(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_do_not_show),
        cmocka_unit_test(test_copy_goes_on_as_the_original),
        cmocka_unit_test(test_load_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
