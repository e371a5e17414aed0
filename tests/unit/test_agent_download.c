/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h): the file of an update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/agent_fixture.h"
#include "tests/unit/agent_groups.h"

#define ARTIFACT "http://srv/DEFAULT/fw.bin"

static void test_download_is_resumed(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
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
    agent_offer_forced(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    assert_string_equal(agent_fixture_header(fixture, "Range"), "bytes=100-");
    assert_string_equal(agent_fixture_header(fixture, "If-Match"), "\"e1\"");
    agent_fixture_reply_with(fixture,
                             &(struct agent_reply){.status = 206,
                                                   .content_range = "bytes 100-399/400",
                                                   .content_length = "300",
                                                   .etag = "\"e1\""},
                             fixture->image + 100, 300);
    agent_tell_downloaded(fixture);
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

/* otter-module breaks a request off after 5 minutes (moduled/http.c). */
static void test_a_poll_that_is_due_comes_before_the_rest_of_the_file(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_reply_begin(fixture->agent, &(struct agent_reply){.status = 200}, fixture->now_ms);
    fixture->now_ms += 600000; /* the poll is due since then */
    assert_int_equal(agent_reply_bytes(fixture->agent, fixture->image, 100, fixture->now_ms),
                     0);
    agent_request_failed(fixture->agent, "timed out", fixture->now_ms);
    agent_expect(fixture, AGENT_GET, "http://srv:80/DEFAULT/controller/v1/dev1");
}

static void test_200_to_a_range_is_from_the_start(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    break_off(fixture);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 200}, fixture->image,
                             AGENT_IMAGE_SIZE);
    agent_tell_downloaded(fixture);
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
        agent_offer_forced(fixture);
        agent_accept_action(fixture);
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

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    fixture->image[5] ^= 1;
    for (int i = 0; i < AGENT_DOWNLOADS_MAX; i++) {
        agent_download(fixture);
    }
    agent_expect_end(fixture, "failure", "162", "digest");
    assert_int_equal(fixture->offers, 0);
    assert_int_equal(fixture->finished, 0);
}

static void test_more_bytes_than_announced_are_not_stored(void **state)
{
    struct agent_fixture *fixture = *state;
    uint8_t large[AGENT_IMAGE_SIZE + 1] = {0};

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
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

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    for (int i = 0; i < AGENT_DOWNLOADS_MAX; i++) {
        agent_expect(fixture, AGENT_GET, ARTIFACT);
        agent_fixture_reply(fixture, 404, "");
        if (i + 1 < AGENT_DOWNLOADS_MAX) { /* the next poll brings a link that is good */
            assert_false(agent_fixture_take(fixture));
            agent_offer_forced(fixture);
        }
    }
    agent_expect_end(fixture, "failure", "161", "HTTP 404");
}

static void test_disk_that_is_full(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    fixture->store_fails = true;
    agent_download(fixture);
    fixture->store_fails = false;
    agent_download(fixture);
    agent_tell_downloaded(fixture);
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
    agent_offer_action(fixture, body);
    agent_accept_action(fixture);
    agent_expect(fixture, AGENT_GET, "http://cdn/x");
    assert_int_equal(fixture->request.header_count, 0);
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = 200}, fixture->image,
                             AGENT_IMAGE_SIZE);
    agent_tell_downloaded(fixture); /* MD5 is enough where there is nothing better */
}

static void test_exactly_one_artifact(void **state)
{
    struct agent_fixture *fixture = *state;

    agent_offer_action(fixture,
                       "{\"id\":\"7\",\"deployment\":{\"download\":\"forced\",\"update\":"
                       "\"forced\",\"chunks\":[{\"artifacts\":[{},{}]}]}}");
    agent_expect_end(fixture, "failure", "160", "exactly one artifact");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, agent_set_up, agent_tear_down)

int run_agent_download(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_download_is_resumed),
        TEST(test_a_poll_that_is_due_comes_before_the_rest_of_the_file),
        TEST(test_200_to_a_range_is_from_the_start),
        TEST(test_wrong_ranges_begin_again),
        TEST(test_wrong_bytes_end_it_after_three_downloads),
        TEST(test_more_bytes_than_announced_are_not_stored),
        TEST(test_artifact_that_cannot_be_had),
        TEST(test_disk_that_is_full),
        TEST(test_other_host_gets_no_token),
        TEST(test_exactly_one_artifact),
    };

    return cmocka_run_group_tests_name("download", tests, NULL, NULL);
}
