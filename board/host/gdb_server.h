/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_GDB_SERVER_H
#define BOARD_HOST_GDB_SERVER_H

#include <signal.h>
#include "board/host/gdb.h"
#include "board/host/loader.h"

/* gdb on a TCP port of this machine, for a board that runs in slices. One debugger at a time;
 * when it leaves, the board goes on, and another one may connect. */
enum { GDB_IN_SIZE = 2048 };

struct gdb_server {
    int listen_fd, fd; /* -1 = none */
    unsigned port;
    bool waits; /* for the first debugger */
    struct gdb gdb;
    uint8_t in[GDB_IN_SIZE]; /* received, not yet given to gdb_feed() */
    size_t in_len;
};

/* Listen on 127.0.0.1; port 0 takes a free one. */
bool gdb_server_open(struct gdb_server *server, unsigned port, char out_why[HOST_WHY_SIZE]);
void gdb_server_close(struct gdb_server *server); /* tells the debugger that the run is over */

/* Call it between slices: serves the debugger for as long as that keeps the board still. False
 * when the debugger has ended the run, or when `*stop` is not 0. */
bool gdb_server_serve(struct gdb_server *server, struct board *board,
                      const volatile sig_atomic_t *stop);

/* board_run() has returned: is the stop the debugger's? */
bool gdb_server_stopped(struct gdb_server *server, enum board_stop stop);

#endif
