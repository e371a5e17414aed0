/* SPDX-License-Identifier: Apache-2.0 */
/* Every event in every state of a transfer, and what counts attempts and lengths. Authority:
 * the table in transfer.h; docs/protocol.md chapter 4. What goes over the wire:
 * test_receiver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "otter/md5.h"
#include "otter/transfer.h"

/* What a module or a caller does. Files have 300 bytes: two pieces of 128, one of 44. */
enum input {
    OFFER_SAME,
    OFFER_OTHER,
    OFFER_TOO_LARGE,
    OFFER_MALFORMED,
    PIECE_1,
    PIECE_2,
    PIECE_3,
    PIECE_LONG, /* piece 2 with a byte too many */
    PIECE_HEX,
    PIECE_MALFORMED,
    SENDER_STOP,
    STOPPED,
    STOP_LOST,
    BAD_CHECKSUM,
    READY_SENT,
    GOOD,
    ANNOUNCED,
    HEARD,
    POLL,
    POLL_PAUSE, /* 0.2 s without a byte */
    POLL_QUIET, /* 3.5 s without a byte */
    POLL_LATE,  /* 10 s, with bytes all the time */
    INPUTS,
};

enum { SIZE = 300, SIZE_MAX_FILE = 1000, PIECE_LEN = 128 };

static struct otter_transfer transfer;
static struct otter_resume resume;
static uint32_t now_ms;

static void init(void)
{
    const struct otter_transfer_config config = {.size_min = 8,
                                                 .size_max = SIZE_MAX_FILE,
                                                 .piece_max = PIECE_LEN,
                                                 .unit = 2,
                                                 .resume = &resume};

    now_ms = 0xFFFFF000; /* wraps */
    otter_transfer_init(&transfer, &config, now_ms);
}

static enum otter_transfer_action request(uint8_t cmd, uint8_t sn, uint16_t flags,
                                          const uint8_t payload[], int len)
{
    const struct otter_frame frame = {
        .cmd = cmd, .sn = sn, .flags = flags, .payload = payload, .payload_len = (uint16_t)len};

    assert_true(len >= 0);
    return otter_transfer_request(&transfer, &frame, now_ms);
}

static enum otter_transfer_action offer(uint32_t size, char digit)
{
    struct otter_offer it = {.file_size = size};
    uint8_t payload[OTTER_OFFER_SIZE];

    memset(it.md5_hex, digit, sizeof it.md5_hex);
    return request(OTTER_CMD_OFFER, 0, 0, payload,
                   otter_put_offer(&it, payload, sizeof payload));
}

static enum otter_transfer_action piece(uint16_t number, uint16_t more, uint16_t flags)
{
    static const uint8_t data[PIECE_LEN + 1];
    uint8_t payload[sizeof data + OTTER_PIECE_HEAD];
    const struct otter_piece it = {.number = number,
                                   .count = 3,
                                   .data = data,
                                   .data_len = (uint16_t)((number == 3 ? 44 : 128) + more)};

    return request(OTTER_CMD_PIECE, 0, flags, payload,
                   otter_put_piece(&it, payload, sizeof payload));
}

static enum otter_transfer_action tell(enum otter_transfer_event event)
{
    return otter_transfer_tell(&transfer, event, now_ms);
}

static enum otter_transfer_action poll_after(uint32_t ms, bool is_quiet)
{
    now_ms += ms;
    if (!is_quiet) {
        (void)tell(OTTER_TRANSFER_HEARD);
    }
    return tell(OTTER_TRANSFER_POLL);
}

static enum otter_transfer_action do_input(enum input input)
{
    static const enum otter_transfer_event events[INPUTS] = {
        [STOPPED] = OTTER_TRANSFER_STOPPED,
        [STOP_LOST] = OTTER_TRANSFER_STOP_LOST,
        [BAD_CHECKSUM] = OTTER_TRANSFER_BAD_CHECKSUM,
        [READY_SENT] = OTTER_TRANSFER_READY_SENT,
        [GOOD] = OTTER_TRANSFER_GOOD,
        [ANNOUNCED] = OTTER_TRANSFER_ANNOUNCED,
        [HEARD] = OTTER_TRANSFER_HEARD,
        [POLL] = OTTER_TRANSFER_POLL,
    };

    switch ((int)input) {
    case OFFER_SAME:
        return offer(SIZE, 'a');
    case OFFER_OTHER:
        return offer(SIZE, 'b');
    case OFFER_TOO_LARGE:
        return offer(SIZE_MAX_FILE + 1, 'a');
    case OFFER_MALFORMED:
        return request(OTTER_CMD_OFFER, 0, 0, NULL, 0);
    case PIECE_1:
    case PIECE_2:
    case PIECE_3:
        return piece((uint16_t)(1 + input - PIECE_1), 0, 0);
    case PIECE_LONG:
        return piece(2, 1, 0);
    case PIECE_HEX:
        return piece(2, 0, OTTER_PIECE_FLAG_HEX);
    case PIECE_MALFORMED:
        return request(OTTER_CMD_PIECE, 0, 0, NULL, 0);
    case SENDER_STOP:
        return request(OTTER_CMD_SENDER_STOP, 7, 0, NULL, 0);
    case POLL_PAUSE:
        return poll_after(OTTER_READY_PAUSE_MS, true);
    case POLL_QUIET:
        return poll_after(OTTER_READY_SILENCE_MS, true);
    case POLL_LATE:
        return poll_after(OTTER_PIECE_SILENCE_MS, false);
    default:
        return tell(events[input]);
    }
}

/* The way into each state, by what a module and a caller do; UNKNOWN is where init() leads. */
static void go_to(enum otter_transfer_state state)
{
    static const enum input ways[OTTER_TRANSFER_STATES][8] = {
        [OTTER_TRANSFER_RESTARTING] = {PIECE_1, INPUTS},
        [OTTER_TRANSFER_IDLE] = {OFFER_SAME, READY_SENT, PIECE_1, PIECE_3, STOPPED, INPUTS},
        [OTTER_TRANSFER_RESUMING] = {OFFER_SAME, READY_SENT, PIECE_1, INPUTS},
        [OTTER_TRANSFER_READY_DUE] = {OFFER_SAME, INPUTS},
        [OTTER_TRANSFER_PAUSE] = {OFFER_SAME, READY_SENT, PIECE_2, STOPPED, INPUTS},
        [OTTER_TRANSFER_SILENCE] = {OFFER_SAME, READY_SENT, PIECE_2, STOP_LOST, INPUTS},
        [OTTER_TRANSFER_ASKED] = {OFFER_SAME, READY_SENT, INPUTS},
        [OTTER_TRANSFER_STOPPING] = {OFFER_SAME, READY_SENT, PIECE_1, PIECE_3, INPUTS},
        [OTTER_TRANSFER_RESTOPPING] = {OFFER_SAME, READY_SENT, PIECE_2, INPUTS},
        [OTTER_TRANSFER_RECEIVING] = {OFFER_SAME, READY_SENT, PIECE_1, INPUTS},
        [OTTER_TRANSFER_VERIFYING] = {OFFER_SAME, READY_SENT, PIECE_1, PIECE_2, PIECE_3,
                                      INPUTS},
        [OTTER_TRANSFER_VERIFIED] = {OFFER_SAME, READY_SENT, PIECE_1, PIECE_2, PIECE_3, GOOD,
                                     INPUTS},
        [OTTER_TRANSFER_FINISHED] = {OFFER_SAME, READY_SENT, PIECE_1, PIECE_2, PIECE_3, GOOD,
                                     ANNOUNCED, INPUTS},
        [OTTER_TRANSFER_UNKNOWN] = {INPUTS},
    };

    memset(&resume, 0, sizeof resume);
    init();
    for (const enum input *way = ways[state]; *way != INPUTS; way++) {
        (void)do_input(*way);
    }
    if (state == OTTER_TRANSFER_RESUMING) {
        init(); /* the reset */
    }
    assert_int_equal(transfer.state, state);
}

#define S(name) OTTER_TRANSFER_##name
static const struct transition {
    enum otter_transfer_state from;
    enum input input;
    enum otter_transfer_state to;
    enum otter_transfer_action action;
} transitions[] = {
    /* clang-format off */
    {S(UNKNOWN), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(UNKNOWN), PIECE_1, S(RESTARTING), S(RESTART_MODULE)},
    {S(UNKNOWN), PIECE_2, S(RESTARTING), S(RESTART_MODULE)},
    {S(UNKNOWN), PIECE_3, S(RESTARTING), S(RESTART_MODULE)},
    {S(UNKNOWN), PIECE_LONG, S(RESTARTING), S(RESTART_MODULE)},
    {S(UNKNOWN), PIECE_HEX, S(RESTARTING), S(RESTART_MODULE)},
    {S(UNKNOWN), PIECE_MALFORMED, S(RESTARTING), S(RESTART_MODULE)},
    {S(RESTARTING), OFFER_SAME, S(READY_DUE), S(ASK)},

    {S(IDLE), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(IDLE), PIECE_1, S(STOPPING), S(STOP)},
    {S(IDLE), PIECE_2, S(STOPPING), S(STOP)},
    {S(IDLE), PIECE_3, S(STOPPING), S(STOP)},
    {S(IDLE), PIECE_LONG, S(STOPPING), S(STOP)},
    {S(IDLE), PIECE_HEX, S(STOPPING), S(STOP)},
    {S(IDLE), PIECE_MALFORMED, S(STOPPING), S(STOP)},

    {S(RESUMING), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(RESUMING), PIECE_1, S(RESTOPPING), S(STOP)},
    {S(RESUMING), PIECE_2, S(RESTOPPING), S(STOP)},
    {S(RESUMING), PIECE_3, S(RESTOPPING), S(STOP)},
    {S(RESUMING), PIECE_LONG, S(RESTOPPING), S(STOP)},
    {S(RESUMING), PIECE_HEX, S(RESTOPPING), S(STOP)},
    {S(RESUMING), PIECE_MALFORMED, S(RESTOPPING), S(STOP)},
    {S(RESUMING), SENDER_STOP, S(PAUSE), S(NOTHING)},
    {S(RESUMING), READY_SENT, S(ASKED), S(NOTHING)},
    {S(RESUMING), POLL_LATE, S(RESUMING), S(ASK)},

    {S(READY_DUE), OFFER_SAME, S(READY_DUE), S(ACK)},
    {S(READY_DUE), PIECE_1, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), PIECE_2, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), PIECE_3, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), PIECE_LONG, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), PIECE_HEX, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), PIECE_MALFORMED, S(RESTOPPING), S(STOP)},
    {S(READY_DUE), SENDER_STOP, S(PAUSE), S(NOTHING)},
    {S(READY_DUE), READY_SENT, S(ASKED), S(NOTHING)},
    {S(READY_DUE), POLL, S(READY_DUE), S(ASK)},
    {S(READY_DUE), POLL_PAUSE, S(READY_DUE), S(ASK)},
    {S(READY_DUE), POLL_QUIET, S(READY_DUE), S(ASK)},
    {S(READY_DUE), POLL_LATE, S(READY_DUE), S(ASK)},

    {S(PAUSE), OFFER_SAME, S(PAUSE), S(ACK)},
    {S(PAUSE), PIECE_1, S(RESTOPPING), S(STOP)},
    {S(PAUSE), PIECE_2, S(RESTOPPING), S(STOP)},
    {S(PAUSE), PIECE_3, S(RESTOPPING), S(STOP)},
    {S(PAUSE), PIECE_LONG, S(RESTOPPING), S(STOP)},
    {S(PAUSE), PIECE_HEX, S(RESTOPPING), S(STOP)},
    {S(PAUSE), PIECE_MALFORMED, S(RESTOPPING), S(STOP)},
    {S(PAUSE), READY_SENT, S(ASKED), S(NOTHING)},
    {S(PAUSE), POLL_PAUSE, S(PAUSE), S(ASK)},
    {S(PAUSE), POLL_QUIET, S(PAUSE), S(ASK)},
    {S(PAUSE), POLL_LATE, S(PAUSE), S(ASK)},

    {S(SILENCE), OFFER_SAME, S(SILENCE), S(ACK)},
    {S(SILENCE), PIECE_1, S(RESTOPPING), S(STOP)},
    {S(SILENCE), PIECE_2, S(RESTOPPING), S(STOP)},
    {S(SILENCE), PIECE_3, S(RESTOPPING), S(STOP)},
    {S(SILENCE), PIECE_LONG, S(RESTOPPING), S(STOP)},
    {S(SILENCE), PIECE_HEX, S(RESTOPPING), S(STOP)},
    {S(SILENCE), PIECE_MALFORMED, S(RESTOPPING), S(STOP)},
    {S(SILENCE), SENDER_STOP, S(PAUSE), S(NOTHING)},
    {S(SILENCE), STOPPED, S(PAUSE), S(NOTHING)},
    {S(SILENCE), READY_SENT, S(ASKED), S(NOTHING)},
    {S(SILENCE), POLL_QUIET, S(SILENCE), S(ASK)},
    {S(SILENCE), POLL_LATE, S(SILENCE), S(ASK)},

    {S(ASKED), OFFER_SAME, S(ASKED), S(ACK)},
    {S(ASKED), OFFER_MALFORMED, S(ASKED), S(NOTHING)},
    {S(ASKED), PIECE_1, S(RECEIVING), S(WRITE)},
    {S(ASKED), PIECE_2, S(RESTOPPING), S(STOP)},
    {S(ASKED), PIECE_3, S(RESTOPPING), S(STOP)},
    {S(ASKED), PIECE_LONG, S(RESTOPPING), S(STOP)},
    {S(ASKED), PIECE_HEX, S(STOPPING), S(STOP)},
    {S(ASKED), PIECE_MALFORMED, S(STOPPING), S(STOP)},
    {S(ASKED), SENDER_STOP, S(PAUSE), S(NOTHING)},
    {S(ASKED), POLL_QUIET, S(ASKED), S(ASK)},
    {S(ASKED), POLL_LATE, S(ASKED), S(ASK)},

    {S(STOPPING), OFFER_SAME, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_1, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_2, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_3, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_LONG, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_HEX, S(STOPPING), S(ACK)},
    {S(STOPPING), PIECE_MALFORMED, S(STOPPING), S(ACK)},
    {S(STOPPING), STOPPED, S(IDLE), S(NOTHING)},
    {S(STOPPING), STOP_LOST, S(IDLE), S(NOTHING)},

    {S(RESTOPPING), OFFER_SAME, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_1, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_2, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_3, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_LONG, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_HEX, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), PIECE_MALFORMED, S(RESTOPPING), S(ACK)},
    {S(RESTOPPING), STOPPED, S(PAUSE), S(NOTHING)},
    {S(RESTOPPING), STOP_LOST, S(SILENCE), S(NOTHING)},

    {S(RECEIVING), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(RECEIVING), OFFER_MALFORMED, S(RECEIVING), S(NOTHING)},
    {S(RECEIVING), PIECE_1, S(RECEIVING), S(ACK)},
    {S(RECEIVING), PIECE_2, S(RECEIVING), S(WRITE)},
    {S(RECEIVING), PIECE_3, S(STOPPING), S(STOP)},
    {S(RECEIVING), PIECE_LONG, S(STOPPING), S(STOP)},
    {S(RECEIVING), PIECE_HEX, S(STOPPING), S(STOP)},
    {S(RECEIVING), PIECE_MALFORMED, S(STOPPING), S(STOP)},
    {S(RECEIVING), SENDER_STOP, S(PAUSE), S(NOTHING)},
    {S(RECEIVING), READY_SENT, S(ASKED), S(NOTHING)},
    {S(RECEIVING), POLL_LATE, S(RECEIVING), S(ASK)},

    {S(VERIFYING), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(VERIFYING), GOOD, S(VERIFIED), S(ACK)},

    {S(VERIFIED), OFFER_SAME, S(READY_DUE), S(ASK)},
    {S(VERIFIED), PIECE_1, S(VERIFIED), S(ACK)},
    {S(VERIFIED), PIECE_2, S(VERIFIED), S(ACK)},
    {S(VERIFIED), PIECE_3, S(VERIFIED), S(ACK)},
    {S(VERIFIED), PIECE_LONG, S(VERIFIED), S(ACK)},
    {S(VERIFIED), PIECE_HEX, S(VERIFIED), S(ACK)},
    {S(VERIFIED), PIECE_MALFORMED, S(VERIFIED), S(ACK)},
    {S(VERIFIED), ANNOUNCED, S(FINISHED), S(NOTHING)},

    {S(FINISHED), OFFER_SAME, S(FINISHED), S(ACK)},
    {S(FINISHED), OFFER_OTHER, S(FINISHED), S(ACK)},
    {S(FINISHED), OFFER_TOO_LARGE, S(FINISHED), S(ACK)},
    {S(FINISHED), OFFER_MALFORMED, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_1, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_2, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_3, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_LONG, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_HEX, S(FINISHED), S(ACK)},
    {S(FINISHED), PIECE_MALFORMED, S(FINISHED), S(ACK)},
    /* clang-format on */
};

/* What the table says; what it does not list changes nothing, but for offers, which begin
 * anew. */
static struct transition expected(enum otter_transfer_state from, enum input input)
{
    struct transition one = {from, input, from, S(NOTHING)};

    for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
        if (transitions[i].from == from && transitions[i].input == input) {
            return transitions[i];
        }
    }
    if (input == OFFER_OTHER) {
        one.to = S(READY_DUE);
        one.action = S(ASK);
    }
    if (input == OFFER_TOO_LARGE || input == OFFER_MALFORMED) {
        one.to = S(STOPPING);
        one.action = S(STOP);
    }
    return one;
}

static void test_every_event_in_every_state(void **state)
{
    (void)state;
    for (int from = 0; from < OTTER_TRANSFER_STATES; from++) {
        for (int input = 0; input < INPUTS; input++) {
            struct transition one =
                expected((enum otter_transfer_state)from, (enum input)input);
            enum otter_transfer_action action;

            go_to(one.from);
            action = do_input(one.input);
            if (transfer.state != one.to || action != one.action) {
                fail_msg("state %d, input %d: leads to %d with action %d, not to %d with %d",
                         from, input, transfer.state, action, one.to, one.action);
            }
        }
    }
}

/* The same wrong pieces on a line that showed a fault: the file once more. */
static void test_wrong_pieces_on_a_line_with_faults(void **state)
{
    static const enum input faults[] = {BAD_CHECKSUM, OFFER_MALFORMED};
    static const enum input wrong[] = {PIECE_3, PIECE_LONG, PIECE_HEX, PIECE_MALFORMED};

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            go_to(S(RECEIVING));
            (void)do_input(faults[i]);
            assert_int_equal(do_input(wrong[k]), S(STOP));
            assert_int_equal(transfer.state, S(RESTOPPING));
        }
    }
    for (unsigned late = 0; late < 2; late++) { /* a piece 3 s late is a repeated one */
        go_to(S(RECEIVING));
        now_ms += OTTER_PIECE_LATE_MS - 1 + late;
        assert_int_equal(do_input(PIECE_2), S(WRITE));
        assert_int_equal(transfer.disturbed, late);
    }
}

/* What the caller found ends the transfer, from every state in which it can find something. */
static void test_failures_end_it_with_their_reason(void **state)
{
    static const enum otter_transfer_state states[] = {S(RECEIVING), S(VERIFYING), S(VERIFIED)};

    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        go_to(states[i]);
        otter_transfer_fail(&transfer, OTTER_RESULT_FLASH);
        assert_int_equal(transfer.state, S(STOPPING));
        assert_int_equal(do_input(STOPPED), S(NOTHING));
        assert_int_equal(transfer.state, S(IDLE));
        assert_int_equal(transfer.result, OTTER_RESULT_FLASH);
    }
}

static void test_the_file_is_what_was_offered(void **state)
{
    uint8_t digest[16];

    (void)state;
    memset(digest, 0xAA, sizeof digest);
    for (unsigned byte = 0; byte <= sizeof digest; byte++) {
        go_to(S(VERIFYING));
        if (byte < sizeof digest) {
            digest[byte] ^= 1;
        }
        assert_int_equal(otter_transfer_check_file(&transfer, digest),
                         byte < sizeof digest ? S(STOP) : S(NOTHING));
        assert_int_equal(transfer.state, byte < sizeof digest ? S(STOPPING) : S(VERIFYING));
        if (byte < sizeof digest) {
            assert_int_equal(transfer.result, OTTER_RESULT_MD5);
            digest[byte] ^= 1;
        }
    }
}

/* Pieces 1..3 of the length that was asked for last, which is 128. */
static void send_file(void)
{
    (void)do_input(READY_SENT);
    assert_int_equal(do_input(PIECE_1), S(WRITE));
    assert_int_equal(do_input(PIECE_2), S(WRITE));
    assert_int_equal(do_input(PIECE_3), S(WRITE_LAST));
}

static void test_a_wrong_digest_is_asked_again_until_it_comes_twice(void **state)
{
    uint8_t digest[16] = {0};

    (void)state;
    go_to(S(ASKED));
    (void)do_input(BAD_CHECKSUM);
    for (uint8_t i = 0; i < 3; i++) {
        digest[0] = i;
        send_file();
        assert_int_equal(otter_transfer_check_file(&transfer, digest), S(STOP));
        assert_int_equal(transfer.state, S(RESTOPPING));
        (void)do_input(STOPPED);
    }
    send_file();
    assert_int_equal(otter_transfer_check_file(&transfer, digest), S(STOP));
    assert_int_equal(transfer.state, S(STOPPING));
    assert_int_equal(transfer.result, OTTER_RESULT_MD5);
}

static void test_attempts_and_unanswered_readies_are_limited(void **state)
{
    (void)state;
    go_to(S(READY_DUE));
    for (unsigned i = 0; i < OTTER_READY_UNANSWERED_MAX; i++) {
        assert_int_equal(do_input(POLL_QUIET), S(ASK));
        (void)do_input(READY_SENT);
    }
    assert_int_equal(do_input(POLL_QUIET), S(NOTHING));
    assert_int_equal(transfer.state, S(IDLE));
    assert_int_equal(transfer.result, OTTER_RESULT_NO_ANSWER);
    go_to(S(READY_DUE));
    for (unsigned i = 0; i < OTTER_ATTEMPTS_MAX; i++) {
        assert_int_equal(do_input(POLL_LATE), S(ASK));
        (void)do_input(READY_SENT);
        assert_int_equal(do_input(PIECE_1), S(WRITE));
    }
    assert_int_equal(do_input(POLL_LATE), S(STOP));
    assert_int_equal(transfer.state, S(STOPPING));
    assert_int_equal(transfer.result, OTTER_RESULT_ATTEMPTS);
    assert_int_equal(resume.crc, 0); /* nothing to resume */
}

/* The pause is measured from the last byte: what the module sends then is heard out. But not
 * for ever. */
static void test_ready_after_a_stop_waits_for_a_silence(void **state)
{
    (void)state;
    for (unsigned early = 0; early < 2; early++) {
        go_to(S(RECEIVING));
        (void)do_input(SENDER_STOP);
        assert_int_equal(poll_after(1, false), S(NOTHING));
        assert_int_equal(poll_after(OTTER_READY_PAUSE_MS - early, true),
                         early ? S(NOTHING) : S(ASK));
    }
    go_to(S(PAUSE));
    for (uint32_t ms = 0; ms < OTTER_PIECE_SILENCE_MS - 100; ms += 100) {
        assert_int_equal(poll_after(100, false), S(NOTHING));
    }
    assert_int_equal(poll_after(100, false), S(ASK));
}

/* One READY without an answer may have met a command of the module. Two, or one on a line that
 * showed a fault, mean shorter pieces. */
static void test_an_unanswered_ready_halves_the_second_time(void **state)
{
    (void)state;
    for (unsigned faults = 0; faults < 2; faults++) {
        const struct otter_transfer_config config = {
            .size_min = 8, .size_max = 5000, .piece_max = 1024, .unit = 2};

        otter_transfer_init(&transfer, &config, now_ms);
        assert_int_equal(offer(5000, 'a'), S(ASK));
        (void)do_input(READY_SENT);
        if (faults) {
            (void)do_input(BAD_CHECKSUM);
        }
        assert_int_equal(do_input(POLL_QUIET), S(ASK));
        assert_int_equal(transfer.next_piece_len, faults ? 512 : 1024);
        (void)do_input(READY_SENT);
        assert_int_equal(do_input(POLL_QUIET), S(ASK));
        assert_int_equal(transfer.next_piece_len, faults ? 256 : 512);
    }
}

/* An offer that is not taken, and why. */
static void test_an_offer_that_is_refused(void **state)
{
    static const struct {
        enum otter_reason reason;
        enum otter_result result;
    } cases[] = {
        {OTTER_REASON_INSTALLED, OTTER_RESULT_INSTALLED},
        {OTTER_REASON_ON_TRIAL, OTTER_RESULT_ON_TRIAL},
        {OTTER_REASON_TRIED, OTTER_RESULT_TRIED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        go_to(S(READY_DUE));
        otter_transfer_refuse(&transfer, cases[i].reason);
        assert_int_equal(transfer.state, S(STOPPING));
        assert_int_equal(do_input(STOPPED), S(NOTHING));
        assert_int_equal(transfer.state, S(IDLE));
        assert_int_equal(transfer.result, cases[i].result);
    }
}

static void test_a_patient_module_that_restarts_is_asked_anew(void **state)
{
    (void)state;
    for (unsigned early = 0; early < 2; early++) {
        go_to(S(ASKED));
        now_ms += OTTER_REPEAT_MS - early;
        assert_int_equal(do_input(OFFER_SAME), S(ACK));
        assert_int_equal(transfer.unanswered, early ? 1 : 0);
    }
}

static void test_0x1f_is_told_from_its_repeats_by_sn(void **state)
{
    (void)state;
    go_to(S(RECEIVING));
    (void)request(OTTER_CMD_SENDER_STOP, 7, 0, NULL, 0);
    assert_int_equal(transfer.state, S(PAUSE));
    (void)do_input(READY_SENT);
    (void)request(OTTER_CMD_SENDER_STOP, 7, 0, NULL, 0);
    assert_int_equal(transfer.state, S(ASKED));
    (void)request(OTTER_CMD_SENDER_STOP, 8, 0, NULL, 0);
    assert_int_equal(transfer.state, S(PAUSE));
    (void)do_input(READY_SENT);
    (void)do_input(PIECE_1); /* sn may have gone round */
    (void)request(OTTER_CMD_SENDER_STOP, 8, 0, NULL, 0);
    assert_int_equal(transfer.state, S(PAUSE));
}

static void test_the_record_counts_attempts_over_resets(void **state)
{
    (void)state;
    go_to(S(RECEIVING));
    for (unsigned i = 1; i < OTTER_ATTEMPTS_MAX; i++) {
        init();
        assert_int_equal(transfer.state, S(RESUMING));
        assert_int_equal(transfer.attempts, i);
        (void)do_input(READY_SENT);
        (void)do_input(PIECE_1);
    }
    init();
    assert_int_equal(do_input(POLL_LATE), S(STOP));
    init();
    assert_int_equal(transfer.state, S(UNKNOWN));
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_wrong_pieces_on_a_line_with_faults),
        cmocka_unit_test(test_failures_end_it_with_their_reason),
        cmocka_unit_test(test_the_file_is_what_was_offered),
        cmocka_unit_test(test_a_wrong_digest_is_asked_again_until_it_comes_twice),
        cmocka_unit_test(test_attempts_and_unanswered_readies_are_limited),
        cmocka_unit_test(test_ready_after_a_stop_waits_for_a_silence),
        cmocka_unit_test(test_an_unanswered_ready_halves_the_second_time),
        cmocka_unit_test(test_an_offer_that_is_refused),
        cmocka_unit_test(test_a_patient_module_that_restarts_is_asked_anew),
        cmocka_unit_test(test_0x1f_is_told_from_its_repeats_by_sn),
        cmocka_unit_test(test_the_record_counts_attempts_over_resets),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
