/* SPDX-License-Identifier: Apache-2.0 */
/* pty_peer LINK VERSION HOW: a small MCU on a pty, to see what `otter push` makes of it. LINK
 * becomes a symbolic link to the pty; VERSION is what it reports; HOW is one of
 *
 *    good     takes the file, then comes back with version 03010102
 *    refuse   answers the offer, then 0x27
 *    md5      0x27 at the last piece
 *    deaf     answers nothing
 *    babble   answers with bytes that are no frame, as one of another baud rate seems to
 *    resets   answers 0x01 with 0x0B, which restarts the module, and nothing else
 *    vanish   closes the pty at the first piece, as an unplugged adapter does
 *    slow     never acknowledges a piece (for Ctrl-C); prints "0x1F" when that comes
 *
 * or, as `good`, but with otter's mark in 0x02; prints "0x19" when a file is offered:
 *
 *    old        does not know the question 0x6F
 *    installed  answers it: holds the file already
 *    tried      has had it three times, and refused its signature
 *    trial      is on trial itself
 *    small      has a slot of 2000 bytes
 *    restless   answers the question 0x6F with 0x29, which restarts the module
 *
 * Ends by itself when the other side has closed the pty. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "otter/about.h"
#include "otter/frame.h"
#include "otter/message.h"
#include "otter/reason.h"

enum { PIECE_LEN = 256, LIMIT_MS = 3600000 };

static int tty = -1;
static char version[9];
static const char *how;

static bool is(const char *word)
{
    return strcmp(how, word) == 0;
}

static bool is_otter(void)
{
    return is("old") || is("installed") || is("tried") || is("trial") || is("small") ||
           is("restless");
}

static void send_frame(uint8_t cmd, uint8_t sn, const uint8_t payload[], size_t payload_len)
{
    const struct otter_update_status update_status = {.is_otter = is_otter()};
    uint8_t wire[512];
    struct otter_frame frame = {
        .cmd = cmd, .sn = sn, .payload = payload, .payload_len = (uint16_t)payload_len};
    if (cmd == OTTER_CMD_INFO)
        frame.flags = otter_put_update_status(&update_status);
    int len = otter_frame_encode(&frame, true, wire, sizeof wire);
    if (len < 0 || write(tty, wire, (size_t)len) != len)
        exit(EXIT_FAILURE);
}

static void answer(const struct otter_frame *frame)
{
    send_frame((uint8_t)(frame->cmd + 1), frame->sn, NULL, 0);
}

static void send_info(const struct otter_frame *frame)
{
    uint8_t payload[OTTER_INFO_MAX];
    struct otter_info info = {.bindable_s = 0};
    memcpy(info.protocol, "00000004", 8);
    memcpy(info.p0_version, "00000002", 8);
    memcpy(info.hardware, "03010100", 8);
    memcpy(info.version, version, 8);
    memcpy(info.product_key, "6f3074fe43894547a4f1314bd7e3ae0b", 32);
    int len = otter_put_info(&info, payload, sizeof payload);
    if (len < 0)
        exit(EXIT_FAILURE);
    send_frame(OTTER_CMD_INFO, frame->sn, payload, (size_t)len);
}

static void send_about(const struct otter_frame *frame)
{
    static const uint8_t unknown = OTTER_ILLEGAL_COMMAND;
    struct otter_about about = {.hardware = {'0', '3', '0', '1', '0', '1', '0', '0'},
                                .slot_size = is("small") ? 2000 : 26624};
    struct otter_ask_about ask;
    uint8_t payload[OTTER_ABOUT_MAX];

    if (!is_otter() || is("old")) {
        send_frame(OTTER_CMD_ILLEGAL_TO_MODULE, frame->sn, &unknown, 1);
        return;
    }
    if (is("restless")) {
        send_frame(OTTER_CMD_RESTART_MODULE, frame->sn, NULL, 0);
        return;
    }
    if (otter_get_ask_about(frame, &ask) != 0)
        exit(EXIT_FAILURE);
    memcpy(about.version, version, sizeof about.version);
    about.judged = ask.has_file;
    if (is("installed"))
        about.verdict = OTTER_REASON_INSTALLED;
    if (is("trial"))
        about.verdict = OTTER_REASON_ON_TRIAL;
    if (is("tried")) {
        about.verdict = OTTER_REASON_TRIED;
        about.tries = 3;
        about.try_ended = OTTER_REASON_SIGNATURE;
    }
    int len = otter_put_about(&about, payload, sizeof payload);
    if (len < 0)
        exit(EXIT_FAILURE);
    send_frame(OTTER_CMD_ABOUT, frame->sn, payload, (size_t)len);
}

static void take_offer(const struct otter_frame *frame)
{
    struct otter_offer offer;
    struct otter_ready ready = {.piece_len = PIECE_LEN};
    uint8_t payload[OTTER_READY_SIZE];

    answer(frame);
    if (is_otter()) {
        puts("0x19");
        fflush(stdout);
    }
    if (is("refuse")) {
        send_frame(OTTER_CMD_RECEIVER_STOP, 0, NULL, 0);
        return;
    }
    if (otter_get_offer(frame, &offer) != 0)
        exit(EXIT_FAILURE);
    memcpy(ready.md5_hex, offer.md5_hex, sizeof ready.md5_hex);
    int len = otter_put_ready(&ready, payload, sizeof payload);
    if (len < 0)
        exit(EXIT_FAILURE);
    send_frame(OTTER_CMD_READY, 0, payload, (size_t)len);
}

static void take_piece(const struct otter_frame *frame)
{
    struct otter_piece piece;

    if (is("vanish"))
        exit(EXIT_SUCCESS);
    if (is("slow"))
        return;
    if (otter_get_piece(frame, &piece) != 0)
        exit(EXIT_FAILURE);
    bool last = piece.number == piece.count;
    if (last && is("md5"))
        send_frame(OTTER_CMD_RECEIVER_STOP, 1, NULL, 0);
    answer(frame);
    if (last && (is("good") || is_otter())) {
        memcpy(version, "03010102", 8);
        send_frame(OTTER_CMD_RESTART_MODULE, 2, NULL, 0);
    }
}

static void take(const struct otter_frame *frame)
{
    if ((frame->cmd & 1) == 0 || is("deaf"))
        return;
    if (is("babble")) {
        static const uint8_t rubbish[] = {0xE6, 0x98, 0x00, 0xFF, 0x1E, 0x86, 0x80};
        if (write(tty, rubbish, sizeof rubbish) != sizeof rubbish)
            exit(EXIT_FAILURE);
        return;
    }
    if (is("resets")) {
        if (frame->cmd == OTTER_CMD_GET_INFO)
            send_frame(OTTER_CMD_RESET_MODULE, frame->sn, NULL, 0);
        return;
    }
    if (frame->cmd == OTTER_CMD_GET_INFO)
        send_info(frame);
    else if (frame->cmd == OTTER_CMD_ASK_ABOUT)
        send_about(frame);
    else if (frame->cmd == OTTER_CMD_OFFER)
        take_offer(frame);
    else if (frame->cmd == OTTER_CMD_PIECE)
        take_piece(frame);
    else
        answer(frame);
    if (frame->cmd == OTTER_CMD_SENDER_STOP) {
        puts("0x1F");
        fflush(stdout);
    }
}

static int open_pty(const char *link_path)
{
    struct termios tio;
    int fd = posix_openpt(O_RDWR | O_NOCTTY);

    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || tcgetattr(fd, &tio) != 0)
        return -1;
    cfmakeraw(&tio);
    if (tcsetattr(fd, TCSANOW, &tio) != 0 || symlink(ptsname(fd), link_path) != 0)
        return -1;
    return fd;
}

int main(int argc, char **argv)
{
    static uint8_t body[4096];
    struct otter_frame_decoder decoder;
    bool was_open = false;
    int waited_ms = 0;

    if (argc != 4 || strlen(argv[2]) != 8)
        return 2;
    memcpy(version, argv[2], 9);
    how = argv[3];
    tty = open_pty(argv[1]);
    if (tty < 0) {
        perror("pty_peer: pty");
        return EXIT_FAILURE;
    }
    otter_frame_decoder_init(&decoder, body, sizeof body, OTTER_FRAME_LENIENT);
    while (waited_ms < LIMIT_MS) {
        uint8_t in[512];
        struct pollfd fd = {.fd = tty, .events = POLLIN};
        if (poll(&fd, 1, 50) < 0 && errno != EINTR)
            return EXIT_FAILURE;
        if ((fd.revents & POLLIN) == 0) {
            /* POLLHUP: nobody has the other side open, not yet or no more */
            if ((fd.revents & POLLHUP) != 0 && was_open)
                return EXIT_SUCCESS;
            if ((fd.revents & POLLHUP) != 0)
                (void)poll(NULL, 0, 20);
            waited_ms += 50;
            continue;
        }
        ssize_t len = read(tty, in, sizeof in);
        was_open = true;
        for (size_t off = 0; len > 0 && off < (size_t)len;) {
            struct otter_frame frame;
            size_t consumed;
            int got =
                otter_frame_decode(&decoder, in + off, (size_t)len - off, &consumed, &frame);
            off += consumed;
            if (got == 1)
                take(&frame);
        }
    }
    return EXIT_FAILURE;
}
