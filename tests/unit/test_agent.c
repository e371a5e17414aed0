/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h) and its server: requests byte by byte, and what answers lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/schedule.h"
#include "agent/url.h"
#include "tests/support/agent_fixture.h"
#include "tests/unit/agent_groups.h"

#define ROOT       "http://srv:80/DEFAULT/controller/v1/dev1"
#define EMPTY_ROOT "{\"config\":{\"polling\":{\"sleep\":\"00:05:00\"}},\"_links\":{}}"

/* Poll, with one link in the answer. */
static void poll_with(struct agent_fixture *fixture, const char *name, const char *href)
{
    char text[512];

    agent_poll_now(fixture->agent, fixture->now_ms);
    agent_expect(fixture, AGENT_GET, ROOT);
    (void)snprintf(text, sizeof text,
                   "{\"config\":{\"polling\":{\"sleep\":\"00:05:00\"}},\"_links\":{\"%s\":"
                   "{\"href\":\"%s\"}}}",
                   name, href);
    agent_fixture_reply(fixture, 200, text);
}

static struct agent_status status_of(const struct agent_fixture *fixture)
{
    struct agent_status status;

    agent_get_status(fixture->agent, fixture->now_ms, &status);
    return status;
}

static void test_poll_is_exact_and_comes_as_told(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_expect(fixture, AGENT_GET, ROOT);
    assert_int_equal(fixture->request.header_count, 2);
    assert_string_equal(fixture->request.headers[0], "Authorization: TargetToken tok");
    assert_string_equal(fixture->request.headers[1],
                        "Accept: application/hal+json, application/json");
    assert_null(fixture->request.body);
    struct agent_request second;
    assert_false(agent_take_request(fixture->agent, fixture->now_ms, &second));
    agent_fixture_reply(fixture, 200, EMPTY_ROOT);
    uint64_t then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_in_range(fixture->now_ms - then_ms, 270000, 330000);
    agent_fixture_reply(fixture, 200, "{\"config\":{\"polling\":{\"sleep\":\"00:00:00\"}}}");
    then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_in_range(fixture->now_ms - then_ms, 900, 1100); /* not more often than that */
}

static void test_jitter_belongs_to_the_id(void **state)
{
    (void)state;
    uint64_t seed = schedule_seed("dev1"), other = schedule_seed("dev2");
    bool differ = false;

    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t wait_ms = schedule_jitter_ms(seed, i, 300000);
        assert_in_range(wait_ms, 270000, 330000);
        assert_int_equal(wait_ms, schedule_jitter_ms(seed, i, 300000));
        differ = differ || wait_ms != schedule_jitter_ms(other, i, 300000);
    }
    assert_true(differ);
    assert_int_equal(schedule_retry_after_ms("7", 1), 7000);
    assert_int_equal(schedule_retry_after_ms("99999999999999999999999", 1), 3600000);
    assert_int_equal(schedule_retry_after_ms("Fri, 31 Dec 1999 23:59:59 GMT", 42), 42);
    assert_int_equal(schedule_retry_after_ms(NULL, 42), 42);
}

static void test_attributes_when_the_mcu_reports_something_new(void **state)
{
    struct agent_fixture *fixture = *state;

    poll_with(fixture, "configData", ROOT "/configData");
    assert_false(agent_fixture_take(fixture)); /* no MCU yet */
    agent_fixture_info(fixture, "03010101", 0, true);
    assert_false(agent_fixture_take(fixture)); /* may still be taken back */
    agent_fixture_info(fixture, "03010101", 0, false);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    assert_string_equal(
        fixture->request.body,
        "{\"mode\":\"merge\",\"data\":{\"hw_ver\":\"03010100\",\"sw_ver\":\"03010101\","
        "\"product_key\":\"6f3074fe43894547a4f1314bd7e3ae0b\",\"mac\":\"0a0b0c0d0e0f\"}}");
    assert_string_equal(agent_fixture_header(fixture, "Content-Type"), "application/json");
    agent_fixture_reply(fixture, 200, "");
    assert_false(agent_fixture_take(fixture));
    agent_fixture_restart(fixture);
    agent_fixture_info(fixture, "03010101", 0, false);
    poll_with(fixture, "x", "y");
    assert_false(agent_fixture_take(fixture)); /* the server has it, over a restart too */
    agent_fixture_info(fixture, "03010102", 0, false);
    agent_expect(fixture, AGENT_PUT, ROOT "/configData");
    agent_fixture_reply(fixture, 400, "");
    assert_false(agent_fixture_take(fixture)); /* final for this request */
}

static void test_retry_after_and_backoff(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_expect(fixture, AGENT_GET, ROOT);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 429, .retry_after = "77"},
                             NULL, 0);
    uint64_t then_ms = fixture->now_ms;
    agent_poll_now(fixture->agent, fixture->now_ms); /* a person does not overrule it */
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_int_equal(fixture->now_ms - then_ms, 77000);
    agent_fixture_reply_with(
        fixture, &(struct agent_reply){.status = 503, .retry_after = "999999"}, NULL, 0);
    then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_int_equal(fixture->now_ms - then_ms, 3600000);
    agent_fixture_reply(fixture, 200, EMPTY_ROOT);
    agent_expect(fixture, AGENT_GET, ROOT);
    uint64_t before_ms = 0, all_ms[14];
    for (int i = 0; i < 14; i++) {
        agent_request_failed(fixture->agent, "no route", fixture->now_ms);
        then_ms = fixture->now_ms;
        agent_expect(fixture, AGENT_GET, ROOT);
        all_ms[i] = fixture->now_ms - then_ms;
        assert_true(i > 7 || all_ms[i] > before_ms);
        before_ms = all_ms[i];
    }
    assert_in_range(all_ms[0], 1800, 2200);
    assert_in_range(all_ms[13], 540000, 660000);
    assert_int_equal(status_of(fixture).link, AGENT_LINK_DOWN);
    assert_string_equal(status_of(fixture).error, "poll: no route");
}

/* The address is of something else. */
static void test_a_wrong_address_is_said_in_words(void **state)
{
    struct agent_fixture *fixture = *state;
    static const struct {
        int status;
        const char *words;
    } cases[] = {{404, "no devices are served there"},
                 {301, "redirects are not followed"},
                 {400, "perhaps the port is for https"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        agent_expect(fixture, AGENT_GET, ROOT);
        agent_fixture_reply(fixture, cases[i].status, "");
        assert_non_null(strstr(status_of(fixture).error, cases[i].words));
    }
}

static void test_denied_is_slow_and_said(void **state)
{
    struct agent_fixture *fixture = *state;
    static const int statuses[] = {401, 403, 404};

    for (size_t i = 0; i < 3; i++) {
        agent_expect(fixture, AGENT_GET, ROOT);
        agent_fixture_reply(fixture, statuses[i], "");
        assert_int_equal(status_of(fixture).link, AGENT_LINK_DENIED);
        uint64_t then_ms = fixture->now_ms;
        assert_true(agent_fixture_wait(fixture));
        assert_in_range(fixture->now_ms - then_ms, 270000, 330000);
        agent_fixture_reply(fixture, 200, EMPTY_ROOT);
    }
}

static void test_claim_code_until_a_200(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_fixture_end(fixture);
    fixture->config.claim = "CODE-1";
    agent_fixture_start(fixture);
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken CODE-1");
    assert_string_equal(agent_fixture_header(fixture, "X-Otter-Token"), "tok");
    agent_fixture_reply(fixture, 401, ""); /* used up: the 200 to it was lost */
    uint64_t then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_true(fixture->now_ms - then_ms < 3000);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken tok");
    assert_null(agent_fixture_header(fixture, "X-Otter-Token"));
    agent_fixture_reply(fixture, 401, "");
    then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_true(fixture->now_ms - then_ms > 200000);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken CODE-1");
    agent_fixture_reply(fixture, 200, EMPTY_ROOT);
    agent_fixture_restart(fixture);
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken tok");
    assert_null(agent_fixture_header(fixture, "X-Otter-Token"));
    agent_fixture_reply(fixture, 401, ""); /* deleted from the server, and a new code given */
    then_ms = fixture->now_ms;
    agent_expect(fixture, AGENT_GET, ROOT);
    assert_true(fixture->now_ms - then_ms < 3000);
    assert_string_equal(agent_fixture_header(fixture, "Authorization"), "TargetToken CODE-1");
    assert_string_equal(agent_fixture_header(fixture, "X-Otter-Token"), "tok");
}

static void test_cancel_of_what_is_not_known_is_accepted(void **state)
{
    struct agent_fixture *fixture = *state;

    poll_with(fixture, "cancelAction", ROOT "/cancelAction/12");
    agent_expect(fixture, AGENT_GET, ROOT "/cancelAction/12");
    agent_fixture_reply(fixture, 200, "{\"id\":\"12\",\"cancelAction\":{\"stopId\":\"11\"}}");
    agent_expect(fixture, AGENT_POST, ROOT "/cancelAction/12/feedback");
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"12\",\"status\":{\"execution\":\"closed\",\"result\":{\"finished\":"
        "\"success\"},\"code\":0,\"details\":[\"cancelled; nothing was sent to the MCU\"]}}");
}

static void test_links_lead_to_the_server_only(void **state)
{
    struct agent_fixture *fixture = *state;

    poll_with(fixture, "deploymentBase", "/DEFAULT/controller/v1/dev1/deploymentBase/7?c=-1");
    agent_expect(fixture, AGENT_GET, ROOT "/deploymentBase/7?c=-1");
    agent_fixture_reply(fixture, 404, "");
    /* a server that knows itself under another name */
    poll_with(fixture, "deploymentBase",
              "http://evil:8080/DEFAULT/controller/v1/dev1/deploymentBase/8?c=2");
    agent_expect(fixture, AGENT_GET, ROOT "/deploymentBase/8?c=2");
    agent_fixture_reply(fixture, 404, "");
    poll_with(fixture, "deploymentBase", "http://evil/take/this");
    agent_expect(fixture, AGENT_GET, ROOT);
}

static void test_origin(void **state)
{
    (void)state;
    static const char *const same[] = {"http://srv/x", "HTTP://SRV:80", "http://srv:80?q"};
    static const char *const other[] = {"https://srv:80/", "http://srv:8080/", "http://srv2/",
                                        "http://s/srv",    "http://srv.x/",    "ftp://srv/"};
    static const char *const bad[] = {"",
                                      "srv",
                                      "http://",
                                      "http://u@srv/",
                                      "http://srv:0/",
                                      "http://:80",
                                      "http://srv:99999/",
                                      "http://srv:x/",
                                      "http://srv/ x",
                                      "http://srv/#a",
                                      "javascript:alert(1)",
                                      "http://srv/\r\nX: y"};

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(url_is_same_origin(same[i], "http://srv:80"));
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        assert_false(url_is_same_origin(other[i], "http://srv:80"));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(url_is_good(bad[i]));
    }
    char url[DDI_URL_SIZE];
    assert_int_equal(url_resolve("https://h:1/a/b?c", "d?e", url), 0);
    assert_string_equal(url, "https://h:1/a/d?e");
    assert_int_equal(url_resolve("https://h:1/a/b", "/d", url), 0);
    assert_string_equal(url, "https://h:1/d");
    assert_int_equal(url_resolve("https://h:1", "//k/d", url), 0);
    assert_string_equal(url, "https://k/d");
    assert_int_equal(url_resolve("https://h:1", "d", url), 0);
    assert_string_equal(url, "https://h:1/d");
    assert_int_equal(url_resolve("https://h:1", "file:///etc/passwd", url), -1);
}

static void test_hostile_answers_change_nothing(void **state)
{
    struct agent_fixture *fixture = *state;
    static const char *const answers[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"a\":1,\"a\":2}",
        "{\"config\":[],\"_links\":\"x\"}",
        "{\"config\":{\"polling\":{\"sleep\":\"99:99:99\"}}}",
        "{\"config\":{\"polling\":{\"sleep\":1e999}}}",
        "{\"_links\":{\"deploymentBase\":{\"href\":5}}}",
        "{\"_links\":{\"deploymentBase\":{\"href\":\"\"}}}",
        "{\"x\":\"\\ud800\"}",
        "{\"x\":\xff}",
        "{\"x\":9999999999999999999999999999}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        agent_expect(fixture, AGENT_GET, ROOT);
        agent_fixture_reply(fixture, 200, answers[i]);
        assert_int_equal(status_of(fixture).activity, AGENT_IDLE);
    }
    static char large[AGENT_REPLY_MAX + 1];
    memset(large, ' ', sizeof large);
    agent_expect(fixture, AGENT_GET, ROOT);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 200}, large,
                             sizeof large);
    assert_string_equal(status_of(fixture).error, "poll: the answer is too long");
    agent_expect(fixture, AGENT_GET, ROOT);
    agent_fixture_reply(fixture, 302, "");
    agent_expect(fixture, AGENT_GET, ROOT);
}

static void test_hostile_deployments_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{\"id\":\"7\"}",
        "{\"id\":\"../7\",\"deployment\":{\"chunks\":[]}}",
        "{\"id\":-7,\"deployment\":{}}",
        "{\"id\":\"7\",\"deployment\":[]}",
    };
    static const char *const unusable[] = {
        "{}",
        "{\"size\":5,\"hashes\":{},\"_links\":{\"download\":{\"href\":\"/x\"}}}",
        "{\"size\":0,\"hashes\":{\"md5\":\"00112233445566778899aabbccddeeff\"},"
        "\"_links\":{\"download\":{\"href\":\"/x\"}}}",
        "{\"size\":-1,\"hashes\":{\"md5\":\"00112233445566778899aabbccddeeff\"},"
        "\"_links\":{\"download\":{\"href\":\"/x\"}}}",
        "{\"size\":4294967296,\"hashes\":{\"md5\":\"00112233445566778899aabbccddeeff\"},"
        "\"_links\":{\"download\":{\"href\":\"/x\"}}}",
        "{\"size\":\"5\",\"hashes\":{\"md5\":\"00112233445566778899aabbccddeeff\"},"
        "\"_links\":{\"download\":{\"href\":\"/x\"}}}",
        "{\"size\":5,\"hashes\":{\"sha256\":\"0011\"},\"_links\":{\"download\":{\"href\":"
        "\"/x\"}}}",
        "{\"size\":5,\"hashes\":{\"md5\":\"00112233445566778899aabbccddeeff\"},"
        "\"_links\":{\"download\":\"/x\"}}",
    };
    struct ddi_deployment deployment;
    char text[1024];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ddi_read_deployment(bad[i], strlen(bad[i]), &deployment, NULL), -1);
    }
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"id\":7,\"deployment\":{\"chunks\":[{\"artifacts\":[%s]}]}}",
                       unusable[i]);
        assert_int_equal(ddi_read_deployment(text, strlen(text), &deployment, NULL), 0);
        assert_int_equal(deployment.artifacts, 1);
        assert_int_equal(deployment.usable, 0);
        assert_int_equal(deployment.update, DDI_SKIP);
        assert_string_equal(deployment.id, "7");
    }
}

static void test_wrong_settings_are_refused(void **state)
{
    struct agent_fixture *fixture = *state;
    struct agent_config config = fixture->config;
    struct host_error error;

    config.base_url = "ftp://srv";
    assert_null(agent_new(&config, 0, &error));
    config = fixture->config;
    config.token = "a b";
    assert_null(agent_new(&config, 0, &error));
    config = fixture->config;
    config.controller_id = "";
    assert_null(agent_new(&config, 0, &error));
    config = fixture->config;
    config.claim = "code";
    config.token = "";
    assert_null(agent_new(&config, 0, &error));
    config = fixture->config;
    config.base_url = "http://srv/prefix/";
    config.controller_id = "a/b c";
    struct agent *agent = agent_new(&config, 0, &error);
    assert_non_null(agent);
    struct agent_request request;
    assert_true(agent_take_request(agent, 0, &request));
    assert_string_equal(request.url, "http://srv/prefix/DEFAULT/controller/v1/a%2Fb%20c");
    agent_free(agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_poll_is_exact_and_comes_as_told, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test(test_jitter_belongs_to_the_id),
        cmocka_unit_test_setup_teardown(test_attributes_when_the_mcu_reports_something_new,
                                        agent_set_up, agent_tear_down),
        cmocka_unit_test_setup_teardown(test_retry_after_and_backoff, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test_setup_teardown(test_a_wrong_address_is_said_in_words, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test_setup_teardown(test_denied_is_slow_and_said, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test_setup_teardown(test_claim_code_until_a_200, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_of_what_is_not_known_is_accepted,
                                        agent_set_up, agent_tear_down),
        cmocka_unit_test_setup_teardown(test_links_lead_to_the_server_only, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test(test_origin),
        cmocka_unit_test_setup_teardown(test_hostile_answers_change_nothing, agent_set_up,
                                        agent_tear_down),
        cmocka_unit_test(test_hostile_deployments_are_refused),
        cmocka_unit_test_setup_teardown(test_wrong_settings_are_refused, agent_set_up,
                                        agent_tear_down),
    };
    int failed = cmocka_run_group_tests_name("server", tests, NULL, NULL);

    failed += run_agent_update();
    failed += run_agent_download();
    failed += run_agent_mcu();
    failed += run_agent_cuts();
    return failed;
}
