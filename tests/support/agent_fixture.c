/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/agent_fixture.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/image.h"

enum { DAY_MS = 86400000 };

static int write_store(void *ctx, uint32_t off, const uint8_t data[], size_t len)
{
    struct agent_fixture *fixture = ctx;

    if (fixture->store_fails || off != fixture->store_size || len > AGENT_STORE_MAX - off) {
        return -1;
    }
    memcpy(fixture->store + off, data, len);
    fixture->store_size += (uint32_t)len;
    return 0;
}

static int read_store(void *ctx, uint32_t off, uint8_t out[], size_t len)
{
    const struct agent_fixture *fixture = ctx;

    if (off > fixture->store_size || len > fixture->store_size - off) {
        return -1;
    }
    memcpy(out, fixture->store + off, len);
    return 0;
}

static uint32_t size_of_store(void *ctx)
{
    return ((const struct agent_fixture *)ctx)->store_size;
}

static int finish_store(void *ctx)
{
    ((struct agent_fixture *)ctx)->finished++;
    return 0;
}

static void discard_store(void *ctx)
{
    struct agent_fixture *fixture = ctx;

    fixture->discarded++;
    fixture->store_size = 0;
}

static const struct agent_sink sink = {write_store, read_store, size_of_store, finish_store,
                                       discard_store};

static void hex_digest(const EVP_MD *method, const void *data, size_t len, char out[])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (EVP_Digest(data, len, digest, &digest_len, method, NULL) != 1) {
        abort();
    }
    for (unsigned i = 0; i < digest_len; i++) {
        (void)snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
    }
}

static void make_image(struct agent_fixture *fixture)
{
    struct otter_image image = {.length = AGENT_IMAGE_SIZE - OTTER_IMAGE_TRAILER_SIZE,
                                .number = 2};

    for (size_t i = 0; i < AGENT_IMAGE_SIZE; i++) {
        fixture->image[i] = (uint8_t)(i * 7);
    }
    memcpy(image.hardware, "03010100", 8);
    memcpy(image.version, "03010102", 8);
    otter_image_put_trailer(fixture->image + image.length, &image);
    hex_digest(EVP_sha256(), fixture->image, AGENT_IMAGE_SIZE, fixture->sha256);
    hex_digest(EVP_sha1(), fixture->image, AGENT_IMAGE_SIZE, fixture->sha1);
    hex_digest(EVP_md5(), fixture->image, AGENT_IMAGE_SIZE, fixture->md5);
}

void agent_fixture_init(struct agent_fixture *fixture)
{
    static const struct agent_attribute attributes[] = {{"mac", "0a0b0c0d0e0f"}};

    memset(fixture, 0, sizeof *fixture);
    fixture->now_ms = 1000000;
    fixture->config = (struct agent_config){.base_url = "http://srv:80",
                                            .tenant = "DEFAULT",
                                            .controller_id = "dev1",
                                            .token = "tok",
                                            .claim = "",
                                            .attributes = attributes,
                                            .attribute_count = 1,
                                            .image_max = AGENT_STORE_MAX,
                                            .sink = &sink,
                                            .sink_ctx = fixture};
    make_image(fixture);
}

void agent_fixture_start(struct agent_fixture *fixture)
{
    fixture->agent = agent_new(&fixture->config, fixture->now_ms, NULL);
    if (fixture->agent == NULL ||
        (fixture->saved[0] != '\0' &&
         agent_restore(fixture->agent, fixture->saved, strlen(fixture->saved), fixture->now_ms,
                       NULL) != 0)) {
        abort();
    }
}

void agent_fixture_end(struct agent_fixture *fixture)
{
    agent_free(fixture->agent);
    fixture->agent = NULL;
}

void agent_fixture_restart(struct agent_fixture *fixture)
{
    agent_fixture_end(fixture);
    agent_fixture_start(fixture);
}

void agent_fixture_settle(struct agent_fixture *fixture)
{
    for (;;) {
        const char *text = agent_state_due(fixture->agent);
        if (text != NULL) {
            memcpy(fixture->saved, text, strlen(text) + 1);
            agent_state_saved(fixture->agent);
            continue;
        }
        enum agent_command command = agent_take_command(fixture->agent, fixture->now_ms);
        if (command == AGENT_COMMAND_NONE) {
            if (agent_state_due(fixture->agent) == NULL) {
                return;
            }
            continue;
        }
        fixture->command = command;
        fixture->offers += command == AGENT_COMMAND_OFFER;
        fixture->withdrawals += command == AGENT_COMMAND_WITHDRAW;
        fixture->asks += command == AGENT_COMMAND_ASK;
    }
}

bool agent_fixture_take(struct agent_fixture *fixture)
{
    agent_fixture_settle(fixture);
    if (agent_take_request(fixture->agent, fixture->now_ms, &fixture->request)) {
        return true;
    }
    agent_fixture_settle(fixture); /* a look at the image may have been due */
    return agent_take_request(fixture->agent, fixture->now_ms, &fixture->request);
}

bool agent_fixture_wait(struct agent_fixture *fixture)
{
    uint64_t end_ms = fixture->now_ms + DAY_MS;

    while (!agent_fixture_take(fixture)) {
        uint64_t next_ms = agent_next_ms(fixture->agent, fixture->now_ms);
        if (fixture->now_ms >= end_ms) {
            return false;
        }
        fixture->now_ms += next_ms != 0 ? next_ms : 1;
    }
    return true;
}

void agent_fixture_reply_with(struct agent_fixture *fixture, const struct agent_reply *reply,
                              const void *body, size_t body_len)
{
    agent_reply_begin(fixture->agent, reply, fixture->now_ms);
    if (body_len > 0 &&
        agent_reply_bytes(fixture->agent, body, body_len, fixture->now_ms) != 0) {
        agent_request_failed(fixture->agent, "given up", fixture->now_ms);
    } else {
        agent_reply_end(fixture->agent, fixture->now_ms);
    }
    agent_fixture_settle(fixture);
}

void agent_fixture_reply(struct agent_fixture *fixture, int status, const char *body)
{
    agent_fixture_reply_with(fixture, &(struct agent_reply){.status = status}, body,
                             strlen(body));
}

const char *agent_fixture_header(const struct agent_fixture *fixture, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < fixture->request.header_count; i++) {
        const char *header = fixture->request.headers[i];
        if (strncmp(header, name, len) == 0 && strncmp(header + len, ": ", 2) == 0) {
            return header + len + 2;
        }
    }
    return NULL;
}

void agent_fixture_info(struct agent_fixture *fixture, const char *version, uint8_t reason,
                        bool on_trial)
{
    struct otter_info info = {.bindable_s = 0};
    struct otter_update_status status = {
        .is_otter = true, .on_trial = on_trial, .reason = reason};

    memcpy(info.hardware, "03010100", 8);
    memcpy(info.version, version, 8);
    memcpy(info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    struct module_event event = {
        .kind = MODULE_EVENT_INFO, .info = &info, .update_status = &status};
    agent_mcu_event(fixture->agent, &event, fixture->now_ms);
    agent_fixture_settle(fixture);
}

void agent_fixture_event(struct agent_fixture *fixture, enum module_event_kind kind,
                         uint16_t number, uint16_t count)
{
    struct module_event event = {.kind = kind, .number = number, .count = count};

    agent_mcu_event(fixture->agent, &event, fixture->now_ms);
    agent_fixture_settle(fixture);
}

void agent_fixture_fail(struct agent_fixture *fixture, enum module_failure failure)
{
    struct module_event event = {.kind = MODULE_EVENT_FAILED, .failure = failure};

    agent_mcu_event(fixture->agent, &event, fixture->now_ms);
    agent_fixture_settle(fixture);
}

const char *agent_fixture_deployment(const struct agent_fixture *fixture, const char *id,
                                     const char *download, const char *update)
{
    static char text[2048];

    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"deployment\":{\"download\":\"%s\",\"update\":\"%s\","
                   "\"chunks\":[{\"part\":\"os\",\"version\":\"03010102\",\"name\":\"fw\","
                   "\"artifacts\":[{\"filename\":\"fw.bin\",\"size\":%u,\"hashes\":{"
                   "\"sha256\":\"%s\"},\"_links\":{\"download\":{\"href\":"
                   "\"http://srv/DEFAULT/fw.bin\"}}}]}]}}",
                   id, download, update, AGENT_IMAGE_SIZE, fixture->sha256);
    return text;
}
