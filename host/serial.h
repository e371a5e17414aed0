/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_SERIAL_H
#define HOST_SERIAL_H

#include <stddef.h>

/* A serial port: a real tty or a pty, raw 8N1 without flow control, for one program alone.
 * Every function that fails has already said why with complain(). Host only.
 */
struct serial {
    int fd; /* non-blocking; -1 = closed */
    const char *path;
};

/* Is baud a speed termios knows? */
int serial_baud_is_known(long baud);

/* Open `path` at `baud`, locked against others, with old input thrown away. 0 or -1. */
int serial_open(struct serial *serial, const char *path, long baud);

/* Read what is there: the number of bytes, 0 = nothing now, -1 = the port failed or disappeared. */
long serial_read(struct serial *serial, unsigned char out[], size_t out_max);

/* Write what fits: the number of bytes taken, 0 = nothing fits now, -1 as above. */
long serial_write(struct serial *serial, const unsigned char in[], size_t in_len);

/* Say that the port is gone, as poll() reported it. Returns -1. */
int serial_is_gone(const struct serial *serial);

void serial_close(struct serial *serial);

#endif
