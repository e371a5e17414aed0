/* SPDX-License-Identifier: Apache-2.0 */
/* cloud/ddi/ddi.h, paths and bodies: what SWUpdate 2022.12, rauc-hawkbit-updater, Zephyr
 * send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/ddi/ddi.h"
#include "host/json.h"

/* ---- paths ---- */

static struct ddi_path path_of(const char *method, const char *path)
{
    struct ddi_path result;

    ddi_read_path(method, path, &result);
    return result;
}

static void test_every_resource_has_its_method(void **state)
{
    static const struct {
        const char *method, *path;
        enum ddi_resource resource;
        int64_t id;
    } cases[] = {
        {"GET", "/DEFAULT/controller/v1/dev1", DDI_ROOT, 0},
        {"PUT", "/DEFAULT/controller/v1/dev1/configData", DDI_CONFIG_DATA, 0},
        {"GET", "/DEFAULT/controller/v1/dev1/deploymentBase/7", DDI_DEPLOYMENT, 7},
        {"POST", "/DEFAULT/controller/v1/dev1/deploymentBase/7/feedback",
         DDI_DEPLOYMENT_FEEDBACK, 7},
        {"GET", "/DEFAULT/controller/v1/dev1/installedBase/8", DDI_INSTALLED, 8},
        {"PUT", "/DEFAULT/controller/v1/dev1/installedBase", DDI_INSTALLED_VERSION, 0},
        {"GET", "/DEFAULT/controller/v1/dev1/confirmationBase", DDI_CONFIRMATIONS, 0},
        {"GET", "/DEFAULT/controller/v1/dev1/confirmationBase/9", DDI_CONFIRMATION, 9},
        {"POST", "/DEFAULT/controller/v1/dev1/confirmationBase/9/feedback",
         DDI_CONFIRMATION_FEEDBACK, 9},
        {"POST", "/DEFAULT/controller/v1/dev1/confirmationBase/activateAutoConfirm",
         DDI_AUTO_CONFIRM_ON, 0},
        {"POST", "/DEFAULT/controller/v1/dev1/confirmationBase/deactivateAutoConfirm",
         DDI_AUTO_CONFIRM_OFF, 0},
        {"GET", "/DEFAULT/controller/v1/dev1/cancelAction/10", DDI_CANCEL, 10},
        {"POST", "/DEFAULT/controller/v1/dev1/cancelAction/10/feedback", DDI_CANCEL_FEEDBACK,
         10},
        {"GET", "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts", DDI_ARTIFACTS, 3},
        {"GET", "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts/fw.bin", DDI_ARTIFACT,
         3},
        {"HEAD", "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts/fw.bin", DDI_ARTIFACT,
         3},
        {"GET", "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts/fw.bin.MD5SUM",
         DDI_ARTIFACT_MD5, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ddi_path path = path_of(cases[i].method, cases[i].path);
        print_message("%s %s\n", cases[i].method, cases[i].path);
        assert_int_equal(path.resource, cases[i].resource);
        assert_int_equal(path.id, cases[i].id);
        assert_false(path.is_wrong_method);
        assert_string_equal(path.controller_id, "dev1");
        assert_string_equal(path.file, cases[i].resource == DDI_ARTIFACT ||
                                               cases[i].resource == DDI_ARTIFACT_MD5
                                           ? "fw.bin"
                                           : "");
        struct ddi_path wrong = path_of("DELETE", cases[i].path);
        assert_int_equal(wrong.resource, cases[i].resource);
        assert_true(wrong.is_wrong_method);
        assert_non_null(strstr(wrong.allow, cases[i].method));
    }
}

static void test_methods_are_compared_whole(void **state)
{
    (void)state;
    assert_true(path_of("GE", "/DEFAULT/controller/v1/dev1").is_wrong_method);
    assert_true(path_of("", "/DEFAULT/controller/v1/dev1").is_wrong_method);
    assert_true(path_of("GET, HEAD", "/DEFAULT/controller/v1/dev1").is_wrong_method);
    assert_true(path_of("HEAD", "/DEFAULT/controller/v1/dev1").is_wrong_method);
    assert_true(path_of("EAD", "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts/f")
                    .is_wrong_method);
}

static void test_the_tenant_is_default_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(path_of("GET", "/default/controller/v1/dev1").resource, DDI_ROOT);
    assert_int_equal(path_of("GET", "/Default/controller/v1/dev1/").resource, DDI_ROOT);
    assert_int_equal(path_of("GET", "/OTHER/controller/v1/dev1").resource, DDI_NOT_FOUND);
    assert_int_equal(path_of("GET", "/DEFAULTS/controller/v1/dev1").resource, DDI_NOT_FOUND);
}

static void test_other_paths_are_not_found(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "DEFAULT/controller/v1/dev1",
        "/DEFAULT",
        "/DEFAULT/controller/v1",
        "/DEFAULT/controller/v1/",
        "/DEFAULT/controller/v2/dev1",
        "/DEFAULT/controllers/v1/dev1",
        "/DEFAULT/controller/v1//dev1",
        "/DEFAULT/controller/v1/dev1/configdata",
        "/DEFAULT/controller/v1/dev1/deploymentBase",
        "/DEFAULT/controller/v1/dev1/deploymentBase/",
        "/DEFAULT/controller/v1/dev1/deploymentBase/0",
        "/DEFAULT/controller/v1/dev1/deploymentBase/-7",
        "/DEFAULT/controller/v1/dev1/deploymentBase/7x",
        "/DEFAULT/controller/v1/dev1/deploymentBase/9223372036854775808",
        "/DEFAULT/controller/v1/dev1/deploymentBase/7/feedback/x",
        "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts/a/b",
        "/DEFAULT/controller/v1/dev1/softwaremodules/3/artifacts//",
        "/DEFAULT/controller/v1/dev1/a/b/c/d/e/f/g",
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        print_message("%s\n", paths[i]);
        assert_int_equal(path_of("GET", paths[i]).resource, DDI_NOT_FOUND);
    }
}

static void test_ids_and_files_have_a_longest(void **state)
{
    char path[600], name[130];

    (void)state;
    memset(name, 'a', 129);
    name[129] = '\0';
    (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/%s", name);
    assert_int_equal(path_of("GET", path).resource, DDI_NOT_FOUND);
    (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/d/softwaremodules/1/artifacts/%s",
                   name);
    assert_int_equal(path_of("GET", path).resource, DDI_NOT_FOUND);
    name[128] = '\0';
    (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/%s", name);
    assert_string_equal(path_of("GET", path).controller_id, name);
}

/* ---- feedback ---- */

static struct ddi_feedback feedback_of(const char *body)
{
    struct ddi_feedback feedback;
    char reason[160];

    if (ddi_read_feedback((const uint8_t *)body, strlen(body), &feedback, reason) != 0) {
        fail_msg("%s: %s", reason, body);
    }
    return feedback;
}

static void expect_refused_feedback(const char *body, size_t len, const char *part_of_reason)
{
    struct ddi_feedback feedback;
    char reason[160] = "";

    assert_int_equal(ddi_read_feedback((const uint8_t *)body, len, &feedback, reason), -1);
    if (strstr(reason, part_of_reason) == NULL) {
        fail_msg("%s: %s", body, reason);
    }
}

static void test_feedback_of_swupdate(void **state)
{
    struct ddi_feedback feedback = feedback_of(
        "{\"id\":\"7\",\"time\":\"20261122T125809\",\"status\":{\"result\":{\"progress\":"
        "{\"cnt\":1,\"of\":0},\"finished\":\"none\"},\"execution\":\"proceeding\","
        "\"details\":[\"Installation in progress\",\"[network_thread] : Incoming\"]}}");

    (void)state;
    assert_int_equal(feedback.execution, DDI_PROCEEDING);
    assert_false(feedback.is_failure);
    assert_true(feedback.has_progress);
    assert_int_equal(feedback.count, 1);
    assert_int_equal(feedback.of, 0);
    assert_int_equal(feedback.code, 0);
    assert_string_equal(feedback.detail,
                        "Installation in progress\n[network_thread] : Incoming");
    feedback = feedback_of("{\"id\":7,\"time\":\"\",\"status\":{\"result\":{\"finished\":"
                           "\"success\"},\"execution\":\"closed\",\"details\":[\"Update "
                           "Installed.\"]}}");
    assert_int_equal(feedback.execution, DDI_CLOSED);
    assert_false(feedback.is_failure);
    assert_false(feedback.has_progress);
    assert_string_equal(feedback.detail, "Update Installed.");
}

static void test_feedback_of_rauc_hawkbit_updater(void **state)
{
    struct ddi_feedback feedback =
        feedback_of("{\"id\":\"16\",\"time\":\"20260101T000000\",\"status\":{\"result\":"
                    "{\"finished\":\"failure\"},\"execution\":\"closed\",\"details\":"
                    "[\"Failed to install software bundle.\"]}}");

    (void)state;
    assert_int_equal(feedback.execution, DDI_CLOSED);
    assert_true(feedback.is_failure);
}

static void test_feedback_of_zephyr(void **state)
{
    struct ddi_feedback feedback = feedback_of("{\"id\":\"\",\"status\":{\"result\":"
                                               "{\"finished\":\"success\"},\"execution\":"
                                               "\"closed\"}}");

    (void)state;
    assert_int_equal(feedback.execution, DDI_CLOSED);
    assert_string_equal(feedback.detail, "");
}

static void test_feedback_of_our_module(void **state)
{
    struct ddi_feedback feedback =
        feedback_of("{\"id\":\"7\",\"timestamp\":99999999999999999999,\"status\":{"
                    "\"execution\":\"proceeding\",\"result\":{\"finished\":\"none\","
                    "\"progress\":{\"cnt\":104,\"of\":208}},\"code\":200,\"details\":"
                    "[\"piece 104/208\"]}}");

    (void)state;
    assert_int_equal(feedback.count, 104);
    assert_int_equal(feedback.of, 208);
    assert_int_equal(feedback.code, 200);
}

static void test_every_execution_is_known_and_others_are_notes(void **state)
{
    static const char *const words[] = {"closed",     "proceeding", "canceled",
                                        "scheduled",  "rejected",   "resumed",
                                        "downloaded", "download",   "exploded"};
    char body[100];

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        (void)snprintf(body, sizeof body, "{\"status\":{\"execution\":\"%s\"}}", words[i]);
        assert_int_equal(feedback_of(body).execution, (int)i);
    }
    assert_int_equal(feedback_of("{\"status\":{\"execution\":\"CLOSED\"}}").execution,
                     DDI_CLOSED);
}

static void test_odd_numbers_are_taken(void **state)
{
    struct ddi_feedback feedback =
        feedback_of("{\"status\":{\"execution\":\"proceeding\",\"code\":\"17\",\"result\":{"
                    "\"progress\":{\"cnt\":\"3\",\"of\":-1}}}}");

    (void)state;
    assert_int_equal(feedback.count, 3);
    assert_int_equal(feedback.of, 0);
    assert_int_equal(feedback.code, 17);
    feedback =
        feedback_of("{\"status\":{\"execution\":\"proceeding\",\"code\":-1e300,\"result\":{"
                    "\"progress\":{\"cnt\":1e300,\"of\":null}}}}");
    assert_true(feedback.count == INT64_MAX);
    assert_true(feedback.code == INT64_MIN);
    assert_int_equal(feedback.of, 0);
}

static void assert_is_utf8(const char *text)
{
    json_t *string = json_string(text); /* NULL if it is not */

    assert_non_null(string);
    json_decref(string);
}

static void test_of_dozens_of_lines_the_last_ones_are_kept(void **state)
{
    static char body[60000];
    size_t len = (size_t)snprintf(body, sizeof body,
                                  "{\"status\":{\"execution\":\"closed\",\"details\":[\"x\"");

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        len += (size_t)snprintf(body + len, sizeof body - len,
                                ",\"%u \xE5\xAE\xA0\xE5\xAE\xA0\xE5\xAE\xA0\xE5\xAE\xA0\"", i);
    }
    (void)snprintf(body + len, sizeof body - len, ",\"why\"]}}");
    struct ddi_feedback feedback = feedback_of(body);
    size_t used = strlen(feedback.detail);
    assert_true(used > DDI_DETAIL_SIZE - 30 && used < DDI_DETAIL_SIZE);
    assert_memory_equal(feedback.detail, "...\n", 4);
    assert_string_equal(strrchr(feedback.detail, '\n'), "\nwhy");
    assert_is_utf8(feedback.detail);
}

static void test_a_line_that_is_too_long_is_cut_at_a_character(void **state)
{
    static char body[10000];
    size_t len = (size_t)snprintf(
        body, sizeof body, "{\"status\":{\"execution\":\"closed\",\"details\":[\"x\",\"y");

    (void)state;
    for (unsigned i = 0; i < DDI_DETAIL_SIZE; i++) {
        len += (size_t)snprintf(body + len, sizeof body - len, "\xE5\xAE\xA0");
    }
    (void)snprintf(body + len, sizeof body - len, "\"]}}");
    struct ddi_feedback feedback = feedback_of(body);
    size_t used = strlen(feedback.detail);
    assert_true(used > DDI_DETAIL_SIZE - 10 && used < DDI_DETAIL_SIZE);
    assert_memory_equal(feedback.detail, "...\ny", 5);
    assert_string_equal(feedback.detail + used - 3, "...");
    assert_is_utf8(feedback.detail);
}

static void test_details_of_other_types(void **state)
{
    (void)state;
    assert_string_equal(
        feedback_of("{\"status\":{\"execution\":\"closed\",\"details\":\"one\"}}").detail,
        "one");
    assert_string_equal(
        feedback_of(
            "{\"status\":{\"execution\":\"closed\",\"details\":[1,true,null,{},\"z\"]}}")
            .detail,
        "1\ntrue\n\n\nz");
    assert_string_equal(
        feedback_of("{\"status\":{\"execution\":\"closed\",\"details\":null}}").detail, "");
}

static void test_a_final_report_survives_broken_characters(void **state)
{
    (void)state;
    assert_string_equal(
        feedback_of("{\"status\":{\"execution\":\"closed\",\"details\":[\"a\xFFz\"]}}").detail,
        "a\xEF\xBF\xBDz");
    assert_string_equal(
        feedback_of("{\"status\":{\"execution\":\"closed\",\"details\":[\"a\\uD800z\"]}}")
            .detail,
        "a\xEF\xBF\xBDz");
    assert_string_equal(
        feedback_of(
            "{\"status\":{\"execution\":\"closed\",\"details\":[\"\\uDC00\\uD83E\\uDDA6\"]}}")
            .detail,
        "\xEF\xBF\xBD\xF0\x9F\xA6\xA6");
    assert_string_equal(
        feedback_of(
            "{\"status\":{\"execution\":\"closed\",\"details\":[\"a\nb\tc\\u0000d\\u001B\"]}}")
            .detail,
        "a b c d ");
}

static void test_nuls_behind_the_body_are_ignored(void **state)
{
    static const char body[] = "{\"status\":{\"execution\":\"closed\"}}\0\0";
    struct ddi_feedback feedback;
    char reason[160];

    (void)state;
    assert_int_equal(ddi_read_feedback((const uint8_t *)body, sizeof body, &feedback, reason),
                     0);
}

static void test_feedback_that_says_nothing_is_refused(void **state)
{
    (void)state;
    expect_refused_feedback("", 0, "not JSON");
    expect_refused_feedback("[]", 2, "object");
    expect_refused_feedback("{}", 2, "status.execution");
    expect_refused_feedback("{\"status\":7}", 12, "status.execution");
    expect_refused_feedback("{\"status\":{\"execution\":7}}", 26, "status.execution");
    expect_refused_feedback("{\"status\":{\"execution\":\"closed\"}", 32, "not JSON");
    expect_refused_feedback("{\"status\":{\"execution\":\"clo\\", 28, "not JSON");
    expect_refused_feedback("{\"status\":{\"execution\":\"clo\\uD8", 31, "not JSON");
}

static void test_depth_and_size_have_an_end(void **state)
{
    static char body[70000];

    (void)state;
    memset(body, '[', 60000);
    expect_refused_feedback(body, 60000, "deeper");
    memset(body, ' ', sizeof body);
    expect_refused_feedback(body, sizeof body, "longer");
    /* Brackets in a string are none. */
    assert_int_equal(
        feedback_of(
            "{\"status\":{\"execution\":\"closed\",\"details\":[\"[[[[[[[[[[[[[[[[[[\"]}}")
            .execution,
        DDI_CLOSED);
}

/* ---- the other bodies ---- */

static void test_confirmations(void **state)
{
    static const char yes[] =
        "{\"confirmation\":\"confirmed\",\"code\":1,\"details\":[\"ok\"]}";
    static const char no[] = "{\"confirmation\":\"DENIED\"}";
    static const char other[] = "{\"confirmation\":\"perhaps\"}";
    struct ddi_confirmation confirmation;
    char reason[160];

    (void)state;
    assert_int_equal(
        ddi_read_confirmation((const uint8_t *)yes, sizeof yes - 1, &confirmation, reason), 0);
    assert_true(confirmation.is_confirmed);
    assert_int_equal(confirmation.code, 1);
    assert_string_equal(confirmation.detail, "ok");
    assert_int_equal(
        ddi_read_confirmation((const uint8_t *)no, sizeof no - 1, &confirmation, reason), 0);
    assert_false(confirmation.is_confirmed);
    assert_int_equal(
        ddi_read_confirmation((const uint8_t *)other, sizeof other - 1, &confirmation, reason),
        -1);
    assert_non_null(strstr(reason, "denied"));
}

static int read_config(const char *body, struct ddi_config *config, char reason[160])
{
    return ddi_read_config((const uint8_t *)body, strlen(body), config, reason);
}

static void test_config_data_of_swupdate_has_a_status(void **state)
{
    static struct ddi_config config;
    char reason[160];

    (void)state;
    assert_int_equal(
        read_config("{\"id\":\"\",\"time\":\"20261122T125809\",\"status\":{\"result\":{"
                    "\"finished\":\"success\"},\"execution\":\"closed\",\"details\":[\"\"]},"
                    "\"data\":{\"hw_revision\":\"1.0\",\"board\":\"sim\"}}",
                    &config, reason),
        0);
    assert_int_equal(config.mode, DDI_MERGE);
    assert_int_equal(config.count, 2);
    assert_string_equal(config.attributes[0].key, "hw_revision");
    assert_string_equal(config.attributes[0].value, "1.0");
}

static void test_config_values_become_texts(void **state)
{
    static struct ddi_config config;
    char reason[160];

    (void)state;
    assert_int_equal(read_config("{\"mode\":\"replace\",\"data\":{\"a\":7,\"b\":true,\"c\":1.5,"
                                 "\"d\":null,\"e\":\"x\\ny\"}}",
                                 &config, reason),
                     0);
    assert_int_equal(config.mode, DDI_REPLACE);
    assert_string_equal(config.attributes[0].value, "7");
    assert_string_equal(config.attributes[1].value, "true");
    assert_string_equal(config.attributes[2].value, "1.5");
    assert_string_equal(config.attributes[3].value, "");
    assert_string_equal(config.attributes[4].value, "x\ny");
    assert_int_equal(read_config("{\"mode\":\"remove\",\"data\":{}}", &config, reason), 0);
    assert_int_equal(config.mode, DDI_REMOVE);
    assert_int_equal(config.count, 0);
}

static void test_config_data_has_limits(void **state)
{
    static struct ddi_config config;
    static char body[4000];
    char reason[160], long_text[300];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"data\":{\"k\":1");

    (void)state;
    for (unsigned i = 0; i < 99; i++) {
        len += (size_t)snprintf(body + len, sizeof body - len, ",\"k%u\":1", i);
    }
    (void)snprintf(body + len, sizeof body - len, "}}");
    assert_int_equal(read_config(body, &config, reason), 0);
    assert_int_equal(config.count, 100);
    (void)snprintf(body + len, sizeof body - len, ",\"z\":1}}");
    assert_int_equal(read_config(body, &config, reason), -1);
    assert_non_null(strstr(reason, "100"));

    memset(long_text, 'a', sizeof long_text);
    (void)snprintf(body, sizeof body, "{\"data\":{\"%.129s\":1}}", long_text);
    assert_int_equal(read_config(body, &config, reason), -1);
    (void)snprintf(body, sizeof body, "{\"data\":{\"%.128s\":\"%.256s\"}}", long_text,
                   long_text);
    assert_int_equal(read_config(body, &config, reason), 0);
    (void)snprintf(body, sizeof body, "{\"data\":{\"a\":\"%.257s\"}}", long_text);
    assert_int_equal(read_config(body, &config, reason), -1);
    assert_int_equal(read_config("{\"data\":{\"\":1}}", &config, reason), -1);
    assert_int_equal(read_config("{\"data\":{\"a\":[]}}", &config, reason), -1);
    assert_int_equal(read_config("{\"data\":[]}", &config, reason), -1);
    assert_int_equal(read_config("{\"mode\":\"x\",\"data\":{}}", &config, reason), -1);
    assert_non_null(strstr(reason, "mode"));
}

static void test_installed_version(void **state)
{
    static const char body[] = "{\"name\":\"app\",\"version\":\"03010102\"}", none[] = "{}";
    static const char empty[] = "{\"version\":\"\"}", number[] = "{\"version\":2}";
    char version[65], reason[160], long_body[100];

    (void)state;
    assert_int_equal(
        ddi_read_installed((const uint8_t *)body, sizeof body - 1, version, reason), 0);
    assert_string_equal(version, "03010102");
    assert_int_equal(
        ddi_read_installed((const uint8_t *)number, sizeof number - 1, version, reason), 0);
    assert_string_equal(version, "2");
    assert_int_equal(
        ddi_read_installed((const uint8_t *)none, sizeof none - 1, version, reason), -1);
    assert_int_equal(
        ddi_read_installed((const uint8_t *)empty, sizeof empty - 1, version, reason), -1);
    (void)snprintf(long_body, sizeof long_body, "{\"version\":\"%065d\"}", 1);
    assert_int_equal(
        ddi_read_installed((const uint8_t *)long_body, strlen(long_body), version, reason), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_resource_has_its_method),
        cmocka_unit_test(test_methods_are_compared_whole),
        cmocka_unit_test(test_the_tenant_is_default_in_any_case),
        cmocka_unit_test(test_other_paths_are_not_found),
        cmocka_unit_test(test_ids_and_files_have_a_longest),
        cmocka_unit_test(test_feedback_of_swupdate),
        cmocka_unit_test(test_feedback_of_rauc_hawkbit_updater),
        cmocka_unit_test(test_feedback_of_zephyr),
        cmocka_unit_test(test_feedback_of_our_module),
        cmocka_unit_test(test_every_execution_is_known_and_others_are_notes),
        cmocka_unit_test(test_odd_numbers_are_taken),
        cmocka_unit_test(test_of_dozens_of_lines_the_last_ones_are_kept),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut_at_a_character),
        cmocka_unit_test(test_details_of_other_types),
        cmocka_unit_test(test_a_final_report_survives_broken_characters),
        cmocka_unit_test(test_nuls_behind_the_body_are_ignored),
        cmocka_unit_test(test_feedback_that_says_nothing_is_refused),
        cmocka_unit_test(test_depth_and_size_have_an_end),
        cmocka_unit_test(test_confirmations),
        cmocka_unit_test(test_config_data_of_swupdate_has_a_status),
        cmocka_unit_test(test_config_values_become_texts),
        cmocka_unit_test(test_config_data_has_limits),
        cmocka_unit_test(test_installed_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
