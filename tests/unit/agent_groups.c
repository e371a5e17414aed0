/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/agent_groups.h"

#define ROOT     "http://srv:80/DEFAULT/controller/v1/dev1"
#define ARTIFACT "http://srv/DEFAULT/fw.bin"
#define FEEDBACK ROOT "/deploymentBase/7/feedback"

int agent_set_up(void **state)
{
    struct agent_fixture *fixture = malloc(sizeof *fixture);

    if (fixture == NULL) {
        return -1;
    }
    agent_fixture_init(fixture);
    agent_fixture_start(fixture);
    *state = fixture;
    return 0;
}

int agent_tear_down(void **state)
{
    agent_fixture_end(*state);
    free(*state);
    return 0;
}

void agent_expect(struct agent_fixture *fixture, enum agent_method method, const char *url)
{
    assert_true(agent_fixture_wait(fixture));
    assert_string_equal(fixture->request.url, url);
    assert_int_equal(fixture->request.method, method);
}

void agent_poll_with(struct agent_fixture *fixture, const char *name, const char *href)
{
    char text[512];

    agent_poll_now(fixture->agent, fixture->now_ms);
    agent_expect(fixture, AGENT_GET, ROOT);
    (void)snprintf(text, sizeof text, "{\"_links\":{\"%s\":{\"href\":\"%s\"}}}", name, href);
    agent_fixture_reply(fixture, 200, text);
}

enum agent_activity agent_activity(const struct agent_fixture *fixture)
{
    struct agent_status status;

    agent_get_status(fixture->agent, fixture->now_ms, &status);
    return status.activity;
}

/* The MCU is there, and the server offers action 7. */
void agent_offer_action(struct agent_fixture *fixture, const char *body)
{
    agent_fixture_info(fixture, "03010101", 0, false);
    agent_poll_with(fixture, "deploymentBase", "/DEFAULT/controller/v1/dev1/deploymentBase/7");
    if (agent_fixture_wait(fixture) && strcmp(fixture->request.url, ROOT "/configData") == 0) {
        agent_fixture_reply(fixture, 200, "");
        assert_true(agent_fixture_wait(fixture));
    }
    assert_string_equal(fixture->request.url, ROOT "/deploymentBase/7");
    agent_fixture_reply(fixture, 200, body);
}

void agent_offer_forced(struct agent_fixture *fixture)
{
    agent_offer_action(fixture, agent_fixture_deployment(fixture, "7", "forced", "forced"));
}

void agent_accept_action(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_POST, FEEDBACK);
    assert_string_equal(
        fixture->request.body,
        "{\"id\":\"7\",\"status\":{\"execution\":\"proceeding\",\"result\":{\"finished\":"
        "\"none\"},\"code\":0,\"details\":[\"downloading 400 bytes\"]}}");
    agent_fixture_reply(fixture, 200, "");
}

void agent_download(struct agent_fixture *fixture)
{
    agent_expect(fixture, AGENT_GET, ARTIFACT);
    agent_fixture_reply_with(
        fixture,
        &(struct agent_reply){.status = 200, .content_length = "400", .etag = "\"e1\""},
        fixture->image, AGENT_IMAGE_SIZE);
}

void agent_tell_downloaded(struct agent_fixture *fixture)
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
void agent_bring_to_offer(struct agent_fixture *fixture)
{
    agent_offer_forced(fixture);
    agent_accept_action(fixture);
    agent_download(fixture);
    agent_tell_downloaded(fixture);
    assert_int_equal(fixture->offers, 1);
    assert_memory_equal(agent_version(fixture->agent), "03010102", 8);
}

void agent_expect_end(struct agent_fixture *fixture, const char *finished, const char *code,
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
