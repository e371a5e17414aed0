/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h): one update from offer to result, and what people say to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "otter/reason.h"
#include "tests/support/agent_fixture.h"
#include "tests/unit/agent_groups.h"

#define ROOT     "http://srv:80/DEFAULT/controller/v1/dev1"
#define ARTIFACT "http://srv/DEFAULT/fw.bin"
#define FEEDBACK ROOT "/deploymentBase/7/feedback"

static void test_update_from_offer_to_success(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_READY, 0, 3);
    agent_fixture_event(fixture, MODULE_EVENT_PROGRESS, 1, 3);
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"7\",\"status\":{\"execution\":\"proceeding\",\"result\":{\"finished\":"
        "\"none\",\"progress\":{\"cnt\":1,\"of\":3}},\"code\":0,\"details\":[\"piece 1 of 3 to "
        "the MCU\"]}}");
    agent_fixture_reply(fixture, 200, "");
    agent_fixture_event(fixture, MODULE_EVENT_PROGRESS, 2, 3);
    assert_false(agent_fixture_take(fixture)); /* not twice in 2 s */
    agent_fixture_event(fixture, MODULE_EVENT_PROGRESS, 3, 3);
    agent_expect(fixture, AGENT_POST, FEEDBACK); /* but the last one always */
    assert_non_null(strstr(fixture->request.body, "\"cnt\":3,\"of\":3"));
    agent_fixture_reply(fixture, 200, "");
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    assert_int_equal(agent_activity(fixture), AGENT_RETURNS);
    agent_fixture_info(fixture, "03010102", 0, true);
    agent_fixture_info(fixture, "03010102", 0, false);
    agent_fixture_event(fixture, MODULE_EVENT_UPDATED, 0, 3);
    /* The version first: a server believes success from nothing else. */
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    assert_non_null(strstr(fixture->request.body, "\"sw_ver\":\"03010102\""));
    agent_fixture_reply(fixture, 200, "");
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"7\",\"status\":{\"execution\":\"closed\",\"result\":{\"finished\":"
        "\"success\"},\"code\":0,\"details\":[\"the MCU runs version 03010102\"]}}");
    agent_fixture_reply(fixture, 200, "");
    assert_int_equal(agent_activity(fixture), AGENT_IDLE);
    assert_int_equal(fixture->withdrawals, 1); /* a late READY finds no file */
    assert_int_equal(fixture->offers, 1);
    assert_int_equal(fixture->store_size, 0);
}

static void test_result_is_kept_until_acknowledged(void **state)
{
    struct agent_fixture *fixture = *state;
    static const int not_yet[] = {409, 503, 500, 401};

    agent_bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_READY, 0, 1);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_SIGNATURE, false);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_INSTALLED);
    for (size_t i = 0; i < 4; i++) {
        agent_expect_end(fixture, "failure", "7", "its signature is not right");
        agent_fixture_reply(fixture, not_yet[i], "");
        agent_fixture_restart(fixture);
    }
    agent_expect_end(fixture, "failure", "7", "its signature is not right");
    agent_request_failed(fixture->agent, "cut", fixture->now_ms);
    agent_expect_end(fixture, "failure", "7", "its signature is not right");
    agent_fixture_reply(fixture, 410, "");
    assert_int_equal(agent_activity(fixture), AGENT_IDLE);
    /* The same action again: its result again, and nothing else. */
    agent_fixture_restart(fixture);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_SIGNATURE, false);
    agent_poll_with(fixture, "deploymentBase", "deploymentBase/7");
    agent_expect(fixture, AGENT_GET, "http://srv:80/DEFAULT/controller/v1/deploymentBase/7");
    agent_fixture_reply(fixture, 200,
                        agent_fixture_deployment(fixture, "7", "forced", "forced"));
    agent_expect_end(fixture, "failure", "7", "its signature is not right");
    assert_int_equal(fixture->offers, 1);
    assert_int_equal(fixture->store_size, 0);
}

static void test_skip_and_window_are_honoured(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "skip", "skip"));
    assert_false(agent_fixture_take(fixture));
    assert_int_equal(agent_activity(fixture), AGENT_WAITS_SERVER);
    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "forced", "skip"));
    agent_accept_action(fixture);
    agent_download(fixture);
    agent_tell_downloaded(fixture);
    assert_int_equal(fixture->offers, 0);
    agent_offer_action(
        fixture, agent_fixture_deployment(fixture, "7", "forced",
                                          "forced\",\"maintenanceWindow\":\"unavailable"));
    assert_int_equal(fixture->offers, 0);
    agent_poll_with(fixture, "nothing", "x"); /* offers are stopped for a time */
    assert_int_equal(fixture->offers, 0);
    agent_offer_forced(fixture);
    assert_int_equal(fixture->offers, 1);
}

static void test_attempt_waits_for_the_person(void **state)
{
    struct agent_fixture *fixture = *state;
    struct host_error error;

    agent_fixture_end(fixture);
    fixture->config.is_manual = true;
    agent_fixture_start(fixture);
    assert_int_equal(agent_approve(fixture->agent, fixture->now_ms, &error), -1);
    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    assert_false(agent_fixture_take(fixture));
    assert_int_equal(agent_activity(fixture), AGENT_WAITS_APPROVAL);
    assert_int_equal(agent_approve(fixture->agent, fixture->now_ms, &error), 0);
    agent_fixture_settle(fixture);
    agent_fixture_restart(fixture); /* what was said stays said */
    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    agent_accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
}

static void test_denied_by_the_person(void **state)
{
    struct agent_fixture *fixture = *state;
    struct host_error error;

    agent_fixture_end(fixture);
    fixture->config.is_manual = true;
    agent_fixture_start(fixture);
    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    assert_int_equal(agent_deny(fixture->agent, fixture->now_ms, &error), 0);
    agent_expect_end(fixture, "failure", "165", "denied at the device");
}

static void test_confirmation(void **state)
{
    struct agent_fixture *fixture = *state;
    struct host_error error;
    static const char asked[] = "{\"id\":\"7\",\"confirmation\":{\"chunks\":[]}}";

    for (int yes = 0; yes < 2; yes++) {
        agent_poll_with(fixture, "confirmationBase", ROOT "/confirmationBase/7?c=1");
        agent_expect(fixture, AGENT_GET, ROOT "/confirmationBase/7?c=1");
        agent_fixture_reply(fixture, 200, asked);
        assert_false(agent_fixture_take(fixture));
        assert_int_equal(agent_activity(fixture), AGENT_WAITS_APPROVAL);
        assert_int_equal(yes ? agent_approve(fixture->agent, fixture->now_ms, &error)
                             : agent_deny(fixture->agent, fixture->now_ms, &error),
                         0);
        agent_expect(fixture, AGENT_POST, ROOT "/confirmationBase/7/feedback");
        assert_string_equal(fixture->request.body,
                            yes ? "{\"confirmation\":\"confirmed\",\"code\":0,\"details\":["
                                  "\"confirmed at the device\"]}"
                                : "{\"confirmation\":\"denied\",\"code\":165,\"details\":["
                                  "\"denied at the device\"]}");
        agent_fixture_reply(fixture, 200, "");
        agent_expect(fixture, AGENT_GET, ROOT); /* at once */
        agent_fixture_reply(fixture, 200, "{}");
    }
}

/* The server cancels action 7. */
static void cancel(struct agent_fixture *fixture, const char *execution)
{
    agent_poll_with(fixture, "cancelAction", ROOT "/cancelAction/9");
    agent_expect(fixture, AGENT_GET, ROOT "/cancelAction/9");
    agent_fixture_reply(fixture, 200, "{\"id\":\"9\",\"cancelAction\":{\"stopId\":\"7\"}}");
    agent_expect(fixture, AGENT_POST, ROOT "/cancelAction/9/feedback");
    assert_non_null(strstr(fixture->request.body, execution));
    agent_fixture_reply(fixture, 200, "");
}

static void test_cancelled_in_time(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture); /* 0x19 at most: it can be withdrawn */
    cancel(fixture, "\"closed\"");
    assert_int_equal(fixture->withdrawals, 1);
    assert_int_equal(agent_activity(fixture), AGENT_IDLE);
    assert_int_equal(fixture->store_size, 0);
}

static void test_cancelled_too_late(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_READY, 0, 5);
    cancel(fixture, "\"rejected\"");
    assert_int_equal(fixture->withdrawals, 0);
    assert_int_equal(agent_activity(fixture), AGENT_SENDS);
}

static void test_action_that_is_gone_is_dropped(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    agent_fixture_reply(fixture, 410, "");
    assert_int_equal(agent_activity(fixture), AGENT_IDLE);
    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_request_failed(fixture->agent, "cut", fixture->now_ms);
    agent_poll_with(fixture, "deploymentBase", ROOT "/deploymentBase/7");
    agent_expect(fixture, AGENT_GET, ROOT "/deploymentBase/7");
    agent_fixture_reply(fixture, 404, "");
    assert_int_equal(agent_activity(fixture), AGENT_IDLE);
}

static void test_state_of_others_is_refused(void **state)
{
    struct agent_fixture *fixture = *state;
    static const char *const texts[] = {"", "{}", "[]", "{\"format\":1}", "x"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(
            agent_restore(fixture->agent, texts[i], strlen(texts[i]), fixture->now_ms, NULL),
            -1);
    }
    agent_bring_to_offer(fixture);
    size_t len = strlen(fixture->saved);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(
            agent_restore(fixture->agent, fixture->saved, i, fixture->now_ms, NULL), -1);
    }
    assert_int_equal(agent_restore(fixture->agent, fixture->saved, len, fixture->now_ms, NULL),
                     0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, agent_set_up, agent_tear_down)

int run_agent_update(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_update_from_offer_to_success),
        TEST(test_result_is_kept_until_acknowledged),
        TEST(test_skip_and_window_are_honoured),
        TEST(test_attempt_waits_for_the_person),
        TEST(test_denied_by_the_person),
        TEST(test_confirmation),
        TEST(test_cancelled_in_time),
        TEST(test_cancelled_too_late),
        TEST(test_action_that_is_gone_is_dropped),
        TEST(test_state_of_others_is_refused),
    };

    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
