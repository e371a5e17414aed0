/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h): one update, from the offered action to the result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/reason.h"
#include "tests/support/agent_fixture.h"
#include "tests/unit/agent_groups.h"

#define ROOT     "http://srv:80/DEFAULT/controller/v1/dev1"
#define ARTIFACT "http://srv/DEFAULT/fw.bin"
#define FEEDBACK ROOT "/deploymentBase/7/feedback"

static void poll_with(struct agent_fixture *fixture, const char *name, const char *href)
{
    char text[512];

    agent_poll_now(fixture->agent, fixture->now_ms);
    agent_expect(fixture, AGENT_GET, ROOT);
    (void)snprintf(text, sizeof text, "{\"_links\":{\"%s\":{\"href\":\"%s\"}}}", name, href);
    agent_fixture_reply(fixture, 200, text);
}

static enum agent_activity activity(const struct agent_fixture *fixture)
{
    struct agent_status status;

    agent_get_status(fixture->agent, fixture->now_ms, &status);
    return status.activity;
}

/* The MCU is there, and the server offers action 7. */
static void offer_action(struct agent_fixture *fixture, const char *body)
{
    agent_fixture_info(fixture, "03010101", 0, false);
    poll_with(fixture, "deploymentBase", "/DEFAULT/controller/v1/dev1/deploymentBase/7");
    if (agent_fixture_wait(fixture) && strcmp(fixture->request.url, ROOT "/configData") == 0) {
        agent_fixture_reply(fixture, 200, "");
        assert_true(agent_fixture_wait(fixture));
    }
    assert_string_equal(fixture->request.url, ROOT "/deploymentBase/7");
    agent_fixture_reply(fixture, 200, body);
}

static void offer_forced(struct agent_fixture *fixture)
{
    offer_action(fixture, agent_fixture_deployment(fixture, "7", "forced", "forced"));
}

static void accept_action(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"7\",\"status\":{\"execution\":\"proceeding\",\"result\":{\"finished\":"
        "\"none\"},\"code\":0,\"details\":[\"downloading 400 bytes\"]}}");
    agent_fixture_reply(fixture, 200, "");
}

static void download(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_fixture_reply_with(
        fixture,
        &(struct agent_reply){.status = 200, .content_length = "400", .etag = "\"e1\""},
        fixture->image, AGENT_IMAGE_SIZE);
}

static void tell_downloaded(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"7\",\"status\":{\"execution\":\"downloaded\",\"result\":{\"finished\":"
        "\"none\"},\"code\":0,\"details\":[\"400 bytes, version 03010102, digest "
        "checked\"]}}");
    agent_fixture_reply(fixture, 200, "");
}

/* Until the MCU is offered the file. */
static void bring_to_offer(struct agent_fixture *fixture)
{
    offer_forced(fixture);
    accept_action(fixture);
    download(fixture);
    tell_downloaded(fixture);
    assert_int_equal(fixture->offers, 1);
    assert_memory_equal(agent_version(fixture->agent), "03010102", 8);
}

static void expect_end(struct agent_fixture *fixture, const char *finished, const char *code,
                       const char *words)
{
    char part[128];

    for (int others = 0;; others++) {
        assert_true(others < 1000); /* the end never came */
        assert_true(agent_fixture_wait(fixture));
        if (strcmp(fixture->request.url, FEEDBACK) == 0 &&
            strstr(fixture->request.body, "\"closed\"") != NULL) {
            break;
        }
        agent_fixture_reply(fixture, 200, "{}");
    }
    (void)snprintf(part, sizeof part, "\"finished\":\"%s\"},\"code\":%s,", finished, code);
    assert_non_null(strstr(fixture->request.body, part));
    assert_non_null(strstr(fixture->request.body, words));
}

static void test_update_from_offer_to_success(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
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
    assert_int_equal(activity(fixture), AGENT_RETURNS);
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
    assert_int_equal(activity(fixture), AGENT_IDLE);
    assert_int_equal(fixture->withdrawals, 1); /* a late READY finds no file */
    assert_int_equal(fixture->offers, 1);
    assert_int_equal(fixture->store_size, 0);
}

static void test_result_is_kept_until_acknowledged(void **state)
{
    struct agent_fixture *fixture = *state;
    static const int not_yet[] = {409, 503, 500, 401};

    bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_READY, 0, 1);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_SIGNATURE, false);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_INSTALLED);
    for (size_t i = 0; i < 4; i++) {
        expect_end(fixture, "failure", "7", "its signature is not right");
        agent_fixture_reply(fixture, not_yet[i], "");
        agent_fixture_restart(fixture);
    }
    expect_end(fixture, "failure", "7", "its signature is not right");
    agent_request_failed(fixture->agent, "cut", fixture->now_ms);
    expect_end(fixture, "failure", "7", "its signature is not right");
    agent_fixture_reply(fixture, 410, "");
    assert_int_equal(activity(fixture), AGENT_IDLE);
    /* The same action again: its result again, and nothing else. */
    agent_fixture_restart(fixture);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_SIGNATURE, false);
    poll_with(fixture, "deploymentBase", "deploymentBase/7");
    agent_expect(fixture, AGENT_GET, "http://srv:80/DEFAULT/controller/v1/deploymentBase/7");
    agent_fixture_reply(fixture, 200,
                        agent_fixture_deployment(fixture, "7", "forced", "forced"));
    expect_end(fixture, "failure", "7", "its signature is not right");
    assert_int_equal(fixture->offers, 1);
    assert_int_equal(fixture->store_size, 0);
}

static void test_download_is_resumed(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken tok");
    assert_null(agent_fixture_header(fixture, "Range"));
    agent_reply_begin(fixture->agent, &(struct agent_reply){.status = 200, .etag = "\"e1\""},
                      fixture->now_ms);
    assert_int_equal(agent_reply_bytes(fixture->agent, fixture->image, 100, fixture->now_ms),
                     0);
    agent_request_failed(fixture->agent, "reset by peer", fixture->now_ms);
    agent_fixture_settle(fixture);
    agent_fixture_restart(fixture); /* it goes on after a kill, when the server was asked */
    offer_forced(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    assert_string_equal(agent_fixture_header(fixture, "Range"), "bytes=100-");
    assert_string_equal(agent_fixture_header(fixture, "If-Match"), "\"e1\"");
    agent_fixture_reply_with(fixture,
                             &(struct agent_reply){.status = 206,
                                                   .content_range = "bytes 100-399/400",
                                                   .content_length = "300",
                                                   .etag = "\"e1\""},
                             fixture->image + 100, 300);
    tell_downloaded(fixture);
    assert_memory_equal(fixture->store, fixture->image, AGENT_IMAGE_SIZE);
    assert_int_equal(fixture->finished, 1);
}

/* After 100 bytes of a download that broke off. */
static void break_off(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_reply_begin(fixture->agent, &(struct agent_reply){.status = 200}, fixture->now_ms);
    assert_int_equal(agent_reply_bytes(fixture->agent, fixture->image, 100, fixture->now_ms),
                     0);
    agent_request_failed(fixture->agent, "reset by peer", fixture->now_ms);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    assert_string_equal(agent_fixture_header(fixture, "Range"), "bytes=100-");
    assert_null(agent_fixture_header(fixture, "If-Match"));
}

static void test_200_to_a_range_is_from_the_start(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    break_off(fixture);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 200}, fixture->image,
                             AGENT_IMAGE_SIZE);
    tell_downloaded(fixture);
    assert_memory_equal(fixture->store, fixture->image, AGENT_IMAGE_SIZE);
}

static void test_wrong_ranges_begin_again(void **state)
{
    struct agent_fixture *fixture = *state;
    static const struct agent_reply wrong[] = {
        {.status = 416},
        {.status = 412},
        {.status = 206},
        {.status = 206, .content_range = "bytes 0-399/400"},
        {.status = 206, .content_range = "bytes 100-399/401"},
        {.status = 206, .content_range = "bytes 100-398/400"},
        {.status = 206, .content_range = "bytes 99999999999999999999-399/400"},
        {.status = 206, .content_range = "bytes 100-399/400", .content_length = "299"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        agent_fixture_end(fixture);
        agent_fixture_init(fixture);
        agent_fixture_start(fixture);
        offer_forced(fixture);
        accept_action(fixture);
        break_off(fixture);
        agent_fixture_reply_with(fixture, &wrong[i], fixture->image + 100, 300);
        agent_expect(fixture, AGENT_GET, ARTIFACT);
        assert_null(agent_fixture_header(fixture, "Range"));
        assert_int_equal(fixture->store_size, 0);
    }
}

static void test_wrong_bytes_end_it_after_three_downloads(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    fixture->image[5] ^= 1;
    for (int i = 0; i < AGENT_DOWNLOADS_MAX; i++) {
        download(fixture);
    }
    expect_end(fixture, "failure", "162", "digest");
    assert_int_equal(fixture->offers, 0);
    assert_int_equal(fixture->finished, 0);
}

static void test_more_bytes_than_announced_are_not_stored(void **state)
{
    struct agent_fixture *fixture = *state;
    uint8_t large[AGENT_IMAGE_SIZE + 1] = {0};

    offer_forced(fixture);
    accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_reply_begin(fixture->agent, &(struct agent_reply){.status = 200}, fixture->now_ms);
    assert_int_equal(agent_reply_bytes(fixture->agent, large, sizeof large, fixture->now_ms),
                     -1);
    agent_request_failed(fixture->agent, "given up", fixture->now_ms);
    assert_int_equal(fixture->store_size, 0);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
}

static void test_artifact_that_cannot_be_had(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    for (int i = 0; i < AGENT_DOWNLOADS_MAX; i++) {
        agent_expect(fixture, AGENT_GET, ARTIFACT);
        agent_fixture_reply(fixture, 404, "");
        if (i + 1 < AGENT_DOWNLOADS_MAX) { /* the next poll brings a link that is good */
            assert_false(agent_fixture_take(fixture));
            offer_forced(fixture);
        }
    }
    expect_end(fixture, "failure", "161", "HTTP 404");
}

static void test_disk_that_is_full(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    fixture->store_fails = true;
    download(fixture);
    fixture->store_fails = false;
    download(fixture);
    tell_downloaded(fixture);
}

static void test_other_host_gets_no_token(void **state)
{
    struct agent_fixture *fixture = *state;
    char body[1024];

    (void)snprintf(body, sizeof body,
                   "{\"id\":\"7\",\"deployment\":{\"download\":\"forced\",\"update\":"
                   "\"forced\",\"chunks\":[{\"artifacts\":[{\"size\":400,\"hashes\":{\"md5\":"
                   "\"%s\"},\"_links\":{\"download-http\":{\"href\":\"http://cdn/x\"}}}]}]}}",
                   fixture->md5);
    offer_action(fixture, body);
    accept_action(fixture);
    agent_expect(fixture, AGENT_GET, "http://cdn/x");
    assert_int_equal(fixture->request.header_count, 0);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 200}, fixture->image,
                             AGENT_IMAGE_SIZE);
    tell_downloaded(fixture); /* MD5 is enough where there is nothing better */
}

static void test_exactly_one_artifact(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_action(fixture, "{\"id\":\"7\",\"deployment\":{\"download\":\"forced\",\"update\":"
                          "\"forced\",\"chunks\":[{\"artifacts\":[{},{}]}]}}");
    expect_end(fixture, "failure", "160", "exactly one artifact");
}

static void test_image_for_other_hardware_is_not_offered(void **state)
{
    struct agent_fixture *fixture = *state;
    struct otter_info info = {.version = {'0', '3', '0', '1', '0', '1', '0', '1'}};
    struct module_event event = {.kind = MODULE_EVENT_INFO, .info = &info};

    memcpy(info.hardware, "09999999", 8);
    offer_forced(fixture);
    agent_mcu_event(fixture->agent, &event, fixture->now_ms);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    agent_fixture_reply(fixture, 200, "");
    accept_action(fixture);
    download(fixture);
    expect_end(fixture, "failure", "8", "for hardware 03010100, the MCU is 09999999");
    assert_int_equal(fixture->offers, 0);
}

static void test_mcu_that_runs_it_already_is_left_alone(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    accept_action(fixture);
    agent_fixture_info(fixture, "03010102", 0, false);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    agent_fixture_reply(fixture, 200, "");
    download(fixture);
    expect_end(fixture, "success", "0", "03010102");
    assert_int_equal(fixture->offers, 0);
}

static void test_skip_and_window_are_honoured(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_action(fixture, agent_fixture_deployment(fixture, "7", "skip", "skip"));
    assert_false(agent_fixture_take(fixture));
    assert_int_equal(activity(fixture), AGENT_WAITS_SERVER);
    offer_action(fixture, agent_fixture_deployment(fixture, "7", "forced", "skip"));
    accept_action(fixture);
    download(fixture);
    tell_downloaded(fixture);
    assert_int_equal(fixture->offers, 0);
    offer_action(fixture,
                 agent_fixture_deployment(fixture, "7", "forced",
                                          "forced\",\"maintenanceWindow\":\"unavailable"));
    assert_int_equal(fixture->offers, 0);
    poll_with(fixture, "nothing", "x"); /* offers are stopped for a time */
    assert_int_equal(fixture->offers, 0);
    offer_forced(fixture);
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
    offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    assert_false(agent_fixture_take(fixture));
    assert_int_equal(activity(fixture), AGENT_WAITS_APPROVAL);
    assert_int_equal(agent_approve(fixture->agent, fixture->now_ms, &error), 0);
    agent_fixture_settle(fixture);
    agent_fixture_restart(fixture); /* what was said stays said */
    offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
}

static void test_denied_by_the_person(void **state)
{
    struct agent_fixture *fixture = *state;
    struct host_error error;

    agent_fixture_end(fixture);
    fixture->config.is_manual = true;
    agent_fixture_start(fixture);
    offer_action(fixture, agent_fixture_deployment(fixture, "7", "attempt", "attempt"));
    assert_int_equal(agent_deny(fixture->agent, fixture->now_ms, &error), 0);
    expect_end(fixture, "failure", "165", "denied at the device");
}

static void test_confirmation(void **state)
{
    struct agent_fixture *fixture = *state;
    struct host_error error;
    static const char asked[] = "{\"id\":\"7\",\"confirmation\":{\"chunks\":[]}}";

    for (int yes = 0; yes < 2; yes++) {
        poll_with(fixture, "confirmationBase", ROOT "/confirmationBase/7?c=1");
        agent_expect(fixture, AGENT_GET, ROOT "/confirmationBase/7?c=1");
        agent_fixture_reply(fixture, 200, asked);
        assert_false(agent_fixture_take(fixture));
        assert_int_equal(activity(fixture), AGENT_WAITS_APPROVAL);
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
    poll_with(fixture, "cancelAction", ROOT "/cancelAction/9");
    agent_expect(fixture, AGENT_GET, ROOT "/cancelAction/9");
    agent_fixture_reply(fixture, 200, "{\"id\":\"9\",\"cancelAction\":{\"stopId\":\"7\"}}");
    agent_expect(fixture, AGENT_POST, ROOT "/cancelAction/9/feedback");
    assert_non_null(strstr(fixture->request.body, execution));
    agent_fixture_reply(fixture, 200, "");
}

static void test_cancelled_in_time(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture); /* 0x19 at most: it can be withdrawn */
    cancel(fixture, "\"closed\"");
    assert_int_equal(fixture->withdrawals, 1);
    assert_int_equal(activity(fixture), AGENT_IDLE);
    assert_int_equal(fixture->store_size, 0);
}

static void test_cancelled_too_late(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_READY, 0, 5);
    cancel(fixture, "\"rejected\"");
    assert_int_equal(fixture->withdrawals, 0);
    assert_int_equal(activity(fixture), AGENT_SENDS);
}

static void test_action_that_is_gone_is_dropped(void **state)
{
    struct agent_fixture *fixture = *state;

    offer_forced(fixture);
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    agent_fixture_reply(fixture, 410, "");
    assert_int_equal(activity(fixture), AGENT_IDLE);
    offer_forced(fixture);
    accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_request_failed(fixture->agent, "cut", fixture->now_ms);
    poll_with(fixture, "deploymentBase", ROOT "/deploymentBase/7");
    agent_expect(fixture, AGENT_GET, ROOT "/deploymentBase/7");
    agent_fixture_reply(fixture, 404, "");
    assert_int_equal(activity(fixture), AGENT_IDLE);
}

static void test_offer_is_repeated_a_few_times(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
    for (unsigned i = 1; i < AGENT_OFFERS_MAX; i++) {
        agent_fixture_fail(fixture, MODULE_FAIL_NO_READY);
        assert_int_equal(fixture->offers, i);
        fixture->now_ms += (uint64_t)AGENT_T_OFFER_AGAIN_MS << AGENT_OFFERS_MAX;
        agent_fixture_settle(fixture);
        assert_int_equal(fixture->offers, i + 1);
    }
    agent_fixture_fail(fixture, MODULE_FAIL_NO_READY);
    expect_end(fixture, "failure", "131", "no-ready");
    assert_int_equal(fixture->offers, AGENT_OFFERS_MAX);
}

static void test_mcu_that_is_late_is_waited_for(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_BACK);
    assert_int_equal(activity(fixture), AGENT_RETURNS);
    agent_fixture_info(fixture, "03010102", 0, true);
    fixture->now_ms += AGENT_T_ASK_MS;
    fixture->asks = 0;
    agent_fixture_settle(fixture);
    assert_int_equal(fixture->asks, 1);
    agent_fixture_info(fixture, "03010102", 0, false);
    expect_end(fixture, "success", "0", "03010102");
    assert_int_equal(fixture->offers, 1);
}

static void test_mcu_that_never_comes_back_is_given_up(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_fixture_fail(fixture, MODULE_FAIL_NOT_BACK);
    uint64_t then_ms = fixture->now_ms;
    expect_end(fixture, "failure", "136", "did not come back");
    assert_true(fixture->now_ms - then_ms >= AGENT_T_RETURN_MS);
}

static void test_port_that_was_gone(void **state)
{
    struct agent_fixture *fixture = *state;

    bring_to_offer(fixture);
    agent_mcu_lost(fixture->agent, fixture->now_ms);
    agent_fixture_settle(fixture);
    assert_int_equal(fixture->offers, 1); /* no MCU answers yet */
    agent_fixture_info(fixture, "03010101", 0, false);
    assert_int_equal(fixture->offers, 2);
    agent_fixture_event(fixture, MODULE_EVENT_SENT, 0, 3);
    agent_mcu_lost(fixture->agent, fixture->now_ms);
    agent_fixture_info(fixture, "03010101", OTTER_REASON_UNCONFIRMED, false);
    expect_end(fixture, "failure", "2", "did not confirm");
    assert_int_equal(fixture->offers, 2);
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
    bring_to_offer(fixture);
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
        TEST(test_download_is_resumed),
        TEST(test_200_to_a_range_is_from_the_start),
        TEST(test_wrong_ranges_begin_again),
        TEST(test_wrong_bytes_end_it_after_three_downloads),
        TEST(test_more_bytes_than_announced_are_not_stored),
        TEST(test_artifact_that_cannot_be_had),
        TEST(test_disk_that_is_full),
        TEST(test_other_host_gets_no_token),
        TEST(test_exactly_one_artifact),
        TEST(test_image_for_other_hardware_is_not_offered),
        TEST(test_mcu_that_runs_it_already_is_left_alone),
        TEST(test_skip_and_window_are_honoured),
        TEST(test_attempt_waits_for_the_person),
        TEST(test_denied_by_the_person),
        TEST(test_confirmation),
        TEST(test_cancelled_in_time),
        TEST(test_cancelled_too_late),
        TEST(test_action_that_is_gone_is_dropped),
        TEST(test_offer_is_repeated_a_few_times),
        TEST(test_mcu_that_is_late_is_waited_for),
        TEST(test_mcu_that_never_comes_back_is_given_up),
        TEST(test_port_that_was_gone),
        TEST(test_state_of_others_is_refused),
    };

    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
