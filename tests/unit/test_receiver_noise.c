/* SPDX-License-Identifier: Apache-2.0 */
/* A line with faults: what its 8-bit sums let through must cost another attempt, not the
 * update; but a file that is wrong itself must still end with 0x27. Authority: docs/protocol.md
 * 4.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;

enum { SIZE = 1500 };

/* All pieces, the last one with `harm` in it. */
static void send_all(uint8_t harm)
{
    uint16_t count = fixture_piece_count(&fixture);

    if (count > 1) {
        fixture_pieces(&fixture, 1, (uint16_t)(count - 1));
    }
    fixture.image[SIZE - 1] ^= harm;
    fixture_piece(&fixture, count, 9);
    fixture.image[SIZE - 1] ^= harm;
    fixture_run(&fixture, 100);
}

/* 0x27, then the ACK; 0x28 comes. */
static void expect_abort(void)
{
    uint8_t sn = fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn;

    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, sn, 0, NULL, 0);
    fixture_poll(&fixture);
}

static void expect_end(enum otter_result result)
{
    expect_abort();
    fixture_run(&fixture, 20000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.device.receiver.transfer.result, result);
    assert_int_equal(fixture.restarts, 0);
    assert_false(fixture_is_announced(&fixture));
}

static void begin_noisy(void)
{
    fixture_init(&fixture, SIZE, 1);
    fixture_begin(&fixture);
    fixture_bad_checksum(&fixture, OTTER_CMD_PIECE, 1);
    fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);
}

static void test_wrong_md5_on_a_noisy_line_is_asked_again(void **state)
{
    (void)state;
    begin_noisy();
    send_all(1);
    expect_abort();
    assert_int_equal(fixture_expect_ready(&fixture),
                     512); /* half of 1024: shorter pieces get through */
    fixture_complete(&fixture);
}

static void test_the_same_wrong_md5_twice_is_the_files(void **state)
{
    (void)state;
    begin_noisy();
    send_all(1);
    expect_abort();
    fixture_expect_ready(&fixture);
    send_all(1);
    expect_end(OTTER_RESULT_MD5);
    fixture_begin(&fixture); /* a new offer begins without that memory */
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
        fixture_expect_ready(&fixture);
    }
    send_all(OTTER_ATTEMPTS_MAX);
    expect_end(OTTER_RESULT_MD5);
}

static void test_each_fault_of_the_line_counts(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < 3; fault++) {
        fixture_init(&fixture, SIZE, 1);
        fixture_begin(&fixture);
        fixture_pieces(&fixture, 1, 1);
        if (fault == 0) { /* our ACK was lost: the piece comes again, with its sn */
            fixture_piece(&fixture, 1, 77);
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 77);
        } else if (fault == 1) { /* the piece was lost, and comes with its second sending */
            fixture_run(&fixture, 3000);
        } else { /* the module gave up */
            fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 3, 0, NULL, 0);
            fixture_poll(&fixture);
            fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, 3);
            fixture_expect_ready(&fixture);
            fixture_pieces(&fixture, 1, 2);
        }
        fixture.image[SIZE - 1] ^= 1;
        fixture_piece(&fixture, fixture_piece_count(&fixture), 9);
        fixture.image[SIZE - 1] ^= 1;
        fixture_run(&fixture, 100);
        expect_abort();
        fixture_expect_ready(&fixture);
        fixture_complete(&fixture);
    }
}

static void test_impossible_piece_on_a_noisy_line_is_asked_again(void **state)
{
    (void)state;
    begin_noisy();
    fixture_pieces(&fixture, 1, 1);
    fixture.image_size = SIZE + 2;
    fixture_piece(&fixture, 2, 9); /* two bytes too long */
    fixture.image_size = SIZE;
    expect_abort();
    fixture_expect_ready(&fixture);
    fixture_complete(&fixture);
}

static void test_impossible_first_pieces_end_after_eight_attempts(void **state)
{
    (void)state;
    begin_noisy();
    for (unsigned attempt = 1; attempt <= OTTER_ATTEMPTS_MAX; attempt++) {
        fixture.image_size = SIZE + 2 * FIXTURE_IMAGE_MAX / 4;
        fixture_piece(&fixture, 1, 9); /* another count */
        fixture.image_size = SIZE;
        if (attempt < OTTER_ATTEMPTS_MAX) {
            expect_abort();
            fixture_expect_ready(&fixture);
        }
    }
    expect_abort();
    fixture_run(&fixture, 20000);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    assert_false(fixture_is_announced(&fixture));
}

/* A piece (0x1D) becomes 0x19 by one wrong bit, and its sum fits by another. */
static void test_malformed_offer_among_pieces_is_not_answered(void **state)
{
    (void)state;
    static const uint8_t garbage[60] = {0, 2, 0, 2};
    fixture_init(&fixture, SIZE, 1);
    fixture_begin(&fixture);
    fixture_module(&fixture, OTTER_CMD_OFFER, 5, 0, garbage, sizeof garbage);
    fixture_poll(&fixture);
    fixture_expect_nothing(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture_module(&fixture, OTTER_CMD_OFFER, 6, 0, garbage, sizeof garbage);
    fixture_poll(&fixture);
    fixture_expect_nothing(&fixture);
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    assert_true(fixture_is_announced(&fixture));
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
