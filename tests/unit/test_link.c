/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/link.h"
#include "otter/message.h"
#include "support/rng.h"

/* Authority: docs/protocol.md 1.3 and 1.4 (200 ms and 3 s, 3 sends, same bytes and sn, one
 * command at a time), measured on an open GAgent. */

struct end {
    struct otter_link link;
    struct otter_link_config config;
    uint8_t rx_body[300], command[700], tx[700];
};

static void start(struct end *end, bool is_module)
{
    memset(end, 0, sizeof *end);
    end->config = (struct otter_link_config){
        .rx_body = end->rx_body,
        .rx_body_max = sizeof end->rx_body,
        .command = end->command,
        .command_max = sizeof end->command,
        .tx = end->tx,
        .tx_max = sizeof end->tx,
        .rx_mode = is_module ? OTTER_FRAME_STRICT : OTTER_FRAME_LENIENT,
        .raw_acks = is_module,
    };
    otter_link_init(&end->link, &end->config);
}

static void expect_sent(struct end *end, const uint8_t want[], size_t want_len)
{
    uint8_t out[800];
    size_t len = otter_link_take(&end->link, out, sizeof out);

    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
    assert_true(otter_link_is_drained(&end->link));
}

#define WIRE(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static enum otter_link_event receive(struct end *end, const uint8_t in[], size_t len)
{
    struct otter_frame frame;
    size_t consumed;
    enum otter_link_event event = otter_link_receive(&end->link, in, len, &consumed, &frame);

    if (consumed != len) { /* the 55 after a checksum of FF, which completed the frame */
        assert_int_equal(consumed + 1, len);
        assert_int_equal(in[consumed], 0x55);
        assert_int_equal(otter_link_receive(&end->link, in + consumed, 1, &consumed, &frame),
                         OTTER_LINK_NONE);
    }
    return event;
}

static enum otter_link_event poll(struct end *end, uint32_t now_ms)
{
    struct otter_frame frame;

    return otter_link_poll(&end->link, now_ms, &frame);
}

static int command(struct end *end, uint8_t cmd, uint32_t now_ms)
{
    return otter_link_command(&end->link, cmd, 0, NULL, 0, &otter_retry_command, now_ms);
}

static void command_and_answer(void **state)
{
    struct end end;

    (void)state;
    start(&end, false);
    assert_false(otter_link_is_busy(&end.link));
    assert_true(otter_link_is_drained(&end.link));
    assert_int_equal(otter_link_next_ms(&end.link, 77), UINT32_MAX);

    assert_int_equal(command(&end, OTTER_CMD_RESTART_MODULE, 1000), 0);
    assert_true(otter_link_is_busy(&end.link));
    assert_false(otter_link_is_drained(&end.link));
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x29, 0, 0, 0, 0x2E));
    assert_int_equal(otter_link_next_ms(&end.link, 1000), 200);
    assert_int_equal(otter_link_next_ms(&end.link, 1150), 50);

    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x2A, 0, 0, 0, 0x2F)),
                     OTTER_LINK_ANSWER);
    assert_false(otter_link_is_busy(&end.link));
    assert_int_equal(otter_link_next_ms(&end.link, 1150), UINT32_MAX);
    assert_int_equal(poll(&end, 5000), OTTER_LINK_NONE);
    assert_true(otter_link_is_drained(&end.link));
}

/* From any start of the clock, so also across its wrap: sends at 0, 200, 400, given up at
 * 600. */
static void resends_the_same_bytes_then_gives_up(void **state)
{
    static const uint32_t starts[] = {0,          1,          12345,      0x7FFFFFFF,
                                      0xFFFFFFFF, 0xFFFFFF38, 0xFFFFFE00, 0xFFFFFDA8};
    static const uint8_t wire[] = {0xFF, 0xFF, 0, 6, 0x05, 0, 0, 0, 0xFF, 0x55, 0x0A};
    static const uint8_t payload[] = {0xFF};

    (void)state;
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        struct end end;
        struct otter_frame frame;

        start(&end, false);
        assert_int_equal(
            otter_link_command(&end.link, 0x05, 0, payload, 1, &otter_retry_command, starts[s]),
            0);
        expect_sent(&end, wire, sizeof wire);
        for (uint32_t ms = 0; ms < 600; ms++) {
            uint32_t now_ms = starts[s] + ms;

            assert_int_equal(otter_link_next_ms(&end.link, now_ms),
                             ms % 200 == 0 && ms != 0 ? 0 : 200 - ms % 200);
            assert_int_equal(otter_link_poll(&end.link, now_ms, &frame), OTTER_LINK_NONE);
            if (ms == 200 || ms == 400) {
                expect_sent(&end, wire, sizeof wire);
            }
            assert_true(otter_link_is_drained(&end.link));
            assert_true(otter_link_is_busy(&end.link));
        }
        assert_int_equal(otter_link_poll(&end.link, starts[s] + 600, &frame),
                         OTTER_LINK_GAVE_UP);
        assert_int_equal(frame.cmd, 0x05);
        assert_int_equal(frame.sn, 0);
        assert_int_equal(frame.payload_len, 0);
        assert_false(otter_link_is_busy(&end.link));
        assert_int_equal(otter_link_poll(&end.link, starts[s] + 900, &frame), OTTER_LINK_NONE);
    }
}

static void timeouts_count_from_each_send(void **state)
{
    struct end end;
    uint8_t out[64];

    (void)state;
    start(&end, true);
    assert_int_equal(otter_link_command(&end.link, 0x1D, 0, NULL, 0, &otter_retry_piece, 0), 0);
    assert_int_equal(poll(&end, 2999), OTTER_LINK_NONE);
    assert_int_equal(otter_link_take(&end.link, out, sizeof out), 9);
    assert_int_equal(poll(&end, 4000), OTTER_LINK_NONE); /* polled late: sent late */
    assert_int_equal(otter_link_take(&end.link, out, sizeof out), 9);
    assert_int_equal(otter_link_next_ms(&end.link, 4000), 3000);
    assert_int_equal(poll(&end, 6999), OTTER_LINK_NONE);
    assert_true(otter_link_is_drained(&end.link));
    assert_int_equal(poll(&end, 7000), OTTER_LINK_NONE);
    assert_int_equal(otter_link_take(&end.link, out, sizeof out), 9);
    assert_int_equal(poll(&end, 10000), OTTER_LINK_GAVE_UP);
}

static void one_send_only(void **state)
{
    (void)state;
    for (uint8_t sends = 0; sends < 2; sends++) { /* 0 is taken as 1 */
        const struct otter_retry once = {.timeout_ms = 50, .sends = sends};
        struct end end;
        uint8_t out[64];

        start(&end, false);
        assert_int_equal(otter_link_command(&end.link, 0x1B, 0, NULL, 0, &once, 10), 0);
        assert_int_equal(otter_link_take(&end.link, out, sizeof out), 9);
        assert_int_equal(poll(&end, 59), OTTER_LINK_NONE);
        assert_int_equal(poll(&end, 60), OTTER_LINK_GAVE_UP);
        assert_true(otter_link_is_drained(&end.link));
    }
}

static void only_one_command_at_a_time(void **state)
{
    struct end end;

    (void)state;
    start(&end, false);
    assert_int_equal(command(&end, 0x0D, 0), 0);
    assert_int_equal(command(&end, 0x0D, 1), OTTER_ERR_BUSY);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x0D, 0, 0, 0, 0x12));
    assert_int_equal(command(&end, 0x07, 199), OTTER_ERR_BUSY);
    otter_link_drop(&end.link);
    assert_false(otter_link_is_busy(&end.link));
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x0E, 0, 0, 0, 0x13)),
                     OTTER_LINK_STRAY);
    assert_int_equal(command(&end, 0x07, 200), 0); /* the busy ones used up no sn */
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x07, 1, 0, 0, 0x0D));
}

static void sn_counts_new_commands_and_wraps(void **state)
{
    struct end end;

    (void)state;
    start(&end, false);
    for (unsigned i = 0; i < 600; i++) {
        uint8_t wire[16], answer[16];
        struct otter_frame frame = {.cmd = 0x08, .sn = (uint8_t)i};
        size_t len;
        int answer_len;

        assert_int_equal(command(&end, 0x07, i), 0);
        len = otter_link_take(&end.link, wire, sizeof wire);
        assert_int_equal(len, 9 + (i % 256 == 0xFF) + ((0x0C + i) % 256 == 0xFF));
        assert_int_equal(wire[5], i % 256);
        answer_len = otter_frame_encode(&frame, i % 2 == 0, answer, sizeof answer);
        assert_true(answer_len > 0);
        assert_int_equal(receive(&end, answer, (size_t)answer_len), OTTER_LINK_ANSWER);
    }
}

static void late_wrong_and_repeated_answers_are_strays(void **state)
{
    struct end end;

    (void)state;
    start(&end, false);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0, 0, 0x0B)),
                     OTTER_LINK_STRAY);
    assert_int_equal(command(&end, 0x05, 0), 0);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 1, 0, 0, 0x0C)),
                     OTTER_LINK_STRAY);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x08, 0, 0, 0, 0x0D)),
                     OTTER_LINK_STRAY);
    assert_true(otter_link_is_busy(&end.link));
    /* flags of an answer mean nothing; its sum does */
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0x12, 0x34, 0x00)),
                     OTTER_LINK_BAD_CHECKSUM);
    assert_true(otter_link_is_busy(&end.link));
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0x12, 0x34, 0x51)),
                     OTTER_LINK_ANSWER);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0, 0, 0x0B)),
                     OTTER_LINK_STRAY);
    /* illegal-message replies: 0x11 to a device is a request, 0x12 to a module a stray */
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 6, 0x11, 6, 0, 0, 1, 0x1E)),
                     OTTER_LINK_REQUEST);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 6, 0x12, 6, 0, 0, 1, 0x1F)),
                     OTTER_LINK_STRAY);
}

/* The answer to the first send that comes after the resend ends the command; the second one is
 * stray. */
static void answer_after_a_resend(void **state)
{
    struct end end;

    (void)state;
    start(&end, false);
    assert_int_equal(command(&end, 0x05, 0), 0);
    assert_int_equal(poll(&end, 200), OTTER_LINK_NONE);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0, 0, 0x0B)),
                     OTTER_LINK_ANSWER);
    assert_int_equal(receive(&end, WIRE(0xFF, 0xFF, 0, 5, 0x06, 0, 0, 0, 0x0B)),
                     OTTER_LINK_STRAY);
    assert_int_equal(poll(&end, 400), OTTER_LINK_NONE);
    assert_int_equal(poll(&end, 600), OTTER_LINK_NONE);
}

static void one_event_at_a_time(void **state)
{
    static const uint8_t in[] = {0xFF, 0xFF, 0, 5, 0x07, 9, 0,    0,    0x15, 0xFF, 0xFF, 0,
                                 6,    0x03, 7, 0, 0,    2, 0x12, 0xFF, 0xFF, 0,    5};
    struct end end;
    struct otter_frame frame;
    size_t consumed;

    (void)state;
    start(&end, false);
    assert_int_equal(otter_link_receive(&end.link, in, sizeof in, &consumed, &frame),
                     OTTER_LINK_REQUEST);
    assert_int_equal(consumed, 9);
    assert_int_equal(frame.cmd, 0x07);
    assert_int_equal(otter_link_receive(&end.link, in + 9, sizeof in - 9, &consumed, &frame),
                     OTTER_LINK_REQUEST);
    assert_int_equal(consumed, 10);
    assert_int_equal(frame.cmd, 0x03);
    assert_int_equal(frame.payload[0], 2);
    assert_int_equal(receive(&end, in + 19, sizeof in - 19), OTTER_LINK_NONE);
}

static void answers_echo_sn_and_have_flags_if_told(void **state)
{
    static const uint8_t payload[] = {1, 0xFF};
    struct otter_frame request = {.cmd = 0x0D, .sn = 0xFF, .flags = 0x1234};
    struct end end;

    (void)state;
    start(&end, false);
    assert_int_equal(otter_link_answer(&end.link, &request, NULL, 0), 0);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x0E, 0xFF, 0x55, 0, 0, 0x12));
    assert_int_equal(otter_link_answer(&end.link, &request, payload, 2), 0);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 7, 0x0E, 0xFF, 0x55, 0, 0, 1, 0xFF, 0x55, 0x14));
    assert_int_equal(otter_link_answer_flags(&end.link, &request, 0x6FFF, payload, 2), 0);
    expect_sent(
        &end, WIRE(0xFF, 0xFF, 0, 7, 0x0E, 0xFF, 0x55, 0x6F, 0xFF, 0x55, 1, 0xFF, 0x55, 0x82));
    assert_false(otter_link_is_busy(&end.link));

    start(&end, true); /* trap 1: simple ACKs raw, those with a payload escaped */
    assert_int_equal(otter_link_answer(&end.link, &request, NULL, 0), 0);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x0E, 0xFF, 0, 0, 0x12));
    assert_int_equal(otter_link_answer(&end.link, &request, payload, 2), 0);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 7, 0x0E, 0xFF, 0x55, 0, 0, 1, 0xFF, 0x55, 0x14));
}

static void notify_sends_once(void **state)
{
    static const uint8_t code[] = {1};
    struct end end;

    (void)state;
    start(&end, true);
    assert_int_equal(otter_link_notify(&end.link, 0x11, 0xFF, code, 1), 0);
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 6, 0x11, 0xFF, 0x55, 0, 0, 1, 0x17));
    assert_false(otter_link_is_busy(&end.link));
    assert_int_equal(command(&end, 0x07, 0), 0); /* and uses up no sn */
    expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x07, 0, 0, 0, 0x0C));
}

/* With every amount of room, each call queues all of its bytes or none. */
static void all_or_nothing(void **state)
{
    uint8_t payload[40], want[128];
    struct otter_frame request = {.cmd = 0x01, .sn = 3};
    struct end end;
    size_t want_len;

    (void)state;
    memset(payload, 0xFF, sizeof payload);
    start(&end, false);
    assert_int_equal(otter_link_answer(&end.link, &request, payload, sizeof payload), 0);
    want_len = otter_link_take(&end.link, want, sizeof want);
    assert_int_equal(want_len, 9 + 2 * sizeof payload);

    for (size_t held = 0; held <= sizeof end.tx - 9; held += 9) {
        size_t room = sizeof end.tx - held;
        uint8_t out[800];
        int error;

        for (int which = 0; which < 3; which++) {
            start(&end, false);
            for (size_t i = 0; i < held; i += 9) { /* 9 bytes each */
                assert_int_equal(otter_link_notify(&end.link, 0x12, 0, NULL, 0), 0);
            }
            if (which == 0) {
                error = otter_link_answer(&end.link, &request, payload, sizeof payload);
            } else if (which == 1) {
                error = otter_link_notify(&end.link, 2, 3, payload, sizeof payload);
            } else {
                error = otter_link_command(&end.link, 2, 0, payload, sizeof payload,
                                           &otter_retry_command, 0);
            }
            if (room < want_len) {
                assert_int_equal(error, OTTER_ERR_SPACE);
                assert_int_equal(otter_link_take(&end.link, out, sizeof out), held);
                assert_false(otter_link_is_busy(&end.link));
                assert_int_equal(command(&end, 0x07, 0), 0);
                expect_sent(&end, WIRE(0xFF, 0xFF, 0, 5, 0x07, 0, 0, 0, 0x0C));
            } else {
                assert_int_equal(error, 0);
                assert_int_equal(otter_link_take(&end.link, out, sizeof out), held + want_len);
                if (which != 2) {
                    assert_memory_equal(out + held, want, want_len);
                }
            }
        }
    }
}

static void command_larger_than_its_buffer(void **state)
{
    static uint8_t payload[400];
    struct end end;

    (void)state;
    memset(payload, 0xFF, sizeof payload);
    start(&end, false);
    assert_int_equal(otter_link_command(&end.link, 5, 0, payload, 400, &otter_retry_command, 0),
                     OTTER_ERR_SPACE);
    assert_false(otter_link_is_busy(&end.link));
    assert_true(otter_link_is_drained(&end.link));
    assert_int_equal(
        otter_link_command(&end.link, 5, 0, payload, UINT16_MAX, &otter_retry_command, 0),
        OTTER_ERR_RANGE);
}

/* A transmitter that takes nothing does not keep a command for ever. */
static void stuck_transmitter_gives_up(void **state)
{
    struct end end;
    uint8_t out[800];

    (void)state;
    start(&end, false);
    assert_int_equal(command(&end, 0x05, 0), 0);
    while (otter_link_notify(&end.link, 0x12, 0, NULL, 0) == 0) {
    }
    assert_int_equal(poll(&end, 200), OTTER_LINK_NONE);
    assert_int_equal(poll(&end, 400), OTTER_LINK_NONE);
    assert_int_equal(poll(&end, 600), OTTER_LINK_GAVE_UP);
    assert_int_equal(otter_link_take(&end.link, out, sizeof out) % 9, 0); /* no half frames */
}

/* Whatever is queued and taken in whatever portions comes out in order. */
static void queue_keeps_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t random = seed;
        struct end end;
        static uint8_t want[200000], got[200000];
        size_t want_len = 0, got_len = 0;

        start(&end, false);
        for (int round = 0; round < 1000; round++) {
            uint8_t payload[60];
            struct otter_frame frame = {.cmd = 0x12,
                                        .sn = (uint8_t)round,
                                        .payload = payload,
                                        .payload_len = (uint16_t)rng_below(&random, 60)};
            int len;

            memset(payload, 0, sizeof payload);
            len = otter_frame_encode(&frame, true, want + want_len, sizeof want - want_len);
            assert_true(len > 0);
            if (otter_link_notify(&end.link, frame.cmd, frame.sn, payload, frame.payload_len) ==
                0) {
                want_len += (size_t)len;
            }
            got_len += otter_link_take(&end.link, got + got_len, rng_below(&random, 80));
        }
        got_len += otter_link_take(&end.link, got + got_len, sizeof got - got_len);
        if (got_len != want_len || memcmp(got, want, got_len) != 0) {
            fail_msg("seed %llu: %zu bytes, %zu expected", (unsigned long long)seed, got_len,
                     want_len);
        }
    }
}

/* Two ends over a line that loses bytes: every command ends in ANSWER or GAVE_UP, each command
 * reaches the peer's application in order, and nothing is answered that was not asked. */
static void two_ends_over_a_bad_line(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t random = seed;
        struct end device, module;
        unsigned done = 0, gave_up = 0, last = 0;

        start(&device, false);
        start(&module, true);
        for (uint32_t now_ms = 0xFFFFF000; done + gave_up < 40; now_ms += 10) {
            uint8_t bytes[256];
            struct otter_frame frame;
            size_t len, at, used;

            if (!otter_link_is_busy(&device.link)) {
                uint8_t payload = (uint8_t)(done + gave_up + 1);

                assert_int_equal(otter_link_command(&device.link, 0x05, 0, &payload, 1,
                                                    &otter_retry_command, now_ms),
                                 0);
            }
            len = otter_link_take(&device.link, bytes, sizeof bytes);
            if (len != 0 && rng_below(&random, 5) == 0) {
                bytes[rng_below(&random, (uint32_t)len)] ^= (uint8_t)rng_next(&random);
            }
            for (at = 0; at < len; at += used) {
                if (otter_link_receive(&module.link, bytes + at, len - at, &used, &frame) ==
                        OTTER_LINK_REQUEST &&
                    frame.cmd == 0x05) {
                    if (frame.payload_len == 1) {
                        assert_true(frame.payload[0] >= last);
                        last = frame.payload[0];
                    }
                    assert_int_equal(otter_link_answer(&module.link, &frame, NULL, 0), 0);
                }
            }
            len = otter_link_take(&module.link, bytes, sizeof bytes);
            if (len != 0 && rng_below(&random, 5) == 0) {
                bytes[rng_below(&random, (uint32_t)len)] ^= (uint8_t)rng_next(&random);
            }
            for (at = 0; at < len; at += used) {
                done += otter_link_receive(&device.link, bytes + at, len - at, &used, &frame) ==
                        OTTER_LINK_ANSWER;
            }
            gave_up += otter_link_poll(&device.link, now_ms, &frame) == OTTER_LINK_GAVE_UP;
        }
        if (done < 32) { /* 3 sends: about 1 in 20 is lost for ever at these rates */
            fail_msg("seed %llu: %u done, %u given up", (unsigned long long)seed, done,
                     gave_up);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_and_answer),
        cmocka_unit_test(resends_the_same_bytes_then_gives_up),
        cmocka_unit_test(timeouts_count_from_each_send),
        cmocka_unit_test(one_send_only),
        cmocka_unit_test(only_one_command_at_a_time),
        cmocka_unit_test(sn_counts_new_commands_and_wraps),
        cmocka_unit_test(late_wrong_and_repeated_answers_are_strays),
        cmocka_unit_test(answer_after_a_resend),
        cmocka_unit_test(one_event_at_a_time),
        cmocka_unit_test(answers_echo_sn_and_have_flags_if_told),
        cmocka_unit_test(notify_sends_once),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(command_larger_than_its_buffer),
        cmocka_unit_test(stuck_transmitter_gives_up),
        cmocka_unit_test(queue_keeps_order),
        cmocka_unit_test(two_ends_over_a_bad_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
