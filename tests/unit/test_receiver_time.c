/* SPDX-License-Identifier: Apache-2.0 */
/* When the receiver asks, asks again, and gives up. Authority: the measured module (docs/protocol.md
 * chapter 4), and the limits in receiver.h. The clock of the rig wraps in every one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "support/receiver_fixture.h"

static struct rig rig;

/* The time until READY is sent, in ms; fails after `limit`. The module does not answer it. */
static uint32_t wait_for_ready(uint32_t limit)
{
    uint32_t from = rig.now_ms;

    while (rig.sent_count == 0 && rig.now_ms - from < limit) {
        rig_run(&rig, 10);
    }
    rig.piece_len = (uint16_t)((rig.sent[0].payload[34] << 8) | rig.sent[0].payload[35]);
    rig_expect(&rig, OTTER_CMD_READY);
    rig_expect_nothing(&rig);
    return rig.now_ms - from;
}

/* ---- READY ---- */

static void test_ready_is_sent_once_and_repeated_after_silence(void **state)
{
    (void)state;
    rig_init(&rig, 26000, 1);
    rig_offer(&rig);
    rig_poll(&rig);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    assert_int_equal(rig_expect(&rig, OTTER_CMD_READY)->sn, 0);
    assert_int_equal(wait_for_ready(5000), 3500);
    assert_int_equal(rig.piece_len, 512);
    assert_int_equal(wait_for_ready(5000), 3500);
    assert_int_equal(rig.piece_len, 256);
    assert_int_equal(wait_for_ready(5000), 3500);
    assert_int_equal(rig.piece_len, 128);
    assert_true(otter_receiver_is_active(&rig.device.receiver));
    rig_run(&rig, 3480);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_ASKED);
    rig_run(&rig, 60000);
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(rig.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
    assert_false(otter_receiver_is_active(&rig.device.receiver));
}

static void test_ready_acknowledged_but_no_piece(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    for (unsigned i = 0; i < 3; i++) {
        rig_run(&rig, 3490);
        rig_expect_nothing(&rig);
        rig_run(&rig, 10);
        rig_expect_ready(&rig);
    }
    rig_complete(&rig); /* the fourth was answered */
}

static void test_any_byte_postpones_ready(void **state)
{
    const uint8_t noise = 0x00;

    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_run(&rig, 3400);
    otter_device_receive(&rig.device, &noise, 1, rig.now_ms);
    rig_run(&rig, 3490);
    rig_expect_nothing(&rig);
    rig_run(&rig, 10);
    rig_expect_ready(&rig);
    for (unsigned i = 0; i < 9; i++) { /* but not for ever */
        rig_run(&rig, 1000);
        otter_device_receive(&rig.device, &noise, 1, rig.now_ms);
        rig_expect_nothing(&rig);
    }
    rig_run(&rig, 1000);
    rig_expect_ready(&rig);
    rig_complete(&rig);
}

static void test_ready_waits_for_the_ack_of_another_command(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    assert_int_equal(otter_device_command(&rig.device, OTTER_CMD_GET_TIME, NULL, 0, rig.now_ms),
                     0);
    rig_offer(&rig);
    rig_run(&rig, 100);
    rig_expect(&rig, OTTER_CMD_GET_TIME);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    rig_expect_nothing(&rig);
    rig_module(&rig, OTTER_CMD_TIME, 0, 0, NULL, 0);
    assert_int_equal(rig.answers, 1);
    rig_poll(&rig);
    rig_expect_ready(&rig);
    assert_int_equal(otter_device_command(&rig.device, OTTER_CMD_GET_TIME, NULL, 0, rig.now_ms),
                     OTTER_ERR_BUSY);
    rig_complete(&rig);
}

static void test_first_piece_implies_the_ack_of_ready(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_offer(&rig);
    rig_poll(&rig);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    rig_expect(&rig, OTTER_CMD_READY);
    rig.piece_len = 1024;
    assert_true(otter_link_is_busy(&rig.device.link));
    rig_complete(&rig);
    assert_false(otter_link_is_busy(&rig.device.link));
}

static void test_offer_repeated_while_asking(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    for (unsigned i = 0; i < 2; i++) {
        rig.module_sn--;
        rig_run(&rig, 200);
        rig_offer(&rig);
        rig_poll(&rig);
        rig_expect_ack(&rig, OTTER_CMD_OFFER_ACK, 0);
        rig_expect_nothing(&rig);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(wait_for_ready(5000), 3500);
    }
    rig_run(&rig, 20000); /* and four are all */
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
}

static void test_another_offer_while_asking(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_offer(&rig);
    rig_poll(&rig);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    rig_expect(&rig, OTTER_CMD_READY); /* unacknowledged */
    rig.image[100] ^= 1;
    rig_seal(&rig);
    rig_begin(&rig);
    rig_complete(&rig);
}

static void test_offers_of_a_module_that_restarts_renew_the_patience(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(wait_for_ready(5000), 3500);
        rig_run(&rig, 2000);
        rig_offer(&rig);
        rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    }
    wait_for_ready(5000);
    rig_complete(&rig);
}

static void test_offer_in_the_middle_starts_afresh(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_pieces(&rig, 1, 3);
    rig_begin(&rig); /* the same */
    rig_pieces(&rig, 1, 2);
    rig.image[100] ^= 1;
    rig_seal(&rig);
    rig_begin(&rig); /* another file */
    rig_complete(&rig);
}

/* ---- a module that stops sending ---- */

static void test_watchdog_asks_again_after_10_s(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_pieces(&rig, 1, 2);
    for (unsigned i = 0; i < 98; i++) { /* no matter what else arrives */
        rig_run(&rig, 100);
        rig_module(&rig, OTTER_CMD_HEARTBEAT, 9, 0, NULL, 0);
        rig_expect_ack(&rig, OTTER_CMD_HEARTBEAT_ACK, 9);
        rig_expect_nothing(&rig);
    }
    rig_run(&rig, 100); /* a piece ends 100 ms later in rig_pieces() */
    assert_int_equal(rig_expect_ready(&rig), 1024);
    rig_complete(&rig);
}

static void test_sender_stop_halves_and_asks_at_once(void **state)
{
    static const uint16_t lengths[] = {1024, 512, 256, 128, 128, 128};

    (void)state;
    rig_init(&rig, 26000, 1);
    rig_begin(&rig);
    for (unsigned i = 0; i + 1 < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(rig.piece_len, lengths[i]);
        if (i % 2 == 0) { /* also when not even piece 1 came through */
            rig_pieces(&rig, 1, 2);
        }
        for (unsigned k = 0; k < 3; k++) { /* repeats are acknowledged only */
            rig_module(&rig, OTTER_CMD_SENDER_STOP, (uint8_t)(100 + i), 0, NULL, 0);
            rig_poll(&rig);
            rig_expect_ack(&rig, OTTER_CMD_SENDER_STOP_ACK, (uint8_t)(100 + i));
            if (k == 0) {
                rig_expect_ready(&rig);
            }
            rig_expect_nothing(&rig);
        }
    }
    rig_complete(&rig);
}

static void test_sender_stop_with_the_same_sn_later(void **state)
{
    (void)state;
    rig_init(&rig, 26000, 1);
    rig_begin(&rig);
    for (unsigned i = 0; i < 4; i++) {
        if (i % 2 == 0) {
            rig_pieces(&rig, 1, 1); /* sn went round */
        } else {
            rig_run(&rig, 40000); /* the module restarted, sn begins again */
            assert_int_equal(rig.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
            rig.sent_count = rig.sent_at = 0;
            rig_begin(&rig);
        }
        rig_module(&rig, OTTER_CMD_SENDER_STOP, 77, 0, NULL, 0);
        rig_poll(&rig);
        rig_expect_ack(&rig, OTTER_CMD_SENDER_STOP_ACK, 77);
        rig_expect_ready(&rig);
    }
    rig_complete(&rig);
}

static void test_halving_keeps_the_length_even(void **state)
{
    (void)state;
    rig_init(&rig, 703, 1);
    rig_begin(&rig);
    assert_int_equal(rig.piece_len, 702);
    rig_module(&rig, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    rig_poll(&rig);
    rig_expect(&rig, OTTER_CMD_SENDER_STOP_ACK);
    assert_int_equal(rig_expect_ready(&rig), 350);
    rig_complete(&rig);
    rig_init(&rig, 101, 1); /* already below the least: stays */
    rig_begin(&rig);
    rig_module(&rig, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    rig_poll(&rig);
    rig_expect(&rig, OTTER_CMD_SENDER_STOP_ACK);
    assert_int_equal(rig_expect_ready(&rig), 100);
    rig_complete(&rig);
}

static void test_sender_stop_when_idle(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_module(&rig, OTTER_CMD_SENDER_STOP, 1, 0, NULL, 0);
    rig_run(&rig, 20000);
    rig_expect_ack(&rig, OTTER_CMD_SENDER_STOP_ACK, 1);
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_two_bad_sums_halve_the_next_ready(void **state)
{
    (void)state;
    for (unsigned bad = 1; bad <= 3; bad++) {
        rig_init(&rig, 26000, 1);
        rig_begin(&rig);
        rig_pieces(&rig, 1, 1);
        rig_bad_sum(&rig, OTTER_CMD_PIECE, 50);
        rig_expect(&rig, OTTER_CMD_ILLEGAL_TO_MODULE);
        rig_pieces(&rig, 2, 2); /* came in the end: the count starts anew */
        for (unsigned i = 0; i < bad; i++) {
            rig_bad_sum(&rig, OTTER_CMD_PIECE, 51);
            rig_expect(&rig, OTTER_CMD_ILLEGAL_TO_MODULE);
        }
        rig_run(&rig, 9890);
        rig_expect_nothing(&rig);
        rig_run(&rig, 10);
        assert_int_equal(rig_expect_ready(&rig), bad >= 2 ? 512 : 1024);
        rig_complete(&rig);
    }
}

static void test_at_most_8_attempts(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    for (unsigned attempt = 1; attempt <= OTTER_ATTEMPTS_MAX; attempt++) {
        rig_pieces(&rig, 1, 1);
        rig_module(&rig, OTTER_CMD_SENDER_STOP, (uint8_t)attempt, 0, NULL, 0);
        rig_poll(&rig);
        rig_expect(&rig, OTTER_CMD_SENDER_STOP_ACK);
        if (attempt < OTTER_ATTEMPTS_MAX) {
            rig_expect_ready(&rig);
        }
    }
    rig_module(&rig, OTTER_CMD_RECEIVER_STOP_ACK, rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn,
               0, NULL, 0);
    rig_run(&rig, 60000);
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(rig.device.receiver.transfer.result, OTTER_RESULT_ATTEMPTS);
    rig_begin(&rig); /* a new offer counts anew */
    rig_complete(&rig);
}

static void test_stop_is_sent_three_times(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig.offer.file_size = 100000;
    rig_offer(&rig);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    rig_run(&rig, 5000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn, 0);
    }
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(rig.gave_ups, 0); /* not the application's affair */
}

static void test_refusal_waits_for_the_ack_of_another_command(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    assert_int_equal(otter_device_command(&rig.device, OTTER_CMD_GET_TIME, NULL, 0, rig.now_ms),
                     0);
    rig.offer.file_size = 100000;
    rig_offer(&rig);
    rig_run(&rig, 100);
    rig_expect(&rig, OTTER_CMD_GET_TIME);
    rig_expect(&rig, OTTER_CMD_OFFER_ACK);
    rig_expect_nothing(&rig);
    rig_module(&rig, OTTER_CMD_TIME, 0, 0, NULL, 0);
    rig_poll(&rig);
    rig_module(&rig, OTTER_CMD_RECEIVER_STOP_ACK, rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn,
               0, NULL, 0);
    assert_int_equal(rig.answers, 1); /* that one was not for the application */
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
}

static void test_full_send_queue_loses_nothing_for_good(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_pieces(&rig, 1, 4);
    rig.hold = true;
    for (unsigned i = 0; i < 100; i++) {
        rig_module(&rig, OTTER_CMD_HEARTBEAT, 9, 0, NULL, 0);
    }
    rig_piece(&rig, 5, 55);
    rig_run(&rig, 1000);
    rig.hold = false;
    rig_poll(&rig);
    while (rig.sent_count > rig.sent_at + 1) {
        rig_expect(&rig, OTTER_CMD_HEARTBEAT_ACK);
    }
    rig_run(&rig, 100);
    rig_expect(&rig, OTTER_CMD_HEARTBEAT_ACK);
    rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 55);
    assert_true(rig_is_announced(&rig));
    assert_int_equal(rig.restarts, 1);
}

int main(void)
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
        cmocka_unit_test(test_sender_stop_halves_and_asks_at_once),
        cmocka_unit_test(test_sender_stop_with_the_same_sn_later),
        cmocka_unit_test(test_halving_keeps_the_length_even),
        cmocka_unit_test(test_sender_stop_when_idle),
        cmocka_unit_test(test_two_bad_sums_halve_the_next_ready),
        cmocka_unit_test(test_at_most_8_attempts),
        cmocka_unit_test(test_stop_is_sent_three_times),
        cmocka_unit_test(test_refusal_waits_for_the_ack_of_another_command),
        cmocka_unit_test(test_full_send_queue_loses_nothing_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
