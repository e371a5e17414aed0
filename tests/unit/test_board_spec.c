/* SPDX-License-Identifier: Apache-2.0 */
/* The values of `otter board run`'s options (cli/board_spec.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cli/board_spec.h"

static void test_spec_load(void **state)
{
    (void)state;
    struct spec_load load;
    assert_int_equal(spec_load("--o", "boot.bin@0x08003000", &load, NULL), 0);
    assert_int_equal(load.path_len, 8);
    assert_true(load.has_addr);
    assert_int_equal(load.addr, 0x08003000);
    assert_int_equal(spec_load("--o", "a@b.hex", &load, NULL), 0);
    assert_int_equal(load.path_len, 7);
    assert_false(load.has_addr);
    assert_int_equal(spec_load("--o", "x@1@134217728", &load, NULL), 0);
    assert_int_equal(load.path_len, 3);
    assert_int_equal(load.addr, 0x08000000);
    assert_int_equal(spec_load("--o", "", &load, NULL), -1);
    assert_int_equal(spec_load("--o", "@0x08000000", &load, NULL), -1);
    assert_int_equal(spec_load("--o", "a@0x100000000", &load, NULL), -1);
    assert_int_equal(spec_load("--o", "a@0x", &load, NULL), -1);
    assert_int_equal(spec_load("--o", "a@08003000h", &load, NULL), -1);
}

static void test_spec_cut(void **state)
{
    (void)state;
    struct run_cut cut;
    bool has_seed;
    assert_int_equal(spec_cut("--o", "17", &cut, &has_seed, NULL), 0);
    assert_int_equal(cut.op, 17);
    assert_int_equal(cut.tear, BOARD_TEAR_TORN);
    assert_false(has_seed);
    assert_int_equal(spec_cut("--o", "0:not-done", &cut, &has_seed, NULL), 0);
    assert_int_equal(cut.tear, BOARD_TEAR_NOT_DONE);
    assert_int_equal(spec_cut("--o", "5:done:0x10", &cut, &has_seed, NULL), 0);
    assert_int_equal(cut.tear, BOARD_TEAR_DONE);
    assert_true(has_seed);
    assert_int_equal(cut.seed, 16);
    static const char *const wrong[] = {
        "",        ":",        "x",          "-1", "1:",   "1:odd",
        "1:torn:", "1:torn:x", "1:torn:1:1", " 1", "1::2", "18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (spec_cut("--o", wrong[i], &cut, &has_seed, NULL) == 0) {
            fail_msg("taken: `%s'", wrong[i]);
        }
    }
}

static void test_spec_input(void **state)
{
    (void)state;
    struct run_input input;
    assert_int_equal(spec_input("--o", "2.5:key2=down", &input, NULL), 0);
    assert_true(input.at == UINT64_C(2500000) * BOARD_TICKS_PER_US);
    assert_int_equal(input.kind, RUN_KEY);
    assert_int_equal(input.number, 2);
    assert_int_equal(input.value, 1);
    assert_int_equal(spec_input("--o", "0:temp=31", &input, NULL), 0);
    assert_int_equal(input.kind, RUN_CELSIUS);
    assert_int_equal(input.value, 31);
    assert_int_equal(spec_input("--o", "0.000001:obstacle=no", &input, NULL), 0);
    assert_true(input.at == BOARD_TICKS_PER_US);
    assert_int_equal(input.value, 0);
    assert_int_equal(spec_input("--o", "1:sensor=broken", &input, NULL), 0);
    assert_int_equal(spec_input("--o", "1:reset=pin", &input, NULL), 0);
    assert_int_equal(spec_input("--o", "1:power=cycle", &input, NULL), 0);
    assert_int_equal(spec_input("--o", "1:hum=95", &input, NULL), 0);
    static const char *const wrong[] = {"",
                                        "1",
                                        "1:",
                                        "1:key1",
                                        "1:key1=",
                                        "1:key4=down",
                                        "1:key=down",
                                        "1:temp=61",
                                        "1:temp=-1",
                                        "1:hum=4",
                                        "1:hum=5x",
                                        "-1:key1=up",
                                        "x:key1=up",
                                        ":key1=up",
                                        "inf:key1=up",
                                        "nan:temp=20",
                                        "1e3:temp=20",
                                        "1.2.3:temp=20",
                                        "1:led=on",
                                        "1:obstacle=maybe",
                                        "9999999999:temp=20"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (spec_input("--o", wrong[i], &input, NULL) == 0) {
            fail_msg("taken: `%s'", wrong[i]);
        }
    }
    char longest[200];
    memset(longest, '1', sizeof longest);
    strcpy(longest + 190, ":temp=20");
    assert_int_equal(spec_input("--o", longest, &input, NULL), -1);
}

/* The message for a person: the whole option, and its form or what is wrong with a number in
 * it. */
static void test_spec_errors(void **state)
{
    (void)state;
    struct host_error error;
    struct spec_load load;
    struct run_cut cut;
    struct run_input input;
    bool has_seed;
    assert_int_equal(spec_load("--load", "a@08003000", &load, &error), -1);
    assert_string_equal(error.thing, "--load a@08003000");
    assert_string_equal(error.reason, "begins with 0: write 8003000, or 0x08003000");
    assert_int_equal(spec_load("--load", "", &load, &error), -1);
    assert_string_equal(error.reason, "not FILE[@ADDR]");
    assert_int_equal(spec_cut("--cut", "1:odd", &cut, &has_seed, &error), -1);
    assert_string_equal(error.reason, "not OP[:not-done|done|torn|half-erased|weak][:SEED]");
    assert_int_equal(spec_cut("--cut", "1:torn:07", &cut, &has_seed, &error), -1);
    assert_string_equal(error.thing, "--cut 1:torn:07");
    assert_string_equal(error.reason, "begins with 0: write 7, or 0x07");
    assert_int_equal(spec_input("--set", "1:temp=61", &input, &error), -1);
    assert_string_equal(error.reason, "not a number from 0 to 60");
    assert_int_equal(spec_input("--set", "1:led=on", &input, &error), -1);
    assert_memory_equal(error.reason, "not SECONDS:KEY=VALUE; ", 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_load),
        cmocka_unit_test(test_spec_cut),
        cmocka_unit_test(test_spec_input),
        cmocka_unit_test(test_spec_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
