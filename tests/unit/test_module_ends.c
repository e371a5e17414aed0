/* SPDX-License-Identifier: Apache-2.0 */
/* The file on its way: offer, READY, pieces, and every kind of end. Authority: the behaviour
 * measured on a running open GAgent 04020006 (docs/protocol.md, chapter 5); where ours is to be
 * better than that program, the test's name says so with "unlike_gagent". */
#include "support/module_fixture.h"

static struct mcu mcu;

/* A module in the middle of a transfer: the first `acked` pieces are acknowledged. */
static void run_to_piece(uint32_t file_size, uint16_t piece_len, unsigned acked)
{
    mcu_init(&mcu, file_size);
    mcu_run_to_offer(&mcu);
    mcu.answers[OTTER_CMD_PIECE] = false;
    mcu_forget(&mcu);
    mcu_ready(&mcu, piece_len);
    for (unsigned i = 0; i < acked; i++)
        mcu_ack(&mcu);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_PIECE);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), acked + 1);
}

static unsigned piece_number(const struct sent *sent)
{
    return (unsigned)sent->payload[0] << 8 | sent->payload[1];
}

static void new_version(void)
{
    memcpy(mcu.info.version, "03010102", 8);
}

static void test_transfer_every_piece_length(void **state)
{
    static const struct {
        uint32_t file_size;
        uint16_t asked, used;
    } rows[] = {{5000, 128, 128},   {5000, 0, 256},     {5000, 512, 512},    {900, 900, 900},
                {901, 900, 900},    {100, 900, 900},    {1, 1, 1},           {300, 1, 1},
                {8192, 2045, 2045}, {8192, 2046, 2045}, {8192, 0xFFFF, 2045}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mcu_init(&mcu, rows[i].file_size);
        mcu_run_to_offer(&mcu);
        mcu_ready(&mcu, rows[i].asked);
        assert_int_equal(mcu.last[MODULE_EVENT_READY].count,
                         (rows[i].file_size + rows[i].used - 1U) / rows[i].used);
        assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), mcu.last[MODULE_EVENT_READY].count);
        assert_memory_equal(mcu.got, mcu.file, rows[i].file_size);
        assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
        const struct sent *last = mcu_last(&mcu);
        assert_int_equal(piece_number(last), mcu.last[MODULE_EVENT_READY].count);
        assert_int_equal(last->payload_len - 4U, (rows[i].file_size - 1) % rows[i].used + 1U);
    }
}

static void test_transfer_measured_0x19_bytes(void **state)
{
    static const uint8_t head[] = {0xFF, 0xFF, 0, 0x2B, 0x19, 2, 0, 0, 0, 0, 0x03, 0xE8};
    (void)state;
    mcu_init(&mcu, 1000);
    mcu_run_to_offer(&mcu);
    assert_memory_equal(mcu_last(&mcu)->wire, head, sizeof head);
    assert_memory_equal(mcu_last(&mcu)->payload + 4, "\0\x20", 2);
    assert_memory_equal(mcu_last(&mcu)->payload + 6, mcu.config.file.md5_hex, 32);
}

static void test_transfer_nothing_else_while_pieces_run(void **state)
{
    const struct otter_p0 read = {OTTER_P0_READ, NULL, 0};
    (void)state;
    run_to_piece(2000, 10, 0);
    for (int i = 0; i < 50; i++) { /* 125 s: status and two heartbeats fall due */
        mcu_wait(&mcu, 2500);
        assert_int_equal(module_control(&mcu.module, &read, mcu.now_ms), OTTER_ERR_BUSY);
        mcu_ack(&mcu);
    }
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 51);
    assert_int_equal(mcu.sent_count, 1 + 51); /* 0x1C and pieces */
    /* ... and answers still go out, without harm to the piece that waits */
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_GET_MODULE_INFO, "\0", 1);
    mcu_send(&mcu, OTTER_CMD_REPORT, "\x04", 1);
    mcu_wait(&mcu, 3100);
    assert_int_equal(mcu.sent_count, 3);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_PIECE);
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_ack(&mcu);
    assert_memory_equal(mcu.got, mcu.file, 2000);
    mcu_wait(&mcu, MODULE_T_QUIET_MS - 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 0); /* measured: 2 s after the end */
    mcu_wait(&mcu, 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_HEARTBEAT), 1);
}

static void test_transfer_lost_ack_measured_3s_then_0x1f(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 4);
    mcu.answers[OTTER_CMD_SENDER_STOP] = false;
    mcu_forget(&mcu);
    uint32_t start_ms = mcu.now_ms;
    mcu_wait(&mcu, 9700);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 2); /* two more sends of the same */
    assert_int_equal(mcu.sent[0].ms - start_ms, 3000);
    assert_int_equal(mcu.sent[1].ms - start_ms, 6000);
    assert_int_equal(mcu.sent[0].sn, mcu.sent[1].sn);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 3);
    assert_int_equal(mcu_nth(&mcu, OTTER_CMD_SENDER_STOP, 0)->ms - start_ms, 9000);
    assert_int_equal(mcu_nth(&mcu, OTTER_CMD_SENDER_STOP, 2)->ms - start_ms, 9400);
    assert_int_equal(mcu.last[MODULE_EVENT_RESENT].number, 5);
    assert_int_equal(mcu.last[MODULE_EVENT_STOPPED].number, 5);
    assert_string_equal(mcu.last_text[MODULE_EVENT_STOPPED],
                        "the MCU did not acknowledge piece 5 of 16");
    /* a fresh READY makes it send the whole file again, with another piece length, too */
    mcu_wait(&mcu, 5000);
    assert_false(module_has_ended(&mcu.module));
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_forget(&mcu);
    mcu_ready(&mcu, 200);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 10);
    assert_memory_equal(mcu.got, mcu.file, 2000);
}

static void test_transfer_piece_lost_is_told_when_no_ready_comes(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 0);
    mcu_wait(&mcu, 9000 + MODULE_T_AGAIN_LOST_MS - 100);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 1);
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, 200);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_PIECE_LOST);
}

static void test_transfer_0x27_then_ack_measured_stop(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 4);
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_RECEIVER_STOP_ACK);
    mcu_send_sn(&mcu, OTTER_CMD_PIECE_ACK, 7, 0, NULL, 0);
    mcu_wait(&mcu, MODULE_T_AGAIN_BEGUN_MS - 1000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 0);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 0);
    assert_false(module_has_ended(&mcu.module)); /* a READY may follow */
    mcu_wait(&mcu, 1100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_ABORTED);
    assert_string_equal(mcu.last_text[MODULE_EVENT_FAILED],
                        "the MCU stopped the transfer at piece 5 of 16 (0x27)");
    /* even later a READY is served */
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_ready(&mcu, 128);
    assert_false(module_has_ended(&mcu.module));
    assert_memory_equal(mcu.got, mcu.file, 2000);
}

static void test_transfer_0x27_without_ack_measured_0x1f(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 4);
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    mcu_wait(&mcu, 9100);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 2);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 1);
    mcu_wait(&mcu, MODULE_T_AGAIN_LOST_MS);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_ABORTED);
}

static void test_transfer_resume_0x27_ack_ready(void **state)
{
    (void)state;
    run_to_piece(3000, 128, 5);
    mcu_wait(&mcu, 3000); /* the MCU was away and meets the resent piece */
    uint8_t sn = mcu_last(&mcu)->sn;
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    mcu_send_sn(&mcu, OTTER_CMD_PIECE_ACK, sn, 0, NULL, 0);
    mcu.answers[OTTER_CMD_PIECE] = true;
    memset(mcu.got, 0, sizeof mcu.got);
    mcu_ready(&mcu, 128);
    assert_memory_equal(mcu.got, mcu.file, 3000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
    assert_false(mcu_had(&mcu, MODULE_EVENT_FAILED));
}

static void test_transfer_0x27_instead_of_ready_is_refusal(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_run_to_offer(&mcu);
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_RECEIVER_STOP_ACK);
    assert_string_equal(mcu.last_text[MODULE_EVENT_REFUSED], "the MCU refused the file (0x27)");
    mcu_wait(&mcu, MODULE_T_AGAIN_MS + 100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_REFUSED);
}

static void test_transfer_0x27_at_the_last_piece_is_md5(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1); /* our device's order: 0x27, then ACK */
    uint8_t sn = mcu_last(&mcu)->sn;
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    mcu_send_sn(&mcu, OTTER_CMD_PIECE_ACK, sn, 0, NULL, 0);
    mcu_wait(&mcu, MODULE_T_AGAIN_BEGUN_MS + 100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_MD5_DIFFERS);
    run_to_piece(2000, 1000, 1); /* the tutorial's order: ACK, then 0x27 */
    mcu_ack(&mcu);
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    mcu_wait(&mcu, MODULE_T_AGAIN_BEGUN_MS + 100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_MD5_DIFFERS);
}

static void test_transfer_0x27_when_idle_is_acknowledged_only(void **state)
{
    (void)state;
    mcu_init(&mcu, 0);
    mcu_wait(&mcu, 6000);
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_RECEIVER_STOP, NULL, 0);
    assert_int_equal(mcu.sent_count, 1);
    assert_int_equal(mcu.event_count, 0);
}

static void test_transfer_ready_twice_unlike_gagent(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 0);
    mcu_forget(&mcu);
    mcu_ready(&mcu, 128);
    assert_int_equal(mcu.sent_count, 1); /* 0x1C, no second piece 1 */
    assert_int_equal(mcu.sent[0].cmd, OTTER_CMD_READY_ACK);
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_wait(&mcu, 3100);
    assert_memory_equal(mcu.got, mcu.file, 2000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
}

static void test_transfer_ready_after_silence_gets_piece_1_anew(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 0);
    mcu_wait(&mcu, 8000); /* piece 1 was sent three times */
    mcu_forget(&mcu);
    mcu_ready(&mcu, 128);
    assert_int_equal(mcu.sent_count, 2);
    assert_int_equal(piece_number(&mcu.sent[1]), 1);
    mcu_wait(&mcu, 8900); /* with three sends of its own */
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 3);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 0);
}

static void test_transfer_ready_amid_pieces_starts_again_unlike_gagent(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 2);
    uint8_t old_sn = mcu_last(&mcu)->sn;
    mcu_forget(&mcu);
    mcu_ready(&mcu, 128);
    assert_int_equal(mcu.sent_count, 2);
    assert_int_equal(mcu.sent[0].cmd, OTTER_CMD_READY_ACK);
    assert_int_equal(piece_number(&mcu.sent[1]), 1);
    mcu_send_sn(&mcu, OTTER_CMD_PIECE_ACK, old_sn, 0, NULL, 0); /* late: counts for nothing */
    assert_int_equal(mcu.sent_count, 2);
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_send_sn(&mcu, OTTER_CMD_PIECE_ACK, mcu.sent[1].sn, 0, NULL, 0);
    mcu_wait(&mcu, 1);
    assert_memory_equal(mcu.got, mcu.file, 2000);
}

static void test_transfer_ready_before_0x1a_unlike_gagent(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu.answers[OTTER_CMD_OFFER] = false;
    mcu_wait(&mcu, MODULE_T_OFFER_MS);
    uint8_t sn = mcu_last(&mcu)->sn;
    mcu_ready(&mcu, 128);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
    assert_memory_equal(mcu.got, mcu.file, 2000);
    mcu_forget(&mcu);
    mcu_send_sn(&mcu, OTTER_CMD_OFFER_ACK, sn, 0, NULL, 0); /* late */
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 0);
}

static void test_transfer_ready_while_status_unacked_waits_unlike_gagent(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_run_to_offer(&mcu);
    mcu.answers[OTTER_CMD_STATUS] = false;
    mcu_wait(&mcu, 3000);
    assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_STATUS);
    uint8_t sn = mcu_last(&mcu)->sn;
    mcu_forget(&mcu);
    mcu_ready(&mcu, 128);
    mcu_ready(&mcu, 128); /* and a second one does no harm */
    assert_int_equal(mcu.sent_count, 2);
    mcu_send_sn(&mcu, OTTER_CMD_STATUS_ACK, sn, 0, NULL, 0);
    mcu_wait(&mcu, 0);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 16);
    assert_memory_equal(mcu.got, mcu.file, 2000);
}

static void test_transfer_wrong_ready_measured_0x1c_and_silence(void **state)
{
    uint8_t payload[OTTER_READY_SIZE] = {0, 32};
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_run_to_offer(&mcu);
    memset(payload + 2, '0', 32);
    mcu_forget(&mcu);
    mcu_send(&mcu, OTTER_CMD_READY, payload, sizeof payload); /* another MD5 */
    mcu_send(&mcu, OTTER_CMD_READY, payload, 7);              /* malformed */
    mcu_wait(&mcu, 2000);
    assert_int_equal(mcu.sent_count, 2);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_READY_ACK), 2);
    assert_true(mcu_had(&mcu, MODULE_EVENT_WRONG_READY));
    mcu_ready(&mcu, 128); /* the right one later works */
    assert_memory_equal(mcu.got, mcu.file, 2000);
    mcu_init(&mcu, 0); /* and without any file */
    mcu_wait(&mcu, 6000);
    mcu_forget(&mcu);
    mcu_ready(&mcu, 128);
    assert_int_equal(mcu.sent_count, 1);
    assert_true(mcu_had(&mcu, MODULE_EVENT_WRONG_READY));
}

static void test_transfer_hex_measured_0x11_error_4(void **state)
{
    uint8_t payload[OTTER_READY_SIZE] = {0, 32};
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_run_to_offer(&mcu);
    memcpy(payload + 2, mcu.config.file.md5_hex, 32);
    mcu_forget(&mcu);
    mcu_send_sn(&mcu, OTTER_CMD_READY, 9, OTTER_READY_FLAG_HEX, payload, sizeof payload);
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu.sent_count, 1);
    assert_int_equal(mcu.sent[0].cmd, OTTER_CMD_ILLEGAL_TO_MCU);
    assert_int_equal(mcu.sent[0].sn, 9);
    assert_int_equal(mcu.sent[0].payload[0], OTTER_ILLEGAL_FILE_TYPE);
}

static void test_transfer_too_many_pieces(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu.config.file.size = 65536; /* with length 1: number 65536 does not exist */
    mcu_run_to_offer(&mcu);
    mcu_forget(&mcu);
    mcu_ready(&mcu, 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 0);
    assert_true(mcu_had(&mcu, MODULE_EVENT_WRONG_READY));
}

static void test_transfer_up_to_date_is_not_offered(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    new_version();
    mcu_wait(&mcu, 10000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 0);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UP_TO_DATE));
    assert_true(module_has_ended(&mcu.module));
    mcu_init(&mcu, 2000);
    mcu.config.forced = true;
    new_version();
    mcu_wait(&mcu, 10000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 1);
}

static void test_transfer_silent_to_0x19(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu.answers[OTTER_CMD_OFFER] = false;
    mcu_wait(&mcu, 2000 + 600 + MODULE_T_AGAIN_MS + 100);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 3);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NO_OFFER_ACK);
}

static void test_transfer_no_ready(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu_wait(&mcu, 2000 + MODULE_T_READY_MS + 100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NO_READY);
}

static void test_transfer_updated_after_0x29(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    new_version();
    mcu_wait(&mcu, 3000);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    assert_false(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    mcu_wait(&mcu, 101);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    mcu_forget(&mcu);
    mcu_wait(&mcu, 60000); /* goes on as a module does, and offers nothing more */
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), 2);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_HEARTBEAT), 1);
    assert_int_equal(mcu.sent_count, 3);
}

static void test_transfer_updated_after_asking_0x01(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    mcu.answers[OTTER_CMD_GET_INFO] = false; /* the MCU is in its bootloader */
    mcu_forget(&mcu);
    mcu_wait(&mcu, 9000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_GET_INFO), 3);
    mcu.answers[OTTER_CMD_GET_INFO] = true;
    new_version();
    mcu_wait(&mcu, 2000);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    assert_false(mcu_had(&mcu, MODULE_EVENT_STARTED));
}

static void test_transfer_updated_although_last_ack_is_missing(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1); /* the tutorial's app resets instead of the last ACK */
    new_version();
    mcu_wait(&mcu, 2000);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 200);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
}

static void test_transfer_old_version_after_0x29(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    mcu_wait(&mcu, 3000);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 200);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_OLD_VERSION);
    assert_string_equal(mcu.last_text[MODULE_EVENT_FAILED],
                        "the MCU came back with version 03010101 instead of 03010102");
    mcu_forget(&mcu);
    mcu_wait(&mcu, 10000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 0); /* no endless loop */
}

static void test_transfer_old_version_answers_mean_little_at_first(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    mcu_wait(&mcu, MODULE_T_SETTLE_MS - 100);
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, 5100);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_OLD_VERSION);
}

static void test_transfer_forced_same_version_waits_for_the_restart(void **state)
{
    (void)state;
    mcu_init(&mcu, 2000);
    mcu.config.forced = true;
    new_version();
    mcu_run_to_offer(&mcu);
    mcu_ready(&mcu, 128);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
    mcu_wait(&mcu, 6000); /* the old program answers once more, with the expected version */
    assert_false(mcu_had(&mcu, MODULE_EVENT_UPDATED));
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 200);
    assert_true(mcu_had(&mcu, MODULE_EVENT_UPDATED));
}

static void test_transfer_mcu_does_not_come_back(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    memset(mcu.answers, false, sizeof mcu.answers);
    mcu_wait(&mcu, MODULE_T_RETURN_MS - 100);
    assert_false(module_has_ended(&mcu.module));
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NOT_BACK);
}

static void test_transfer_not_back_after_0x29(void **state)
{
    (void)state;
    run_to_piece(2000, 1000, 1);
    mcu_ack(&mcu);
    memset(mcu.answers, false, sizeof mcu.answers);
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, MODULE_T_RETURN_MS + 1000); /* while the module still asks 0x01 */
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_NOT_BACK);
}

static void test_transfer_restarts_in_the_middle_are_bounded(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 3);
    for (int i = 1; i < MODULE_OFFERS_MAX; i++) {
        mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
        mcu_wait(&mcu, 2200);
        assert_int_equal(mcu_last(&mcu)->cmd, OTTER_CMD_OFFER);
        mcu_ready(&mcu, 128);
        mcu_ack(&mcu);
    }
    mcu_send(&mcu, OTTER_CMD_RESTART_MODULE, NULL, 0);
    mcu_wait(&mcu, 2200);
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_RESTARTS);
}

static void test_transfer_cancel_and_offer_again(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 3);
    assert_int_equal(module_offer(&mcu.module, mcu.now_ms), OTTER_ERR_BUSY);
    mcu_forget(&mcu);
    module_cancel(&mcu.module, mcu.now_ms);
    mcu_wait(&mcu, 1000);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 1);
    assert_true(module_has_ended(&mcu.module));
    assert_int_equal(module_offer(&mcu.module, mcu.now_ms), 0);
    mcu_wait(&mcu, 10);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_OFFER), 1);
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_ready(&mcu, 128);
    assert_true(mcu_had(&mcu, MODULE_EVENT_SENT));
}

static void test_transfer_copy_runs_on_independently(void **state)
{
    static struct mcu copy;
    (void)state;
    run_to_piece(2000, 128, 3);
    copy = mcu;
    module_copy(&copy.module, &mcu.module);
    otter_frame_decoder_init(&copy.decoder, copy.body, sizeof copy.body, OTTER_FRAME_LENIENT);
    memset(&mcu.module, 0xA5, sizeof mcu.module); /* what must not be looked at any more */
    copy.answers[OTTER_CMD_PIECE] = true;
    mcu_wait(&copy, 3100);
    assert_memory_equal(copy.got, copy.file, 2000);
}

/* A daemon's disk fails in the middle: the MCU is told, and the update has an end of its
 * own. */
static void test_transfer_unreadable_file(void **state)
{
    (void)state;
    run_to_piece(2000, 128, 4);
    mcu.unreadable_from = 5 * 128;
    mcu.answers[OTTER_CMD_PIECE] = true;
    mcu_ack(&mcu);
    mcu_wait(&mcu, 10);
    assert_true(module_has_ended(&mcu.module));
    assert_int_equal(mcu.last[MODULE_EVENT_FAILED].failure, MODULE_FAIL_READ);
    assert_string_equal(mcu.last_text[MODULE_EVENT_FAILED], "the file cannot be read");
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 1);
    assert_int_equal(mcu_count(&mcu, OTTER_CMD_PIECE), 5); /* those before */
    /* once it can be read again, the MCU's READY is served as ever */
    mcu.unreadable_from = UINT32_MAX;
    mcu_ready(&mcu, 128);
    mcu_wait(&mcu, 3000);
    assert_memory_equal(mcu.got, mcu.file, 2000);
}

/* An open module sends what is overdue as soon as it has 0x20, and forgets a READY that meets
 * it: what an MCU's tests want of ours. By itself it waits for 2 s and serves it. */
static void test_transfer_hasty_module_sends_its_backlog_after_0x20(void **state)
{
    (void)state;
    for (unsigned hasty = 0; hasty < 2; hasty++) {
        run_to_piece(2000, 128, 4);
        mcu.config.hasty = hasty;
        mcu.answers[OTTER_CMD_STATUS] = false;
        mcu_forget(&mcu);
        mcu_wait(&mcu, 9000 + 1);
        assert_int_equal(mcu_count(&mcu, OTTER_CMD_SENDER_STOP), 1);
        assert_int_equal(mcu_count(&mcu, OTTER_CMD_STATUS), hasty);
        mcu.answers[OTTER_CMD_PIECE] = true;
        mcu_ready(&mcu, 200);
        assert_int_equal(mcu_had(&mcu, MODULE_EVENT_WRONG_READY), hasty);
        if (hasty) {
            assert_int_equal(mcu.last[MODULE_EVENT_WRONG_READY].ready_error,
                             MODULE_READY_CROSSED);
            mcu_wait(&mcu, 2000);
            assert_int_equal(mcu_count(&mcu, OTTER_CMD_READY_ACK), 1);
            mcu_ready(&mcu, 200);
        }
        assert_memory_equal(mcu.got, mcu.file, 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_every_piece_length),
        cmocka_unit_test(test_transfer_measured_0x19_bytes),
        cmocka_unit_test(test_transfer_unreadable_file),
        cmocka_unit_test(test_transfer_nothing_else_while_pieces_run),
        cmocka_unit_test(test_transfer_lost_ack_measured_3s_then_0x1f),
        cmocka_unit_test(test_transfer_piece_lost_is_told_when_no_ready_comes),
        cmocka_unit_test(test_transfer_0x27_then_ack_measured_stop),
        cmocka_unit_test(test_transfer_0x27_without_ack_measured_0x1f),
        cmocka_unit_test(test_transfer_resume_0x27_ack_ready),
        cmocka_unit_test(test_transfer_0x27_instead_of_ready_is_refusal),
        cmocka_unit_test(test_transfer_0x27_at_the_last_piece_is_md5),
        cmocka_unit_test(test_transfer_0x27_when_idle_is_acknowledged_only),
        cmocka_unit_test(test_transfer_ready_twice_unlike_gagent),
        cmocka_unit_test(test_transfer_ready_after_silence_gets_piece_1_anew),
        cmocka_unit_test(test_transfer_ready_amid_pieces_starts_again_unlike_gagent),
        cmocka_unit_test(test_transfer_ready_before_0x1a_unlike_gagent),
        cmocka_unit_test(test_transfer_ready_while_status_unacked_waits_unlike_gagent),
        cmocka_unit_test(test_transfer_wrong_ready_measured_0x1c_and_silence),
        cmocka_unit_test(test_transfer_hex_measured_0x11_error_4),
        cmocka_unit_test(test_transfer_too_many_pieces),
        cmocka_unit_test(test_transfer_up_to_date_is_not_offered),
        cmocka_unit_test(test_transfer_silent_to_0x19),
        cmocka_unit_test(test_transfer_no_ready),
        cmocka_unit_test(test_transfer_updated_after_0x29),
        cmocka_unit_test(test_transfer_updated_after_asking_0x01),
        cmocka_unit_test(test_transfer_updated_although_last_ack_is_missing),
        cmocka_unit_test(test_transfer_old_version_after_0x29),
        cmocka_unit_test(test_transfer_old_version_answers_mean_little_at_first),
        cmocka_unit_test(test_transfer_forced_same_version_waits_for_the_restart),
        cmocka_unit_test(test_transfer_mcu_does_not_come_back),
        cmocka_unit_test(test_transfer_not_back_after_0x29),
        cmocka_unit_test(test_transfer_restarts_in_the_middle_are_bounded),
        cmocka_unit_test(test_transfer_cancel_and_offer_again),
        cmocka_unit_test(test_transfer_copy_runs_on_independently),
        cmocka_unit_test(test_transfer_hasty_module_sends_its_backlog_after_0x20),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
