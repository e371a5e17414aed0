/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher: what the MCU answers to each message of the module. Authority: Gizwits serial
 * protocol 4.0.4 with the corrected example frames (docs/protocol.md chapters 1 and 2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;

/* Bytes in, bytes out, as they stand in the document. */
static void exchange(const char *in, size_t in_len, const char *out, size_t out_len)
{
    uint8_t got[512];

    otter_device_receive(&fixture.device, (const uint8_t *)in, in_len, fixture.now_ms);
    otter_device_poll(&fixture.device, fixture.now_ms);
    assert_int_equal(otter_device_take(&fixture.device, got, sizeof(got)), out_len);
    assert_memory_equal(got, out, out_len);
}
#define EXCHANGE(in, out) exchange(in, sizeof(in) - 1, out, sizeof(out) - 1)

static void set_up(void)
{
    fixture_init(&fixture, 1500, 1);
}

static void test_info(void **state)
{
    (void)state;
    set_up();
    fixture.info = (struct otter_info){.bindable_s = 0};
    memcpy(fixture.info.protocol, "00000004", 8);
    memcpy(fixture.info.p0_version, "00000004", 8);
    memcpy(fixture.info.hardware, "00000001", 8);
    memcpy(fixture.info.version, "00000001", 8);
    memcpy(fixture.info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    EXCHANGE("\xFF\xFF\x00\x05\x01\x01\x00\x00\x07",
             "\xFF\xFF\x00\x47\x02\x01\x00\x00"
             "00000004"
             "00000004"
             "00000001"
             "00000001"
             "6f3074fe43894547a4f1314bd7e3ae0b\x00\x00\xE6");
}

static struct otter_update_status told;

static void tell_update_status(void *ctx, struct otter_update_status *out_status)
{
    const struct otter_update_status zero = {.is_otter = false};

    assert_ptr_equal(ctx, &fixture);
    assert_memory_equal(out_status, &zero, sizeof zero);
    *out_status = told;
}

/* The same 0x02 but for its flags; asked for anew with each 0x01. */
static void test_update_status_is_in_the_flags_of_info(void **state)
{
    (void)state;
    set_up();
    fixture.config.update_status = tell_update_status;
    told = (struct otter_update_status){.is_otter = true, .on_trial = true};
    fixture_module(&fixture, OTTER_CMD_GET_INFO, 1, 0, NULL, 0);
    fixture_poll(&fixture);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_INFO)->flags, 0x6F80);
    told = (struct otter_update_status){.is_otter = true, .reason = 7};
    fixture_module(&fixture, OTTER_CMD_GET_INFO, 2, 0, NULL, 0);
    fixture_poll(&fixture);
    const struct fixture_frame *info = fixture_expect(&fixture, OTTER_CMD_INFO);
    assert_int_equal(info->flags, 0x6F07);
    assert_int_equal(info->payload_len, 74); /* as long as ever */
    told = (struct otter_update_status){.is_otter = false, .reason = 7};
    fixture_module(&fixture, OTTER_CMD_GET_INFO, 3, 0, NULL, 0);
    fixture_poll(&fixture);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_INFO)->flags, 0);
}

/* Of the running device: what the app says of itself, what the receiver knows, and what
 * otter_about_read() finds: here no journal and no bootloader. */
static void test_about(void **state)
{
    const struct fixture_frame *answer;
    struct otter_about about;
    struct otter_frame frame;

    (void)state;
    set_up();
    fixture.config.about = otter_about_read;
    memcpy(fixture.info.version, "03010109", 8);
    memcpy(fixture.info.hardware, "99010100", 8);
    fixture.device.receiver.refusal = 20;
    fixture_module(&fixture, OTTER_CMD_ASK_ABOUT, 0xFF, 0, NULL, 0);
    fixture_poll(&fixture);
    answer = fixture_expect(&fixture, OTTER_CMD_ABOUT);
    assert_int_equal(answer->sn, 0xFF);
    assert_int_equal(answer->flags, 0);
    frame =
        (struct otter_frame){.payload = answer->payload, .payload_len = answer->payload_len};
    assert_int_equal(otter_get_about(&frame, &about), 0);
    assert_memory_equal(about.version, "03010109", 8);
    assert_memory_equal(about.hardware, "99010100", 8);
    assert_int_equal(about.reason, 20);
    assert_int_equal(about.slot_size, fixture.layout.backup.size);
    assert_false(about.on_trial || about.has_boot || about.has_journal || about.judged);
}

static struct otter_ask_about asked;

static void note_question(const struct otter_port *port, const struct otter_layout *layout,
                          const struct otter_ask_about *ask, struct otter_about *io_about)
{
    assert_ptr_equal(port, &fixture.flash.port);
    assert_ptr_equal(layout, &fixture.layout);
    asked = *ask;
    io_about->key_count = OTTER_ABOUT_KEYS_MAX; /* the longest answer, and all of it FF */
    memset(io_about->key_ids, 0xFF, sizeof io_about->key_ids);
}

/* What is no question with a file is one without; the answer is never too long. */
static void test_about_questions(void **state)
{
    uint8_t payload[200];

    (void)state;
    set_up();
    fixture.config.about = note_question;
    memset(payload, 0x2A, sizeof payload);
    for (uint16_t len = 0; len <= sizeof payload; len++) {
        memset(&asked, 0xEE, sizeof asked);
        fixture_module(&fixture, OTTER_CMD_ASK_ABOUT, (uint8_t)len, 0, payload, len);
        fixture_poll(&fixture);
        assert_int_equal(fixture_expect(&fixture, OTTER_CMD_ABOUT)->payload_len,
                         OTTER_ABOUT_MAX);
        assert_int_equal(asked.has_file, len >= 20);
        assert_int_equal(asked.file_size, len >= 20 ? 0x2A2A2A2A : 0);
        fixture.sent_count = fixture.sent_at = 0;
    }
}

static void test_plain_acks(void **state)
{
    (void)state;
    set_up();
    EXCHANGE("\xFF\xFF\x00\x05\x07\x06\x00\x00\x12", "\xFF\xFF\x00\x05\x08\x06\x00\x00\x13");
    EXCHANGE("\xFF\xFF\x00\x07\x0D\x00\x00\x00\x00\x02\x16",
             "\xFF\xFF\x00\x05\x0E\x00\x00\x00\x13");
    assert_int_equal(fixture.status, 0x0002);
    EXCHANGE("\xFF\xFF\x00\x07\x0D\x01\x00\x00\x07\x1A\x36",
             "\xFF\xFF\x00\x05\x0E\x01\x00\x00\x14");
    assert_int_equal(fixture.status, 0x071A);
    EXCHANGE("\xFF\xFF\x00\x05\x1F\x01\x00\x00\x25", "\xFF\xFF\x00\x05\x20\x01\x00\x00\x26");
    EXCHANGE("\xFF\xFF\x00\x07\x25\x03\x00\x00\x04\x00\x33",
             "\xFF\xFF\x00\x05\x26\x03\x00\x00\x2E");
    EXCHANGE("\xFF\xFF\x00\x06\x11\x06\x00\x00\x01\x1E", "");
    EXCHANGE("\xFF\xFF\x00\x06\x12\x06\x00\x00\x01\x1F", "");
}

static void test_control(void **state)
{
    (void)state;
    set_up();
    EXCHANGE("\xFF\xFF\x00\x0D\x03\x04\x00\x00\x01\x01\x01\x00\x00\x00\x00\x00\x17",
             "\xFF\xFF\x00\x05\x04\x04\x00\x00\x0D");
    assert_int_equal(fixture.controls, 1);
    assert_int_equal(fixture.last_action, OTTER_P0_CONTROL);
    EXCHANGE(
        "\xFF\xFF\x00\x06\x03\x02\x00\x00\x02\x0D", /* a read; FF in the answer is escaped */
        "\xFF\xFF\x00\x07\x04\x02\x00\x00\x03\xFF\x55\x0F");
    EXCHANGE("\xFF\xFF\x00\x07\x03\x05\x00\x00\x00\x93\xA2", /* a whole M2M packet */
             "\xFF\xFF\x00\x05\x04\x05\x00\x00\x0E");
    assert_int_equal(fixture.last_action, 0);
    assert_int_equal(fixture.controls, 3);
    EXCHANGE("\xFF\xFF\x00\x05\x03\x06\x00\x00\x0E", "\xFF\xFF\x00\x05\x04\x06\x00\x00\x0F");
    assert_int_equal(fixture.controls, 3); /* nothing in it */
}

static uint16_t talk_too_much(void *ctx, const struct otter_p0 *p0,
                              uint8_t out_answer[OTTER_COMMAND_MAX])
{
    (void)ctx;
    (void)p0;
    (void)out_answer;
    return OTTER_COMMAND_MAX + 1;
}

static void test_control_answer_that_is_too_long(void **state)
{
    (void)state;
    set_up();
    fixture.config.control = talk_too_much;
    EXCHANGE("\xFF\xFF\x00\x06\x03\x02\x00\x00\x02\x0D",
             "\xFF\xFF\x00\x05\x04\x02\x00\x00\x0B");
}

static void test_illegal(void **state)
{
    (void)state;
    set_up();
    /* wrong sum: error 1, whatever the command, with its sn */
    EXCHANGE("\xFF\xFF\x00\x05\x07\x06\x00\x00\x13",
             "\xFF\xFF\x00\x06\x12\x06\x00\x00\x01\x1F");
    EXCHANGE("\xFF\xFF\x00\x05\x55\x06\x00\x00\x00",
             "\xFF\xFF\x00\x06\x12\x06\x00\x00\x01\x1F");
    /* unknown commands: error 2 */
    EXCHANGE("\xFF\xFF\x00\x05\x51\x07\x00\x00\x5D",
             "\xFF\xFF\x00\x06\x12\x07\x00\x00\x02\x21");
    EXCHANGE("\xFF\xFF\x00\x05\x1B\x07\x00\x00\x27",
             "\xFF\xFF\x00\x06\x12\x07\x00\x00\x02\x21");
    /* answers nobody waits for: nothing */
    EXCHANGE("\xFF\xFF\x00\x05\x06\x03\x00\x00\x0E", "");
    EXCHANGE("\xFF\xFF\x00\x05\x1C\x03\x00\x00\x24", "");
    EXCHANGE("\xFF\xFF\x00\x05\x52\x03\x00\x00\x5A", "");
    assert_int_equal(fixture.answers, 0);
}

static void test_every_command_code(void **state)
{
    static const uint8_t known[] = {0x01, 0x03, 0x07, 0x0D, 0x0F, 0x19, 0x1F, 0x25};

    (void)state;
    for (unsigned cmd = 0; cmd < 256; cmd++) {
        bool is_known = memchr(known, (int)cmd, sizeof(known)) != NULL;

        set_up();
        fixture_module(&fixture, (uint8_t)cmd, 200, 0, NULL, 0);
        if (cmd % 2 == 0 || cmd == OTTER_CMD_ILLEGAL_TO_MCU || cmd == OTTER_CMD_PIECE) {
            if (cmd == OTTER_CMD_PIECE) { /* unasked: the module is restarted, no ACK */
                fixture_expect(&fixture, OTTER_CMD_RESTART_MODULE);
            }
            fixture_expect_nothing(&fixture);
            continue;
        }
        if (is_known) {
            assert_int_equal(fixture_expect(&fixture, (uint8_t)(cmd + 1))->sn, 200);
        } else {
            const struct fixture_frame *frame =
                fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);

            assert_int_equal(frame->sn, 200);
            assert_int_equal(frame->payload[0], OTTER_ILLEGAL_COMMAND);
        }
        if (cmd == OTTER_CMD_OFFER) {
            fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
        }
        fixture_expect_nothing(&fixture);
    }
}

static void test_restart_of_the_mcu(void **state)
{
    (void)state;
    set_up();
    EXCHANGE("\xFF\xFF\x00\x05\x0F\x01\x00\x00\x15", "\xFF\xFF\x00\x05\x10\x01\x00\x00\x16");
    fixture_run(&fixture, 400);
    EXCHANGE("\xFF\xFF\x00\x05\x0F\x01\x00\x00\x15", /* resent: does not postpone it */
             "\xFF\xFF\x00\x05\x10\x01\x00\x00\x16");
    fixture_run(&fixture, 190);
    assert_int_equal(fixture.restarts, 0);
    fixture.hold = true; /* and what is to be sent goes first */
    fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 1, 0, NULL, 0);
    fixture_run(&fixture, 100);
    assert_int_equal(fixture.restarts, 0);
    fixture.hold = false;
    fixture_run(&fixture, 20);
    assert_int_equal(fixture.restarts, 1);
    fixture_run(&fixture, 5000);
    assert_int_equal(fixture.restarts, 1);
}

static void test_commands_of_the_application(void **state)
{
    uint8_t payload[OTTER_COMMAND_MAX + 1];

    (void)state;
    set_up();
    memset(payload, 0xFF, sizeof(payload)); /* the longest on the wire */
    assert_int_equal(otter_device_command(&fixture.device, OTTER_CMD_REPORT, payload,
                                          OTTER_COMMAND_MAX + 1, fixture.now_ms),
                     OTTER_ERR_SPACE);
    assert_int_equal(otter_device_command(&fixture.device, OTTER_CMD_REPORT, payload,
                                          OTTER_COMMAND_MAX, fixture.now_ms),
                     0);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms),
        OTTER_ERR_BUSY);
    fixture_poll(&fixture);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_REPORT)->payload_len,
                     OTTER_COMMAND_MAX);
    fixture_module(&fixture, OTTER_CMD_REPORT_ACK, 0, 0, NULL, 0);
    assert_int_equal(fixture.answers, 1);
    assert_int_equal(fixture.last_answer, OTTER_CMD_REPORT_ACK);

    assert_int_equal(otter_device_command(&fixture.device, OTTER_CMD_RESTART_MODULE, NULL, 0,
                                          fixture.now_ms),
                     0);
    fixture_run(&fixture, 1000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fixture_expect(&fixture, OTTER_CMD_RESTART_MODULE)->sn, 1);
    }
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.gave_ups, 1);
    assert_int_equal(fixture.last_gave_up, OTTER_CMD_RESTART_MODULE);
}

static unsigned works;

static void link_works(void *ctx)
{
    assert_ptr_equal(ctx, &fixture);
    assert_int_equal(fixture.answers, 0); /* it comes first */
    works++;
}

static void set_up_for_works(void)
{
    set_up();
    fixture.config.link_works = link_works;
    works = 0;
}

/* Any command of the module that was answered, when the UART has taken the answer. */
static void test_link_works_when_a_command_was_answered(void **state)
{
    static const uint8_t commands[] = {OTTER_CMD_GET_INFO,           OTTER_CMD_CONTROL,
                                       OTTER_CMD_HEARTBEAT,          OTTER_CMD_STATUS,
                                       OTTER_CMD_RESTART_MCU,        OTTER_CMD_OFFER,
                                       OTTER_CMD_TRANSACTION_RESULT, OTTER_CMD_SENDER_STOP};
    static const uint8_t answerless[] = {OTTER_CMD_PIECE, OTTER_CMD_ILLEGAL_TO_MCU, 0x7F};

    (void)state;
    for (size_t i = 0; i < sizeof commands; i++) {
        set_up_for_works();
        fixture.hold = true;
        fixture_module(&fixture, commands[i], 1, 0, NULL, 0);
        fixture_run(&fixture, 100);
        assert_int_equal(works, 0);
        fixture.hold = false;
        fixture_run(&fixture, 20);
        assert_int_equal(works, 1);
        fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 2, 0, NULL, 0);
        fixture_run(&fixture, 20);
        assert_int_equal(works, 1); /* told once */
        fixture_boot(&fixture);
        fixture_module(&fixture, OTTER_CMD_HEARTBEAT, 2, 0, NULL, 0);
        fixture_poll(&fixture);
        assert_int_equal(works, 2); /* in each life */
    }
    for (size_t i = 0; i < sizeof answerless; i++) {
        set_up_for_works();
        fixture_module(&fixture, answerless[i], 1, 0, NULL, 0);
        fixture_run(&fixture, 3000);
        assert_int_equal(works, 0);
    }
    fixture_bad_checksum(&fixture, OTTER_CMD_HEARTBEAT, 1);
    fixture_run(&fixture, 100);
    assert_int_equal(works, 0);
}

/* Or any answer to a command of ours: the application's, or the receiver's. */
static void test_link_works_when_a_command_of_ours_is_answered(void **state)
{
    (void)state;
    set_up_for_works();
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
    fixture_run(&fixture, 1000);
    fixture_module(&fixture, OTTER_CMD_TIME, 0, 0, NULL, 0);
    fixture_run(&fixture, 100);
    assert_int_equal(works, 0); /* too late */
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
    fixture_module(&fixture, OTTER_CMD_TIME, 1, 0, NULL, 0);
    assert_int_equal(works, 1);
    assert_int_equal(fixture.answers, 1);

    set_up_for_works(); /* a piece of a transfer before our start: 0x29, 0x2A */
    fixture_module(&fixture, OTTER_CMD_PIECE, 1, 0, NULL, 0);
    fixture_poll(&fixture);
    fixture_module(&fixture, OTTER_CMD_RESTART_MODULE_ACK,
                   fixture_expect(&fixture, OTTER_CMD_RESTART_MODULE)->sn, 0, NULL, 0);
    assert_int_equal(works, 1);
}

static void test_silent_application(void **state)
{
    (void)state;
    set_up();
    fixture.config.status = NULL;
    fixture.config.answer = NULL;
    fixture.config.gave_up = NULL;
    fixture_module(&fixture, OTTER_CMD_STATUS, 1, 0, (const uint8_t *)"\x00\x02", 2);
    fixture_expect_ack(&fixture, OTTER_CMD_STATUS_ACK, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms),
            0);
        if (i == 0) {
            fixture_module(&fixture, OTTER_CMD_TIME, 0, 0, NULL, 0);
        }
        fixture_run(&fixture, 1000);
    }
}

static void test_no_command_while_a_piece_may_wait(void **state)
{
    (void)state;
    set_up();
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(otter_receiver_is_active(&fixture.device.receiver), i == 1);
        assert_int_equal(otter_device_command(&fixture.device, OTTER_CMD_GET_MODULE_INFO, NULL,
                                              0, fixture.now_ms),
                         i == 0 ? 0 : OTTER_ERR_BUSY);
        if (i == 0) {
            fixture_module(&fixture, OTTER_CMD_MODULE_INFO, 0, 0, NULL, 0);
            fixture_expect(&fixture, OTTER_CMD_GET_MODULE_INFO);
            fixture_begin(&fixture);
        }
    }
    fixture_module(&fixture, OTTER_CMD_CONTROL, 9, 0, (const uint8_t *)"\x01",
                   1); /* answers go out */
    fixture_expect_ack(&fixture, OTTER_CMD_CONTROL_ACK, 9);
    fixture_complete(&fixture);
}

static void test_any_split_of_the_bytes(void **state)
{
    static const uint8_t in[] = {0x00, 0xFF, 0xFF, 0x00, 0x05, 0x07, 0xFF, 0x55, 0x00,
                                 0x00, 0x0B, 0xFF, 0xFF, 0xFF, 0x00, 0x05, 0x07, 0x02,
                                 0x00, 0x00, 0x0E, 0xFF, 0xFF, 0x00, 0xFF, 0xFF, 0x00,
                                 0x05, 0x07, 0x03, 0x00, 0x00, 0x0F};

    (void)state;
    for (size_t split = 0; split <= sizeof(in); split++) {
        set_up();
        otter_device_receive(&fixture.device, in, split, fixture.now_ms);
        otter_device_receive(&fixture.device, in + split, sizeof(in) - split, fixture.now_ms);
        fixture_poll(&fixture);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 0xFF);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 2);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 3);
        fixture_expect_nothing(&fixture);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_update_status_is_in_the_flags_of_info),
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_about_questions),
        cmocka_unit_test(test_plain_acks),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_control_answer_that_is_too_long),
        cmocka_unit_test(test_illegal),
        cmocka_unit_test(test_every_command_code),
        cmocka_unit_test(test_restart_of_the_mcu),
        cmocka_unit_test(test_commands_of_the_application),
        cmocka_unit_test(test_link_works_when_a_command_was_answered),
        cmocka_unit_test(test_link_works_when_a_command_of_ours_is_answered),
        cmocka_unit_test(test_silent_application),
        cmocka_unit_test(test_no_command_while_a_piece_may_wait),
        cmocka_unit_test(test_any_split_of_the_bytes),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
