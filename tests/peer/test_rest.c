/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls of REST do: devices, products, firmware, deployments, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer/rest_fixture.h"
#include "support/store_fixture.h"

#define API "/api/v1"
#define OLD "03010101"
#define NEW "03010102"

static const struct rest_answer *admin(unsigned status, const char *method, const char *path,
                                       const char *json)
{
    return rest_must(status, rest_admin(), method, path, json);
}

static int64_t make(const char *path, const char *json)
{
    (void)admin(201, "POST", path, json);
    return rest_integer("id");
}

/* ---- devices ---- */
static void test_devices_are_entered_found_and_forgotten(void **state)
{
    char path[80];

    (void)state;
    int64_t first = make(API "/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)make(API "/devices", "{\"controller_id\":\"a0b1c2d3e4f6\"}");
    (void)make(API "/devices", "{\"controller_id\":\"\\u5ba0\"}");
    (void)admin(409, "POST", API "/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)admin(400, "POST", API "/devices", "{\"controller_id\":\"a/b\"}");
    (void)admin(400, "POST", API "/devices", "{\"controller_id\":\"x\",\"product\":7}");

    (void)admin(200, "GET", API "/devices?limit=2", NULL);
    (void)rest_items(2);
    assert_int_equal(rest_integer("total"), 3);
    (void)snprintf(path, sizeof path, API "/devices?limit=2&after=%lld",
                   (long long)rest_integer("next"));
    (void)admin(200, "GET", path, NULL);
    const json_t *last = json_array_get(rest_items(1), 0);
    assert_string_equal(json_string_value(json_object_get(last, "controller_id")),
                        "\xE5\xAE\xA0");
    (void)admin(200, "GET", API "/devices?limit=1&filter=id%20%3D%20%22*f6%22", NULL);
    (void)rest_items(1);
    assert_int_equal(rest_integer("total"), 1);

    (void)snprintf(path, sizeof path, API "/devices/%lld", (long long)first);
    (void)admin(200, "DELETE", path, NULL);
    (void)admin(404, "GET", path, NULL);
    (void)admin(404, "PATCH", path, "{\"name\":\"x\"}");
    (void)admin(404, "DELETE", path, NULL);
    (void)admin(404, "GET", API "/devices/1/timeline", NULL);
}

static void test_a_device_is_named_tagged_and_held(void **state)
{
    char path[80], timeline[100];

    (void)state;
    int64_t id = make(API "/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)snprintf(path, sizeof path, API "/devices/%lld", (long long)id);
    (void)snprintf(timeline, sizeof timeline, "%s/timeline", path);
    (void)admin(200, "PATCH", path,
                "{\"name\":\"Otter\",\"hold\":\"on the bench\",\"add_tag\":\"beach\"}");
    const struct rest_answer *answer = admin(200, "GET", path, NULL);
    assert_string_equal(rest_text("name"), "Otter");
    assert_string_equal(rest_text("hold"), "on the bench");
    assert_non_null(strstr(answer->body, "\"tags\":[\"beach\"]"));
    assert_non_null(strstr(answer->body, "\"action\":null"));
    assert_non_null(strstr(answer->body, "\"first_at\":\"2026-"));
    (void)admin(200, "GET", API "/devices?filter=tag=beach", NULL);
    (void)rest_items(1);
    (void)admin(200, "PATCH", path, "{\"hold\":null,\"remove_tag\":\"beach\"}");
    answer = admin(200, "GET", path, NULL);
    assert_non_null(strstr(answer->body, "\"hold\":null"));
    assert_non_null(strstr(answer->body, "\"tags\":[]"));
    (void)admin(400, "PATCH", path, "{\"hold\":\"\"}");
    (void)admin(400, "PATCH", path, "{\"product\":99}");

    (void)admin(200, "GET", timeline, NULL);
    const json_t *items = rest_items(3); /* new, hold, release: the newest first */
    const json_t *held = json_array_get(items, 1);
    assert_string_equal(json_string_value(json_object_get(held, "kind")), "device.hold");
    assert_string_equal(json_string_value(json_object_get(held, "detail")), "on the bench");
    assert_string_equal(json_string_value(json_object_get(held, "actor")), "admin");
    (void)strcat(timeline, "?limit=1");
    (void)admin(200, "GET", timeline, NULL);
    (void)rest_items(1);
    assert_true(rest_integer("next") > 0);
}

static void test_a_device_has_two_tokens_at_most(void **state)
{
    (void)state;
    (void)make(API "/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)admin(200, "GET", API "/devices", NULL);
    int64_t id = json_integer_value(json_object_get(json_array_get(rest_items(1), 0), "id"));
    char path[80];
    (void)snprintf(path, sizeof path, API "/devices/%lld/tokens", (long long)id);
    (void)admin(201, "POST", path, "{}");
    (void)admin(201, "POST", path, "{\"name\":\"new one\",\"expires_in_s\":3600}");
    (void)admin(409, "POST", path, "{}");
    (void)admin(404, "POST", API "/devices/999/tokens", "{}");
}

/* ---- products ---- */
static void test_a_product_is_changed_from_what_was_seen(void **state)
{
    char path[80];

    (void)state;
    int64_t id = make(API "/products", "{\"name\":\"Pet house\",\"hardware\":\"00000003\"}");
    (void)admin(409, "POST", API "/products", "{\"name\":\"Pet house\"}");
    (void)admin(400, "POST", API "/products", "{\"name\":\"a\",\"key1\":\"12\"}");
    (void)admin(400, "POST", API "/products", "{\"name\":\"a\",\"hardware\":\"3\"}");
    (void)snprintf(path, sizeof path, API "/products/%lld", (long long)id);
    const struct rest_answer *answer = admin(200, "GET", path, NULL);
    assert_non_null(strstr(answer->head, "ETag: \"1\"\r\n"));
    assert_int_equal(rest_patch_product(id, "", "{\"unsigned_ok\":true}"), 428);
    assert_int_equal(rest_patch_product(id, "If-Match: 1\r\n", "{\"unsigned_ok\":true}"), 400);
    assert_int_equal(rest_patch_product(id, "If-Match: \"1\"\r\n", "{\"unsigned_ok\":true}"),
                     200);
    assert_int_equal(rest_patch_product(id, "If-Match: \"1\"\r\n", "{\"name\":\"x\"}"), 409);
    answer = admin(200, "GET", path, NULL);
    assert_non_null(strstr(answer->body, "\"unsigned_ok\":true"));
    assert_string_equal(rest_text("name"), "Pet house");
    assert_int_equal(rest_patch_product(99, "If-Match: \"1\"\r\n", "{\"name\":\"x\"}"), 404);
}

/* ---- firmware ---- */
static int64_t make_product(void)
{
    return make(API "/products",
                "{\"name\":\"Pet house\",\"hardware\":\"00000003\",\"unsigned_ok\":true}");
}

/* Stack, reset vector, and no more. */
static const char program[] = "\0\x50\0\x20\x09\x30\0\x08"
                              "a tutorial's image";

/* A plain firmware of this version for a new product. */
static int64_t make_firmware(int64_t product, const char *version)
{
    char query[200];

    (void)snprintf(query, sizeof query,
                   "product=%lld&name=app.bin&kind=plain&version=%s&hardware=00000003",
                   (long long)product, version);
    const struct rest_answer *answer = rest_upload(query, program, sizeof program);
    if (answer->status != 201) {
        fail_msg("%u: %s", answer->status, answer->body);
    }
    return rest_integer("id");
}

static void test_firmware_is_uploaded_and_read_back(void **state)
{
    char path[80];

    (void)state;
    int64_t id = make_firmware(make_product(), NEW);
    (void)snprintf(path, sizeof path, API "/firmware/%lld", (long long)id);
    (void)admin(200, "GET", path, NULL);
    assert_string_equal(rest_text("version"), NEW);
    assert_string_equal(rest_text("kind"), "plain");
    assert_string_equal(rest_text("hardware"), "00000003");
    assert_int_equal(rest_integer("size"), sizeof program);
    (void)strcat(path, "/file");
    const struct rest_answer *answer = admin(200, "GET", path, NULL);
    assert_int_equal(answer->len, sizeof program);
    assert_memory_equal(answer->body, program, sizeof program);
    assert_non_null(strstr(answer->head, "app.bin"));
    (void)admin(404, "GET", API "/firmware/99/file", NULL);
    (void)admin(404, "GET", API "/firmware/99", NULL);
    (void)admin(404, "GET", API "/firmware/99/preflight", NULL);
}

static size_t file_count;

static int count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path;
    (void)st;
    (void)ftw;
    file_count += type == FTW_F;
    return 0;
}

static size_t count_files(void)
{
    file_count = 0;
    assert_int_equal(nftw(fixture_path("files"), count_file, 16, FTW_PHYS), 0);
    return file_count;
}

static void test_an_upload_that_cannot_be_is_refused(void **state)
{
    static const char *const queries[] = {
        "product=P",
        "name=a.bin",
        "product=99&name=a.bin&kind=opaque&version=1",
        "product=x&name=a.bin&kind=opaque&version=1",
        "product=P&name=a.bin", /* no trailer */
        "product=P&name=a.bin&kind=otter",
        "product=P&name=a.bin&version=03010102",
        "product=P&name=a.bin&kind=plain",
        "product=P&name=a.bin&kind=plain&version=0301010&hardware=00000003",
        "product=P&name=a.bin&kind=plain&version=0301010-&hardware=00000003",
        "product=P&name=a.bin&kind=plain&version=03010102&hardware=3",
        "product=P&name=a.bin&kind=plain&version=03010102&hardware=00000003&from_min=1",
        "product=P&name=..&kind=opaque&version=1",
        "product=P&name=a%2Fb&kind=opaque&version=1",
        "product=P&name=a%22b&kind=opaque&version=1",
        "product=P&name=a%0Ab&kind=opaque&version=1",
        "product=P&name=a&kind=opaque&version=",
        "product=P&name=a&kind=opaque&version=1%0A",
    };
    char query[200];
    static char large[100001];

    (void)state;
    int64_t product = make_product();
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const char *place = strstr(queries[i], "=P");
        if (place != NULL) {
            (void)snprintf(query, sizeof query, "%.*s=%lld%s", (int)(place - queries[i]),
                           queries[i], (long long)product, place + 2);
        } else {
            (void)snprintf(query, sizeof query, "%s", queries[i]);
        }
        if (rest_upload(query, "12345678", 8)->status != 400) {
            fail_msg("%s was not refused", query);
        }
        assert_true(strlen(rest_text("error")) > 10);
    }
    (void)snprintf(query, sizeof query, "product=%lld&name=a&kind=opaque&version=1",
                   (long long)product);
    assert_int_equal(rest_upload(query, large, sizeof large)->status, 413);
    assert_int_equal(rest_upload(query, NULL, 0)->status, 400);
    assert_int_equal(count_files(), 0);
    assert_int_equal(rest_upload(query, large, sizeof large - 1)->status, 201);
    assert_int_equal(rest_upload(query, large, sizeof large - 2)->status, 409);
    (void)admin(200, "GET", API "/firmware", NULL);
    (void)rest_items(1);
    assert_int_equal(count_files(), 1); /* nothing stays of what was refused */
}

/* ---- deployments ---- */
static void noted(void *ctx, const struct fleet_answer *answer)
{
    __atomic_store_n((int *)ctx, answer->result == FLEET_DONE ? 1 : -1, __ATOMIC_SEQ_CST);
}

/* A device of the product that runs the old version. */
static int64_t make_device(int64_t product, const char *controller_id)
{
    static const char *const values[][2] = {{"hw_ver", "00000003"}, {"sw_ver", OLD}};
    struct ddi_config config = {.mode = DDI_MERGE, .count = 2};
    char json[120];
    int done = 0;

    (void)snprintf(json, sizeof json, "{\"controller_id\":\"%s\",\"product\":%lld}",
                   controller_id, (long long)product);
    int64_t id = make(API "/devices", json);
    for (size_t i = 0; i < config.count; i++) {
        (void)snprintf(config.attributes[i].key, DDI_KEY_SIZE, "%s", values[i][0]);
        (void)snprintf(config.attributes[i].value, DDI_VALUE_SIZE, "%s", values[i][1]);
    }
    fleet_report(rest_fleet(), id, &config, noted, &done);
    while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) == 0) {
        (void)usleep(100);
    }
    assert_int_equal(done, 1);
    return id;
}

static void test_preflight_says_who_gets_it_and_who_not(void **state)
{
    char path[120];

    (void)state;
    int64_t product = make_product(), firmware = make_firmware(product, NEW);
    (void)make_device(product, "a0b1c2d3e4f5");
    int64_t held = make_device(product, "a0b1c2d3e4f6");
    (void)make(API "/devices", "{\"controller_id\":\"unknown\"}");
    (void)snprintf(path, sizeof path, API "/devices/%lld", (long long)held);
    (void)admin(200, "PATCH", path, "{\"hold\":\"bench\"}");
    (void)snprintf(path, sizeof path,
                   API "/firmware/%lld/preflight?filter=", (long long)firmware);
    const struct rest_answer *answer = admin(200, "GET", path, NULL);
    assert_int_equal(rest_integer("matching"), 3);
    assert_int_equal(rest_integer("getting"), 1);
    assert_non_null(strstr(answer->body, "\"one_first\":true"));
    assert_non_null(strstr(answer->body, "\"verdict\":\"on_hold\""));
    assert_non_null(strstr(answer->body, "\"controller_id\":\"unknown\""));
    (void)strcat(path, "id=a0b1c2d3e4f5");
    (void)admin(200, "GET", path, NULL);
    assert_int_equal(rest_integer("matching"), 1);
}

/* Deploy in manual mode to one device; the id of its action. */
static int64_t deploy_to_one(int64_t firmware, int64_t device, int64_t *out_deployment)
{
    char json[200], path[80];

    (void)snprintf(json, sizeof json,
                   "{\"firmware\":%lld,\"mode\":\"manual\",\"devices\":[\"a0b1c2d3e4f5\"],"
                   "\"window\":{\"from\":\"10:00\",\"to\":\"14:30\"}}",
                   (long long)firmware);
    *out_deployment = make(API "/deployments", json);
    (void)snprintf(path, sizeof path, API "/devices/%lld/actions", (long long)device);
    /* A tick that meets a sweep begins none; and a disk takes its time. */
    const time_t end = time(NULL) + 60;
    for (size_t count = 0; count == 0 && time(NULL) < end;) {
        fleet_tick(rest_fleet());
        const json_t *document = admin(200, "GET", path, NULL)->json;
        count = json_array_size(json_object_get(document, "items"));
    }
    return json_integer_value(json_object_get(json_array_get(rest_items(1), 0), "id"));
}

static void expect_action(int64_t action, const char *state_name)
{
    char path[80];

    (void)snprintf(path, sizeof path, API "/actions/%lld", (long long)action);
    (void)admin(200, "GET", path, NULL);
    assert_string_equal(rest_text("state"), state_name);
}

static void test_a_mistyped_parameter_is_no_filter(void **state)
{
    (void)state;
    (void)admin(400, "GET", API "/devices?filtr=x", NULL);
    assert_non_null(
        strstr(rest_text("error"), "filtr: no such parameter; there are: limit after filter"));
    (void)admin(400, "GET", API "/settings?x", NULL);
    (void)admin(200, "GET", API "/devices?filter=online%3Dyes&limit=1", NULL);
}

static void test_a_deployment_is_made_approved_and_cancelled(void **state)
{
    char path[120];
    int64_t deployment;

    (void)state;
    int64_t product = make_product(), firmware = make_firmware(product, NEW);
    int64_t device = make_device(product, "a0b1c2d3e4f5");
    int64_t action = deploy_to_one(firmware, device, &deployment);
    expect_action(action, "waiting_approval");
    (void)snprintf(path, sizeof path, API "/actions/%lld/approve", (long long)action);
    (void)admin(200, "POST", path, NULL);
    expect_action(action, "queued");
    (void)admin(200, "POST", path, NULL); /* twice is no error */
    expect_action(action, "queued");
    (void)snprintf(path, sizeof path, API "/deployments/%lld", (long long)deployment);
    const struct rest_answer *answer = admin(200, "GET", path, NULL);
    assert_string_equal(rest_text("filter"), "id in (\"a0b1c2d3e4f5\")");
    assert_string_equal(rest_text("created_by"), "admin");
    assert_non_null(strstr(answer->body, "\"queued\":1"));
    assert_non_null(strstr(answer->body, "\"window\":{\"from\":\"10:00\",\"to\":\"14:30\"}"));
    assert_non_null(strstr(answer->body, "\"groups\":[{"));
    /* no device runs it yet: the first one is awaited, and all others wait for that */
    assert_non_null(strstr(answer->body, "\"max_failed\":0,\"state\":\"runs\"}"));
    assert_non_null(strstr(answer->body, "\"max_failed\":0,\"state\":\"waits\"}"));
    (void)snprintf(path, sizeof path, API "/deployments/%lld/pause", (long long)deployment);
    (void)admin(200, "POST", path, NULL);
    (void)snprintf(path, sizeof path, API "/deployments/%lld/cancel", (long long)deployment);
    (void)admin(200, "POST", path, NULL);
    (void)admin(409, "POST", path, NULL);
    (void)snprintf(path, sizeof path, API "/deployments/%lld/actions", (long long)deployment);
    (void)admin(200, "GET", path, NULL);
    (void)rest_items(1);
    (void)admin(404, "GET", API "/actions/999", NULL);
    (void)admin(404, "POST", API "/actions/999/cancel", NULL);
}

/* A page behind any number, which is empty, and one behind the last but one. */
static void test_behind_the_last_action_is_nothing(void **state)
{
    char path[160];
    int64_t deployment;

    (void)state;
    int64_t product = make_product(), firmware = make_firmware(product, NEW);
    int64_t device = make_device(product, "a0b1c2d3e4f5");
    int64_t action = deploy_to_one(firmware, device, &deployment);
    (void)snprintf(path, sizeof path, API "/deployments/%lld/actions?after=%lld",
                   (long long)deployment, (long long)(action - 1));
    (void)admin(200, "GET", path, NULL);
    (void)rest_items(1);
    (void)snprintf(path, sizeof path, API "/deployments/%lld/actions?after=9223372036854775807",
                   (long long)deployment);
    (void)admin(200, "GET", path, NULL);
    (void)rest_items(0);
    static const char *const lists[] = {"devices", "products", "firmware", "deployments",
                                        "tokens"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        (void)snprintf(path, sizeof path, API "/%s?after=9223372036854775807", lists[i]);
        (void)admin(200, "GET", path, NULL);
        (void)rest_items(0);
    }
}

static void expect_refused(unsigned status, int64_t firmware, const char *members)
{
    char json[300];

    (void)snprintf(json, sizeof json, "{\"firmware\":%lld,%s}", (long long)firmware, members);
    (void)admin(status, "POST", API "/deployments", json);
}

static void test_a_deployment_that_cannot_be_is_refused(void **state)
{
    (void)state;
    int64_t product = make_product(), firmware = make_firmware(product, NEW);
    expect_refused(422, firmware, "\"mode\":\"silent\",\"filter\":\"\"");
    (void)make_device(product, "a0b1c2d3e4f5");
    expect_refused(422, firmware, "\"mode\":\"silent\",\"filter\":\"tag = beach\"");
    expect_refused(400, firmware, "\"mode\":\"silent\"");
    expect_refused(400, firmware, "\"mode\":\"silent\",\"filter\":\"tag\"");
    expect_refused(400, firmware, "\"mode\":\"silent\",\"filter\":\"\",\"devices\":[\"x\"]");
    expect_refused(400, firmware, "\"mode\":\"silent\",\"devices\":[\"a0b1c2d3e4f5\",\"x\"]");
    expect_refused(400, firmware, "\"mode\":\"loud\",\"filter\":\"\"");
    expect_refused(400, firmware, "\"filter\":\"\"");
    expect_refused(400, 99, "\"mode\":\"silent\",\"filter\":\"\"");
    expect_refused(400, firmware,
                   "\"mode\":\"silent\",\"filter\":\"\",\"ends_at\":\"2020-01-01T00:00:00Z\"");
    expect_refused(400, firmware,
                   "\"mode\":\"silent\",\"filter\":\"\",\"window\":"
                   "{\"from\":\"24:00\",\"to\":\"01:00\"}");
    expect_refused(400, firmware, "\"mode\":\"silent\",\"filter\":\"\",\"attempts\":0");
    (void)admin(200, "GET", API "/deployments", NULL);
    (void)rest_items(0);
    expect_refused(201, firmware, "\"mode\":\"silent\",\"filter\":\"\"");
}

/* ---- what is told ---- */
static void test_an_operator_stops_all_offers_and_nothing_else(void **state)
{
    char operator_token[40];

    (void)state;
    (void)snprintf(operator_token, sizeof operator_token, "%s", rest_token("operator"));
    const struct rest_answer *answer =
        rest_must(200, operator_token, "PATCH", API "/settings", "{\"offers_stopped\":true}");
    assert_non_null(strstr(answer->body, "\"offers_stopped\":true"));
    (void)rest_must(403, operator_token, "PATCH", API "/settings",
                    "{\"offers_stopped\":false,\"registration\":\"open\"}");
    answer = admin(200, "PATCH", API "/settings",
                   "{\"registration\":\"allow-list\",\"poll_fast_s\":2,\"tries_max\":1}");
    assert_non_null(strstr(answer->body, "\"offers_stopped\":true"));
    assert_string_equal(rest_text("registration"), "allow-list");
    assert_int_equal(rest_integer("poll_fast_s"), 2);
    (void)admin(400, "PATCH", API "/settings", "{\"poll_fast_s\":0}");
    (void)admin(400, "PATCH", API "/settings", "{\"registration\":\"any\"}");
}

static void test_health_counts_and_metrics(void **state)
{
    (void)state;
    (void)rest_must(200, NULL, "GET", "/healthz", NULL);
    assert_string_equal(rest_text("status"), "ok");
    (void)make(API "/devices", "{\"controller_id\":\"a0b1c2d3e4f5\"}");
    (void)admin(200, "GET", API "/counts", NULL);
    assert_int_equal(rest_integer("devices"), 1);
    const struct rest_answer *answer =
        rest_must(200, rest_token("viewer"), "GET", "/metrics", NULL);
    assert_non_null(strstr(answer->head, "Content-Type: text/plain; version=0.0.4"));
    assert_non_null(strstr(answer->body, "\notter_devices 1\n"));
    assert_non_null(strstr(answer->body, "\notter_actions{state=\"queued\"} 0\n"));
}

int main(void)
{
#define WITH_SERVER(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, rest_fixture_start, rest_fixture_stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_devices_are_entered_found_and_forgotten),
        WITH_SERVER(test_a_device_is_named_tagged_and_held),
        WITH_SERVER(test_a_device_has_two_tokens_at_most),
        WITH_SERVER(test_a_product_is_changed_from_what_was_seen),
        WITH_SERVER(test_firmware_is_uploaded_and_read_back),
        WITH_SERVER(test_an_upload_that_cannot_be_is_refused),
        WITH_SERVER(test_preflight_says_who_gets_it_and_who_not),
        WITH_SERVER(test_a_deployment_is_made_approved_and_cancelled),
        WITH_SERVER(test_behind_the_last_action_is_nothing),
        WITH_SERVER(test_a_mistyped_parameter_is_no_filter),
        WITH_SERVER(test_a_deployment_that_cannot_be_is_refused),
        WITH_SERVER(test_an_operator_stops_all_offers_and_nothing_else),
        WITH_SERVER(test_health_counts_and_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
