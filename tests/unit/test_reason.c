/* SPDX-License-Identifier: Apache-2.0 */
/* What an otter app tells of its updates, on the module's side: the words, and what they make
 * of the end of an update. Authority: docs/protocol.md 2.1, docs/flash-format.md 4.1. */
#include "host/reason_text.h"
#include "support/module_fixture.h"

static struct mcu mcu;

/* All pieces are acknowledged: the MCU is to come back. */
static void run_to_return(const char before[8])
{
    mcu_init(&mcu, 2000);
    memcpy(mcu.info.version, before, 8);
    mcu.update_status.is_otter = memcmp(before, "00000000", 8) != 0;
    mcu.config.forced = true;
    mcu_run_to_offer(&mcu);
    mcu_ready(&mcu, 1000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
}

static void come_back(const char version[8], bool on_trial, uint8_t reason)
{
    memcpy(mcu.info.version, version, 8);
    mcu.update_status =
        (struct otter_update_status){.is_otter = true, .on_trial = on_trial, .reason = reason};
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 200);
}

static void expect_failure(enum module_failure failure, const char *text)
{
    assert_true(mcu_had(&mcu, MODULE_EVENT_FAILED));
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, failure);
    assert_string_equal(mcu.last_text[MODULE_EVENT_FAILED], text);
}

/* The compiler tells which one is missing here. */
static bool is_given_out(enum otter_reason reason)
{
    switch (reason) {
    case OTTER_REASON_NONE:
        return false; /* of which there is nothing to say */
    case OTTER_REASON_UNCONFIRMED:
    case OTTER_REASON_BAD_COPY:
    case OTTER_REASON_NO_IMAGE:
    case OTTER_REASON_UNSIGNED:
    case OTTER_REASON_UNKNOWN_KEY:
    case OTTER_REASON_SIGNATURE:
    case OTTER_REASON_HARDWARE:
    case OTTER_REASON_OLDER:
    case OTTER_REASON_NOT_STARTABLE:
    case OTTER_REASON_DAMAGED:
    case OTTER_REASON_DIGEST:
    case OTTER_REASON_FLASH:
    case OTTER_REASON_CRASHED:
    case OTTER_REASON_ASKED:
    case OTTER_REASON_INSTALLED:
    case OTTER_REASON_ON_TRIAL:
    case OTTER_REASON_TRIED:
        return true;
    }
    return false;
}

static void every_number_has_words_of_its_own(void **state)
{
    const struct reason_text *unknown = reason_text(OTTER_REASON_NONE);

    (void)state;
    assert_string_equal(unknown->name, "unknown");
    for (unsigned number = 0; number < 256; number++) {
        const struct reason_text *words = reason_text((uint8_t)number);

        if (is_given_out((enum otter_reason)number) != (words != unknown)) {
            fail_msg("reason %u: '%s'", number, words->name);
        }
        for (unsigned other = 0; words != unknown && other < number; other++)
            assert_string_not_equal(words->name, reason_text((uint8_t)other)->name);
    }
}

static void update_status_is_handed_on_and_others_have_none(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 10);
    assert_true(mcu_had(&mcu, MODULE_EVENT_INFO));
    assert_null(mcu.last[MODULE_EVENT_INFO].update_status);
    come_back("03010101", true, OTTER_REASON_SIGNATURE);
    const struct otter_update_status *update_status = mcu.last[MODULE_EVENT_INFO].update_status;
    assert_non_null(update_status);
    assert_true(update_status->on_trial);
    assert_int_equal(update_status->reason, OTTER_REASON_SIGNATURE);
}

static void on_trial_is_not_updated_yet(void **state)
{
    (void)state;
    run_to_return("03010101");
    come_back("03010102", true, OTTER_REASON_NONE);
    assert_false(module_has_ended(&mcu.module));
    mcu.update_status.on_trial = false;
    mcu_wait(&mcu, MODULE_T_ASK_AGAIN_MS);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
}

/* As a device that restarts instead of the last ACK. */
static void on_trial_is_awaited_although_last_ack_is_missing(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_run_to_offer(&mcu);
    mcu.answers[OTTER_CMD_PIECE] = false;
    mcu_ready(&mcu, 1000);
    mcu_ack(&mcu);
    come_back("03010102", true, OTTER_REASON_NONE);
    mcu_wait(&mcu, 10000);
    assert_false(module_has_ended(&mcu.module));
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 1);
    mcu.update_status.on_trial = false;
    mcu_wait(&mcu, MODULE_T_ASK_AGAIN_MS);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
}

static void on_trial_then_reverted(void **state)
{
    (void)state;
    run_to_return("03010101");
    come_back("03010102", true, OTTER_REASON_NONE);
    mcu_wait(&mcu, 10000);
    come_back("03010101", false, OTTER_REASON_UNCONFIRMED);
    expect_failure(MODULE_FAIL_NOT_INSTALLED,
                   "the MCU runs version 03010101; the update was reverted: "
                   "the new version did not confirm within 3 starts");
}

static void on_trial_for_too_long(void **state)
{
    (void)state;
    run_to_return("03010101");
    come_back("03010102", true, OTTER_REASON_NONE);
    mcu_wait(&mcu, MODULE_T_RETURN_MS + 1000);
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, MODULE_T_RETURN_OTTER_MS - MODULE_T_RETURN_MS);
    expect_failure(MODULE_FAIL_ON_TRIAL,
                   "the MCU runs the new version, but did not confirm it in time");
}

static void refused_is_told_once_it_could_be_installed(void **state)
{
    (void)state;
    run_to_return("03010101");
    mcu.update_status =
        (struct otter_update_status){.is_otter = true, .reason = OTTER_REASON_SIGNATURE};
    mcu_wait(&mcu, MODULE_T_SETTLE_MS - 100); /* it restarted, and has no reason for 0x29 */
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, MODULE_T_ASK_AGAIN_MS + 200);
    expect_failure(
        MODULE_FAIL_NOT_INSTALLED,
        "the MCU runs version 03010101; the update was refused: its signature is not "
        "right");
}

/* The version proves nothing where it was the same before. */
static void refused_with_the_same_version(void **state)
{
    (void)state;
    run_to_return("03010102");
    come_back("03010102", false, OTTER_REASON_UNSIGNED);
    expect_failure(MODULE_FAIL_NOT_INSTALLED,
                   "the MCU runs version 03010102; the update was refused: "
                   "the image is not signed");
}

static void reason_of_a_newer_device(void **state)
{
    (void)state;
    run_to_return("03010101");
    come_back("03010101", false, 99);
    expect_failure(MODULE_FAIL_NOT_INSTALLED,
                   "the MCU runs version 03010101; the update was ended for "
                   "a reason this program does not know");
}

static void recovery_ends_in_an_update_or_stays(void **state)
{
    (void)state;
    run_to_return("00000000");
    assert_true(module_info_is_recovery(&mcu.module.info));
    come_back("03010102", false, OTTER_REASON_DAMAGED);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    assert_false(module_info_is_recovery(&mcu.module.info));

    run_to_return("00000000");
    mcu_wait(&mcu, MODULE_T_SETTLE_MS + MODULE_T_ASK_AGAIN_MS);
    expect_failure(MODULE_FAIL_OLD_VERSION,
                   "the MCU is in recovery: its bootloader did not take the file");
}

/* An offer that the MCU refuses. Its first 0x02 tells of the update before, the next one says
 * `reason`. */
static void refuse_offer(bool is_otter, uint8_t reason)
{
    mcu_init(&mcu, 2000);
    mcu.update_status =
        (struct otter_update_status){.is_otter = is_otter, .reason = OTTER_REASON_SIGNATURE};
    mcu_run_to_offer(&mcu);
    mcu_forget(&mcu);
    mcu.update_status.reason = reason;
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    mcu_wait(&mcu, MODULE_T_AGAIN_MS + 10);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_GET_INFO), is_otter ? 1 : 0);
}

static void test_a_refused_offer_is_asked_why(void **state)
{
    static const char *const texts[] = {
        [OTTER_REASON_INSTALLED] =
            "the file was not taken: the device holds this very file already",
        [OTTER_REASON_ON_TRIAL] =
            "the file was not taken: the running version was still on trial",
        [OTTER_REASON_TRIED] =
            "the file was not taken: the device has tried this file three times"};

    (void)state;
    for (uint8_t reason = OTTER_REASON_INSTALLED; reason <= OTTER_REASON_TRIED; reason++) {
        refuse_offer(true, reason);
        expect_failure(MODULE_FAIL_REFUSED, texts[reason]);
        assert_true(reason_is_of_offer(reason));
    }
    refuse_offer(true, OTTER_REASON_SIGNATURE); /* of the update before */
    expect_failure(MODULE_FAIL_REFUSED, "the MCU refused the file (0x27)");
    assert_false(reason_is_of_offer(OTTER_REASON_SIGNATURE));
    refuse_offer(false, 0); /* no otter app */
    expect_failure(MODULE_FAIL_REFUSED, "the MCU refused the file (0x27)");
}

/* --force is in the flags of 0x19, for an MCU that has shown 6F and no other. */
static void test_force_is_told_to_otter_apps_only(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        bool is_otter = (i & 1) != 0, forced = (i & 2) != 0;
        const struct sent *offer;

        mcu_init(&mcu, 2000);
        mcu.config.forced = forced;
        mcu.update_status.is_otter = is_otter;
        mcu_run_to_offer(&mcu);
        offer = mcu_nth(&mcu, OTTER_CMD_OFFER, 0);
        assert_int_equal(offer->wire[6], is_otter && forced ? 0x6F : 0);
        assert_int_equal(offer->wire[7], is_otter && forced ? 0x01 : 0);
        assert_int_equal(offer->payload_len, OTTER_OFFER_SIZE);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_words_of_its_own),
        cmocka_unit_test(update_status_is_handed_on_and_others_have_none),
        cmocka_unit_test(on_trial_is_not_updated_yet),
        cmocka_unit_test(on_trial_is_awaited_although_last_ack_is_missing),
        cmocka_unit_test(on_trial_then_reverted),
        cmocka_unit_test(on_trial_for_too_long),
        cmocka_unit_test(refused_is_told_once_it_could_be_installed),
        cmocka_unit_test(refused_with_the_same_version),
        cmocka_unit_test(reason_of_a_newer_device),
        cmocka_unit_test(recovery_ends_in_an_update_or_stays),
        cmocka_unit_test(test_a_refused_offer_is_asked_why),
        cmocka_unit_test(test_force_is_told_to_otter_apps_only),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
