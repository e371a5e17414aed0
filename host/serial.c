/* SPDX-License-Identifier: Apache-2.0 */
#include "host/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "host/port_hint.h"

static const struct {
    long baud;
    speed_t speed;
} speeds[] = {
    {1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},
    {19200, B19200},   {38400, B38400},   {57600, B57600},   {115200, B115200},
    {230400, B230400}, {460800, B460800}, {921600, B921600},
};

static bool find_speed(long baud, speed_t *out_speed)
{
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud == baud) {
            *out_speed = speeds[i].speed;
            return true;
        }
    }
    return false;
}

bool serial_baud_is_known(long baud)
{
    speed_t speed;
    return find_speed(baud, &speed);
}

static int set_raw(struct serial *serial, speed_t speed)
{
    struct termios tio, is;

    if (tcgetattr(serial->fd, &tio) != 0) {
        return -1;
    }
    cfmakeraw(&tio);
    tio.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS);
    tio.c_cflag |= CLOCAL | CREAD | CS8; /* no modem lines: the MCU has none */
    tio.c_cc[VMIN] = 1; /* with 0, "nothing there" and "gone" would both read as 0 */
    tio.c_cc[VTIME] = 0;
    if (cfsetispeed(&tio, speed) != 0 || cfsetospeed(&tio, speed) != 0 ||
        tcsetattr(serial->fd, TCSANOW, &tio) != 0 || tcgetattr(serial->fd, &is) != 0) {
        return -1;
    }
    /* tcsetattr() succeeds if any part of it could be set. */
    if (cfgetospeed(&is) != speed || (is.c_lflag & (ICANON | ECHO)) != 0) {
        errno = ENOTSUP;
        return -1;
    }
    return tcflush(serial->fd, TCIFLUSH);
}

static int set_used(const char *path, struct host_error *out_error)
{
    char user[PORT_HINT_SIZE];

    return port_hint_user(path, user)
               ? host_error_set(out_error, path, "another program uses this port: %s", user)
               : host_error_set(out_error, path, "another program uses this port");
}

/* open() has failed. */
static int set_unusable(const char *path, int error_number, struct host_error *out_error)
{
    char hint[PORT_HINT_SIZE] = "";

    switch (error_number) {
    case EBUSY:
        return set_used(path, out_error);
    case ENOENT:
    case ENXIO:
    case ENODEV:
        port_hint_ports("/sys/class/tty", "/dev", hint);
        break;
    case EACCES:
        port_hint_permission(path, hint);
        break;
    default:
        break;
    }
    return host_error_set(out_error, path, "%s%s%s", strerror(error_number),
                          hint[0] != '\0' ? "; " : "", hint);
}

int serial_open(struct serial *serial, const char *path, long baud,
                struct host_error *out_error)
{
    speed_t speed;

    serial->path = path;
    serial->baud = baud;
    serial->fd = -1;
    if (!find_speed(baud, &speed)) {
        return host_error_set(out_error, path, "%ld: not a baud rate this system knows", baud);
    }
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return set_unusable(path, errno, out_error);
    }
    serial->fd = fd;
    if (!isatty(fd)) {
        (void)host_error_set(out_error, path, "not a serial port");
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0 || ioctl(fd, TIOCEXCL) != 0) {
        (void)set_unusable(path, errno == EWOULDBLOCK ? EBUSY : errno, out_error);
    } else if (set_raw(serial, speed) != 0) {
        (void)host_error_set(out_error, path, "cannot be set to %ld baud, 8N1: %s", baud,
                             strerror(errno));
    } else {
        return 0;
    }
    close(fd);
    serial->fd = -1;
    return -1;
}

int serial_set_gone(const struct serial *serial, struct host_error *out_error)
{
    return host_error_set(out_error, serial->path, "the port disappeared");
}

static long failed(const struct serial *serial, struct host_error *out_error)
{
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    if (errno == EIO || errno == ENXIO || errno == ENODEV) {
        return serial_set_gone(serial, out_error);
    }
    return host_error_errno(out_error, serial->path, errno);
}

long serial_read(struct serial *serial, unsigned char out[], size_t out_max,
                 struct host_error *out_error)
{
    ssize_t len = read(serial->fd, out, out_max);
    if (len == 0) { /* hung up: VMIN is 1, so this is no "nothing there" */
        return serial_set_gone(serial, out_error);
    }
    return len > 0 ? (long)len : failed(serial, out_error);
}

long serial_write(struct serial *serial, const unsigned char in[], size_t in_len,
                  struct host_error *out_error)
{
    ssize_t len = write(serial->fd, in, in_len);
    return len >= 0 ? (long)len : failed(serial, out_error);
}

void serial_close(struct serial *serial)
{
    if (serial->fd < 0) {
        return;
    }
    (void)ioctl(serial->fd, TIOCNXCL);
    close(serial->fd);
    serial->fd = -1;
}
