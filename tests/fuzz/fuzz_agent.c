/* SPDX-License-Identifier: Apache-2.0 */
/* A device's agent and a hostile server: any status, headers and body to any request, the MCU's
 * events and restarts in any order. Promises: requests are whole, a saved state can be read
 * again, no byte beyond the announced size is stored, and the token goes to its server only. */
#include "agent/url.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/agent_fixture.h"

enum { STEPS_MAX = 100, EVENT_KINDS = MODULE_EVENT_FAILED + 1 };

static struct agent_fixture fixture;

static void check_request(void)
{
    const struct agent_request *request = &fixture.request;
    const char *token = agent_fixture_header(&fixture, "Authorization");

    FUZZ_CHECK(url_is_good(request->url));
    FUZZ_CHECK((request->body == NULL) == (request->method == AGENT_GET));
    FUZZ_CHECK(request->body == NULL || strlen(request->body) == request->body_len);
    FUZZ_CHECK(token == NULL || url_is_same_origin(request->url, fixture.config.base_url));
    for (size_t i = 0; i < request->header_count; i++) {
        FUZZ_CHECK(strpbrk(request->headers[i], "\r\n") == NULL);
    }
}

/* Answer the request that is due, if there is one. */
static void answer(struct fuzz_input *input)
{
    static const int statuses[] = {200, 200, 200, 206, 401, 404, 409, 410, 412, 416, 429, 503};
    static char texts[4][64];
    struct agent_reply reply = {0};

    if (!agent_fixture_take(&fixture)) {
        return;
    }
    check_request();
    reply.status = statuses[fuzz_u8(input) % (sizeof statuses / sizeof statuses[0])];
    uint8_t headers = fuzz_u8(input);
    const char **places[] = {&reply.retry_after, &reply.content_length, &reply.content_range,
                             &reply.etag};
    for (int i = 0; i < 4; i++) {
        if ((headers >> i & 1) != 0) {
            size_t len = fuzz_u8(input) % sizeof texts[0];
            const uint8_t *bytes = fuzz_take(input, &len);
            memcpy(texts[i], bytes, len);
            texts[i][len] = '\0';
            *places[i] = texts[i];
        }
    }
    size_t len = fuzz_u16(input);
    const uint8_t *body = fuzz_take(input, &len);
    agent_fixture_reply_with(&fixture, &reply, body, len);
}

/* The right answer, so that what lies behind it is reached, too. */
static void answer_well(void)
{
    if (!agent_fixture_take(&fixture)) {
        return;
    }
    check_request();
    const char *url = fixture.request.url;
    if (strstr(url, "fw.bin") != NULL) {
        agent_fixture_reply_with(&fixture, &(struct agent_reply){.status = 200}, fixture.image,
                                 AGENT_IMAGE_SIZE);
    } else if (strstr(url, "/deploymentBase/7") != NULL && fixture.request.body == NULL) {
        agent_fixture_reply(&fixture, 200,
                            agent_fixture_deployment(&fixture, "7", "forced", "forced"));
    } else {
        agent_fixture_reply(
            &fixture, 200,
            "{\"_links\":{\"deploymentBase\":{\"href\":\"/DEFAULT/controller/v1/"
            "dev1/deploymentBase/7\"}}}");
    }
}

static void step(struct fuzz_input *input)
{
    struct host_error error;
    uint8_t what = fuzz_u8(input);

    switch (what % 8) {
    case 0:
    case 1:
        answer(input);
        break;
    case 2:
        answer_well();
        break;
    case 3:
        fixture.now_ms += (uint64_t)fuzz_u16(input) * 100;
        break;
    case 4:
        agent_fixture_info(&fixture, what > 128 ? "03010101" : "03010102", fuzz_u8(input) % 16,
                           what % 3 == 0);
        break;
    case 5:
        if (fuzz_u8(input) % 4 == 0) {
            agent_fixture_fail(&fixture,
                               (enum module_failure)(fuzz_u8(input) % (MODULE_FAIL_READ + 1)));
        } else {
            enum module_event_kind kind =
                (enum module_event_kind)(fuzz_u8(input) % EVENT_KINDS);
            agent_fixture_event(&fixture,
                                kind == MODULE_EVENT_FAILED ? MODULE_EVENT_SENT : kind,
                                fuzz_u8(input), fuzz_u8(input));
        }
        break;
    case 6:
        (void)!(what > 128 ? agent_approve(fixture.agent, fixture.now_ms, &error)
                           : agent_deny(fixture.agent, fixture.now_ms, &error));
        break;
    default:
        agent_fixture_restart(&fixture);
        break;
    }
    FUZZ_CHECK(fixture.store_size <= AGENT_STORE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct agent_status status;

    agent_fixture_init(&fixture);
    fixture.config.is_manual = fuzz_u8(&input) % 2 != 0;
    agent_fixture_start(&fixture);
    for (int i = 0; i < STEPS_MAX && input.len > 0; i++) {
        step(&input);
        agent_get_status(fixture.agent, fixture.now_ms, &status);
        FUZZ_CHECK(agent_next_ms(fixture.agent, fixture.now_ms) <= 86400000);
    }
    agent_fixture_end(&fixture);
    return 0;
}
