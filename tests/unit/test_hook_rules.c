/* SPDX-License-Identifier: Apache-2.0 */
/* When a message to the webhook is sent again, whom a failure concerns, when a message is sent
 * no more, and how it is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "cloud/fleet/fleet_webhook.h"
#include "cloud/hook/hook_post.h"
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
    assert_int_equal(hook_next_step(false, 3 * day_ms, 100, 100), HOOK_SEND);
    assert_int_equal(hook_next_step(false, 3 * day_ms + 1, 10, 0), HOOK_GIVE_UP);
    assert_int_equal(hook_next_step(false, 3 * day_ms + 1, 0, 10), HOOK_GIVE_UP);
    assert_int_equal(hook_next_step(false, 300 * day_ms, 9, 9), HOOK_SEND); /* a clock jumped */
    assert_int_equal(hook_next_step(false, -day_ms, 1000, 1000), HOOK_SEND);
}

static void nothing_is_given_up_while_it_is_off(void **state)
{
    (void)state;
    assert_int_equal(hook_next_step(true, 300 * day_ms, 100, 100), HOOK_WAIT);
    assert_int_equal(hook_next_step(true, 0, 0, 0), HOOK_WAIT);
}

/* ---- whom a failure concerns ---- */
static void only_some_answers_are_about_the_message(void **state)
{
    static const struct {
        long status;
        enum hook_outcome outcome;
    } answers[] = {{200, HOOK_TAKEN},   {204, HOOK_TAKEN},   {0, HOOK_AWAY},
                   {301, HOOK_AWAY},    {500, HOOK_AWAY},    {503, HOOK_AWAY},
                   {408, HOOK_AWAY},    {425, HOOK_AWAY},    {429, HOOK_AWAY},
                   {400, HOOK_REFUSED}, {401, HOOK_REFUSED}, {413, HOOK_REFUSED},
                   {422, HOOK_REFUSED}, {499, HOOK_REFUSED}};

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_int_equal(hook_outcome_of(answers[i].status), answers[i].outcome);
    }
}

static int64_t note(struct hook_pace *pace, int64_t message, enum hook_outcome outcome)
{
    return hook_pace_note(pace, message, outcome, first_ms, 0);
}

static void one_message_that_is_refused_holds_up_nobody(void **state)
{
    struct hook_pace pace = {0};

    (void)state;
    for (int64_t i = 0; i < 20; i++) {
        assert_int_equal(note(&pace, 1, HOOK_REFUSED), 0);
        assert_false(pace.all);
        assert_int_equal(note(&pace, 2 + i, HOOK_TAKEN), 0);
        assert_false(pace.all); /* message 1 keeps its own wait */
    }
    assert_int_equal(pace.failures, 0);
}

/* A receiver that stumbles over one message, say with 500. */
static void the_only_message_that_fails_keeps_its_own_wait(void **state)
{
    struct hook_pace pace = {0};

    (void)state;
    for (int64_t i = 0; i < 20; i++) {
        assert_in_range(note(&pace, 1, HOOK_AWAY), first_ms / 2, first_ms);
        assert_int_equal(note(&pace, 2 + i, HOOK_TAKEN), 0);
        assert_false(pace.all);
    }
}

static void the_end_of_an_outage_is_for_all_of_them(void **state)
{
    static const enum hook_outcome ends[] = {HOOK_TAKEN, HOOK_REFUSED};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct hook_pace pace = {0};
        int64_t pause_ms = 0;

        for (int64_t message = 1; message < 20; message++) {
            pause_ms = note(&pace, message, HOOK_AWAY);
            assert_in_range(pause_ms, first_ms / 2, HOOK_PAUSE_MAX_MS);
        }
        assert_int_equal(pause_ms, HOOK_PAUSE_MAX_MS); /* new messages, too */
        assert_int_equal(note(&pace, 7, ends[i]), 0);
        assert_true(pace.all);
        assert_int_equal(pace.after, 0);
        pace.after = 1;
        assert_int_equal(note(&pace, 1, HOOK_REFUSED), 0);
        assert_int_equal(note(&pace, 2, HOOK_TAKEN), 0);
        assert_int_equal(pace.after, 1); /* one pass */
        (void)note(&pace, 3, HOOK_AWAY);
        assert_false(pace.all);
    }
}

static void another_receiver_is_no_reason_to_wait(void **state)
{
    struct hook_pace pace = {0};

    (void)state;
    (void)note(&pace, 1, HOOK_AWAY);
    hook_pace_begin_anew(&pace);
    assert_true(pace.all);
    assert_int_equal(pace.failures, 0);
}

static void what_libcurl_refuses_is_named(void **state)
{
    atomic_bool is_stopping = false;
    struct hook_post post = {.is_stopping = &is_stopping};
    enum { TOO_LONG = 8000001 };
    char *url = calloc(1, TOO_LONG + 1);
    const struct hook_request request = {
        .url = url, .event_id = "e", .body = "{}", .signature = "", .timeout_ms = 1000};
    char reason[HOOK_REASON_SIZE] = "";

    (void)state;
    assert_non_null(url);
    memset(url, 'x', TOO_LONG);
    assert_true(hook_post_open(&post));
    assert_int_equal(hook_post_send(&post, &request, reason), HOOK_AWAY);
    assert_non_null(strstr(reason, "libcurl refuses option URL"));
    free(url);
    hook_post_close(&post);
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
                                       "HTTP://a",
                                       "hTTps://a.b-c_d~e:65535?b",
                                       "http://[fe80::1]",
                                       "http://a:1",
                                       "https://a?b"};
    static const char *const bad[] = {"http://",
                                      "https:///x",
                                      "ftp://a/",
                                      "file:///etc/passwd",
                                      "http://[::1",
                                      "http://[::1/]",
                                      "http://[]/",
                                      "http://[a]/",
                                      "http://[::1]x/",
                                      "http://::1/",
                                      "http://[::1%25lo]/",
                                      "http://a:/",
                                      "http://a:0/",
                                      "http://a:65536/",
                                      "http://a:8a/",
                                      "http://a:123456/",
                                      "http://a:1:2/",
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
        cmocka_unit_test(nothing_is_given_up_while_it_is_off),
        cmocka_unit_test(only_some_answers_are_about_the_message),
        cmocka_unit_test(one_message_that_is_refused_holds_up_nobody),
        cmocka_unit_test(the_only_message_that_fails_keeps_its_own_wait),
        cmocka_unit_test(the_end_of_an_outage_is_for_all_of_them),
        cmocka_unit_test(another_receiver_is_no_reason_to_wait),
        cmocka_unit_test(what_libcurl_refuses_is_named),
        cmocka_unit_test(the_signature_is_hmac_sha256),
        cmocka_unit_test(only_plain_addresses_are_taken),
        cmocka_unit_test(events_are_named_once_each),
        cmocka_unit_test(a_key_is_long_enough_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
