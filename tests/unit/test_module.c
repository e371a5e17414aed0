/* SPDX-License-Identifier: Apache-2.0 */
/* The module without a transfer: start-up, periodic messages, answers. Authority: the behaviour
 * measured on a running open GAgent 04020006 (docs/protocol.md, chapter 5). */
#include "host/module_text.h"
#include "support/module_fixture.h"

static struct mcu mcu;

static void assert_wire(const struct sent *sent, const uint8_t expected[], size_t len)
{
    assert_int_equal(sent->wire_len, len);
    assert_memory_equal(sent->wire, expected, len);
}

static void test_module_start_measured_bytes_and_times(void **state)
{
    static const uint8_t get_info[] = {0xFF, 0xFF, 0, 5, 1, 0, 0, 0, 6};
    static const uint8_t router[] = {0xFF, 0xFF, 0, 7, 0x0D, 1, 0, 0, 0x07, 0x1A, 0x36};
    static const uint8_t cloud[] = {0xFF, 0xFF, 0, 7, 0x0D, 2, 0, 0, 0x07, 0x3A, 0x57};
    (void)state;
    mcu_init(&mcu, 0);
    uint32_t start_ms = mcu.now_ms;
    mcu_wait(&mcu, 54000);
    assert_int_equal(mcu.sent_count, 3);
    assert_wire(&mcu.sent[0], get_info, sizeof get_info);
    assert_wire(&mcu.sent[1], router, sizeof router);
    assert_wire(&mcu.sent[2], cloud, sizeof cloud);
    assert_int_equal(mcu.sent[0].ms - start_ms, 0);
    assert_int_equal(mcu.sent[1].ms - start_ms, 1000);
    assert_int_equal(mcu.sent[2].ms - start_ms, 5000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_INFO));
    assert_memory_equal(mcu.module.info.version, "03010101", 8);
}

static void test_module_asks_thirty_times_then_restarts(void **state)
{
    (void)state;
    mcu_init(&mcu, 100);
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    uint32_t start_ms = mcu.now_ms;
    mcu_wait(&mcu, 5999);
    assert_int_equal(mcu.sent_count, 30);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(mcu.sent[i].cmd, OTTER_CMD_GET_INFO);
        assert_int_equal(mcu.sent[i].sn, i / 3);
        assert_int_equal(mcu.sent[i].ms - start_ms, i * 200);
    }
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, 1);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NO_ANSWER);
    assert_string_equal(mcu.last_text[MODULE_EVENT_FAILED], "the MCU does not answer");
    assert_int_equal(mcu_last(&mcu)->sn, 0); /* started anew */
    mcu_forget(&mcu);
    mcu_wait(&mcu, 12000);
    assert_false(mcu_had(&mcu, MODULE_EVENT_FAILED)); /* told once */
    assert_true(mcu_had(&mcu, MODULE_EVENT_STARTED));
}

static void test_module_waits_for_an_mcu_that_installs(void **state)
{
    (void)state;
    mcu_init(&mcu, 100);
    mcu.config.no_answer_ms = 20000;
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    mcu_wait(&mcu, 23999); /* it has restarted three times */
    assert_true(mcu_had(&mcu, MODULE_EVENT_STARTED));
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, 1);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NO_ANSWER);
}

static void test_module_late_mcu_is_served(void **state)
{
    (void)state;
    mcu_init(&mcu, 100);
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    mcu_wait(&mcu, 3900);
    mcu.answers[OTTER_CMD_GET_INFO] = true;
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 1);
}

/* A line that delays bytes for longer than the three sends of an 0x01: the answer comes when
 * another 0x01 is out, and counts. From then on nothing is sent again before 2 s. */
static void test_module_waits_on_a_slow_line(void **state)
{
    uint8_t info[OTTER_INFO_MAX];
    (void)state;
    mcu_init(&mcu, 100);
    memset(mcu.answers, 0, sizeof mcu.answers);
    int len = otter_put_info(&mcu.info, info, sizeof info);
    assert_true(len > 0);
    mcu_wait(&mcu, 590);
    mcu_send_sn(&mcu, OTTER_CMD_INFO, 7, 0, info, (size_t)len); /* to an 0x01 before ours */
    assert_false(mcu_had(&mcu, MODULE_EVENT_INFO));
    mcu_wait(&mcu, 700);
    assert_int_equal(mcu_last(&mcu)->sn, 2);
    mcu_send_sn(&mcu, OTTER_CMD_INFO, 0, 0, info, (size_t)len);
    assert_true(mcu_had(&mcu, MODULE_EVENT_INFO));
    mcu_send_sn(&mcu, OTTER_CMD_INFO, 1, 0, info, (size_t)len); /* the next one says no more */
    mcu_forget(&mcu);
    for (unsigned sends = 1; sends <= 3; sends++) {
        mcu_wait(&mcu, sends == 1 ? 10 : 2000);
        assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), sends);
    }
    mcu_wait(&mcu, 1900);
    mcu_ack(&mcu);
    assert_false(mcu_had(&mcu, MODULE_EVENT_GAVE_UP));
    mcu_wait(&mcu, 20);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 1);
}

/* The same found out later, by any answer; until the next start. */
static void test_module_learns_that_the_line_is_slow(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu.answers[OTTER_CMD_STATUS] = false;
    mcu_wait(&mcu, 1700);
    assert_int_equal(mcu.last[MODULE_EVENT_GAVE_UP].cmd, OTTER_CMD_STATUS);
    mcu_send_sn(&mcu, OTTER_CMD_STATUS_ACK, mcu_last(&mcu)->sn, 0, NULL, 0);
    mcu_forget(&mcu);
    mcu_wait(&mcu, 5000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 1);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 200);
    mcu_forget(&mcu);
    mcu_wait(&mcu, 1500);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 3);
}

/* On a slow line 0x29 comes three times before its 0x2A can be there. */
static void test_module_restarts_once_for_repeats_of_0x29(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 1000);
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    mcu_forget(&mcu);
    for (int i = 0; i < 3; i++) {
        mcu_send_sn(&mcu, OTTER_CMD_RESTART_MODULE, 3, 0, NULL, 0);
        mcu_wait(&mcu, 200);
    }
    size_t starts = 0;
    for (size_t i = 0; i < mcu.event_count; i++) {
        starts += mcu.events[i] == MODULE_EVENT_STARTED;
    }
    assert_int_equal(starts, 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_RESTART_MODULE_ACK), 3);
    mcu.answers[OTTER_CMD_GET_INFO] = true;
    mcu_wait(&mcu, 1000);
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0); /* that is another one */
    mcu_wait(&mcu, 200);
    assert_true(mcu_had(&mcu, MODULE_EVENT_STARTED));
}

static void test_module_heartbeat_55s_four_lost_restart(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    uint32_t start_ms = mcu.now_ms;
    mcu_wait(&mcu, 56000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_HEARTBEAT), 1);
    assert_int_equal(mcu_nth(&mcu, OTTER_CMD_HEARTBEAT, 0)->ms - start_ms, 55000);
    mcu.answers[OTTER_CMD_HEARTBEAT] = false;
    mcu_forget(&mcu);
    mcu_wait(&mcu, 56000 + 4 * 55000 - 3000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_HEARTBEAT), 12);
    assert_int_equal(mcu_nth(&mcu, OTTER_CMD_HEARTBEAT, 2)->ms -
                         mcu_nth(&mcu, OTTER_CMD_HEARTBEAT, 0)->ms,
                     400);
    assert_false(mcu_had(&mcu, MODULE_EVENT_STARTED));
    mcu_wait(&mcu, 3000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_STARTED));
    assert_int_equal(mcu_nth(&mcu, OTTER_CMD_GET_INFO, 0)->ms - start_ms, 6 * 55000);
}

static void test_module_any_good_frame_is_a_sign_of_life(void **state)
{
    static const uint8_t report[] = {OTTER_P0_REPORT, 1, 2};
    (void)state;
    mcu_init(&mcu, 0);
    mcu.answers[OTTER_CMD_HEARTBEAT] = false;
    for (int i = 0; i < 10; i++) {
        mcu_wait(&mcu, 40000);
        mcu_send(&mcu, OTTER_CMD_REPORT, report, sizeof report);
    }
    size_t starts = 0;
    for (size_t i = 0; i < mcu.event_count; i++)
        starts += mcu.events[i] == MODULE_EVENT_STARTED;
    assert_int_equal(starts, 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_GET_INFO), 1);
}

static void test_module_status_each_ten_minutes_and_on_change(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 604000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 2);
    mcu_wait(&mcu, 1500);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 3);
    module_set_status(&mcu.module, 0x0F3A);
    mcu_wait(&mcu, 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 4);
    assert_memory_equal(mcu_last(&mcu)->payload, "\x0F\x3A", 2);
}

static void test_module_answers_every_command_of_the_mcu(void **state)
{
    static const struct {
        uint8_t cmd;
        const char *payload;
        size_t len;
        enum module_event_kind event;
    } rows[] = {
        {0x05, "\x04\x01", 2, MODULE_EVENT_REPORT}, {0x09, "\x01", 1, MODULE_EVENT_REQUEST},
        {0x13, "", 0, MODULE_EVENT_REQUEST},        {0x15, "", 0, MODULE_EVENT_REQUEST},
        {0x17, "", 0, MODULE_EVENT_REQUEST},        {0x21, "\0", 1, MODULE_EVENT_REQUEST},
        {0x23, "\x01", 1, MODULE_EVENT_REQUEST}};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 6000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mcu_forget(&mcu);
        mcu_send(&mcu, rows[i].cmd, rows[i].payload, rows[i].len);
        assert_int_equal(mcu.sent_count, 1);
        assert_int_equal(mcu.sent[0].cmd, rows[i].cmd + 1);
        assert_int_equal(mcu.sent[0].sn, mcu.next_sn - 1);
        assert_int_equal(mcu.event_count, 1);
        assert_int_equal(mcu.events[0], rows[i].event);
        assert_true(rows[i].event != MODULE_EVENT_REQUEST ||
                    mcu.last[MODULE_EVENT_REQUEST].cmd == rows[i].cmd);
    }
    assert_int_equal(mcu_last(&mcu)->payload_len, 0);
}

static bool clock_2026(void *ctx, struct otter_time *out_time)
{
    (void)ctx;
    *out_time = (struct otter_time){2026, 11, 22, 21, 48, 16, 0x6B02F2A0};
    return true;
}

static void test_module_time_measured_before_and_after_cloud(void **state)
{
    static const uint8_t before[] = {0x07, 0xB2, 1, 1, 8, 0, 0, 0, 0, 0, 0};
    static const uint8_t after[] = {0x07, 0xEA, 0x0B, 0x16, 0x15, 0x30,
                                    0x10, 0x6B, 0x02, 0xF2, 0xA0};
    (void)state;
    mcu_init(&mcu, 0);
    mcu.config.time = clock_2026;
    mcu_wait(&mcu, 1500);
    mcu_send(&mcu, OTTER_CMD_GET_TIME, NULL, 0);
    assert_int_equal(mcu_last(&mcu)->payload_len, sizeof before);
    assert_memory_equal(mcu_last(&mcu)->payload, before, sizeof before);
    mcu_wait(&mcu, 5000);
    mcu_send(&mcu, OTTER_CMD_GET_TIME, NULL, 0);
    assert_memory_equal(mcu_last(&mcu)->payload, after, sizeof after);
    mcu.config.time = NULL;
    mcu_send(&mcu, OTTER_CMD_GET_TIME, NULL, 0);
    assert_memory_equal(mcu_last(&mcu)->payload, before, sizeof before);
}

static void test_module_info_is_the_wifi_form(void **state)
{
    struct otter_module_info info;
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 100);
    mcu_send(&mcu, OTTER_CMD_GET_MODULE_INFO, "\0", 1);
    const struct sent *sent = mcu_last(&mcu);
    struct otter_frame frame = {
        .cmd = sent->cmd, .payload = sent->payload, .payload_len = sent->payload_len};
    assert_int_equal(frame.payload_len, 65);
    assert_int_equal(otter_get_module_info(&frame, &info), 0);
    assert_int_equal(info.kind, OTTER_MODULE_WIFI);
    assert_memory_equal(info.protocol, "00000004", 8);
}

static void test_module_simple_acks_are_raw_other_frames_escaped(void **state)
{
    static const uint8_t sn_ff[] = {0xFF, 0xFF, 0, 5, 6, 0xFF, 0, 0, 0x0A};
    static const uint8_t sum_ff[] = {0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF};
    static const uint8_t time_ff[] = {0xFF, 0xFF, 0, 0x10, 0x18, 0xFF, 0x55, 0, 0};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 100);
    mcu.next_sn = 0xFF;
    mcu_send(&mcu, OTTER_CMD_REPORT, "\x04", 1);
    assert_wire(mcu_last(&mcu), sn_ff, sizeof sn_ff);
    mcu.next_sn = 0xF4;
    mcu_send(&mcu, OTTER_CMD_REPORT, "\x04", 1);
    assert_wire(mcu_last(&mcu), sum_ff, sizeof sum_ff);
    mcu.next_sn = 0xFF;
    mcu_send(&mcu, OTTER_CMD_GET_TIME, NULL, 0);
    assert_memory_equal(mcu_last(&mcu)->wire, time_ff, sizeof time_ff);
}

static void test_module_is_strict_about_escapes(void **state)
{
    static const uint8_t sn_bare[] = {0xFF, 0xFF, 0, 6, 5, 0xFF, 0, 0, 4, 0x0E};
    static const uint8_t sum_bare[] = {0xFF, 0xFF, 0, 6, 5, 0xF0, 0, 0, 4, 0xFF};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 100);
    mcu_forget(&mcu);
    mcu_send_raw(&mcu, sn_bare, sizeof sn_bare);
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu.sent_count, 0);
    mcu_send_raw(&mcu, sum_bare, sizeof sum_bare);
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu.sent_count, 0);
    mcu_send(&mcu, OTTER_CMD_REPORT, "\x04", 1);
    assert_int_equal(mcu.sent_count, 1); /* the next good one works */
}

static void test_module_bad_sum_measured_0x11(void **state)
{
    static const uint8_t silent[] = {0x02, 0x04, 0x08, 0x0E, 0x12, 0x1A, 0x1E, 0x20};
    static const uint8_t sum[] = {0x05, 0x09, 0x0B, 0x13, 0x15, 0x17, 0x1B};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 6000);
    for (unsigned cmd = 0; cmd < 0xFF; cmd++) {
        uint8_t bytes[] = {0xFF, 0xFF, 0, 5, (uint8_t)cmd, 0x40, 0, 0, (uint8_t)(cmd + 0x46)};
        if (bytes[8] == 0xFF)
            continue;
        unsigned code = OTTER_ILLEGAL_COMMAND;
        if (memchr(silent, (int)cmd, sizeof silent) != NULL)
            code = 0;
        if (memchr(sum, (int)cmd, sizeof sum) != NULL)
            code = OTTER_ILLEGAL_CHECKSUM;
        mcu_forget(&mcu);
        mcu_send_raw(&mcu, bytes, sizeof bytes);
        mcu_wait(&mcu, 1);
        if (code == 0) {
            assert_int_equal(mcu.sent_count, 0);
            continue;
        }
        if (mcu.sent_count != 1)
            fail_msg("bad sum on 0x%02X: %zu frames", cmd, mcu.sent_count);
        assert_int_equal(mcu.sent[0].cmd, OTTER_CMD_ILLEGAL_TO_MCU);
        assert_int_equal(mcu.sent[0].sn, 0x40);
        assert_int_equal(mcu.sent[0].payload[0], code);
    }
}

static void test_module_unknown_commands_are_silent(void **state)
{
    static const uint8_t unknown[] = {0x00, 0x11, 0x2B, 0x2D, 0x31, 0x41, 0x7F, 0x81, 0xFE};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 6000);
    mcu_forget(&mcu);
    for (size_t i = 0; i < sizeof unknown; i++)
        mcu_send(&mcu, unknown[i], NULL, 0);
    assert_int_equal(mcu.sent_count, 0);
    mcu_send(&mcu, OTTER_CMD_ILLEGAL_TO_MODULE, "\x02", 1);
    assert_int_equal(mcu.sent_count, 0);
    assert_int_equal(mcu.last[MODULE_EVENT_ILLEGAL].number, 2);
}

static void test_module_restarts_100ms_after_0x29_and_2s_after_0x0b(void **state)
{
    static const uint8_t ack[] = {0xFF, 0xFF, 0, 5, 0x2A, 0, 0, 0, 0x2F};
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 6000);
    mcu_forget(&mcu);
    uint32_t then_ms = mcu.now_ms;
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    assert_wire(mcu_last(&mcu), ack, sizeof ack);
    mcu_send(&mcu, OTTER_CMD_BINDABLE, NULL, 0); /* deaf meanwhile */
    mcu_wait(&mcu, 500);
    assert_int_equal(mcu.sent_count, 2);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_GET_INFO);
    assert_int_equal(mcu_last(&mcu)->sn, 0);
    assert_int_equal(mcu_last(&mcu)->ms - then_ms, 100);
    mcu_wait(&mcu, 6000);
    then_ms = mcu.now_ms;
    mcu_send(&mcu, OTTER_CMD_RESET_MODULE, NULL, 0);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_RESET_MODULE_ACK);
    mcu_wait(&mcu, 2100);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_GET_INFO);
    assert_int_equal(mcu_last(&mcu)->ms - then_ms, 2000);
}

static void test_module_control_and_its_answer(void **state)
{
    static const uint8_t attrs[] = {0x01, 0x01};
    const struct otter_p0 control = {OTTER_P0_CONTROL, attrs, sizeof attrs};
    (void)state;
    mcu_init(&mcu, 0);
    assert_int_equal(module_control(&mcu.module, &control, mcu.now_ms), OTTER_ERR_BUSY);
    mcu_wait(&mcu, 6000);
    assert_int_equal(module_control(&mcu.module, &control, mcu.now_ms), 0);
    assert_int_equal(module_control(&mcu.module, &control, mcu.now_ms), OTTER_ERR_BUSY);
    mcu_wait(&mcu, 1);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_CONTROL);
    assert_memory_equal(mcu_last(&mcu)->payload, "\x01\x01\x01", 3);
    assert_true(mcu_had(&mcu, MODULE_EVENT_ANSWER));
    mcu.answers[OTTER_CMD_RESTART_MCU] = false;
    assert_int_equal(module_command(&mcu.module, OTTER_CMD_RESTART_MCU, NULL, 0, mcu.now_ms),
                     0);
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_RESTART_MCU), 3);
    assert_int_equal(mcu.last[MODULE_EVENT_GAVE_UP].cmd, OTTER_CMD_RESTART_MCU);
}

static void test_module_takes_odd_info_forms(void **state)
{
    uint8_t payload[131] = {0};
    (void)state;
    mcu_init(&mcu, 0);
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    mcu_wait(&mcu, 10);
    memcpy(payload + 16, "HARDWAREVERSION.", 16);
    mcu_send_sn(&mcu, OTTER_CMD_INFO, 0, 0, payload, sizeof payload);
    assert_true(mcu_had(&mcu, MODULE_EVENT_INFO));
    assert_memory_equal(mcu.module.info.hardware, "HARDWARE", 8);
    mcu_init(&mcu, 0);
    mcu.answers[OTTER_CMD_GET_INFO] = false;
    mcu_wait(&mcu, 10);
    mcu_send_sn(&mcu, OTTER_CMD_INFO, 0, 0, payload, 65); /* too short: asked again */
    assert_false(mcu_had(&mcu, MODULE_EVENT_INFO));
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu_last(&mcu)->sn, 1);
}

static void test_module_failure_names(void **state)
{
    (void)state;
    for (int i = MODULE_FAIL_NO_ANSWER; i <= MODULE_FAIL_READ; i++)
        assert_string_not_equal(module_text_failure((enum module_failure)i), "none");
    assert_string_equal(module_text_failure((enum module_failure)0), "none");
    assert_string_equal(module_text_failure((enum module_failure)99), "none");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_module_start_measured_bytes_and_times),
        cmocka_unit_test(test_module_asks_thirty_times_then_restarts),
        cmocka_unit_test(test_module_waits_for_an_mcu_that_installs),
        cmocka_unit_test(test_module_late_mcu_is_served),
        cmocka_unit_test(test_module_waits_on_a_slow_line),
        cmocka_unit_test(test_module_learns_that_the_line_is_slow),
        cmocka_unit_test(test_module_restarts_once_for_repeats_of_0x29),
        cmocka_unit_test(test_module_heartbeat_55s_four_lost_restart),
        cmocka_unit_test(test_module_any_good_frame_is_a_sign_of_life),
        cmocka_unit_test(test_module_status_each_ten_minutes_and_on_change),
        cmocka_unit_test(test_module_answers_every_command_of_the_mcu),
        cmocka_unit_test(test_module_time_measured_before_and_after_cloud),
        cmocka_unit_test(test_module_info_is_the_wifi_form),
        cmocka_unit_test(test_module_simple_acks_are_raw_other_frames_escaped),
        cmocka_unit_test(test_module_is_strict_about_escapes),
        cmocka_unit_test(test_module_bad_sum_measured_0x11),
        cmocka_unit_test(test_module_unknown_commands_are_silent),
        cmocka_unit_test(test_module_restarts_100ms_after_0x29_and_2s_after_0x0b),
        cmocka_unit_test(test_module_control_and_its_answer),
        cmocka_unit_test(test_module_failure_names),
        cmocka_unit_test(test_module_takes_odd_info_forms),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
