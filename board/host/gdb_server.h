/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_GDB_SERVER_H
#define BOARD_HOST_GDB_SERVER_H

#include <signal.h>
#include "board/host/gdb.h"
#include "board/host/loader.h"

/* A gdb on a TCP port of this machine, at a board in slices. One debugger at a time; when one goes,
 * the board goes on and another may come. */
enum { GDB_IN_SIZE = 2048 };

struct gdb_server {
    int listen_fd, fd; /* -1 = none */
    unsigned port;
    bool waits; /* for the first debugger */
    struct gdb gdb;
    uint8_t in[GDB_IN_SIZE]; /* come, not yet fed */
    size_t in_len;
};

/* Listen on 127.0.0.1; port 0 takes a free one. */
bool gdb_server_open(struct gdb_server *server, unsigned port, char out_why[HOST_WHY_SIZE]);
void gdb_server_close(struct gdb_server *server); /* tells a debugger that the run is over */

/* Between slices: serve the debugger, for as long as it keeps the board still. False when it ended
 * the run, or when `*stop` is not 0. */
bool gdb_server_serve(struct gdb_server *server, struct board *board,
                      const volatile sig_atomic_t *stop);

/* board_run() came back: does a debugger take it over? */
bool gdb_server_stopped(struct gdb_server *server, enum board_stop stop);

#endif
