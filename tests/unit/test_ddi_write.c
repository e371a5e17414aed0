/* SPDX-License-Identifier: Apache-2.0 */
/* cloud/ddi/ddi.h, what devices get: the shapes are those of hawkBit's OpenAPI description
 * of DDI v1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/ddi/ddi.h"
#include "host/json.h"

#define BASE "https://ota.example/DEFAULT/controller/v1/dev1"

static void expect_text(char *text, const char *expected)
{
    assert_non_null(text);
    assert_string_equal(text, expected);
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    json_decref(document);
    free(text);
}

static void test_base_is_a_url(void **state)
{
    char base[200];
    static const char expected[] = "http://h/DEFAULT/controller/v1/a%20%22%2F%3F%E5%AE%A0:1";

    (void)state;
    assert_int_equal(ddi_put_base("http://h", "a \"/?\xE5\xAE\xA0:1", base, sizeof base),
                     strlen(expected));
    assert_string_equal(base, expected);
    assert_int_equal(ddi_put_base("http://h", "dev1", base, 9), 35);
    assert_string_equal(base, "http://h");
}

static void test_root_answers(void **state)
{
    struct ddi_root root = {.base = BASE, .interval_s = 300};

    (void)state;
    expect_text(ddi_put_root(&root),
                "{\"config\":{\"polling\":{\"sleep\":\"00:05:00\"}},\"_links\":{}}");
    root.wants_config = true;
    root.link = DDI_LINK_DEPLOYMENT;
    root.id = 7;
    root.deployment_hash = 4167783740;
    root.installed_id = 6;
    root.interval_s = 3723;
    expect_text(ddi_put_root(&root),
                "{\"config\":{\"polling\":{\"sleep\":\"01:02:03\"}},\"_links\":{"
                "\"configData\":{\"href\":\"" BASE "/configData\"},"
                "\"deploymentBase\":{\"href\":\"" BASE "/deploymentBase/7?c=4167783740\"},"
                "\"installedBase\":{\"href\":\"" BASE "/installedBase/6\"}}}");
    root = (struct ddi_root){
        .base = BASE, .interval_s = UINT32_MAX, .link = DDI_LINK_CANCEL, .id = INT64_MAX};
    expect_text(ddi_put_root(&root),
                "{\"config\":{\"polling\":{\"sleep\":\"23:59:59\"}},\"_links\":{"
                "\"cancelAction\":{\"href\":\"" BASE "/cancelAction/9223372036854775807\"}}}");
    root.link = DDI_LINK_CONFIRMATION;
    root.interval_s = 1;
    expect_text(ddi_put_root(&root), "{\"config\":{\"polling\":{\"sleep\":\"00:00:01\"}},"
                                     "\"_links\":{\"confirmationBase\":{\"href\":\"" BASE
                                     "/confirmationBase/9223372036854775807\"}}}");
    root.base = "http://h/\"";
    assert_null(ddi_put_root(&root));
}

static const struct ddi_job plain_job = {
    .base = BASE,
    .id = 7,
    .download = DDI_FORCED,
    .update = DDI_ATTEMPT,
    .part = "os",
    .name = "fw",
    .version = "03010102",
    .module_id = 3,
    .file = "fw 1.bin",
    .sha256 = "s256",
    .sha1 = "s1",
    .md5 = "m5",
    .size = 26624,
    .hardware = "",
};

#define FILE_URL BASE "/softwaremodules/3/artifacts/fw%201.bin"
#define ARTIFACTS                                                                              \
    "[{\"filename\":\"fw 1.bin\",\"hashes\":{\"sha1\":\"s1\",\"md5\":\"m5\",\"sha256\":"       \
    "\"s256\"},\"size\":26624,\"_links\":{\"download\":{\"href\":\"" FILE_URL "\"},"           \
    "\"download-http\":{\"href\":\"" FILE_URL "\"},\"md5sum\":{\"href\":\"" FILE_URL           \
    ".MD5SUM\"},\"md5sum-http\":{\"href\":\"" FILE_URL ".MD5SUM\"}}}]"

static void test_jobs(void **state)
{
    struct ddi_job job = plain_job;
    const char *messages[] = {"one", "t\"wo"};

    (void)state;
    expect_text(ddi_put_job(&job),
                "{\"id\":\"7\",\"deployment\":{\"download\":\"forced\",\"update\":\"attempt\","
                "\"chunks\":[{\"part\":\"os\",\"version\":\"03010102\",\"name\":\"fw\","
                "\"artifacts\":" ARTIFACTS "}]}}");
    job.has_window = true;
    job.update = DDI_SKIP;
    job.is_confirmation = true;
    job.hardware = "00000001";
    job.last_status = "RUNNING";
    job.messages = messages;
    job.message_count = 2;
    expect_text(
        ddi_put_job(&job),
        "{\"id\":\"7\",\"confirmation\":{\"download\":\"forced\",\"update\":\"skip\","
        "\"maintenanceWindow\":\"unavailable\",\"chunks\":[{\"part\":\"os\","
        "\"version\":\"03010102\",\"name\":\"fw\",\"artifacts\":" ARTIFACTS
        ",\"metadata\":[{\"key\":\"hw_ver\",\"value\":\"00000001\"}]}]},"
        "\"actionHistory\":{\"status\":\"RUNNING\",\"messages\":[\"one\",\"t\\\"wo\"]}}");
    expect_text(ddi_put_artifacts(&job), ARTIFACTS);
}

static void test_texts_of_a_job_are_json(void **state)
{
    struct ddi_job job = plain_job;

    (void)state;
    job.part = "\"\\\n\x7F";
    job.version = "1\xFF"
                  "2";
    job.name = "\xC3\xBC\xE4\xBD\xA0";
    expect_text(ddi_put_job(&job),
                "{\"id\":\"7\",\"deployment\":{\"download\":\"forced\",\"update\":\"attempt\","
                "\"chunks\":[{\"part\":\"\\\"\\\\\\u000A\x7F\",\"version\":\"1\xEF\xBF\xBD"
                "2\","
                "\"name\":\"\xC3\xBC\xE4\xBD\xA0\",\"artifacts\":" ARTIFACTS "}]}}");
    job.base = "http://h/\"";
    assert_null(ddi_put_job(&job));
}

static void test_links_of_http_are_those_that_zephyr_knows(void **state)
{
    struct ddi_job job = plain_job;

    (void)state;
    job.base = "http://h/DEFAULT/controller/v1/d";
    job.file = "a";
    expect_text(
        ddi_put_artifacts(&job),
        "[{\"filename\":\"a\",\"hashes\":{\"sha1\":\"s1\",\"md5\":\"m5\",\"sha256\":"
        "\"s256\"},\"size\":26624,\"_links\":{\"download-http\":{\"href\":"
        "\"http://h/DEFAULT/controller/v1/d/softwaremodules/3/artifacts/a\"},"
        "\"md5sum-http\":{\"href\":"
        "\"http://h/DEFAULT/controller/v1/d/softwaremodules/3/artifacts/a.MD5SUM\"}}}]");
}

static void test_a_link_that_is_too_long_is_not_cut(void **state)
{
    static char base[3000];
    struct ddi_job job = plain_job;

    (void)state;
    memset(base, 'a', sizeof base - 1);
    job.base = base;
    assert_null(ddi_put_job(&job));
    assert_null(ddi_put_confirmations(base, 1, true));
}

static void test_cancel_and_confirmations(void **state)
{
    (void)state;
    expect_text(ddi_put_cancel(7, 7), "{\"id\":\"7\",\"cancelAction\":{\"stopId\":\"7\"}}");
    expect_text(ddi_put_confirmations(BASE, 0, false),
                "{\"autoConfirm\":{\"active\":false,\"_links\":{\"activateAutoConfirm\":{"
                "\"href\":\"" BASE "/confirmationBase/activateAutoConfirm\"}}},\"_links\":{}}");
    expect_text(ddi_put_confirmations(BASE, 9, true),
                "{\"autoConfirm\":{\"active\":true,\"_links\":{\"deactivateAutoConfirm\":{"
                "\"href\":\"" BASE "/confirmationBase/deactivateAutoConfirm\"}}},\"_links\":{"
                "\"confirmationBase\":{\"href\":\"" BASE "/confirmationBase/9\"}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_is_a_url),
        cmocka_unit_test(test_root_answers),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_texts_of_a_job_are_json),
        cmocka_unit_test(test_links_of_http_are_those_that_zephyr_knows),
        cmocka_unit_test(test_a_link_that_is_too_long_is_not_cut),
        cmocka_unit_test(test_cancel_and_confirmations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
