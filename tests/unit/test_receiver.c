/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver's decisions on content: sizes, pieces, checks, order of answers. Authority: the
 * measured module (docs/protocol.md chapter 4), and the limits in receiver.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;

/* 0x27, then the ACK of the pending piece; after 0x28 idle. */
static void expect_stop(uint8_t piece_sn, enum otter_result result)
{
    const struct fixture_frame *stop = fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    uint8_t sn = stop->sn;

    assert_int_equal(stop->payload_len, 0);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, piece_sn);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_STOPPING);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, sn, 0, NULL, 0);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.device.receiver.transfer.result, result);
    fixture_run(&fixture, 20000);
    fixture_expect_nothing(&fixture);
    assert_false(fixture_is_announced(&fixture));
}

static void test_whole_transfer(void **state)
{
    static const uint32_t sizes[] = {10, 11, 48, 129, 1000, 1024, 1025, 2048, 3333, 26624};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fixture_init(&fixture, sizes[i], sizes[i]);
        fixture_begin(&fixture);
        assert_int_equal(fixture.piece_len, sizes[i] > 1024 ? 1024 : (sizes[i] - 1) / 2 * 2);
        fixture_complete(&fixture);
        assert_int_equal(fixture.device.receiver.transfer.received, sizes[i]);
        assert_int_equal(fixture.flash.erased, (sizes[i] + 1023) / 1024 + 1); /* and FLAG */
        assert_int_equal(fixture.flash.programmed, (sizes[i] + 1) / 2 + 20 / 2 + 1);
    }
}

static void test_piece_is_acked_before_it_is_programmed(void **state)
{
    (void)state;
    fixture_init(&fixture, 3000, 1);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 7);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 7);
    assert_int_equal(fixture.flash.operations, 0);
}

static void test_poll_does_one_erase_and_256_bytes(void **state)
{
    unsigned polls = 0;

    (void)state;
    fixture_init(&fixture, 3000, 1);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 7);
    while (fixture.flash.programmed < 512) {
        uint32_t erased = fixture.flash.erased, programmed = fixture.flash.programmed;

        fixture_poll(&fixture);
        assert_in_range(fixture.flash.erased - erased, 0, 1);
        assert_in_range(fixture.flash.programmed - programmed, 0, 128);
        assert_in_range(++polls, 1, 8);
        assert_int_equal(fixture.flash.unfed, fixture.flash.erased - erased);
    }
    assert_int_equal(fixture.flash.erased, 2); /* FLAG and the first page */
    assert_in_range(fixture.flash.unfed_max, 0, 1);
}

/* The core stands still in an erase: what is queued for the line must be in the UART before. */
static void test_flash_waits_until_the_ack_is_taken(void **state)
{
    (void)state;
    fixture_init(&fixture, 3000, 1);
    fixture_begin(&fixture);
    fixture.hold = true;
    fixture_piece(&fixture, 1, 7);
    fixture_run(&fixture, 100);
    assert_int_equal(fixture.flash.operations, 0);
    fixture.hold = false;
    fixture_poll(&fixture); /* the ACK is taken */
    assert_int_equal(fixture.flash.operations, 0);
    fixture_poll(&fixture);
    assert_int_equal(fixture.flash.erased, 1);
    fixture_run(&fixture, 100);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 7);
    fixture_pieces(&fixture, 2, 3);
    assert_true(fixture_is_announced(&fixture));
}

static void test_next_piece_before_the_queue_is_empty(void **state)
{
    (void)state;
    fixture_init(&fixture, 3000, 1);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 7);
    fixture_piece(&fixture, 2, 8);
    assert_int_equal(fixture.flash.programmed, 512); /* piece 1, inside the call */
    fixture_piece(&fixture, 3, 9);
    assert_int_equal(fixture.flash.programmed, 1024);
    fixture_run(&fixture, 200);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 7);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 8);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    assert_true(fixture_is_announced(&fixture));
    assert_int_equal(fixture.restarts, 1);
}

static void test_last_piece_ack_leaves_before_flag_and_restart(void **state)
{
    (void)state;
    fixture_init(&fixture, 1500, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture.hold = true; /* the UART is slow */
    fixture_piece(&fixture, 2, 99);
    fixture_run(&fixture, 1000);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_VERIFIED);
    assert_false(fixture_is_announced(&fixture));
    assert_int_equal(fixture.restarts, 0);
    fixture.hold = false;
    fixture_poll(&fixture);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 99);
    fixture_run(&fixture, 50);
    assert_true(fixture_is_announced(&fixture));
    assert_int_equal(fixture.restarts, 1);
    fixture_run(&fixture, 5000);
    assert_int_equal(fixture.restarts, 1);
}

static void test_last_piece_repeated_while_it_is_checked(void **state)
{
    (void)state;
    fixture_init(&fixture, 1500, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 2, 99);
    fixture_piece(&fixture, 2, 99);
    fixture_expect_nothing(&fixture);
    fixture_run(&fixture, 100);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 99);
    fixture_expect_nothing(&fixture);
    assert_true(fixture_is_announced(&fixture));
    fixture_piece(&fixture, 2, 99); /* our ACK was lost, and the restart takes its time */
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 99);
    fixture_offer(&fixture); /* too late: the update is announced */
    fixture_run(&fixture, 5000);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_FINISHED);
    assert_true(fixture_is_announced(&fixture));
}

static void test_repeated_piece_is_acked_and_not_written(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    for (uint16_t number = 1; number <= 4; number++) {
        uint32_t programmed;

        fixture_piece(&fixture, number, (uint8_t)number);
        fixture_run(&fixture, 100);
        programmed = fixture.flash.programmed;
        fixture_piece(&fixture, number, (uint8_t)number);
        fixture_piece(&fixture, number,
                      (uint8_t)(number + 100)); /* by number, whatever its sn */
        fixture_run(&fixture, 100);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, (uint8_t)number);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, (uint8_t)number);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, (uint8_t)(number + 100));
        assert_int_equal(fixture.flash.programmed, programmed);
    }
    fixture_piece(&fixture, 5, 50);
    fixture_run(&fixture, 100);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 50);
    assert_true(fixture_is_announced(&fixture));
}

/* ---- offers that are refused ---- */

static void refuse_offer(uint32_t size, enum otter_result result)
{
    uint8_t sn = fixture.module_sn;

    fixture.offer.file_size = size;
    fixture_offer(&fixture);
    fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, sn);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
    fixture_run(&fixture, 20000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.device.receiver.transfer.result, result);
    assert_int_equal(fixture.flash.operations, 0);
}

static void test_sizes_that_cannot_be(void **state)
{
    static const uint32_t large[] = {26625, 26626, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};
    static const uint32_t small[] = {0, 1, 2, 7};

    (void)state;
    fixture_init(&fixture, 1500, 1);
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        refuse_offer(large[i], OTTER_RESULT_TOO_LARGE);
    }
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        refuse_offer(small[i], OTTER_RESULT_TOO_SMALL);
    }
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

static void test_offer_of_wrong_form(void **state)
{
    uint8_t payload[OTTER_OFFER_SIZE + 1];
    int len;

    (void)state;
    fixture_init(&fixture, 1500, 1);
    len = otter_put_offer(&fixture.offer, payload, sizeof(payload));
    assert_int_equal(len, OTTER_OFFER_SIZE);
    for (uint16_t i = 0; i < 3; i++) {
        uint8_t broken[OTTER_OFFER_SIZE + 1];

        memcpy(broken, payload, sizeof(broken));
        if (i == 1) {
            broken[5] = 0x21; /* MD5 length 33 */
        }
        if (i == 2) {
            broken[20] = 'g';
        }
        fixture_module(&fixture, OTTER_CMD_OFFER, 5, 0, broken,
                       i == 0 ? 5 : (uint16_t)OTTER_OFFER_SIZE);
        fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, 5);
        fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                       fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
        fixture_run(&fixture, 20000);
        fixture_expect_nothing(&fixture);
        assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_BAD_OFFER);
    }
}

static void test_refused_offer_repeated(void **state)
{
    (void)state;
    fixture_init(&fixture, 1500, 1);
    fixture.offer.file_size = 50000;
    fixture_offer(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_offer(&fixture); /* 0x1A was lost: just again */
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, 0, 0, NULL, 0);
    fixture_run(&fixture, 1000);
    fixture_expect_nothing(&fixture);
    fixture_offer(&fixture); /* later it is refused anew */
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture.offer.file_size = 60000; /* another one: one more 0x27, after 0x28 */
    fixture_offer(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect_nothing(&fixture);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, 1, 0, NULL, 0);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_STOPPING);
    fixture_poll(&fixture);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 2);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, 2, 0, NULL, 0);
    fixture_run(&fixture, 1000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
}

/* ---- pieces that are refused ---- */

static void test_piece_that_cannot_be(void **state)
{
    /* number, count, length more than it should be, flags; the right one is 2 of 5, 1024 */
    static const struct {
        uint16_t number, count;
        int more;
        uint16_t flags;
    } wrong[] = {
        {0, 5, 0, 0},     {3, 5, 0, 0}, {4, 5, 0, 0}, {5, 5, 0, 0},  {65535, 5, 0, 0},
        {2, 4, 0, 0},     {2, 6, 0, 0}, {2, 0, 0, 0}, {2, 5, -1, 0}, {2, 5, -1024, 0},
        {2, 5, -1000, 0}, {2, 5, 0, 1}, {2, 0, 0, 3}, {2, 5, -2, 0},
    };
    static uint8_t payload[1024 + OTTER_PIECE_HEAD + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fixture_init(&fixture, 5000, 1);
        fixture_begin(&fixture);
        fixture_pieces(&fixture, 1, 1);
        memset(payload, 0x5A, sizeof(payload));
        otter_put_be16(payload, wrong[i].number);
        otter_put_be16(payload + 2, wrong[i].count);
        fixture_module(&fixture, OTTER_CMD_PIECE, 77, wrong[i].flags, payload,
                       (uint16_t)(OTTER_PIECE_HEAD + 1024 + wrong[i].more));
        expect_stop(77, OTTER_RESULT_BAD_PIECE);
        assert_int_equal(fixture.flash.programmed, 512);
    }
    for (uint16_t len = 0; len < OTTER_PIECE_HEAD; len++) {
        fixture_init(&fixture, 5000, 1);
        fixture_begin(&fixture);
        fixture_module(&fixture, OTTER_CMD_PIECE, 77, 0, payload, len);
        expect_stop(77, OTTER_RESULT_BAD_PIECE);
    }
}

static void test_last_piece_of_wrong_length(void **state)
{
    (void)state;
    fixture_init(&fixture, 1500, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture.image_size = 1502;
    fixture_piece(&fixture, 2, 9);
    fixture.image_size = 1500;
    expect_stop(9, OTTER_RESULT_BAD_PIECE);
}

static void test_pieces_after_a_stop_are_acked_and_stopped(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 3, 9);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    fixture_piece(&fixture, 3, 9); /* that ACK was lost */
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    fixture_run(&fixture, 1000); /* 0x28 was lost too: 0x27 three times */
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    fixture_piece(&fixture, 3, 9);
    expect_stop(9, OTTER_RESULT_BAD_PIECE);
    fixture_begin(&fixture); /* a new offer is welcome */
    fixture_complete(&fixture);
}

static void test_piece_of_an_older_transfer_after_ready(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 4, 9);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    fixture_poll(&fixture);
    fixture_expect_ready(&fixture);
    fixture_complete(&fixture);
}

/* ---- the image ---- */

static void test_md5_differs(void **state)
{
    (void)state;
    fixture_init(&fixture, 1500, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture.image[1400] ^= 1;
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    expect_stop(9, OTTER_RESULT_MD5);
}

static void test_vectors_are_checked_at_the_first_piece(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        fixture_init(&fixture, 5000, 1);
        otter_put_le32(fixture.image + 4, i == 0   ? 0x08002FFF
                                          : i == 1 ? 0x08009801
                                                   : 0x08003200);
        if (i == 3) {
            otter_put_le32(fixture.image, 0x20000000);
        }
        if (i == 4) {
            fixture.receiver_config.check_image = false;
        }
        fixture_update_offer(&fixture);
        fixture_begin(&fixture);
        if (i == 4) {
            fixture_complete(&fixture);
            return;
        }
        fixture_piece(&fixture, 1, 9);
        expect_stop(9, OTTER_RESULT_NOT_STARTABLE);
        assert_int_equal(fixture.flash.operations, 0);
    }
}

static void test_vectors_in_two_pieces(void **state)
{
    (void)state;
    fixture_init(&fixture, 8, 1); /* pieces of 6 and 2 */
    fixture.image[4] &= 0xFE;
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    assert_int_equal(fixture.piece_len, 6);
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    expect_stop(9, OTTER_RESULT_NOT_STARTABLE);
}

static void with_trailer(const char hardware[], uint32_t length)
{
    struct otter_image image = {.length = length, .number = 7};

    memcpy(image.hardware, hardware, sizeof(image.hardware));
    memcpy(image.version, "03010102", sizeof(image.version));
    fixture_init(&fixture, 1000 + OTTER_IMAGE_TRAILER_SIZE, 1);
    otter_image_put_trailer(fixture.image + 1000, &image);
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    if (memcmp(hardware, "03010100", 8) == 0 && length == 1000) {
        fixture_complete(&fixture); /* FLAG's size is the file's: the trailer is part of it */
        return;
    }
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    expect_stop(9, length == 1000 ? OTTER_RESULT_WRONG_HARDWARE : OTTER_RESULT_BAD_TRAILER);
}

static void test_trailer(void **state)
{
    (void)state;
    with_trailer("03010100", 1000);
    with_trailer("03010101", 1000);
    with_trailer("13010100", 1000);
    with_trailer("03010100", 999);
}

/* ---- flash ---- */

static void test_old_flag_is_void_before_its_image_is_touched(void **state)
{
    struct otter_flag old = {.image_size = 2000};

    (void)state;
    fixture_init(&fixture, 1500, 1);
    assert_int_equal(otter_flag_write(&fixture.flash.port, &fixture.layout, &old), 0);
    ram_flash_restart(&fixture.flash);
    fixture_begin(&fixture);
    assert_int_equal(otter_flag_read(&fixture.flash.port, &fixture.layout, &old), 0);
    fixture_piece(&fixture, 1, 1);
    while (fixture.flash.operations == 0) {
        fixture_poll(&fixture);
    }
    assert_int_equal(fixture.flash.erased, 1); /* FLAG first, alone in its poll */
    assert_int_equal(fixture.flash.programmed, 0);
    assert_int_equal(otter_flag_read(&fixture.flash.port, &fixture.layout, &old),
                     OTTER_ERR_NONE);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 1);
    fixture_run(&fixture, 100);
    fixture_pieces(&fixture, 2, 2);
    assert_true(fixture_is_announced(&fixture));
}

/* A record whose status was cut may read as none today and as pending after the next
 * power-up. */
static void test_flag_that_reads_as_none_is_erased_too(void **state)
{
    struct otter_flag old = {.image_size = 1500};

    (void)state;
    fixture_init(&fixture, 1500, 1);
    assert_int_equal(otter_flag_write(&fixture.flash.port, &fixture.layout, &old), 0);
    ram_flash_poke(&fixture.flash, fixture.layout.flag.addr, (const uint8_t[]){0xFF, 0xFF}, 2);
    ram_flash_restart(&fixture.flash);
    assert_int_equal(otter_flag_read(&fixture.flash.port, &fixture.layout, &old),
                     OTTER_ERR_NONE);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 1);
    while (fixture.flash.operations == 0) {
        fixture_poll(&fixture);
    }
    assert_int_equal(fixture.flash.programmed, 0);
    /* and now it reads as pending: the remainder is gone */
    ram_flash_poke(&fixture.flash, fixture.layout.flag.addr, (const uint8_t[]){0xEE, 0xEE}, 2);
    assert_int_equal(otter_flag_read(&fixture.flash.port, &fixture.layout, &old),
                     OTTER_ERR_RANGE);
}

static void test_flash_error_at_every_operation(void **state)
{
    uint32_t at;

    (void)state;
    for (at = 1;; at++) {
        uint8_t sn = 50;

        fixture_init(&fixture, 1200, 1);
        fixture_begin(&fixture);
        fixture.flash.fail_at = at;
        fixture.flash.fail_count = 1;
        for (uint16_t number = 1; number <= 2; number++) {
            fixture_piece(&fixture, number, ++sn);
            fixture_run(&fixture, 100);
            if (fixture.device.receiver.transfer.result != OTTER_RESULT_NONE) {
                break;
            }
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, sn);
        }
        if (fixture.flash.operations < at) {
            break;
        }
        assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_FLASH);
        assert_int_equal(fixture.restarts, 0);
        assert_false(fixture_is_announced(&fixture));
        if (sn == 51 ||
            fixture.flash.operations > 603) { /* its ACK was out already, or FLAG failed */
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, sn);
        }
        fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
        if (sn == 52 && fixture.flash.operations <= 603) {
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, sn);
        }
        fixture_run(&fixture, 1000);
        assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    }
    assert_int_equal(at, 1 + 2 + 600 + 11 + 1); /* FLAG, pages, image, FLAG */
}

static void test_flash_that_lies_is_found_by_the_digest(void **state)
{
    (void)state;
    fixture_init(&fixture, 1200, 1);
    fixture_begin(&fixture);
    fixture.flash.lie_at = 300;
    fixture.flash.lie_count = 1;
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    expect_stop(9, OTTER_RESULT_MD5);
}

static void test_flash_that_cannot_be_read(void **state)
{
    (void)state;
    for (uint32_t at = 1; at < 400; at++) {
        fixture_init(&fixture, 1200, 1);
        fixture_begin(&fixture);
        fixture.flash.fail_read_at = fixture.flash.reads + at;
        fixture_piece(&fixture, 1, 1);
        fixture_run(&fixture, 100);
        fixture_piece(&fixture, 2, 2);
        fixture_run(&fixture, 100);
        fixture.flash.fail_read_at = 0;
        if (fixture.device.receiver.transfer.result == OTTER_RESULT_FINISHED) {
            return;
        }
        assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_FLASH);
        assert_false(fixture_is_announced(&fixture));
    }
    fail_msg("never finished");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_transfer),
        cmocka_unit_test(test_piece_is_acked_before_it_is_programmed),
        cmocka_unit_test(test_poll_does_one_erase_and_256_bytes),
        cmocka_unit_test(test_flash_waits_until_the_ack_is_taken),
        cmocka_unit_test(test_next_piece_before_the_queue_is_empty),
        cmocka_unit_test(test_last_piece_ack_leaves_before_flag_and_restart),
        cmocka_unit_test(test_last_piece_repeated_while_it_is_checked),
        cmocka_unit_test(test_repeated_piece_is_acked_and_not_written),
        cmocka_unit_test(test_sizes_that_cannot_be),
        cmocka_unit_test(test_offer_of_wrong_form),
        cmocka_unit_test(test_refused_offer_repeated),
        cmocka_unit_test(test_piece_that_cannot_be),
        cmocka_unit_test(test_last_piece_of_wrong_length),
        cmocka_unit_test(test_pieces_after_a_stop_are_acked_and_stopped),
        cmocka_unit_test(test_piece_of_an_older_transfer_after_ready),
        cmocka_unit_test(test_md5_differs),
        cmocka_unit_test(test_vectors_are_checked_at_the_first_piece),
        cmocka_unit_test(test_vectors_in_two_pieces),
        cmocka_unit_test(test_trailer),
        cmocka_unit_test(test_old_flag_is_void_before_its_image_is_touched),
        cmocka_unit_test(test_flag_that_reads_as_none_is_erased_too),
        cmocka_unit_test(test_flash_error_at_every_operation),
        cmocka_unit_test(test_flash_that_lies_is_found_by_the_digest),
        cmocka_unit_test(test_flash_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
