/* SPDX-License-Identifier: Apache-2.0 */
/* pty_peer LINK VERSION HOW: a small MCU on a pty, to see what `otter push` makes of it. LINK
 * becomes a symbolic link to the pty; VERSION is what it reports; HOW is one of
 *
 *    good     takes the file, then comes back with version 03010102
 *    refuse   answers the offer, then 0x27
 *    md5      0x27 at the last piece
 *    deaf     answers nothing
 *    vanish   closes the pty at the first piece, as an unplugged adapter does
 *    slow     never acknowledges a piece (for Ctrl-C); prints "0x1F" when that comes
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

#include "otter/frame.h"
#include "otter/message.h"

enum { PIECE_LEN = 256, LIMIT_MS = 3600000 };

static int tty = -1;
static char version[9];
static const char *how;

static void send_frame(uint8_t cmd, uint8_t sn, const uint8_t payload[], size_t payload_len)
{
    uint8_t wire[512];
    struct otter_frame frame = {
        .cmd = cmd, .sn = sn, .payload = payload, .payload_len = (uint16_t)payload_len};
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

static void take_offer(const struct otter_frame *frame)
{
    struct otter_offer offer;
    struct otter_ready ready = {.piece_len = PIECE_LEN};
    uint8_t payload[OTTER_READY_SIZE];

    answer(frame);
    if (strcmp(how, "refuse") == 0) {
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

    if (strcmp(how, "vanish") == 0)
        exit(EXIT_SUCCESS);
    if (strcmp(how, "slow") == 0)
        return;
    if (otter_get_piece(frame, &piece) != 0)
        exit(EXIT_FAILURE);
    bool last = piece.number == piece.count;
    if (last && strcmp(how, "md5") == 0)
        send_frame(OTTER_CMD_RECEIVER_STOP, 1, NULL, 0);
    answer(frame);
    if (last && strcmp(how, "good") == 0) {
        memcpy(version, "03010102", 8);
        send_frame(OTTER_CMD_RESTART_MODULE, 2, NULL, 0);
    }
}

static void take(const struct otter_frame *frame)
{
    if ((frame->cmd & 1) == 0 || strcmp(how, "deaf") == 0)
        return;
    if (frame->cmd == OTTER_CMD_GET_INFO)
        send_info(frame);
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
