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

/* The MCU was reset while `pieces` pieces were in; the module resends the next one. */
static void reset_after(uint16_t pieces)
{
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_pieces(&rig, 1, pieces);
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_RESUMING);
    assert_int_equal(otter_device_command(&rig.device, OTTER_CMD_GET_TIME, NULL, 0, rig.now_ms),
                     OTTER_ERR_BUSY);
}

static void test_resume_at_the_resent_piece(void **state)
{
    (void)state;
    for (uint16_t pieces = 0; pieces < 5; pieces++) {
        reset_after(pieces);
        rig_run(&rig, 2900);
        rig_expect_nothing(&rig);
        rig_piece(&rig, (uint16_t)(pieces + 1), 44);
        rig_module(&rig, OTTER_CMD_RECEIVER_STOP_ACK,
                   rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
        rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 44);
        rig_poll(&rig);
        rig_expect_ready(&rig);
        rig_complete(&rig);
    }
}

static void test_resume_when_0x28_is_lost(void **state)
{
    (void)state;
    reset_after(2);
    rig_piece(&rig, 3, 44);
    rig_run(&rig, 600);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 44);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect_nothing(&rig);
    rig_piece(&rig, 1, 45); /* no READY was sent yet: this belongs to something older */
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 45);
    rig_run(&rig, 600);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    assert_int_equal(wait_for_ready(5000), 3500);
    rig_complete(&rig);
}

static void test_resume_after_the_sender_has_stopped(void **state)
{
    (void)state;
    reset_after(2);
    rig_module(&rig, OTTER_CMD_SENDER_STOP, 3, 0, NULL, 0);
    rig_poll(&rig);
    rig_expect_ack(&rig, OTTER_CMD_SENDER_STOP_ACK, 3);
    assert_int_equal(rig_expect_ready(&rig), 1024); /* the line was not at fault */
    rig_complete(&rig);
}

static void test_resume_when_nothing_comes(void **state)
{
    (void)state;
    reset_after(2);
    assert_int_equal(wait_for_ready(20000), OTTER_PIECE_SILENCE_MS);
    rig_complete(&rig);
}

static void test_resume_when_the_module_restarted_too(void **state)
{
    (void)state;
    reset_after(2);
    rig_begin(&rig);
    rig_complete(&rig);
}

static void test_resume_counts_attempts_over_resets(void **state)
{
    unsigned attempts = 1;

    (void)state;
    reset_after(2);
    for (;;) {
        rig_piece(&rig, 3, 44);
        rig_module(&rig, OTTER_CMD_RECEIVER_STOP_ACK,
                   rig_expect(&rig, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
        rig_expect_ack(&rig, OTTER_CMD_PIECE_ACK, 44);
        rig_poll(&rig);
        if (attempts == OTTER_ATTEMPTS_MAX) {
            break;
        }
        rig_expect_ready(&rig);
        rig_pieces(&rig, 1, 2);
        attempts++;
        rig_boot(&rig);
    }
    rig_expect(&rig, OTTER_CMD_RECEIVER_STOP);
    rig_expect_nothing(&rig);
    assert_int_equal(rig.device.receiver.transfer.result, OTTER_RESULT_ATTEMPTS);
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_no_record_and_a_piece_restarts_the_module_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        reset_after(2);
        memset(&rig.resume, i == 0 ? 0x00 : 0xFF, sizeof(rig.resume));
        if (i == 2) { /* power-on */
            memcpy(&rig.resume, rig.image, sizeof(rig.resume));
        }
        if (i == 3) {
            rig.receiver_config.resume = NULL;
        }
        rig_boot(&rig);
        rig_run(&rig, 100);
        rig_piece(&rig, 3, 44);
        rig_poll(&rig);
        rig_module(&rig, OTTER_CMD_RESTART_MODULE_ACK,
                   rig_expect(&rig, OTTER_CMD_RESTART_MODULE)->sn, 0, NULL, 0);
        rig_piece(&rig, 3, 44);
        rig_run(&rig, 1000);
        rig_expect_nothing(&rig);
        assert_int_equal(rig.answers, 0);
        rig_begin(&rig); /* the module is back */
        rig_complete(&rig);
    }
}

static void test_every_bit_of_the_record_counts(void **state)
{
    (void)state;
    reset_after(2);
    for (size_t bit = 0; bit < 8 * sizeof(rig.resume); bit++) {
        uint8_t *byte = (uint8_t *)&rig.resume + bit / 8;

        *byte ^= (uint8_t)(1U << bit % 8);
        rig_boot(&rig);
        assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
        *byte ^= (uint8_t)(1U << bit % 8);
    }
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_RESUMING);
}

static void test_record_of_another_build(void **state)
{
    (void)state;
    reset_after(2);
    rig.receiver_config.piece_max = 512; /* the record says 1024 */
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    rig.receiver_config.piece_max = 1024;
    rig.layout.backup.size = 4096;
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
}

static void test_restart_of_the_module_waits_for_the_link(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    assert_int_equal(otter_device_command(&rig.device, OTTER_CMD_GET_TIME, NULL, 0, rig.now_ms),
                     0);
    rig.piece_len = 1024;
    rig_piece(&rig, 3, 44);
    rig_run(&rig, 590);
    for (unsigned i = 0; i < 3; i++) {
        rig_expect(&rig, OTTER_CMD_GET_TIME);
    }
    rig_expect_nothing(&rig);
    assert_true(otter_receiver_is_active(&rig.device.receiver));
    rig_run(&rig, 20);
    assert_int_equal(rig.gave_ups, 1);
    rig_module(&rig, OTTER_CMD_RESTART_MODULE_ACK,
               rig_expect(&rig, OTTER_CMD_RESTART_MODULE)->sn, 0, NULL, 0);
    assert_false(otter_receiver_is_active(&rig.device.receiver));
}

static void test_record_ends_with_the_transfer(void **state)
{
    (void)state;
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_complete(&rig);
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    rig_init(&rig, 5000, 1);
    rig_begin(&rig);
    rig_piece(&rig, 1, 1);
    rig_piece(&rig, 3, 2);
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
    rig_init(&rig, 5000, 1);
    rig_offer(&rig);
    rig_run(&rig, 20000);
    rig_boot(&rig);
    assert_int_equal(rig.device.receiver.transfer.state, OTTER_TRANSFER_UNKNOWN);
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
