/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_SERIAL_H
#define HOST_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include "host/error.h"
#include "otter/err.h"

/* A serial port: a real tty or a pty, raw 8N1 without flow control, for one program alone. */
struct serial {
    int fd; /* non-blocking; -1 = closed */
    const char *path;
    long baud;
};

/* Is baud a speed termios knows? */
bool serial_baud_is_known(long baud);

/* Open `path` at `baud`, locked against others, with old input thrown away. The error says
 * which ports there are, who may open this one, or who has it, where that is the trouble. */
OTTER_MUST_CHECK int serial_open(struct serial *serial, const char *path, long baud,
                                 struct host_error *out_error);

/* Read what is there: the number of bytes, 0 = nothing now, -1 = the port failed or
 * disappeared. */
OTTER_MUST_CHECK long serial_read(struct serial *serial, unsigned char out[], size_t out_max,
                                  struct host_error *out_error);

/* Write what fits: the number of bytes taken, 0 = nothing fits now, -1 as above. */
OTTER_MUST_CHECK long serial_write(struct serial *serial, const unsigned char in[],
                                   size_t in_len, struct host_error *out_error);

/* The error for a port that poll() reports to be gone. Always returns -1. */
int serial_set_gone(const struct serial *serial, struct host_error *out_error);

void serial_close(struct serial *serial);

#endif
