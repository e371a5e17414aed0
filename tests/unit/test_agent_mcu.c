/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h): one MCU that has the update, is late, or does not come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "otter/reason.h"
#include "tests/support/agent_fixture.h"
#include "tests/unit/agent_groups.h"

#define ROOT "http://srv:80/DEFAULT/controller/v1/dev1"

static void test_image_for_other_hardware_is_not_offered(void **state)
{
    struct agent_fixture *fixture = *state;
    struct otter_info info = {.version = {'0', '3', '0', '1', '0', '1', '0', '1'}};
    struct module_event event = {.kind = MODULE_EVENT_INFO, .info = &info};

    memcpy(info.hardware, "09999999", 8);
    agent_offer_forced(fixture);
    agent_mcu_event(fixture->agent, &event, fixture->now_ms);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    agent_fixture_reply(fixture, 200, "");
    agent_accept_action(fixture);
    agent_download(fixture);
    agent_expect_end(fixture, "failure", "8", "for hardware 03010100, the MCU is 09999999");
    assert_int_equal(fixture->offers, 0);
}

static void test_mcu_that_runs_it_already_is_left_alone(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    agent_fixture_info(fixture, "03010102", 0, false);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    agent_fixture_reply(fixture, 200, "");
    agent_download(fixture);
    agent_expect_end(fixture, "success", "0", "03010102");
    assert_int_equal(fixture->offers, 0);
}

static void test_offer_is_repeated_a_few_times(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    for (unsigned i = 1; i < AGENT_OFFERS_MAX; i++) {
        agent_fixture_fail(fixture, MODULE_FAIL_NO_READY);
        assert_int_equal(fixture->offers, i);
        fixture->now_ms += (uint64_t)AGENT_T_OFFER_AGAIN_MS << AGENT_OFFERS_MAX;
        agent_fixture_settle(fixture);
        assert_int_equal(fixture->offers, i + 1);
    }
    agent_fixture_fail(fixture, MODULE_FAIL_NO_READY);
    agent_expect_end(fixture, "failure", "131", "no-ready");
    assert_int_equal(fixture->offers, AGENT_OFFERS_MAX);
}

static void test_mcu_that_is_late_is_waited_for(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_BACK);
    assert_int_equal(agent_activity(fixture), AGENT_RETURNS);
    agent_fixture_info(fixture, "03010102", 0, true);
    fixture->now_ms += AGENT_T_ASK_MS;
    fixture->asks = 0;
    agent_fixture_settle(fixture);
    assert_int_equal(fixture->asks, 1);
    agent_fixture_info(fixture, "03010102", 0, false);
    agent_expect_end(fixture, "success", "0", "03010102");
    assert_int_equal(fixture->offers, 1);
}

static void test_mcu_that_never_comes_back_is_given_up(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_BACK);
    uint64_t then_ms = fixture->now_ms;
    agent_expect_end(fixture, "failure", "136", "did not come back");
    assert_true(fixture->now_ms - then_ms >= AGENT_T_RETURN_MS);
}

static void test_port_that_was_gone(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_bring_to_offer(fixture);
    agent_mcu_lost(fixture->agent, fixture->now_ms);
    agent_fixture_settle(fixture);
    assert_int_equal(fixture->offers, 1); /* no MCU answers yet */
    agent_fixture_info(fixture, "03010101", 0, false);
    assert_int_equal(fixture->offers, 2);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_mcu_lost(fixture->agent, fixture->now_ms);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_UNCONFIRMED, false);
    agent_expect_end(fixture, "failure", "2", "did not confirm");
    assert_int_equal(fixture->offers, 2);
}

/* An app that has the file, or has tried it, says so once and for all; on trial it takes it
 * later. */
static void test_refused_offers_have_reasons(void **state)
{
    struct agent_fixture *fixture = *state;
    unsigned offers;

    agent_bring_to_offer(fixture);
    offers = fixture->offers;
    agent_fixture_info(fixture, "03010101", OTTER_REASON_ON_TRIAL, false);
    agent_fixture_fail(fixture, MODULE_FAIL_REFUSED);
    fixture->now_ms += 3600000;
    agent_fixture_settle(fixture);
    assert_int_equal(fixture->offers, offers + 1);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_TRIED, false);
    agent_fixture_fail(fixture, MODULE_FAIL_REFUSED);
    agent_expect_end(fixture, "failure", "20", "the device has tried this file three times");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, agent_set_up, agent_tear_down)

int run_agent_mcu(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refused_offers_have_reasons),
        TEST(test_image_for_other_hardware_is_not_offered),
        TEST(test_mcu_that_runs_it_already_is_left_alone),
        TEST(test_offer_is_repeated_a_few_times),
        TEST(test_mcu_that_is_late_is_waited_for),
        TEST(test_mcu_that_never_comes_back_is_given_up),
        TEST(test_port_that_was_gone),
    };

    return cmocka_run_group_tests_name("mcu", tests, NULL, NULL);
}
