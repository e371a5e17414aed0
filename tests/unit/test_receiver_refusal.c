/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are not worth a download: what APP holds already, what failed three times, and any
 * file while the app is on trial. Authority: docs/protocol.md 4.8, with a journal written by
 * hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "otter/history.h"
#include "otter/update.h"
#include "support/journal_fixture.h"
#include "support/receiver_fixture.h"

enum { SIZE = 5000 };

static struct receiver_fixture fixture;

static void put_entry(const struct journal_entry *entry)
{
    uint8_t bytes[JOURNAL_ENTRY_LEN];

    journal_entry_put(bytes, entry->number % JOURNAL_PLACES, entry);
    ram_flash_poke(&fixture.flash, journal_entry_addr(entry->number % JOURNAL_PLACES), bytes,
                   sizeof bytes);
}

/* A device whose APP holds `length` bytes that are not the file; the file is no image. */
static void set_up(uint32_t length)
{
    const struct journal_entry idle = {
        .number = 4, .kind = OTTER_JOURNAL_IDLE, .reason = 7, .present_len = length};

    fixture_init(&fixture, SIZE, 1);
    put_entry(&idle);
    fixture.sent_count = fixture.sent_at = 0;
}

static void put_file_into_app(void)
{
    ram_flash_poke(&fixture.flash, fixture.layout.app.addr, fixture.image, SIZE);
}

static struct otter_update_status status(void)
{
    struct otter_update_status it = {.is_otter = false};

    otter_receiver_status(&fixture.device.receiver, &it);
    assert_true(it.is_otter);
    return it;
}

static void offer_with_flags(uint16_t flags)
{
    uint8_t payload[OTTER_OFFER_SIZE];
    int len = otter_put_offer(&fixture.offer, payload, sizeof payload);

    fixture_module(&fixture, OTTER_CMD_OFFER, fixture.module_sn++, flags, payload,
                   (uint16_t)len);
}

/* 0x1A, 0x27, and after 0x28 nothing: nothing was written. */
static void expect_refused(enum otter_result result, enum otter_reason reason)
{
    fixture_poll(&fixture);
    fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, (uint8_t)(fixture.module_sn - 1));
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
    fixture_run(&fixture, 300);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.result, result);
    assert_false(otter_receiver_is_active(&fixture.device.receiver));
    assert_int_equal(status().reason, reason);
}

static void refuse(enum otter_result result, enum otter_reason reason)
{
    uint32_t operations = fixture.flash.operations;

    offer_with_flags(0);
    expect_refused(result, reason);
    assert_int_equal(fixture.flash.operations, operations);
}

/* The module answers our 0x27. */
static void answer_stop(void)
{
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
}

static struct otter_history history(void)
{
    uint8_t md5[16];

    assert_int_equal(otter_md5_from_hex(fixture.offer.md5_hex, md5), 0);
    return otter_history_find(&fixture.flash.port, &fixture.layout, md5);
}

static void expect_history(unsigned tries, enum otter_reason reason)
{
    assert_int_equal(history().tries, tries);
    assert_int_equal(history().reason, reason);
}

/* The whole file, with another byte at its end: a download that fails. */
static void fail_by_md5(void)
{
    uint16_t last;

    fixture_begin(&fixture);
    last = fixture_piece_count(&fixture);
    fixture_pieces(&fixture, 1, (uint16_t)(last - 1));
    fixture.image[SIZE - 1] ^= 1;
    fixture_piece(&fixture, last, 44);
    fixture.image[SIZE - 1] ^= 1;
    fixture_run(&fixture, 100);
    answer_stop();
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_MD5);
}

static void test_file_that_app_holds(void **state)
{
    uint32_t reads;

    (void)state;
    set_up(SIZE);
    put_file_into_app();
    for (unsigned i = 0; i < 1000; i++) {
        refuse(OTTER_RESULT_INSTALLED, OTTER_REASON_INSTALLED);
    }
    print_message("1000 offers of an installed file: %u erases\n", fixture.flash.erased);
    assert_int_equal(fixture.flash.operations, 0);
    expect_history(0, OTTER_REASON_NONE); /* that is no download */

    reads = fixture.flash.reads; /* one byte more: APP is not looked at */
    set_up(SIZE - 1);
    put_file_into_app();
    fixture_begin(&fixture);
    assert_true(fixture.flash.reads < reads / 1000);
    fixture_complete(&fixture);
}

/* APP is hashed when 0x1A has left, so that it is in time; and once. */
static void test_offer_is_acknowledged_before_app_is_hashed(void **state)
{
    uint32_t reads;

    (void)state;
    set_up(SIZE);
    put_file_into_app();
    reads = fixture.flash.reads;
    fixture.hold = true;
    offer_with_flags(0);
    fixture_run(&fixture, 100);
    assert_int_equal(fixture.flash.reads, reads);
    fixture.hold = false;
    fixture_run(&fixture, 10); /* 0x1A is taken after this poll */
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_poll(&fixture);
    assert_true(fixture.flash.reads >= reads + SIZE / 64);
    reads = fixture.flash.reads;
    answer_stop();
    fixture_run(&fixture, 1000);
    assert_int_equal(fixture.flash.reads, reads);
}

static void test_every_byte_of_app_counts(void **state)
{
    static const uint32_t at[] = {0, 63, 64, 4095, SIZE - 1};

    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint8_t byte;

        set_up(SIZE);
        put_file_into_app();
        byte = fixture.image[at[i]] ^ 0x10;
        ram_flash_poke(&fixture.flash, fixture.layout.app.addr + at[i], &byte, 1);
        fixture_begin(&fixture);
        fixture_complete(&fixture);
    }
}

static void test_reason_is_told_until_the_next_offer_or_start(void **state)
{
    (void)state;
    set_up(SIZE);
    put_file_into_app();
    assert_int_equal(status().reason, 7); /* the journal's */
    refuse(OTTER_RESULT_INSTALLED, OTTER_REASON_INSTALLED);
    fixture_boot(&fixture);
    assert_int_equal(status().reason, 7);
    refuse(OTTER_RESULT_INSTALLED, OTTER_REASON_INSTALLED);
    fixture.offer.file_size = 100000; /* refused for something that has no number */
    fixture_offer(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    answer_stop();
    assert_int_equal(status().reason, 7);
    fixture_update_offer(&fixture);
    refuse(OTTER_RESULT_INSTALLED, OTTER_REASON_INSTALLED);
    fixture.image[100] ^= 1;
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    assert_int_equal(status().reason, 7);
}

static void test_three_downloads_and_no_more(void **state)
{
    (void)state;
    set_up(1);
    for (unsigned i = 1; i <= 3; i++) {
        fail_by_md5();
        expect_history(i, OTTER_REASON_DIGEST);
        memset(&fixture.resume, 0, sizeof fixture.resume); /* power off and on */
        fixture_boot(&fixture);
    }
    for (unsigned i = 0; i < 10; i++) {
        refuse(OTTER_RESULT_TRIED, OTTER_REASON_TRIED);
    }
    fixture.image[SIZE - 1] ^= 1; /* another file is taken at once */
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

static void test_requests_and_failures_are_counted_together(void **state)
{
    struct journal_entry refused = {.number = 4,
                                    .kind = OTTER_JOURNAL_IDLE,
                                    .reason = OTTER_REASON_SIGNATURE,
                                    .present_len = 1,
                                    .tries = 2};

    (void)state;
    set_up(1);
    memcpy(refused.digest, fixture.md5, sizeof refused.digest);
    put_entry(&refused);
    fail_by_md5();
    expect_history(3, OTTER_REASON_DIGEST);
    refuse(OTTER_RESULT_TRIED, OTTER_REASON_TRIED);
    refused.tries = 3;
    put_entry(&refused);
    refuse(OTTER_RESULT_TRIED, OTTER_REASON_TRIED);
    refused.tries = 2;
    put_entry(&refused);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
    assert_int_equal(history().tries, 2); /* the request's count is the bootloader's to keep */
}

static void test_forced_offer(void **state)
{
    static const uint16_t not_forced[] = {0, 1, 0x6F00, 0x016F, 0x6F02, 0xFFFF};
    struct journal_entry tried = {
        .number = 4, .kind = OTTER_JOURNAL_IDLE, .present_len = 1, .tries = 9};

    (void)state;
    for (unsigned is_installed = 0; is_installed < 2; is_installed++) {
        set_up(SIZE);
        if (is_installed) {
            put_file_into_app();
        } else {
            memcpy(tried.digest, fixture.md5, sizeof tried.digest);
            put_entry(&tried);
        }
        for (size_t i = 0; i < sizeof not_forced / sizeof not_forced[0]; i++) {
            offer_with_flags(not_forced[i]);
            expect_refused(is_installed ? OTTER_RESULT_INSTALLED : OTTER_RESULT_TRIED,
                           is_installed ? OTTER_REASON_INSTALLED : OTTER_REASON_TRIED);
        }
        offer_with_flags(0x6F01);
        fixture_poll(&fixture);
        fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
        fixture_expect_ready(&fixture);
        fixture_complete(&fixture);
    }
}

/* Flash fails at the operation, counted from the offer on. */
static void fail_by_flash(uint32_t at)
{
    fixture_begin(&fixture);
    fixture.flash.fail_at = fixture.flash.operations + at;
    fixture.flash.fail_count = 1;
    for (uint16_t number = 1; fixture.device.receiver.transfer.result == OTTER_RESULT_NONE;
         number++) {
        fixture_piece(&fixture, number, 44);
        fixture_run(&fixture, 100);
        if (fixture.device.receiver.transfer.result == OTTER_RESULT_NONE) {
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
        }
    }
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_FLASH);
}

static void test_flash_that_fails_is_noted_once(void **state)
{
    (void)state;
    for (uint32_t at = 1; at < 2000; at += 333) { /* first erase, pages, half-words */
        set_up(1);
        fail_by_flash(at);
        expect_history(1, OTTER_REASON_FLASH);
        fixture_run(&fixture, 20000);
        expect_history(1, OTTER_REASON_FLASH);
    }
}

/* The request is written in part: the MCU is restarted, the bootloader drops it, and the next
 * download is asked for. */
static void test_request_that_flash_refuses(void **state)
{
    uint32_t operations;
    unsigned restarted = 0;

    (void)state;
    set_up(1);
    operations = fixture.flash.operations;
    fixture_begin(&fixture);
    fixture_complete(&fixture);
    operations = fixture.flash.operations - operations;
    for (uint32_t back = 0; back < 10; back++) {
        set_up(1);
        ram_flash_poke(&fixture.flash, fixture.layout.app.addr, fixture.image, 8); /* vectors */
        fixture.restarts = 0;
        fixture.flash.fail_at = fixture.flash.operations + operations - back;
        fixture.flash.fail_count = 1;
        fixture_begin(&fixture);
        fixture_pieces(&fixture, 1, (uint16_t)(fixture_piece_count(&fixture) - 1));
        fixture_piece(&fixture, fixture_piece_count(&fixture), 44);
        fixture_run(&fixture, 100);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
        assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_FLASH);
        assert_int_equal(fixture.restarts, 0);
        answer_stop();
        fixture_run(&fixture, 10);
        restarted += fixture.restarts;
        if (fixture.restarts != 0) {
            assert_int_equal(fixture_bootloader(&fixture), OTTER_STARTUP_APP);
            fixture_boot(&fixture);
        }
        expect_history(1, OTTER_REASON_FLASH);
        fixture_begin(&fixture);
        fixture_complete(&fixture);
    }
    assert_in_range(restarted, 8, 9);
}

static void test_images_that_cannot_be_are_noted(void **state)
{
    (void)state;
    set_up(1);
    fixture.image[4] ^= 1; /* an even reset vector */
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 44);
    answer_stop();
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
    expect_history(1, OTTER_REASON_NOT_STARTABLE);
}

/* A wrong MD5 on a line with faults is asked again: no download has ended. */
static void test_the_line_is_not_the_file(void **state)
{
    uint16_t last;

    (void)state;
    set_up(1);
    fixture_begin(&fixture);
    fixture_bad_checksum(&fixture, OTTER_CMD_PIECE, 7);
    fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);
    last = fixture_piece_count(&fixture);
    fixture_pieces(&fixture, 1, (uint16_t)(last - 1));
    fixture.image[SIZE - 1] ^= 1;
    fixture_piece(&fixture, last, 44);
    fixture.image[SIZE - 1] ^= 1;
    fixture_run(&fixture, 100);
    answer_stop();
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
    expect_history(0, OTTER_REASON_NONE);
    fixture_expect_ready(&fixture);
    fixture_complete(&fixture);
}

static void confirm(void *ctx)
{
    struct receiver_fixture *it = ctx;

    assert_int_equal(otter_update_confirm(&it->flash.port, &it->layout), 0);
}

/* An offer is the first frame that an app on trial hears: refused and not failed, confirmed,
 * and taken when it comes again. */
static void test_offer_on_trial(void **state)
{
    struct journal_entry trial = {.number = 4,
                                  .kind = OTTER_JOURNAL_INSTALL,
                                  .step = 0x8001, /* started once */
                                  .present_len = 2000,
                                  .present_crc = 1,
                                  .previous_len = 2000,
                                  .previous_crc = 2};

    (void)state;
    set_up(1);
    put_entry(&trial);
    fixture.config.link_works = confirm;
    assert_true(status().on_trial);
    offer_with_flags(0x6F01); /* forced or not */
    assert_int_equal(fixture.flash.operations, 0);
    expect_refused(OTTER_RESULT_ON_TRIAL, OTTER_REASON_ON_TRIAL);
    assert_int_equal(fixture.flash.erased, 0);
    assert_int_equal(fixture.flash.programmed, 5); /* the marks of "confirmed" */
    assert_false(status().on_trial);
    expect_history(0, OTTER_REASON_NONE);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

static void test_without_a_journal_every_offer_is_taken(void **state)
{
    (void)state;
    fixture_init(&fixture, SIZE, 1);
    put_file_into_app();
    for (unsigned i = 0; i < 5; i++) {
        fail_by_md5();
    }
    assert_int_equal(status().reason, 0);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_that_app_holds),
        cmocka_unit_test(test_offer_is_acknowledged_before_app_is_hashed),
        cmocka_unit_test(test_every_byte_of_app_counts),
        cmocka_unit_test(test_reason_is_told_until_the_next_offer_or_start),
        cmocka_unit_test(test_three_downloads_and_no_more),
        cmocka_unit_test(test_requests_and_failures_are_counted_together),
        cmocka_unit_test(test_forced_offer),
        cmocka_unit_test(test_flash_that_fails_is_noted_once),
        cmocka_unit_test(test_request_that_flash_refuses),
        cmocka_unit_test(test_images_that_cannot_be_are_noted),
        cmocka_unit_test(test_the_line_is_not_the_file),
        cmocka_unit_test(test_offer_on_trial),
        cmocka_unit_test(test_without_a_journal_every_offer_is_taken),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
