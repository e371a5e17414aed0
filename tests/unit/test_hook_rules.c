/* SPDX-License-Identifier: Apache-2.0 */
/* When a message to the webhook is sent again, when no more, and how it is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "cloud/fleet/fleet_webhook.h"
#include "cloud/hook/hook_rules.h"

static const int64_t first_ms = 10000, day_ms = 24 * 3600 * 1000;

static void the_wait_doubles_up_to_an_hour(void **state)
{
    (void)state;
    for (int64_t failures = 1; failures < 100; failures++) {
        int64_t whole = failures < 10 ? first_ms << (failures - 1) : HOOK_WAIT_MAX_MS;
        int64_t least = whole, most = 0;

        whole = whole < HOOK_WAIT_MAX_MS ? whole : HOOK_WAIT_MAX_MS;
        for (uint32_t i = 0; i < 1000; i++) {
            int64_t wait = hook_wait_ms(failures, first_ms, i * 4294967U);

            assert_in_range(wait, whole / 2, whole);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_true(most - least > whole / 4); /* it is random */
    }
}

static void a_first_wait_of_an_hour_stays_one(void **state)
{
    (void)state;
    assert_in_range(hook_wait_ms(1, HOOK_WAIT_MAX_MS, UINT32_MAX), HOOK_WAIT_MAX_MS / 2,
                    HOOK_WAIT_MAX_MS);
    assert_in_range(hook_wait_ms(INT64_MAX, 1000, 7), HOOK_WAIT_MAX_MS / 2, HOOK_WAIT_MAX_MS);
}

static void it_takes_age_and_failures_to_give_up(void **state)
{
    (void)state;
    assert_false(hook_gives_up(3 * day_ms, 100, 100));
    assert_true(hook_gives_up(3 * day_ms + 1, 10, 0));
    assert_true(hook_gives_up(3 * day_ms + 1, 0, 10));
    assert_false(hook_gives_up(300 * day_ms, 9, 9)); /* a clock that jumped */
    assert_false(hook_gives_up(-day_ms, 1000, 1000));
}

/* RFC 4231, test case 2. */
static void the_signature_is_hmac_sha256(void **state)
{
    char text[HOOK_SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(hook_sign("Jefe", "what do ya want for nothing?", text), 0);
    assert_string_equal(
        text, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void only_plain_addresses_are_taken(void **state)
{
    static const char *const good[] = {"",
                                       "http://a",
                                       "https://hooks.example/otter?key=1&b=%20",
                                       "http://127.0.0.1:8099/x",
                                       "http://[::1]:80/",
                                       "https://a?b"};
    static const char *const bad[] = {"http://",
                                      "https:///x",
                                      "ftp://a/",
                                      "file:///etc/passwd",
                                      "HTTP://a",
                                      "a",
                                      "//a/",
                                      "http:/a",
                                      "http://user:word@a/",
                                      "http://a@b/",
                                      "http://a/#x",
                                      "http://a b/",
                                      "http://a/\x01",
                                      "http://a/\r\nX: y",
                                      "http://a\\@b/",
                                      "http://\xc3\xa4/",
                                      "http://a/\xc3\xa4",
                                      "http://?x"};
    char longest[FLEET_URL_MAX + 2] = "http://a/";

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!fleet_webhook_is_url(good[i])) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (fleet_webhook_is_url(bad[i])) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    memset(longest + 9, 'x', sizeof longest - 10);
    assert_false(fleet_webhook_is_url(longest));
    longest[FLEET_URL_MAX] = '\0';
    assert_true(fleet_webhook_is_url(longest));
}

static void events_are_named_once_each(void **state)
{
    uint32_t events = 77;

    (void)state;
    assert_true(fleet_webhook_read_events("", &events));
    assert_int_equal(events, 0);
    assert_true(fleet_webhook_read_events("deployment.paused,action.failed", &events));
    assert_int_equal(events, 1 << WEBHOOK_DEPLOYMENT_PAUSED | 1 << WEBHOOK_ACTION_FAILED);
    events = 77;
    assert_false(fleet_webhook_read_events("action.failed,", &events));
    assert_false(fleet_webhook_read_events(",action.failed", &events));
    assert_false(fleet_webhook_read_events("action.failed,action.failed", &events));
    assert_false(fleet_webhook_read_events("action.fail", &events));
    assert_false(fleet_webhook_read_events("action.failed deployment.paused", &events));
    assert_int_equal(events, 77);
}

static void a_key_is_long_enough_or_none(void **state)
{
    char longest[FLEET_WEBHOOK_SECRET_MAX + 2] = "";

    (void)state;
    assert_true(fleet_webhook_is_secret(""));
    assert_false(fleet_webhook_is_secret("15-characters--"));
    assert_true(fleet_webhook_is_secret("16-characters---"));
    assert_false(fleet_webhook_is_secret("16 characters---"));
    memset(longest, 'x', sizeof longest - 1);
    assert_false(fleet_webhook_is_secret(longest));
    longest[FLEET_WEBHOOK_SECRET_MAX] = '\0';
    assert_true(fleet_webhook_is_secret(longest));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_doubles_up_to_an_hour),
        cmocka_unit_test(a_first_wait_of_an_hour_stays_one),
        cmocka_unit_test(it_takes_age_and_failures_to_give_up),
        cmocka_unit_test(the_signature_is_hmac_sha256),
        cmocka_unit_test(only_plain_addresses_are_taken),
        cmocka_unit_test(events_are_named_once_each),
        cmocka_unit_test(a_key_is_long_enough_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
