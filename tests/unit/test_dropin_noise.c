/* SPDX-License-Identifier: Apache-2.0 */
/* gizwits-dropin/ on a line that garbles what the sums of frames do not show: docs/protocol.md
 * 4.6. Built with pieces of 512 bytes, so that there is something to halve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "support/dropin_fixture.h"
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"

enum { SIZE = 3000, RECEIVER_STOP_ACK = 0x28 };

static void start(uint64_t seed)
{
    dropin_init(SIZE, seed);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin_asked(), 512);
}

/* All pieces of the length asked for; with `bad`, piece 2 arrives with another byte in it. */
static int8_t send_all(uint8_t bad)
{
    uint16_t len = dropin_asked();
    int8_t result = 0;
    for (unsigned n = 1; result == 0 && (n - 1) * len < SIZE; n++) {
        dropin.image[len] ^= bad; /* the first of piece 2 */
        result = dropin_piece(n, len);
        dropin.image[len] ^= bad;
    }
    return result;
}

/* Piece 1 twice: its ACK was lost. */
static void disturb(void)
{
    assert_int_equal(dropin_piece(1, dropin_asked()), 0);
    assert_int_equal(dropin_piece(1, dropin_asked()), 0);
}

static void assert_asked(unsigned times, uint16_t piece_len)
{
    assert_int_equal(dropin_sent(0x1B), times);
    assert_int_equal(dropin_asked(), piece_len);
}

static void assert_updated(void)
{
    struct otter_flag flag;
    assert_int_equal(otter_flag_read(&dropin.flash.port, &ram_flash_layout, &flag), 0);
    assert_memory_equal(flag.md5, dropin.md5, sizeof flag.md5);
    dropin_wait(200);
    assert_true(dropin.restarts > 0);
}

/* 0x28 comes, and READY after a pause. */
static void answer_stop(void)
{
    unsigned before = dropin_sent(0x1B);

    otter_dropin_answered(RECEIVER_STOP_ACK);
    dropin_wait(190);
    assert_int_equal(dropin_sent(0x1B), before);
    dropin_wait(20);
}

static void assert_ended(unsigned readies, unsigned stops)
{
    otter_dropin_answered(RECEIVER_STOP_ACK);
    dropin_wait(60000);
    assert_int_equal(dropin_sent(0x1B), readies);
    assert_int_equal(dropin_sent(0x27), stops);
    assert_int_equal(romUpdate.otaBusyModeFlag, 0);
    assert_int_equal(dropin.restarts, 0);
}

static void test_wrong_md5_on_a_bad_line_is_asked_again_when_0x28_came(void **state)
{
    (void)state;
    start(1);
    disturb();
    for (unsigned n = 2; n <= 5; n++) {
        assert_int_equal(dropin_piece(n, 512), 0);
    }
    dropin.image[2999] ^= 1;
    assert_int_equal(dropin_piece(6, 512), -2);
    dropin.image[2999] ^= 1;
    /* 0x27 first, then the dispatcher's ACK, nothing else until 0x28 */
    assert_int_equal(dropin.sent[dropin.sent_count - 2].cmd, 0x27);
    assert_int_equal(dropin.sent[dropin.sent_count - 1].cmd, DROPIN_ACK + 0x1D);
    dropin_wait(500);
    assert_asked(1, 512);
    assert_int_equal(romUpdate.otaBusyModeFlag, 1);
    otter_dropin_answered(RECEIVER_STOP_ACK);
    otter_dropin_answered(RECEIVER_STOP_ACK); /* sent twice by a module that saw 0x27 twice */
    dropin_wait(500);
    assert_asked(2, 256);
    assert_int_equal(send_all(0), 0);
    assert_updated();
}

static void test_wrong_md5_on_a_clean_line_is_the_end(void **state)
{
    (void)state;
    start(2);
    assert_int_equal(send_all(1), -2);
    assert_ended(1, 1);
}

static void test_lost_0x28_is_replaced_by_silence(void **state)
{
    (void)state;
    start(3);
    disturb();
    assert_int_equal(dropin_piece(3, 512), -1); /* 2 was taken for 3 */
    dropin_wait(3400);
    assert_asked(1, 512);
    dropin_wait(200);
    assert_int_equal(dropin_sent(0x1B), 2);
    assert_int_equal(send_all(0), 0);
    assert_updated();
}

/* A late piece, and an 0x1F, are faults of the line as well. */
static void test_what_counts_as_a_fault(void **state)
{
    (void)state;
    start(4);
    assert_int_equal(dropin_piece(1, 512), 0);
    dropin_wait(2900);
    assert_int_equal(dropin_piece(2, 512), 0);
    assert_int_equal(dropin_piece(4, 512), -1);
    assert_ended(1, 1);

    start(5);
    assert_int_equal(dropin_piece(1, 512), 0);
    dropin_wait(3000);
    assert_int_equal(dropin_piece(2, 512), 0);
    assert_int_equal(dropin_piece(4, 512), -1);
    answer_stop();
    assert_asked(2, 256);

    start(6);
    dropin_wait(1500);
    dropin_sender_stops();
    dropin_wait(210);
    assert_asked(2, 256);
    assert_int_equal(send_all(1), -2);
    answer_stop();
    assert_asked(3, 128);
    /* another offer is a new line */
    dropin.image[100] ^= 1;
    dropin_update_offer();
    dropin_forget();
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(send_all(1), -2);
    assert_ended(1, 1);
}

static void test_same_wrong_digest_twice_is_the_end(void **state)
{
    (void)state;
    start(7);
    disturb();
    dropin.image[SIZE - 1] ^= 1; /* not the file that was offered */
    for (unsigned n = 2; n <= 5; n++) {
        assert_int_equal(dropin_piece(n, 512), 0);
    }
    assert_int_equal(dropin_piece(6, 512), -2);
    answer_stop();
    assert_asked(2, 256);
    assert_int_equal(send_all(0), -2);
    assert_ended(2, 2);
}

static void test_attempts_are_limited(void **state)
{
    (void)state;
    start(8);
    uint16_t len = 512;
    for (unsigned i = 1; i <= 8; i++) {
        disturb();
        dropin_forget();                      /* the log is short */
        dropin.image[SIZE - 1] ^= (uint8_t)i; /* another digest each time */
        for (unsigned n = 2; (n - 1) * len < SIZE; n++) {
            assert_int_equal(dropin_piece(n, len), n * len >= SIZE ? -2 : 0);
        }
        dropin.image[SIZE - 1] ^= (uint8_t)i;
        assert_int_equal(dropin_sent(0x27), 1);
        assert_int_equal(dropin_sent(0x1B), 0);
        answer_stop();
        assert_int_equal(dropin_sent(0x1B), i < 8);
        len = i < 8 ? dropin_asked() : len;
    }
    assert_int_equal(len, 128);
    assert_ended(0, 1);
}

static void test_first_pieces_that_never_fit_are_counted_too(void **state)
{
    static const uint8_t piece[4 + 8] = {0, 1, 0, 99};
    (void)state;
    start(9);
    dropin_wait(1500);
    dropin_sender_stops(); /* the first attempt, and a fault */
    dropin_wait(210);
    for (unsigned i = 2; i <= 8; i++) {
        assert_int_equal(dropin_sent(0x1B), i);
        assert_int_equal(dropin_piece_raw(piece, sizeof piece), -1);
        answer_stop();
    }
    assert_ended(8, 8);
}

/* A piece whose command became 0x19: the dispatcher has acknowledged it, and the transfer goes
 * on. */
static void test_malformed_offer_among_pieces_is_ignored(void **state)
{
    static const uint8_t garbage[60] = {0, 2, 0, 2};
    (void)state;
    start(10);
    assert_int_equal(dropin_ask(garbage, sizeof garbage), 0);
    assert_int_equal(dropin_piece(1, 512), 0);
    assert_int_equal(dropin_ask(garbage, sizeof garbage), 0);
    for (unsigned n = 2; n <= 6; n++) {
        assert_int_equal(dropin_piece(n, 512), 0);
    }
    assert_asked(1, 512);
    assert_int_equal(dropin_sent(0x27), 0);
    assert_updated();
}

/* A piece of a transfer from before READY: 0x27, and READY when 0x28 came. */
static void test_piece_of_an_older_transfer_is_stopped_and_asked_again(void **state)
{
    (void)state;
    start(11);
    assert_int_equal(dropin_piece(4, 512), -1);
    dropin_wait(500);
    assert_asked(1, 512);
    answer_stop();
    assert_asked(2, 512);
    assert_int_equal(send_all(0), 0);
    assert_updated();
}

static void test_image_for_other_hardware_is_refused(void **state)
{
    static const char *const named[] = {"03010100", "03010101", NULL};
    struct otter_image image = {.length = SIZE - OTTER_IMAGE_TRAILER_SIZE};

    (void)state;
    memcpy(image.hardware, "03010100", sizeof image.hardware);
    for (unsigned i = 0; i < 3; i++) {
        dropin_init(SIZE, 12 + i);
        if (named[i] != NULL) {
            otter_dropin_hardware(named[i]);
        }
        otter_image_put_trailer(dropin.image + image.length, &image);
        dropin_update_offer();
        assert_int_equal(dropin_update(), i == 1 ? -2 : 0);
        if (i == 1) {
            assert_ended(1, 1);
        } else {
            assert_updated();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_md5_on_a_bad_line_is_asked_again_when_0x28_came),
        cmocka_unit_test(test_wrong_md5_on_a_clean_line_is_the_end),
        cmocka_unit_test(test_lost_0x28_is_replaced_by_silence),
        cmocka_unit_test(test_what_counts_as_a_fault),
        cmocka_unit_test(test_same_wrong_digest_twice_is_the_end),
        cmocka_unit_test(test_attempts_are_limited),
        cmocka_unit_test(test_first_pieces_that_never_fit_are_counted_too),
        cmocka_unit_test(test_malformed_offer_among_pieces_is_ignored),
        cmocka_unit_test(test_piece_of_an_older_transfer_is_stopped_and_asked_again),
        cmocka_unit_test(test_image_for_other_hardware_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
