/* SPDX-License-Identifier: Apache-2.0 */
/* The audit chain: a changed, removed or reordered entry is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloud/store/audit.h"
#include "support/store_double.h"
#include "support/store_fixture.h"

enum { ENTRIES = 2500 }; /* more than a page or two */

static struct store *store;

static void make(struct record_audit *out_entry, int64_t id, const char *previous_hash)
{
    struct host_error error;

    *out_entry = (struct record_audit){
        .head.id = id, .at = 1700000000000 + id, .before = "{\"name\":\"a\"}", .after = NULL};
    strcpy(out_entry->actor, "anna");
    strcpy(out_entry->verb, "device.put");
    (void)snprintf(out_entry->object, sizeof out_entry->object, "device/%d", (int)id);
    assert_int_equal(audit_seal(out_entry, previous_hash, &error), 0);
}

static int start(void **state)
{
    char previous[65] = "";
    struct record_audit entry;

    (void)state;
    store = store_double_new();
    for (int64_t id = 1; id <= ENTRIES; id++) {
        make(&entry, id, previous);
        assert_int_equal(fixture_put(store, RECORD_AUDIT, &entry, STORE_NEW), STORE_COMMITTED);
        strcpy(previous, entry.hash);
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    store->close(store);
    return 0;
}

static struct record_audit copy_of(int64_t id)
{
    const struct record_audit *entry = store_double_find(store, RECORD_AUDIT, id);

    assert_non_null(entry);
    return *entry;
}

static void assert_found(const char *part)
{
    struct audit_end end;
    struct host_error error = {0};

    assert_int_equal(audit_verify(store, &end, &error), -1);
    if (strstr(error.reason, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, error.reason);
    }
}

static void test_a_whole_chain_is_good_and_can_go_on(void **state)
{
    struct audit_end end;
    struct record_audit entry;
    struct host_error error = {0};

    (void)state;
    assert_int_equal(audit_verify(store, &end, &error), 0);
    assert_int_equal(end.count, ENTRIES);
    assert_int_equal(end.id, ENTRIES);
    make(&entry, ENTRIES + 1, end.hash);
    assert_int_equal(fixture_put(store, RECORD_AUDIT, &entry, STORE_NEW), STORE_COMMITTED);
    assert_int_equal(audit_verify(store, &end, &error), 0);
    assert_string_equal(end.hash, entry.hash);
}

static void test_an_empty_chain_is_good(void **state)
{
    struct audit_end end = {.id = 9};
    struct host_error error = {0};

    (void)state;
    for (int64_t id = 1; id <= ENTRIES; id++) {
        store_double_remove(store, RECORD_AUDIT, id);
    }
    assert_int_equal(audit_verify(store, &end, &error), 0);
    assert_int_equal(end.count, 0);
    assert_string_equal(end.hash, "");
}

/* The digest of the line that audit.h describes, made with another program:
 *   printf '%s' LINE | sha256sum */
static void test_the_hash_is_the_one_that_the_header_describes(void **state)
{
    struct record_audit entry = {
        .head.id = 1, .at = 2, .before = "", .after = "{\"a\":\"\xC3\xA9\"}"};
    struct host_error error;

    (void)state;
    strcpy(entry.actor, "anna");
    strcpy(entry.verb, "put");
    strcpy(entry.object, "device/1");
    assert_int_equal(audit_seal(&entry, "", &error), 0);
    assert_string_equal(entry.hash,
                        "84e5135e7b27f776674bafcefa1545ac32b3a42469531b94890e4bbc2fa24271");
}

static void test_a_changed_entry_is_found(void **state)
{
    (void)state;
    for (int what = 0; what < 8; what++) {
        struct record_audit good = copy_of(1234);
        good.before = "{\"name\":\"a\"}"; /* the texts are the row's, which goes */
        good.after = "";
        struct record_audit bad = good;
        switch (what) {
        case 0:
            bad.at++;
            break;
        case 1:
            bad.actor[0] ^= 1;
            break;
        case 2:
            bad.verb[0] ^= 1;
            break;
        case 3:
            bad.object[0] ^= 1;
            break;
        case 4:
            bad.before = "{}";
            break;
        case 5:
            bad.after = "x";
            break;
        case 6:
            bad.hash[5] ^= 1;
            break;
        default:
            bad.actor[0] = (char)0xFF;
            break; /* not UTF-8 */
        }
        assert_int_equal(store_double_change(store, RECORD_AUDIT, &bad), 0);
        assert_found("entry 1234 was changed");
        assert_int_equal(store_double_change(store, RECORD_AUDIT, &good), 0);
        struct audit_end end;
        struct host_error error;
        assert_int_equal(audit_verify(store, &end, &error), 0);
    }
}

/* Whoever makes the hash anew as well is found at the next entry. */
static void test_a_changed_entry_with_a_new_hash_is_found(void **state)
{
    struct record_audit entry = copy_of(1234);
    char previous[65];
    struct host_error error;

    (void)state;
    entry.before = "{}";
    strcpy(previous, entry.previous_hash);
    assert_int_equal(audit_seal(&entry, previous, &error), 0);
    assert_int_equal(store_double_change(store, RECORD_AUDIT, &entry), 0);
    assert_found("entry 1235 does not follow entry 1234");
}

static void test_a_removed_entry_is_found(void **state)
{
    (void)state;
    store_double_remove(store, RECORD_AUDIT, 2000);
    assert_found("entry 2001 does not follow entry 1999");
    store_double_remove(store, RECORD_AUDIT, 1);
    assert_found("entry 2 does not follow entry 0");
}

/* The end can only be compared with what was kept elsewhere. */
static void test_a_chain_cut_at_its_end_has_another_hash(void **state)
{
    struct audit_end before, after;
    struct host_error error;

    (void)state;
    assert_int_equal(audit_verify(store, &before, &error), 0);
    store_double_remove(store, RECORD_AUDIT, ENTRIES);
    assert_int_equal(audit_verify(store, &after, &error), 0);
    assert_string_not_equal(before.hash, after.hash);
    assert_int_equal(after.count, before.count - 1);
}

static void test_reordered_entries_are_found(void **state)
{
    struct record_audit first = copy_of(10), second = copy_of(11);

    (void)state;
    store_double_remove(store, RECORD_AUDIT, 10);
    store_double_remove(store, RECORD_AUDIT, 11);
    first.head.id = 11;
    second.head.id = 10;
    first.before = second.before = "{\"name\":\"a\"}";
    first.after = second.after = "";
    assert_int_equal(store_double_change(store, RECORD_AUDIT, &first), 0);
    assert_int_equal(store_double_change(store, RECORD_AUDIT, &second), 0);
    assert_found("entry 10 does not follow entry 9");
}

static void test_two_entries_cannot_follow_the_same_one(void **state)
{
    struct record_audit entry = copy_of(10);
    char previous[65];

    (void)state;
    strcpy(previous, entry.previous_hash);
    make(&entry, ENTRIES + 1, previous);
    assert_int_equal(fixture_put(store, RECORD_AUDIT, &entry, STORE_NEW), STORE_CONFLICT);
}

static void test_a_text_that_is_not_utf8_is_refused(void **state)
{
    struct record_audit entry = copy_of(10);
    struct host_error error;

    (void)state;
    entry.before = "\xFF";
    entry.after = "";
    assert_int_equal(audit_seal(&entry, "", &error), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_whole_chain_is_good_and_can_go_on),
        TEST(test_an_empty_chain_is_good),
        TEST(test_the_hash_is_the_one_that_the_header_describes),
        TEST(test_a_changed_entry_is_found),
        TEST(test_a_changed_entry_with_a_new_hash_is_found),
        TEST(test_a_removed_entry_is_found),
        TEST(test_a_chain_cut_at_its_end_has_another_hash),
        TEST(test_reordered_entries_are_found),
        TEST(test_two_entries_cannot_follow_the_same_one),
        TEST(test_a_text_that_is_not_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
