/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: debounce 10 ms, long press 2 s, and the wrap of the millisecond counter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/pethouse/keys.h"

static struct key key;
static uint32_t now;

/* Poll every millisecond for `ms` with the contact at `level`; all events must be KEY_NONE but
 * the last poll's, which is returned. */
static enum key_event hold(bool level, uint32_t ms)
{
    enum key_event event = KEY_NONE;
    for (uint32_t i = 0; i < ms; i++) {
        assert_int_equal(event, KEY_NONE);
        event = key_poll(&key, level, now++);
    }
    return event;
}

static int start(void **state)
{
    (void)state;
    key_init(&key);
    now = UINT32_MAX - 1000; /* the counter wraps in each test */
    return 0;
}

static void test_short_press(void **state)
{
    (void)state;
    assert_int_equal(hold(false, 100), KEY_NONE);
    assert_int_equal(hold(true, KEY_DEBOUNCE_MS), KEY_NONE);
    assert_int_equal(hold(true, 1), KEY_PRESSED);
    assert_int_equal(hold(true, KEY_LONG_MS - 1), KEY_NONE);
    assert_int_equal(hold(false, KEY_DEBOUNCE_MS),
                     KEY_NONE); /* let go just before it is long */
    assert_int_equal(hold(false, 1), KEY_SHORT);
}

static void test_short_release(void **state)
{
    (void)state;
    assert_int_equal(hold(true, KEY_DEBOUNCE_MS + 1), KEY_PRESSED);
    assert_int_equal(hold(true, 500), KEY_NONE);
    assert_int_equal(hold(false, KEY_DEBOUNCE_MS + 1), KEY_SHORT);
    assert_int_equal(hold(false, 5000), KEY_NONE);
}

static void test_long_press_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(hold(true, KEY_DEBOUNCE_MS + 1), KEY_PRESSED);
    assert_int_equal(hold(true, KEY_LONG_MS), KEY_LONG);
    assert_int_equal(hold(true, 3 * KEY_LONG_MS), KEY_NONE);
    assert_int_equal(hold(false, KEY_DEBOUNCE_MS + 1), KEY_RELEASED);
    /* the next press starts from zero */
    assert_int_equal(hold(true, KEY_DEBOUNCE_MS + 1), KEY_PRESSED);
    assert_int_equal(hold(true, 100), KEY_NONE);
    assert_int_equal(hold(false, KEY_DEBOUNCE_MS + 1), KEY_SHORT);
}

static void test_bouncing_is_not_a_press(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(hold(i % 2 == 0, KEY_DEBOUNCE_MS), KEY_NONE);
    }
    /* and while it is held, a gap shorter than the debounce time does not end it */
    assert_int_equal(hold(false, 100), KEY_NONE);
    assert_int_equal(hold(true, KEY_DEBOUNCE_MS + 1), KEY_PRESSED);
    assert_int_equal(hold(true, 1000), KEY_NONE);
    assert_int_equal(hold(false, KEY_DEBOUNCE_MS), KEY_NONE);
    assert_int_equal(hold(true, KEY_LONG_MS - 1000 - KEY_DEBOUNCE_MS), KEY_LONG);
}

/* A page erase between two polls makes an event late, never lost or doubled. */
static void test_stalls_of_the_loop(void **state)
{
    (void)state;
    assert_int_equal(key_poll(&key, true, now), KEY_NONE);
    assert_int_equal(key_poll(&key, true, now += 40), KEY_PRESSED);
    assert_int_equal(key_poll(&key, true, now += 2500), KEY_LONG);
    assert_int_equal(key_poll(&key, false, now += 40), KEY_NONE);
    assert_int_equal(key_poll(&key, false, now += 40), KEY_RELEASED);
    assert_int_equal(key_poll(&key, false, now += 40), KEY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_short_press, start),
        cmocka_unit_test_setup(test_short_release, start),
        cmocka_unit_test_setup(test_long_press_is_told_once, start),
        cmocka_unit_test_setup(test_bouncing_is_not_a_press, start),
        cmocka_unit_test_setup(test_stalls_of_the_loop, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
