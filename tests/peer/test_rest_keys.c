/* SPDX-License-Identifier: Apache-2.0 */
/* Images over REST, and the keys that their product has, gets and loses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peer/rest_fixture.h"
#include "support/signed_image.h"
#include "support/store_fixture.h"

#define API "/api/v1"

static struct key_file key, other;

static int start(void **state)
{
    struct host_error error;

    if (rest_fixture_start(state) != 0 ||
        key_file_new(&key, fixture_path("key.pem"), &error) != 0) {
        return -1;
    }
    return key_file_new(&other, fixture_path("other.pem"), &error);
}

static int stop(void **state)
{
    key_file_free(&key);
    key_file_free(&other);
    return rest_fixture_stop(state);
}

static int64_t make_product(const char *name)
{
    char json[80];

    (void)snprintf(json, sizeof json, "{\"name\":\"%s\",\"hardware\":\"00000001\"}", name);
    (void)rest_must(201, rest_admin(), "POST", API "/products", json);
    return rest_integer("id");
}

static int64_t upload(int64_t product, const uint8_t image[SIGNED_IMAGE_SIZE])
{
    char query[80];

    (void)snprintf(query, sizeof query, "product=%lld&name=app.bin", (long long)product);
    assert_int_equal(rest_upload(query, image, SIGNED_IMAGE_SIZE)->status, 201);
    return rest_integer("id");
}

static void assert_signature(int64_t firmware, const char *name)
{
    char path[80];

    (void)snprintf(path, sizeof path, API "/firmware/%lld", (long long)firmware);
    (void)rest_must(200, rest_admin(), "GET", path, NULL);
    assert_string_equal(rest_text("signature"), name);
}

/* A product's key 1 or 2; NULL takes it away. */
static void set_key(int64_t product, int which, const struct key_file *to)
{
    char path[80], json[120], if_match[40], text[SIGNED_KEY_TEXT_SIZE] = "";

    if (to != NULL) {
        signed_image_key(to, text);
    }
    (void)snprintf(path, sizeof path, API "/products/%lld", (long long)product);
    (void)rest_must(200, rest_admin(), "GET", path, NULL);
    (void)snprintf(if_match, sizeof if_match, "If-Match: \"%lld\"\r\n",
                   (long long)rest_integer("rev"));
    (void)snprintf(json, sizeof json, "{\"key%d\":\"%s\"}", which, text);
    assert_int_equal(rest_patch_product(product, if_match, json), 200);
}

static void test_images_are_judged_again_by_a_new_key(void **state)
{
    uint8_t image[SIGNED_IMAGE_SIZE], forged[SIGNED_IMAGE_SIZE], foreign[SIGNED_IMAGE_SIZE];

    (void)state;
    int64_t product = make_product("one"), second = make_product("two"),
            third = make_product("three");
    signed_image_make(&key, image);
    memcpy(forged, image, sizeof forged);
    forged[100] ^= 1;
    signed_image_make(&other, foreign);
    int64_t firmware = upload(product, image), bad = upload(second, forged),
            of_other = upload(third, foreign);
    assert_signature(firmware, "unknown_key");
    assert_signature(bad, "unknown_key");
    set_key(product, 2, &key);
    assert_signature(bad, "unknown_key"); /* it is another product's */
    set_key(second, 1, &key);
    set_key(third, 1, &key);
    assert_signature(firmware, "good");
    assert_signature(bad, "bad");
    assert_signature(of_other, "unknown_key");
    set_key(third, 2, &other);
    assert_signature(of_other, "good");
    (void)rest_must(200, rest_admin(), "GET", API "/audit?limit=1", NULL);
    const json_t *newest = json_array_get(rest_items(1), 0);
    assert_string_equal(json_string_value(json_object_get(newest, "verb")), "firmware.judge");
}

/* Two keys may have the same id, a key that was mistyped and what was meant: the one that the
 * product has now counts. */
static void test_a_key_that_was_mistyped_is_mended(void **state)
{
    uint8_t image[SIGNED_IMAGE_SIZE];
    struct key_file mistyped = key;

    (void)state;
    int64_t product = make_product("one");
    mistyped.public_key.packed[31] ^= 0x80; /* a point still */
    set_key(product, 1, &mistyped);
    signed_image_make(&key, image);
    int64_t firmware = upload(product, image);
    assert_signature(firmware, "bad");
    set_key(product, 1, &key);
    assert_signature(firmware, "good");
    set_key(product, 1, &mistyped);
    assert_signature(firmware, "bad");
}

/* A file that is not there any more cannot be judged, and is no reason to refuse the key. */
static void test_a_file_that_is_gone_stays_as_it_was(void **state)
{
    uint8_t image[SIGNED_IMAGE_SIZE];
    char file[80];

    (void)state;
    int64_t product = make_product("one");
    signed_image_make(&key, image);
    int64_t firmware = upload(product, image);
    assert_signature(firmware, "unknown_key");
    const char *digest = rest_text("sha256");
    (void)snprintf(file, sizeof file, "files/%.2s/%s", digest, digest);
    assert_int_equal(unlink(fixture_path(file)), 0);
    set_key(product, 1, &key);
    assert_signature(firmware, "unknown_key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_images_are_judged_again_by_a_new_key, start, stop),
        cmocka_unit_test_setup_teardown(test_a_key_that_was_mistyped_is_mended, start, stop),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_gone_stays_as_it_was, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
