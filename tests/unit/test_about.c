/* SPDX-License-Identifier: Apache-2.0 */
/* What a device tells of itself: the bytes of question and answer, hostile ones, and what is
 * read from journal and bootloader. Authority: docs/protocol.md 2.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/about.h"
#include "otter/boot_ids.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "otter/md5.h"
#include "otter/reason.h"
#include "support/guard.h"
#include "support/journal_fixture.h"
#include "support/ram_flash.h"
#include "support/rng.h"

/* ---- bytes ---- */

/* As docs/protocol.md has it. */
static const uint8_t answer_bytes[] = {
    1,    44,   0x0F, 7,                            /* format, fixed part, flags, reason */
    0,    0,    0,    3,                            /* judge, force */
    '0',  '3',  '0',  '1',  '0',  '1',  '0',  '1',  /* version */
    '0',  '3',  '0',  '1',  '0',  '1',  '0',  '0',  /* hardware */
    0x03, 0x01, 0x01, 0x01,                         /* number */
    0x03, 0x01, 0x00, 0xFF,                         /* floor */
    0x00, 0x00, 0x68, 0x00,                         /* slot */
    3,    1,    2,    2,                            /* does, major, minor, keys */
    20,   3,    9,    0,                            /* verdict, tries, how the last ended */
    0x28, 0xEC, 0x37, 0x5B, 0xFF, 0x01, 0x02, 0x03, /* the first bytes of two keys */
};
static const struct otter_about answer_told = {
    .on_trial = true,
    .has_journal = true,
    .has_boot = true,
    .judged = true,
    .reason = 7,
    .can = OTTER_CAN_JUDGE | OTTER_CAN_FORCE,
    .version = {'0', '3', '0', '1', '0', '1', '0', '1'},
    .hardware = {'0', '3', '0', '1', '0', '1', '0', '0'},
    .number = 0x03010101,
    .floor = 0x030100FF,
    .slot_size = 0x6800,
    .boot_does = 3,
    .boot_major = 1,
    .boot_minor = 2,
    .key_count = 2,
    .key_ids = {0x5B37EC28, 0x030201FF},
    .verdict = 20,
    .tries = 3,
    .try_ended = 9,
};

static void expect_same(const struct otter_about *got, const struct otter_about *wanted)
{
    assert_int_equal(got->on_trial, wanted->on_trial);
    assert_int_equal(got->has_journal, wanted->has_journal);
    assert_int_equal(got->has_boot, wanted->has_boot);
    assert_int_equal(got->judged, wanted->judged);
    assert_int_equal(got->reason, wanted->reason);
    assert_int_equal(got->can, wanted->can);
    assert_memory_equal(got->version, wanted->version, sizeof got->version);
    assert_memory_equal(got->hardware, wanted->hardware, sizeof got->hardware);
    assert_int_equal(got->number, wanted->number);
    assert_int_equal(got->floor, wanted->floor);
    assert_int_equal(got->slot_size, wanted->slot_size);
    assert_int_equal(got->boot_does, wanted->boot_does);
    assert_int_equal(got->boot_major, wanted->boot_major);
    assert_int_equal(got->boot_minor, wanted->boot_minor);
    assert_int_equal(got->key_count, wanted->key_count);
    assert_memory_equal(got->key_ids, wanted->key_ids, sizeof got->key_ids);
    assert_int_equal(got->verdict, wanted->verdict);
    assert_int_equal(got->tries, wanted->tries);
    assert_int_equal(got->try_ended, wanted->try_ended);
}

/* From memory that ends with the payload. */
static int get(const uint8_t bytes[], size_t len, struct otter_about *out_about)
{
    static struct guard room;
    struct guard guard;
    struct otter_frame frame;

    if (room.bytes == NULL) {
        room = guard_new(1000);
    }
    guard = guard_end(&room, bytes, len);
    frame = (struct otter_frame){.payload = guard.bytes, .payload_len = (uint16_t)len};
    return otter_get_about(&frame, out_about);
}

static void answer_as_documented(void **state)
{
    uint8_t out[OTTER_ABOUT_MAX];
    struct otter_about got;

    (void)state;
    assert_int_equal(otter_put_about(&answer_told, out, sizeof out), sizeof answer_bytes);
    assert_memory_equal(out, answer_bytes, sizeof answer_bytes);
    assert_int_equal(get(answer_bytes, sizeof answer_bytes, &got), 0);
    expect_same(&got, &answer_told);
    for (uint16_t room = 0; room < sizeof answer_bytes; room++) {
        struct guard guard = guard_new(room);

        assert_int_equal(otter_put_about(&answer_told, guard.bytes, room), OTTER_ERR_SPACE);
        guard_free(&guard);
    }
}

/* One member after the other is all that is set: none stands in for another. */
static void each_flag_is_its_own(void **state)
{
    (void)state;
    for (unsigned flag = 0; flag < 4; flag++) {
        struct otter_about told = {.on_trial = flag == 0,
                                   .has_journal = flag == 1,
                                   .has_boot = flag == 2,
                                   .judged = flag == 3};
        struct otter_about got;
        uint8_t out[OTTER_ABOUT_MAX];

        assert_int_equal(otter_put_about(&told, out, sizeof out), OTTER_ABOUT_FIXED);
        assert_int_equal(out[2], 1 << flag);
        assert_int_equal(get(out, OTTER_ABOUT_FIXED, &got), 0);
        expect_same(&got, &told);
    }
}

static void more_keys_than_are_told(void **state)
{
    struct otter_about told = answer_told, got;
    uint8_t out[OTTER_ABOUT_MAX];

    (void)state;
    for (unsigned count = 0; count < 256; count++) {
        unsigned keys = count < OTTER_ABOUT_KEYS_MAX ? count : OTTER_ABOUT_KEYS_MAX;
        int len = (int)(OTTER_ABOUT_FIXED + 4 * keys);

        told.key_count = (uint8_t)count;
        for (unsigned i = 0; i < OTTER_ABOUT_KEYS_MAX; i++) {
            told.key_ids[i] = i < keys ? 0x01000000 * i + 5 : 0;
        }
        assert_int_equal(otter_about_keys_told(&told), keys);
        assert_int_equal(otter_put_about(&told, out, sizeof out), len);
        assert_int_equal(get(out, (size_t)len, &got), 0);
        expect_same(&got, &told);
    }
}

/* An answer cut anywhere is none, and is not read beyond its end. */
static void answers_of_every_length(void **state)
{
    struct otter_about got;

    (void)state;
    assert_int_equal(get(answer_bytes, 0, &got), OTTER_ERR_NONE); /* the recovery's */
    for (size_t len = 1; len < sizeof answer_bytes; len++) {
        assert_int_equal(get(answer_bytes, len, &got), OTTER_ERR_FORMAT);
    }
}

/* A later version: more before the key ids, and behind them. */
static void answers_may_grow(void **state)
{
    uint8_t longer[sizeof answer_bytes + 300];
    struct otter_about got;

    (void)state;
    for (size_t more = 0; more <= 255 - OTTER_ABOUT_FIXED; more++) {
        size_t len = sizeof answer_bytes + more;

        memset(longer, 0xEE, sizeof longer);
        memcpy(longer, answer_bytes, OTTER_ABOUT_FIXED);
        longer[1] = (uint8_t)(OTTER_ABOUT_FIXED + more);
        memcpy(longer + OTTER_ABOUT_FIXED + more, answer_bytes + OTTER_ABOUT_FIXED, 8);
        assert_int_equal(get(longer, len, &got), 0);
        expect_same(&got, &answer_told);
        assert_int_equal(get(longer, len + 40, &got), 0);
        expect_same(&got, &answer_told);
        assert_int_equal(get(longer, len - 1, &got), OTTER_ERR_FORMAT);
    }
}

static void answers_that_cannot_be(void **state)
{
    uint8_t bytes[sizeof answer_bytes];
    struct otter_about got;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        memcpy(bytes, answer_bytes, sizeof bytes);
        bytes[0] = (uint8_t)value; /* of another format */
        assert_int_equal(get(bytes, sizeof bytes, &got), value == 1 ? 0 : OTTER_ERR_FORMAT);
        memcpy(bytes, answer_bytes, sizeof bytes);
        bytes[1] = (uint8_t)value; /* key ids inside of the fixed part, or behind the end */
        assert_int_equal(get(bytes, sizeof bytes, &got), value == 44 ? 0 : OTTER_ERR_FORMAT);
        memcpy(bytes, answer_bytes, sizeof bytes);
        bytes[39] = (uint8_t)value;
        assert_int_equal(get(bytes, sizeof bytes, &got), value <= 2 ? 0 : OTTER_ERR_FORMAT);
    }
}

static void answers_of_noise(void **state)
{
    uint64_t random = 11;
    uint8_t bytes[600], again[OTTER_ABOUT_MAX];
    unsigned good = 0;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        size_t len = rng_next(&random) % sizeof bytes;
        struct otter_about got;

        rng_fill(&random, bytes, len);
        if (len > 2 && i % 2 == 0) {
            bytes[0] = OTTER_ABOUT_FORMAT;
        }
        if (get(bytes, len, &got) == 0) {
            good++;
            assert_in_range(otter_put_about(&got, again, sizeof again), OTTER_ABOUT_FIXED,
                            OTTER_ABOUT_MAX);
        }
    }
    assert_true(good > 100);
}

static void questions(void **state)
{
    struct otter_ask_about ask = {.has_file = true, .file_size = 0x01020304}, got;
    uint8_t out[64];

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        ask.md5[i] = (uint8_t)(0xF0 + i);
    }
    assert_int_equal(otter_put_ask_about(&ask, out, sizeof out), 20);
    assert_memory_equal(out,
                        "\x01\x02\x03\x04\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9\xFA\xFB"
                        "\xFC\xFD\xFE\xFF",
                        20);
    for (uint16_t room = 0; room < 20; room++) {
        struct guard guard = guard_new(room);

        assert_int_equal(otter_put_ask_about(&ask, guard.bytes, room), OTTER_ERR_SPACE);
        guard_free(&guard);
    }
    for (uint16_t len = 0; len <= sizeof out; len++) {
        struct guard guard = guard_copy(out, len);
        struct otter_frame frame = {.payload = guard.bytes, .payload_len = len};

        assert_int_equal(otter_get_ask_about(&frame, &got),
                         len == 0 || len >= 20 ? 0 : OTTER_ERR_FORMAT);
        assert_int_equal(got.has_file, len >= 20);
        assert_int_equal(got.file_size, len >= 20 ? 0x01020304 : 0);
        assert_int_equal(got.md5[15], len >= 20 ? 0xFF : 0);
        guard_free(&guard);
    }
    ask.has_file = false;
    assert_int_equal(otter_put_ask_about(&ask, out, 0), 0);
}

/* ---- what a device reads ---- */

static struct ram_flash flash;
static const struct otter_layout *const layout = &ram_flash_layout;

enum { SECTION = 0x200, APP_SIZE = 3000, OLD_SIZE = 4000, NEW = 0x03010102, OLD = 0x03010101 };

/* A bootloader with `keys` keys whose ids are 0x..01, 0x..02, ... */
static void put_boot(uint8_t does, uint32_t keys)
{
    const uint32_t words[OTTER_BOOT_WORDS] = {
        OTTER_BOOT_MAGIC, OTTER_BOOT_FORMAT | (uint32_t)does << 8 | 5U << 16 | 4U << 24,
        layout->boot.addr + SECTION, OTTER_BOOT_KEYS + keys * OTTER_BOOT_KEY_SIZE, keys};

    for (unsigned i = 0; i < OTTER_BOOT_WORDS; i++) {
        otter_put_le32(flash.bytes + OTTER_BOOT_WORDS_OFFSET + 4 * i, words[i]);
    }
    memcpy(flash.bytes + SECTION + OTTER_BOOT_INFO_HARDWARE, "BOOTHARD", 8);
    for (unsigned i = 0; i < keys; i++) {
        otter_put_le32(flash.bytes + SECTION + OTTER_BOOT_KEYS + OTTER_BOOT_KEY_SIZE * i,
                       0xABCD0001 + i);
    }
}

/* An image of `size` bytes in APP, or at least its trailer. */
static void put_app(uint32_t size, uint32_t number)
{
    struct otter_image image = {.length = size - OTTER_IMAGE_TRAILER_SIZE, .number = number};
    uint8_t trailer[OTTER_IMAGE_TRAILER_SIZE];

    otter_image_put_trailer(trailer, &image);
    ram_flash_poke(&flash, layout->app.addr + image.length, trailer, sizeof trailer);
}

static struct journal_entry entry_of(uint8_t kind)
{
    return (struct journal_entry){.number = 4,
                                  .kind = kind,
                                  .floor = OLD,
                                  .version = NEW,
                                  .present_len = APP_SIZE,
                                  .previous_len = kind == OTTER_JOURNAL_IDLE ? 0 : OLD_SIZE};
}

static void put_entry(const struct journal_entry *entry)
{
    journal_put(&flash, 0, entry);
}

static struct otter_about read_about(const struct otter_ask_about *ask)
{
    struct otter_about about = {.hardware = {'A', 'P', 'P', 'H', 'A', 'R', 'D', '0'}};
    static const struct otter_ask_about no_file;

    otter_about_read(&flash.port, layout, ask != NULL ? ask : &no_file, &about);
    assert_int_equal(flash.operations, 0); /* nothing is written */
    return about;
}

static void begin(void)
{
    ram_flash_init(&flash);
    put_boot(OTTER_BOOT_VERIFIES, 2);
}

static void a_device_with_all_of_it(void **state)
{
    struct journal_entry idle = entry_of(OTTER_JOURNAL_IDLE);
    struct otter_about about;

    (void)state;
    begin();
    put_entry(&idle);
    put_app(APP_SIZE, NEW);
    about = read_about(NULL);
    assert_true(about.has_journal && about.has_boot);
    assert_false(about.judged);
    assert_int_equal(about.can, OTTER_CAN_JUDGE | OTTER_CAN_FORCE);
    assert_int_equal(about.number, NEW);
    assert_int_equal(about.floor, NEW); /* older than what runs is refused */
    assert_int_equal(about.slot_size, 0x6800);
    assert_memory_equal(about.hardware, "BOOTHARD", 8);
    assert_int_equal(about.boot_does, OTTER_BOOT_VERIFIES);
    assert_int_equal(about.boot_major, 4);
    assert_int_equal(about.boot_minor, 5);
    assert_int_equal(about.key_count, 2);
    assert_int_equal(about.key_ids[0], 0xABCD0001);
    assert_int_equal(about.key_ids[1], 0xABCD0002);
    idle.floor = NEW + 5; /* of an image that a repair has replaced by an older one */
    put_entry(&idle);
    assert_int_equal(read_about(NULL).floor, NEW + 5);
}

/* The journal's number is that of the image on trial, or of one that was taken back. */
static void the_number_is_that_of_what_runs(void **state)
{
    struct journal_entry install = entry_of(OTTER_JOURNAL_INSTALL);
    struct journal_entry restore = entry_of(OTTER_JOURNAL_RESTORE);
    uint8_t *bytes;

    (void)state;
    begin();
    put_entry(&install); /* flash has refused it: the old image runs */
    put_app(OLD_SIZE, OLD);
    put_app(APP_SIZE, NEW);
    assert_int_equal(read_about(NULL).number, OLD);
    install.step = 8; /* on trial */
    put_entry(&install);
    assert_int_equal(read_about(NULL).number, NEW);
    assert_int_equal(read_about(NULL).floor, OLD);
    bytes = journal_entry_bytes(&flash, 0);
    memset(bytes + ENTRY_AT_CONFIRMED, 0, 10);
    assert_int_equal(read_about(NULL).floor, NEW);
    restore.step = 4; /* taken back */
    put_entry(&restore);
    bytes = journal_entry_bytes(&flash, 0);
    memset(bytes + ENTRY_AT_CONFIRMED, 0, 10);
    assert_int_equal(read_about(NULL).number, OLD);
    assert_int_equal(read_about(NULL).floor, OLD);
}

static void an_app_without_trailer_has_no_number(void **state)
{
    static const uint32_t lengths[] = {APP_SIZE, 100, 0x6800};
    struct journal_entry idle = entry_of(OTTER_JOURNAL_IDLE);

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        begin();
        idle.present_len = lengths[i];
        put_entry(&idle);
        assert_int_equal(read_about(NULL).number, 0);
        assert_int_equal(read_about(NULL).floor, OLD);
    }
}

/* It has no numbers, whatever an app's trailer says: none is older. */
static void a_bootloader_that_takes_unsigned_images(void **state)
{
    struct journal_entry idle = entry_of(OTTER_JOURNAL_IDLE);
    struct otter_about about;

    (void)state;
    begin();
    put_boot(0, 1);
    idle.floor = idle.version = 0;
    put_entry(&idle);
    put_app(APP_SIZE, NEW);
    about = read_about(NULL);
    assert_int_equal(about.number, NEW);
    assert_int_equal(about.floor, 0);
    assert_int_equal(about.boot_does, 0);
    assert_true(about.has_boot);
}

/* Under a vendor's bootloader: the slot, and no more. */
static void a_device_without_journal_and_words(void **state)
{
    struct otter_ask_about ask = {.has_file = true, .file_size = 1000};
    struct otter_about about;

    (void)state;
    ram_flash_init(&flash);
    put_app(APP_SIZE, NEW);
    about = read_about(&ask);
    assert_false(about.has_journal || about.has_boot || about.judged);
    assert_int_equal(about.can, 0);
    assert_int_equal(about.number, 0);
    assert_int_equal(about.floor, 0);
    assert_int_equal(about.key_count, 0);
    assert_int_equal(about.slot_size, 0x6800);
    assert_memory_equal(about.hardware, "APPHARD0", 8);
}

/* Any read may fail; never is half of a bootloader told. */
static void flash_that_cannot_be_read(void **state)
{
    struct journal_entry idle = entry_of(OTTER_JOURNAL_IDLE);
    uint32_t reads;

    (void)state;
    begin();
    put_entry(&idle);
    put_app(APP_SIZE, NEW);
    ram_flash_restart(&flash);
    (void)read_about(NULL);
    reads = flash.reads;
    assert_true(reads > 5);
    for (uint32_t at = 1; at <= reads; at++) {
        struct otter_about about;

        ram_flash_restart(&flash);
        flash.fail_read_at = at;
        about = read_about(NULL);
        assert_int_equal(about.has_boot, at > 4); /* words, hardware, two keys */
        assert_int_equal(about.key_count, about.has_boot ? 2 : 0);
        assert_memory_equal(about.hardware, about.has_boot ? "BOOTHARD" : "APPHARD0", 8);
    }
}

static void many_keys(void **state)
{
    struct otter_about about;
    uint8_t out[OTTER_ABOUT_MAX];

    (void)state;
    begin();
    put_boot(OTTER_BOOT_VERIFIES, 20);
    about = read_about(NULL);
    assert_int_equal(about.key_count, 20);
    assert_int_equal(about.key_ids[7], 0xABCD0008);
    assert_int_equal(otter_put_about(&about, out, sizeof out), OTTER_ABOUT_MAX);
}

static void a_file_is_judged(void **state)
{
    struct journal_entry idle = entry_of(OTTER_JOURNAL_IDLE);
    struct otter_ask_about ask = {.has_file = true, .file_size = APP_SIZE};
    struct otter_about about;
    struct otter_md5 md5;

    (void)state;
    begin();
    put_app(APP_SIZE, NEW);
    otter_md5_init(&md5);
    otter_md5_update(&md5, ram_flash_peek(&flash, layout->app.addr), APP_SIZE);
    otter_md5_final(&md5, ask.md5);
    put_entry(&idle);
    about = read_about(&ask);
    assert_true(about.judged);
    assert_int_equal(about.verdict, OTTER_REASON_INSTALLED);
    assert_int_equal(about.tries, 0);

    ask.md5[0] ^= 1;
    about = read_about(&ask);
    assert_true(about.judged);
    assert_int_equal(about.verdict, OTTER_REASON_NONE);

    memcpy(idle.digest, ask.md5, sizeof idle.digest);
    idle.reason = OTTER_REASON_SIGNATURE;
    for (uint8_t tries = 1; tries <= 4; tries++) {
        idle.tries = tries;
        put_entry(&idle);
        about = read_about(&ask);
        assert_int_equal(about.verdict, tries < 3 ? OTTER_REASON_NONE : OTTER_REASON_TRIED);
        assert_int_equal(about.tries, tries);
        assert_int_equal(about.try_ended, OTTER_REASON_SIGNATURE);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_as_documented),
        cmocka_unit_test(each_flag_is_its_own),
        cmocka_unit_test(more_keys_than_are_told),
        cmocka_unit_test(answers_of_every_length),
        cmocka_unit_test(answers_may_grow),
        cmocka_unit_test(answers_that_cannot_be),
        cmocka_unit_test(answers_of_noise),
        cmocka_unit_test(questions),
        cmocka_unit_test(a_device_with_all_of_it),
        cmocka_unit_test(the_number_is_that_of_what_runs),
        cmocka_unit_test(an_app_without_trailer_has_no_number),
        cmocka_unit_test(a_bootloader_that_takes_unsigned_images),
        cmocka_unit_test(a_device_without_journal_and_words),
        cmocka_unit_test(flash_that_cannot_be_read),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(a_file_is_judged),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
