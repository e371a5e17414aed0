/* SPDX-License-Identifier: Apache-2.0 */
/* What the receiver remembers over a reset of the MCU, and what it does without. Authority: the
 * measured module (docs/protocol.md chapter 4), and the limits in receiver.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;

/* The MCU was reset while `pieces` pieces were in; the module resends the next one. */
static void reset_after(uint16_t pieces)
{
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, pieces);
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_RESUMING);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms),
        OTTER_ERR_BUSY);
}

static void test_resume_at_the_resent_piece(void **state)
{
    (void)state;
    for (uint16_t pieces = 0; pieces < 5; pieces++) {
        reset_after(pieces);
        fixture_run(&fixture, 2900);
        fixture_expect_nothing(&fixture);
        fixture_piece(&fixture, (uint16_t)(pieces + 1), 44);
        fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                       fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
        fixture_poll(&fixture);
        fixture_expect_ready(&fixture);
        fixture_complete(&fixture);
    }
}

static void test_resume_when_0x28_is_lost(void **state)
{
    (void)state;
    reset_after(2);
    fixture_piece(&fixture, 3, 44);
    fixture_run(&fixture, 600);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_nothing(&fixture);
    fixture_piece(&fixture, 1, 45); /* no READY was sent yet: this belongs to something older */
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 45);
    fixture_run(&fixture, 600);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    assert_int_equal(fixture_wait_for_ready(&fixture, 5000), 3500);
    fixture_complete(&fixture);
}

static void test_resume_after_the_sender_has_stopped(void **state)
{
    (void)state;
    reset_after(2);
    fixture_module(&fixture, OTTER_CMD_SENDER_STOP, 3, 0, NULL, 0);
    fixture_poll(&fixture);
    fixture_expect_ack(&fixture, OTTER_CMD_SENDER_STOP_ACK, 3);
    assert_int_equal(fixture_expect_ready(&fixture), 1024); /* the line was not at fault */
    fixture_complete(&fixture);
}

static void test_resume_when_nothing_comes(void **state)
{
    (void)state;
    reset_after(2);
    assert_int_equal(fixture_wait_for_ready(&fixture, 20000), OTTER_PIECE_SILENCE_MS);
    fixture_complete(&fixture);
}

static void test_resume_when_the_module_restarted_too(void **state)
{
    (void)state;
    reset_after(2);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
}

static void test_resume_counts_attempts_over_resets(void **state)
{
    unsigned attempts = 1;

    (void)state;
    reset_after(2);
    for (;;) {
        fixture_piece(&fixture, 3, 44);
        fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                       fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
        fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
        fixture_poll(&fixture);
        if (attempts == OTTER_ATTEMPTS_MAX) {
            break;
        }
        fixture_expect_ready(&fixture);
        fixture_pieces(&fixture, 1, 2);
        attempts++;
        fixture_boot(&fixture);
    }
    fixture_run(&fixture, OTTER_READY_PAUSE_MS);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_ATTEMPTS);
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_no_record_and_a_piece_restarts_the_module_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        reset_after(2);
        memset(&fixture.resume, i == 0 ? 0x00 : 0xFF, sizeof(fixture.resume));
        if (i == 2) { /* power-on */
            memcpy(&fixture.resume, fixture.image, sizeof(fixture.resume));
        }
        if (i == 3) {
            fixture.receiver_config.resume = NULL;
        }
        fixture_boot(&fixture);
        fixture_run(&fixture, 100);
        fixture_piece(&fixture, 3, 44);
        fixture_poll(&fixture);
        fixture_module(&fixture, OTTER_CMD_RESTART_MODULE_ACK,
                       fixture_expect(&fixture, OTTER_CMD_RESTART_MODULE)->sn, 0, NULL, 0);
        fixture_piece(&fixture, 3, 44);
        fixture_run(&fixture, 1000);
        fixture_expect_nothing(&fixture);
        assert_int_equal(fixture.answers, 0);
        fixture_begin(&fixture); /* the module is back */
        fixture_complete(&fixture);
    }
}

static void test_every_bit_of_the_record_counts(void **state)
{
    (void)state;
    reset_after(2);
    for (size_t bit = 0; bit < 8 * sizeof(fixture.resume); bit++) {
        uint8_t *byte = (uint8_t *)&fixture.resume + bit / 8;

        *byte ^= (uint8_t)(1U << bit % 8);
        fixture_boot(&fixture);
        assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
        *byte ^= (uint8_t)(1U << bit % 8);
    }
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_RESUMING);
}

static void test_record_of_another_build(void **state)
{
    (void)state;
    reset_after(2);
    fixture.receiver_config.piece_max = 512; /* the record says 1024 */
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    fixture.receiver_config.piece_max = 1024;
    fixture.layout.backup.size = 4096;
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_restart_of_the_module_waits_for_the_link(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
    fixture.piece_len = 1024;
    fixture_piece(&fixture, 3, 44);
    fixture_run(&fixture, 590);
    for (unsigned i = 0; i < 3; i++) {
        fixture_expect(&fixture, OTTER_CMD_GET_TIME);
    }
    fixture_expect_nothing(&fixture);
    assert_true(otter_receiver_is_active(&fixture.device.receiver));
    fixture_run(&fixture, 20);
    assert_int_equal(fixture.gave_ups, 1);
    fixture_module(&fixture, OTTER_CMD_RESTART_MODULE_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RESTART_MODULE)->sn, 0, NULL, 0);
    assert_false(otter_receiver_is_active(&fixture.device.receiver));
}

static void test_record_ends_with_the_transfer(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_complete(&fixture);
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    fixture_init(&fixture, 5000, 1);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 1);
    fixture_piece(&fixture, 3, 2);
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    fixture_init(&fixture, 5000, 1);
    fixture_offer(&fixture);
    fixture_run(&fixture, 20000);
    fixture_boot(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume_at_the_resent_piece),
        cmocka_unit_test(test_resume_when_0x28_is_lost),
        cmocka_unit_test(test_resume_after_the_sender_has_stopped),
        cmocka_unit_test(test_resume_when_nothing_comes),
        cmocka_unit_test(test_resume_when_the_module_restarted_too),
        cmocka_unit_test(test_resume_counts_attempts_over_resets),
        cmocka_unit_test(test_no_record_and_a_piece_restarts_the_module_once),
        cmocka_unit_test(test_every_bit_of_the_record_counts),
        cmocka_unit_test(test_record_of_another_build),
        cmocka_unit_test(test_restart_of_the_module_waits_for_the_link),
        cmocka_unit_test(test_record_ends_with_the_transfer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
