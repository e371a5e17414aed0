/* SPDX-License-Identifier: Apache-2.0 */
/* The loop between the module and a serial port (host/push_session.h): on a real pty, with a
 * scripted MCU at its other end, in one thread and without the command line around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "host/line_doubt.h"
#include "host/push_session.h"
#include "otter/frame.h"
#include "otter/link.h"
#include "otter/message.h"

enum { FILE_SIZE = 700, PIECE_LEN = 256, PIECE_COUNT = 3, TURNS_MAX = 100000, STEP_MS = 5 };

#define OLD_VERSION "03010101"
#define NEW_VERSION "03010102"

/* The MCU: what it does not do, and what it has got. */
struct mcu {
    int fd; /* the pty's master side; -1 = closed */
    bool is_deaf, leaves_pieces_unanswered;
    char version[9];
    struct otter_frame_decoder decoder;
    uint8_t body[1024];
    unsigned frames[256];       /* by command; on a slow machine some come twice */
    unsigned pieces_after_stop; /* after 0x1F */
    uint8_t file[FILE_SIZE];
    size_t file_len;
};

struct fixture {
    struct mcu mcu;
    char path[64];
    struct serial serial;
    struct module_config config;
    struct push_session session;
    uint8_t file[FILE_SIZE];
    unsigned events[MODULE_EVENT_FAILED + 1];
    unsigned pieces, last_piece;
};

/* ---- the MCU ---- */

static void mcu_send(struct mcu *mcu, uint8_t cmd, uint8_t sn, const uint8_t payload[], int len)
{
    uint8_t wire[512];
    struct otter_frame frame = {
        .cmd = cmd, .sn = sn, .payload = payload, .payload_len = (uint16_t)len};

    assert_true(len >= 0);
    int wire_len = otter_frame_encode(&frame, true, wire, sizeof wire);
    assert_true(wire_len > 0);
    assert_int_equal(write(mcu->fd, wire, (size_t)wire_len), wire_len);
}

static void mcu_send_info(struct mcu *mcu, uint8_t sn)
{
    uint8_t payload[OTTER_INFO_MAX];
    struct otter_info info = {.bindable_s = 0};

    memcpy(info.protocol, "00000004", 8);
    memcpy(info.p0_version, "00000002", 8);
    memcpy(info.hardware, "03010100", 8);
    memcpy(info.version, mcu->version, 8);
    memcpy(info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    mcu_send(mcu, OTTER_CMD_INFO, sn, payload, otter_put_info(&info, payload, sizeof payload));
}

static void mcu_on_offer(struct mcu *mcu, const struct otter_frame *frame)
{
    struct otter_offer offer;
    struct otter_ready ready = {.piece_len = PIECE_LEN};
    uint8_t payload[OTTER_READY_SIZE];

    assert_int_equal(otter_get_offer(frame, &offer), 0);
    assert_int_equal(offer.file_size, FILE_SIZE);
    if (mcu->frames[OTTER_CMD_OFFER] > 1) {
        return;
    }
    memcpy(ready.md5_hex, offer.md5_hex, sizeof ready.md5_hex);
    mcu_send(mcu, OTTER_CMD_READY, 0, payload,
             otter_put_ready(&ready, payload, sizeof payload));
}

static void mcu_on_piece(struct mcu *mcu, const struct otter_frame *frame)
{
    struct otter_piece piece;

    assert_int_equal(otter_get_piece(frame, &piece), 0);
    if (mcu->file_len != (piece.number - 1u) * PIECE_LEN) { /* has come before */
        return;
    }
    assert_true(mcu->file_len + piece.data_len <= sizeof mcu->file);
    memcpy(mcu->file + mcu->file_len, piece.data, piece.data_len);
    mcu->file_len += piece.data_len;
    if (piece.number == piece.count) {
        memcpy(mcu->version, NEW_VERSION, 8);
        mcu_send(mcu, OTTER_CMD_RESTART_MODULE, 2, NULL, 0);
    }
}

static void mcu_on_frame(struct mcu *mcu, const struct otter_frame *frame)
{
    bool is_answer = (frame->cmd & 1) == 0;

    mcu->frames[frame->cmd]++;
    if (frame->cmd == OTTER_CMD_PIECE && mcu->frames[OTTER_CMD_SENDER_STOP] != 0) {
        mcu->pieces_after_stop++;
    }
    if (is_answer || mcu->is_deaf ||
        (frame->cmd == OTTER_CMD_PIECE && mcu->leaves_pieces_unanswered)) {
        return;
    }
    if (frame->cmd == OTTER_CMD_GET_INFO) {
        mcu_send_info(mcu, frame->sn);
        return;
    }
    mcu_send(mcu, (uint8_t)(frame->cmd + 1), frame->sn, NULL, 0);
    if (frame->cmd == OTTER_CMD_OFFER) {
        mcu_on_offer(mcu, frame);
    } else if (frame->cmd == OTTER_CMD_PIECE) {
        mcu_on_piece(mcu, frame);
    }
}

/* Take what has come, and answer it. */
static void mcu_turn(struct mcu *mcu)
{
    uint8_t in[512];
    ssize_t len;

    while (mcu->fd >= 0 && (len = read(mcu->fd, in, sizeof in)) > 0) {
        for (size_t off = 0; off < (size_t)len;) {
            struct otter_frame frame;
            size_t consumed;
            int got = otter_frame_decode(&mcu->decoder, in + off, (size_t)len - off, &consumed,
                                         &frame);
            assert_true(got >= 0);
            off += consumed;
            if (got == 1) {
                mcu_on_frame(mcu, &frame);
            }
        }
    }
}

/* ---- fixture ---- */

static void on_event(void *ctx, const struct module_event *event)
{
    struct fixture *fixture = ctx;

    fixture->events[event->kind]++;
    if (event->kind == MODULE_EVENT_READY) {
        fixture->pieces = event->count;
    }
    if (event->kind == MODULE_EVENT_PROGRESS) {
        assert_int_equal(event->number, fixture->last_piece + 1);
        fixture->last_piece = event->number;
    }
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    struct mcu *mcu = &fixture->mcu;
    struct host_error error = {.reason = ""};

    mcu->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(mcu->fd >= 0);
    assert_int_equal(grantpt(mcu->fd), 0);
    assert_int_equal(unlockpt(mcu->fd), 0);
    assert_int_equal(ptsname_r(mcu->fd, fixture->path, sizeof fixture->path), 0);
    memcpy(mcu->version, OLD_VERSION, sizeof mcu->version);
    otter_frame_decoder_init(&mcu->decoder, mcu->body, sizeof mcu->body, OTTER_FRAME_LENIENT);
    if (serial_open(&fixture->serial, fixture->path, 9600, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    for (size_t i = 0; i < FILE_SIZE; i++) { /* FF too, which is escaped on the wire */
        fixture->file[i] = (uint8_t)(255 - i % 256);
    }
    fixture->config.file = module_file_in_memory(fixture->file, FILE_SIZE);
    memset(fixture->config.file.md5_hex, 'a', sizeof fixture->config.file.md5_hex);
    memcpy(fixture->config.version, NEW_VERSION, 8);
    fixture->config.ctx = fixture;
    fixture->config.event = on_event;
    push_session_init(&fixture->session, &fixture->serial, &fixture->config);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    serial_close(&fixture->serial);
    if (fixture->mcu.fd >= 0) {
        close(fixture->mcu.fd);
    }
    free(fixture);
    return 0;
}

static void turn(struct fixture *fixture)
{
    struct host_error error;

    if (push_session_turn(&fixture->session, STEP_MS, NULL, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    mcu_turn(&fixture->mcu);
}

/* Offer the file at once, without the module's 2 s, and go on until `kind` has come. */
static void offer_and_wait_for(struct fixture *fixture, enum module_event_kind kind)
{
    assert_int_equal(
        module_offer(&fixture->session.module, push_session_now_ms(&fixture->session)), 0);
    for (int i = 0; fixture->events[kind] == 0 && i < TURNS_MAX; i++) {
        turn(fixture);
    }
    assert_int_equal(fixture->events[kind], 1);
}

static void expect_whole_update(const struct fixture *fixture)
{
    assert_int_equal(fixture->events[MODULE_EVENT_OFFERED], 1);
    assert_int_equal(fixture->events[MODULE_EVENT_SENT], 1);
    assert_int_equal(fixture->events[MODULE_EVENT_UPDATED], 1);
    assert_int_equal(fixture->events[MODULE_EVENT_FAILED], 0);
    assert_int_equal(fixture->pieces, PIECE_COUNT);
    assert_int_equal(fixture->last_piece, PIECE_COUNT);
    assert_int_equal(fixture->mcu.file_len, FILE_SIZE);
    assert_memory_equal(fixture->mcu.file, fixture->file, FILE_SIZE);
}

/* ---- tests ---- */

static void test_push_session_turns_bring_a_whole_file(void **state)
{
    struct fixture *fixture = *state;

    offer_and_wait_for(fixture, MODULE_EVENT_UPDATED);
    expect_whole_update(fixture);
}

/* As a daemon does, whose poll() has other files, too. */
static void test_push_session_serves_a_poll_of_the_callers(void **state)
{
    struct fixture *fixture = *state;
    struct push_session *session = &fixture->session;

    assert_int_equal(module_offer(&session->module, push_session_now_ms(session)), 0);
    for (int i = 0; fixture->events[MODULE_EVENT_UPDATED] == 0 && i < TURNS_MAX; i++) {
        struct pollfd fds[2] = {
            {.fd = fixture->serial.fd, .events = push_session_events(session)},
            {.fd = fixture->mcu.fd, .events = POLLIN}};
        uint32_t next_ms = push_session_next_ms(session);
        assert_true(next_ms <= MODULE_T_HEARTBEAT_MS);
        assert_true(poll(fds, 2, (int)next_ms) >= 0);
        assert_int_equal(push_session_serve(session, fds[0].revents, NULL), 0);
        mcu_turn(&fixture->mcu);
    }
    expect_whole_update(fixture);
}

/* POLLOUT only while there is something to write: a port that can nearly always be written to
 * would make the loop spin. */
static void test_push_session_waits_for_output_only_with_output(void **state)
{
    struct fixture *fixture = *state;
    struct push_session *session = &fixture->session;

    fixture->mcu.is_deaf = true;
    assert_int_equal(push_session_serve(session, 0, NULL), 0);
    assert_int_equal(push_session_events(session), POLLIN | POLLOUT);
    assert_true(push_session_is_busy(session));
    assert_int_equal(push_session_serve(session, POLLOUT, NULL), 0);
    assert_int_equal(push_session_events(session), POLLIN);
    assert_true(push_session_is_busy(session)); /* 0x01 is unanswered */
}

/* The time that is handed out is when the module sends 0x01 again to an MCU that is silent. */
static void test_push_session_hands_out_its_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct push_session *session = &fixture->session;

    fixture->mcu.is_deaf = true;
    while (fixture->mcu.frames[OTTER_CMD_GET_INFO] == 0) {
        turn(fixture);
    }
    uint32_t next_ms = push_session_next_ms(session);
    assert_true(next_ms <= otter_retry_command.timeout_ms);
    assert_int_equal(push_session_events(session), POLLIN);
    struct pollfd fd = {.fd = fixture->serial.fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, (int)next_ms), 0);
    assert_int_equal(push_session_serve(session, 0, NULL), 0);
    assert_int_equal(push_session_events(session), POLLIN | POLLOUT);
}

static void expect_gone(struct fixture *fixture)
{
    struct host_error error = {.thing = ""};
    int err = 0;

    close(fixture->mcu.fd);
    fixture->mcu.fd = -1;
    for (int i = 0; err == 0 && i < TURNS_MAX; i++) {
        err = push_session_turn(&fixture->session, STEP_MS, NULL, &error);
    }
    assert_int_equal(err, -1);
    assert_string_equal(error.thing, fixture->path);
    assert_string_equal(error.reason, "the port disappeared");
    assert_int_equal(fixture->events[MODULE_EVENT_FAILED], 0);
}

static void test_push_session_port_gone_at_once(void **state)
{
    expect_gone(*state);
}

static void test_push_session_port_gone_between_pieces(void **state)
{
    struct fixture *fixture = *state;

    fixture->mcu.leaves_pieces_unanswered = true;
    offer_and_wait_for(fixture, MODULE_EVENT_READY);
    expect_gone(fixture);
}

/* A hang-up that poll() reports together with input: what came last is not lost. */
static void test_push_session_last_input_before_hang_up(void **state)
{
    struct fixture *fixture = *state;
    struct host_error error;

    while (fixture->mcu.frames[OTTER_CMD_GET_INFO] == 0) {
        turn(fixture);
    }
    struct pollfd fd = {.fd = fixture->serial.fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, -1), 1);
    assert_int_equal(push_session_serve(&fixture->session, POLLIN | POLLHUP, &error), 0);
    assert_int_equal(fixture->events[MODULE_EVENT_INFO], 1);
    assert_int_equal(push_session_serve(&fixture->session, POLLHUP, &error), -1);
    assert_string_equal(error.reason, "the port disappeared");
}

static void test_push_session_cancel_tells_the_mcu(void **state)
{
    struct fixture *fixture = *state;
    struct push_session *session = &fixture->session;

    fixture->mcu.leaves_pieces_unanswered = true;
    offer_and_wait_for(fixture, MODULE_EVENT_READY);
    for (int i = 0; fixture->mcu.frames[OTTER_CMD_PIECE] == 0 && i < TURNS_MAX; i++) {
        turn(fixture);
    }
    push_session_cancel(session);
    assert_true(push_session_is_busy(session));
    for (int i = 0; push_session_is_busy(session) && i < TURNS_MAX; i++) {
        turn(fixture);
    }
    assert_false(push_session_is_busy(session));
    assert_true(fixture->mcu.frames[OTTER_CMD_SENDER_STOP] > 0);
    assert_int_equal(fixture->mcu.pieces_after_stop, 0);
    assert_int_equal(fixture->events[MODULE_EVENT_FAILED], 0);
    assert_true(module_has_ended(&session->module));
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

/* A signal that is blocked but while waiting is met in a turn, and only with the mask that lets
 * it in. */
static void test_push_session_turn_lets_a_signal_in(void **state)
{
    struct fixture *fixture = *state;
    struct sigaction action = {.sa_handler = on_signal}, old_action;
    struct host_error error;
    sigset_t block, open;

    fixture->mcu.is_deaf = true;
    while (fixture->mcu.frames[OTTER_CMD_GET_INFO] ==
           0) { /* then there is something to wait for */
        turn(fixture);
    }
    assert_int_equal(sigaction(SIGUSR1, &action, &old_action), 0);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    assert_int_equal(sigprocmask(SIG_BLOCK, &block, &open), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(push_session_turn(&fixture->session, STEP_MS, NULL, &error), 0);
    assert_int_equal(signals, 0);
    for (int i = 0; signals == 0 && i < TURNS_MAX; i++) {
        assert_int_equal(push_session_turn(&fixture->session, STEP_MS, &open, &error), 0);
    }
    assert_int_equal(signals, 1);
    assert_int_equal(sigprocmask(SIG_SETMASK, &open, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &old_action, NULL), 0);
}

/* ---- what may be wrong with the line ---- */

/* What a person would be told if the MCU never answered. */
static const char *doubt(const struct fixture *fixture, enum module_failure failure)
{
    static char text[LINE_DOUBT_SIZE];

    line_doubt(&fixture->session, failure, text);
    return text;
}

static void test_line_doubt_nothing_came(void **state)
{
    struct fixture *fixture = *state;

    fixture->mcu.is_deaf = true;
    while (fixture->mcu.frames[OTTER_CMD_GET_INFO] == 0) {
        turn(fixture);
    }
    assert_string_equal(doubt(fixture, MODULE_FAIL_NO_ANSWER),
                        ": not a byte came at 9600 baud");
    assert_string_equal(doubt(fixture, MODULE_FAIL_NO_OFFER_ACK), "");
}

static void test_line_doubt_bytes_are_no_messages(void **state)
{
    static const uint8_t noise[] = {0xFF, 0xFF, 0x00, 0x05, 0xF8, 0x80, 'A', '\n', 0xFF, 0xFF};
    struct fixture *fixture = *state;

    fixture->mcu.is_deaf = true;
    assert_int_equal(write(fixture->mcu.fd, noise, sizeof noise), sizeof noise);
    while (fixture->session.bytes_in < sizeof noise) {
        turn(fixture);
    }
    assert_string_equal(doubt(fixture, MODULE_FAIL_NO_ANSWER),
                        ": 10 bytes came, but no message; is 9600 its baud rate?");
}

static void test_line_doubt_own_messages_come_back(void **state)
{
    static const uint8_t own[] = {0xFF, 0xFF, 0, 5, 1, 0, 0, 0, 6}; /* 0x01 */
    struct fixture *fixture = *state;

    fixture->mcu.is_deaf = true;
    assert_int_equal(write(fixture->mcu.fd, own, sizeof own), sizeof own);
    while (fixture->session.bytes_in < sizeof own) {
        turn(fixture);
    }
    assert_string_equal(doubt(fixture, MODULE_FAIL_NO_ANSWER),
                        ": what comes is what is sent; are TX and RX connected to each other?");
}

static void test_line_doubt_mcu_does_not_hear(void **state)
{
    struct fixture *fixture = *state;

    fixture->mcu.is_deaf = true;
    mcu_send(&fixture->mcu, OTTER_CMD_GET_TIME, 0, NULL, 0);
    while (module_heard(&fixture->session.module) != MODULE_HEARD_MESSAGES) {
        turn(fixture);
    }
    assert_string_equal(doubt(fixture, MODULE_FAIL_NO_ANSWER),
                        ": its messages come, but it does not hear; is its RX connected?");
}

/* A child has what we have open, and reads when it likes. */
static void test_line_doubt_another_process_reads(void **state)
{
    struct fixture *fixture = *state;
    char expected[LINE_DOUBT_SIZE], byte;
    int go[2];

    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(go[1]);
        _exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
    }
    (void)snprintf(expected, sizeof expected, "; %.15s (pid %d) has the port open, too",
                   program_invocation_short_name, (int)pid);
    assert_string_equal(doubt(fixture, MODULE_FAIL_PIECE_LOST), expected);
    assert_string_equal(doubt(fixture, MODULE_FAIL_REFUSED), ""); /* the MCU says why itself */
    close(go[0]);
    close(go[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_push_session_turns_bring_a_whole_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_serves_a_poll_of_the_callers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_waits_for_output_only_with_output,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_push_session_hands_out_its_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_port_gone_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_push_session_port_gone_between_pieces, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_last_input_before_hang_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_cancel_tells_the_mcu, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_push_session_turn_lets_a_signal_in, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_line_doubt_nothing_came, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_doubt_bytes_are_no_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_doubt_own_messages_come_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_line_doubt_mcu_does_not_hear, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_doubt_another_process_reads, setup, teardown),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
