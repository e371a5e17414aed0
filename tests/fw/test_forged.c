/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on the real bootloader, in the model: what a hostile app can leave in flash, that is
 * tutorial requests, entries with right checksums and right digest records, garbage, and itself
 * rewritten. What is started in the end is the app that was there, byte for byte, or nothing:
 * the attacker may lose the app, and then the device recovers. The one thing that does not hold
 * has its own test. test_startup_forged and test_journal_garbage go through far more of them
 * natively; this shows that the ARM binary does the same. Authority: issue 4, "Security";
 * docs/security.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "otter/journal.h"
#include "otter/update.h"
#include "tests/support/attack_fixture.h"
#include "tests/support/firmware.h"
#include "tests/support/rng.h"
#include "tests/support/journal_fixture.h"

#define BOOT       "boot/boot.bin"
#define BOOT_EVERY "boot/boot_every_start.bin"
#define APP        "app/pethouse/pethouse_03010101.bin"
#define UPDATE     "app/pethouse/pethouse_03010102.bin"
#define MUTE       "app/app_no_confirm/app_no_confirm.bin"

enum { SLOT = 26 * RAM_FLASH_PAGE, TRAILER = OTTER_IMAGE_TRAILER_SIZE, STEP_SWAPPED = 0x8000 };

static const struct otter_layout *const layout = &ram_flash_layout;
static const struct otter_digest_record nothing;

/* An image that says "not signed", of another app. */
static uint8_t image[SLOT];
static uint32_t size;

static int begin(void **state)
{
    (void)state;
    attack_set_up(BOOT, APP);
    size = (uint32_t)firmware_read_to(MUTE, image, sizeof image);
    otter_put_le32(image + size - TRAILER + OTTER_IMAGE_KEY_ID, 0);
    return 0;
}

/* ---- tutorial requests ---- */

static void put_tutorial_request(uint32_t image_size)
{
    struct otter_flag request = {.image_size = image_size};
    uint8_t *page = attack_flash.bytes + (layout->flag.addr - RAM_FLASH_ADDR);

    assert_int_equal(otter_image_md5(&attack_flash.port, layout->backup.addr,
                                     image_size <= SLOT ? image_size : SLOT, NULL, NULL,
                                     request.md5),
                     0);
    memset(page, 0xFF, RAM_FLASH_PAGE);
    otter_put_le16(page, OTTER_FLAG_PENDING);
    otter_put_le32(page + 4, request.image_size);
    memcpy(page + 8, request.md5, sizeof request.md5);
}

/* `boot` honours none: FLAG is a page of its journal. The MD5 may be right, the image even
 * installable: what was there starts, and nothing is said. */
static void expect_not_honoured(const char *name, uint32_t image_size)
{
    put_tutorial_request(image_size);
    attack_expect_app(name);
    assert_int_equal(attack_count("Install", 0), 0);
    assert_int_equal(attack_count("Refuse", OTTER_REASON_UNSIGNED), 0);
}

static void test_tutorial_request_for_an_unsigned_image(void **state)
{
    (void)state;
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    expect_not_honoured("request", size);
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    memset(attack_flash.bytes + (layout->journal.addr - RAM_FLASH_ADDR), 0xFF, RAM_FLASH_PAGE);
    expect_not_honoured("request without a journal", size);
}

static void test_tutorial_request_for_a_signed_image(void **state)
{
    static uint8_t update[SLOT];
    uint32_t update_size = (uint32_t)firmware_read_to(UPDATE, update, sizeof update);

    (void)state;
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, update, update_size);
    expect_not_honoured("request for a signed image", update_size);
}

static void test_tutorial_request_of_a_wrong_length(void **state)
{
    static const uint32_t lengths[] = {0, 7, SLOT + 1, 0x08003000, 0x80000000, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char name[40];

        (void)snprintf(name, sizeof name, "request %08x", (unsigned)lengths[i]);
        attack_begin();
        attack_put(OTTER_IMAGE_AT_NEW, image, size);
        expect_not_honoured(name, lengths[i]);
    }
}

/* ---- entries ---- */

enum { SET = 4 };

/* It is swapped in, verified, and reverted. */
static void test_swap_of_an_unsigned_image_with_right_digests(void **state)
{
    static const uint8_t flags[] = {0, OTTER_JOURNAL_PERMANENT};

    (void)state;
    for (size_t i = 0; i < sizeof flags; i++) {
        attack_begin();
        attack_put(OTTER_IMAGE_AT_NEW, image, size);
        attack_put_entry(OTTER_JOURNAL_INSTALL, 0, attack_digest(OTTER_IMAGE_AT_NEW, size),
                         attack_app, flags[i]);
        attack_expect_app("forged INSTALL");
        assert_int_equal(attack_count("Revert", OTTER_REASON_BAD_COPY), 1);
    }
}

/* The app has destroyed its own old image: the digest record is right, but of no image. */
static void test_swap_without_a_way_back(void **state)
{
    (void)state;
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    attack_put_entry(OTTER_JOURNAL_INSTALL, 0, attack_digest(OTTER_IMAGE_AT_NEW, size),
                     attack_digest(OTTER_IMAGE_AT_APP, size), OTTER_JOURNAL_PERMANENT);
    attack_expect_recovery("forged INSTALL, short way back");
}

/* "What lies in APPBAK is in APP already." */
static void test_swap_that_is_said_to_be_over(void **state)
{
    (void)state;
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    attack_put_entry(OTTER_JOURNAL_INSTALL, STEP_SWAPPED,
                     attack_digest(OTTER_IMAGE_AT_NEW, size), attack_app, 0);
    attack_expect_recovery(
        "swapped"); /* APP is not what the entry says, nor is there another */
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    attack_put_entry(OTTER_JOURNAL_INSTALL, STEP_SWAPPED,
                     attack_digest(OTTER_IMAGE_AT_NEW, size), nothing, 0);
    attack_put_marks(ENTRY_AT_CONFIRMED, SET);
    attack_expect_app("confirmed"); /* APP is good, whatever is said of it */
}

static void restore_unsigned(enum otter_image_at place, uint16_t step)
{
    attack_begin();
    attack_put(place, image, size);
    attack_put_entry(OTTER_JOURNAL_RESTORE, step, nothing, attack_digest(place, size), 0);
}

/* The copy is not undone, but not started either. */
static void test_restoring_an_unsigned_image(void **state)
{
    (void)state;
    restore_unsigned(OTTER_IMAGE_AT_OLD, 0);
    attack_expect_recovery("forged RESTORE");
    restore_unsigned(OTTER_IMAGE_AT_OLD, 2);
    attack_expect_recovery("forged RESTORE, said to be over");
    restore_unsigned(OTTER_IMAGE_AT_APP, 2);
    attack_expect_recovery("forged RESTORE of what is in APP");
    restore_unsigned(OTTER_IMAGE_AT_OLD, 0);
    attack_put_marks(ENTRY_AT_CONFIRMED, SET);
    attack_expect_app("forged RESTORE, done"); /* APP is good */
}

/* A request leads to a check of APP's signature, whoever wrote the digest record: nothing is
 * installed, and this start ends in recovery. (The next one goes by the digest again, see
 * below.) */
static void test_changed_app_asks_for_an_update(void **state)
{
    (void)state;
    attack_begin();
    attack_put(OTTER_IMAGE_AT_APP, image, size);
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    attack_put_entry(OTTER_JOURNAL_IDLE, 0, attack_digest(OTTER_IMAGE_AT_APP, size), nothing,
                     0);
    assert_int_equal(otter_update_request(&attack_flash.port, layout,
                                          &(struct otter_flag){.image_size = size}),
                     0);
    attack_expect_recovery("changed app asks");
}

/* ---- an app that rewrites itself ---- */

/* What no request and no journal needs: an app that somebody has taken over writes what it
 * likes over itself, and a digest record for it. */
static void rewrite_app(enum otter_journal_kind kind, uint16_t step, unsigned marks_at)
{
    attack_begin();
    attack_put(OTTER_IMAGE_AT_APP, image, size);
    attack_put_entry(kind, step, attack_digest(OTTER_IMAGE_AT_APP, size),
                     attack_digest(OTTER_IMAGE_AT_APP, size), 0);
    if (marks_at != 0) {
        attack_put_marks(marks_at, SET);
    }
}

static const struct {
    const char *name;
    enum otter_journal_kind kind;
    uint16_t step, marks_at;
} rewritten[] = {
    {"IDLE", OTTER_JOURNAL_IDLE, 0, 0},
    {"INSTALL, confirmed", OTTER_JOURNAL_INSTALL, STEP_SWAPPED, ENTRY_AT_CONFIRMED},
    {"INSTALL, started once", OTTER_JOURNAL_INSTALL, STEP_SWAPPED, ENTRY_AT_STARTS},
    {"RESTORE, done", OTTER_JOURNAL_RESTORE, 2, ENTRY_AT_CONFIRMED},
};
enum { REWRITTEN = sizeof rewritten / sizeof rewritten[0] };

/* A digest record is no signature: the usual bootloader starts it (docs/security.md). */
static void test_rewritten_app_is_started_by_its_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < REWRITTEN; i++) {
        rewrite_app(rewritten[i].kind, rewritten[i].step, rewritten[i].marks_at);
        if (attack_start() != ATTACK_MUTE) {
            fail_msg("%s: not started", rewritten[i].name);
        }
    }
}

static void test_rewritten_app_is_not_started_by_boot_every_start(void **state)
{
    (void)state;
    attack_set_up(BOOT_EVERY, APP);
    for (size_t i = 0; i < REWRITTEN; i++) {
        rewrite_app(rewritten[i].kind, rewritten[i].step, rewritten[i].marks_at);
        attack_expect_recovery(rewritten[i].name);
    }
}

/* ---- garbage ---- */

/* Both pages, and an unsigned image wherever one may lie. */
static void put_garbage(uint64_t seed, bool entries)
{
    uint64_t random = seed;
    struct otter_digest_record digests[4];

    attack_begin();
    attack_put(OTTER_IMAGE_AT_OLD, image, size);
    if (seed % 2 == 0) {
        attack_put(OTTER_IMAGE_AT_NEW, image, size);
    }
    digests[0] = attack_app;
    digests[1] = attack_digest(OTTER_IMAGE_AT_OLD, size);
    digests[2] = attack_digest(OTTER_IMAGE_AT_NEW, size);
    digests[3] = nothing;
    for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
        uint8_t *entry = attack_flash.bytes + (journal_entry_addr(i) - RAM_FLASH_ADDR);

        if (entries) {
            journal_entry_hostile(&random, entry, i % JOURNAL_PLACES, digests, 4);
        } else {
            rng_fill(&random, entry, JOURNAL_ENTRY_LEN);
        }
    }
}

static void test_random_pages(void **state)
{
    enum { PAGES = 150 };

    (void)state;
    for (uint64_t seed = 1; seed <= PAGES; seed++) {
        char name[24];

        (void)snprintf(name, sizeof name, "seed %u", (unsigned)seed);
        put_garbage(seed, false);
        attack_expect_app(name);
    }
}

/* Entries with right checksums and right digest records may cost the app; they start nothing
 * else. */
static void test_hostile_entries(void **state)
{
    enum { JOURNALS = 150 };
    unsigned ends[ATTACK_RECOVERY + 1] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= JOURNALS; seed++) {
        enum attack_end end;
        char name[24];

        (void)snprintf(name, sizeof name, "seed %u", (unsigned)seed);
        put_garbage(seed, true);
        end = attack_start();
        ends[end]++;
        if (end == ATTACK_APP) {
            attack_expect_app(name);
        } else {
            attack_expect_recovery(name);
        }
    }
    print_message("%d journals: %u end in the app, %u in recovery\n", JOURNALS,
                  ends[ATTACK_APP], ends[ATTACK_RECOVERY]);
    assert_true(ends[ATTACK_APP] > JOURNALS / 4);
}

int main(void)
{
#define ATTACK(test) cmocka_unit_test_setup(test, begin)
    const struct CMUnitTest tests[] = {
        ATTACK(test_tutorial_request_for_an_unsigned_image),
        ATTACK(test_tutorial_request_for_a_signed_image),
        ATTACK(test_tutorial_request_of_a_wrong_length),
        ATTACK(test_swap_of_an_unsigned_image_with_right_digests),
        ATTACK(test_swap_without_a_way_back),
        ATTACK(test_swap_that_is_said_to_be_over),
        ATTACK(test_restoring_an_unsigned_image),
        ATTACK(test_changed_app_asks_for_an_update),
        ATTACK(test_rewritten_app_is_started_by_its_digest),
        ATTACK(test_rewritten_app_is_not_started_by_boot_every_start),
        ATTACK(test_random_pages),
        ATTACK(test_hostile_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
