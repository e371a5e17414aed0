/* SPDX-License-Identifier: Apache-2.0 */
/* The agent (agent/agent.h) killed at every step of an update, once and twice, before and after
 * each thing that it does; server and MCU live on. Whatever happens: an image that was
 * installed is not offered again, the server hears the right end, and hears it. */
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

enum { PIECES = 4, STEPS_MAX = 4000, ASK_LIMIT_MS = 3600000 };

/* What the MCU does with a whole file. */
enum fate { INSTALLS, REFUSES, REVERTS, FATES };

struct world {
    struct agent_fixture fixture;
    enum fate fate;
    /* the MCU and the module's side */
    char version[9];
    uint8_t reason;
    unsigned installed; /* whole files that the MCU got */
    bool has_file;      /* the module's side, lost with the agent */
    unsigned piece;
    bool info_due;
    /* the server */
    bool is_closed, was_good;
    unsigned closes;
    /* cuts: the agent dies at these points */
    unsigned point, cuts[2];
};

/* Does the agent die here? */
static bool cut(struct world *world)
{
    world->point++;
    if (world->point != world->cuts[0] && world->point != world->cuts[1]) {
        return false;
    }
    world->has_file = false;
    world->piece = 0;
    world->info_due = true;
    agent_fixture_restart(&world->fixture);
    return true;
}

static void server(struct world *world, struct agent_reply *reply, const void **out_body,
                   size_t *out_len)
{
    struct agent_fixture *fixture = &world->fixture;
    const struct agent_request *request = &fixture->request;
    const char *text = "{}";

    *reply = (struct agent_reply){.status = 200};
    if (strstr(request->url, "fw.bin") != NULL) {
        const char *range = agent_fixture_header(fixture, "Range");
        unsigned off = range == NULL ? 0 : (unsigned)strtoul(range + 6, NULL, 10);
        static char content_range[64];
        if (range != NULL) {
            (void)snprintf(content_range, sizeof content_range, "bytes %u-%d/%d", off,
                           AGENT_IMAGE_SIZE - 1, AGENT_IMAGE_SIZE);
            *reply = (struct agent_reply){.status = 206, .content_range = content_range};
        }
        *out_body = fixture->image + off;
        *out_len = AGENT_IMAGE_SIZE - off;
        return;
    }
    if (request->method == AGENT_POST && strstr(request->body, "\"closed\"") != NULL) {
        reply->status = world->is_closed ? 410 : 200;
        bool is_good = strstr(request->body, "\"success\"") != NULL;
        assert_true(world->closes == 0 || is_good == world->was_good);
        world->was_good = is_good;
        world->is_closed = true;
        world->closes++;
    } else if (request->method == AGENT_GET && strstr(request->url, "deploymentBase") != NULL) {
        text = agent_fixture_deployment(fixture, "7", "forced", "forced");
    } else if (request->method == AGENT_GET && !world->is_closed) {
        text = "{\"config\":{\"polling\":{\"sleep\":\"00:01:00\"}},\"_links\":{"
               "\"deploymentBase\":{\"href\":\"/deploymentBase/7\"}}}";
    }
    *out_body = text;
    *out_len = strlen(text);
}

static void serve(struct world *world)
{
    struct agent_fixture *fixture = &world->fixture;
    struct agent_reply reply;
    const void *body = NULL;
    size_t len = 0;

    if (cut(world)) {
        return;
    }
    server(world, &reply, &body, &len);
    if (cut(world)) {
        return;
    }
    agent_reply_begin(fixture->agent, &reply, fixture->now_ms);
    assert_int_equal(agent_reply_bytes(fixture->agent, body, len / 2, fixture->now_ms), 0);
    if (cut(world)) {
        return;
    }
    assert_int_equal(agent_reply_bytes(fixture->agent, (const uint8_t *)body + len / 2,
                                       len - len / 2, fixture->now_ms),
                     0);
    agent_reply_end(fixture->agent, fixture->now_ms);
}

static void tell(struct world *world, enum module_event_kind kind)
{
    struct module_event event = {
        .kind = kind, .number = (uint16_t)world->piece, .count = PIECES};

    if (kind == MODULE_EVENT_FAILED) {
        event.failure = MODULE_FAIL_NOT_INSTALLED;
    }
    agent_mcu_event(world->fixture.agent, &event, world->fixture.now_ms);
}

static void tell_info(struct world *world)
{
    struct otter_info info = {.bindable_s = 0};
    struct otter_update_status status = {.is_otter = true, .reason = world->reason};
    struct module_event event = {
        .kind = MODULE_EVENT_INFO, .info = &info, .update_status = &status};

    memcpy(info.hardware, "03010100", 8);
    memcpy(info.version, world->version, 8);
    agent_mcu_event(world->fixture.agent, &event, world->fixture.now_ms);
}

static void take_whole_file(struct world *world)
{
    world->installed++;
    if (world->fate == INSTALLS) {
        memcpy(world->version, "03010102", 9);
        world->reason = OTTER_REASON_NONE;
    } else {
        world->reason =
            world->fate == REFUSES ? OTTER_REASON_SIGNATURE : OTTER_REASON_UNCONFIRMED;
    }
}

/* One event of a transfer. The piece leaves when the state is saved, as in the daemon. */
static void transfer(struct world *world)
{
    if (world->piece == 0) {
        tell(world, MODULE_EVENT_READY);
        world->piece = 1;
        return;
    }
    if (world->piece == PIECES) {
        take_whole_file(world);
        if (cut(world)) {
            return; /* its last ACK is heard by nobody */
        }
    }
    tell(world, MODULE_EVENT_PROGRESS);
    if (world->piece++ == PIECES) {
        tell(world, MODULE_EVENT_SENT);
        tell_info(world);
        tell(world, world->fate == INSTALLS ? MODULE_EVENT_UPDATED : MODULE_EVENT_FAILED);
        world->has_file = false;
        world->piece = 0;
    }
}

static bool save(struct world *world)
{
    struct agent_fixture *fixture = &world->fixture;
    const char *text = agent_state_due(fixture->agent);

    if (text == NULL) {
        return false;
    }
    if (cut(world)) {
        return true;
    }
    memcpy(fixture->saved, text, strlen(text) + 1);
    if (!cut(world)) {
        agent_state_saved(fixture->agent);
    }
    return true;
}

static void command(struct world *world)
{
    switch (agent_take_command(world->fixture.agent, world->fixture.now_ms)) {
    case AGENT_COMMAND_OFFER:
        assert_int_equal(world->installed, 0); /* never again */
        world->has_file = true;
        world->piece = 0;
        break;
    case AGENT_COMMAND_WITHDRAW:
        world->has_file = false;
        break;
    case AGENT_COMMAND_ASK:
        world->info_due = true;
        break;
    case AGENT_COMMAND_NONE:
        break;
    }
}

static void step(struct world *world)
{
    struct agent_fixture *fixture = &world->fixture;

    if (save(world)) {
        return;
    }
    if (agent_take_request(fixture->agent, fixture->now_ms, &fixture->request)) {
        serve(world);
        return;
    }
    if (save(world)) {
        return;
    }
    command(world);
    if (save(world)) {
        return;
    }
    if (world->info_due) {
        world->info_due = false;
        tell_info(world);
    } else if (world->has_file) {
        transfer(world);
    } else {
        uint64_t next_ms = agent_next_ms(fixture->agent, fixture->now_ms);
        fixture->now_ms += next_ms != 0 ? next_ms : 1;
    }
}

/* Run one update with cuts at two points (0 = none). Returns the number of points. */
static unsigned live(struct world *world, enum fate fate, unsigned first, unsigned second)
{
    memset(world, 0, sizeof *world);
    world->fate = fate;
    world->cuts[0] = first;
    world->cuts[1] = second;
    world->info_due = true;
    memcpy(world->version, "03010101", 9);
    agent_fixture_init(&world->fixture);
    agent_fixture_start(&world->fixture);
    struct agent_status status;
    unsigned steps = 0;
    do {
        step(world);
        agent_get_status(world->fixture.agent, world->fixture.now_ms, &status);
        steps++;
    } while (steps < STEPS_MAX && !(world->is_closed && status.activity == AGENT_IDLE));
    agent_fixture_end(&world->fixture);
    bool good = steps < STEPS_MAX && world->installed == 1 && world->closes >= 1 &&
                world->was_good == (fate == INSTALLS) && world->fixture.now_ms < ASK_LIMIT_MS;
    if (!good) {
        fail_msg("fate %d, cuts at %u and %u: %u steps, installed %u times, closed %u times, "
                 "good %d, %s",
                 (int)fate, first, second, steps, world->installed, world->closes,
                 world->was_good, status.last_text);
    }
    return world->point;
}

static void test_killed_anywhere(void **state)
{
    struct world *world = malloc(sizeof *world);
    (void)state;

    assert_non_null(world);
    for (int fate = 0; fate < FATES; fate++) {
        unsigned points = live(world, (enum fate)fate, 0, 0);
        assert_true(points > 40);
        for (unsigned first = 1; first <= points; first++) {
            (void)live(world, (enum fate)fate, first, 0);
            for (unsigned second = first + 1; second <= points; second++) {
                (void)live(world, (enum fate)fate, first, second);
            }
        }
    }
    free(world);
}

int run_agent_cuts(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_anywhere)};

    return cmocka_run_group_tests_name("cuts", tests, NULL, NULL);
}
