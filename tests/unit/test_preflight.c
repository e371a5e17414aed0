/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/rules/preflight.h"

/* A device, a firmware and a product that fit; each test changes what it is about. */
struct request {
    struct preflight_subject device;
    struct record_firmware firmware;
    struct record_product product;
};

#define KEY "3a8BFC07aabbccddaabbccddaabbccddaabbccddaabbccddaabbccddaabbccdd"
enum { KEY_ID = 0x07FC8B3A };

static struct request fitting(void)
{
    return (struct request){
        .device = {.hardware = "03010100", .version = "03010101", .product = 7, .tries_max = 3},
        .firmware = {.kind = FIRMWARE_OTTER,
                     .product = 7,
                     .hardware = "03010100",
                     .version = "03010102",
                     .from_min = "03010100",
                     .key_id = KEY_ID,
                     .signature = SIGNATURE_GOOD,
                     .size = 26 * 1024},
        .product = {.key1 = KEY, .slot_size = 26 * 1024},
    };
}

static struct request fitting_opaque(void)
{
    struct request request = fitting();

    request.device.hardware = request.device.version = "";
    request.firmware.kind = FIRMWARE_OPAQUE;
    request.firmware.hardware[0] = '\0';
    request.firmware.signature = 0;
    request.firmware.size = INT64_MAX;
    (void)snprintf(request.firmware.version, sizeof request.firmware.version, "2026.11-rc1");
    return request;
}

static enum preflight_verdict verdict_of(const struct request *request)
{
    return preflight(&request->device, &request->firmware, &request->product);
}

static void set_version(struct request *request, const char *version)
{
    (void)snprintf(request->firmware.version, sizeof request->firmware.version, "%s", version);
}

/* ---- the order ---- */

enum flaw {
    ARCHIVED,
    BAD_SIGNATURE,
    TOO_LARGE,
    OTHER_PRODUCT,
    OTHER_HARDWARE,
    NEVER_SAID_ITS_VERSION,
    TOO_OLD,
    ON_HOLD,
    BUSY,
    TRIED,
    OTHER_SERIES,
    FLAWS,
};

static const enum preflight_verdict verdicts[FLAWS] = {
    PREFLIGHT_ARCHIVED,
    PREFLIGHT_BAD_SIGNATURE,
    PREFLIGHT_TOO_LARGE,
    PREFLIGHT_OTHER_PRODUCT,
    PREFLIGHT_OTHER_HARDWARE,
    PREFLIGHT_NEVER_REPORTED,
    PREFLIGHT_TOO_OLD,
    PREFLIGHT_ON_HOLD,
    PREFLIGHT_BUSY,
    PREFLIGHT_TRIED,
    PREFLIGHT_TAKES_OTHER_SERIES,
};

static void spoil(struct request *request, enum flaw flaw)
{
    switch (flaw) {
    case ARCHIVED:
        request->firmware.archived_at = 1;
        break;
    case BAD_SIGNATURE:
        request->firmware.signature = SIGNATURE_BAD;
        break;
    case TOO_LARGE:
        request->firmware.size++;
        break;
    case OTHER_PRODUCT:
        request->device.product = 8;
        break;
    case OTHER_HARDWARE:
        request->device.hardware = "03010101";
        break;
    case NEVER_SAID_ITS_VERSION:
        request->device.version = "";
        break;
    case TOO_OLD:
        request->device.version = "03010099";
        break;
    case ON_HOLD:
        request->device.is_on_hold = true;
        break;
    case BUSY:
        request->device.has_open_action = true;
        break;
    case TRIED:
        request->device.tries = 3;
        break;
    case OTHER_SERIES:
        set_version(request, "03020102");
        break;
    case FLAWS:
        break;
    }
}

/* Whatever else is wrong too, the most fundamental reason is said. */
static void the_most_fundamental_reason_is_said(void **state)
{
    (void)state;
    for (unsigned flaws = 0; flaws < 1U << FLAWS; flaws++) {
        struct request request = fitting();
        enum preflight_verdict expected = PREFLIGHT_TAKES_IT;

        /* From the last one, so that of two that set the same member the first one stays. */
        for (unsigned flaw = FLAWS; flaw-- > 0;) {
            if ((flaws & 1U << flaw) != 0) {
                spoil(&request, (enum flaw)flaw);
                expected = verdicts[flaw];
            }
        }
        if (verdict_of(&request) != expected) {
            fail_msg("flaws %x: %s instead of %s", flaws, preflight_name(verdict_of(&request)),
                     preflight_name(expected));
        }
    }
}

/* ---- versions ---- */

static void versions_compare_as_bytes(void **state)
{
    static const struct {
        const char *runs, *offered;
        enum preflight_verdict verdict;
    } cases[] = {
        {"03010101", "03010102", PREFLIGHT_TAKES_IT},
        {"03010102", "03010102", PREFLIGHT_RUNS_IT},
        {"03010103", "03010102", PREFLIGHT_NOT_NEWER},
        {"03019999", "0301A000", PREFLIGHT_TAKES_IT},
        {"0301a000", "0301B000", PREFLIGHT_NOT_NEWER},
        {"03010101", "0301010", PREFLIGHT_NOT_NEWER},
        {"03010101", "03020101", PREFLIGHT_TAKES_OTHER_SERIES},
        {"03010101", "\xE5\x9B\x9B", PREFLIGHT_TAKES_OTHER_SERIES},
        {"03010099", "03010102", PREFLIGHT_TOO_OLD},
        {"03010100", "03010102", PREFLIGHT_TAKES_IT},
        {"03010099", "03010099", PREFLIGHT_RUNS_IT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request request = fitting();

        request.device.version = cases[i].runs;
        set_version(&request, cases[i].offered);
        assert_int_equal(verdict_of(&request), cases[i].verdict);
        request.firmware.kind = FIRMWARE_PLAIN;
        request.product.unsigned_ok = true;
        assert_int_equal(verdict_of(&request), cases[i].verdict);
    }
}

static void without_from_min_any_older_version_will_do(void **state)
{
    struct request request = fitting();

    (void)state;
    request.firmware.from_min[0] = '\0';
    request.device.version = "03010000";
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
}

/* ---- signatures ---- */

static void signatures_by_the_product_s_policy(void **state)
{
    static const struct {
        int64_t kind, signature;
        bool unsigned_ok, has_key;
        enum preflight_verdict verdict;
    } cases[] = {
        {FIRMWARE_OTTER, SIGNATURE_GOOD, false, true, PREFLIGHT_TAKES_IT},
        {FIRMWARE_OTTER, SIGNATURE_NONE, false, true, PREFLIGHT_UNSIGNED},
        {FIRMWARE_OTTER, SIGNATURE_NONE, true, true, PREFLIGHT_TAKES_IT},
        {FIRMWARE_OTTER, 0, false, true, PREFLIGHT_UNSIGNED},
        {FIRMWARE_OTTER, SIGNATURE_BAD, false, true, PREFLIGHT_BAD_SIGNATURE},
        {FIRMWARE_OTTER, SIGNATURE_BAD, true, false, PREFLIGHT_BAD_SIGNATURE},
        {FIRMWARE_OTTER, SIGNATURE_UNKNOWN_KEY, false, true, PREFLIGHT_UNKNOWN_KEY},
        {FIRMWARE_OTTER, SIGNATURE_UNKNOWN_KEY, true, true, PREFLIGHT_UNKNOWN_KEY},
        {FIRMWARE_OTTER, SIGNATURE_UNKNOWN_KEY, false, false, PREFLIGHT_UNKNOWN_KEY},
        {FIRMWARE_OTTER, SIGNATURE_UNKNOWN_KEY, true, false, PREFLIGHT_TAKES_IT},
        {FIRMWARE_PLAIN, 0, false, true, PREFLIGHT_UNSIGNED},
        {FIRMWARE_PLAIN, SIGNATURE_GOOD, false, true, PREFLIGHT_UNSIGNED}, /* has none */
        {FIRMWARE_PLAIN, 0, true, true, PREFLIGHT_TAKES_IT},
        {FIRMWARE_OPAQUE, 0, false, true, PREFLIGHT_TAKES_IT}, /* the client's business */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request request = fitting();

        request.firmware.kind = cases[i].kind;
        request.firmware.signature = cases[i].signature;
        request.product.unsigned_ok = cases[i].unsigned_ok;
        request.product.key1[0] = '\0';
        if (cases[i].has_key) {
            strcpy(request.product.key2, KEY); /* either will do */
        }
        assert_int_equal(verdict_of(&request), cases[i].verdict);
        assert_int_equal(preflight_firmware(&request.firmware, &request.product),
                         cases[i].verdict);
    }
}

/* A key that was taken from the product is no key any more, whatever it said at the upload. */
static void a_key_that_was_replaced_is_unknown(void **state)
{
    struct request request = fitting();

    (void)state;
    request.product.key1[0] = '4';
    assert_int_equal(verdict_of(&request), PREFLIGHT_UNKNOWN_KEY);
    request.product.key1[0] = '\0';
    assert_int_equal(verdict_of(&request), PREFLIGHT_UNKNOWN_KEY);
    strcpy(request.product.key2, KEY);
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
}

/* ---- kinds ---- */

static void an_opaque_file_needs_no_report(void **state)
{
    struct request request = fitting_opaque();

    (void)state;
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
    request.device.version = "2026.11-rc2"; /* "higher", but there is no order */
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
    request.device.version = "2026.11-rc1";
    assert_int_equal(verdict_of(&request), PREFLIGHT_RUNS_IT);
    (void)snprintf(request.firmware.hardware, sizeof request.firmware.hardware, "rev2");
    assert_int_equal(verdict_of(&request), PREFLIGHT_NEVER_REPORTED);
    request.device.hardware = "rev1";
    assert_int_equal(verdict_of(&request), PREFLIGHT_OTHER_HARDWARE);
    request = fitting_opaque();
    request.firmware.version[0] = '\0'; /* two unknown versions are not the same one */
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
}

static void what_was_never_reported_is_not_guessed(void **state)
{
    struct request request = fitting();

    (void)state;
    request.device.hardware = "";
    assert_int_equal(verdict_of(&request), PREFLIGHT_NEVER_REPORTED);
    request = fitting();
    request.device.product = 0;
    assert_int_equal(verdict_of(&request), PREFLIGHT_NEVER_REPORTED);
    request = fitting_opaque();
    request.device.product = 0;
    assert_int_equal(verdict_of(&request), PREFLIGHT_NEVER_REPORTED);
}

static void limits_that_are_not_known_do_not_limit(void **state)
{
    struct request request = fitting();

    (void)state;
    request.firmware.size = INT64_MAX;
    request.product.slot_size = 0;
    request.device.tries = INT64_MAX;
    request.device.tries_max = 0;
    assert_int_equal(verdict_of(&request), PREFLIGHT_TAKES_IT);
}

static void every_verdict_has_its_words(void **state)
{
    (void)state;
    for (enum preflight_verdict a = 0; a < PREFLIGHT_VERDICTS; a++) {
        assert_true(preflight_text(a)[0] != '\0');
        assert_int_equal(preflight_is_good(a), a <= PREFLIGHT_TAKES_OTHER_SERIES);
        for (enum preflight_verdict b = 0; b < a; b++) {
            assert_string_not_equal(preflight_name(a), preflight_name(b));
            assert_string_not_equal(preflight_text(a), preflight_text(b));
        }
    }
    assert_string_equal(preflight_name(PREFLIGHT_VERDICTS), "unknown");
    assert_string_equal(preflight_text(PREFLIGHT_VERDICTS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_fundamental_reason_is_said),
        cmocka_unit_test(versions_compare_as_bytes),
        cmocka_unit_test(without_from_min_any_older_version_will_do),
        cmocka_unit_test(signatures_by_the_product_s_policy),
        cmocka_unit_test(a_key_that_was_replaced_is_unknown),
        cmocka_unit_test(an_opaque_file_needs_no_report),
        cmocka_unit_test(what_was_never_reported_is_not_guessed),
        cmocka_unit_test(limits_that_are_not_known_do_not_limit),
        cmocka_unit_test(every_verdict_has_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
