/* SPDX-License-Identifier: Apache-2.0 */
/* When the receiver asks, asks again, and gives up. Authority: the measured module
 * (docs/protocol.md chapter 4), and the limits in receiver.h. The clock of the fixture wraps in
 * every one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;

/* ---- READY ---- */

static void test_ready_is_sent_once_and_repeated_after_silence(void **state)
{
    (void)state;
    fixture_init(&fixture, 26000, 1);
    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_READY)->sn, 0);
    assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
    assert_int_equal(fixture.piece_len, 1024);
    assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
    assert_int_equal(fixture.piece_len, 512);
    assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
    assert_int_equal(fixture.piece_len, 256);
    assert_true(otter_receiver_is_active(&fixture.device.receiver));
    fixture_run(&fixture, 3480);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_ASKED);
    fixture_run(&fixture, 60000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
    assert_false(otter_receiver_is_active(&fixture.device.receiver));
}

static void test_ready_acknowledged_but_no_piece(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    for (unsigned i = 0; i < 3; i++) {
        fixture_run(&fixture, 3490);
        fixture_expect_nothing(&fixture);
        fixture_run(&fixture, 10);
        fixture_expect_ready(&fixture);
    }
    fixture_complete(&fixture); /* the fourth was answered */
}

static void test_any_byte_postpones_ready(void **state)
{
    const uint8_t noise = 0x00;

    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_run(&fixture, 3400);
    otter_device_receive(&fixture.device, &noise, 1, fixture.now_ms);
    fixture_run(&fixture, 3490);
    fixture_expect_nothing(&fixture);
    fixture_run(&fixture, 10);
    fixture_expect_ready(&fixture);
    for (unsigned i = 0; i < 9; i++) { /* but not for ever */
        fixture_run(&fixture, 1000);
        otter_device_receive(&fixture.device, &noise, 1, fixture.now_ms);
        fixture_expect_nothing(&fixture);
    }
    fixture_run(&fixture, 1000);
    fixture_expect_ready(&fixture);
    fixture_complete(&fixture);
}

static void test_ready_waits_for_the_ack_of_another_command(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
    fixture_offer(&fixture);
    fixture_run(&fixture, 100);
    fixture_expect(&fixture, OTTER_CMD_GET_TIME);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect_nothing(&fixture);
    fixture_module(&fixture, OTTER_CMD_TIME, 0, 0, NULL, 0);
    assert_int_equal(fixture.answers, 1);
    fixture_poll(&fixture);
    fixture_expect_ready(&fixture);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms),
        OTTER_ERR_BUSY);
    fixture_complete(&fixture);
}

static void test_first_piece_implies_the_ack_of_ready(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_READY);
    fixture.piece_len = 1024;
    assert_true(otter_link_is_busy(&fixture.device.link));
    fixture_complete(&fixture);
    assert_false(otter_link_is_busy(&fixture.device.link));
}

static void test_offer_repeated_while_asking(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    for (unsigned i = 0; i < 2; i++) {
        fixture.module_sn--;
        fixture_run(&fixture, 200);
        fixture_offer(&fixture);
        fixture_poll(&fixture);
        fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, 0);
        fixture_expect_nothing(&fixture);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
    }
    fixture_run(&fixture, 20000); /* and four are all */
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
}

static void test_another_offer_while_asking(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_READY); /* unacknowledged */
    fixture.image[100] ^= 1;
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

static void test_offers_of_a_module_that_restarts_renew_the_patience(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
        fixture_run(&fixture, 2000);
        fixture_offer(&fixture);
        fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    }
    fixture_wait_for_ready(&fixture, 5000);
    fixture_complete(&fixture);
}

static void test_offer_in_the_middle_starts_afresh(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 3);
    fixture_begin(&fixture); /* the same */
    fixture_pieces(&fixture, 1, 2);
    fixture.image[100] ^= 1;
    fixture_update_offer(&fixture);
    fixture_begin(&fixture); /* another file */
    fixture_complete(&fixture);
}

/* ---- a module that stops sending ---- */

static void test_watchdog_asks_again_after_10_s(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 2);
    for (unsigned i = 0; i < 98; i++) { /* no matter what else arrives */
        fixture_run(&fixture, 100);
        fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 9, 0, NULL, 0);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 9);
        fixture_expect_nothing(&fixture);
    }
    fixture_run(&fixture, 100); /* a piece ends 100 ms later in fixture_pieces() */
    assert_int_equal(fixture_expect_ready(&fixture), 1024);
    fixture_complete(&fixture);
}

static void test_sender_stop_halves_and_asks_soon(void **state)
{
    static const uint16_t lengths[] = {1024, 512, 256, 128, 128, 128};

    (void)state;
    fixture_init(&fixture, 26000, 1);
    fixture_begin(&fixture);
    for (unsigned i = 0; i + 1 < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(fixture.piece_len, lengths[i]);
        if (i % 2 == 0) { /* also when not even piece 1 came through */
            fixture_pieces(&fixture, 1, 2);
        }
        for (unsigned k = 0; k < 3; k++) { /* repeats are acknowledged only */
            fixture_module(&fixture, OTTER_CMD_SENDER_STOP, (uint8_t)(100 + i), 0, NULL, 0);
            fixture_poll(&fixture);
            fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, (uint8_t)(100 + i));
            if (k == 0) {
                fixture_expect_ready(&fixture);
            }
            fixture_expect_nothing(&fixture);
        }
    }
    fixture_complete(&fixture);
}

/* What the module could not send in the piece loop it sends within 1 ms after 0x20 or 0x28.
 * READY does not meet it, nor what follows. */
static void test_ready_does_not_meet_the_modules_backlog(void **state)
{
    static const uint8_t connected[] = {0x07, 0x3A};

    (void)state;
    for (unsigned by_0x28 = 0; by_0x28 < 2; by_0x28++) {
        fixture_init(&fixture, 5000, 1);
        fixture_begin(&fixture);
        if (by_0x28) {
            fixture_piece(&fixture, 4, 44); /* of a transfer before */
            fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                           fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
        } else {
            fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
            fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, 1);
        }
        fixture_poll(&fixture);
        fixture_expect_nothing(&fixture);
        fixture_module(&fixture, OTTER_CMD_STATUS, 2, 0, connected, sizeof connected);
        fixture_expect_ack(&fixture, OTTER_CMD_STATUS_ACK, 2);
        fixture_run(&fixture, 190);
        fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 3, 0, NULL, 0);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 3);
        assert_int_equal(fixture_expect_ready(&fixture), by_0x28 ? 1024 : 512);
        fixture_complete(&fixture);
    }
}

static void test_sender_stop_with_the_same_sn_later(void **state)
{
    (void)state;
    fixture_init(&fixture, 26000, 1);
    fixture_begin(&fixture);
    for (unsigned i = 0; i < 4; i++) {
        if (i % 2 == 0) {
            fixture_pieces(&fixture, 1, 1); /* sn went round */
        } else {
            fixture_run(&fixture, 40000); /* the module restarted, sn begins again */
            assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
            fixture.sent_count = fixture.sent_at = 0;
            fixture_begin(&fixture);
        }
        fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 77, 0, NULL, 0);
        fixture_poll(&fixture);
        fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, 77);
        fixture_expect_ready(&fixture);
    }
    fixture_complete(&fixture);
}

static void test_halving_keeps_the_length_even(void **state)
{
    (void)state;
    fixture_init(&fixture, 703, 1);
    fixture_begin(&fixture);
    assert_int_equal(fixture.piece_len, 702);
    fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_SENDER_STOP_ACK);
    assert_int_equal(fixture_expect_ready(&fixture), 350);
    fixture_complete(&fixture);
    fixture_init(&fixture, 101, 1); /* already below the least: stays */
    fixture_begin(&fixture);
    fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_SENDER_STOP_ACK);
    assert_int_equal(fixture_expect_ready(&fixture), 100);
    fixture_complete(&fixture);
}

static void test_sender_stop_when_idle(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    fixture_run(&fixture, 20000);
    fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, 1);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_two_bad_checksums_halve_the_next_ready(void **state)
{
    (void)state;
    for (unsigned bad = 1; bad <= 3; bad++) {
        fixture_init(&fixture, 26000, 1);
        fixture_begin(&fixture);
        fixture_pieces(&fixture, 1, 1);
        fixture_bad_checksum(&fixture, OTTER_CMD_PIECE, 50);
        fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);
        fixture_pieces(&fixture, 2, 2); /* came in the end: the count starts anew */
        for (unsigned i = 0; i < bad; i++) {
            fixture_bad_checksum(&fixture, OTTER_CMD_PIECE, 51);
            fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);
        }
        fixture_run(&fixture, 9890);
        fixture_expect_nothing(&fixture);
        fixture_run(&fixture, 10);
        assert_int_equal(fixture_expect_ready(&fixture), bad >= 2 ? 512 : 1024);
        fixture_complete(&fixture);
    }
}

static void test_at_most_8_attempts(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    for (unsigned attempt = 1; attempt <= OTTER_ATTEMPTS_MAX; attempt++) {
        fixture_pieces(&fixture, 1, 1);
        fixture_module(&fixture, OTTER_CMD_SENDER_STOP, (uint8_t)attempt, 0, NULL, 0);
        fixture_poll(&fixture);
        fixture_expect(&fixture, OTTER_CMD_SENDER_STOP_ACK);
        if (attempt < OTTER_ATTEMPTS_MAX) {
            fixture_expect_ready(&fixture);
        }
    }
    fixture_run(&fixture, OTTER_READY_PAUSE_MS);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
    fixture_run(&fixture, 60000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_ATTEMPTS);
    fixture_begin(&fixture); /* a new offer counts anew */
    fixture_complete(&fixture);
}

static void test_stop_is_sent_three_times(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture.offer.file_size = 100000;
    fixture_offer(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_run(&fixture, 5000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0);
    }
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.gave_ups, 0); /* not the application's affair */
}

static void test_refusal_waits_for_the_ack_of_another_command(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
    fixture.offer.file_size = 100000;
    fixture_offer(&fixture);
    fixture_run(&fixture, 100);
    fixture_expect(&fixture, OTTER_CMD_GET_TIME);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect_nothing(&fixture);
    fixture_module(&fixture, OTTER_CMD_TIME, 0, 0, NULL, 0);
    fixture_poll(&fixture);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
    assert_int_equal(fixture.answers, 1); /* that one was not for the application */
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
}

static void test_full_send_queue_loses_nothing_for_good(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 4);
    fixture.hold = true;
    for (unsigned i = 0; i < 100; i++) {
        fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 9, 0, NULL, 0);
    }
    fixture_piece(&fixture, 5, 55);
    fixture_run(&fixture, 1000);
    fixture.hold = false;
    fixture_poll(&fixture);
    while (fixture.sent_count > fixture.sent_at + 1) {
        fixture_expect(&fixture, OTTER_CMD_HEARTBEAT_ACK);
    }
    fixture_run(&fixture, 100);
    fixture_expect(&fixture, OTTER_CMD_HEARTBEAT_ACK);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 55);
    assert_true(fixture_is_announced(&fixture));
    assert_int_equal(fixture.restarts, 1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_is_sent_once_and_repeated_after_silence),
        cmocka_unit_test(test_ready_acknowledged_but_no_piece),
        cmocka_unit_test(test_any_byte_postpones_ready),
        cmocka_unit_test(test_ready_waits_for_the_ack_of_another_command),
        cmocka_unit_test(test_first_piece_implies_the_ack_of_ready),
        cmocka_unit_test(test_offer_repeated_while_asking),
        cmocka_unit_test(test_another_offer_while_asking),
        cmocka_unit_test(test_offers_of_a_module_that_restarts_renew_the_patience),
        cmocka_unit_test(test_offer_in_the_middle_starts_afresh),
        cmocka_unit_test(test_watchdog_asks_again_after_10_s),
        cmocka_unit_test(test_sender_stop_halves_and_asks_soon),
        cmocka_unit_test(test_ready_does_not_meet_the_modules_backlog),
        cmocka_unit_test(test_sender_stop_with_the_same_sn_later),
        cmocka_unit_test(test_halving_keeps_the_length_even),
        cmocka_unit_test(test_sender_stop_when_idle),
        cmocka_unit_test(test_two_bad_checksums_halve_the_next_ready),
        cmocka_unit_test(test_at_most_8_attempts),
        cmocka_unit_test(test_stop_is_sent_three_times),
        cmocka_unit_test(test_refusal_waits_for_the_ack_of_another_command),
        cmocka_unit_test(test_full_send_queue_loses_nothing_for_good),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
