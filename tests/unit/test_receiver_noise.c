/* SPDX-License-Identifier: Apache-2.0 */
/* A line with faults: what its 8-bit sums let through must cost another attempt, not the update; but
 * a file that is wrong itself must still end with 0x27. Authority: docs/protocol.md 4.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/receiver_fixture.h"

static struct rig rig;

enum { SIZE = 1500 };

/* All pieces, the last one with `harm` in it. */
static void send_all(uint8_t harm)
{
    uint16_t count = rig_piece_count(&rig);

    if (count > 1) {
        rig_pieces(&rig, 1, (uint16_t)(count - 1));
    }
    rig.image[SIZE - 1] ^= harm;
    rig_piece(&rig, count, 9);
    rig.image[SIZE - 1] ^= harm;
    rig_run(&rig, 100);
}

/* 0x27, then the ACK; 0x28 comes. */
static void expect_abort(void)
{
    uint8_t sn = rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn;

    rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 9);
    rig_module(&rig, OTTER_CMD_RECEIVER_STOP_ACK, sn, 0, NULL, 0);
    rig_poll(&rig);
}

static void expect_end(enum otter_result result)
{
    expect_abort();
    rig_run(&rig, 20000);
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(rig.device.receiver.transfer.result, result);
    assert_int_equal(rig.restarts, 0);
    assert_false(rig_is_announced(&rig));
}

static void begin_noisy(void)
{
    rig_init(&rig, SIZE, 1);
    rig_begin(&rig);
    rig_bad_sum(&rig, OTTER_CMD_PIECE, 1);
    rig_expect(&rig, OTTER_CMD_ILLEGAL_TO_MODULE);
}

static void test_wrong_md5_on_a_noisy_line_is_asked_again(void **state)
{
    (void)state;
    begin_noisy();
    send_all(1);
    expect_abort();
    assert_int_equal(rig_expect_ready(&rig),
                     512); /* half of 1024: shorter pieces get through */
    rig_complete(&rig);
}

static void test_the_same_wrong_md5_twice_is_the_files(void **state)
{
    (void)state;
    begin_noisy();
    send_all(1);
    expect_abort();
    rig_expect_ready(&rig);
    send_all(1);
    expect_end(OTTER_RESULT_MD5);
    rig_begin(&rig); /* a new offer begins without that memory */
    send_all(1);
    expect_end(OTTER_RESULT_MD5);
}

static void test_ever_new_wrong_md5_ends_after_eight_attempts(void **state)
{
    (void)state;
    begin_noisy();
    for (uint8_t attempt = 1; attempt < OTTER_ATTEMPTS_MAX; attempt++) {
        send_all(attempt);
        expect_abort();
        rig_expect_ready(&rig);
    }
    send_all(OTTER_ATTEMPTS_MAX);
    expect_end(OTTER_RESULT_MD5);
}

static void test_each_fault_of_the_line_counts(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < 3; fault++) {
        rig_init(&rig, SIZE, 1);
        rig_begin(&rig);
        rig_pieces(&rig, 1, 1);
        if (fault == 0) { /* our ACK was lost: the piece comes again, with its sn */
            rig_piece(&rig, 1, 77);
            rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 77);
        } else if (fault == 1) { /* the piece was lost, and comes with its second sending */
            rig_run(&rig, 3000);
        } else { /* the module gave up */
            rig_module(&rig, OTTER_CMD_SENDER_STOP, 3, 0, NULL, 0);
            rig_poll(&rig);
            rig_expect_ack(&rig, OTTER_CMD_SENDER_STOP_ACK, 3);
            rig_expect_ready(&rig);
            rig_pieces(&rig, 1, 2);
        }
        rig.image[SIZE - 1] ^= 1;
        rig_piece(&rig, rig_piece_count(&rig), 9);
        rig.image[SIZE - 1] ^= 1;
        rig_run(&rig, 100);
        expect_abort();
        rig_expect_ready(&rig);
        rig_complete(&rig);
    }
}

static void test_impossible_piece_on_a_noisy_line_is_asked_again(void **state)
{
    (void)state;
    begin_noisy();
    rig_pieces(&rig, 1, 1);
    rig.image_size = SIZE + 2;
    rig_piece(&rig, 2, 9); /* two bytes too long */
    rig.image_size = SIZE;
    expect_abort();
    rig_expect_ready(&rig);
    rig_complete(&rig);
}

static void test_impossible_first_pieces_end_after_eight_attempts(void **state)
{
    (void)state;
    begin_noisy();
    for (unsigned attempt = 1; attempt <= OTTER_ATTEMPTS_MAX; attempt++) {
        rig.image_size = SIZE + 2 * RIG_IMAGE_MAX / 4;
        rig_piece(&rig, 1, 9); /* another count */
        rig.image_size = SIZE;
        if (attempt < OTTER_ATTEMPTS_MAX) {
            expect_abort();
            rig_expect_ready(&rig);
        }
    }
    expect_abort();
    rig_run(&rig, 20000);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    assert_false(rig_is_announced(&rig));
}

/* A piece (0x1D) becomes 0x19 by one wrong bit, and its sum fits by another. */
static void test_malformed_offer_among_pieces_is_not_answered(void **state)
{
    (void)state;
    static const uint8_t garbage[60] = {0, 2, 0, 2};
    rig_init(&rig, SIZE, 1);
    rig_begin(&rig);
    rig_module(&rig, OTTER_CMD_OFFER, 5, 0, garbage, sizeof garbage);
    rig_poll(&rig);
    rig_expect_nothing(&rig);
    rig_pieces(&rig, 1, 1);
    rig_module(&rig, OTTER_CMD_OFFER, 6, 0, garbage, sizeof garbage);
    rig_poll(&rig);
    rig_expect_nothing(&rig);
    rig_piece(&rig, 2, 9);
    rig_run(&rig, 100);
    rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 9);
    assert_true(rig_is_announced(&rig));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_md5_on_a_noisy_line_is_asked_again),
        cmocka_unit_test(test_the_same_wrong_md5_twice_is_the_files),
        cmocka_unit_test(test_ever_new_wrong_md5_ends_after_eight_attempts),
        cmocka_unit_test(test_each_fault_of_the_line_counts),
        cmocka_unit_test(test_impossible_piece_on_a_noisy_line_is_asked_again),
        cmocka_unit_test(test_impossible_first_pieces_end_after_eight_attempts),
        cmocka_unit_test(test_malformed_offer_among_pieces_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
