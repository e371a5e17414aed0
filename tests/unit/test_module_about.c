/* SPDX-License-Identifier: Apache-2.0 */
/* Our module's question 0x6F: to whom, when, how often, and what becomes of the answer.
 * Authority: docs/protocol.md 2.2. */
#include "support/module_fixture.h"

static struct mcu mcu;
static const struct otter_about about = {
    .number = 0x03010101, .floor = 0x03010100, .slot_size = 26624, .has_journal = true};

/* A module that offers a file, and an MCU whose 0x02 has otter's mark or not. */
static void begin(bool is_otter)
{
    mcu_init(&mcu, 2000);
    mcu.update_status.is_otter = is_otter;
    mcu.about = &about;
}

static void restart_module(void)
{
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, MODULE_T_RESTART_MS + 10);
}

static void is_asked_once_after_the_mark_and_before_the_offer(void **state)
{
    const struct sent *ask;

    (void)state;
    begin(true);
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 1);
    ask = mcu_last(&mcu);
    assert_int_equal(ask->cmd, OTTER_CMD_ASK_ABOUT);
    assert_int_equal(ask->wire[6] | ask->wire[7], 0);
    /* the file that is to be offered */
    assert_int_equal(ask->payload_len, 20);
    assert_memory_equal(ask->payload,
                        "\x00\x00\x07\xD0\x01\x23\x45\x67\x89\xAB\xCD\xEF"
                        "\x01\x23\x45\x67\x89\xAB\xCD\xEF",
                        20);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    assert_non_null(mcu.last[MODULE_EVENT_ABOUT].about);
    assert_int_equal(mcu.last[MODULE_EVENT_ABOUT].about->number, 0x03010101);
    assert_int_equal(mcu.last[MODULE_EVENT_ABOUT].about->slot_size, 26624);
    assert_false(mcu_had(&mcu, MODULE_EVENT_OFFERED));
    mcu_run_to_offer(&mcu);
    mcu_ready(&mcu, 500);
    mcu_wait(&mcu, 60000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 1);
    assert_true(mcu_count(&mcu, OTTER_CMD_GET_INFO) > 1); /* which is asked again */
}

static void is_asked_again_after_a_start_of_the_module(void **state)
{
    (void)state;
    begin(true);
    mcu_wait(&mcu, 500);
    mcu.about = NULL;
    restart_module();
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 2);
    assert_null(mcu.last[MODULE_EVENT_ABOUT].about); /* not that of the start before */
}

static void without_a_file_it_is_empty(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu.update_status.is_otter = true;
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_ASK_ABOUT);
    assert_int_equal(mcu_last(&mcu)->payload_len, 0);
}

/* Not a vendor's MCU, and not if it is to act as a vendor's module, which has no flags in 0x19
 * either. */
static void nobody_else_is_asked(void **state)
{
    (void)state;
    for (unsigned otter = 0; otter < 2; otter++) {
        begin(otter);
        mcu.config.knows_no_otter = otter;
        mcu.config.forced = true;
        mcu_run_to_offer(&mcu);
        assert_int_equal(mcu_nth(&mcu, OTTER_CMD_OFFER, 0)->wire[6], 0);
        mcu_ready(&mcu, 500);
        mcu_wait(&mcu, 10000);
        restart_module();
        mcu_wait(&mcu, 10000);
        assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 0);
        assert_false(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    }
}

/* An MCU without the mark that has had it before: another program runs now. */
static void the_mark_of_an_earlier_start_is_none(void **state)
{
    (void)state;
    begin(true);
    mcu_wait(&mcu, 10);
    mcu.update_status.is_otter = false;
    restart_module();
    mcu_wait(&mcu, 5000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 1);
}

/* The bootloader in recovery, and what is no answer at all. */
static void answers_that_tell_nothing(void **state)
{
    static const uint8_t noise[50] = {7};

    (void)state;
    begin(true);
    mcu.about = NULL;
    mcu_wait(&mcu, 10);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    assert_null(mcu.last[MODULE_EVENT_ABOUT].about);

    begin(true);
    mcu.answers[OTTER_CMD_ASK_ABOUT] = false;
    mcu_wait(&mcu, 10);
    assert_false(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    mcu_send_sn(&mcu, OTTER_CMD_ABOUT, mcu_last(&mcu)->sn, 0, noise, sizeof noise);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    assert_null(mcu.last[MODULE_EVENT_ABOUT].about);
}

/* An earlier otter app says 0x12 error 2, which ends it; error 1 is of the line. */
static void an_app_that_does_not_know_it(void **state)
{
    static const uint8_t checksum = OTTER_ILLEGAL_CHECKSUM, command = OTTER_ILLEGAL_COMMAND;
    uint8_t sn;

    (void)state;
    begin(true);
    mcu.answers[OTTER_CMD_ASK_ABOUT] = false;
    mcu_wait(&mcu, 10);
    sn = mcu_last(&mcu)->sn;
    mcu_send_sn(&mcu, OTTER_CMD_ILLEGAL_TO_MODULE, sn, 0, &checksum, 1);
    mcu_send_sn(&mcu, OTTER_CMD_ILLEGAL_TO_MODULE, (uint8_t)(sn + 1), 0, &command, 1);
    assert_false(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    mcu_send_sn(&mcu, OTTER_CMD_ILLEGAL_TO_MODULE, sn, 0, &command, 1);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    assert_null(mcu.last[MODULE_EVENT_ABOUT].about);
    assert_false(module_is_busy(&mcu.module));
    mcu_wait(&mcu, 3000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 1);
    assert_true(mcu_had(&mcu, MODULE_EVENT_OFFERED));
}

static void silence_is_no_failure(void **state)
{
    (void)state;
    begin(true);
    mcu.answers[OTTER_CMD_ASK_ABOUT] = false;
    mcu_wait(&mcu, 700);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 3);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ABOUT));
    assert_null(mcu.last[MODULE_EVENT_ABOUT].about);
    assert_false(mcu_had(&mcu, MODULE_EVENT_GAVE_UP));
    mcu_run_to_offer(&mcu);
    mcu_ready(&mcu, 500);
    mcu_wait(&mcu, 5000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 3);
}

/* The first otter app on a device: its 0x02 comes after the transfer, without 0x29. */
static void an_app_that_was_installed_now(void **state)
{
    (void)state;
    begin(false);
    mcu_run_to_offer(&mcu);
    mcu_ready(&mcu, 500);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
    memcpy(mcu.info.version, "03010102", 8);
    mcu.update_status.is_otter = true;
    mcu_wait(&mcu, 3 * MODULE_T_ASK_AGAIN_MS);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 1);
}

/* A READY that crosses the question: its first piece waits for the answer, and no question
 * follows the pieces. */
static void never_among_pieces(void **state)
{
    (void)state;
    begin(true);
    mcu.answers[OTTER_CMD_ASK_ABOUT] = false;
    mcu_wait(&mcu, 10);
    mcu_ready(&mcu, 500);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 0);
    mcu_wait(&mcu, 700);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 3);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 4);
    mcu_wait(&mcu, 30000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_ASK_ABOUT), 3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_asked_once_after_the_mark_and_before_the_offer),
        cmocka_unit_test(is_asked_again_after_a_start_of_the_module),
        cmocka_unit_test(without_a_file_it_is_empty),
        cmocka_unit_test(nobody_else_is_asked),
        cmocka_unit_test(the_mark_of_an_earlier_start_is_none),
        cmocka_unit_test(answers_that_tell_nothing),
        cmocka_unit_test(an_app_that_does_not_know_it),
        cmocka_unit_test(silence_is_no_failure),
        cmocka_unit_test(an_app_that_was_installed_now),
        cmocka_unit_test(never_among_pieces),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
